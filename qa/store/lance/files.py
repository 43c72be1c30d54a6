"""Files kept in a table: in parts, each with its checksum, so that one set of credentials reads all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from qa.store.files.disk import FileSum
from qa.store.lance.connection import LONG_SECONDS, Database
from qa.store.lance.layout import checksum, damaged

_PART_BYTES = 4 << 20
_SCHEMA = pa.schema(
    [
        pa.field("name", pa.string()),
        pa.field("part", pa.int32()),
        pa.field("data", pa.large_binary(), metadata={"lance-encoding:compression": "none"}),
        pa.field("sum", pa.binary()),
    ]
)


def sum_of(data: bytes) -> FileSum:
    """Return size and SHA-256 of some bytes."""
    return FileSum(len(data), hashlib.sha256(data).hexdigest())


def files_table(files: Iterable[tuple[str, bytes]]) -> pa.Table:
    """Return files as they are written."""
    rows = [
        (name, part, data[start : start + _PART_BYTES])
        for name, data in files
        for part, start in enumerate(range(0, max(len(data), 1), _PART_BYTES))
    ]
    sums = [checksum(*row) for row in rows]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return pa.table([*columns, sums], schema=_SCHEMA)


def read_files(
    database: Database, table: Any, sums: Mapping[str, FileSum], place: str
) -> dict[str, bytes]:
    """Return files by name, each verified. Raises IndexDamagedError, IndexUnreachableError."""
    quoted = ", ".join(f"'{name}'" for name in sums)  # names of ours: no quote in any
    query = table.search().where(f"name IN ({quoted})").select(["name", "part", "data"])
    parts: dict[str, dict[int, bytes]] = {name: {} for name in sums}
    for row in database.rows(query, LONG_SECONDS).to_pylist():
        parts[row["name"]][row["part"]] = row["data"]
    found = {}
    for name, expected in sums.items():
        data = b"".join(parts[name][n] for n in sorted(parts[name]))
        if sum_of(data) != expected:
            what = "its checksum is wrong" if parts[name] else "it is not there"
            raise damaged(f"{place}/{name}", what)
        found[name] = data
    return found
