"""The rows of RTF tables: cells come before their widths, and nothing marks the start of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qa.corpus.formats.flow import Flow, Paragraph

_NEAR = 40
"""The same border may differ by so many twips from row to row."""
_MAX_CELLS = 1_000


@dataclass(slots=True)
class _Cell:
    right: int
    above: bool
    left_goes_on: bool


@dataclass(slots=True)
class Rows:
    """Takes rows as they are written, and passes the table on when it ends."""

    _rows: list[tuple[list[list[Paragraph]], list[_Cell], bool]] = field(default_factory=list)
    _shape: list[_Cell] = field(default_factory=list)
    _cells: list[list[Paragraph]] = field(default_factory=list)
    _open: list[Paragraph] = field(default_factory=list)
    _header: bool = False
    _above: bool = False
    _left: bool = False

    def define(self, word: str, number: int | None) -> None:
        """Process a control word that defines a row's cells."""
        if word == "trowd":
            self._shape = []
            self._above = self._left = self._header = False
        elif word == "trhdr":
            self._header = True
        elif word == "clvmrg":
            self._above = True
        elif word == "clmrg":
            self._left = True
        elif word == "cellx" and len(self._shape) < _MAX_CELLS:
            self._shape.append(_Cell(number or 0, self._above, self._left))
            self._above = self._left = False

    def add(self, paragraph: Paragraph) -> None:
        """Append a paragraph to the open cell."""
        self._open.append(paragraph)

    def end_cell(self) -> None:
        """End the open cell."""
        self._cells.append(self._open)
        self._open = []

    def end_row(self) -> None:
        """End the open row."""
        if self._open:
            self.end_cell()
        self._rows.append((self._cells, self._shape, self._header))
        self._cells = []

    @property
    def is_open(self) -> bool:
        """Whether there is a table that was not passed on yet."""
        return bool(self._rows or self._cells or self._open)

    def hand_on(self, flow: Flow) -> None:
        """Write the table to a flow."""
        if self._cells or self._open:
            self.end_row()
        borders = _borders([shape for _, shape, _ in self._rows])
        flow.open_table()
        for cells, shape, header in self._rows:
            flow.open_row(header=header)
            left = -1
            for number, content in enumerate(cells):
                about = shape[number] if number < len(shape) else None
                across = 1
                if about and borders:
                    across = sum(left < border <= about.right + _NEAR for border in borders)
                    left = about.right + _NEAR
                if not (about and about.left_goes_on):
                    flow.open_cell(across, above=bool(about and about.above))
                elif number:
                    content = content or cells[number - 1]
                    flow.open_cell()
                for paragraph in content:
                    flow.add(paragraph)
                flow.close_cell()
            flow.close_row()
        flow.close_table()
        self._rows = []


def _borders(shapes: Sequence[Sequence[_Cell]]) -> list[int]:
    """Return the right borders of a table's columns; none if its rows have no columns in common."""
    found: list[int] = []
    for right in sorted({cell.right for shape in shapes for cell in shape}):
        if not found or right - found[-1] > _NEAR:
            found.append(right)
    widest = max((len(shape) for shape in shapes), default=0)
    return found if len(found) == widest else []
