"""The pages of a PDF from PDFium: fragments of lines, rules, notes; and the file's outline."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from qa.corpus.formats.pdf.accents import with_accents
from qa.corpus.formats.pdf.chars import chars_of, turned
from qa.corpus.formats.pdf.fields import Note, filled, with_fields
from qa.corpus.formats.pdf.fragments import Fragment, fragments_of
from qa.corpus.formats.pdf.rules import NO_RULES, Rules, as_rules, boxes_of_rules
from qa.corpus.pixels import Pixels
from qa.corpus.reading import UnreadableError

_MAX_SIDE = 20_000
_MOST_BOOKMARKS, _DEEPEST = 5_000, 8


@dataclass(frozen=True, slots=True)
class Page:
    """The content of a page, turned so that most of its text runs to the right.

    ``fragments`` are in the order of the file; ``others`` run in the other direction, on a page with
    vertical and other lines. ``unmapped`` counts unknown characters, ``left_out`` letters at another
    angle. ``notes`` have their places on the turned page.
    """

    fragments: tuple[Fragment, ...] = ()
    others: tuple[Fragment, ...] = ()
    rules: Rules = NO_RULES
    notes: tuple[Note, ...] = ()
    characters: int = 0
    unmapped: int = 0
    left_out: int = 0
    bottom: float = 0.0
    top: float = 1.0
    damaged: bool = False
    pictured: bool = False
    """Whether the page has no text, but something else."""

    @property
    def height(self) -> float:
        """The page's height in points."""
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline: its title, its depth from 1, and the page that it leads to, from 0."""

    title: str
    level: int
    page: int


class Pdf:
    """A PDF that is open."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document

    def __len__(self) -> int:
        return len(self._document)

    @property
    def is_form(self) -> bool:
        """Whether it has fields to fill in."""
        return self._document.formenv is not None

    @contextmanager
    def page(self, number: int) -> Iterator[pypdfium2.PdfPage]:
        """Open a page, from 0. Raises pypdfium2.PdfiumError for one that is damaged."""
        page = self._document[number]
        try:
            yield page
        finally:
            page.close()

    def draw(
        self, number: int, scale_of: Callable[[float], float], max_pixels: int
    ) -> tuple[Pixels, float, float]:
        """Return the picture of a page, from 0, and the width and height of the page in points.

        ``scale_of`` gives the pixels of a point for the page's width; there are fewer where the picture would have
        more than ``max_pixels``. Raises UnreadableError.
        """
        try:
            with self.page(number) as opened:
                wide, high = opened.get_size()
                if wide <= 0 or high <= 0:
                    raise UnreadableError(f"page {number + 1} has no size")
                scale = min(scale_of(wide), _MAX_SIDE / max(wide, high))
                while math.ceil(scale * wide) * math.ceil(scale * high) > max(max_pixels, 1):
                    scale *= 0.98
                bitmap = opened.render(scale=scale, rev_byteorder=True)
        except pypdfium2.PdfiumError:
            raise UnreadableError(f"page {number + 1} is damaged") from None
        try:
            return _pixels(bitmap), wide, high
        finally:
            bitmap.close()

    def pages(self, only: Container[int] | None = None) -> Iterator[Page]:
        """Yield the pages in order; one that is damaged is empty, and so is one that is not in ``only``."""
        form = self._document.formenv.raw if self._document.formenv else None
        for number in range(len(self._document)):
            if only is not None and number not in only:
                yield Page()
                continue
            try:
                with self.page(number) as page:
                    found = _page(page, form)
            except pypdfium2.PdfiumError:
                found = Page(damaged=True)
            yield found

    def outline(self) -> list[Bookmark]:
        """Return the entries of the outline that lead to a page, in order."""
        found = []
        for entry in islice(self._document.get_toc(max_depth=_DEEPEST), _MOST_BOOKMARKS):
            target = entry.get_dest()
            page = target.get_index() if target else None
            title = " ".join(entry.get_title().split())
            if page is not None and title:
                found.append(Bookmark(title, entry.level + 1, page))
        return found

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
        if document.get_formtype() == pdfium.FORMTYPE_ACRO_FORM:
            document.init_forms()
        yield Pdf(document)
    finally:
        document.close()


def _pixels(bitmap: pypdfium2.PdfBitmap) -> Pixels:
    """Return a picture of three bytes a pixel without what fills its rows up."""
    wide, high, stride = bitmap.width, bitmap.height, bitmap.stride
    pixels = memoryview(bitmap.buffer).cast("B")
    rows = (pixels[n * stride : n * stride + 3 * wide] for n in range(high))
    return Pixels(wide, high, b"".join(rows))


def _page(page: pypdfium2.PdfPage, form: Any | None) -> Page:
    fields, notes = filled(page.raw, form)
    text = page.get_textpage()
    try:
        chars = chars_of(text.raw)
        fragments = list(fragments_of(with_accents(chars.usual), text.raw))
        others = tuple(fragments_of(with_accents(chars.others), text.raw))
    finally:
        text.close()
    turn = chars.turn
    if fields:
        fragments = with_fields(
            fragments, [replace(field, box=turned(field.box, turn)) for field in fields]
        )
    rules = [turned(box, turn) for box in boxes_of_rules(page.raw)] if fragments else []
    _, y0, _, y1 = turned(page.get_bbox(), turn)
    said = " ".join(f.text for f in fragments) if notes else ""
    return Page(
        fragments=tuple(fragments),
        others=others,
        rules=as_rules(rules),
        # Some programs repeat highlighted text in a note.
        notes=tuple(
            Note(note.words, turned(note.box, turn))
            for note in notes
            if note.words.text not in said
        ),
        characters=chars.count + sum(len(field.words) for field in fields),
        unmapped=chars.unmapped,
        left_out=chars.left_out,
        bottom=y0,
        top=y1,
        pictured=not chars.count and pdfium.FPDFPage_CountObjects(page.raw) > 0,
    )
