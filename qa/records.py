"""The vocabulary of the project: what flows from a folder of files to an answer.

    Document  a source as read: its text, never altered, and what is known of it
    Passage   a span of a document that is embedded and ranked
    Hit       a passage that a question found, with the scores that placed it
    Citation  the exact address of an excerpt, checkable by anyone
    Answer    what a question gets: a verdict and ranked, cited excerpts

One law binds them: ``document.text[x.start:x.end]`` is the text of every block,
passage, citation and excerpt ``x``. Offsets are Unicode code points in the
document's text; for a plain-text source that text is the decoded file, so that
``open(path, encoding=document.encoding, errors="replace", newline="").read()[start:end]``
is the excerpt. Nothing ever searches for a quote after the fact.
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
"""First code point, and the one after the last."""
FacetValue = str | int | float
Facets = tuple[tuple[str, tuple[FacetValue, ...]], ...]
"""Names with the values that a document has of each; see ``qa.facets``."""

MAX_EXCERPT = 1200
"""Characters that an excerpt may have, overlaps and merges included."""


def _digest(*parts: object) -> str:
    """Return 16 hexadecimal digits that name ``parts``; stable across runs and machines."""
    joined = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def document_id(source: str) -> str:
    """Return the id of the document at ``source``, a path relative to the indexed folder."""
    return "d" + _digest("document", source)


def citation_id(document: str, sha256: str, start: int, end: int) -> str:
    """Return the id of a span of one version of a document."""
    return "c" + _digest("citation", document, sha256, start, end)


# Where a reader says that a date stood, as far as that is no metadata.
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

    ``value`` is ``"2019"``, ``"2019-11"`` or ``"2019-11-23"``; ``evidence`` is what it was
    read from, verbatim; ``origin`` says where that stood (``"dateline"``, ``"front matter"``,
    ``"file name"``, ...).
    """

    value: str
    evidence: str
    origin: str

    @property
    def precision(self) -> Precision:
        """How much of the date is known."""
        if len(self.value) == 4:
            return "year"
        return "month" if len(self.value) == 7 else "day"

    @property
    def known_from(self) -> DateSource:
        """What kind of thing tells the date: fewer words than ``origin`` has, and stable ones.

        ``"text"`` is what a reader sees; ``"address"`` is the document's own on the web; all that
        a file says of itself is ``"metadata"``: front matter, properties, a column of a table.
        """
        return _DATE_SOURCES.get(self.origin, "metadata")


@dataclass(frozen=True, slots=True)
class About:
    """What a listing page says of one of its entries: its own title, address and date."""

    title: str | None = None
    url: str | None = None
    published: Published | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a document's text with one role.

    ``title`` and ``heading`` name what follows; ``paragraph`` and ``item`` (of a list) are
    running text; a ``row`` is one of a table, and a ``header`` the row that names its columns;
    a ``teaser`` stands on its own among unrelated ones; ``furniture`` (menus, share buttons,
    pagers) stays in the text and never becomes a passage. The cells of a row are parted by
    ``|``, empty ones are there too; rows of one table have no empty line between them, two
    tables have one. ``level`` is the depth of a heading from 1, and 0 for everything else.
    ``about`` is for a teaser that has a title, an address or a date of its own.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    about: About | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the span that it governs, the heading included."""

    title: str
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a source without pages a stretch of its text stands: "Pumps, row 12", "00:12:31".

    It begins at ``start`` and ends where the next place begins; an empty ``label`` names none.
    Places of one ``part`` may share a passage, which is cited by the place where it begins. Parts
    are numbered in the order of the text.
    """

    start: int
    label: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A source as read. ``text`` is exact; ``blocks`` are in order and do not overlap.

    ``sha256`` is of the source's bytes. ``encoding`` is the Python codec that decodes a
    plain-text source into ``text``, a damaged character as U+FFFD; for other formats ``text`` is
    what the reader extracted.
    ``page_starts`` are the offsets at which the pages of a paginated source begin, the first
    page's too; empty for a source without pages. ``places`` are in order: what a source without
    pages is cited by. ``language`` is a code such as ``"es"``.
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
    # Not in the repr: a document without facets has the digest that it had before there were any.
    facets: Facets = field(default=(), repr=False)

    def page_of(self, offset: int) -> int | None:
        """Return the number of the page, from 1, that holds ``offset``; None without pages."""
        return bisect_right(self.page_starts, offset) or None

    def place_of(self, offset: int) -> str | None:
        """Return where in a source without pages ``offset`` stands; None where nothing says so."""
        place = self._place(offset)
        return place.label or None if place else None

    def part_of(self, offset: int) -> tuple[int, int]:
        """Return what names the part of the text that holds ``offset``: no passage joins two parts.

        A page is a part, and so are places of one ``part``.
        """
        place = self._place(offset)
        return self.page_of(offset) or 0, place.part if place else -1

    def _place(self, offset: int) -> Place | None:
        before = bisect_right(self.places, offset, key=lambda place: place.start)
        return self.places[before - 1] if before else None

    def about(self, offset: int) -> About:
        """Return what is known of the listing entry at ``offset``, and else of the document."""
        return self.described(self._entry(offset))

    def described(self, entry: About | None) -> About:
        """Return what is known of a listing entry, and else of the document."""
        entry = entry or About()
        return About(
            title=entry.title or self.title,
            url=entry.url or self.original_url,
            published=entry.published or self.published,
        )

    def author_of(self, offset: int) -> str | None:
        """Return the author; None in an entry of a listing, whose author is not the listing's."""
        return None if self._entry(offset) else self.author

    def _entry(self, offset: int) -> About | None:
        return next((b.about for b in self.blocks if b.about and b.start <= offset < b.end), None)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The headings with the spans they govern, in order; a subsection lies within its parent."""
        sections: list[Section] = []
        below: list[
            Block
        ] = []  # the headings after this one, nearest last, each higher than the next
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

    As in CommonMark a mark stands apart from the words: ``"# C#"`` is ``"C#"``. What is longer than
    a name loses its end.
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
    """Return the cells of a table's header without its frame: ``"| Pump | Built |"`` is ``"Pump | Built"``.

    Of several lines, those that only rule a table off are left out.
    """
    said = (line for line in lines[:_MAX_NAME].splitlines() if not _RULE.fullmatch(line))
    return ", ".join(" ".join(line.strip(" |\t").split()) for line in said)


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document that is embedded and ranked.

    ``context`` (title, heading, and a table's header) is read with the passage and is never part
    of a quote.
    ``sentences`` are spans in the document's text; the first begins at ``start``, the last
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
    """Names a passage of an index; ids sort as passages are written.

    ``source`` is of the file: the rows of a table are documents of one file. ``ordinal`` counts the
    passages of that file from 0.
    """

    source: str
    ordinal: int


class Hit(NamedTuple):
    """A passage that a question found.

    ``score`` orders hits, higher is better. The stage scores say why: ``dense`` is a cosine,
    ``lexical`` a BM25 sum, ``late`` a weighted mean of token cosines, ``sentence``
    the same within the passage's best sentence, which is the one numbered ``best``; ``support``
    is what ``qa.search.confidence`` judges by. A stage that did not see the passage has None.
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

    ``place`` is where in a source without pages the span begins: a sheet and row, a slide, a
    message, a time.
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
    line_start: int
    line_end: int
    sha256: str
    original_url: str | None = None
    place: str | None = None
    author: str | None = None
    published_from: DateSource | None = None


@dataclass(frozen=True, slots=True)
class Highlight:
    """A span within an excerpt, counted from the excerpt's start."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The words of an excerpt that answer, counted from the excerpt's start.

    ``text`` is ``excerpt[start:end]``, always; ``confidence``, 0 to 1, is how likely it is that
    they answer the question.
    """

    start: int
    end: int
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Note:
    """What a person should know about an answer, such as why nothing was found.

    ``code`` is stable and for programs, ``message`` is a sentence for people; ``details`` has
    what the message names, each thing under a name of its own.
    """

    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A ranked excerpt: ``excerpt == document.text[citation.start:citation.end]``, always."""

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
    """What a question is confined to. Globs match a whole source path; dates are inclusive.

    ``where`` asks of facets: ``{"author": ["Ann Lee", "Bo Chen"], "year>=": 1990}``. The values of
    one name are alternatives, each name must fit; ``qa.facets`` has the rules.
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
    """The generation that answered."""

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
    """What an index holds, counted: enough to draw a timeline and to offer folders and facets.

    ``dated`` has the months of publication ("2019-11", or "2019" where no month is known) in
    order, ``folders`` the topmost folders of the sources by name; both count documents. ``facets``
    are those that most documents have, the first by name where as many have them.
    """

    documents: int
    dated: Mapping[str, int]
    undated: int
    folders: Mapping[str, int]
    facets: Sequence[FacetCount] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gets. ``confidence`` is None, and ``verdict`` "unsure", until calibrated."""

    question: str
    searched: str
    verdict: Verdict
    confidence: float | None
    results: Sequence[Result]
    filtered_out_undated: int
    index: IndexInfo
    took_ms: float
    notes: tuple[Note, ...] = ()
