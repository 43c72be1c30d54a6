"""What a mistyped word may have meant: the likeliest of the archive's words that are spelled nearly so.

A slip of the finger swaps two letters, doubles one, or hits the key beside the right one; the first
letter is seldom wrong. Another form of the same word, or a real word that the archive happens not
to hold, is no slip, and nothing is offered for it.
"""

from __future__ import annotations

import math

from qa.store import NearWord, Spellings

_SHORT, _LONG = 4, 8
"""Shorter words are never respelled; words so long may have two mistakes."""
_ENDINGS = frozenset(
    "a al an ation d e ed en er ers es est ful ial ian ic ical ies ing ings ion ions ism ist ists ity ive less ly "
    "ment ments n ness o or ors ous r s ship t ward wards y".split()
)
"""What makes another form of a word: a word with and without one is no slip."""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYS = {
    letter: (column + 0.5 * row, row)
    for row, letters in enumerate(_ROWS)
    for column, letter in enumerate(letters)
}
_VOWELS = frozenset("aeiouy")
_FREQUENT = 0.06
"""A word that stands ten times as often is likelier by so much of an edit."""


def respelled(spellings: Spellings, word: str, *, common: bool = False) -> NearWord | None:
    """Return the word that ``word``, as folded, most likely is a slip of; None where nothing is near.

    ``common`` says that it is a word by itself, which is seldom a slip.
    """
    if common or len(word) < _SHORT or not word.isalpha():
        return None
    distance = 2 if len(word) >= _LONG else 1
    near = [one for one in spellings.near(word, distance) if _is_slip(word, one.word)]
    return min(near, key=lambda one: (_cost(word, one), one.word), default=None)


def _is_slip(word: str, other: str) -> bool:
    """Whether one of two words may be the other mistyped."""
    # Another first letter is the key beside the right one, if it is a letter instead of another.
    if len(word) == len(other) and word[1:] == other[1:] and not _neighbours(word[0], other[0]):
        return False
    return not _same_word(word, other)


def _same_word(word: str, other: str) -> bool:
    """Whether one of two words is the other with an ending."""
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
    """Return the cost of the one edit that lies between two words."""
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
