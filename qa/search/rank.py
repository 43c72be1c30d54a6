"""From a question to ranked passages: candidates, late interaction, one score.

1. *Candidates.* Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009) joins the passages
   that are nearest to the question's vector and those that are highest in BM25.
2. *Late interaction (MaxSim).* Each question token is matched with the most similar token of a
   candidate. The late score is the mean of these matches over the question's tokens; a token weighs
   more if it is rare in the archive. The sentence score is the same mean within the best sentence
   alone: words that stand together answer more often than words that are spread over a passage. The
   weakest matches of the question go into the candidate's support.
3. *One score.* The four scores are put on a common scale that does not depend on the other
   candidates: BM25 becomes a share of the highest score that the question's terms can reach; the
   other three are on this scale already. The score is their mean with fixed weights. So scores of
   different questions can be compared, and a filter does not change a score. The scores are
   computed here, whichever store found the candidates.

Passages below the candidates follow in the order of the fusion. They have no score of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.encode import Encoded, Projected, TokenCodec
from qa.records import Filters, Hit, PassageId
from qa.search import quoted
from qa.store import (
    CONTEXT,
    Candidates,
    Fetched,
    Query,
    Statistics,
    Store,
    StoredPassage,
    TokenCodes,
)
from qa.store.bm25 import Bm25, idf, impacts, relative_lengths
from qa.store.protocol import NOTHING
from qa.text.phrases import Phrases

_PLACES = 5
_WEAKEST = 0.25


@dataclass(frozen=True, slots=True)
class Ranking:
    """The constants of ranking; ``eval/choose.py`` chose the weights by a fixed rule."""

    depth: int = 100
    """How many passages dense search proposes, and how many lexical search proposes."""
    rrf: int = 10
    """The constant of reciprocal rank fusion."""
    candidates: int = 40
    """Passages that are re-ranked."""
    dense: float = 0.5
    lexical: float = 0.8
    late: float = 1.0
    sentence: float = 1.2
    """Weights of the four scores."""
    idf_power: float = 1.0
    """The weight of a question token is its inverse document frequency to this power."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The prepared query: a question's vector, its tokens and terms, and the weights of both.

    ``term_weights``: float64, shape (terms,), the idf of each term. ``term_ceiling``: the highest BM25
    score that all terms together can reach. ``statistics``: the counts from the store.
    """

    vector: FloatArray
    tokens: Projected
    token_weights: FloatArray
    terms: tuple[str, ...]
    term_weights: NDArray[np.float64]
    term_ceiling: float
    bm25: Bm25
    statistics: Statistics

    def ceiling(self, term: str) -> float:
        """Return the most that a term can add to a BM25 score; a rarer term can add more."""
        return self.bm25.ceiling(self.statistics.terms[term], self.statistics.passages)

    def shares(self, fetched: Fetched) -> FloatArray:
        """Return what each term adds to the BM25 score of each passage, shape (passages, terms)."""
        relative = relative_lengths(fetched.lengths, self.statistics.mean_length)
        return impacts(fetched.counts, self.term_weights, relative[:, None], self.bm25)


def prepare(
    store: Store,
    codec: TokenCodec,
    encoded: Encoded,
    terms: Sequence[str],
    ranking: Ranking,
    others: Sequence[str] = (),
) -> Asked:
    """Weigh a question's terms and tokens by their rarity in the archive, with one call of the store.

    ``others`` are further terms whose statistics are needed.
    """
    unique = tuple(dict.fromkeys(terms))
    statistics = store.statistics(tuple(dict.fromkeys((*unique, *others))), encoded.ids)
    frequencies = [statistics.terms[term] for term in unique]
    rarity = idf(statistics.tokens, statistics.passages).astype(np.float32)
    weights = rarity**ranking.idf_power
    total = float(weights.sum())
    return Asked(
        vector=encoded.vector,
        tokens=codec.project(encoded.tokens),
        token_weights=(weights / total if total > 0 else weights).astype(np.float32),
        terms=unique,
        term_weights=idf(np.asarray(frequencies, np.int64), statistics.passages),
        term_ceiling=sum(store.recipe.bm25.ceiling(n, statistics.passages) for n in frequencies),
        bm25=store.recipe.bm25,
        statistics=statistics,
    )


@dataclass(frozen=True, slots=True)
class Ranked:
    """Hits, best first, ties by id, with the fetched data and the candidates that the store found.

    ``places`` has the place of each passage in ``fetched``.
    """

    hits: list[Hit]
    recalled: Candidates
    fetched: Fetched = NOTHING
    places: Mapping[PassageId, int] = field(default_factory=dict)

    def passage(self, hit: Hit) -> StoredPassage:
        """Return the passage of a hit, which must have been fetched."""
        return self.fetched.passages[self.places[hit.id]]

    def counts(self, hit: Hit) -> NDArray[np.int32]:
        """Return how often the passage of a hit holds each of the question's terms."""
        counts: NDArray[np.int32] = self.fetched.counts[self.places[hit.id]]
        return counts

    def tokens(self, hit: Hit) -> TokenCodes:
        """Return the coded tokens of the passage of a hit."""
        place = self.places[hit.id]
        return self.fetched.tokens.part(place, place + 1)


def rank(
    store: Store,
    codec: TokenCodec,
    asked: Asked,
    ranking: Ranking,
    *,
    filters: Filters | None = None,
    held_out: Collection[PassageId] = (),
    depth: int = 0,
    shown: int = 0,
    phrases: Phrases | None = None,
) -> Ranked:
    """Return the candidates as hits, then more passages down to ``depth``, with two calls of the store.

    The first ``shown`` hits are fetched too, also those below the candidates: they become results.
    With ``phrases``, all hits have these words; this takes further calls.
    """
    wanted = max(depth, ranking.depth)
    query = Query(asked.vector, asked.terms, wanted, filters or Filters(), held_out)
    if phrases:
        recalled = quoted.candidates(store, query, phrases, max(depth, ranking.candidates))
    else:
        recalled = store.candidates(query)
    top = [recalled.dense[: ranking.depth], recalled.lexical[: ranking.depth]]
    ids = _fuse(top, ranking.rrf, ranking.candidates)
    if not ids:
        return Ranked([], recalled)
    later: list[PassageId] = []
    if depth > len(ids):
        taken = set(ids)
        everything = _fuse([recalled.dense, recalled.lexical], ranking.rrf, depth)
        later = [id for id in everything if id not in taken][: depth - len(ids)]
    wanted_ids = [*ids, *later[: max(shown - len(ids), 0)]]
    fetched = store.fetch(wanted_ids, asked.terms)
    # Only the candidates go in, so that their matrix product never depends on ``depth`` or ``shown``.
    hits = _score(codec, asked, ranking, ids, fetched.part(0, len(ids)))
    floor = min(0.0, hits[-1].score)
    hits += [Hit(id, floor - 1e-6 * n) for n, id in enumerate(later, start=1)]
    return Ranked(hits, recalled, fetched, {id: n for n, id in enumerate(wanted_ids)})


def _score(
    codec: TokenCodec, asked: Asked, ranking: Ranking, ids: Sequence[PassageId], fetched: Fetched
) -> list[Hit]:
    """Return the candidates as hits, best first, ties by id."""
    cosines = np.asarray(fetched.vectors @ asked.vector, np.float32)
    lexical = np.zeros(len(ids), np.float32)
    for share in asked.shares(
        fetched
    ).T:  # one term after the other, in the order in which stores add
        lexical += share
    found = late_scores(codec, asked, fetched.tokens)
    scores = score(cosines, lexical, found.late, found.sentence, asked, ranking)
    columns = (scores, cosines, lexical, found.late, found.sentence, found.best, found.support)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    hits = [Hit(id, *values) for id, values in zip(ids, rows, strict=True)]
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))


def score(
    cosines: FloatArray,
    lexical: FloatArray,
    late: FloatArray,
    sentence: FloatArray,
    asked: Asked,
    ranking: Ranking,
) -> FloatArray:
    """Return one score for each candidate: a weighted mean of the four scores, about 0 to 1.

    It is rounded to five places. Further digits depend on the order of summation in a matrix
    product, and would put copies of one text in a random order.
    """
    share = lexical / asked.term_ceiling if asked.term_ceiling > 0 else np.zeros_like(lexical)
    weights = (ranking.dense, ranking.lexical, ranking.late, ranking.sentence)
    parts = zip(weights, (cosines, share, late, sentence), strict=True)
    mean = sum(weight * part for weight, part in parts) / sum(weights)
    return np.asarray(np.round(mean, _PLACES), np.float32)


class LateScores(NamedTuple):
    """The late score of each passage, the score and number of its best sentence, and its support.

    Support is the mean of two numbers: the late score, and the match that the weakest quarter of the
    question's weight does not exceed (see ``_weakest``). ``best`` is int64, the others are float32;
    all have the shape (passages,). A passage without tokens of its own has ``best`` -1 and scores 0.
    """

    late: FloatArray
    sentence: FloatArray
    best: NDArray[np.int64]
    support: FloatArray


def late_scores(codec: TokenCodec, asked: Asked, codes: TokenCodes) -> LateScores:
    """Match each question token with its most similar token in a passage and in a sentence."""
    count = len(codes.starts)
    late, sentence, support = np.zeros((3, count), np.float32)
    best = np.full(count, -1, np.int64)
    found = LateScores(late, sentence, best, support)
    if not len(asked.tokens) or not len(codes.codes):
        return found
    similarities = codec.similarities(asked.tokens, codes.codes)
    ends = np.append(codes.starts[1:], len(codes.codes))
    full = np.flatnonzero(ends > codes.starts)  # reduceat has no empty segments
    matches = np.maximum.reduceat(similarities, codes.starts[full], axis=1)
    late[full] = asked.token_weights @ matches
    support[full] = (late[full] + _weakest(asked.token_weights, matches)) / 2
    begins = np.union1d(codes.starts[full], np.flatnonzero(np.diff(codes.sentences)) + 1)
    scores = asked.token_weights @ np.maximum.reduceat(similarities, begins, axis=1)
    own = codes.sentences[begins] != CONTEXT
    owner = full[np.searchsorted(codes.starts[full], begins, side="right") - 1][own]
    scores, numbers = scores[own], codes.sentences[begins][own]
    # The best sentence of each passage. Of equal ones it is the first, because of this order.
    order = np.lexsort((np.arange(len(scores)), -scores, owner))
    passages, first = np.unique(owner[order], return_index=True)
    sentence[passages] = scores[order][first]
    best[passages] = numbers[order][first]
    return found


def _weakest(weights: FloatArray, matches: FloatArray) -> FloatArray:
    """Return the weighted lower quartile of the matches of each passage.

    Sort the question's tokens by their match; the result is the match at which their weights, summed
    from the weakest, reach a quarter. ``weights``: one for each token, sum 1; ``matches``:
    (tokens, passages).
    """
    order = np.argsort(matches, axis=0, kind="stable")
    reached = np.cumsum(weights[order], axis=0)
    place = np.minimum((reached < _WEAKEST).sum(axis=0), len(weights) - 1)
    passages = np.arange(matches.shape[1])
    return np.asarray(matches[order[place, passages], passages], np.float32)


def _fuse(rankings: Sequence[Sequence[PassageId]], constant: int, most: int) -> list[PassageId]:
    """Return the first passages of several rankings by reciprocal rank fusion, ties by id."""
    totals: dict[PassageId, float] = {}
    for ranking in rankings:
        for place, id in enumerate(ranking, start=1):
            totals[id] = totals.get(id, 0.0) + 1.0 / (constant + place)
    # Only the first ``most`` are needed, so the rest is not sorted.
    cut = sorted(totals.values(), reverse=True)[:most][-1:]
    above = ((-total, id) for id, total in totals.items() if total >= cut[0])
    return [id for _, id in sorted(above)][:most]
