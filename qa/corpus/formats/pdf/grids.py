"""Tables with rules: each is removed from its page before columns of text are looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qa.corpus.formats.pdf.fragments import Fragment
from qa.corpus.formats.pdf.rules import Rules
from qa.corpus.formats.pdf.tables import Columns, Row, cells_of, one_row, rows_in, split_at
from qa.corpus.formats.pdf.words import joined

_NEAR = 4.0
"""Points: rules with a smaller distance touch."""
_MOST_RULES = 400
_MAX_CELL, _MAX_CLOSED_CELL, _MAX_CELLS = 400, 2_000, 20_000
"""The most characters of a cell, and of one with rules on all sides; the most cells of a table."""
_HEAD = 3
"""The most lines of a header."""
_RULED_ROWS = 3
"""With so many stripes between rules, each is a row; with fewer, the lines in them are rows."""


@dataclass(frozen=True, slots=True)
class Grid(Fragment):
    """A table, in the place of the fragments that it consists of."""

    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lattice:
    """Rules that belong together: ``ys`` from the top, ``xs`` from the left."""

    ys: tuple[float, ...]
    xs: tuple[float, ...]
    rules: Rules


def grids(fragments: Sequence[Fragment], rules: Rules) -> tuple[list[Fragment], list[Grid]]:
    """Return the fragments outside of tables with rules, and these tables."""
    rest: list[Fragment] = list(fragments)
    found: list[Grid] = []
    if len(rules.across) < 2 or len(rules.across) + len(rules.down) > _MOST_RULES:
        return rest, found
    for lattice in _lattices(rules):
        inside = [f for f in rest if _is_within(f, lattice)]
        for stripes in _runs(lattice, inside):
            within = {id(f) for f in inside if stripes[-1] < _middle(f) < stripes[0]}
            mine = [f for f in inside if id(f) in within]
            grid = _grid(replace(lattice, ys=stripes), mine)
            if grid:
                found.append(grid)
                rest = [f for f in rest if id(f) not in within]
    return rest, found


def _middle(fragment: Fragment) -> float:
    return (fragment.y0 + fragment.y1) / 2


def _is_within(fragment: Fragment, lattice: _Lattice) -> bool:
    wide = fragment.x1 - fragment.x0
    shared = min(fragment.x1, lattice.xs[-1]) - max(fragment.x0, lattice.xs[0])
    return lattice.ys[-1] < _middle(fragment) < lattice.ys[0] and shared > 0.8 * wide


# --- rules that belong together ------------------------------------------------------------------


def _lattices(rules: Rules) -> Iterator[_Lattice]:
    """Yield rules that cross or touch, and horizontal rules that begin and end at the same places."""
    groups = _touching(rules)
    alone: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    for across, down in groups:
        if down:
            ys = _places([y for y, _, _ in across] + [end for _, *ends in down for end in ends])
            xs = _places([x for x, _, _ in down] + [end for _, *ends in across for end in ends])
            if len(ys) > 2 or (len(ys) == 2 and len(xs) > 2):
                yield _Lattice(ys[::-1], xs, Rules(tuple(across), tuple(down)))
            continue
        for y, x0, x1 in across:
            alone.setdefault((round(x0 / 8), round(x1 / 8)), []).append((y, x0, x1))
    for same in alone.values():
        ys = _places([y for y, _, _ in same])
        if len(ys) > 2:
            xs = min(x0 for _, x0, _ in same), max(x1 for _, _, x1 in same)
            yield _Lattice(ys[::-1], xs, Rules(tuple(same)))


def _places(values: Sequence[float]) -> tuple[float, ...]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _NEAR:
            found.append(value)
    return tuple(found)


_Sides = tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]


def _touching(rules: Rules) -> list[_Sides]:
    """Return groups of rules: each rule touches another one of its group."""
    parent = list(range(len(rules.across) + len(rules.down)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for n, (y, x0, x1) in enumerate(rules.across):
        for m, (x, y0, y1) in enumerate(rules.down, start=len(rules.across)):
            if x0 - _NEAR <= x <= x1 + _NEAR and y0 - _NEAR <= y <= y1 + _NEAR:
                parent[root(m)] = root(n)
    groups: dict[int, _Sides] = {}
    for n in range(len(parent)):
        across, down = groups.setdefault(root(n), ([], []))
        if n < len(rules.across):
            across.append(rules.across[n])
        else:
            down.append(rules.down[n - len(rules.across)])
    return list(groups.values())


# --- stripes and cells ---------------------------------------------------------------------------


def _lines(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Return fragments as lines, from the top, each from the left."""
    lines: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda f: -_middle(f)):
        if lines and _middle(fragment) > lines[-1][0].y0 + 0.25 * (
            lines[-1][0].y1 - lines[-1][0].y0
        ):
            lines[-1].append(fragment)
        else:
            lines.append([fragment])
    return [sorted(line, key=lambda f: f.x0) for line in lines]


def _runs(lattice: _Lattice, inside: Sequence[Fragment]) -> Iterator[tuple[float, ...]]:
    """Yield the horizontal rules with cells between them, in runs; text between two tables is in none.

    With vertical rules, everything between the first and the last rule is a table.
    """
    if lattice.rules.down:
        yield lattice.ys
        return
    run: list[float] = []
    for top, bottom in pairwise(lattice.ys):
        lines = _lines([f for f in inside if bottom < _middle(f) < top])
        if lines and 2 * sum(len(line) > 1 for line in lines) > len(lines):
            run = [*(run or [top]), bottom]
            continue
        if len(run) > 1:
            yield tuple(run)
        run = []
    if len(run) > 1:
        yield tuple(run)


def _grid(lattice: _Lattice, inside: Sequence[Fragment]) -> Grid | None:
    if not inside:
        return None
    parts = split_at(inside, lattice.xs[1:-1])
    stripes = [
        [f for f in parts if bottom < _middle(f) <= top] for top, bottom in pairwise(lattice.ys)
    ]
    lines = [_lines(stripe) for stripe in stripes]
    edges = _edges(lattice, [line for stripe in lines for line in stripe])
    if not edges or len(edges) * sum(map(len, lines)) > _MAX_CELLS:
        return None
    by_rule = sum(map(bool, lines)) >= _RULED_ROWS
    rows: list[tuple[Row, int]] = []
    for n, stripe in enumerate(lines):
        if not stripe:
            continue
        headed = n == 0 and _is_header(lines, by_rule)
        if not headed and _are_rows(stripe, edges, by_rule):
            rows += [(row, n) for row in rows_in(stripe, edges)]
        else:
            rows.append((one_row(stripe, edges), n))
    longest = _MAX_CLOSED_CELL if len(lattice.rules.down) > 2 else _MAX_CELL
    if not _is_table([row for row, _ in rows], longest):
        return None
    told = _with_spans(rows, edges, lattice)
    head = told[0]
    above = len(lattice.ys) > 2 and not by_rule and rows[-1][1] > 0
    marked = above or (head.bold and not all(row.bold for row in told[1:]))
    if len(told) > 1 and (
        marked or not any(cell.text.strip("+-.,%").isdigit() for cell in head.cells)
    ):
        told = [replace(head, header=True), *told[1:]]
    whole = joined(" ", (row.words for row in told))
    return Grid(
        words=whole, x0=lattice.xs[0], y0=min(f.y0 for f in inside), x1=lattice.xs[-1],
        y1=max(f.y1 for f in inside), size=told[-1].size, bold=False, rows=tuple(told),
    )  # fmt: skip


def _edges(lattice: _Lattice, lines: Sequence[Sequence[Fragment]]) -> list[float]:
    """Return the borders of the columns: the rules, and continuous gaps between two of them."""
    found = list(lattice.xs[1:-1])
    for left, right in pairwise(lattice.xs):
        columns, several = Columns(), 0
        for line in lines:
            part = [f for f in line if left - 1 < f.x0 and f.x1 < right + 1]
            if part:
                columns, several = columns.after(part), several + (len(part) > 1)
        if several > 1 and 2 * several > len(lines):
            found += columns.edges
    return sorted(found)


def _are_rows(stripe: Sequence[Sequence[Fragment]], edges: Sequence[float], by_rule: bool) -> bool:
    """Whether each line of a stripe is a row, and not the wrapped text of a cell."""
    if len(stripe) < 2:
        return False
    filled = [sum(len(cell) > 0 for cell in cells_of(line, edges)) for line in stripe]
    if by_rule:  # a table with rules around its cells, and one stripe whose lines are rows
        return len(stripe) > 2 and all(2 * n > len(edges) + 1 for n in filled)
    return 2 * sum(n > 1 for n in filled) > len(filled)


def _is_header(lines: Sequence[Sequence[Sequence[Fragment]]], by_rule: bool) -> bool:
    """Whether the lines above the second rule are one header, over more lines than it has."""
    rest = sum(map(len, lines[1:]))
    return not by_rule and len(lines[0]) <= min(_HEAD, rest - 1)


def _is_table(rows: Sequence[Row], longest: int) -> bool:
    several = [row for row in rows if sum(len(cell) > 0 for cell in row.cells) > 1]
    if len(rows) < 2 or not several or 3 * len(several) < len(rows):
        return False
    return all(len(cell) <= longest for row in rows for cell in row.cells)


def _with_spans(
    rows: Sequence[tuple[Row, int]], edges: Sequence[float], lattice: _Lattice
) -> list[Row]:
    """Repeat the text of a cell where no rule separates it from an empty cell beside or below it.

    This is only done for tables with rules in both directions.
    """
    across, down = lattice.rules.across, lattice.rules.down
    found = [list(row.cells) for row, _ in rows]
    if len(down) > 2:
        bounds = [lattice.xs[0], *edges, lattice.xs[-1]]
        for (_, stripe), cells in zip(rows, found, strict=True):
            middle = (lattice.ys[stripe] + lattice.ys[stripe + 1]) / 2
            for n in range(1, len(cells)):
                divided = any(abs(x - bounds[n]) < _NEAR and y0 < middle < y1 for x, y0, y1 in down)
                hard = any(abs(x - bounds[n]) < _NEAR for x, _, _ in down)
                if hard and not divided and bool(len(cells[n])) != bool(len(cells[n - 1])):
                    cells[n] = cells[n - 1] = cells[n] if len(cells[n]) else cells[n - 1]
        for n in range(1, len(rows)):
            before, stripe = rows[n - 1][1], rows[n][1]
            for m, cell in enumerate(found[n]):
                middle = (bounds[m] + bounds[m + 1]) / 2
                y = lattice.ys[stripe]
                ruled = any(abs(at - y) < _NEAR and x0 < middle < x1 for at, x0, x1 in across)
                if stripe == before + 1 and not ruled and not len(cell):
                    found[n][m] = found[n - 1][m]
    return [replace(row, cells=tuple(cells)) for (row, _), cells in zip(rows, found, strict=True)]
