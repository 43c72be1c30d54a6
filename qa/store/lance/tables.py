"""The tables of one generation, opened: rows by number, searches, all of it verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from lancedb.query import FullTextOperator, MatchQuery
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.store.lance.connection import Database
from qa.store.lance.layout import (
    DOCUMENTS,
    FILES,
    KEYED,
    MATCHED,
    PASSAGES,
    RECORD,
    SPANS,
    TERMS,
    DocumentRow,
    PassageRow,
    checksum,
    damaged,
    documents_of,
    passages_of,
    terms_of,
    vectors_of,
)
from qa.store.lance.vectors import RowIds, VectorIndex
from qa.store.protocol import RowArray

AT_ONCE = 1000
"""Rows that are read together where all are read."""


class Tables:
    """Reads a generation's tables, each at the version that its manifest names.

    ``vectors``: the index of the vectors; None where a search compares with all of them.
    """

    def __init__(
        self,
        database: Database,
        generation: str,
        versions: Mapping[str, int],
        vectors: VectorIndex | None = None,
    ) -> None:
        self.generation = generation
        self.vectors = vectors
        self._ids = RowIds(vectors.runs if vectors else ())
        self._database = database
        self._passages, self._documents, self._terms = (
            database.open(table_name(generation, name), versions[name])
            for name in (PASSAGES, DOCUMENTS, TERMS)
        )

    def count(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return {
            name: int(self._database.read(table.count_rows))
            for name, table in (
                (PASSAGES, self._passages),
                (DOCUMENTS, self._documents),
                (TERMS, self._terms),
            )
        }

    # --- rows by number ----------------------------------------------------------------------

    def passages(
        self, rows: Sequence[int], *, keyed: bool = False
    ) -> Iterator[tuple[PassageRow, bytes]]:
        """Yield passages in the order asked for, verified, each with its checksum."""
        table = self._take(self._passages, rows, [RECORD, *(KEYED if keyed else ())])
        return passages_of(table, rows, self.generation)

    def documents(self, places: Sequence[int]) -> Iterator[tuple[DocumentRow, bytes]]:
        """Yield documents in the order asked for, verified, each with its checksum."""
        table = self._take(self._documents, places, ["place", "text", "layout", "sum"])
        return documents_of(table, places, self.generation)

    def terms(self, blocks: Sequence[int]) -> Iterator[tuple[dict[str, int], bytes]]:
        """Yield blocks of terms in the order asked for, verified, each with its checksum."""
        table = self._take(self._terms, blocks, ["block", "terms", "sum"])
        return terms_of(table, blocks, self.generation)

    def keys(self, count: int) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the key of each passage."""
        for first in range(0, count, AT_ONCE):
            rows = range(first, min(first + AT_ONCE, count))
            table = self._take(self._passages, rows, ["row", "key"])
            yield from zip(table["row"].to_pylist(), table["key"].to_pylist(), strict=True)

    def spans(self, count: int) -> Iterator[tuple[int, int, int]]:
        """Yield the document's place, the start and the end of each passage, not verified."""
        for first in range(0, count, 20 * AT_ONCE):
            rows = range(first, min(first + 20 * AT_ONCE, count))
            table = self._take(self._passages, rows, ["row", *SPANS])
            yield from zip(*(table[name].to_pylist() for name in SPANS), strict=True)

    def all_vectors(self, count: int) -> Iterator[FloatArray]:
        """Yield all vectors in parts, not verified."""
        for first in range(0, count, 20 * AT_ONCE):
            rows = range(first, min(first + 20 * AT_ONCE, count))
            yield vectors_of(self._take(self._passages, rows, ["vector"]))

    def _take(self, table: Any, numbers: Sequence[int], columns: Sequence[str]) -> pa.Table:
        # Rows lie in the order of their numbers; should they not, their checksums tell.
        wanted = sorted(set(numbers))
        return self._database.rows(table.take_offsets(wanted).select(list(columns)))

    # --- searches that read rows -------------------------------------------------------------

    def nearest(
        self, vector: FloatArray, count: int, where: str | None
    ) -> tuple[RowArray, FloatArray, FloatArray]:
        """Return rows, vectors and cosines of the nearest passages, to some digits, ties by chance."""
        return self._near(vector, where, count)

    def within(self, vector: FloatArray, cosine: float, most: int) -> RowArray:
        """Return the rows of all passages that have about this cosine, or a higher one."""
        return self._near(vector, None, most, upper=1 - cosine + 1e-5)[0]

    def _near(
        self, vector: FloatArray, where: str | None, count: int, upper: float | None = None
    ) -> tuple[RowArray, FloatArray, FloatArray]:
        query = self._passages.search(vector, vector_column_name="vector")
        query = query.distance_type("dot").bypass_vector_index().limit(count)
        if upper is not None:
            query = query.distance_range(upper_bound=upper)
        if where:
            query = query.where(where, prefilter=True)
        table = self._database.rows(query.select(["row", "vector", "_distance"]))
        cosines = 1 - table["_distance"].to_numpy()
        return table["row"].to_numpy(), vectors_of(table), cosines.astype(np.float32)

    def matching(
        self, terms: Sequence[str], count: int, where: str | None, *, every: bool = False
    ) -> tuple[list[int], list[str], list[float]]:
        """Return rows, all terms and BM25 scores of passages, to some digits, ties by chance.

        Passages have one of ``terms`` at least, or ``every`` one.
        """
        query = self._matching(terms, count, where, every=every)
        table = self._database.rows(query.select([*MATCHED, "_score"]))
        rows, texts, sums, scores = (table[name].to_pylist() for name in (*MATCHED, "_score"))
        for row, text, kept in zip(rows, texts, sums, strict=True):
            if checksum(row, text) != kept:
                raise damaged(f"{self.generation}, passage {row}", "its checksum is wrong")
        return rows, texts, scores

    def _matching(self, terms: Sequence[str], count: int, where: str | None, *, every: bool) -> Any:
        operator = FullTextOperator.AND if every else FullTextOperator.OR
        wanted = MatchQuery(" ".join(terms), "terms", operator=operator)
        query = self._passages.search(wanted, query_type="fts").limit(count)
        return query.where(where, prefilter=True) if where else query

    # --- searches that read the engine's indexes alone ---------------------------------------

    def nearest_indexed(
        self, vector: FloatArray, count: int, where: str | None, probes: int
    ) -> tuple[RowArray, FloatArray]:
        """Return rows and cosines of the nearest passages as the index of the vectors has them."""
        query = self._passages.search(vector, vector_column_name="vector")
        query = query.distance_type("l2").nprobes(probes).limit(count)
        if where:
            query = query.where(where, prefilter=True)
        table = self._database.rows(query.with_row_id(True).select(["_distance"]))
        # Of unit vectors the square of their distance is 2 - 2 cosines.
        cosines = 1 - table["_distance"].to_numpy() / 2
        return self._rows(table), cosines.astype(np.float32)

    def matching_indexed(
        self, terms: Sequence[str], count: int, where: str | None, *, every: bool = False
    ) -> tuple[RowArray, FloatArray]:
        """Return rows and BM25 scores of passages as the index of the terms has them; see ``matching``."""
        query = self._matching(terms, count, where, every=every)
        table = self._database.rows(query.with_row_id(True).select(["_score"]))
        return self._rows(table), table["_score"].to_numpy().astype(np.float32)

    def _rows(self, table: pa.Table) -> NDArray[np.int64]:
        return self._ids.rows(table["_rowid"].to_numpy())


def table_name(generation: str, name: str) -> str:
    """Return what a table of a generation is called."""
    return f"{generation}-{name}"


__all__ = ["AT_ONCE", "FILES", "Tables", "table_name"]
