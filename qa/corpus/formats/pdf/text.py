"""From the pages of a PDF to running text, without running heads and with broken words joined.

PDFium (through pypdfium2; Apache-2.0 and BSD) gives the place and the size of each character. This package
finds lines, columns, tables, paragraphs and headings from these. The text is made for quoting: the lines of a
paragraph are joined, also across columns and pages, and running heads, running feet, page numbers and line
numbers are left out. A page begins where its first character is.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qa.corpus.formats.pdf import about
from qa.corpus.formats.pdf.fields import Note
from qa.corpus.formats.pdf.hyphens import vocabulary
from qa.corpus.formats.pdf.layout import Line, reading_order
from qa.corpus.formats.pdf.pages import Bookmark, Page, Pdf, open_pdf
from qa.corpus.formats.pdf.paragraphs import (
    Paragraph,
    joined_lines,
    levels_of,
    outlined,
    paragraphs_of,
)  # fmt: skip
from qa.corpus.formats.pdf.running import is_number, running, without, without_line_numbers
from qa.corpus.formats.pdf.scans import DPI, MOST_PIXELS, Scanned, Scanner
from qa.corpus.formats.pdf.title import title_block
from qa.corpus.formats.pdf.words import UNMARKED, Words
from qa.corpus.formats.properties import keywords_and_more
from qa.corpus.pixels import Pixels
from qa.corpus.reading import (
    Ocr,
    Reading,
    TextBuilder,
    UnreadableError,
    facets_note,
    joined,
    language_code,
)
from qa.records import Block, BlockKind, Scan

_OTHERS = 1_000
"""Columns of a page that run in its other direction are numbered from here."""
_OPENING = 3_000
_FEW_LETTERS = 20


@dataclass(frozen=True, slots=True)
class Traced:
    """A reading, and for each code point of its text the mark of ``words.Words``.

    A mark counts within its page; ``reading.page_starts`` has the pages. ``scanned`` are the pages,
    counted from 0, that OCR read.
    """

    reading: Reading
    marks: array[int]
    scanned: Mapping[int, Scanned] = field(default_factory=dict)


def read_pdf(data: bytes, scanner: Scanner | None = None) -> Reading:
    """Read a PDF; raises UnreadableError for one that is damaged, encrypted or without text.

    Pages that are pictures are read by ``scanner``, where there is one.
    """
    return read_traced(data, scanner).reading


def read_traced(
    data: bytes,
    scanner: Scanner | None = None,
    *,
    only: Container[int] | None = None,
    known: str = "",
) -> Traced:
    """Read a PDF like ``read_pdf``, and return the characters that its text was made from.

    With ``only``, pages that are not in it, by number from 0, are as if they were empty, and the outline is not
    read; ``known`` is a part of the whole file's text, which has its broken words as the whole file joins them.
    """
    scanner = scanner or Scanner(Ocr())
    with open_pdf(data) as pdf:
        pages = list(pdf.pages(only))
        scanned = _scan(pdf, pages, scanner)
        said, language = pdf.metadata(), language_code(pdf.language())
        outline, form = pdf.outline() if only is None else [], pdf.is_form
    _refuse_without_text(pages, scanner.advice)
    pages = without_line_numbers(pages)
    edges = running(pages)
    lines = [
        (number, line)
        for number, page in enumerate(pages)
        for line in _lines(page, edges.lines[number])
    ]
    notes = [(number, note) for number, page in enumerate(pages) for note in page.notes]
    if not lines and not notes:
        raise UnreadableError("no text but page numbers and running heads")
    paragraphs = paragraphs_of(
        lines, outlined(lines, outline), apart=edges.letters, parted_by=scanned
    )
    words = vocabulary([*(line.text for _, line in lines), *known.split("\n")])
    text, marks, blocks, starts = _build(_with_notes(paragraphs, notes), len(pages), words, outline)
    opening = " ".join(text[:_OPENING].lower().split())
    gathered = keywords_and_more(said.get("Keywords"), subject=said.get("Subject"))
    reading = Reading(
        text,
        "utf-8",
        blocks,
        title=about.title_of(said.get("Title", ""), opening),
        author=about.author_of(said.get("Author", "")),
        language=language,
        page_starts=starts,
        made=about.made(said, form=form),
        note=joined(_left_out(pages, scanner), facets_note(gathered.left_out)),
        facets=gathered.facets,
        scans=tuple(_scans(scanned, starts, len(text))),
    )
    return Traced(reading, marks, scanned)


def _scan(pdf: Pdf, pages: list[Page], scanner: Scanner) -> dict[int, Scanned]:
    """Read the pages that are pictures, and put what stands there in their place."""

    def draw(number: int) -> tuple[Pixels, float, float]:
        return pdf.draw(number, lambda _: DPI / 72, MOST_PIXELS)

    scanned: dict[int, Scanned] = {}
    for number, page in enumerate(pages):
        found = scanner.read(number, draw) if page.pictured and not page.notes else None
        if found is not None:
            scanned[number] = found
            notes = tuple(Note(words, (0.0, 0.0, 0.0, 0.0)) for words in found.paragraphs)
            characters = sum(map(len, found.paragraphs))
            pages[number] = replace(page, notes=notes, characters=characters, pictured=False)
    return scanned


def _scans(scanned: Mapping[int, Scanned], starts: Sequence[int], length: int) -> Iterator[Scan]:
    """Yield the stretches of the text that OCR read: each is a page."""
    ends = [*starts[1:], length]
    for number in sorted(scanned):
        if starts[number] < ends[number]:
            yield Scan(starts[number], ends[number], scanned[number].confidence)


def _refuse_without_text(pages: Sequence[Page], advice: str) -> None:
    if not pages:
        raise UnreadableError("no pages")
    characters = sum(page.characters for page in pages)
    if not characters and not any(page.notes for page in pages):
        raise UnreadableError(f"no text: scanned pages; {advice}")
    if 2 * sum(page.unmapped for page in pages) > characters > 0:
        raise UnreadableError(
            "no text that can be read: its fonts do not say which letters they show; run OCR first"
        )


def _left_out(pages: Sequence[Page], scanner: Scanner) -> str | None:
    """Return a note about parts of the pages that are not in the text and are no running heads."""
    told = []
    for wanted, words in (
        (lambda page: page.pictured, f"without text; {scanner.advice}"),
        (lambda page: page.damaged, "damaged"),
    ):
        count = sum(map(wanted, pages))
        if count:
            told.append(f"{count} of {len(pages)} pages {words}")
    slanted = sum(page.left_out for page in pages)
    if slanted >= _FEW_LETTERS:
        told.append(f"{slanted} letters at an angle are left out")
    return "; ".join(told) or None


def _lines(page: Page, heads: Sequence[Line]) -> Iterator[Line]:
    yield from reading_order(without(page, heads), page.rules)
    for line in reading_order(page.others):
        if not is_number(line.text):
            yield replace(line, column=line.column + _OTHERS)


def _with_notes(
    paragraphs: list[Paragraph], notes: Sequence[tuple[int, Note]]
) -> list[Paragraph | tuple[int, Words]]:
    """Return the paragraphs with each note after the paragraph that it was made at.

    A note is placed among the paragraphs of its page: before a paragraph that begins on an earlier page,
    it would be cited by that page.
    """
    found: list[Paragraph | tuple[int, Words]] = list(paragraphs)
    within: dict[int, list[int]] = {}
    ends: list[int] = []
    for n, paragraph in enumerate(paragraphs):
        first, last = paragraph.lines[0][0], paragraph.lines[-1][0]
        ends.append(last)
        if first == last:
            within.setdefault(first, []).append(n)
    behind: dict[int, list[tuple[int, Words]]] = {}
    for page, note in notes:
        middle = (note.box[1] + note.box[3]) / 2
        best = min(
            within.get(page, ()),
            key=lambda n: min(
                abs((line.y0 + line.y1) / 2 - middle) for _, line in paragraphs[n].lines
            ),
            default=bisect_left(ends, page) - 1,
        )
        behind.setdefault(best, []).append((page, note.words))
    for n in sorted(behind, reverse=True):
        found[n + 1 : n + 1] = behind[n]
    return found


def _build(
    parts: Sequence[Paragraph | tuple[int, Words]],
    pages: int,
    words: frozenset[str],
    outline: Sequence[Bookmark],
) -> tuple[str, array[int], tuple[Block, ...], tuple[int, ...]]:
    """Return the text, the marks of its code points, its blocks, and where each page begins."""
    paragraphs = [part for part in parts if isinstance(part, Paragraph)]
    levels = levels_of(paragraphs)
    builder, marks = TextBuilder(), array("i")
    starts: dict[int, int] = {}
    owners: list[Paragraph | None] = []
    deepest = 0

    def add(kind: BlockKind, told: Words, level: int = 0, *, same: bool = False) -> int | None:
        start = builder.add(kind, told.text, level, same_table=same)
        if start is not None:
            marks.extend([UNMARKED] * (start - len(marks)))
            marks.extend(told.marks)
        return start

    for part in parts:
        if not isinstance(part, Paragraph):
            start = add("paragraph", part[1])
            if start is not None:
                owners.append(None)
                starts.setdefault(part[0], start)
            continue
        told, offsets = joined_lines(part.lines, words)
        level = part.level or (levels.get(part.face) if part.may_head else None)
        if part.level:
            deepest = part.level
        elif level:
            level = min(max(level, deepest + 1), 6)
        kind: BlockKind = "heading" if level else "item" if part.item else "paragraph"
        if part.row:
            kind = "header" if part.lines[0][1].header else "row"
        before = owners[-1] if owners else None
        start = add(kind, told, level or 0, same=before is not None and part.goes_on(before))
        if start is not None:
            owners.append(part)
            for (page, _), offset in zip(part.lines, offsets, strict=True):
                starts.setdefault(page, start + offset)
    text, blocks = builder.result(titled=False)
    upto = len(text)
    found = []
    for page in reversed(range(pages)):  # a page without text gets the beginning of the next one
        upto = min(starts.get(page, upto), upto)
        found.append(upto)
    title = title_block(text, blocks, owners, starts.get(1, len(text)))
    if title is not None:
        head = blocks[title]
        named = Block("title", head.start, head.end, head.level)
        blocks = (*blocks[:title], named, *blocks[title + 1 :])
    return text, marks, blocks, tuple(reversed(found))
