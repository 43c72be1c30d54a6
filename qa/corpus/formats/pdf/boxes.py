"""Where the words of a citation stand on the pages of a PDF, and a picture of a page.

Both functions depend only on the file's bytes and run PDFium, so they belong in a reader's process. Places
are in points on the page as it is shown, turned and cropped: x from its left edge, y from its lower edge.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from qa.corpus.formats.pdf.chars import Box
from qa.corpus.formats.pdf.pages import Pdf, open_pdf
from qa.corpus.formats.pdf.scans import Scanned
from qa.corpus.formats.pdf.text import Traced, read_traced
from qa.corpus.formats.pdf.words import FIELD, SCANNED, UNMARKED
from qa.corpus.pixels import Pixels
from qa.corpus.reading import UnreadableError

_APART = 1.5
"""Characters with a smaller distance, in heights of a line, are marked by one box."""
_TOLERANCE = 1.0
"""Points that a box may reach over the edge of its page."""
_MAX_CHARS = 20_000
"""A longer span is no citation."""
_PUT_IN = frozenset("|-^()")
"""What the reader itself inserts between cells, and around exponents."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Words of one page: its number from 1, its size as shown in points, and a box for each line."""

    page: int
    width: float
    height: float
    boxes: tuple[Box, ...]


def word_boxes(data: bytes, start: int, end: int) -> tuple[Marked, ...]:
    """Return the places of ``text[start:end]``, where ``text`` is the result of ``read_pdf`` for ``data``.

    There is one item for each page. If it is not certain that the boxes cover exactly these words, the
    result is empty. Raises UnreadableError if the bytes are no readable PDF.
    """
    return boxes_of(data, read_traced(data), start, end)


def boxes_of(data: bytes, traced: Traced, start: int, end: int) -> tuple[Marked, ...]:
    """Do the same as ``word_boxes`` for a file that was read already: only the needed pages are opened."""
    reading = traced.reading
    if not 0 <= start < end <= len(reading.text) or end - start > _MAX_CHARS:
        return ()
    pages: dict[int, dict[int, str]] = {}
    for n in range(start, end):
        char, mark = reading.text[n], traced.marks[n]
        if mark == UNMARKED:
            if not char.isspace() and char not in _PUT_IN:
                return ()
        elif not char.isspace():
            page = bisect_right(reading.page_starts, n) - 1
            pages.setdefault(page, {}).setdefault(mark, char)
    found = []
    with ExitStack() as opened:
        pdf: Pdf | None = None
        for number, marks in pages.items():
            if number in traced.scanned:
                marked = _scanned(number, marks, traced.scanned[number])
            else:
                pdf = pdf or opened.enter_context(open_pdf(data))
                marked = _marked(pdf, number, marks)
            if marked is None:
                return ()
            found.append(marked)
    return tuple(found)


def _marked(pdf: Pdf, number: int, marks: dict[int, str]) -> Marked | None:
    try:
        with pdf.page(number) as page:
            shown = _Shown(page)
            text = page.get_textpage()
            try:
                lines = _lines(page, text, list(marks))
                sure = lines is not None and not _covers_others(text, lines, marks)
            finally:
                text.close()
    except pypdfium2.PdfiumError:
        return None
    if not sure or lines is None:
        return None
    boxes = tuple(shown.place(box) for box in lines)
    if not all(map(shown.holds, boxes)):
        return None
    return Marked(number + 1, shown.width, shown.height, boxes)


def _scanned(number: int, marks: Iterable[int], scanned: Scanned) -> Marked | None:
    """Return the places of words that OCR read; None where other words stand below their boxes."""
    wanted = sorted({mark - SCANNED for mark in marks})
    if not wanted or not 0 <= wanted[0] <= wanted[-1] < len(scanned.boxes):
        return None
    lines: list[Box] = []
    for n in wanted:
        joined = _joined(lines[-1], scanned.boxes[n]) if lines else None
        lines[-1:] = [joined] if joined else [*lines[-1:], scanned.boxes[n]]
    own = set(wanted)
    for n, (x0, y0, x1, y1) in enumerate(scanned.boxes):
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        if n not in own and any(a < x < c and b < y < d for a, b, c, d in lines):
            return None
    return Marked(number + 1, scanned.width, scanned.height, tuple(lines))


def _lines(
    page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, marks: Sequence[int]
) -> list[Box] | None:
    """Return one box for each run of characters on a line; None if a character has no place."""
    found: list[Box] = []
    for mark in marks:
        box = _field_box(page, mark - FIELD) if mark >= FIELD else _char_box(text, mark)
        if box is None:
            return None
        joined = _joined(found[-1], box) if found else None
        if joined:
            found[-1] = joined
        else:
            found.append(box)
    return found


def _char_box(text: pypdfium2.PdfTextPage, mark: int) -> Box | None:
    rect = pdfium.FS_RECTF()
    if not pdfium.FPDFText_GetLooseCharBox(text.raw, mark, ctypes.byref(rect)):
        return None
    box = rect.left, rect.bottom, rect.right, rect.top
    return box if rect.right > rect.left and rect.top > rect.bottom else None


def _field_box(page: pypdfium2.PdfPage, number: int) -> Box | None:
    annotation = pdfium.FPDFPage_GetAnnot(page.raw, number)
    if not annotation:
        return None
    try:
        rect = pdfium.FS_RECTF()
        pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)
    return (rect.left, rect.bottom, rect.right, rect.top) if rect.right > rect.left else None


def _joined(before: Box, box: Box) -> Box | None:
    """Return one box for two on a line, side by side or one below the other; None for other boxes."""
    across = min(before[3], box[3]) - max(before[1], box[1])
    down = min(before[2], box[2]) - max(before[0], box[0])
    high, wide = box[3] - box[1], box[2] - box[0]
    beside = across > 0.5 * min(high, before[3] - before[1])
    below = down > 0.5 * min(wide, before[2] - before[0])
    gap = (
        max(box[0] - before[2], before[0] - box[2])
        if beside
        else max(box[1] - before[3], before[1] - box[3])
    )
    if not (beside or below) or gap > _APART * (high if beside else wide):
        return None
    if below and not beside and before[2] - before[0] > 1.5 * wide:
        return None  # the next line of a text, not of a vertical line
    return (
        min(before[0], box[0]), min(before[1], box[1]),
        max(before[2], box[2]), max(before[3], box[3]),
    )  # fmt: skip


def _covers_others(text: pypdfium2.PdfTextPage, lines: Sequence[Box], marks: Iterable[int]) -> bool:
    """Whether a box covers a character that is not marked and is no copy of a marked one."""
    own: dict[int, list[Box]] = {}
    wanted = set(marks)
    for mark in wanted:
        box = _char_box(text, mark)
        if box:
            own.setdefault(pdfium.FPDFText_GetUnicode(text.raw, mark), []).append(box)
    for n in range(max(pdfium.FPDFText_CountChars(text.raw), 0)):
        box = _char_box(text, n) if n not in wanted else None
        if box is None:
            continue
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not any(x0 < x < x1 and y0 < y < y1 for x0, y0, x1, y1 in lines):
            continue
        code = pdfium.FPDFText_GetUnicode(text.raw, n)
        again = any(x0 < x < x1 and y0 < y < y1 for x0, y0, x1, y1 in own.get(code, ()))
        if not again and not chr(code & 0xFFFFF).isspace():
            return True
    return False


class _Shown:
    """A page as it is shown: cropped, and turned as the file says."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._left, self._bottom, self._right, self._top = page.get_bbox()
        self._turn = pdfium.FPDFPage_GetRotation(page.raw)
        wide, high = self._right - self._left, self._top - self._bottom
        self.width, self.height = (high, wide) if self._turn % 2 else (wide, high)

    def place(self, box: Box) -> Box:
        """Return a box from the page's own space in points from the lower left corner of the shown page."""
        x0, y0, x1, y1 = box
        if self._turn == 1:
            return y0 - self._bottom, self._right - x1, y1 - self._bottom, self._right - x0
        if self._turn == 2:
            return self._right - x1, self._top - y1, self._right - x0, self._top - y0
        if self._turn == 3:
            return self._top - y1, x0 - self._left, self._top - y0, x1 - self._left
        return x0 - self._left, y0 - self._bottom, x1 - self._left, y1 - self._bottom

    def holds(self, box: Box) -> bool:
        """Whether the middle of a box, and nearly all of it, is visible."""
        x0, y0, x1, y1 = box
        spare = _TOLERANCE + 0.3 * min(x1 - x0, y1 - y0)
        return (
            -spare <= x0 and x1 <= self.width + spare and -spare <= y0 and y1 <= self.height + spare
        )


def draw_page(data: bytes, page: int, *, width: int = 1_200, max_pixels: int = 4_000_000) -> Pixels:
    """Return the picture of the page of this number, from 1.

    It is ``width`` pixels wide, or less if it would have more than ``max_pixels``. Raises
    UnreadableError if the bytes are no PDF, or for a page that does not exist.
    """
    with open_pdf(data) as pdf:
        if not 1 <= page <= len(pdf):
            raise UnreadableError(f"no page {page}: it has {len(pdf)}")
        return pdf.draw(page - 1, lambda wide: width / wide, max_pixels)[0]
