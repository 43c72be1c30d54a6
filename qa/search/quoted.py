"""Passages that have the words which a question puts in quotation marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.records import Highlight, PassageId, Result
from qa.store import Candidates, Query, Store
from qa.text.phrases import Phrases

_DEEPER = 4
_DEEPEST = 1600
"""The most passages of each kind that are looked through. Only words that nearly every passage has,
such as "to be or not to be", can stand further down."""


def candidates(store: Store, query: Query, phrases: Phrases, enough: int) -> Candidates:
    """Return the passages that may answer and whose text has all the phrases, in the store's order.

    The store leaves out passages without the phrases' terms; the order of the words is checked here, in the
    texts. This takes two calls of the store, and two more while fewer than ``enough`` passages are left of
    a full list.
    """
    terms = (term for words in phrases.written for term in store.analyzer.terms(words))
    query = query._replace(required=tuple(dict.fromkeys(terms)))
    texts: dict[PassageId, bool] = {}
    while True:
        found = store.candidates(query)
        new = [id for id in dict.fromkeys((*found.dense, *found.lexical)) if id not in texts]
        passages = store.fetch(new, ()).passages if new else ()
        texts |= {id: phrases.stand_in(one.text) for id, one in zip(new, passages, strict=True)}
        dense = [id for id in found.dense if texts[id]]
        full = len(found.dense) >= query.depth
        if not full or len(dense) >= enough or query.depth >= _DEEPEST:
            lexical = [id for id in found.lexical if texts[id]]
            return found._replace(dense=dense, lexical=lexical)
        query = query._replace(depth=_DEEPER * query.depth)


def marked(results: Sequence[Result], phrases: Phrases) -> list[Result]:
    """Mark the phrases in the excerpts, beside what is marked already."""
    return [replace(one, highlights=_with(one, phrases)) for one in results]


def _with(result: Result, phrases: Phrases) -> tuple[Highlight, ...]:
    marks = list(result.highlights)
    for start, end in phrases.places(result.excerpt):
        if not any(mark.start <= start and end <= mark.end for mark in marks):
            marks.append(Highlight(start, end))
    return tuple(sorted(marks, key=lambda mark: (mark.start, mark.end)))


__all__ = ["candidates", "marked"]
