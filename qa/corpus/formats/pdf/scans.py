"""Pages of a PDF that are pictures, read by OCR: their words, and where these stand.

A page is drawn as its reader would draw it for a person, and that picture is read. The text of a page is
made of the page alone, so that a page can be read again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from qa.corpus.formats.pdf.chars import Box
from qa.corpus.formats.pdf.hyphens import between, vocabulary
from qa.corpus.formats.pdf.words import SCANNED, Words, joined
from qa.corpus.pixels import Pixels
from qa.corpus.reading import Ocr, UnreadableError
from qa.corpus.tesseract import Line, SlowError, Tesseract, missing

DPI = 300
"""What Tesseract's models were trained for."""
MOST_PIXELS = 12_000_000
_MIN_CONFIDENCE = 0.4
"""Words of a page that are less sure, on average, are no words: a photograph, another script."""

Draw = Callable[[int], tuple[Pixels, float, float]]
"""Returns the picture of a page, from 0, and the page's size in points."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What OCR reads on a page.

    The marks of ``paragraphs`` count ``boxes`` from ``SCANNED``: where each word stands, in points from the lower left
    corner of the page as it is shown. ``confidence`` is the words', 0 to 1, weighted by their length.
    ``width`` and ``height`` are the page's, in points.
    """

    paragraphs: tuple[Words, ...]
    boxes: tuple[Box, ...] = ()
    confidence: float = 1.0
    width: float = 0.0
    height: float = 0.0


class Scanner:
    """Reads pages that are pictures, as many as ``ocr`` allows; ``alive`` is called after each.

    ``known`` are pages that were read before, with their paragraphs: they are taken as they are, without
    the places of their words.
    """

    def __init__(
        self,
        ocr: Ocr,
        alive: Callable[[], None] = lambda: None,
        known: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        self._ocr = ocr
        self._alive = alive
        self._known = known or {}
        self._engine: Tesseract | None = None
        self._read = 0
        self.faults: list[str] = []
        """Why pages were left as they are, each thing once."""

    @property
    def advice(self) -> str:
        """What is to be done so that pictures of pages are read."""
        if not self._ocr.on:
            return "set ocr to tesseract to have them read"
        return "; ".join(self.faults)

    def read(self, page: int, draw: Draw) -> Scanned | None:
        """Return what stands on a page, from 0; None where it is not read, or has no words."""
        if page in self._known:
            return Scanned(tuple(map(Words.of, self._known[page])))
        if not self._ocr.on:
            return None
        why = missing(self._ocr)
        if not why and self._read >= self._ocr.pages:
            why = f"no more than {self._ocr.pages} are read of a document (setting ocr_pages)"
        if why:
            self._tell(why)
            return None
        self._read += 1
        try:
            self._engine = self._engine or Tesseract(self._ocr)
            pixels, width, height = draw(page)
            paragraphs = self._engine.paragraphs(pixels, DPI)
        except (OSError, SlowError, UnreadableError) as error:
            self._tell(str(error))
            return None
        self._alive()
        found = _scanned(paragraphs, pixels, width, height)
        if found is None:
            self._tell("OCR finds no words there")
        return found

    def _tell(self, why: str) -> None:
        if why not in self.faults:
            self.faults.append(why)


def _scanned(
    paragraphs: Sequence[Sequence[Line]], pixels: Pixels, width: float, height: float
) -> Scanned | None:
    across, down = width / pixels.width, height / pixels.height
    boxes: list[Box] = []
    found: list[Words] = []
    sure = letters = 0.0
    lines = [" ".join(word.text for word in line) for part in paragraphs for line in part]
    known = vocabulary(lines)
    for paragraph in paragraphs:
        whole: Words | None = None
        for line in paragraph:
            words = []
            for word in line:
                words.append(Words.of(word.text, SCANNED + len(boxes)))
                left, upper, right, lower = word.area
                boxes.append(
                    (across * left, height - down * lower, across * right, height - down * upper)
                )
                sure += word.confidence * len(word.text)
                letters += len(word.text)
            told = joined(" ", words)
            whole = told if whole is None else _with_line(whole, told, known)
        if whole is not None and whole.text.strip():
            found.append(whole)
    if not letters or sure / letters < _MIN_CONFIDENCE:
        return None
    return Scanned(tuple(found), tuple(boxes), round(sure / letters, 3), width, height)


def _with_line(above: Words, below: Words, known: frozenset[str]) -> Words:
    """Join two lines of a paragraph, a word that the line's end breaks too."""
    join = between(above.text, below.text, known)
    if join != " ":
        above = above.cut(0, len(above) - 1)  # a hyphen that stays is in what joins them
    return above + Words.of(join) + below
