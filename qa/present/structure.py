"""The structure of a document for those who show it: headings, lists and tables as spans of its text.

A text is shown whole and in its order. What its format says by signs, the hashes of a heading in Markdown or
the bars between cells, is shown by the structure instead: the signs stay in the text, and are not ``shown``.
Plain text has no structure; it is shown as its lines stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from qa.records import Block, Document, Span

Kind = Literal["heading", "paragraph", "item", "header", "row"]

_MARKDOWN = (".md", ".markdown")
_STRUCTURED = (
    *_MARKDOWN, ".html", ".htm", ".xhtml", ".mhtml", ".mht", ".docx", ".docm", ".odt", ".fodt", ".rtf",
    ".epub", ".pdf", ".pptx", ".pptm", ".ppsx", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".eml", ".mbox",
)  # fmt: skip
"""Endings of what is more than lines of text, however it is written."""
_KINDS: dict[str, Kind] = {"title": "heading", "teaser": "paragraph", "furniture": "paragraph"}
_HASHES = re.compile(r"[ \t]*#{1,6}(?:[ \t]+|(?=[\r\n]|$))")
_CLOSING = re.compile(r"[ \t]+#+[ \t]*$")
_UNDERLINE = re.compile(r"[\r\n]+[ \t]*(?:=+|-+)[ \t]*$")
_BULLET = re.compile(r"[ \t]*[-*+•‣▪◦·][ \t]+")
_BAR = re.compile(r"[ \t]*(?<!\\)\|[ \t]*")
_RULED = re.compile(r"[\s|:+=-]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A block of a document as it is shown; ``shown`` are the spans of its words, of a row those of its cells.

    ``level`` is the depth of a heading from 1, and 0 for everything else. A row that is ``joined`` is one of
    the table that the row before it is of.
    """

    kind: Kind
    start: int
    end: int
    level: int
    shown: tuple[Span, ...]
    joined: bool = False


def structure_of(document: Document) -> Sequence[Part]:
    """Return the parts of a document, in order; none for plain text."""
    name = document.source.rpartition("/")[2].split("#")[0].lower()
    if not name.endswith(_STRUCTURED) and not document.page_starts:
        return ()
    return tuple(_parts(document.text, document.blocks, markdown=name.endswith(_MARKDOWN)))


def _parts(text: str, blocks: Sequence[Block], *, markdown: bool) -> Iterator[Part]:
    before: Block | None = None
    for block in blocks:
        kind = _KINDS.get(block.kind, block.kind)
        level = max(block.level, 1) if kind == "heading" else 0
        rows = block.kind in ("header", "row")
        joined = bool(
            rows
            and before is not None
            and before.kind in ("header", "row")
            and block.kind == "row"
            and text[before.end : block.start].replace("\r\n", "\n") in ("\n", "\r")
        )
        shown = tuple(_shown(text, block, markdown=markdown))
        # Every kind of a block that is no key of _KINDS is a kind of a part.
        yield Part(kind, block.start, block.end, level, shown, joined)  # type: ignore[arg-type]
        before = block


def _shown(text: str, block: Block, *, markdown: bool) -> Iterator[Span]:
    words = text[block.start : block.end]
    first, last = 0, len(words)
    if block.kind in ("header", "row"):
        for start, end in _cells(words, markdown=markdown):
            yield block.start + start, block.start + end
        return
    if markdown and block.kind in ("title", "heading"):
        opened = _HASHES.match(words)
        closed = (_CLOSING if opened else _UNDERLINE).search(words)
        first = opened.end() if opened else 0
        last = max(closed.start() if closed else last, first)
    elif block.kind == "item":
        bullet = _BULLET.match(words)
        first = bullet.end() if bullet else 0
    yield block.start + first, block.start + last


def _cells(row: str, *, markdown: bool) -> Iterator[Span]:
    """Yield the spans of a row's cells, empty ones too."""
    upto = len(row)
    if markdown:
        # The line below a header rules it off, and bars around a row say nothing.
        lines = row.splitlines(keepends=True)
        upto = len(lines[0].rstrip()) if len(lines) > 1 and _RULED.fullmatch(lines[-1]) else upto
    bars = [bar.span() for bar in _BAR.finditer(row, 0, upto)]
    edges = [(0, 0), *bars, (upto, upto)]
    if markdown and len(edges) > 2:
        edges = edges[1:] if bars[0][0] == 0 else edges
        edges = edges[:-1] if bars[-1][1] == upto and len(edges) > 2 else edges
    for (_, start), (end, _) in pairwise(edges):
        yield start, end
