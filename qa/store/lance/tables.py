"""The tables of one generation, opened: rows by number, searches, all of it verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from lancedb.query import MatchQuery
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.store.lance.connection import Database
from qa.store.lance.layout import (
    DOCUMENTS,
    FETCHED,
    FILES,
    KEYED,
    MATCHED,
    PASSAGES,
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

AT_ONCE = 1000
"""Rows that are read together where all are read."""


class Tables:
    """Reads a generation's tables, each at the version that its manifest names."""

    def __init__(self, database: Database, generation: str, versions: Mapping[str, int]) -> None:
        self.generation = generation
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
        columns = [*FETCHED, *(KEYED[1:] if keyed else ())]
        table = self._take(self._passages, rows, columns)
        return passages_of(table, rows, self.generation)

    def documents(self, places: Sequence[int]) -> Iterator[tuple[DocumentRow, bytes]]:
        """Yield documents in the order asked for, verified, each with its checksum."""
        table = self._take(self._documents, places, ["place", "text", "layout", "sum"])
        return documents_of(table, places, self.generation)

    def keys(self, count: int) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the key of each passage."""
        for first in range(0, count, AT_ONCE):
            rows = range(first, min(first + AT_ONCE, count))
            table = self._take(self._passages, rows, ["row", "key"])
            yield from zip(table["row"].to_pylist(), table["key"].to_pylist(), strict=True)

    def packed(self, count: int) -> Iterator[tuple[int, bytes]]:
        """Yield the document's place and the packed passage of each row, not verified."""
        for first in range(0, count, AT_ONCE):
            rows = range(first, min(first + AT_ONCE, count))
            table = self._take(self._passages, rows, ["row", "document", "passage"])
            yield from zip(table["document"].to_pylist(), table["passage"].to_pylist(), strict=True)

    def _take(self, table: Any, numbers: Sequence[int], columns: Sequence[str]) -> pa.Table:
        # Rows lie in the order of their numbers; should they not, their checksums tell.
        wanted = sorted(set(numbers))
        return self._database.rows(table.take_offsets(wanted).select(list(columns)))

    # --- searches ----------------------------------------------------------------------------

    def nearest(
        self, vector: FloatArray, count: int, where: str | None
    ) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
        """Return rows, vectors and cosines of the nearest passages, to some digits, ties by chance."""
        return self._near(vector, where, count)

    def within(self, vector: FloatArray, cosine: float, most: int) -> NDArray[np.int64]:
        """Return the rows of all passages that have about this cosine, or a higher one."""
        return self._near(vector, None, most, upper=1 - cosine + 1e-5)[0]

    def _near(
        self, vector: FloatArray, where: str | None, count: int, upper: float | None = None
    ) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
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
        self, terms: Sequence[str], count: int, where: str | None
    ) -> tuple[list[int], list[str], list[float]]:
        """Return rows, all terms and BM25 scores of passages, to some digits, ties by chance."""
        wanted = MatchQuery(" ".join(terms), "terms")
        query = self._passages.search(wanted, query_type="fts").limit(count)
        if where:
            query = query.where(where, prefilter=True)
        table = self._database.rows(query.select([*MATCHED, "_score"]))
        rows, texts, sums, scores = (table[name].to_pylist() for name in (*MATCHED, "_score"))
        for row, text, kept in zip(rows, texts, sums, strict=True):
            if checksum(row, text) != kept:
                raise damaged(f"{self.generation}, passage {row}", "its checksum is wrong")
        return rows, texts, scores

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many passages each of some terms stands, those that stand in none left out."""
        quoted = ", ".join("'" + term.replace("'", "''") + "'" for term in terms)
        query = self._terms.search().where(f"term IN ({quoted})").limit(len(terms))
        table = self._database.rows(query.select(["term", "passages", "sum"]))
        return {term: count for term, count, _ in terms_of(table, self.generation)}

    def terms(self, count: int) -> Iterator[tuple[str, int, bytes]]:
        """Yield all terms in their order, verified."""
        for first in range(0, count, 10 * AT_ONCE):
            numbers = range(first, min(first + 10 * AT_ONCE, count))
            table = self._take(self._terms, numbers, ["term", "passages", "sum"])
            yield from terms_of(table.sort_by("term"), self.generation)


def table_name(generation: str, name: str) -> str:
    """Return what a table of a generation is called."""
    return f"{generation}-{name}"


__all__ = ["AT_ONCE", "FILES", "Tables", "table_name"]
