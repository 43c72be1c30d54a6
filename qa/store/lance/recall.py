"""Finding candidates in the tables of a generation.

Without an index of the vectors, the engine recalls with some to spare, and which of these come first is
worked out here from the vectors and the counts themselves, by the arithmetic that the store on the disk has.
So both give the same candidates, to the last digit, and of equal ones the first by id.

With one, the engine's indexes alone say which passages are candidates and in what order: no row is read.
Their scores come from the rows that are fetched then, as ever. BM25 is the same to five digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.store.bm25 import Bm25, idf, impacts, relative_lengths
from qa.store.files.dense import inner_products
from qa.store.lance.exact import Recalled, best, counted
from qa.store.lance.tables import Tables
from qa.store.lance.terms import Frequencies
from qa.store.lance.vectors import with_spare
from qa.store.protocol import RowArray

_SCORE_TOLERANCE, _COSINE_TOLERANCE = 1e-4, 1e-5
"""By how much the engine's figures may be off; measured: 1e-5 of a score, 3e-7."""
_CODE_TOLERANCE = 0.004
"""The same of a cosine in the index of the vectors."""
_NEAR = 256


class Scope(NamedTuple):
    """Where candidates may come from: a condition in SQL, rows that are held out, how many rows are left."""

    where: str | None
    held_out: RowArray
    left: int


class Recall:
    """Finds candidates of one generation."""

    def __init__(
        self, tables: Tables, frequencies: Frequencies, bm25: Bm25, mean_length: float, rows: int
    ) -> None:
        self._tables = tables
        self._frequencies = frequencies
        self._bm25 = bm25
        self._mean_length = mean_length
        self._rows = rows

    def dense(self, vector: FloatArray, depth: int, scope: Scope) -> RowArray:
        """Return the rows that are nearest to a unit vector, nearest first, ties by row.

        With an index, which judges roughly, there are a tenth more of them.
        """
        index = self._tables.vectors
        where = _without(scope)
        probes = index.probed(scope.left, self._rows) if index else 0

        def recall(wanted: int) -> Recalled:
            nonlocal probes
            if index is None:
                rows, vectors, about = self._tables.nearest(vector, wanted, where)
                exact = inner_products(vectors, vector) if len(rows) else about
                return Recalled(rows, exact, about.min(initial=1.0) + _COSINE_TOLERANCE)
            more = wanted + len(scope.held_out)
            rows, about = self._tables.nearest_indexed(vector, more, scope.where, probes)
            if len(rows) < more and probes < index.partitions:
                probes = index.partitions  # what a condition leaves lies in few of them
                rows, about = self._tables.nearest_indexed(vector, more, scope.where, probes)
            return _others(rows, about, scope.held_out)

        return best(recall, with_spare(depth) if index else depth, scope.left)

    def lexical(self, terms: Sequence[str], depth: int, scope: Scope) -> RowArray:
        """Return the rows with the highest BM25 of some terms, highest first, ties by row."""
        if self._tables.vectors is not None:

            def told(wanted: int) -> Recalled:
                more = wanted + len(scope.held_out)
                found = self._tables.matching_indexed(terms, more, scope.where)
                return _others(*found, scope.held_out)

            return best(told, depth, scope.left)
        frequencies = list(self._frequencies(terms).values())
        weights = idf(np.asarray(frequencies, np.int64), self._rows)
        where = _without(scope)

        def recall(wanted: int) -> Recalled:
            rows, texts, about = self._tables.matching(terms, wanted, where)
            counts, lengths = counted(texts, terms)
            relative = relative_lengths(lengths, self._mean_length)
            shares = impacts(counts, weights, relative[:, None], self._bm25)
            exact = np.zeros(len(rows), np.float32)
            for share in shares.T:  # one after the other: the order of a sum decides its last digit
                exact += share
            ceiling = min(about, default=0.0) * (1 + _SCORE_TOLERANCE)
            return Recalled(np.asarray(rows, np.int64), exact, ceiling)

        return best(recall, depth, scope.left)

    def holders(self, terms: Sequence[str], scope: Scope) -> NDArray[np.bool_]:
        """Return which rows have all of some terms, of those in a scope; bool, one for each row."""
        holders = np.zeros(self._rows, bool)
        rarest = min(self._frequencies(terms).values())
        if not rarest:
            return holders
        most = rarest + 1  # one more would show that the engine's index is another one's
        if self._tables.vectors is not None:
            rows, _ = self._tables.matching_indexed(terms, most, scope.where, every=True)
            holders[rows] = True
            holders[scope.held_out] = False
        else:
            found, texts, _ = self._tables.matching(terms, most, _without(scope), every=True)
            counts, _ = counted(texts, terms)
            holders[np.asarray(found, np.int64)[counts.all(axis=1)]] = True
        return holders

    def holds(self, term: str, where: str | None) -> bool:
        """Whether a row that a condition leaves has a term."""
        if self._tables.vectors is not None:
            return bool(len(self._tables.matching_indexed([term], 1, where)[0]))
        return bool(self._tables.matching([term], 1, where)[0])

    def alike(self, vector: FloatArray, cosine: float) -> RowArray:
        """Return the rows whose vectors have about this cosine with a vector, or a higher one, ascending.

        With an index, only rows of the partitions that it probes are among them.
        """
        index = self._tables.vectors
        if index is None:
            return np.sort(self._tables.within(vector, cosine, self._rows))
        wanted, least = min(_NEAR, self._rows), cosine - _CODE_TOLERANCE
        while True:
            rows, about = self._tables.nearest_indexed(vector, wanted, None, index.probes)
            if len(rows) < wanted or wanted == self._rows or about.min() < least:
                return np.sort(rows[about >= least])
            wanted = min(4 * wanted, self._rows)


def _without(scope: Scope) -> str | None:
    """Return the condition of a scope with what is held out."""
    parts = [scope.where] if scope.where else []
    if len(scope.held_out):
        parts.append(f"row NOT IN ({', '.join(map(str, scope.held_out.tolist()))})")
    return " AND ".join(parts) or None


def _others(rows: RowArray, about: FloatArray, held_out: RowArray) -> Recalled:
    """Return what the engine's indexes found, without what is held out."""
    ceiling = float(about.min(initial=np.inf)) if len(about) else 0.0
    if len(held_out):
        keep = ~np.isin(rows, held_out)
        rows, about = rows[keep], about[keep]
    return Recalled(rows, about, ceiling)
