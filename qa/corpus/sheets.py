"""What is asked of the pages of an original, and what comes back: see ``qa.corpus.drawing``."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter

from qa.corpus.pixels import Area, Pixels
from qa.records import Document

Box = tuple[float, float, float, float]
"""Left, lower, right and upper edge in points, from the lower left corner of a page as it is shown."""


_AROUND = 500
"""Characters before and after a span, by which its place is found again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pages of a PDF, by number from 1, and the span of its text that is marked on them.

    ``sha256`` is of the file, ``text_sha256`` of the text that the span counts in, as UTF-8. An empty
    span marks nothing. ``around`` is the part of that text around the span; it begins at ``around_from``.
    ``scanned`` are the paragraphs of pages that OCR read, by number from 1.
    """

    sha256: str
    pages: tuple[int, ...]
    start: int = 0
    end: int = 0
    text_sha256: str = ""
    around: str = ""
    around_from: int = 0
    scanned: tuple[tuple[int, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as a picture."""

    page: int
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the words stand on a page of ``width`` and ``height`` points, a box for each line."""

    page: int
    width: float
    height: float
    boxes: tuple[Box, ...]

    def on(self, pixels: Pixels) -> Pixels:
        """Return the picture of the page with the words marked."""
        scale = pixels.width / self.width
        return pixels.marked(_area(box, scale, self.height) for box in self.boxes)


def _area(box: Box, scale: float, height: float) -> Area:
    x0, y0, x1, y1 = box
    return (
        math.floor(scale * x0), math.floor(scale * (height - y1)),
        math.ceil(scale * x1), math.ceil(scale * (height - y0)),
    )  # fmt: skip


def wanted_of_span(document: Document, pages: tuple[int, ...], start: int, end: int) -> Wanted:
    """Return what is asked of a document's pages to have a span of its text marked on them."""
    if start >= end:
        return Wanted(document.sha256, pages)
    first = max(0, start - _AROUND)
    return Wanted(
        document.sha256,
        pages,
        start,
        end,
        text_digest(document.text),
        document.text[first : end + _AROUND],
        first,
    )


def text_digest(text: str) -> str:
    """Return what names a text in a ``Wanted``."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def scanned_pages(document: Document) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the pages of a document that OCR read, by number from 1, with their paragraphs."""
    found = []
    for scan in document.scans:
        first = bisect_left(document.blocks, scan.start, key=attrgetter("start"))
        last = bisect_left(document.blocks, scan.end, key=attrgetter("start"))
        texts = tuple(document.text[b.start : b.end] for b in document.blocks[first:last])
        found.append((document.page_of(scan.start) or 1, texts))
    return tuple(found)
