"""The content of a word processor's document, in order: paragraphs with their looks, and tables.

Readers of such formats add what is in a file. This package decides, for all of them, which paragraphs are
title and headings, and how a table becomes lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, takewhile
from typing import NamedTuple

from qa.corpus.formats.flow.outline import titled, with_headings
from qa.corpus.formats.flow.paragraph import PAGE, Paragraph, lines, small
from qa.corpus.formats.flow.table import Table
from qa.corpus.reading import TextBuilder
from qa.records import Block

__all__ = ["PAGE", "Flow", "Paragraph", "Written", "lines", "small"]


class Written(NamedTuple):
    """A text with its blocks, its title, and the beginnings of its parts, by name."""

    text: str
    blocks: tuple[Block, ...]
    title: str | None
    places: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class Flow:
    """Takes paragraphs and tables in order; ``written`` makes a text from them.

    Wrong nesting in the file, such as a cell without a row, is accepted as far as possible.
    """

    _paragraphs: list[Paragraph] = field(default_factory=list)
    _tables: list[Table] = field(default_factory=list)
    _count: int = 0
    """How many tables have ended."""

    @property
    def in_table(self) -> bool:
        """Whether something that is added now is in a table."""
        return bool(self._tables)

    def add(self, paragraph: Paragraph) -> None:
        """Append a paragraph, to the open cell if there is one; a blank paragraph is ignored."""
        if not paragraph.words.strip():
            return
        cell = next((t.cell for t in reversed(self._tables) if t.cell), None)
        (self._paragraphs if cell is None else cell.content).append(paragraph)

    def open_table(self, *, headed: bool = False) -> None:
        """Begin a table, in the open cell if there is one; ``headed``: its style marks the first row."""
        self._tables.append(Table(headed))

    def open_row(self, skipped: int = 0, *, header: bool = False) -> None:
        """Begin a row; its first columns may be ``skipped``; a ``header`` names the columns."""
        if self._tables:
            self._tables[-1].open_row(skipped, header)

    def open_cell(self, across: int = 1, down: int = 1, *, above: bool = False) -> None:
        """Begin a cell of so many columns and rows; ``above``: it continues the cell above it."""
        if self._tables:
            self._tables[-1].open_cell(across, down, above)

    def close_cell(self) -> None:
        """End the open cell."""
        if self._tables:
            self._tables[-1].close_cell()

    def close_row(self, *, dropped: bool = False) -> None:
        """End the open row; a ``dropped`` one is left out."""
        if self._tables:
            self._tables[-1].close_row(dropped)

    def close_table(self) -> None:
        """End the open table: its rows become lines."""
        if self._tables:
            self._count += 1
            for paragraph in self._tables.pop().paragraphs():
                # Rows of a table within this one have their table's number already.
                own = paragraph.cells and not paragraph.table
                self.add(replace(paragraph, table=self._count) if own else paragraph)

    def paragraphs(self) -> Sequence[Paragraph]:
        """Return what was added; tables that are still open end here."""
        while self._tables:
            self.close_table()
        return self._paragraphs

    def written(self, named: str | None = None) -> Written:
        """Return the text of all that was added; ``named`` is the title in the file's properties."""
        paragraphs, title = titled(with_headings(self.paragraphs()), named)
        builder = TextBuilder()
        parts: list[tuple[int, str]] = []
        written = 0
        for (table, place), group in groupby(paragraphs, key=lambda each: (each.table, each.place)):
            together = [*group]
            if place is not None and place not in (name for _, name in parts[-1:]):
                parts.append((written, place))
            written += len(together)
            if table:
                header = [*takewhile(lambda each: each.kind == "header", together)]
                rows = together[len(header) :]
                builder.add_table([p.cells for p in header], [p.cells for p in rows])
                continue
            for paragraph in together:
                builder.add(paragraph.kind, paragraph.words, paragraph.level)
        text, blocks = builder.result(titled=False)
        places = tuple((blocks[at].start, place) for at, place in parts)
        return Written(text, blocks, title, places)
