"""A table that is being written: rows are numbered before they are appended, and counted afterwards.

Lance may append a batch twice where an acknowledgement is lost. So each append is held against the plan: a
table that has more rows than that is set back to what it was, and appended to again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from qa.errors import IndexDamagedError, IndexUnreachableError
from qa.store.lance.connection import Database, named

_TRIES = 3


class Appended:
    """A table that grows by rows that were numbered before; ``sums`` digests their checksums in order."""

    def __init__(self, database: Database, name: str, empty: pa.Table) -> None:
        self.database = database
        self.table = database.create(name, empty)
        self.rows = 0
        self.batches: list[tuple[int, int]] = []
        """The first row and the length of each append."""
        self._sums = hashlib.sha256()

    def append(self, data: pa.Table, sums: Iterable[bytes]) -> None:
        """Append rows, with their checksums. Raises IndexUnreachableError."""
        wanted = self.rows + len(data)
        before = int(self.table.version)
        for left in range(_TRIES - 1, -1, -1):
            try:
                with named(self.database.address):
                    self.table.add(data)
            except IndexUnreachableError:
                if not left:
                    raise
            found = self.database.read(self._latest)
            if found == wanted:
                break
            if found != self.rows:
                with named(self.database.address):
                    self.table.restore(before)
            before = int(self.table.version)
        else:
            raise IndexDamagedError(
                f"the index {self.database.address.name} took {found} rows instead of {wanted}: "
                "run qa build again"
            )
        self.batches.append((self.rows, len(data)))
        self.rows = wanted
        for one in sums:
            self._sums.update(one)

    def _latest(self) -> int:
        self.table.checkout_latest()
        return int(self.table.count_rows())

    def told(self) -> dict[str, Any]:
        """Return what the manifest says of the table: its version, its rows, the digest of its sums."""
        return {
            "version": int(self.table.version),
            "rows": self.rows,
            "sha256": self._sums.hexdigest(),
        }
