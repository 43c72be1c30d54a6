"""The vocabulary of the project: the types that flow from a folder of files to an answer.

    Document  a source as it was read: its exact text, and what is known of it
    Passage   a span of a document that is embedded and ranked
    Hit       a passage that a question found, with its scores
    Citation  the exact address of an excerpt, which anyone can check
    Answer    the result of a question: a verdict and ranked, cited excerpts

One law holds for all of them: ``document.text[x.start:x.end]`` is the text of every block,
passage, citation and excerpt ``x``. Offsets are Unicode code points in the
document's text; for a plain-text source that text is the decoded file, so that
``open(path, encoding=document.encoding, errors="replace", newline="").read()[start:end]``
is the excerpt. No later step searches the text for a quote.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Precision = Literal["year", "month", "day"]
DateSource = Literal["text", "file name", "address", "metadata"]
BlockKind = Literal["title", "heading", "paragraph", "item", "header", "row", "teaser", "furniture"]
Verdict = Literal["answered", "unsure", "not_found"]
Span = tuple[int, int]
"""The offset of the first code point, and the offset after the last."""
FacetValue = str | int | float
Facets = tuple[tuple[str, tuple[FacetValue, ...]], ...]
"""Names with the values that a document has of each; see ``qa.facets``."""

MAX_EXCERPT = 1200
"""The most characters in an excerpt, overlaps and joined passages included."""


def _digest(*parts: object) -> str:
    """Return a name for ``parts`` of 16 hexadecimal digits; the same in every run and on every machine."""
    joined = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def document_id(source: str) -> str:
    """Return the id of the document at ``source``, a path relative to the indexed folder."""
    return "d" + _digest("document", source)


def citation_id(document: str, sha256: str, start: int, end: int) -> str:
    """Return the id of a span of one version of a document."""
    return "c" + _digest("citation", document, sha256, start, end)


# Where a reader found a date, if not in metadata.
_DATE_SOURCES: Mapping[str, DateSource] = {
    "byline": "text",
    "dateline": "text",
    "footer": "text",
    "label": "text",
    "entry": "text",
    "time element": "text",
    "title": "text",
    "file name": "file name",
    "address": "address",
}


@dataclass(frozen=True, slots=True)
class Published:
    """A date of publication, only as precise as its evidence.

    ``value`` is ``"2019"``, ``"2019-11"`` or ``"2019-11-23"``; ``evidence`` is the text that it was
    read from, verbatim; ``origin`` says where that stood (``"dateline"``, ``"front matter"``,
    ``"file name"``, ...).
    """

    value: str
    evidence: str
    origin: str

    @property
    def precision(self) -> Precision:
        """Which parts of the date are known."""
        if len(self.value) == 4:
            return "year"
        return "month" if len(self.value) == 7 else "day"

    @property
    def known_from(self) -> DateSource:
        """Where the date comes from, in fewer and more stable words than ``origin``.

        ``"text"`` is what a person reads in the document; ``"address"`` is its own address on the web;
        ``"metadata"`` is all that a file says of itself: front matter, properties, a table's column.
        """
        return _DATE_SOURCES.get(self.origin, "metadata")


@dataclass(frozen=True, slots=True)
class About:
    """What a listing page says about one of its entries: the entry's title, address and date."""

    title: str | None = None
    url: str | None = None
    published: Published | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a document's text with one role.

    A ``title`` or ``heading`` names the text after it. A ``paragraph`` or a list ``item`` is running
    text. A ``row`` is one row of a table, and a ``header`` is the row that names its columns. A
    ``teaser`` is one entry among unrelated ones. ``furniture`` is boilerplate (menus, share buttons,
    pagers): it stays in the text and never becomes a passage. ``|`` separates the cells of a row, and
    empty cells are kept. Rows of one table have no empty line between them; two tables have one.
    ``level`` is the depth of a heading from 1, and 0 for everything else. ``about`` is for a teaser that
    has a title, an address or a date of its own.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    about: About | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the span of text under it; the span includes the heading."""

    title: str
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a source without pages a stretch of its text stands: "Pumps, row 12", "00:12:31".

    It begins at ``start`` and ends where the next place begins; an empty ``label`` means no place. Places
    of one ``part`` may share a passage, which is cited by the place where it begins. Parts are numbered
    in the order of the text.
    """

    start: int
    label: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class Scan:
    """A stretch of a text that was read from a picture; ``confidence``, 0 to 1, is how sure its words are."""

    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Document:
    """A source as it was read. ``text`` is exact; ``blocks`` are in order and do not overlap.

    ``sha256`` is the hash of the source's bytes. ``encoding`` is the Python codec that decodes a
    plain-text source into ``text``, with U+FFFD for damaged characters; for other formats ``text`` is
    what the reader extracted. ``page_starts`` are the offsets at which the pages of a source begin, the
    first one included; empty for a source without pages. ``places`` are in order; a source without
    pages is cited by them. ``language`` is a code such as ``"es"``. ``has_lines``: the lines of the text
    are those of the source, which is plain text or Markdown. ``scans`` are the spans that OCR read, in order.
    """

    id: str
    source: str
    sha256: str
    encoding: str
    text: str
    title: str | None
    published: Published | None
    blocks: tuple[Block, ...]
    original_url: str | None = None
    author: str | None = None
    language: str | None = None
    page_starts: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()
    has_lines: bool = field(default=False, repr=False)
    # Not in the repr: a document without facets has the digest that it had before there were any.
    facets: Facets = field(default=(), repr=False)
    # Not in the repr: a document without scans keeps its digest.
    scans: tuple[Scan, ...] = field(default=(), repr=False)

    def ocr_confidence(self, start: int, end: int) -> float | None:
        """Return how sure the words of a span are that OCR read; None if OCR read none of them."""
        read = [scan.confidence for scan in self.scans if scan.start < end and start < scan.end]
        return min(read, default=None)

    def page_of(self, offset: int) -> int | None:
        """Return the number of the page, from 1, that ``offset`` is on; None without pages."""
        return bisect_right(self.page_starts, offset) or None

    def line_of(self, offset: int) -> int | None:
        """Return the line, from 1, that holds ``offset``; None where the source has no lines."""
        return line_of(self.text, offset) if self.has_lines else None

    def place_of(self, offset: int) -> str | None:
        """Return the label of the place of ``offset``, in a source without pages; None if there is none."""
        place = self._place(offset)
        return place.label or None if place else None

    def part_of(self, offset: int) -> tuple[int, int]:
        """Return a name for the part of the text that ``offset`` is in; no passage joins two parts.

        A page is a part; so are the places of one ``Place.part``.
        """
        place = self._place(offset)
        return self.page_of(offset) or 0, place.part if place else -1

    def _place(self, offset: int) -> Place | None:
        before = bisect_right(self.places, offset, key=lambda place: place.start)
        return self.places[before - 1] if before else None

    def about(self, offset: int) -> About:
        """Return what is known of the listing entry at ``offset``, else of the document."""
        return self.described(self._entry(offset))

    def described(self, entry: About | None) -> About:
        """Return what is known of a listing entry, else of the document."""
        entry = entry or About()
        return About(
            title=entry.title or self.title,
            url=entry.url or self.original_url,
            published=entry.published or self.published,
        )

    def author_of(self, offset: int) -> str | None:
        """Return the author; None in a listing entry: the listing's author did not write the entry."""
        return None if self._entry(offset) else self.author

    def _entry(self, offset: int) -> About | None:
        return next((b.about for b in self.blocks if b.about and b.start <= offset < b.end), None)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The headings with their spans, in order; a subsection lies within its parent."""
        sections: list[Section] = []
        below: list[
            Block
        ] = []  # later headings, the nearest one last; each has a higher rank than the next
        for block in reversed(self.blocks):
            if block.kind != "heading":
                continue
            while below and below[-1].level > block.level:
                below.pop()
            sections.append(
                Section(
                    title=heading_text(self.text[block.start : block.end]),
                    level=block.level,
                    start=block.start,
                    end=below[-1].start if below else len(self.text),
                )
            )
            below.append(block)
        return tuple(reversed(sections))


def line_of(text: str, at: int) -> int:
    """Return the line, from 1, that holds a place in a text; CR, LF and CR LF end lines."""
    breaks = text.count("\n", 0, at) + text.count("\r", 0, at) - text.count("\r\n", 0, at)
    within = at > 0 and text[at - 1 : at + 1] == "\r\n"
    return breaks + 1 - within


_MAX_NAME = 1000


def heading_text(line: str) -> str:
    """Return a heading's words without its markup: ``"## Fees ##"`` is ``"Fees"``.

    As in CommonMark, a mark is separated from the words by a space: ``"# C#"`` is ``"C#"``. A heading that
    is too long for a name is cut at its end.
    """
    line = line.lstrip()[:_MAX_NAME].rstrip().replace("\r", "\n").split("\n", 1)[0].strip()
    words = line.lstrip("#")
    if words != line and not words[:1].strip():
        line = words.strip()
        bare = line.rstrip("#")
        if not bare[-1:].strip():
            line = bare
    return " ".join(line.split())


_RULE = re.compile(r"[\s|:+=-]*")


def header_text(lines: str) -> str:
    """Return the cells of a table's header without the frame: ``"| Pump | Built |"`` is ``"Pump | Built"``.

    Lines of rules only are left out.
    """
    said = (line for line in lines[:_MAX_NAME].splitlines() if not _RULE.fullmatch(line))
    return ", ".join(" ".join(line.strip(" |\t").split()) for line in said)


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document that is embedded and ranked.

    The model reads ``context`` (title, heading, and a table's header) with the passage; it is never part
    of a quote. ``sentences`` are spans in the document's text; the first begins at ``start``, the last
    ends at ``end``.
    """

    document_id: str
    start: int
    end: int
    text: str
    section: str | None = None
    context: str = ""
    sentences: tuple[tuple[int, int], ...] = ()


class PassageId(NamedTuple):
    """The name of a passage in an index; ids sort in the order in which passages are written.

    ``source`` is the file's: the rows of a table are documents of one file. ``ordinal`` counts the
    passages of that file from 0.
    """

    source: str
    ordinal: int


class Hit(NamedTuple):
    """A passage that a question found.

    ``score`` orders hits; higher is better. The four stage scores explain it: ``dense`` is a cosine,
    ``lexical`` a BM25 sum, ``late`` a weighted mean of token cosines, and ``sentence`` the same within
    the passage's best sentence, whose number is ``best``. ``support`` is the signal for
    ``qa.search.confidence``. A stage that did not score the passage has None.
    """

    id: PassageId
    score: float
    dense: float | None = None
    lexical: float | None = None
    late: float | None = None
    sentence: float | None = None
    best: int | None = None
    support: float | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact address of an excerpt: which version of which source, and which span.

    ``place`` says where the span begins in a source without pages: a sheet and row, a slide, a message,
    a time. The lines are None if the source has no lines of its own, such as a PDF or a web page.
    ``ocr_confidence`` says how sure the words are that OCR read; None for other words.
    """

    id: str
    document_id: str
    source: str
    title: str | None
    section: str | None
    published: str | None
    page: int | None
    start: int
    end: int
    line_start: int | None
    line_end: int | None
    sha256: str
    original_url: str | None = None
    place: str | None = None
    author: str | None = None
    published_from: DateSource | None = None
    ocr_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Highlight:
    """A span within an excerpt, counted from the excerpt's start."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The words of an excerpt that answer, counted from the excerpt's start.

    ``text`` is always ``excerpt[start:end]``; ``confidence``, 0 to 1, is the probability that they
    answer the question.
    """

    start: int
    end: int
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Note:
    """What a person should know about an answer, such as why nothing was found.

    ``code`` is stable and for programs, ``message`` is a sentence for people; ``details`` has what the
    message names, each under its own name.
    """

    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A ranked excerpt; always ``excerpt == document.text[citation.start:citation.end]``."""

    rank: int
    score: float
    excerpt: str
    highlights: tuple[Highlight, ...]
    citation: Citation
    also: tuple[Citation, ...] = ()
    answer: ShortAnswer | None = None
    explain: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What limits a question. Globs match a whole source path; dates are inclusive.

    ``where`` filters by facets: ``{"author": ["Ann Lee", "Bo Chen"], "year>=": 1990}``. The values of
    one name are alternatives, and each name must match; ``qa.facets`` has the rules.
    """

    source: tuple[str, ...] = ()
    published_from: str | None = None
    published_to: str | None = None
    where: Mapping[str, FacetValue | Sequence[FacetValue]] = field(default_factory=dict, hash=False)

    def __bool__(self) -> bool:
        return bool(self.source or self.published_from or self.published_to or self.where)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as asked: 1 to 2,000 characters, earlier ones oldest first, filters."""

    text: str
    k: int = 5
    history: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    explain: bool = False


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """The generation that gave the answer."""

    name: str
    generation: str
    model: str
    passages: int
    documents: int


class FacetCount(NamedTuple):
    """How many documents have a facet, and its most frequent values with the documents of each.

    ``distinct``: how many different values there are.
    """

    name: str
    documents: int
    values: tuple[tuple[FacetValue, int], ...]
    distinct: int


@dataclass(frozen=True, slots=True)
class Archive:
    """Counts of what an index holds, for drawing a timeline and for offering folders and facets.

    ``dated`` has the months of publication ("2019-11", or "2019" if the month is unknown) in order;
    ``folders`` has the topmost folders of the sources by name. Both count documents. ``facets`` are
    those that most documents have; of equally frequent ones, the first by name.
    """

    documents: int
    dated: Mapping[str, int]
    undated: int
    folders: Mapping[str, int]
    facets: Sequence[FacetCount] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a question. Before calibration ``confidence`` is None and ``verdict`` "unsure"."""

    question: str
    searched: str
    verdict: Verdict
    confidence: float | None
    results: Sequence[Result]
    filtered_out_undated: int
    index: IndexInfo
    took_ms: float
    notes: tuple[Note, ...] = ()
