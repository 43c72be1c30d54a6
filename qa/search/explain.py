"""Explains a result's place in figures that can be checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qa.records import Hit
from qa.search.rank import Asked, Ranked, Ranking

Words = Sequence[tuple[str, str]]
"""The words of a question, each with its index term."""

_STAGES = ("dense", "lexical", "late", "sentence")


def explain(
    ranking: Ranking,
    asked: Asked,
    words: Words,
    ranked: Ranked,
    best: Hit,
    members: Sequence[Hit],
    copies: Sequence[Hit],
) -> dict[str, Any]:
    """Return the figures that explain the place of the result of ``best``, one of the hits.

    ``stages``: for each of the four scores, the passage's score, its place among the candidates and
    the weight of the score. ``words``: the question's words that count, each with the most that it
    could add to the lexical score and what it adds. ``merged``: the passages that the excerpt joins.
    ``copies``: passages elsewhere that say the same.
    """
    hits = ranked.hits
    place = ranked.places[best.id]
    shares = asked.shares(ranked.fetched.part(place, place + 1))[0].tolist()
    share_of = dict(zip(asked.terms, shares, strict=True))
    return {
        "place": hits.index(best) + 1,
        "candidates": sum(hit.late is not None for hit in hits),
        "stages": {stage: _stage(stage, ranking, hits, best) for stage in _STAGES},
        "words": [
            {
                "word": word,
                "term": term,
                "ceiling": round(asked.ceiling(term), 4),
                "share": round(share_of[term], 4),
            }
            for word, term in dict.fromkeys(words)
        ],
        "merged": [_span(ranked, hit) for hit in sorted(members, key=lambda hit: hit.id)],
        "copies": [_span(ranked, hit) for hit in copies],
    }


def _stage(stage: str, ranking: Ranking, hits: Sequence[Hit], best: Hit) -> dict[str, Any]:
    value = getattr(best, stage)
    values = [getattr(hit, stage) for hit in hits if getattr(hit, stage) is not None]
    return {
        "score": None if value is None else round(value, 4),
        "rank": None if value is None else 1 + sum(other > value for other in values),
        "weight": getattr(ranking, stage),
    }


def _span(ranked: Ranked, hit: Hit) -> dict[str, Any]:
    passage = ranked.passage(hit)
    return {
        "document_id": passage.document_id,
        "start": passage.start,
        "end": passage.end,
        "score": round(hit.score, 4),
    }
