"""Exponents and the marks of notes as text: ``10⁶``, ``m²``, ``x^k``."""

from __future__ import annotations

import re
from array import array

from qa.corpus.formats.pdf import raised
from qa.corpus.formats.pdf.words import UNMARKED, Words

_LIST = re.compile(r"\d+(?:[,–-]\d+)+", re.ASCII)
"""For marks of notes: ``1,2`` and ``3–5``."""
_NEGATIVE = re.compile(r"–\d+", re.ASCII)


_OVER = 0.1
"""The A of LaTeX's name stands over its L; an exponent does not come so near, in its own heights."""


def is_raised(
    floor: float, height: float, base_floor: float, base_height: float, gap: float = 0.0
) -> bool:
    """Whether a character is so much smaller and higher than another that it is an exponent.

    ``gap`` is the distance from the character before it, in points; below 0 they overlap.
    """
    rise = floor - base_floor
    small = height <= 0.85 * base_height and gap > -_OVER * height
    return small and 0.12 * base_height <= rise <= 0.8 * base_height


def exponent(words: Words, before: str) -> Words:
    """Return raised characters in the form for a line of text, after the character ``before``."""
    text = words.text
    if _LIST.fullmatch(text):
        told = "".join(raised.raised(char) if char.isdecimal() else char for char in text)
    elif _NEGATIVE.fullmatch(text):
        told = raised.raised("−" + text[1:])
    elif len(text) == 1 and text.isalpha() and (before.isalpha() or before in ")]"):
        told = raised.exponent(text)
    else:
        told = raised.raised(text)
    if len(told) == len(text):
        return Words(told, words.marks)
    at = told.index(text)
    put_in = array("i", [UNMARKED])
    return Words(told, put_in * at + words.marks + put_in * (len(told) - at - len(text)))
