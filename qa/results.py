"""Ranked passages to results: one for each origin, verbatim, cited, the best sentence marked."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from qa.analysis import fold
from qa.encode import TokenCodec
from qa.passages import MAX_EXCERPT
from qa.rank import Asked
from qa.records import Citation, Document, Highlight, Hit, Passage, Result, citation_id
from qa.store import CONTEXT, Store

_SHINGLE = 5
# Of the words in the shorter of two texts, in runs of five, the share that the other one has too
# when both come from one origin.
_COPY = 0.7
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_NO_BORDER = {"paragraph", "item"}
_HEADINGS = {"title", "heading"}


@dataclass(slots=True)
class _Group:
    """Hits that become one result: ``members`` touch one another, ``copies`` say the same elsewhere."""

    best: Hit
    passage: Passage
    members: list[Hit]
    copies: list[tuple[Hit, Passage]] = field(default_factory=list)
    start: int = 0
    end: int = 0


Explain = Callable[[Hit, Sequence[Hit], Sequence[Hit]], Mapping[str, Any]]
"""Tells why the best of its hits, those that its excerpt joins, and its copies became a result."""


def make_results(
    store: Store,
    codec: TokenCodec,
    asked: Asked,
    hits: Sequence[Hit],
    k: int,
    explain: Explain | None = None,
) -> list[Result]:
    """Return up to ``k`` results from hits in order of rank.

    Copies of one text are one result, the fullest shown and the others in ``also``. Passages
    that touch are joined while the excerpt stays within the longest allowed. No two results
    overlap.
    """
    groups: list[_Group] = []
    for hit in hits:
        passage = store.passage(hit.row)
        home = next((g for g in groups if _absorbs(store, groups, g, hit, passage)), None)
        if home is None:
            if len(groups) == k:
                break
            groups.append(_Group(hit, passage, [hit], start=passage.start, end=passage.end))
    return [
        _result(store, codec, asked, group, rank, explain)
        for rank, group in enumerate(groups, start=1)
    ]


def _absorbs(
    store: Store, groups: Sequence[_Group], group: _Group, hit: Hit, passage: Passage
) -> bool:
    """Take a hit into a group where it belongs to it; tell whether it did."""
    others = [g for g in groups if g is not group and g.passage.document_id == passage.document_id]
    if passage.document_id == group.passage.document_id:
        start, end = min(group.start, passage.start), max(group.end, passage.end)
        overlaps = passage.start < group.end and group.start < passage.end
        free = not any(other.start < end and start < other.end for other in others)
        if free and end - start <= MAX_EXCERPT and _adjoins(store, group, passage):
            group.start, group.end = start, end
            group.members.append(hit)
            return True
        if overlaps:  # its other part stays reachable by a question of its own
            return True
    if _is_copy(passage.text, group.passage.text):
        group.copies.append((hit, passage))
        fuller = len(passage.text) > len(group.passage.text) and len(group.members) == 1
        if fuller and not any(o.start < passage.end and passage.start < o.end for o in others):
            _show_instead(group, hit, passage)
        return True
    return False


def _show_instead(group: _Group, hit: Hit, passage: Passage) -> None:
    """Show the fuller copy; the one shown until now stands beside it."""
    group.copies[-1] = (group.members[0], group.passage)
    group.passage, group.members = passage, [hit]
    group.start, group.end = passage.start, passage.end


def _adjoins(store: Store, group: _Group, passage: Passage) -> bool:
    """Whether a passage continues a group's excerpt, with no border of the text between them."""
    document = _document(store, passage.document_id)
    gap_start, gap_end = min(group.end, passage.end), max(group.start, passage.start)
    if gap_start < gap_end and document.text[gap_start:gap_end].strip():
        return False
    if passage.section != group.passage.section:
        return False
    start, end = min(group.start, passage.start), max(group.end, passage.end)
    blocks = [b for b in document.blocks if b.start < end and start < b.end]
    later = max(group.start, passage.start)
    if any(b.kind in _HEADINGS and b.start >= later for b in blocks):
        return False
    kinds = {b.kind for b in blocks if b.kind not in _HEADINGS}
    return len(kinds) == 1 and kinds <= _NO_BORDER


@lru_cache(maxsize=4096)
def _shingles(text: str) -> frozenset[int]:
    words = re.findall(r"\w+", fold(text))
    if len(words) < _SHINGLE:
        return frozenset([hash(tuple(words))])
    return frozenset(hash(tuple(words[n : n + _SHINGLE])) for n in range(len(words) - _SHINGLE + 1))


def _is_copy(one: str, other: str) -> bool:
    first, second = _shingles(one), _shingles(other)
    shorter = min(len(first), len(second))
    return len(first & second) >= _COPY * shorter


def _result(
    store: Store,
    codec: TokenCodec,
    asked: Asked,
    group: _Group,
    rank: int,
    explain: Explain | None,
) -> Result:
    document = _document(store, group.passage.document_id)
    rows = sorted(hit.row for hit in group.members)
    return Result(
        rank=rank,
        score=group.best.score,
        excerpt=document.text[group.start : group.end],
        highlights=_highlights(store, codec, asked, rows, group.start),
        citation=cite(document, group.passage, group.start, group.end),
        also=tuple(
            cite(_document(store, p.document_id), p, p.start, p.end) for _, p in group.copies
        ),
        explain=explain(group.best, group.members, [hit for hit, _ in group.copies])
        if explain
        else None,
    )


def _highlights(
    store: Store, codec: TokenCodec, asked: Asked, rows: Sequence[int], start: int
) -> tuple[Highlight, ...]:
    """Mark the sentence whose tokens match the question's best."""
    best: tuple[float, Highlight] | None = None
    for row in rows:
        sentences = store.passage(row).sentences
        codes = store.token_codes(np.asarray([row]))
        own = np.flatnonzero(codes.sentences != CONTEXT)
        if not len(own) or not len(asked.tokens):
            continue
        similarities = codec.similarities(asked.tokens, codes.codes[own])
        numbers = codes.sentences[own]
        begins = np.flatnonzero(np.diff(numbers, prepend=numbers[0] + 1))
        scores = asked.token_weights @ np.maximum.reduceat(similarities, begins, axis=1)
        winner = int(scores.argmax())
        if best is None or scores[winner] > best[0]:
            first, last = sentences[int(numbers[begins[winner]])]
            best = (float(scores[winner]), Highlight(first - start, last - start))
    return (best[1],) if best else ()


def _document(store: Store, document_id: str) -> Document:
    document = store.document(document_id)
    assert document is not None, "a passage's document is in its generation"
    return document


def cite(document: Document, passage: Passage, start: int, end: int) -> Citation:
    """Return the citation of a span of a document, found by way of ``passage``."""
    line_start, line_end = lines_of(document, start, end)
    return Citation(
        id=citation_id(document.id, document.sha256, start, end),
        document_id=document.id,
        source=document.source,
        title=document.title,
        section=passage.section,
        published=document.published.value if document.published else None,
        page=None,
        start=start,
        end=end,
        line_start=line_start,
        line_end=line_end,
        sha256=document.sha256,
        original_url=document.original_url,
    )


def lines_of(document: Document, start: int, end: int) -> tuple[int, int]:
    """Return the lines, from 1, in which a span begins and ends."""
    breaks = _line_breaks(document.sha256, document.text)
    return bisect_right(breaks, start) + 1, bisect_right(breaks, max(start, end - 1)) + 1


@lru_cache(maxsize=256)
def _line_breaks(sha256: str, text: str) -> tuple[int, ...]:
    return tuple(match.end() for match in _LINE_BREAK.finditer(text))
