"""Exponents as text: ``10⁶``, ``m²``, ``x^k``."""

from __future__ import annotations

import re
from array import array

from qa.corpus.formats.pdf.words import UNMARKED, Words

_UP = str.maketrans("0123456789+-−()=ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾⁼ⁿⁱ")
_FIGURES = re.compile(r"[-−+–]?\d+(?:[,–*-]\d+)*|n|i", re.ASCII)
_TERM = re.compile(r"[-−+–]?[A-Za-z0-9](?:[-−+–*/.]?[A-Za-z0-9])*")


def is_raised(floor: float, height: float, base_floor: float, base_height: float) -> bool:
    """Whether a character is that much smaller than another, and that much higher, as an exponent is."""
    rise = floor - base_floor
    return height <= 0.85 * base_height and 0.12 * base_height <= rise <= 0.8 * base_height


def raised(words: Words, before: str) -> Words:
    """Return raised characters as they are written in a line of text, behind the character ``before``."""
    text = words.text
    if _FIGURES.fullmatch(text):
        up = "".join(
            # Between two figures it is the dash or comma of a list of notes.
            char if n and char in "-–,*" else "⁻" if char == "–" else char.translate(_UP)
            for n, char in enumerate(text)
        )
        return Words(up, words.marks)
    if not _TERM.fullmatch(text) or not (before.isalnum() or before in ")]"):
        return words
    if text.isalpha() and (before.isdigit() or len(text) > 1):
        return words
    if len(text) == 1:
        return Words(f"^{text}", array("i", [UNMARKED]) + words.marks)
    around = array("i", [UNMARKED])
    return Words(f"^({text})", array("i", [UNMARKED] * 2) + words.marks + around)
