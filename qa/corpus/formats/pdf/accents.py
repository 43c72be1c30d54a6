"""Accents that are drawn over their letter as a character of their own, as TeX does with its oldest fonts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from math import floor

from qa.corpus.formats.pdf.chars import Char

_OVER = {
    "`": "\u0300", "\u00b4": "\u0301", "\u02ca": "\u0301", "\u02cb": "\u0300", "\u02c6": "\u0302", "\u02dc": "\u0303",
    "\u00af": "\u0304", "\u02c9": "\u0304", "\u02d8": "\u0306", "\u02d9": "\u0307", "\u00a8": "\u0308",
    "\u02da": "\u030a", "\u02dd": "\u030b", "\u02c7": "\u030c", "\u00b8": "\u0327", "\u02db": "\u0328",
}  # fmt: skip
"""The mark that combines with a letter, by the accent that takes a place of its own."""
_DOTLESS = {"\u0131": "i", "\u0237": "j"}
_OFF = 0.3
"""The middle of an accent is so near to that of its letter, in widths of the wider of the two."""

_NO_SPACE = 0.1
"""Between two letters of a word there is less, in their heights."""
_SQUARE = 8.0
"""Points."""


def with_accents(chars: Sequence[Char | None]) -> list[Char | None]:
    """Return upright characters with each accent and the letter below it as one character.

    The accent stands before its letter or after it. One that overlaps no letter, as in "`ls`", is kept.
    """
    if not any(char is not None and char.char in _OVER for char in chars):
        return list(chars)
    found: list[Char | None] = []
    alone: list[int] = []
    place = 0
    while place < len(chars):
        char = chars[place]
        after = chars[place + 1] if place + 1 < len(chars) else None
        if char and char.char in _OVER:
            if after and (whole := _composed(char, after)):
                found.append(whole)
                place += 2
                continue
            if found and (before := found[-1]) and (whole := _composed(char, before)):
                found[-1] = whole
                place += 1
                continue
            alone.append(len(found))
        found.append(char)
        place += 1
    return _without_jumps(_from_afar(found, alone) if alone else found)


def _from_afar(chars: list[Char | None], accents: Sequence[int]) -> list[Char | None]:
    """Return the characters with the accents of capitals, which stand so high that PDFium has them elsewhere."""
    by_place: dict[tuple[int, int], list[int]] = {}
    for n, char in enumerate(chars):
        if char and char.char.isupper():
            by_place.setdefault(_square(char), []).append(n)
    gone: set[int] = set()
    for n in accents:
        accent = chars[n]
        assert accent
        x, y = _square(accent)
        near = (
            m for dx in (-1, 0, 1) for dy in (-1, 0, 1) for m in by_place.get((x + dx, y + dy), ())
        )
        for m in near:
            if (letter := chars[m]) and (whole := _composed(accent, letter)):
                chars[m] = whole
                gone.add(n)
                break
    return [char for n, char in enumerate(chars) if n not in gone]


def _without_jumps(chars: Sequence[Char | None]) -> list[Char | None]:
    """Return the characters without the spaces that PDFium puts where the text went back to draw an accent."""
    found: list[Char | None] = []
    for n, char in enumerate(chars):
        before = found[-1] if found else None
        after = chars[n + 1] if n + 1 < len(chars) else None
        if char and char.char == " " and char.x0 == char.x1 and before and after:
            accented = any(
                len(unicodedata.normalize("NFD", one.char)) > 1 for one in (before, after)
            )
            if accented and abs(after.x0 - before.x1) < _NO_SPACE * (before.y1 - before.y0):
                continue
        found.append(char)
    return found


def _square(char: Char) -> tuple[int, int]:
    return floor((char.x0 + char.x1) / 2 / _SQUARE), floor(char.y0 / _SQUARE)


def _composed(accent: Char, letter: Char) -> Char | None:
    """Return a letter with the accent over it; None where the two do not stand so or make no character."""
    wide = max(accent.x1 - accent.x0, letter.x1 - letter.x0)
    high = max(accent.y1 - accent.y0, letter.y1 - letter.y0)
    apart = abs(accent.x0 + accent.x1 - letter.x0 - letter.x1) / 2
    if accent.turn != letter.turn or wide <= 0 or apart > _OFF * wide:
        return None
    if abs(accent.y0 - letter.y0) > high / 2:
        return None
    base = _DOTLESS.get(letter.char, letter.char)
    whole = unicodedata.normalize("NFC", base + _OVER[accent.char])
    return letter._replace(char=whole) if base.isalpha() and len(whole) == 1 else None
