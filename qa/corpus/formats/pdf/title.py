"""Chooses the title of a PDF among its headings: the one that names the whole document."""

from __future__ import annotations

from collections.abc import Sequence

from qa.corpus.formats.pdf.about import NUMBERED, names_document
from qa.corpus.formats.pdf.paragraphs import Paragraph
from qa.records import Block

_WITHIN = 6
"""The title is among the first so many blocks."""


def title_block(
    text: str, blocks: Sequence[Block], owners: Sequence[Paragraph | None], first_page: int
) -> int | None:
    """Return the number of the block that is the title; None if no heading is one.

    ``owners`` has the paragraph of each block. The first page ends at ``first_page``.
    """
    heads = [
        n
        for n, block in enumerate(blocks[:_WITHIN])
        if block.kind == "heading"
        and block.start < first_page
        and owners[n] is not None
        and names_document(text[block.start : block.end])
    ]
    if not heads:
        return None
    best = max(heads, key=lambda n: (_size(owners[n]), -n))
    words = text[blocks[best].start : blocks[best].end]
    others = [
        text[block.start : block.end]
        for n, block in enumerate(blocks)
        if n != best and block.kind == "heading" and _alike(owners[n], owners[best])
    ]
    if _is_numbered(words, [text[b.start : b.end] for b in blocks if b.kind == "heading"]):
        return None
    if not others or all(NUMBERED.match(other) or not names_document(other) for other in others):
        return best if others or not _is_section(best, blocks, owners) else None
    owner = owners[best]
    if best == heads[0] == 0 and owner and (owner.centred or _heads_heading(blocks, best)):
        return best
    return None


def _size(owner: Paragraph | None) -> float:
    return owner.face[0] if owner else 0.0


def _alike(one: Paragraph | None, other: Paragraph | None) -> bool:
    return one is not None and other is not None and one.face == other.face


def _is_numbered(words: str, heads: Sequence[str]) -> bool:
    """Whether a heading is one of a numbered series, and not "Ten ways" or "39 steps"."""
    found = NUMBERED.match(words)
    if not found:
        return False
    number = found["number"].upper()
    others = [match["number"].upper() for head in heads if (match := NUMBERED.match(head))]
    if number[0].isdecimal():
        return number == "1" or "." in number or len(others) > 1
    # "X Window System", "A. Lind: her life": a letter counts where others do, or after "Chapter".
    return not words.upper().startswith(number) or sum(o.isalpha() for o in others) > 1


def _heads_heading(blocks: Sequence[Block], n: int) -> bool:
    return n + 1 < len(blocks) and blocks[n + 1].kind == "heading"


def _is_section(n: int, blocks: Sequence[Block], owners: Sequence[Paragraph | None]) -> bool:
    """Whether the outline has a heading beside others of the same level."""
    owner = owners[n]
    if owner is None or not owner.level:
        return False
    return any(other and other is not owner and other.level == owner.level for other in owners)
