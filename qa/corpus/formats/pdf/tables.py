"""The tables of a page: by their rules, or by the columns that their cells stand in.

A column lies between two gaps that continue through all rows. Cells without a division are one cell, whose
text is repeated in each column and row that it spans.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qa.corpus.formats.pdf.fragments import Fragment, Gap
from qa.corpus.formats.pdf.words import EMPTY, Words, joined
from qa.corpus.formats.pdf.wraps import Line, cell_of, is_figure, rows_of

_GAP = 4.0
"""The least distance of columns in points."""
_OVER = 2.0
"""A space may be so many points beside the edge that it belongs to."""
_ROWS = 3
"""A table has at least so many rows, or one less if a rule shows that there is a table."""
_MAX_CELL = 400
"""The most characters of a cell: a longer text is a column of text."""
_TRIED_AGAIN = 12
_FAR = 3.0
"""The most distance of rows, in heights of a line."""
_MARK = re.compile(r"[^\w\s]{1,3}|\(?\w{1,3}[.)]|\[\d+\]|(?:\d+\.)+\d*")
"""In a list: a bullet, a number, the prompt before a line of a program."""
_LEADER = re.compile(r"\.{4}|(?:\. ){4}|…{2}")
_HEAD = 3
"""The most lines of a header."""
_TERMINAL = (".", "!", "?", ":", ";")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row from the first column on, and the row's place."""

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
        """The cells with a mark between two of them; an empty cell keeps its place."""
        if sum(len(cell) > 0 for cell in self.cells) == 1 and len(set(self._texts)) == 1:
            return self.cells[0]
        return joined(" | ", self.cells).squeezed()

    @property
    def _texts(self) -> list[str]:
        return [cell.text for cell in self.cells]


def split_at(
    fragments: Sequence[Fragment], edges: Sequence[float], narrowest: float = 0.0
) -> list[Fragment]:
    """Return fragments divided at the spaces over one of the edges.

    A space is at least ``narrowest`` line heights wide; if that is given, the text after it begins at the
    edge.
    """
    found: list[Fragment] = []
    for fragment in fragments:
        if not fragment.gaps:
            found.append(fragment)
            continue
        rest = fragment
        high = narrowest * (fragment.y1 - fragment.y0)
        for edge in edges:
            if not rest.x0 < edge < rest.x1:
                continue
            for gap in rest.gaps:
                over = gap.x0 - _OVER <= edge <= gap.x1 + _OVER
                if over and gap.x1 - gap.x0 >= high and (not high or gap.x1 < edge + 2 * _OVER):
                    left, rest = _divided(rest, gap)
                    found.append(left)
                    break
        found.append(rest)
    return found


def _divided(fragment: Fragment, gap: Gap) -> tuple[Fragment, Fragment]:
    at = gap.at
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
        gaps=tuple(Gap(g.at - at - 1, g.x0, g.x1) for g in fragment.gaps if g.at > at),
    )
    return left, right


# --- columns -------------------------------------------------------------------------------------


class Columns:
    """The gaps that continue through all lines seen so far."""

    def __init__(self) -> None:
        self._free: list[tuple[float, float]] = [(float("-inf"), float("inf"))]
        self._left, self._right = float("inf"), float("-inf")

    def after(self, line: Line) -> Columns:
        """Return the gaps that remain when one more line is seen."""
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
        """The middle of each gap that has text on both sides."""
        return [
            (low + high) / 2
            for low, high in self._free
            if low >= self._left and high <= self._right
        ]


def cells_of(line: Line, edges: Sequence[float]) -> tuple[Words, ...]:
    """Return the texts of a line by columns; text that spans several columns is in each of them."""
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
        found, end = _table_at(lines, n, rules) if len(lines[n]) > 1 else (None, n + 1)
        if found:
            yield found
        # If lines are no table, the next one is tried as a start, except after long ones.
        n = end if found or end - n > _TRIED_AGAIN else n + 1


def _table_at(
    lines: Sequence[Line], start: int, rules: Sequence[tuple[float, float, float]]
) -> tuple[Span | None, int]:
    """Return the table that begins at a line, if there is one, and the line after what was examined."""
    columns, end, several = Columns().after(lines[start]), start + 1, 1
    last = end  # after the last line with several cells
    for n in range(start + 1, len(lines)):
        if not _follows(lines[n - 1], lines[n]):
            break
        narrowed = columns.after(lines[n])
        if len(narrowed.edges) < max(1, (len(columns.edges) + 1) // 2):
            break
        columns, end = narrowed, n + 1
        if len(lines[n]) > 1:
            several, last = several + 1, end
    edges = columns.edges
    if not edges:
        return None, end
    while last < end and _hangs(lines[last - 1], lines[last], edges):
        last += 1
    chosen = lines[start:last]
    ruled = any(
        chosen[-1][0].y0 - 6 < y < chosen[0][0].y1 + 6 and x0 < edges[0] < x1 for y, x0, x1 in rules
    )
    if several < _ROWS - ruled or _is_within_text(lines, start, last):
        return None, end
    if not _is_table(chosen, edges):
        return None, end
    return Span(start, last, _with_header(_rows(chosen, edges, rules), rules)), last


def _is_within_text(lines: Sequence[Line], start: int, end: int) -> bool:
    """Whether a sentence continues into or out of the lines: then they are text with wide spaces."""
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
    """Whether a line continues a cell that is not the first of its row."""
    high = max(f.y1 - f.y0 for f in below)
    return below[0].x0 > edges[0] and above[0].y0 - below[0].y1 < 0.5 * high


def _is_table(lines: Sequence[Line], edges: Sequence[float]) -> bool:
    """Whether lines in columns are cells, and not a list, a form, or text with wide spaces."""
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
    if len(edges) == 1 and 2 * sum(text.isdecimal() for text in first) > len(first):
        return False  # a numbered list, or a list of contents
    texts = [cell.text for row in rows for cell in row if len(cell)]
    if 2 * sum(map(_says_something, texts)) < len(texts) or _has_marks_only(rows):
        return False
    last = [next(cell.text for cell in reversed(row) if len(cell)) for row in several]
    runs_on = sum(
        before[-1] not in _TERMINAL and after[:1].islower() and len(before) + len(after) > 20
        for before, after in zip(last, [row[0].text for row in several[1:]], strict=False)
    )
    return 2 * runs_on < len(several)


def _says_something(text: str) -> bool:
    """Whether a cell has a word or a figure; the parts of a formula have signs."""
    return text.isdecimal() or sum(map(str.isalnum, text)) > 1


def _has_marks_only(rows: Sequence[Sequence[Words]]) -> bool:
    """Whether one of two columns has only signs, such as a colon after each label."""
    columns = [[cell.text for cell in column if len(cell)] for column in zip(*rows, strict=True)]
    return len(columns) == 2 and any(
        not any(char.isalnum() for text in column for char in text) for column in columns
    )


def rows_in(lines: Sequence[Line], edges: Sequence[float]) -> Iterator[Row]:
    """Yield the rows of lines; the lines of a cell are joined."""
    for part in rows_of(lines, lambda line: cells_of(line, edges)):
        yield one_row(part, edges)


def one_row(lines: Sequence[Line], edges: Sequence[float]) -> Row:
    """Return lines as one row."""
    by_line = [cells_of(line, edges) for line in lines]
    cells = tuple(cell_of(column) for column in zip(*by_line, strict=True))
    return row_of(cells, [fragment for line in lines for fragment in line])


def _rows(
    lines: Sequence[Line], edges: Sequence[float], rules: Sequence[tuple[float, float, float]]
) -> list[Row]:
    """Return the rows of lines; those above a rule that stands below the header are the header."""
    head = _header_lines(lines, edges, rules)
    top = [one_row(lines[:head], edges)] if head else []
    return [*top, *rows_in(lines[head:], edges)]


def _header_lines(
    lines: Sequence[Line], edges: Sequence[float], rules: Sequence[tuple[float, float, float]]
) -> int:
    """Return how many lines stand above the only rule among the lines, if they may be a header."""
    below = [
        n
        for n, (above, line) in enumerate(pairwise(lines), start=1)
        if any(
            min(f.y0 for f in line) < y < max(f.y1 for f in above)
            and y < _middle(above)
            and y > _middle(line)
            and x0 < edges[0] < x1
            for y, x0, x1 in rules
        )
    ]
    return below[0] if below and len(below) < 3 and below[0] <= min(_HEAD, len(lines) - 2) else 0


def _middle(line: Line) -> float:
    return (line[0].y0 + line[0].y1) / 2


def _with_header(rows: list[Row], rules: Sequence[tuple[float, float, float]]) -> tuple[Row, ...]:
    """Mark the header: it stands over a rule or in bold, or over figures without figures of its own."""
    if len(rows) < 2:
        return tuple(rows)
    first, second = rows[0], rows[1]
    ruled = [any(below.y0 < y < above.y1 for y, _, _ in rules) for above, below in pairwise(rows)]
    over_rule = ruled[0] and not all(ruled[1:])
    in_bold = first.bold and not all(row.bold for row in rows[1:])
    figures = [
        n
        for n in range(len(first.cells))
        if 2 * sum(is_figure(row.cells[n].text) for row in rows[1:])
        > sum(len(row.cells[n]) > 0 for row in rows[1:])
    ]
    over_figures = any(
        not is_figure(first.cells[n].text) and len(first.cells[n]) for n in figures
    ) and not any(is_figure(cell.text) for cell in first.cells)
    if over_rule or in_bold or over_figures or first.size > second.size:
        return (replace(first, header=True), *rows[1:])
    return tuple(rows)
