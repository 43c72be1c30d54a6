"""BM25 over terms, computed when the index is built and read from the disk as it is.

The score of a passage is the sum, over the question's terms, of a number that depends on the
term and the passage alone, so that all of it can be computed beforehand (Lù, BM25S, 2024); a
question adds up a few arrays. The variant is Robertson's with the idf of Lucene, which is never
negative. Unlike a general library's index this one keeps to NumPy (no just-in-time compiler to
start), is written and verified as the rest of a generation is, searches within a filter exactly,
and tells each term's share of a score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Bm25:
    """How fast a repeated term saturates, and how much a long passage is held down."""

    k1: float = 1.2
    b: float = 0.75


class LexicalIndex:
    """Terms and, for each, the passages that hold it with their shares of the score.

    ``starts``, int64 of shape (terms + 1,), bounds each term's part of ``rows`` (int32,
    ascending within a term), ``counts`` (int32, how often the passage holds it) and ``impacts``
    (float32). ``lengths``, int32, are the terms of each passage; from these and the counts a
    later build works out other impacts without reading the texts.
    """

    def __init__(
        self,
        *,
        terms: Sequence[str],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        counts: NDArray[np.int32],
        lengths: NDArray[np.int32],
        impacts: FloatArray,
        k1: float,
    ) -> None:
        self.terms = terms
        self.starts = starts
        self.rows = rows
        self.counts = counts
        self.lengths = lengths
        self.impacts = impacts
        self.count = len(lengths)
        self.k1 = k1
        self._number: Mapping[str, int] = {term: n for n, term in enumerate(terms)}

    def ceiling(self, term: str) -> float:
        """Return the most that a term can add to a score; a term not in the index has the highest."""
        number = self._number.get(term)
        held = 0 if number is None else int(self.starts[number + 1] - self.starts[number])
        return math.log1p((self.count - held + 0.5) / (held + 0.5)) * (self.k1 + 1)

    def scores(self, terms: Iterable[str]) -> FloatArray:
        """Return the BM25 score of every passage, float32 of shape (count,)."""
        total = np.zeros(self.count, np.float32)
        for term in terms:
            rows, impacts = self.postings(term)
            total[rows] += impacts
        return total

    def postings(self, term: str) -> tuple[NDArray[np.int32], FloatArray]:
        """Return the rows that hold ``term``, ascending, and its share of their scores."""
        number = self._number.get(term)
        if number is None:
            return self.rows[:0], self.impacts[:0]
        part = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.rows[part], self.impacts[part]


def impacts(
    counts: NDArray[np.int32],
    weights: NDArray[np.float64],
    relative: FloatArray,
    bm25: Bm25,
) -> FloatArray:
    """Return what terms add to the scores of passages, float32.

    ``counts``: how often each stands there; ``weights``: its idf; ``relative``: how long the
    passage is against the mean.
    """
    norm = bm25.k1 * (1 - bm25.b + bm25.b * relative)
    often = counts.astype(np.float32)
    return np.asarray(weights * often * (bm25.k1 + 1) / (often + norm), np.float32)


def idf(frequency: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return Lucene's inverse document frequency, ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return np.log1p((count - frequency + 0.5) / (frequency + 0.5))
