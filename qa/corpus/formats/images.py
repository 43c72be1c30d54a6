"""Images of pages, PNG, JPEG and TIFF: read by OCR, each picture a page.

Pillow (MIT-CMU) decodes them. Their places are counted in pixels, as those of a PDF's pages are in points.
"""

from __future__ import annotations

import io
import struct
import warnings
from array import array
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps, UnidentifiedImageError

from qa.corpus.formats.pdf.scans import MOST_PIXELS, Scanned, Scanner
from qa.corpus.formats.pdf.text import Traced
from qa.corpus.formats.pdf.words import UNMARKED
from qa.corpus.pixels import Pixels
from qa.corpus.reading import Reading, TextBuilder, UnreadableError
from qa.records import Scan

_FORMATS = ("PNG", "JPEG", "TIFF")
_MOST_DECODED = 100_000_000
"""Pixels of a picture that is decoded at all: three bytes each, and the readers' memory is bounded."""
_MOST_SHOWN = 4_000_000
_MOST_PAGES = 10_000


def is_image(data: bytes) -> bool:
    """Whether a file begins as an image of these formats does."""
    return data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*"))


def read_image(data: bytes, scanner: Scanner) -> Reading:
    """Read an image by OCR; raises UnreadableError for one that is damaged or has no words."""
    return read_traced_image(data, scanner).reading


def read_traced_image(data: bytes, scanner: Scanner) -> Traced:
    """Read an image as ``read_image`` does, with where its words stand."""
    builder, marks = TextBuilder(), array("i")
    starts: list[int] = []
    scanned: dict[int, Scanned] = {}
    with _opened(data) as image:
        pages = _pages(image)
        for page in range(pages):
            found = scanner.read(page, lambda number: _drawn(image, number, MOST_PIXELS))
            first = None
            for words in found.paragraphs if found else ():
                start = builder.add("paragraph", words.text)
                if start is not None:
                    first = start if first is None else first
                    marks.extend([UNMARKED] * (start - len(marks)))
                    marks.extend(words.marks)
            if found and first is not None:
                scanned[page] = found
            starts.append(-1 if first is None else first)
    text, blocks = builder.result(titled=False)
    if not text:
        raise UnreadableError(f"a picture; {scanner.advice}")
    upto = len(text)
    for page in reversed(range(pages)):  # a page without text begins where the next one does
        upto = starts[page] = upto if starts[page] < 0 else starts[page]
    left = pages - len(scanned)
    reading = Reading(
        text,
        "utf-8",
        blocks,
        page_starts=tuple(starts),
        note=f"{left} of {pages} pages without text; {scanner.advice}" if left else None,
        scans=tuple(_scans(scanned, starts, len(text))),
    )
    return Traced(reading, marks, scanned)


def _scans(scanned: dict[int, Scanned], starts: list[int], length: int) -> Iterator[Scan]:
    ends = [*starts[1:], length]
    for page in sorted(scanned):
        yield Scan(starts[page], ends[page], scanned[page].confidence)


def draw_image(data: bytes, page: int, *, width: int = 1_200) -> Pixels:
    """Return the picture of this number, from 1, at most so wide. Raises UnreadableError."""
    with _opened(data) as image:
        if not 1 <= page <= _pages(image):
            raise UnreadableError(f"no page {page}: it has {_pages(image)}")
        return _drawn(image, page - 1, _MOST_SHOWN, width)[0]


def _pages(image: Image.Image) -> int:
    return min(getattr(image, "n_frames", 1), _MOST_PAGES)


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    with warnings.catch_warnings():
        # Damaged tags, which are not needed, and large pictures, which are measured below.
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                yield image
        except UnreadableError:
            raise
        except (UnidentifiedImageError, Image.DecompressionBombError, *_DAMAGED):
            raise UnreadableError("damaged: it cannot be opened as an image") from None


_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, struct.error)
"""What Pillow raises for files that are not what they seem."""


def _drawn(
    image: Image.Image, page: int, most: int, width: int | None = None
) -> tuple[Pixels, float, float]:
    """Return a page in colours, upright, with at most so many pixels; and its own size."""
    image.seek(page)
    if image.width * image.height > _MOST_DECODED:
        raise UnreadableError(f"more than {_MOST_DECODED:,} pixels")
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        paper = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(paper, upright.convert("RGBA"))
    if upright.mode.startswith(("I", "F")):  # of more than 8 bits
        upright = upright.convert("I").point(lambda value: value / 256).convert("L")
    wide, high = upright.size
    scale = min(1.0, (most / (wide * high)) ** 0.5, width / wide if width else 1.0)
    colours = upright.convert("RGB")
    if scale < 1:
        colours = colours.resize((max(1, int(scale * wide)), max(1, int(scale * high))))
    return Pixels(*colours.size, colours.tobytes()), float(wide), float(high)
