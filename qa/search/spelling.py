"""Suggests the word that a mistyped word was meant to be: the likeliest similar word of the archive.

A typical typing error swaps two letters, doubles a letter, or hits a neighbouring key; the first letter
is seldom wrong. Another form of the same word is no typing error. Neither is a real word that the
archive does not have. For these, nothing is suggested.
"""

from __future__ import annotations

import math

from qa.store import NearWord, Spellings

_SHORT, _LONG = 4, 8
"""Shorter words are never corrected; words of at least the second length may have two errors."""
_ENDINGS = frozenset(
    "a al an ation d e ed en er ers es est ful ial ian ic ical ies ing ings ion ions ism ist ists ity ive less ly "
    "ment ments n ness o or ors ous r s ship t ward wards y".split()
)
"""Endings that make another form of a word: two words that differ by one of these are no typing error."""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYS = {
    letter: (column + 0.5 * row, row)
    for row, letters in enumerate(_ROWS)
    for column, letter in enumerate(letters)
}
_VOWELS = frozenset("aeiouy")
_FREQUENT = 0.06
"""A word that is ten times as frequent is likelier by this part of an edit."""


def respelled(spellings: Spellings, word: str, *, common: bool = False) -> NearWord | None:
    """Return the word that ``word``, in folded form, was most likely meant to be; None if none is near.

    ``common`` says that ``word`` is a frequent word itself, so a typing error is unlikely.
    """
    if common or len(word) < _SHORT or not word.isalpha():
        return None
    distance = 2 if len(word) >= _LONG else 1
    near = [one for one in spellings.near(word, distance) if _is_slip(word, one.word)]
    return min(near, key=lambda one: (_cost(word, one), one.word), default=None)


def _is_slip(word: str, other: str) -> bool:
    """Whether one of two words may be a mistyped form of the other."""
    # A wrong first letter must be on a neighbouring key, if it replaces another letter.
    if len(word) == len(other) and word[1:] == other[1:] and not _neighbours(word[0], other[0]):
        return False
    return not _same_word(word, other)


def _same_word(word: str, other: str) -> bool:
    """Whether one of two words is the other plus an ending."""
    alike = next(
        (n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b),
        min(len(word), len(other)),
    )
    ends = sorted((word[alike:], other[alike:]), key=len)
    doubled = ends[1] == word[alike - 1]  # "Mesaa"
    return not ends[0] and ends[1] in _ENDINGS and not doubled


def _cost(word: str, near: NearWord) -> float:
    """Return how unlikely it is that ``word`` was meant to be ``near``."""
    cost = float(near.distance)
    if near.distance == 1:
        cost = _one_edit(word, near.word)
    if word[0] != near.word[0]:
        cost += 0.5
    return cost - _FREQUENT * math.log10(near.times)


def _one_edit(word: str, meant: str) -> float:
    """Return the cost of the single edit between two words."""
    at = next(
        (n for n, (a, b) in enumerate(zip(word, meant, strict=False)) if a != b),
        min(len(word), len(meant)),
    )
    if len(word) != len(meant):
        longer = max(word, meant, key=len)
        doubled = longer[at] in (longer[at - 1 : at], longer[at + 1 : at + 2])
        return 0.75 if doubled else 0.9
    if sorted(word) == sorted(meant):  # two letters swapped
        return 0.7
    one, other = word[at], meant[at]
    if {one, other} <= _VOWELS:
        return 0.8
    return 0.8 if _neighbours(one, other) else 1.0


def _neighbours(one: str, other: str) -> bool:
    if one not in _KEYS or other not in _KEYS:
        return False
    (x, row), (other_x, other_row) = _KEYS[one], _KEYS[other]
    return abs(row - other_row) <= 1 and abs(x - other_x) <= 1.0
