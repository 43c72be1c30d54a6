"""The characters of a PDF's pages, as PDFium tells them, made into fragments of lines."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from qa.corpus.formats.pdf.layout import Fragment
from qa.corpus.reading import UnreadableError, whole_characters

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\xa0": " "}
)
_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_WIDE_GAP = 1.0
"""A gap wider than this share of a line's height divides it in two fragments."""
_SPACE, _LIKE_SPACE = 0.15, 0.7
"""A space is wider than the first share of a line's height and the second of its other spaces."""
_LINE_HYPHEN, _MARKS_OF_NONE = 2, (0, 0xFFFD, 0xFFFE, 0xFFFF)
"""What PDFium gives for a hyphen at the end of a line, and for a character that it cannot name."""


@dataclass(frozen=True, slots=True)
class Page:
    """The fragments of a page in the order of the file; ``unmapped`` counts unknown characters."""

    fragments: tuple[Fragment, ...] = ()
    characters: int = 0
    unmapped: int = 0
    bottom: float = 0.0
    top: float = 1.0

    @property
    def height(self) -> float:
        """The page's height in points."""
        return self.top - self.bottom


class _Char(NamedTuple):
    """A character and its box; ``turn`` counts quarter turns clockwise, -1 for a slanted one."""

    char: str
    x0: float
    y0: float
    x1: float
    y1: float
    turn: int
    number: int


class Pdf:
    """A PDF that is open."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document

    def pages(self) -> Iterator[Page]:
        """Yield the pages in order; one that is damaged is empty."""
        for number in range(len(self._document)):
            try:
                page = self._document[number]
            except pypdfium2.PdfiumError:
                yield Page()
                continue
            try:
                yield _page(page)
            except pypdfium2.PdfiumError:
                yield Page()
            finally:
                page.close()

    def metadata(self) -> Mapping[str, str]:
        """Return what the file's information dictionary says."""
        found: dict[str, str] = self._document.get_metadata_dict(skip_empty=True)
        return found

    def language(self) -> str:
        """Return the language that the file's catalogue names, or an empty text."""
        length = pdfium.FPDFCatalog_GetLanguage(self._document.raw, None, 0)
        if not 2 < length <= 200:
            return ""
        buffer = (ctypes.c_ushort * (length // 2 + 1))()
        pdfium.FPDFCatalog_GetLanguage(self._document.raw, buffer, length)
        return bytes(buffer)[: length - 2].decode("utf-16-le", "replace")


@contextmanager
def open_pdf(data: bytes) -> Iterator[Pdf]:
    """Open a PDF. Raises UnreadableError for one that is damaged or needs a password."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableError("encrypted: it needs a password") from None
        if error.err_code == pdfium.FPDF_ERR_SECURITY:
            raise UnreadableError("encrypted in a way that is not supported") from None
        raise UnreadableError("damaged: it cannot be opened as a PDF") from None
    try:
        yield Pdf(document)
    finally:
        document.close()


def _page(page: pypdfium2.PdfPage) -> Page:
    left, bottom, right, top = page.get_bbox()
    text = page.get_textpage()
    try:
        chars, unmapped = _chars(text.raw)
        turn = _usual_turn(chars)
        turned = [_upright(char, turn) if char else None for char in chars]
        fragments = tuple(_fragments(turned, text.raw))
    finally:
        text.close()
    _, y0, _, y1 = _turned((left, bottom, right, top), turn)
    return Page(fragments, sum(char is not None for char in chars), unmapped, y0, y1)


def _chars(text: Any) -> tuple[list[_Char | None], int]:
    """Return the characters of a page, None where a line breaks, and how many are unknown."""
    box = pdfium.FS_RECTF()
    where = ctypes.byref(box)
    code_of, box_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
    found: list[_Char | None] = []
    unmapped, turn, edge, floor = 0, 0, math.inf, 0.0
    for n in range(max(pdfium.FPDFText_CountChars(text), 0)):
        code = code_of(text, n)
        if code in (10, 13):
            found.append(None)
            edge = math.inf
            continue
        box_of(text, n, where)
        x0, y0, x1, y1 = box.left, box.bottom, box.right, box.top
        # Text turns only where a piece of it ends: asking for each character takes twice as long.
        if turn or not -2 < x0 - edge < 20 or abs(y0 - floor) > 2:
            turn = _turn(pdfium.FPDFText_GetCharAngle(text, n))
        edge, floor = x1, y0
        if code in _MARKS_OF_NONE or 0xE000 <= code <= 0xF8FF:
            unmapped += 1
        char = "-" if code == _LINE_HYPHEN else chr(code) if 0 < code < 0xFFFE else "\ufffd"
        found.append(_Char(char if code <= 0xFFFF else chr(code), x0, y0, x1, y1, turn, n))
    return found, unmapped


def _turn(angle: float) -> int:
    quarters = angle / (math.pi / 2)
    return round(quarters) % 4 if abs(quarters - round(quarters)) < 0.05 else -1


def _usual_turn(chars: Sequence[_Char | None]) -> int:
    turns = Counter(char.turn for char in chars if char and char.turn >= 0)
    return turns.most_common(1)[0][0] if turns else 0


def _upright(char: _Char, turn: int) -> _Char | None:
    """Turn a character with its page; None for one at another angle: a watermark, a stamp."""
    if char.turn != turn:
        return None
    x0, y0, x1, y1 = _turned(char[1:5], turn) if turn else char[1:5]
    return _Char(char.char, x0, y0, x1, y1, turn, char.number)


def _turned(box: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box
    if turn == 1:  # runs downwards
        return -y1, x0, -y0, x1
    if turn == 2:
        return -x1, -y1, -x0, -y0
    if turn == 3:  # runs upwards
        return y0, -x1, y1, -x0
    return box


def _fragments(chars: Sequence[_Char | None], text: Any) -> Iterator[Fragment]:
    """Yield the stretches of characters that stand side by side."""
    run: list[_Char] = []
    space = False
    words: list[bool] = []  # whether a space stands before each character
    for char in chars:
        if char is None or (run and not char.char.isspace() and not _adjoins(run[-1], char)):
            if run:
                yield _fragment(run, words, text)
            run, words, space = [], [], False
        if char is None:
            continue
        if char.char.isspace():
            space = True
            continue
        words.append(bool(run) and space)
        run.append(char)
        space = False
    if run:
        yield _fragment(run, words, text)


def _adjoins(before: _Char, after: _Char) -> bool:
    height = min(before.y1 - before.y0, after.y1 - after.y0)
    shared = min(before.y1, after.y1) - max(before.y0, after.y0)
    if before[1:5] == after[1:5]:  # the letters of a ligature: each has the box of them all
        return True
    return shared >= 0.5 * height and -0.5 * height < after.x0 - before.x1 < _WIDE_GAP * height


def _spaced(run: Sequence[_Char], words: Sequence[bool]) -> str:
    """Return the characters with spaces, also where a gap is as wide as the line's spaces are.

    PDFium misses some spaces that are gaps only. The line's own spaces are the measure, so that
    letters set apart or kerned are not taken for words; a line without any is left as it is.
    """
    gaps = [
        (after.x0 - before.x1) / max(after.y1 - after.y0, 0.1) for before, after in pairwise(run)
    ]
    known = [gap for gap, word in zip(gaps, words[1:], strict=True) if word]
    wide = max(_SPACE, _LIKE_SPACE * median(known)) if known else math.inf
    found = run[0].char
    for char, gap, word in zip(run[1:], gaps, words[1:], strict=True):
        found += " " + char.char if word or gap > wide else char.char
    return found


def _fragment(run: Sequence[_Char], words: Sequence[bool], text: Any) -> Fragment:
    # One word in another face, or a note's mark, does not make the line what it is.
    samples = [run[n].number for n in (0, len(run) // 2, -1)]
    return Fragment(
        text=whole_characters(_spaced(run, words).translate(_LIGATURES)),
        x0=min(char.x0 for char in run),
        y0=min(char.y0 for char in run),
        x1=max(char.x1 for char in run),
        y1=max(char.y1 for char in run),
        # Half points, so that what is set in one size is of one size.
        size=max(round(2 * median(_size(text, n) for n in samples)) / 2, 0.5),
        bold=all(_is_bold(text, n) for n in samples),
    )


def _size(text: Any, number: int) -> float:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, number, ctypes.byref(matrix))
    return float(pdfium.FPDFText_GetFontSize(text, number) * math.hypot(matrix.c, matrix.d))


def _is_bold(text: Any, number: int) -> bool:
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text, number, name, len(name), None)
    return _BOLD.search(name.value.decode("utf-8", "replace")) is not None
