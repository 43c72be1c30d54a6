"""What a word processor's document holds, in order: paragraphs as they look, and tables.

Readers of such formats say what stands in a file; what of it is a title or a heading, and how a table
becomes lines, is settled here, the same for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from qa.corpus.formats.flow.outline import titled, with_headings
from qa.corpus.formats.flow.paragraph import PAGE, Paragraph, lines
from qa.corpus.formats.flow.table import Table
from qa.corpus.reading import TextBuilder
from qa.records import Block

__all__ = ["PAGE", "Flow", "Paragraph", "Written", "lines"]


class Written(NamedTuple):
    """A text with its blocks, its title, and where each of its parts begins, by name."""

    text: str
    blocks: tuple[Block, ...]
    title: str | None
    places: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class Flow:
    """Takes paragraphs and tables in order; ``written`` makes a text of them.

    What the format nests wrongly, such as a cell without a row, is taken as well as it can be.
    """

    _paragraphs: list[Paragraph] = field(default_factory=list)
    _tables: list[Table] = field(default_factory=list)

    @property
    def in_table(self) -> bool:
        """Whether what is added now stands in a table."""
        return bool(self._tables)

    def add(self, paragraph: Paragraph) -> None:
        """Append a paragraph, to the open cell where there is one; a blank one is nothing."""
        if not paragraph.words.strip():
            return
        cell = next((t.cell for t in reversed(self._tables) if t.cell), None)
        (self._paragraphs if cell is None else cell.content).append(paragraph)

    def open_table(self, *, headed: bool = False) -> None:
        """Begin a table, within the open cell where there is one; its style may set the first row off."""
        self._tables.append(Table(headed))

    def open_row(self, skipped: int = 0, *, header: bool = False) -> None:
        """Begin a row, the first columns of which may be ``skipped``; a ``header`` names the columns."""
        if self._tables:
            self._tables[-1].open_row(skipped, header)

    def open_cell(self, across: int = 1, down: int = 1, *, above: bool = False) -> None:
        """Begin a cell of so many columns and rows; one ``above`` goes on with the one above it."""
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
            for paragraph in self._tables.pop().paragraphs():
                self.add(paragraph)

    def paragraphs(self) -> Sequence[Paragraph]:
        """Return what was added; tables that are still open end here."""
        while self._tables:
            self.close_table()
        return self._paragraphs

    def written(self, named: str | None = None) -> Written:
        """Return the text of all that was added; ``named`` is the title that the file's properties tell."""
        paragraphs, title = titled(with_headings(self.paragraphs()), named)
        builder = TextBuilder()
        places: list[tuple[int, str]] = []
        for paragraph in paragraphs:
            start = builder.add(paragraph.kind, paragraph.words, paragraph.level)
            if start is not None and paragraph.place not in (None, *(p[1] for p in places[-1:])):
                places.append((start, paragraph.place or ""))
        text, blocks = builder.result(titled=False)
        return Written(text, blocks, title, tuple(places))
