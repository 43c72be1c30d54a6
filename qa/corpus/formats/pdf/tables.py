"""The tables of a page: by their rules, or by the columns that their cells stand in.

A column is what lies between two gaps that run through all rows. Cells that nothing divides are one,
and its text is repeated in each column and row that it spans.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from qa.corpus.formats.pdf.fragments import Fragment
from qa.corpus.formats.pdf.words import EMPTY, Words, joined

_GAP = 4.0
"""Points that columns are apart, at least."""
_ROWS = 3
"""So many rows make a table, and one less where a rule says that there is one."""
_MAX_CELL = 400
"""A cell has no more characters: what has is a column of text."""
_FAR = 3.0
"""Rows are no further apart, in heights of a line."""
_MARK = re.compile(r"[•‣▪◦·\uf0b7–—*-]|\(?\w{1,3}[.)]|\[\d+\]|(?:\d+\.)+\d*")
_LEADER = re.compile(r"\.{4}|(?:\. ){4}|…{2}")
_FIGURES = re.compile(r"[-−+(]?[\d.,:%/ €$£-]*\d[\d.,:%/ )€$£-]*")
_TERMINAL = (".", "!", "?", ":", ";")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row from the first column on, and where it stands."""

    cells: tuple[Words, ...]
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    header: bool = False

    @property
    def words(self) -> Words:
        """The cells with a border between two of them; a cell without text keeps its place."""
        if sum(len(cell) > 0 for cell in self.cells) == 1 and len(set(self._texts)) == 1:
            return self.cells[0]
        return joined(" | ", self.cells).squeezed()

    @property
    def _texts(self) -> list[str]:
        return [cell.text for cell in self.cells]


Line = Sequence[Fragment]
"""Fragments side by side, from the left."""


def split_at(fragments: Sequence[Fragment], edges: Sequence[float], slack: float) -> list[Fragment]:
    """Return fragments divided at the wide spaces that lie over one of the edges."""
    found: list[Fragment] = []
    for fragment in fragments:
        rest = fragment
        for edge in edges:
            if not rest.x0 < edge < rest.x1:
                continue
            gap = next((g for g in rest.gaps if g.x0 - slack <= edge <= g.x1 + slack), None)
            if gap:
                left, rest = _divided(rest, gap.at)
                found.append(left)
        found.append(rest)
    return found


def _divided(fragment: Fragment, at: int) -> tuple[Fragment, Fragment]:
    gap = next(g for g in fragment.gaps if g.at == at)
    left = replace(
        fragment,
        words=fragment.words.cut(0, at),
        x1=gap.x0,
        gaps=tuple(g for g in fragment.gaps if g.at < at),
    )
    right = replace(
        fragment,
        words=fragment.words.cut(at + 1),
        x0=gap.x1,
        gaps=tuple(replace(g, at=g.at - at - 1) for g in fragment.gaps if g.at > at),
    )
    return left, right


# --- columns -------------------------------------------------------------------------------------


class Columns:
    """The gaps that run through all lines seen so far."""

    def __init__(self) -> None:
        self._free: list[tuple[float, float]] = [(float("-inf"), float("inf"))]
        self._left, self._right = float("inf"), float("-inf")

    def after(self, line: Line) -> Columns:
        """Return the gaps that are left when another line is seen too."""
        found = Columns()
        found._left = min(self._left, min(f.x0 for f in line))
        found._right = max(self._right, max(f.x1 for f in line))
        edges = sorted((f.x0, f.x1) for f in line)
        taken: list[tuple[float, float]] = []
        start = float("-inf")
        for x0, x1 in edges:
            if x0 > start:
                taken.append((start, x0))
            start = max(start, x1)
        taken.append((start, float("inf")))
        found._free = []
        n = m = 0
        while n < len(self._free) and m < len(taken):
            low = max(self._free[n][0], taken[m][0])
            high = min(self._free[n][1], taken[m][1])
            if high - low >= _GAP:
                found._free.append((low, high))
            if self._free[n][1] < taken[m][1]:
                n += 1
            else:
                m += 1
        return found

    @property
    def edges(self) -> list[float]:
        """The middle of each gap that has text on both of its sides."""
        return [
            (low + high) / 2
            for low, high in self._free
            if low >= self._left and high <= self._right
        ]


def cells_of(line: Line, edges: Sequence[float]) -> tuple[Words, ...]:
    """Return the texts of a line by columns; what spans several columns stands in each of them."""
    found: list[list[Words]] = [[] for _ in range(len(edges) + 1)]
    for fragment in line:
        first = bisect_left(edges, fragment.x0 + 1)
        last = max(first, bisect_left(edges, fragment.x1 - 1))
        for column in found[first : last + 1]:
            column.append(fragment.words)
    return tuple(joined(" ", parts).squeezed() if parts else EMPTY for parts in found)


def row_of(cells: tuple[Words, ...], fragments: Sequence[Fragment], header: bool = False) -> Row:
    """Return a row of cells that stand where the fragments do."""
    return Row(
        cells=cells,
        x0=min(f.x0 for f in fragments),
        y0=min(f.y0 for f in fragments),
        x1=max(f.x1 for f in fragments),
        y1=max(f.y1 for f in fragments),
        size=max(fragments, key=lambda f: len(f.text)).size,
        bold=all(f.bold for f in fragments),
        header=header,
    )


# --- tables without rules ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """Lines ``start`` up to ``end`` of a column are a table, whose rows these are."""

    start: int
    end: int
    rows: tuple[Row, ...]


def aligned(lines: Sequence[Line], rules: Sequence[tuple[float, float, float]]) -> Iterator[Span]:
    """Yield the tables among the lines of a column; ``rules`` run across the page."""
    n = 0
    while n < len(lines):
        found = _table_at(lines, n, rules) if len(lines[n]) > 1 else None
        if found:
            yield found
        n = found.end if found else n + 1


def _table_at(
    lines: Sequence[Line], start: int, rules: Sequence[tuple[float, float, float]]
) -> Span | None:
    columns, end, several = Columns().after(lines[start]), start + 1, 1
    last = end  # behind the last line that has several cells
    for n in range(start + 1, len(lines)):
        if not _follows(lines[n - 1], lines[n]):
            break
        narrowed = columns.after(lines[n])
        if len(narrowed.edges) < max(1, (len(columns.edges) + 1) // 2):
            break
        columns, end = narrowed, n + 1
        if len(lines[n]) > 1:
            several, last = several + 1, end
    while columns.edges and last < end and _hangs(lines[last - 1], lines[last], columns.edges):
        last += 1
    edges, chosen = columns.edges, lines[start:last]
    if not edges or _is_within_text(lines, start, last):
        return None
    ruled = any(
        chosen[-1][0].y0 - 6 < y < chosen[0][0].y1 + 6 and x0 < edges[0] < x1 for y, x0, x1 in rules
    )
    if several < _ROWS - ruled or not _is_table(chosen, edges):
        return None
    rows = _merged(chosen, edges)
    return Span(start, last, _with_header(rows, rules))


def _is_within_text(lines: Sequence[Line], start: int, end: int) -> bool:
    """Whether a sentence runs into the lines or out of them: they are text whose spaces are wide."""
    before = lines[start - 1] if start and _follows(lines[start - 1], lines[start]) else None
    after = lines[end] if end < len(lines) and _follows(lines[end - 1], lines[end]) else None
    return any(
        above and below and above[-1].text[-1] not in _TERMINAL and below[0].text[0].islower()
        for above, below in ((before, lines[start]), (lines[end - 1], after))
    )


def _follows(above: Line, below: Line) -> bool:
    high = max(f.y1 - f.y0 for f in below)
    return min(f.y0 for f in above) - max(f.y1 for f in below) < _FAR * high


def _hangs(above: Line, below: Line, edges: Sequence[float]) -> bool:
    """Whether a line is the rest of a cell that is not a row's first."""
    high = max(f.y1 - f.y0 for f in below)
    return below[0].x0 > edges[0] and above[0].y0 - below[0].y1 < 0.5 * high


def _is_table(lines: Sequence[Line], edges: Sequence[float]) -> bool:
    """Whether lines in columns are cells, and not a list, a form, or text that is set wide."""
    rows = [cells_of(line, edges) for line in lines]
    several = [row for row in rows if sum(len(cell) > 0 for cell in row) > 1]
    if 3 * len(several) < 2 * len(rows):
        return False
    first = [row[0].text for row in several if len(row[0])]
    if 2 * len(first) < len(several):
        return False
    for kind in (_MARK.fullmatch, _LEADER.search):
        if 2 * sum(kind(text) is not None for text in first) > len(first):
            return False
    if 2 * sum(text.endswith(":") for text in first) > len(first):
        return False
    if any(_LEADER.search(cell.text) for row in rows for cell in row):
        return False
    if any(len(cell) > _MAX_CELL for row in rows for cell in row):
        return False
    last = [next(cell.text for cell in reversed(row) if len(cell)) for row in several]
    runs_on = sum(
        before[-1] not in _TERMINAL and after[:1].islower() and len(before) + len(after) > 20
        for before, after in zip(last, [row[0].text for row in several[1:]], strict=False)
    )
    return 2 * runs_on < len(several)


def _merged(lines: Sequence[Line], edges: Sequence[float]) -> list[Row]:
    """Return the rows of lines, the wrapped lines of a cell in one."""
    steps = [above[0].y0 - below[0].y0 for above, below in pairwise(lines)]
    whole = [step for step, below in zip(steps, lines[1:], strict=True) if below[0].x0 < edges[0]]
    usual = median(whole) if whole else 0.0
    rows: list[Row] = []
    for n, line in enumerate(lines):
        cells = cells_of(line, edges)
        if (
            rows
            and not len(cells[0])
            and _wraps(rows[-1].cells, cells, steps[n - 1] < 0.85 * usual)
        ):
            both = tuple(
                joined(" ", (part for part in pair if len(part)))
                for pair in zip(rows[-1].cells, cells, strict=True)
            )
            rows[-1] = replace(rows[-1], cells=both, y0=min(rows[-1].y0, min(f.y0 for f in line)))
        else:
            rows.append(row_of(cells, line))
    return rows


def _wraps(above: Sequence[Words], below: Sequence[Words], close: bool) -> bool:
    """Whether a line goes on with the cells of the one above it."""
    parts = [(one.text, other.text) for one, other in zip(above, below, strict=True) if len(other)]
    if not all(one for one, _ in parts):
        return False
    return close or all(other[:1].islower() for _, other in parts)


def _with_header(rows: list[Row], rules: Sequence[tuple[float, float, float]]) -> tuple[Row, ...]:
    """Tell the header: it stands over a rule or in bold, or over figures without being one."""
    if len(rows) < 2:
        return tuple(rows)
    first, second = rows[0], rows[1]
    ruled = [any(below.y0 < y < above.y1 for y, _, _ in rules) for above, below in pairwise(rows)]
    over_rule = ruled[0] and not all(ruled[1:])
    in_bold = first.bold and not all(row.bold for row in rows[1:])
    figures = [
        n
        for n in range(len(first.cells))
        if 2 * sum(_is_figure(row.cells[n]) for row in rows[1:])
        > sum(len(row.cells[n]) > 0 for row in rows[1:])
    ]
    over_figures = any(
        not _is_figure(first.cells[n]) and len(first.cells[n]) for n in figures
    ) and not any(_is_figure(cell) for cell in first.cells)
    if over_rule or in_bold or over_figures or first.size > second.size:
        return (replace(first, header=True), *rows[1:])
    return tuple(rows)


def _is_figure(cell: Words) -> bool:
    return _FIGURES.fullmatch(cell.text) is not None
