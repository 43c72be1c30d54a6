"""Tables as rows of cells: a spanned cell stands in each place that it spans, and the header is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_MOST_COLUMNS, _MOST_ROWS = 1_000, 65_534
"""What HTML lets a cell span."""
_FREE, _EACH = 20_000, 4
"""Characters and cells that spans may add to any table, and for each of its own."""
_NAME = 60
"""Characters that the name of a column has, where only its looks tell that it is one."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text on one line, and how many columns and rows it spans, each from 1 up.

    ``heads`` says that it is marked as the heading of a column or row, ``bold`` that all of it is bold.
    """

    words: str
    columns: int = 1
    rows: int = 1
    heads: bool = False
    bold: bool = False


class Rows(NamedTuple):
    """A table without spans: the rows that name its columns, and the others."""

    header: Sequence[Sequence[str]]
    body: Sequence[Sequence[str]]


class Table:
    """Takes a table row by row. What spans add to it is bounded by what it has itself."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._named: list[bool] = []
        self._bold: list[bool] = []
        self._any_heads = False
        self._hanging: dict[int, tuple[int, str]] = {}
        """The cells that go on below, by their columns: in how many rows more."""
        self._spare = _FREE

    def add(self, cells: Sequence[Cell], *, named: bool = False) -> None:
        """Append a row; ``named`` says that the table itself calls it one of its header."""
        self._spare += _EACH * sum(1 + len(cell.words) for cell in cells)
        above, self._hanging = self._hanging, {}
        # A cell over the whole width heads what follows: said once, it says as much.
        alone = len(cells) == 1 and not above
        row: list[str] = []
        for cell in cells:
            while len(row) in above:
                self._hang(row, above)
            self._put(row, cell.words, cell.rows)
            for _ in range(1, 1 if alone else min(cell.columns, _MOST_COLUMNS)):
                if len(row) in above or not self._affords(cell.words):
                    break
                self._put(row, cell.words, cell.rows)
        for column in sorted(above):
            row += [""] * (column - len(row))
            self._hang(row, above)
        filled = [cell for cell in cells if cell.words]
        self._any_heads = self._any_heads or any(cell.heads for cell in filled)
        self._rows.append(row)
        self._named.append(named or (bool(filled) and all(cell.heads for cell in filled)))
        self._bold.append(len(filled) > 1 and all(cell.bold for cell in filled))

    def _put(self, row: list[str], words: str, rows: int) -> None:
        if rows > 1:
            self._hanging[len(row)] = (min(rows, _MOST_ROWS) - 1, words)
        row.append(words)

    def _hang(self, row: list[str], above: dict[int, tuple[int, str]]) -> None:
        rows, words = above.pop(len(row))
        if self._affords(words):
            self._put(row, words, rows)
        else:
            row.append("")

    def _affords(self, words: str) -> bool:
        self._spare -= 1 + len(words)
        return self._spare >= 0

    def end_group(self) -> None:
        """Let no cell go on into the rows that follow: none leaves its part of a table."""
        self._hanging = {}

    def result(self) -> Rows:
        """Return the rows that say something, without the columns that only make room."""
        used = sorted({n for row in self._rows for n, words in enumerate(row) if words})
        filled = [n for n, row in enumerate(self._rows) if any(row)]
        rows = []
        for n in filled:
            row = self._rows[n]
            # The last cells of a short row are empty; a row of one cell is a heading.
            full = len(row) > 1
            rows.append([row[at] if at < len(row) else "" for at in used] if full else row)
        named = [self._named[n] for n in filled]
        count = named.index(False) if False in named else 0
        if not count and len(rows) > 1 and not self._any_heads:
            bold = [self._bold[n] for n in filled]
            count = int((bold[0] and not all(bold)) or names_columns(rows))
        return Rows(rows[:count], rows[count:])


def names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns, by its looks: words, where others have figures."""
    first, others = rows[0], rows[1:]
    if len(others) < 2 or len(first) < 2 or not all(first) or len(set(first)) < len(first):
        return False
    if any(map(_has_figure, first)) or max(map(len, first)) > _NAME:
        return False
    return any(
        all(_has_figure(row[n]) for row in others if len(row) > n and row[n])
        and any(len(row) > n and row[n] for row in others)
        for n in range(len(first))
    )


def _has_figure(words: str) -> bool:
    return any(map(str.isdigit, words))
