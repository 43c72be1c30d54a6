"""The inverted index: which passages have which term, and its BM25 impact there (``qa.store.bm25``).

An impact is the term's part of the passage's score. A build computes the impacts, and a question adds up
a few arrays of them from the disk. A general library was not used: this index needs only NumPy (no
just-in-time compiler to start), it is written and verified like the rest of a generation, and its search
within a filter is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray

RowArray = NDArray[np.int64]


class LexicalIndex:
    """Terms and, for each, the passages that have it, with the term's impact on their scores.

    ``starts``, int64 of shape (terms + 1,), bounds each term's part of ``rows`` (int32, ascending
    within a term), ``counts`` (int32, how often the passage has it) and ``impacts`` (float32).
    ``lengths``, int32, is the number of terms of each passage. From lengths and counts a later build
    computes other impacts without reading the texts.
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
    ) -> None:
        self.terms = terms
        self.starts = starts
        self.rows = rows
        self.counts = counts
        self.lengths = lengths
        self.impacts = impacts
        self.count = len(lengths)
        self._number: Mapping[str, int] = {term: n for n, term in enumerate(terms)}

    def counts_of(self, terms: Sequence[str], rows: RowArray) -> NDArray[np.int32]:
        """Return how often passages have terms, int32 of shape (rows, terms)."""
        found = np.zeros((len(rows), len(terms)), np.int32)
        wanted = rows.astype(np.int32)
        for column, term in enumerate(terms):
            part = self._part(term)
            holders = self.rows[part]
            if not len(holders):
                continue
            at = holders.searchsorted(wanted)
            held = holders.take(at, mode="clip") == wanted
            found[:, column] = self.counts[part].take(at, mode="clip") * held
        return found

    def scores(self, terms: Iterable[str]) -> FloatArray:
        """Return the BM25 score of every passage, float32 of shape (count,)."""
        total = np.zeros(self.count, np.float32)
        for term in terms:
            rows, impacts = self.postings(term)
            total[rows] += impacts
        return total

    def holders(self, term: str) -> NDArray[np.int32]:
        """Return the rows that have ``term``, ascending."""
        return self.rows[self._part(term)]

    def postings(self, term: str) -> tuple[NDArray[np.int32], FloatArray]:
        """Return the rows that have ``term``, ascending, and its impacts on their scores."""
        part = self._part(term)
        return self.rows[part], self.impacts[part]

    def _part(self, term: str) -> slice:
        number = self._number.get(term)
        if number is None:
            return slice(0, 0)
        return slice(int(self.starts[number]), int(self.starts[number + 1]))


def best(scores: FloatArray, k: int, allowed: NDArray[np.bool_] | None) -> RowArray:
    """Return the rows of the ``k`` highest positive scores, best first, ties by row."""
    positive: NDArray[np.bool_] = scores > 0
    rows = np.flatnonzero(positive if allowed is None else positive & allowed)
    if len(rows) > k:
        # Several rows may have the k-th score: keep all that reach it, then order ties by row.
        threshold = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= threshold]
    return np.asarray(rows[np.lexsort((rows, -scores[rows]))][:k], np.int64)
