"""Which lines of a table are one row: the first line of its cells, and those that they go on in.

In most tables rows stand further apart than the lines of a cell. Where all lines have one distance, a line goes on
with the row above it if its words must: they begin in the middle of a sentence, or had no room above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from qa.corpus.formats.pdf.fragments import Fragment
from qa.corpus.formats.pdf.hyphens import run_on
from qa.corpus.formats.pdf.words import EMPTY, Words

Line = Sequence[Fragment]
"""Fragments side by side, from the left."""
Cells = tuple[Words, ...]
CellsOf = Callable[[Line], Cells]

_FIGURES = re.compile(r"[-−+(]?[\d.,:%/ €$£-]*\d[\d.,:%/ )€$£-]*")
_MORE, _LEAST = 1.12, 1.0
"""The distance of two rows is at least so many times that of two lines of a cell, and so many points more."""
_EVEN = 1.15
"""The distances of the lines of a cell differ by no more."""
_OPEN = re.compile(
    r"(?:[,(\[/&+–—-]|\b(?:and|or|of|the|a|an|in|for|to|with|by|und|oder|der|die|et|ou|de|la|le|y|o))$"
)
"""What more follows."""
_CLOSING = tuple(")]},;.:")


def is_figure(text: str) -> bool:
    """Whether a cell has a figure and nothing else."""
    return _FIGURES.fullmatch(text) is not None


def cell_of(lines: Iterable[Words]) -> Words:
    """Return the lines of a cell as one text."""
    told = [words for words in lines if len(words)]
    return run_on(told, frozenset())[0].squeezed() if told else EMPTY


@dataclass(frozen=True, slots=True)
class _Seen:
    """A line of a table: its cells, where they end, and the distance to the line above it in points."""

    line: Line
    cells: Cells
    step: float = 0.0

    @property
    def filled(self) -> set[int]:
        return {n for n, cell in enumerate(self.cells) if len(cell)}


def rows_of(lines: Sequence[Line], cells_of: CellsOf) -> list[list[Line]]:
    """Return the lines of a table by rows."""
    seen: list[_Seen] = []
    for line in lines:
        step = seen[-1].line[0].y0 - line[0].y0 if seen else 0.0
        seen.append(_Seen(line, cells_of(line), step))
    goes_on = _by_distance(seen) or _by_words(seen)
    rows: list[list[Line]] = []
    for n, one in enumerate(seen):
        if n and goes_on[n]:
            rows[-1].append(one.line)
        else:
            rows.append([one.line])
    return rows


# --- by distance ---------------------------------------------------------------------------------


def _by_distance(seen: Sequence[_Seen]) -> list[bool] | None:
    """Return which lines go on with the row above; None if the distances do not tell it."""
    steps = sorted(one.step for one in seen[1:])
    jumps = [
        (high / low, n)
        for n, (low, high) in enumerate(pairwise(steps), start=1)
        if low > 0 and high >= max(_MORE * low, low + _LEAST)
    ]
    if not jumps:
        return None
    at = next((n for _, n in sorted(jumps, reverse=True) if steps[n - 1] <= _EVEN * steps[0]), None)
    if at is None:
        return None
    goes_on = [n > 0 and one.step <= steps[at - 1] for n, one in enumerate(seen)]
    return goes_on if _are_wrapped(seen, goes_on) else None


def _are_wrapped(seen: Sequence[_Seen], goes_on: Sequence[bool]) -> bool:
    """Whether near lines are the lines of cells, and not rows that stand in groups."""
    first = seen[0]
    more, fewer, named, groups = 0, 0, 0, 0
    for one, on in zip(seen, goes_on, strict=True):
        if not on:
            first = one
            groups, named = groups + 1, named + (0 in one.filled)
            continue
        more += 1
        above = {n for n in one.filled if n in first.filled}
        figures = any(
            is_figure(one.cells[n].text) and is_figure(first.cells[n].text) for n in above
        )
        fewer += len(one.filled) < len(first.filled) and one.filled <= first.filled and not figures
    rest = set(range(1, len(first.cells)))
    rests = [one.filled for one, on in zip(seen, goes_on, strict=True) if on]
    if len(rest) > 1 and all(filled == rest for filled in rests):
        return False  # rows below a name that stands once
    return groups > 1 and 4 * fewer >= 3 * more and 2 * named >= groups


# --- by words ------------------------------------------------------------------------------------


def _by_words(seen: Sequence[_Seen]) -> list[bool]:
    """Return which lines go on with the row above, by what is in them."""
    ends = _ends(seen)
    whole = [one.step for one in seen[1:] if 0 in one.filled]
    usual = median(whole) if whole else 0.0
    found = [False]
    first = last = seen[0]
    for one in seen[1:]:
        on = _goes_on(first, last, one, ends, close=one.step < 0.85 * usual)
        found.append(on)
        first, last = (first if on else one), one
    return found


def _ends(seen: Sequence[_Seen]) -> dict[int, float]:
    """Return how far the text of each column reaches to the right, of those with running text."""
    found: dict[int, float] = {}
    words: dict[int, int] = {}
    for one in seen:
        for n, (_, x1) in _edges(one).items():
            found[n] = max(found.get(n, 0.0), x1)
            words[n] = max(words.get(n, 0), len(one.cells[n].text.split()))
    return {n: x1 for n, x1 in found.items() if words[n] > 2}


def _edges(one: _Seen) -> dict[int, tuple[float, float]]:
    """Return the left and right edge of the cells with one fragment, which is in no other cell."""
    found: dict[int, tuple[float, float]] = {}
    for n, cell in enumerate(one.cells):
        mine = [f for f in one.line if f.text == cell.text]
        if len(mine) == 1:
            found[n] = mine[0].x0, mine[0].x1
    return found


def _goes_on(first: _Seen, last: _Seen, one: _Seen, ends: dict[int, float], *, close: bool) -> bool:
    """Whether a line goes on with the row whose lines are ``first`` to ``last``."""
    parts = [
        (first.cells[n].text, last.cells[n].text, one.cells[n].text, n) for n in sorted(one.filled)
    ]
    if not parts or not all(above for above, *_ in parts):
        return False
    strong = [_needs(above, before, after) for above, before, after, _ in parts]
    if 0 in one.filled:
        # The name of a row is broken where nothing else on the line begins a row of its own.
        wrapped = parts[0][1] and strong[0] and 2 * len(one.filled) <= len(one.cells)
        return bool(wrapped) and all(strong)
    if close or all(after[:1].islower() for _, _, after, _ in parts):
        return True
    if any(is_figure(after) and is_figure(above) for above, _, after, _ in parts):
        return False
    if len(parts) == 1 and len(one.cells) > 2:
        return True  # no row has only one cell that is not its first
    forced = [
        yes or _had_no_room(last, one, n, ends) for yes, (*_, n) in zip(strong, parts, strict=True)
    ]
    alone = len(parts) + 1 < len(one.cells)
    return all(forced) and (alone or any(strong))


def _needs(above: str, before: str, after: str) -> bool:
    """Whether words go on with those of the line above."""
    if after[:1].islower() or after.startswith(("(", "[", *_CLOSING)):
        return True
    return _OPEN.search(before or above) is not None


def _had_no_room(above: _Seen, below: _Seen, n: int, ends: dict[int, float]) -> bool:
    """Whether the first word of a cell would not have fitted on the line above it."""
    before, after = _edges(above).get(n), _edges(below).get(n)
    if n not in ends or before is None or after is None:
        return False
    text = below.cells[n].text
    first = text.split()[0]
    wide = (after[1] - after[0]) * (len(first) + 1) / len(text)
    return before[1] + wide > ends[n]
