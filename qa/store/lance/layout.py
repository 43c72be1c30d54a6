"""The tables of a generation: their columns, and the checksums that each row carries.

A checksum covers the row's own number too, so that a row that is handed out for another one is noticed.
Columns that are read together have a checksum together: a search for terms reads no token codes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from qa.arrays import FloatArray
from qa.errors import IndexDamagedError
from qa.records import PassageId, Span
from qa.store.documents import about_of
from qa.store.protocol import StoredPassage

PASSAGES, DOCUMENTS, TERMS, FILES = "passages", "documents", "terms", "files"
FETCHED = ("row", "document", "vector", "terms", "codes", "sentences", "passage", "sum")
"""What a question reads of its passages."""
MATCHED = ("row", "terms", "terms_sum")
"""What is read of passages that hold a term."""
KEYED = ("row", "key", "ids", "keyed_sum")
"""What a build reads beside that, to take a passage over."""
_SUM_BYTES = 16
# A purge can be proven on the raw objects only where texts stand there as they are.
_PLAIN = {"lance-encoding:compression": "none"}


class PassageRow(NamedTuple):
    """A passage as it is written. ``passage``: what ``packed`` made; the others as bytes of their arrays."""

    document: int
    vector: FloatArray
    terms: str
    codes: bytes
    sentences: bytes
    passage: bytes
    key: bytes
    ids: bytes


class DocumentRow(NamedTuple):
    """A document's text in UTF-8, and its blocks as JSON."""

    text: bytes
    layout: bytes


def checksum(*parts: object) -> bytes:
    """Return 16 bytes of the SHA-256 of some values, each set apart from the next."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.digest()[:_SUM_BYTES]


# --- passages --------------------------------------------------------------------------------


def passages_schema(dimension: int) -> pa.Schema:
    """Return the columns of the passages' table."""
    return pa.schema(
        [
            pa.field("row", pa.int64()),
            pa.field("document", pa.int32()),
            pa.field("vector", pa.list_(pa.float32(), dimension)),
            pa.field("terms", pa.string()),
            pa.field("codes", pa.binary(), metadata=_PLAIN),
            pa.field("sentences", pa.binary(), metadata=_PLAIN),
            pa.field("passage", pa.binary(), metadata=_PLAIN),
            pa.field("key", pa.binary()),
            pa.field("ids", pa.binary()),
            pa.field("sum", pa.binary()),
            pa.field("terms_sum", pa.binary()),
            pa.field("keyed_sum", pa.binary()),
        ]
    )


def passages_table(first: int, rows: Sequence[PassageRow], dimension: int) -> pa.Table:
    """Return passages as they are written, the first of them with the number ``first``."""
    numbers = range(first, first + len(rows))
    # A copy: the engine reads what it is given from other threads, and wants it aligned.
    vectors = np.array([row.vector for row in rows], np.float32).reshape(-1)
    columns: list[Any] = [
        pa.array(numbers, pa.int64()),
        pa.array([row.document for row in rows], pa.int32()),
        pa.FixedSizeListArray.from_arrays(pa.array(vectors), dimension),
        pa.array([row.terms for row in rows], pa.string()),
        *(
            pa.array([getattr(row, name) for row in rows], pa.binary())
            for name in ("codes", "sentences", "passage", "key", "ids")
        ),
        pa.array([_sum(n, row) for n, row in zip(numbers, rows, strict=True)], pa.binary()),
        pa.array([checksum(n, r.terms) for n, r in zip(numbers, rows, strict=True)], pa.binary()),
        pa.array(
            [checksum(n, r.key, r.ids) for n, r in zip(numbers, rows, strict=True)], pa.binary()
        ),
    ]
    return pa.table(columns, schema=passages_schema(dimension))


def _sum(number: int, row: PassageRow) -> bytes:
    vector = np.ascontiguousarray(row.vector, np.float32).tobytes()
    return checksum(number, row.document, vector, row.terms, row.codes, row.sentences, row.passage)


def passages_of(
    table: pa.Table, wanted: Sequence[int], place: str
) -> Iterator[tuple[PassageRow, bytes]]:
    """Yield passages in the order of the numbers ``wanted``, each verified, with its checksum.

    ``table`` has the columns FETCHED, and may have KEYED too. Raises IndexDamagedError, which names
    ``place``.
    """
    keyed = "keyed_sum" in table.schema.names
    columns = {name: table[name].to_pylist() for name in table.schema.names if name != "vector"}
    vectors = vectors_of(table)
    at = {number: n for n, number in enumerate(columns["row"])}
    for number in wanted:
        n = at.get(number)
        if n is None:
            raise damaged(f"{place}, passage {number}", "it is not there")
        row = PassageRow(
            document=columns["document"][n],
            vector=vectors[n],
            key=columns["key"][n] if keyed else b"",
            ids=columns["ids"][n] if keyed else b"",
            **{name: columns[name][n] for name in ("terms", "codes", "sentences", "passage")},
        )
        wrong = _sum(number, row) != columns["sum"][n]
        if wrong or (keyed and checksum(number, row.key, row.ids) != columns["keyed_sum"][n]):
            raise damaged(f"{place}, passage {number}", "its checksum is wrong")
        yield row, columns["sum"][n] + (columns["keyed_sum"][n] if keyed else b"")


def vectors_of(table: pa.Table) -> FloatArray:
    """Return the vectors of a table that was read, float32 of shape (rows, dimension)."""
    column = table["vector"].combine_chunks()
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float32).reshape(len(column), column.type.list_size)


def packed(passage: StoredPassage) -> bytes:
    """Return a passage as it is kept, without what its document's entry says already."""
    kept = passage._replace(kinds=frozenset())._asdict()
    for name in ("id", "document_id", "source", "sha256"):
        del kept[name]
    kept |= {"about": asdict(passage.about), "kinds": sorted(passage.kinds)}
    return json.dumps(kept, separators=(",", ":"), sort_keys=True).encode()


def unpacked(data: bytes, id: PassageId, entry: Any) -> StoredPassage:
    """Return what ``packed`` was given; ``entry`` is that of its document."""
    kept = json.loads(data)
    for name in ("sentences", "headings", "headers"):
        kept[name] = tuple((start, end) for start, end in kept[name])
    kept |= {
        "about": about_of(kept["about"]),
        "kinds": frozenset(kept["kinds"]),
        "part": tuple(kept["part"]),
    }
    return StoredPassage(
        id=id, document_id=entry["id"], source=entry["source"], sha256=entry["sha256"], **kept
    )


def span_of(data: bytes) -> Span:
    """Return the span of a packed passage in its document's text."""
    kept = json.loads(data)
    return kept["start"], kept["end"]


# --- documents, terms ------------------------------------------------------------------------

DOCUMENTS_SCHEMA = pa.schema(
    [
        pa.field("place", pa.int64()),
        pa.field("text", pa.large_binary(), metadata=_PLAIN),
        pa.field("layout", pa.large_binary(), metadata=_PLAIN),
        pa.field("sum", pa.binary()),
    ]
)
TERMS_SCHEMA = pa.schema(
    [
        pa.field("term", pa.string()),
        pa.field("passages", pa.int64()),
        pa.field("sum", pa.binary()),
    ]
)


def documents_table(first: int, rows: Sequence[DocumentRow]) -> pa.Table:
    """Return documents as they are written, the first of them at the place ``first``."""
    sums = [checksum(n, row.text, row.layout) for n, row in enumerate(rows, first)]
    columns = [range(first, first + len(rows)), [r.text for r in rows], [r.layout for r in rows]]
    return pa.table([*columns, sums], schema=DOCUMENTS_SCHEMA)


def documents_of(
    table: pa.Table, wanted: Sequence[int], place: str
) -> Iterator[tuple[DocumentRow, bytes]]:
    """Yield documents in the order of their places, each verified, with its checksum."""
    rows = {row["place"]: row for row in table.to_pylist()}
    for number in wanted:
        row = rows.get(number)
        if row is None:
            raise damaged(f"{place}, document {number}", "it is not there")
        if checksum(number, row["text"], row["layout"]) != row["sum"]:
            raise damaged(f"{place}, document {number}", "its checksum is wrong")
        yield DocumentRow(row["text"], row["layout"]), row["sum"]


def terms_table(terms: Iterable[tuple[str, int]]) -> pa.Table:
    """Return terms as they are written, with the number of passages that hold each."""
    rows = [(term, count, checksum(term, count)) for term, count in terms]
    return pa.table(
        [list(column) for column in zip(*rows, strict=True)] or [[], [], []], schema=TERMS_SCHEMA
    )


def terms_of(table: pa.Table, place: str) -> Iterator[tuple[str, int, bytes]]:
    """Yield terms with the number of passages that hold each, verified, with their checksums."""
    for row in table.to_pylist():
        if checksum(row["term"], row["passages"]) != row["sum"]:
            raise damaged(f"{place}, the term {row['term']!a}", "its checksum is wrong")
        yield row["term"], row["passages"], row["sum"]


def damaged(where: str, what: str) -> IndexDamagedError:
    """Return the error of something that is not what was written."""
    return IndexDamagedError(f"{where} is damaged: {what}; run qa build again")
