"""CSV and its kin as people write them: the mark between cells, quotes, and cells that no column has.

The module ``csv`` takes a line apart. What is settled here is what it must be told, and what it makes
of rows that break their own rule.
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
    """A row: its cells, and those that no column has."""

    cells: Sequence[str]
    surplus: Sequence[str] = ()


class Separated:
    """A table whose header is read; its rows come as they are asked for."""

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
        """Return a row's cells, as many as there are columns, where a mark in a sentence parted them."""
        width = len(self.names)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        surplus = len(cells) - width
        if surplus <= 0:
            return Record(cells)
        # Behind a comma of a sentence stands a space, behind one between two cells there is none.
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
    """Return what of a line stands outside quotes."""
    return "".join(line.split('"')[::2])


def _unescaped(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    r"""Yield lines with quotes doubled that had a backslash before them, from the first such line on.

    Where quotes are doubled, a backslash before one is the last character of a cell.
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

    A number or an address is no name; a year or a date is one, unless the next row has one below it.
    """
    for n, cell in enumerate(map(str.strip, row)):
        dated = dates.parse_date(cell) is not None
        if dated and n < len(second) and dates.parse_date(second[n]) is not None:
            return False
        if not dated and (_NUMBER.fullmatch(cell) or "://" in cell):
            return False
    return True


def _distinct(names: Sequence[str]) -> list[str]:
    """Return a name for each column: those without one by their number, a second of a name with a number."""
    seen: set[str] = set()
    found = []
    for n, name in enumerate(names, 1):
        name = name or f"column {n}"
        if name in seen:
            name = f"{name} ({n})"
        seen.add(name)
        found.append(name)
    return found
