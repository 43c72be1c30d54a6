"""The tables of a generation: their columns, and the checksums that each row carries.

All that a question reads of a passage lies in one column, its record, so that a passage takes one request.
A checksum covers the row's own number too, so that a row that is handed out for another one is noticed.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from qa.arrays import FloatArray
from qa.errors import IndexDamagedError
from qa.records import PassageId, Span
from qa.store.documents import about_of
from qa.store.protocol import StoredPassage

FORMAT = 2
"""Of a generation, as its manifest says."""
PASSAGES, DOCUMENTS, TERMS, FILES = "passages", "documents", "terms", "files"
RECORD = "record"
"""What a question reads of its passages."""
MATCHED = ("row", "terms", "terms_sum")
"""What is read of passages that hold a term."""
SPANS = ("document", "start", "end")
"""What is read of all passages to find one by its place."""
KEYED = ("row", *SPANS, "vector", "terms", "key", "ids", "keyed_sum")
"""What a build reads beside the record, to take a passage over."""
_SUM_BYTES = 16
_HEAD = struct.Struct(f"<q{_SUM_BYTES}si5I")
"""Of a record: the row's number, the checksum, the document's place, the lengths of five parts."""
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
    """Return the columns of the passages' table.

    What lies beside the record, and in it once more, is what is searched.
    """
    return pa.schema(
        [
            pa.field("row", pa.int64()),
            pa.field("document", pa.int32()),
            pa.field("start", pa.int64()),
            pa.field("end", pa.int64()),
            pa.field("vector", pa.list_(pa.float32(), dimension)),
            pa.field("terms", pa.string()),
            pa.field("terms_sum", pa.binary()),
            pa.field("record", pa.binary(), metadata=_PLAIN),
            pa.field("key", pa.binary()),
            pa.field("ids", pa.binary()),
            pa.field("keyed_sum", pa.binary()),
        ]
    )


def passages_table(
    first: int, rows: Sequence[PassageRow], dimension: int
) -> tuple[pa.Table, list[bytes]]:
    """Return passages as they are written, the first of them with the number ``first``; and their checksums."""
    numbered = list(enumerate(rows, first))
    # A copy: the engine reads what it is given from other threads, and wants it aligned.
    vectors = np.array([row.vector for row in rows], np.float32).reshape(-1)
    records = [_record(number, row) for number, row in numbered]
    keyed = [checksum(number, row.key, row.ids) for number, row in numbered]
    starts, ends = zip(*(_span_of(row.passage) for row in rows), strict=True)
    columns: list[Any] = [
        pa.array([number for number, _ in numbered], pa.int64()),
        pa.array([row.document for row in rows], pa.int32()),
        pa.array(starts, pa.int64()),
        pa.array(ends, pa.int64()),
        pa.FixedSizeListArray.from_arrays(pa.array(vectors), dimension),
        pa.array([row.terms for row in rows], pa.string()),
        pa.array([checksum(number, row.terms) for number, row in numbered], pa.binary()),
        pa.array(records, pa.binary()),
        pa.array([row.key for row in rows], pa.binary()),
        pa.array([row.ids for row in rows], pa.binary()),
        pa.array(keyed, pa.binary()),
    ]
    sums = [_HEAD.unpack_from(record)[1] + sum for record, sum in zip(records, keyed, strict=True)]
    return pa.table(columns, schema=passages_schema(dimension)), sums


def _record(number: int, row: PassageRow) -> bytes:
    parts = (
        np.ascontiguousarray(row.vector, "<f4").tobytes(),
        row.terms.encode("utf-8", "surrogatepass"),
        row.codes,
        row.sentences,
        row.passage,
    )
    kept = checksum(number, row.document, *parts)
    return b"".join((_HEAD.pack(number, kept, row.document, *map(len, parts)), *parts))


def _opened(record: bytes, place: str) -> tuple[PassageRow, bytes]:
    """Return what ``_record`` was given, verified, with its checksum."""
    number, kept, document, *lengths = _HEAD.unpack_from(record)
    if len(record) != _HEAD.size + sum(lengths):
        raise damaged(f"{place}, passage {number}", "its length is wrong")
    parts, at = [], _HEAD.size
    for length in lengths:
        parts.append(record[at : at + length])
        at += length
    if checksum(number, document, *parts) != kept:
        raise damaged(f"{place}, passage {number}", "its checksum is wrong")
    vector, terms, codes, sentences, passage = parts
    row = PassageRow(
        document=document,
        vector=np.frombuffer(vector, "<f4").astype(np.float32),
        terms=terms.decode("utf-8", "surrogatepass"),
        codes=codes,
        sentences=sentences,
        passage=passage,
        key=b"",
        ids=b"",
    )
    return row, kept


def passages_of(
    table: pa.Table, wanted: Sequence[int], place: str
) -> Iterator[tuple[PassageRow, bytes]]:
    """Yield passages in the order of the numbers ``wanted``, each verified, with its checksum.

    ``table`` has RECORD, and may have KEYED too: then what is searched is verified as well. Raises
    IndexDamagedError, which names ``place``.
    """
    records = table[RECORD].to_pylist()
    at = {_HEAD.unpack_from(one)[0]: n for n, one in enumerate(records) if len(one) >= _HEAD.size}
    keyed = _Keyed(table) if "keyed_sum" in table.schema.names else None
    for number in wanted:
        n = at.get(number)
        if n is None:
            raise damaged(f"{place}, passage {number}", "it is not there")
        row, kept = _opened(records[n], place)
        if keyed is not None:
            row, more = keyed.joined(n, number, row, place)
            kept += more
        yield row, kept


class _Keyed:
    """The columns KEYED of a table that was read."""

    def __init__(self, table: pa.Table) -> None:
        self._columns = {name: table[name].to_pylist() for name in KEYED if name != "vector"}
        self._vectors = vectors_of(table)

    def joined(self, n: int, number: int, row: PassageRow, place: str) -> tuple[PassageRow, bytes]:
        """Return a passage with its key and its tokens' ids, and their checksum."""
        found = {name: column[n] for name, column in self._columns.items()}
        row = row._replace(key=found["key"], ids=found["ids"])
        searched = (found["row"], found["document"], found["start"], found["end"], found["terms"])
        if (
            checksum(number, row.key, row.ids) != found["keyed_sum"]
            or searched != (number, row.document, *_span_of(row.passage), row.terms)
            or not np.array_equal(self._vectors[n], row.vector)
        ):
            raise damaged(f"{place}, passage {number}", "its checksum is wrong")
        return row, found["keyed_sum"]


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


def _span_of(data: bytes) -> Span:
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
        pa.field("block", pa.int64()),
        pa.field("terms", pa.large_binary(), metadata=_PLAIN),
        pa.field("sum", pa.binary()),
    ]
)
TERMS_OF_BLOCK = 1024
"""So many terms are read together."""


def documents_table(first: int, rows: Sequence[DocumentRow]) -> tuple[pa.Table, list[bytes]]:
    """Return documents as they are written, the first of them at the place ``first``; and their checksums."""
    sums = [checksum(n, row.text, row.layout) for n, row in enumerate(rows, first)]
    columns = [range(first, first + len(rows)), [r.text for r in rows], [r.layout for r in rows]]
    return pa.table([*columns, sums], schema=DOCUMENTS_SCHEMA), sums


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


def terms_table(
    first: int, blocks: Sequence[Sequence[tuple[str, int]]]
) -> tuple[pa.Table, list[bytes]]:
    """Return terms as they are written, with the number of passages that hold each; and their checksums.

    They come in blocks, each in ascending order, the first of them with the number ``first``.
    """
    numbers = range(first, first + len(blocks))
    # Apart by what no term holds: it is white space.
    written = [
        "\n".join(f"{term} {count}" for term, count in block).encode("utf-8", "surrogatepass")
        for block in blocks
    ]
    sums = [checksum(number, data) for number, data in zip(numbers, written, strict=True)]
    return pa.table([numbers, written, sums], schema=TERMS_SCHEMA), sums


def terms_of(
    table: pa.Table, wanted: Sequence[int], place: str
) -> Iterator[tuple[dict[str, int], bytes]]:
    """Yield blocks of terms in the order of their numbers, each verified, with its checksum."""
    rows = {row["block"]: row for row in table.to_pylist()}
    for number in wanted:
        row = rows.get(number)
        if row is None:
            raise damaged(f"{place}, block {number} of the terms", "it is not there")
        if checksum(number, row["terms"]) != row["sum"]:
            raise damaged(f"{place}, block {number} of the terms", "its checksum is wrong")
        lines = row["terms"].decode("utf-8", "surrogatepass").split("\n")
        pairs = (line.rsplit(" ", 1) for line in lines)
        yield {term: int(count) for term, count in pairs}, row["sum"]


def damaged(where: str, what: str) -> IndexDamagedError:
    """Return the error of something that is not what was written."""
    return IndexDamagedError(f"{where} is damaged: {what}; run qa build again")
