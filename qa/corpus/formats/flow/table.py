"""Tables as lines: a line for each row, with its cells in their columns.

An empty cell keeps its column, and a cell over several columns or rows is repeated in each of them, so that
a line says the same as its row. A table that only arranges a page is read cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from qa.corpus.formats.flow.paragraph import Paragraph
from qa.records import BlockKind

_LONG = 1_000
"""A cell with more characters is no entry of a table, but a text set beside another."""
_NAME = 80
"""The most characters of a column's name."""
_REPEATED = 200
"""The most characters of a cell that is repeated in each column and row that it spans."""
_MAX_SPAN = 64
_MAX_REPEATS = 20_000


@dataclass(slots=True)
class Cell:
    """A cell: its content, how many columns and rows it spans, and whether it continues the one above."""

    across: int
    down: int
    above: bool
    content: list[Paragraph] = field(default_factory=list)

    @property
    def words(self) -> str:
        """All of its text in one line."""
        return " ".join(" ".join(paragraph.words for paragraph in self.content).split())

    @property
    def is_text(self) -> bool:
        """Whether it holds something that does not fit in a line: another table, or a long text."""
        return any(p.cells for p in self.content) or sum(len(p.words) for p in self.content) > _LONG


@dataclass(slots=True)
class Table:
    """Takes the cells of a table in order; ``paragraphs`` are its lines."""

    headed: bool = False
    """Whether its look marks the first row."""
    rows: list[list[Cell]] = field(default_factory=list)
    headers: int = 0
    """How many rows at its beginning are declared to name the columns."""
    cell: Cell | None = None
    """The row that is open."""
    _hanging: dict[int, tuple[int, str]] = field(default_factory=dict)
    _above: dict[int, str] = field(default_factory=dict)
    _repeats: int = _MAX_REPEATS

    def open_row(self, skipped: int = 0, header: bool = False) -> None:
        if header and self.headers == len(self.rows):
            self.headers += 1
        self.rows.append([Cell(1, 1, False) for _ in range(min(skipped, _MAX_SPAN))])

    def open_cell(self, across: int, down: int, above: bool) -> None:
        if not self.rows:
            self.open_row()
        self.cell = Cell(max(1, min(across, _MAX_SPAN)), max(1, down), above)
        self.rows[-1].append(self.cell)

    def close_cell(self) -> None:
        self.cell = None

    def close_row(self, dropped: bool = False) -> None:
        self.cell = None
        if dropped and self.rows:
            self.rows.pop()

    def paragraphs(self) -> Iterator[Paragraph]:
        """Yield the rows as lines; content that is no row is yielded as its paragraphs."""
        arranges = all(len(row) <= 1 for row in self.rows)
        headers = self.headers or int(self._has_header())
        for number, row in enumerate(self.rows):
            texts = self._spread(row)
            if arranges or any(cell.is_text for cell in row):
                for cell in row:
                    yield from cell.content
                continue
            if len(row) == 1 and len({*texts}) == 1:
                texts = texts[:1]
            line = " ".join(" | ".join(texts).split())
            if any(texts):
                kind: BlockKind = "header" if number < headers else "row"
                yield Paragraph(line, kind, cells=tuple(texts))

    def _has_header(self) -> bool:
        """Whether the first row looks like column names: marked, or words above figures."""
        if len(self.rows) < 2 or len(self.rows[0]) < 2:
            return False
        first = [cell.words for cell in self.rows[0]]
        if not all(first[1:]) or any(len(words) > _NAME for words in first):
            return False
        content = [paragraph for cell in self.rows[0] for paragraph in cell.content]
        if self.headed or all(paragraph.bold for paragraph in content):
            return True
        figures = sum(words[:1].isdigit() for words in first)
        return not figures and any(c.words[:1].isdigit() for row in self.rows[1:] for c in row)

    def _spread(self, row: list[Cell]) -> list[str]:
        """Return the text in each column of a row."""
        texts: list[str] = []
        for cell in row:
            self._fill(texts)
            column, words = len(texts), cell.words
            if cell.above and not words:
                words = self._again(self._above.get(column, ""))
            texts.append(words)
            while len(texts) < column + cell.across and self._repeats > 0:
                texts.append(self._again(words))
            if cell.down > 1 and self._repeats > 0:
                for at in range(column, len(texts)):
                    self._hanging[at] = (cell.down - 1, words)
        self._fill(texts)
        self._above = {at: words for at, words in enumerate(texts) if words}
        return texts

    def _fill(self, texts: list[str]) -> None:
        """Append the cells from above that continue into the next columns."""
        while (at := len(texts)) in self._hanging:
            left, words = self._hanging.pop(at)
            if self._repeats <= 0:
                continue
            texts.append(self._again(words))
            if left > 1:
                self._hanging[at] = (left - 1, words)

    def _again(self, words: str) -> str:
        """Return a cell's text for one more place; empty if that would be too much."""
        self._repeats -= 1
        return words if len(words) <= _REPEATED else ""
