"""A question to ranked passages: candidates, late interaction, one score.

1. *Candidates.* The passages nearest to the question's vector and those highest in BM25 are
   joined by reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009).
2. *Late interaction.* Each question token is matched with the most similar token of a candidate;
   the mean over the question's tokens, weighted by how rare each is in the archive, is the
   candidate's late score. The same within its best sentence alone is its sentence score: words
   that stand together answer more often than words that are spread over a passage. How well the
   question is matched where it is matched worst goes into the candidate's support.
3. *One score.* The four scores are brought to a common scale that does not depend on the other
   candidates (the cosine as it is, BM25 as a share of the most that the question's terms could
   bring, the late ones as they are) and averaged with fixed weights. A score can therefore be
   compared between questions, and a filter does not change it.

Passages below the candidates follow in the order of the fusion, without a score of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.encode import Encoded, Projected, TokenCodec
from qa.records import Hit
from qa.store import CONTEXT, Store, TokenCodes
from qa.store.protocol import Mask, RowArray

_PLACES = 5
_WEAKEST = 0.25


@dataclass(frozen=True, slots=True)
class Ranking:
    """The constants of ranking; the weights are what ``eval/choose.py`` takes by its rule."""

    depth: int = 100
    """Passages that each of dense and lexical search proposes."""
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
    """A question token weighs its inverse document frequency to this power."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question made ready: its vector, its tokens and their weights, its terms."""

    vector: FloatArray
    tokens: Projected
    terms: tuple[str, ...]
    term_ceiling: float
    token_weights: FloatArray


def prepare(
    store: Store, codec: TokenCodec, encoded: Encoded, terms: Sequence[str], ranking: Ranking
) -> Asked:
    """Weigh a question's terms and tokens by how rare they are in the archive."""
    unique = tuple(dict.fromkeys(terms))
    weights = store.token_weights(encoded.ids) ** ranking.idf_power
    total = float(weights.sum())
    return Asked(
        vector=encoded.vector,
        tokens=codec.project(encoded.tokens),
        terms=unique,
        term_ceiling=sum(store.term_weight(term) for term in unique),
        token_weights=(weights / total if total > 0 else weights).astype(np.float32),
    )


def rank(
    store: Store,
    codec: TokenCodec,
    asked: Asked,
    ranking: Ranking,
    *,
    allowed: Mask | None = None,
    depth: int = 0,
) -> list[Hit]:
    """Return hits, best first, ties by row: the candidates, then more down to ``depth``."""
    wanted = max(depth, ranking.depth)
    lexical_scores = store.term_scores(asked.terms)
    nearest = store.nearest(asked.vector, wanted, allowed)
    matching = _best(lexical_scores, wanted, allowed)
    pool = _fuse([nearest[: ranking.depth], matching[: ranking.depth]], ranking.rrf)
    rows = pool[: ranking.candidates]
    if not len(rows):
        return []
    cosines = store.cosines(asked.vector, rows)
    lexical = lexical_scores[rows]
    found = late_scores(codec, asked, store.token_codes(rows))
    scores = score(cosines, lexical, found.late, found.sentence, asked, ranking)
    order = np.lexsort((rows, -scores))
    hits = [
        Hit(
            int(rows[n]),
            float(scores[n]),
            dense=float(cosines[n]),
            lexical=float(lexical[n]),
            late=float(found.late[n]),
            sentence=float(found.sentence[n]),
            best=int(found.best[n]),
            support=float(found.support[n]),
        )
        for n in order
    ]
    if depth > len(hits):
        everything = _fuse([nearest, matching], ranking.rrf)
        taken = set(rows.tolist())
        later = [row for row in everything.tolist() if row not in taken][: depth - len(hits)]
        floor = min(0.0, hits[-1].score)
        hits += [Hit(row, floor - 1e-6 * n) for n, row in enumerate(later, start=1)]
    return hits


def score(
    cosines: FloatArray,
    lexical: FloatArray,
    late: FloatArray,
    sentence: FloatArray,
    asked: Asked,
    ranking: Ranking,
) -> FloatArray:
    """Return the one score of each candidate: a weighted mean of four, about 0 to 1.

    To five places: what lies below depends on the order of summation in a product of matrices, and
    would order copies of one text by chance.
    """
    share = lexical / asked.term_ceiling if asked.term_ceiling > 0 else np.zeros_like(lexical)
    weights = (ranking.dense, ranking.lexical, ranking.late, ranking.sentence)
    parts = zip(weights, (cosines, share, late, sentence), strict=True)
    mean = sum(weight * part for weight, part in parts) / sum(weights)
    return np.asarray(np.round(mean, _PLACES), np.float32)


class LateScores(NamedTuple):
    """Of each passage the late score, its best sentence's score and number, and its support.

    Support is the mean of the late score and of the match that the weakest quarter of the
    question stays below. ``best`` is int64, the others are float32, all of shape (passages,);
    -1 and 0 for a passage without tokens of its own.
    """

    late: FloatArray
    sentence: FloatArray
    best: RowArray
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
    # The best of each passage, of equal ones the first: the first of its owner in this order.
    order = np.lexsort((np.arange(len(scores)), -scores, owner))
    passages, first = np.unique(owner[order], return_index=True)
    sentence[passages] = scores[order][first]
    best[passages] = numbers[order][first]
    return found


def _weakest(weights: FloatArray, matches: FloatArray) -> FloatArray:
    """Return, of each passage, the match below which a quarter of the question's weight lies.

    ``weights``: one for each of the question's tokens, sum 1; ``matches``: (tokens, passages).
    """
    order = np.argsort(matches, axis=0, kind="stable")
    reached = np.cumsum(weights[order], axis=0)
    place = np.minimum((reached < _WEAKEST).sum(axis=0), len(weights) - 1)
    passages = np.arange(matches.shape[1])
    return np.asarray(matches[order[place, passages], passages], np.float32)


def _fuse(rankings: Sequence[RowArray], constant: int) -> RowArray:
    """Return the rows of several rankings by reciprocal rank fusion, ties by row."""
    rows, inverse = np.unique(np.concatenate(rankings), return_inverse=True)
    shares = np.concatenate([1.0 / (constant + 1 + np.arange(len(r))) for r in rankings])
    totals = np.bincount(inverse, weights=shares, minlength=len(rows))
    return np.asarray(rows[np.lexsort((rows, -totals))], np.int64)


def _best(scores: FloatArray, k: int, allowed: Mask | None) -> RowArray:
    """Return the rows of the ``k`` highest positive scores, best first, ties by row."""
    positive: NDArray[np.bool_] = scores > 0
    rows = np.flatnonzero(positive if allowed is None else positive & allowed)
    if len(rows) > k:
        # The k-th score may be shared: keep all that reach it, and let the row decide.
        threshold = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= threshold]
    return np.asarray(rows[np.lexsort((rows, -scores[rows]))][:k], np.int64)
