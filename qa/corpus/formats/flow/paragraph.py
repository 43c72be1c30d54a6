"""A paragraph of a word processor's document, as it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.corpus.formats.formulas import lowered, raised
from qa.records import BlockKind


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as it stands in a file.

    ``kind`` is what its style says of it, "title" for the document's own. ``numbered`` is one whose
    number comes from a list; ``bold``, and ``points``, which is 0 where it is not known, are of all
    its letters. ``edge`` is a line of a page's header or footer. The row of a table has ``cells``, and
    the kind "header" where it names the columns; rows of one ``table`` have its number. ``place`` is
    the part of the document that it stands in, such as a slide.
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
"""Stands for the number of a page in what a reader hands to ``lines``: a character that no text has."""
_FEW = 3
"""Words that stand beside a page's number and say nothing else: "page 3 of 7"."""


def small(words: str, before: Sequence[str], *, up: bool) -> str:
    """Return raised or lowered words behind the pieces ``before`` as they are written in one line."""
    core = words.strip()
    behind = before[-1] if before else ""
    return words.replace(core, (raised if up else lowered)(core, behind)) if core else words


def lines(words: str, *, edge: bool = False) -> str:
    """Return the lines of a paragraph with their white space joined, blank ones left out.

    Of a header or a footer, the ``edge`` of a page, what only numbers the pages is left out.
    """
    if edge and PAGE in words:
        parts = words.replace("\t", "\n").split("\n")
        words = "\n".join(part.replace(PAGE, "") for part in parts if not _numbers_pages(part))
    found = (" ".join(line.split()) for line in words.split("\n"))
    return "\n".join(line for line in found if line)


def _numbers_pages(words: str) -> bool:
    return PAGE in words and len(words.replace(PAGE, " ").split()) <= _FEW
