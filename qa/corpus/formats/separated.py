"""CSV and similar formats as people write them: separator, quotes, and cells without a column.

The module ``csv`` splits a line. This module decides the parameters for it, and repairs rows that break
their own rule.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from qa.corpus import dates

_MARKS = ",;\t|"
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d[\d.,' ]*%?")
_ESCAPED = re.compile(r"\\(\\|\")?")
_MAX_NAME = 200


class Record(NamedTuple):
    """A row: its cells, and the cells that have no column."""

    cells: Sequence[str]
    surplus: Sequence[str] = ()


class Separated:
    """A table whose header was read; its rows are read on demand."""

    def __init__(self, lines: Iterator[str], delimiter: str | None = None) -> None:
        """Read the header. Raises csv.Error."""
        first = next((line for line in lines if line.strip()), "")
        told = _SEP.fullmatch(first.strip("\r\n"))
        if told:
            delimiter = told[1]
            first = next((line for line in lines if line.strip()), "")
        self.delimiter = delimiter or max(_MARKS, key=lambda mark: _outside(first).count(mark))
        marks = _outside(first).count(self.delimiter)
        self._spaced = bool(marks) and _outside(first).count(f"{self.delimiter} ") == marks
        self._rows = csv.reader(
            _unescaped(chain([first] if first else [], lines), self.delimiter),
            delimiter=self.delimiter,
            skipinitialspace=self._spaced,
        )
        row, second = next(self._rows, []), next(self._rows, [])
        headed = _is_header(row, second)
        self._waiting = [second] if headed else [row, second]
        self.names = _distinct([name.strip()[:_MAX_NAME] if headed else "" for name in row])

    def records(self, text: int | None) -> Iterator[Record]:
        """Yield the rows that are not blank; ``text`` is the column of running text. Raises csv.Error."""
        for cells in chain(self._waiting, self._rows):
            if any(cell.strip() for cell in cells):
                yield self._fitted(cells, text)

    def _fitted(self, cells: list[str], text: int | None) -> Record:
        """Return a row with one cell for each column, joining cells that a comma in a sentence split."""
        width = len(self.names)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        surplus = len(cells) - width
        if surplus <= 0:
            return Record(cells)
        # After a comma in a sentence there is a space; after a comma between two cells there is none.
        goes_on = [n for n in range(1, len(cells)) if cells[n].startswith(" ")]
        if len(goes_on) == surplus and not self._spaced:
            return Record(self._joined(cells, set(goes_on)))
        if text is not None:
            parted = range(text + 1, text + surplus + 1)
            if text == width - 1 or set(parted) <= set(goes_on):
                return Record(self._joined(cells, set(parted)))
        return Record(cells[:width], cells[width:])

    def _joined(self, cells: Sequence[str], goes_on: set[int]) -> list[str]:
        mark = f"{self.delimiter} " if self._spaced else self.delimiter
        joined: list[str] = []
        for n, cell in enumerate(cells):
            if n in goes_on:
                joined[-1] += mark + cell
            else:
                joined.append(cell)
        return joined


def _outside(line: str) -> str:
    """Return the part of a line outside quotes."""
    return "".join(line.split('"')[::2])


def _unescaped(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    r"""Yield lines with doubled quotes instead of quotes after a backslash, from the first such line on.

    In a table with doubled quotes, a backslash before a quote is the last character of a cell.
    """
    inside = re.compile(rf'\\"(?![{re.escape(delimiter)}"\s]|$)')
    escaping = False
    for line in lines:
        escaping = escaping or inside.search(line) is not None
        yield _ESCAPED.sub(_plain, line) if escaping else line


def _plain(found: re.Match[str]) -> str:
    return '""' if found[1] == '"' else "\\"


def _is_header(row: Sequence[str], second: Sequence[str]) -> bool:
    """Whether a table's first row names its columns.

    A number or an address is no name. A year or a date is one, unless the next row has one below it.
    """
    for n, cell in enumerate(map(str.strip, row)):
        dated = dates.parse_date(cell) is not None
        if dated and n < len(second) and dates.parse_date(second[n]) is not None:
            return False
        if not dated and (_NUMBER.fullmatch(cell) or "://" in cell):
            return False
    return True


def _distinct(names: Sequence[str]) -> list[str]:
    """Return a name for each column: a number for those without one; a repeated name gets a number."""
    seen: set[str] = set()
    found = []
    for n, name in enumerate(names, 1):
        name = name or f"column {n}"
        if name in seen:
            name = f"{name} ({n})"
        seen.add(name)
        found.append(name)
    return found
