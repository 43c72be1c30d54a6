"""The lines of a printed page in the order in which they are read.

A page of a PDF is characters at places. ``qa.corpus.pdf`` makes fragments of them (characters side
by side on one line); here fragments become lines, column by column. A gutter is a left edge that
several fragments share, with text on both sides of it that is long enough to be running text: the
columns of a table are not, and are read row by row. What crosses a gutter (a title, a picture's
caption) cuts the columns into bands, read from the top down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

_COLUMN_CHARS = 18
"""A column's lines have at least so many characters; a table's cells have fewer."""
_PAIRS = 3
_MAX_FRAGMENTS = 5000
"""A page with more is a drawing; its text is taken as it comes."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Characters side by side. ``y0`` is the lower edge; y grows upwards; units are points."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and the left and right edge of the column that it stands in."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    left: float
    right: float
    column: int


def reading_order(fragments: Sequence[Fragment]) -> list[Line]:
    """Return the lines of a page as they are read; ``column`` numbers the runs of lines."""
    found: list[Line] = []
    for number, part in enumerate(_columns(fragments, depth=0)):
        found += lines_of(part, column=number)
    return found


def lines_of(fragments: Sequence[Fragment], column: int = 0) -> list[Line]:
    """Return the lines of one column, from the top; fragments side by side are one line."""
    if not fragments:
        return []
    left, right = min(f.x0 for f in fragments), max(f.x1 for f in fragments)
    rows: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda f: (-(f.y0 + f.y1), f.x0)):
        if rows and _beside(rows[-1][0], fragment):
            rows[-1].append(fragment)
        else:
            rows.append([fragment])
    return [_line(sorted(row, key=lambda f: f.x0), left, right, column) for row in rows]


def _line(row: Sequence[Fragment], left: float, right: float, column: int) -> Line:
    text = row[0].text
    for before, after in pairwise(row):
        text += (" " if after.x0 - before.x1 > 0.15 * after.size else "") + after.text
    main = max(row, key=lambda f: len(f.text))
    return Line(
        text=" ".join(text.split()),
        x0=row[0].x0,
        y0=min(f.y0 for f in row),
        x1=max(f.x1 for f in row),
        y1=max(f.y1 for f in row),
        size=main.size,
        bold=all(f.bold for f in row),
        left=left,
        right=right,
        column=column,
    )


def _beside(one: Fragment, other: Fragment) -> bool:
    """Whether two fragments stand on one line: they share half of the lower one's height."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared >= 0.5 * min(one.y1 - one.y0, other.y1 - other.y0)


def _columns(fragments: Sequence[Fragment], depth: int) -> Iterator[list[Fragment]]:
    gutter = _gutter(fragments) if depth < 6 and len(fragments) <= _MAX_FRAGMENTS else None
    if gutter is None:
        yield list(fragments)
        return
    lefts, rights, crossing = _sides(fragments, gutter)
    crossing.sort(key=lambda f: -(f.y0 + f.y1))
    borders = [f.y0 + f.y1 for f in crossing]

    def band(side: Sequence[Fragment], number: int) -> list[Fragment]:
        above = borders[number - 1] if number else float("inf")
        below = borders[number] if number < len(borders) else float("-inf")
        return [f for f in side if below <= f.y0 + f.y1 < above]

    across: list[Fragment] = []
    for number in range(len(crossing) + 1):
        left, right = band(lefts, number), band(rights, number)
        if left and right:
            if across:
                yield across
            across = []
            yield from _columns(left, depth + 1)
            yield from _columns(right, depth + 1)
        else:  # the short last line of a text over the whole width, say
            across += left + right
        across += crossing[number : number + 1]
    if across:
        yield across


def _gutter(fragments: Sequence[Fragment]) -> float | None:
    """Return the left edge that divides the most lines in two columns; None when none does."""
    counts: dict[int, int] = {}
    for fragment in fragments:
        place = round(fragment.x0 / 2)
        counts[place] = counts.get(place, 0) + 1
    best, most = None, _PAIRS - 1
    likely = sorted(counts, key=lambda place: -counts[place])[:12]
    for place in likely:
        if counts[place] < _PAIRS:
            continue
        edge = 2.0 * place - 2
        lefts, rights, _ = _sides(fragments, edge)
        pairs = _pairs(lefts, rights)
        if pairs > most and all(
            median(len(f.text) for f in side) >= _COLUMN_CHARS for side in (lefts, rights)
        ):
            best, most = edge, pairs
    return best


def _sides(
    fragments: Sequence[Fragment], edge: float
) -> tuple[list[Fragment], list[Fragment], list[Fragment]]:
    lefts = [f for f in fragments if f.x1 <= edge]
    rights = [f for f in fragments if f.x0 >= edge and f.x1 > edge]
    crossing = [f for f in fragments if f.x0 < edge < f.x1]
    return lefts, rights, crossing


def _pairs(lefts: Sequence[Fragment], rights: Sequence[Fragment]) -> int:
    """Count the lines of the right side that have text at their height on the left side."""
    if not lefts or not rights:
        return 0
    top, bottom = max(f.y1 for f in lefts), min(f.y0 for f in lefts)
    other_top, other_bottom = max(f.y1 for f in rights), min(f.y0 for f in rights)
    return min(
        sum(bottom <= (f.y0 + f.y1) / 2 <= top for f in rights),
        sum(other_bottom <= (f.y0 + f.y1) / 2 <= other_top for f in lefts),
    )
