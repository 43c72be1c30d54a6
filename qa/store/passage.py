"""A passage of a document in the form that excerpts need: what a store keeps or computes for each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from qa.records import MAX_EXCERPT, Block, Document, PassageId, Span
from qa.store.protocol import StoredPassage

HEADINGS = frozenset({"title", "heading"})
"""Kinds of blocks that are headings of the text after them."""


def stored_passage(
    document: Document,
    id: PassageId,
    start: int,
    end: int,
    section: str | None,
    sentences: tuple[Span, ...],
) -> StoredPassage:
    """Return a passage of a document, with all that excerpts need of it and of its neighbours."""
    blocks = _blocks(document.blocks, start, end)
    first = blocks[0] if blocks and blocks[0].start <= start < blocks[0].end else None
    entry = first.about if first else None
    return StoredPassage(
        id=id,
        document_id=document.id,
        source=document.source,
        sha256=document.sha256,
        start=start,
        end=end,
        text=document.text[start:end],
        section=section,
        sentences=sentences,
        part=document.part_of(start),
        page=document.page_of(start),
        place=document.place_of(start),
        line=document.line_of(start),
        about=document.described(entry),
        author=None if entry else document.author,
        announces=bool(entry and entry.url),
        headings=tuple((b.start, b.end) for b in blocks if b.kind in HEADINGS),
        headers=tuple((b.start, b.end) for b in blocks if b.kind == "header"),
        kinds=frozenset(b.kind for b in blocks if b.kind not in HEADINGS),
        gap=_white_space(document.text, end),
        ocr_confidence=document.ocr_confidence(start, end),
    )


def _blocks(blocks: Sequence[Block], start: int, end: int) -> Sequence[Block]:
    """Return the blocks of a document that overlap a span."""
    first = max(bisect_right(blocks, start, key=attrgetter("start")) - 1, 0)
    last = bisect_right(blocks, end - 1, key=attrgetter("start"))
    return [block for block in blocks[first:last] if start < block.end]


def _white_space(text: str, start: int) -> str:
    part = text[start : start + MAX_EXCERPT]
    return part[: len(part) - len(part.lstrip())]
