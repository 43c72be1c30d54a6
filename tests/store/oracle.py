"""Ranking computed one number at a time, from what a store says of each of its passages."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.records import PassageId
from qa.search.rank import Ranking
from qa.store import CONTEXT, Fetched, Statistics, Store
from tests.fake import FakeEncoder
from tests.store.reads import ids_of


class Scores(NamedTuple):
    """The scores of one passage."""

    dense: float
    lexical: float
    late: float
    sentence: float
    support: float


class Oracle:
    """A question, and every passage of a store scored for it by loops."""

    def __init__(self, store: Store, encoder: FakeEncoder, text: str, ranking: Ranking) -> None:
        self._ranking = ranking
        question = encoder.encode_question(text)
        self.terms = list(dict.fromkeys(store.analyzer.terms(text)))
        told = store.statistics(self.terms, question.ids)
        self.ids = ids_of(store)
        fetched = store.fetch(self.ids, self.terms)
        k1, b = store.recipe.bm25.k1, store.recipe.bm25.b
        self.ceiling = sum(_idf(told.terms[term], told.passages) * (k1 + 1) for term in self.terms)
        weights = [
            _idf(count, told.passages) ** ranking.idf_power for count in told.tokens.tolist()
        ]
        self.scores = {
            id: Scores(
                float(fetched.vectors[n] @ question.vector),
                self._lexical(told, fetched, n, k1, b),
                *_late(encoder, question.tokens, weights, fetched, n),
            )
            for n, id in enumerate(self.ids)
        }

    def _lexical(self, told: Statistics, fetched: Fetched, n: int, k1: float, b: float) -> float:
        norm = k1 * (1 - b + b * int(fetched.lengths[n]) / told.mean_length)
        counts = map(int, fetched.counts[n])
        return math.fsum(
            _idf(told.terms[term], told.passages) * count * (k1 + 1) / (count + norm)
            for term, count in zip(self.terms, counts, strict=True)
        )

    def dense(self, depth: int, among: Collection[PassageId]) -> list[PassageId]:
        """Return the nearest passages among some, ties by id."""
        return sorted(among, key=lambda id: (-round(self.scores[id].dense, 6), id))[:depth]

    def lexical(self, depth: int, among: Collection[PassageId]) -> list[PassageId]:
        """Return the passages among some that hold most of the terms, ties by id."""
        holding = [id for id in among if self.scores[id].lexical > 0]
        return sorted(holding, key=lambda id: (-round(self.scores[id].lexical, 5), id))[:depth]

    def rank(self, among: Collection[PassageId]) -> dict[PassageId, float]:
        """Return the candidates among some passages with their one score."""
        ranking = self._ranking
        fused: dict[PassageId, float] = {}
        for ranked in (self.dense(ranking.depth, among), self.lexical(ranking.depth, among)):
            for place, id in enumerate(ranked, start=1):
                fused[id] = fused.get(id, 0.0) + 1 / (ranking.rrf + place)
        candidates = sorted(fused, key=lambda id: (-fused[id], id))[: ranking.candidates]
        return {id: self._score(self.scores[id]) for id in candidates}

    def _score(self, scores: Scores) -> float:
        ranking = self._ranking
        share = scores.lexical / self.ceiling if self.ceiling else 0.0
        parts = ranking.dense * scores.dense + ranking.lexical * share
        parts += ranking.late * scores.late + ranking.sentence * scores.sentence
        return parts / (ranking.dense + ranking.lexical + ranking.late + ranking.sentence)


def _idf(held: int, count: int) -> float:
    return math.log(1 + (count - held + 0.5) / (held + 0.5))


def _late(
    encoder: FakeEncoder,
    question: NDArray[np.float32],
    weights: Sequence[float],
    fetched: Fetched,
    n: int,
) -> tuple[float, float, float]:
    """Return the late score of a passage, that of its best sentence, and its support."""
    own = fetched.tokens.part(n, n + 1)
    tokens = encoder.codec.decode(own.codes)
    numbers = own.sentences.tolist()
    late = _mean(question, weights, tokens)
    sentence = max(
        (
            _mean(question, weights, tokens[[other == number for other in numbers]])
            for number in set(numbers) - {CONTEXT}
        ),
        default=0.0,
    )
    if not len(tokens) or not sum(weights):
        return late, sentence, 0.0
    matches = [max(float(token @ other) for other in tokens) for token in question]
    ordered = sorted(zip(matches, weights, strict=True))
    reached = accumulate(weight / sum(weights) for _, weight in ordered)
    place = next(n for n, share in enumerate(reached) if share >= 0.25 - 1e-6)
    return late, sentence, (late + ordered[place][0]) / 2


def _mean(
    question: NDArray[np.float32], weights: Sequence[float], tokens: NDArray[np.float32]
) -> float:
    """Return the weighted mean of the best cosine of each question token."""
    if not len(tokens) or not sum(weights):
        return 0.0
    best = (max(float(token @ other) for other in tokens) for token in question)
    return sum(w * cosine for w, cosine in zip(weights, best, strict=True)) / sum(weights)
