"""The characters of a PDF's page, as PDFium tells them, upright and each of them once.

PDFium gives the characters of a line in the order in which they are read, Hebrew and Arabic included;
that order is kept, whatever their places. A page is turned so that most of its text runs to the right.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

Box = tuple[float, float, float, float]
"""Left, lower, right and upper edge in points; y grows upwards."""

SLANTED, MIRRORED, VERTICAL = -1, 4, 5
"""Turns that are no quarter turns: a watermark, text seen from behind, lines that are written downwards."""
_LINE_HYPHEN, _MARKS_OF_NONE = 2, (0, 0xFFFD, 0xFFFE, 0xFFFF)
"""What PDFium gives for a hyphen at the end of a line, and for a character that it cannot name."""
_GRID = 2.0
"""Points: characters drawn twice have their places in one square of so many, or in two beside each other."""
_LETTER = re.compile(r"[^\W\d_]")


class Char(NamedTuple):
    """A character and its box; ``turn`` counts quarter turns clockwise, or is one of those above."""

    char: str
    x0: float
    y0: float
    x1: float
    y1: float
    turn: int
    number: int


@dataclass(frozen=True, slots=True)
class Chars:
    """The characters of a page that are read, upright; None where a line breaks.

    ``others`` run in another direction that is read too; ``left_out`` counts letters that are not
    read, ``unmapped`` those that PDFium cannot name.
    """

    usual: list[Char | None]
    others: list[Char | None]
    turn: int
    count: int
    unmapped: int
    left_out: int


def chars_of(text: Any) -> Chars:
    """Return the characters of a page of which PDFium has the text."""
    found, unmapped = _read(text)
    _write_downwards(found)
    turn = _usual_turn(found)
    if turn == VERTICAL:
        _take_short_columns(found)
    found = _once(found)
    also = {0: VERTICAL, VERTICAL: 0}.get(turn)
    chars = [char for char in found if char]
    read = {turn, also}
    return Chars(
        usual=_upright(found, turn),
        others=_upright(found, also) if any(char.turn == also for char in chars) else [],
        turn=turn,
        count=len(chars),
        unmapped=unmapped,
        left_out=sum(c.turn not in read and _LETTER.match(c.char) is not None for c in chars),
    )


def turned(box: Box, turn: int) -> Box:
    """Turn a box with its page, so that text of this turn runs to the right."""
    x0, y0, x1, y1 = box
    if turn in (1, VERTICAL):  # runs downwards
        return -y1, x0, -y0, x1
    if turn == 2:
        return -x1, -y1, -x0, -y0
    if turn == 3:  # runs upwards
        return y0, -x1, y1, -x0
    if turn == MIRRORED:
        return -x1, y0, -x0, y1
    return box


def _read(text: Any) -> tuple[list[Char | None], int]:
    """Return the characters of a page, None where a line breaks, and how many are unknown."""
    box = pdfium.FS_RECTF()
    where = ctypes.byref(box)
    code_of, box_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
    found: list[Char | None] = []
    unmapped, turn, edge, floor = 0, 0, math.inf, 0.0
    for n in range(max(pdfium.FPDFText_CountChars(text), 0)):
        code = code_of(text, n)
        if code in (10, 13):
            found.append(None)
            edge = math.inf
            continue
        box_of(text, n, where)
        x0, y0, x1, y1 = box.left, box.bottom, box.right, box.top
        # Text turns only where a piece of it ends: asking for each character takes twice as long.
        if turn or not -2 < x0 - edge < 20 or abs(y0 - floor) > 2:
            turn = _turn(text, n)
        edge, floor = x1, y0
        if code in _MARKS_OF_NONE or 0xE000 <= code <= 0xF8FF:
            unmapped += 1
        if 0xDC00 <= code <= 0xDFFF and found and (half := found[-1]) and half.char == "\ud800":
            # The second half of a character beyond the first 65,536.
            high = code_of(text, n - 1)
            char = chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00)
            found[-1] = half._replace(char=char)
            continue
        found.append(Char(_char(code), x0, y0, x1, y1, turn, n))
    for place, lone in enumerate(found):
        if lone and lone.char == "\ud800":
            found[place] = lone._replace(char="\ufffd")
    return found, unmapped


def _char(code: int) -> str:
    """Return what PDFium means by a code; U+D800 for the first half of a character."""
    if code == _LINE_HYPHEN:
        return "-"
    if 0xD800 <= code <= 0xDBFF:
        return "\ud800"
    if code in _MARKS_OF_NONE or 0xDC00 <= code <= 0xDFFF or code > 0x10FFFF:
        return "\ufffd"
    return chr(code)


def _turn(text: Any, number: int) -> int:
    quarters = float(pdfium.FPDFText_GetCharAngle(text, number)) / (math.pi / 2)
    if abs(quarters - round(quarters)) >= 0.05:
        return SLANTED
    turn = round(quarters) % 4
    if turn == 2:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(text, number, ctypes.byref(matrix))
        return MIRRORED if matrix.d > 0 else turn
    return turn


def _usual_turn(chars: Sequence[Char | None]) -> int:
    turns = Counter(char.turn for char in chars if char and char.turn >= 0)
    return turns.most_common(1)[0][0] if turns else 0


def _upright(chars: Sequence[Char | None], turn: int | None) -> list[Char | None]:
    """Turn the characters of one direction with the page; those of others break the line."""
    found: list[Char | None] = []
    for char in chars:
        if char is None or char.turn != turn:
            found.append(None)
        elif turn:
            found.append(Char(char.char, *turned(char[1:5], turn), turn, char.number))
        else:
            found.append(char)
    return found


# --- lines that are written downwards ------------------------------------------------------------


def _write_downwards(chars: list[Char | None]) -> None:
    """Give characters that stand one below the other on one line the turn that they are read by."""
    start = 0
    for n in range(1, len(chars) + 1):
        after, before = chars[n] if n < len(chars) else None, chars[n - 1]
        if before and after and _is_below(before, after):
            continue
        if n - start > 2:
            chars[start:n] = [char and char._replace(turn=VERTICAL) for char in chars[start:n]]
        start = n


def _is_below(before: Char, after: Char) -> bool:
    wide, high = before.x1 - before.x0, before.y1 - before.y0
    return (
        before.turn == after.turn == 0
        and wide > 0
        and abs(before.x0 + before.x1 - after.x0 - after.x1) < 0.6 * wide
        and -0.3 * high < before.y0 - after.y1 < high
    )


def _take_short_columns(chars: list[Char | None]) -> None:
    """Take one or two characters that stand alone on a page of vertical lines for such a line."""
    start = 0
    for n in range(len(chars) + 1):
        if n < len(chars) and (char := chars[n]) and char.turn == 0:
            continue
        if 0 < n - start <= 2 and all(c and ord(c.char) > 0x2E7F for c in chars[start:n]):
            chars[start:n] = [char and char._replace(turn=VERTICAL) for char in chars[start:n]]
        start = n + 1


# --- text that is drawn twice --------------------------------------------------------------------


def _once(chars: list[Char | None]) -> list[Char | None]:
    """Return the characters without those that stand, but for a hair, where the same one does.

    So is bold type and the shadow of a heading made. The letters of a ligature have one box; they follow
    each other at once.
    """
    seen: dict[tuple[str, int, int], list[int]] = {}
    again = False
    for n, char in enumerate(chars):
        if char and not char.char.isspace() and char.x1 > char.x0:
            places = seen.setdefault(_square(char), [])
            again = again or any(_same(chars, m, n) for m in places)
            places.append(n)
    if not again:
        return chars
    kept: list[Char | None] = []
    first: dict[tuple[str, int, int], list[int]] = {}
    for n, char in enumerate(chars):
        if char and not char.char.isspace() and char.x1 > char.x0:
            name, x, y = _square(char)
            near = (
                m
                for dx in (0, -1, 1)
                for dy in (0, -1, 1)
                for m in first.get((name, x + dx, y + dy), ())
            )
            if any(_same(chars, m, n) for m in near):
                continue
            first.setdefault((name, x, y), []).append(n)
        kept.append(char)
    return kept


def _square(char: Char) -> tuple[str, int, int]:
    return char.char, math.floor(char.x0 / _GRID), math.floor(char.y0 / _GRID)


def _same(chars: Sequence[Char | None], first: int, second: int) -> bool:
    one, other = chars[first], chars[second]
    assert one and other
    if second - first == 1 and one[1:5] == other[1:5]:
        return False
    wide, high = one.x1 - one.x0, one.y1 - one.y0
    return (
        one.turn == other.turn
        and abs(one.x0 - other.x0) < 0.4 * wide
        and abs(one.y0 - other.y0) < 0.25 * high
        and abs(other.y1 - other.y0 - high) < 0.1 * high
    )
