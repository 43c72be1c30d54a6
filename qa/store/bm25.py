"""BM25: what a term adds to a passage's score, from counts that any store can make.

The score of a passage is a sum over the question's terms; each part depends only on the term and the
passage. The variant is Robertson's with the idf of Lucene, which is never negative. A store may keep
these parts (Lù, BM25S, 2024). Ranking computes them again from the counts, with the same digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Bm25:
    """How fast a repeated term saturates, and how much a long passage is penalised."""

    k1: float = 1.2
    b: float = 0.75

    def ceiling(self, frequency: int, count: int) -> float:
        """Return the most that a term can add to a score if ``frequency`` of ``count`` passages have it.

        A term that no passage has gets the highest value.
        """
        return math.log1p((count - frequency + 0.5) / (frequency + 0.5)) * (self.k1 + 1)


def mean_length(lengths: NDArray[np.int32]) -> float:
    """Return the mean number of terms of the passages; 1 where there is no passage."""
    return float(lengths.astype(np.float32).mean()) if len(lengths) else 1.0


def relative_lengths(lengths: NDArray[np.int32], mean: float) -> FloatArray:
    """Return the length of each passage divided by the mean."""
    return np.asarray(lengths.astype(np.float32) / max(mean, 1e-9), np.float32)


def impacts(
    counts: NDArray[np.int32],
    weights: NDArray[np.float64],
    relative: FloatArray,
    bm25: Bm25,
) -> FloatArray:
    """Return what terms add to the scores of passages, float32.

    ``counts``: how often each term stands in the passage. ``weights``: the idf of each term.
    ``relative``: the passage's length divided by the mean. The shapes must broadcast.
    """
    norm = bm25.k1 * (1 - bm25.b + bm25.b * relative)
    often = counts.astype(np.float32)
    return np.asarray(weights * often * (bm25.k1 + 1) / (often + norm), np.float32)


def idf(frequency: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return Lucene's inverse document frequency, ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return np.log1p((count - frequency + 0.5) / (frequency + 0.5))
