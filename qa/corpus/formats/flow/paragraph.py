"""A paragraph of a word processor's document, as it looks."""

from __future__ import annotations

from dataclasses import dataclass

from qa.records import BlockKind


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as it stands in a file.

    ``kind`` is what its style says of it, "title" for the document's own. ``numbered`` is one whose
    number comes from a list; ``bold``, and ``points``, which is 0 where it is not known, are of all
    its letters. ``edge`` is a line of a header or a footer, ``row`` the row of a table, ``place``
    the part of the document that it stands in, such as a slide.
    """

    words: str
    kind: BlockKind = "paragraph"
    level: int = 0
    numbered: bool = False
    bold: bool = False
    points: float = 0.0
    edge: bool = False
    row: bool = False
    place: str | None = None
