"""Text that knows the characters of the page that it was made from.

Every code point has a mark: PDFium's number of its character on the page, so that the words of a citation
can be shown at their place. Text that the reader itself inserted, such as a space between two lines, is
``UNMARKED``. The value of a form's field has the field's number, counted from ``FIELD``. A word that OCR
read has its number on the page, counted from ``SCANNED``.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

UNMARKED = -1
SCANNED, FIELD = 1 << 29, 1 << 30
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Words:
    """A text and the marks of its code points; both are of one length."""

    text: str
    marks: array[int]

    @classmethod
    def of(cls, text: str, mark: int = UNMARKED) -> Words:
        """Return a text whose code points all have one mark."""
        return cls(text, array("i", [mark]) * len(text))

    def __len__(self) -> int:
        return len(self.text)

    def __add__(self, other: Words) -> Words:
        return Words(self.text + other.text, self.marks + other.marks)

    def cut(self, start: int, end: int | None = None) -> Words:
        """Return the code points from ``start`` up to ``end``."""
        return Words(self.text[start:end], self.marks[start:end])

    def squeezed(self) -> Words:
        """Return the words with one space between two of them and none at the ends."""
        if " ".join(self.text.split()) == self.text:
            return self
        return joined(" ", (self.cut(*word.span()) for word in _WORD.finditer(self.text)))

    def without(self, char: str) -> Words:
        """Return the text without a character."""
        if char not in self.text:
            return self
        kept = [n for n, other in enumerate(self.text) if other != char]
        return Words("".join(self.text[n] for n in kept), array("i", (self.marks[n] for n in kept)))


EMPTY = Words.of("")


def joined(separator: str, parts: Iterable[Words]) -> Words:
    """Return texts joined by a separator without a mark."""
    texts: list[str] = []
    marks = array("i")
    between = array("i", [UNMARKED]) * len(separator)
    for part in parts:
        if texts:
            marks += between
        texts.append(part.text)
        marks += part.marks
    return Words(separator.join(texts), marks)
