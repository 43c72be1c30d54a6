"""Making the engine's indexes, once all rows are written; making sure that they hold them all."""

from __future__ import annotations

from typing import Any

import numpy as np
from lancedb.index import FTS, BTree

from qa.errors import IndexDamagedError
from qa.store.lance.appended import Appended
from qa.store.lance.connection import Database, named
from qa.store.lance.tables import Tables
from qa.store.lance.vectors import (
    DEPTH,
    LEAST,
    SAMPLE,
    WANTED,
    VectorIndex,
    config,
    nearest,
    recall,
    steps,
    with_spare,
)
from qa.store.protocol import spread

_WHOLE_TERMS = FTS(
    base_tokenizer="whitespace",
    lower_case=False,
    stem=False,
    remove_stop_words=False,
    ascii_folding=False,
    max_token_length=None,
    with_position=False,
)
"""Our own terms, as they are."""


def index_terms(passages: Appended) -> None:
    """Make the index that BM25 is searched with. Raises IndexDamagedError."""
    _index(passages, "terms", _WHOLE_TERMS)


def index_vectors(passages: Appended) -> VectorIndex:
    """Make the index of the vectors, and those of the columns that conditions name.

    It is not measured yet. Raises IndexDamagedError.
    """
    made, partitions = config(passages.rows)
    _index(passages, "vector", made)
    for column in ("row", "document"):
        _index(passages, column, BTree())
    return VectorIndex(partitions, partitions, 0.0, _runs(passages))


def measured(database: Database, tables: Tables, index: VectorIndex, rows: int) -> VectorIndex:
    """Return the index with as many partitions a question as find what is wanted, and what they find.

    ``tables``: those of the index. Raises IndexDamagedError where all partitions find too little.
    """
    sample = [row.vector for row, _ in tables.passages(spread(rows, SAMPLE))]
    vectors = np.array(sample, np.float32)
    exact = nearest(vectors, tables.all_vectors(rows))
    found = 0.0
    for probes in steps(index.partitions):
        searched = [
            tables.nearest_indexed(one, with_spare(DEPTH), None, probes)[0] for one in vectors
        ]
        found = recall(exact, searched)
        if found >= WANTED:
            break
    if found < LEAST:
        raise IndexDamagedError(
            f"the index of the vectors of {database.address.name} finds {found:.0%} of what is nearest: "
            "raise exact_passages, and run qa build again"
        )
    return index._replace(probes=probes, recall=round(found, 4))


def _index(appended: Appended, column: str, config: Any) -> None:
    with named(appended.database.address):
        appended.table.create_index(column, config=config)
        found = [one for one in appended.table.list_indices() if one.columns == [column]]
    rows = found[0].num_indexed_rows if len(found) == 1 else 0
    if rows != appended.rows or found[0].num_unindexed_rows:
        raise IndexDamagedError(
            f"the index of {column} holds {rows} of {appended.rows} rows: run qa build again"
        )


def _runs(appended: Appended) -> tuple[tuple[int, int, int], ...]:
    """Return what ids the engine gave to the rows of each append. Raises IndexDamagedError."""
    ends = sorted({row for first, count in appended.batches for row in (first, first + count - 1)})
    query = appended.table.take_offsets(ends).select(["row"]).with_row_id()
    table = appended.database.rows(query)
    ids = dict(zip(table["row"].to_pylist(), table["_rowid"].to_pylist(), strict=True))
    for first, count in appended.batches:
        if ids.get(first + count - 1, -1) - ids.get(first, 0) != count - 1:
            raise IndexDamagedError(
                f"the rows of the index {appended.database.address.name} lie in another order than they "
                "were written: run qa build again"
            )
    return tuple((ids[first], first, count) for first, count in appended.batches)
