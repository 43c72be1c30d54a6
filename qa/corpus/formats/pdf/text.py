"""PDF: pages to running text, with running heads left out and broken words joined.

PDFium (through pypdfium2; Apache-2.0 and BSD) says which character stands where and how large it is;
what is a line, a column, a paragraph and a heading is read from that. The text is made to be quoted:
the lines of a paragraph are joined, also across columns and pages, and running heads, running feet
and page numbers are not in it. A page begins where its first character stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from qa.corpus import dates
from qa.corpus.formats.pdf.layout import Fragment, Line, lines_of, reading_order
from qa.corpus.formats.pdf.pages import Page, open_pdf
from qa.corpus.furniture import is_certain
from qa.corpus.reading import Reading, TextBuilder, UnreadableError, language_code
from qa.records import Block, BlockKind, Published

_EDGE = 0.13
"""Running heads and feet stand within this share of a page's height from its upper or lower edge."""
_EDGE_LINES = 3
_SENTENCE = 6
"""A running head of so many words is hardly a sentence."""
_CLOSE = 1.8
"""Lines of a paragraph are no further apart, in font sizes; a running head is."""
_NUMBER = re.compile(
    r"\W*(?:(?:page|página|seite|p\.?)\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|de|von)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_TERMINAL = re.compile(r"[.!?:;][\"'”’»)\]\d]*$")
_BULLET = re.compile(r"(?:[•‣▪◦·\uf0b7–—*-]\s+|\(?\d{1,3}[.)]\s+|\(?[a-z]\)\s+)(?=\S)")
_HYPHEN = re.compile(r"(?P<word>[^\W_]+(?:['’-][^\W_]+)*)[-\u00ad\u2010]$")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_KEPT = frozenset("self well half cross ex vice".split())
_SAME_SIZE, _LARGER = 0.08, 1.12
_NO_TITLE = re.compile(
    r"(?:microsoft|powerpoint|untitled|unknown|document\d*$|title$|slide \d|layout \d|scan)"
    r"|\.(?:docx?|pdf|indd|tex|dvi|rtf|odt|qxd|pages|html?|xlsx?|pptx?)$|[\\/]",
    re.IGNORECASE,
)
_NO_AUTHOR = frozenset("admin administrator user owner unknown author root scanner default".split())
_STAMP = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?")


@dataclass(slots=True)
class _Paragraph:
    """Lines that belong together, each with the number of its page."""

    lines: list[tuple[int, Line]] = field(default_factory=list)
    item: bool = False


def read_pdf(data: bytes) -> Reading:
    """Read a PDF; raises UnreadableError for one that is damaged, encrypted or without text."""
    with open_pdf(data) as pdf:
        pages = list(pdf.pages())
        about, language = pdf.metadata(), language_code(pdf.language())
    _refuse_without_text(pages)
    heads = _running(pages)
    lines = [
        (number, line)
        for number, page in enumerate(pages)
        for line in reading_order(_without(page, heads[number]))
    ]
    body = Counter[float]()
    for _, line in lines:
        body[line.size] += len(line.text)
    if not lines:
        raise UnreadableError("no text but page numbers and running heads")
    text, blocks, starts = _build(
        _paragraphs(lines), body.most_common(1)[0][0], len(pages), _vocabulary(lines)
    )
    opening = " ".join(text[:3000].lower().split())
    return Reading(
        text,
        "utf-8",
        blocks,
        title=_title(about.get("Title", ""), opening),
        author=_author(about.get("Author", "")),
        language=language,
        page_starts=starts,
        made=_made(about.get("CreationDate", "")),
    )


def _refuse_without_text(pages: Sequence[Page]) -> None:
    if not pages:
        raise UnreadableError("no pages")
    characters = sum(page.characters for page in pages)
    if not characters:
        raise UnreadableError("no text: scanned pages; run OCR first")
    if 2 * sum(page.unmapped for page in pages) > characters:
        raise UnreadableError(
            "no text that can be read: its fonts do not say which letters they show; run OCR first"
        )


# --- running heads, running feet, page numbers ---------------------------------------------------


def _running(pages: Sequence[Page]) -> list[list[Line]]:
    """Return for each page the lines at its edges that are not part of the text."""
    rows = [lines_of(page.fragments) for page in pages]
    edges = [_edges(page, lines) for page, lines in zip(pages, rows, strict=True)]
    sayings: dict[tuple[str, int], list[str]] = {}
    for page_edges in edges:
        for key, words in {_key(line): line.text for line in page_edges}.items():
            sayings.setdefault(key, []).append(words)
    sizes = Counter[float]()
    for page in pages:
        for fragment in page.fragments:
            sizes[fragment.size] += len(fragment.text)
    body = sizes.most_common(1)[0][0] if sizes else 1.0
    wanted = min(3, max(2, len(pages)))

    def runs(page: Page, lines: Sequence[Line], line: Line) -> bool:
        if _NUMBER.fullmatch(line.text) or (is_certain(line.text) and len(line.text) < 40):
            return True
        said = sayings[_key(line)]
        return len(said) >= wanted and not _is_text(page, lines, line, said, body)

    return [
        [line for line in page_edges if runs(page, lines, line)]
        for page, lines, page_edges in zip(pages, rows, edges, strict=True)
    ]


def _is_text(
    page: Page, lines: Sequence[Line], line: Line, said: Sequence[str], body: float
) -> bool:
    """Whether a line that other pages repeat but for its figures belongs to the text all the same.

    Text that is deleted cannot be found, nor is what is left of its sentence what was written.
    """
    n = lines.index(line)
    above, below = lines[n - 1] if n else None, lines[n + 1] if n + 1 < len(lines) else None
    if (above and _continues(above, line)) or (below and _continues(line, below)):
        return True
    if len(set(said)) == 1 or _has_number(page, line):
        return False
    if line.size >= _LARGER * body:  # "Minutes of 3 May": each page says something else
        return len(set(said)) == len(said)
    if abs(line.size - body) > _SAME_SIZE * body:
        return False
    at_top = line.y0 + line.y1 > page.top + page.bottom
    outermost = lines[0] if at_top else lines[-1]
    if outermost.size < (1 - _SAME_SIZE) * body:  # the running head is there, in small print
        return True
    opens = at_top and below is not None and abs(below.size - body) <= _SAME_SIZE * body
    sentence = len(line.text.split()) >= _SENTENCE and _TERMINAL.search(line.text) is not None
    return opens and sentence


def _continues(line: Line, below: Line) -> bool:
    """Whether a sentence runs from a line into the one right under it."""
    return (
        abs(line.size - below.size) <= _SAME_SIZE * line.size
        and 0 < line.y0 - below.y0 <= _CLOSE * line.size
        and _TERMINAL.search(line.text) is None
        and below.text[:1].islower()
    )


def _has_number(page: Page, line: Line) -> bool:
    """Whether a number stands apart on a line, as a page's number does in its head."""
    return any(
        line.y0 <= f.y0 and f.y1 <= line.y1 and _NUMBER.fullmatch(f.text) for f in page.fragments
    )


def _edges(page: Page, lines: Sequence[Line]) -> list[Line]:
    """Return the outermost lines of a page, near its upper and lower edge."""
    low, high = page.bottom + _EDGE * page.height, page.top - _EDGE * page.height
    heads = [line for line in lines[:_EDGE_LINES] if (line.y0 + line.y1) / 2 > high]
    feet = [line for line in lines[-_EDGE_LINES:] if (line.y0 + line.y1) / 2 < low]
    return heads + [line for line in feet if line not in heads]


def _key(line: Line) -> tuple[str, int]:
    """Name a line for what it says, whatever its figures, and about where it stands."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.lower()), round(line.y0 / 12)


def _without(page: Page, heads: Sequence[Line]) -> list[Fragment]:
    spans = [(line.y0 - 0.1, line.y1 + 0.1) for line in heads]
    return [f for f in page.fragments if not any(a <= f.y0 and f.y1 <= b for a, b in spans)]


# --- paragraphs ----------------------------------------------------------------------------------


def _paragraphs(lines: Sequence[tuple[int, Line]]) -> list[_Paragraph]:
    leading = _leading(lines)
    paragraphs: list[_Paragraph] = []
    before: tuple[int, Line] | None = None
    for number, line in lines:
        bullet = _BULLET.match(line.text) is not None
        if before is None or bullet or _begins(before, (number, line), leading):
            paragraphs.append(_Paragraph(item=bullet))
        paragraphs[-1].lines.append((number, line))
        before = number, line
    return paragraphs


def _leading(lines: Sequence[tuple[int, Line]]) -> float:
    """Return the usual distance of two lines of a paragraph, in font sizes."""
    steps = [
        (before.y0 - line.y0) / line.size
        for (page, before), (other, line) in pairwise(lines)
        if page == other and before.column == line.column and before.y0 > line.y0
    ]
    return min(median(steps), 2.5) if steps else 1.2


def _begins(before: tuple[int, Line], after: tuple[int, Line], leading: float) -> bool:
    """Whether a paragraph begins with the line ``after``."""
    (page, above), (other, line) = before, after
    if abs(line.size - above.size) > _SAME_SIZE * above.size or line.bold != above.bold:
        return True
    ended = _TERMINAL.search(above.text) is not None
    if (page, above.column) != (other, line.column):
        return ended or above.bold
    if (above.y0 - line.y0) / line.size > leading * 1.3 + 0.1:
        return True
    width = line.right - line.left
    indented = line.x0 - line.left > 0.8 * line.size
    if indented and above.x0 - above.left <= 0.5 * line.size and line.x0 - line.left < 0.3 * width:
        return True
    short = line.right - above.x1
    return short > (0.2 if ended else 0.5) * width


def _build(
    paragraphs: Sequence[_Paragraph], body: float, pages: int, vocabulary: frozenset[str]
) -> tuple[str, tuple[Block, ...], tuple[int, ...]]:
    """Return the text, its blocks, and where each page begins."""
    levels = _levels(paragraphs, body)
    builder = TextBuilder()
    starts: dict[int, int] = {}
    for paragraph in paragraphs:
        words, offsets = _joined(paragraph.lines, vocabulary)
        level = levels.get(_face(paragraph)) if _may_head(paragraph, words) else None
        kind: BlockKind = "heading" if level else "item" if paragraph.item else "paragraph"
        start = builder.add(kind, words, level or 0)
        if start is not None:
            for (page, _), offset in zip(paragraph.lines, offsets, strict=True):
                starts.setdefault(page, start + offset)
    text, blocks = builder.result()
    upto = len(text)
    found = []
    for page in reversed(range(pages)):  # a page without text begins where the next one does
        upto = min(starts.get(page, upto), upto)
        found.append(upto)
    return text, _with_title(blocks, starts.get(1, len(text)), paragraphs), tuple(reversed(found))


def _face(paragraph: _Paragraph) -> tuple[float, bool]:
    line = paragraph.lines[0][1]
    return line.size, line.bold


def _may_head(paragraph: _Paragraph, words: str) -> bool:
    return len(words) <= 200 and len(paragraph.lines) <= 4 and sum(map(str.isalpha, words)) >= 2


def _levels(paragraphs: Sequence[_Paragraph], body: float) -> dict[tuple[float, bool], int]:
    """Return the level of each face that headings have: larger than the text, or bold where it is not."""
    written = Counter[tuple[float, bool]]()
    for paragraph in paragraphs:
        written[_face(paragraph)] += sum(len(line.text) for _, line in paragraph.lines)
    bold_body = written[body, True] > written[body, False]
    faces = [
        (size, bold)
        for size, bold in written
        if size >= _LARGER * body or (bold and not bold_body and size >= body)
    ]
    return {face: min(n, 6) for n, face in enumerate(sorted(faces, reverse=True), start=1)}


def _with_title(
    blocks: tuple[Block, ...], first_page: int, paragraphs: Sequence[_Paragraph]
) -> tuple[Block, ...]:
    """Make the largest heading of the first page the title, when none opens the text."""
    if any(block.kind == "title" for block in blocks):
        return blocks
    heads = [b for b in blocks if b.kind == "heading" and b.level == 1 and b.start < first_page]
    if not heads or blocks.index(heads[0]) > 5:
        return blocks
    return tuple(Block("title", b.start, b.end, b.level) if b is heads[0] else b for b in blocks)


# --- words that a line end breaks ----------------------------------------------------------------


def _vocabulary(lines: Sequence[tuple[int, Line]]) -> frozenset[str]:
    """Return the words that stand unbroken within a line, compounds as one word."""
    found: set[str] = set()
    for _, line in lines:
        text = line.text.lower()
        words = _WORD.findall(_HYPHEN.sub("", text))
        found.update(words)
    return frozenset(found)


def _joined(lines: Sequence[tuple[int, Line]], vocabulary: frozenset[str]) -> tuple[str, list[int]]:
    """Return the lines as one text, and where each of them begins in it."""
    text, offsets = "", []
    for _, line in lines:
        broken = _HYPHEN.search(text)
        after = _WORD.match(line.text)
        if broken and after:
            if not _keeps_hyphen(text[-1], broken["word"], after.group(), vocabulary):
                text = text[:-1]
        elif text:
            text += " "
        offsets.append(len(text))
        text += line.text
    return text.replace("\u00ad", ""), _without_soft(text, offsets)


def _without_soft(text: str, offsets: list[int]) -> list[int]:
    if "\u00ad" not in text:
        return offsets
    return [offset - text.count("\u00ad", 0, offset) for offset in offsets]


def _keeps_hyphen(mark: str, word: str, after: str, vocabulary: frozenset[str]) -> bool:
    """Whether the hyphen between two parts is the word's own and not the line's."""
    if mark == "\u00ad":
        return False
    if not after[0].islower() or not word[-1].isalpha():
        return True  # "Franco-Prussian", "1914-18"
    last = re.split(r"['’-]", word)[-1]
    whole, compound = f"{word}{after}".lower(), f"{word}-{after}".lower()
    if whole in vocabulary or compound in vocabulary:
        return whole not in vocabulary
    return "-" in word or last.lower() in _KEPT


# --- what the file says of itself ----------------------------------------------------------------


def _title(words: str, opening: str) -> str | None:
    """Return the title in the metadata if it is one: most often a program's or a file's name is there."""
    words = " ".join(words.split())
    if _NO_TITLE.search(words) or not 3 <= len(words) <= 300:
        return None
    parts = [part.lower() for part in _WORD.findall(words)]
    said = sum(part in opening for part in parts)
    return words if len(parts) > 1 and 2 * said >= len(parts) else None


def _author(words: str) -> str | None:
    words = " ".join(words.split())
    named = 3 <= len(words) <= 200 and " " in words and "@" not in words
    return words if named and words.lower() not in _NO_AUTHOR else None


def _made(stamp: str) -> Published | None:
    """Return the date in a stamp such as ``D:20191123101500Z``: when the file was made."""
    found = _STAMP.match(stamp)
    value = dates.parse_date("-".join(part for part in found.groups() if part)) if found else None
    return Published(value, stamp, "PDF metadata") if value else None
