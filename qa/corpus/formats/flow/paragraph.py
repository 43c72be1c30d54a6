"""A paragraph of a word processor's document, with its look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.corpus.formats.formulas import lowered, raised
from qa.records import BlockKind


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as a file has it.

    ``kind`` comes from its style; "title" is the document's title. ``numbered``: its number comes from a
    list. ``bold`` and ``points`` hold for all of its letters; ``points`` is 0 if the size is unknown.
    ``edge``: it is a line of a page's header or footer. A table's row has ``cells``, and the kind "header"
    if it names the columns; rows of one ``table`` have its number. ``place`` is the part of the document
    that it is in, such as a slide.
    """

    words: str
    kind: BlockKind = "paragraph"
    level: int = 0
    numbered: bool = False
    bold: bool = False
    points: float = 0.0
    edge: bool = False
    cells: tuple[str, ...] = ()
    table: int = 0
    place: str | None = None


PAGE = "\ufdd0"
"""Replaces a page number in the text that readers pass to ``lines``: a character that no text has."""
_FEW = 3
"""Words beside a page number that add nothing: "page 3 of 7"."""


def small(words: str, before: Sequence[str], *, up: bool) -> str:
    """Return raised or lowered words after the pieces ``before``, as written in one line."""
    core = words.strip()
    behind = before[-1] if before else ""
    return words.replace(core, (raised if up else lowered)(core, behind)) if core else words


def lines(words: str, *, edge: bool = False) -> str:
    """Return the lines of a paragraph with their white space joined, without blank lines.

    In a header or footer, the ``edge`` of a page, text that only numbers the pages is removed.
    """
    if edge and PAGE in words:
        parts = words.replace("\t", "\n").split("\n")
        words = "\n".join(part.replace(PAGE, "") for part in parts if not _numbers_pages(part))
    found = (" ".join(line.split()) for line in words.split("\n"))
    return "\n".join(line for line in found if line)


def _numbers_pages(words: str) -> bool:
    return PAGE in words and len(words.replace(PAGE, " ").split()) <= _FEW
