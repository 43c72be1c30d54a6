"""What stands at an address: the generations by name, the models, what builds that failed have left."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from qa.errors import IndexDamagedError, IndexForeignError, IndexUnusableError
from qa.store.files.disk import FileSum
from qa.store.files.manifest import METRIC
from qa.store.files.pointer import Live, Pointer, version_of
from qa.store.lance.connection import Database
from qa.store.lance.files import read_files, sum_of
from qa.store.lance.generation import DOCUMENT_ENTRIES, LOCAL, LanceGeneration
from qa.store.lance.layout import DOCUMENTS, FILES, FORMAT, PASSAGES, TERMS, damaged
from qa.store.lance.models import MODEL, Models
from qa.store.lance.pointer import BEAT_SECONDS, LiveRow, Retired
from qa.store.lance.tables import table_name
from qa.store.lance.writer import MANIFEST, opened

GRACE_SECONDS = 600.0
"""A generation that is no longer kept is removed so long after: services may still answer from it."""
LINGER_SECONDS = 5.0
"""What a purge waits for, so that services take the new generation over before the old one goes."""
_TABLE = re.compile(r"(?P<generation>[0-9]{6,9}-[0-9a-f]{8})-(passages|documents|terms|files)")
_WANTED = (
    "counts",
    "files",
    "fingerprint",
    "model_manifest",
    "tables",
    "mean_length",
    "bytes",
    "vectors",
)


class Shelf:
    """The tables of one index. ``grace`` and ``linger`` are seconds; ``local`` is a folder of this machine."""

    def __init__(
        self,
        database: Database,
        local: Path,
        *,
        beat: float = BEAT_SECONDS,
        grace: float = GRACE_SECONDS,
        linger: float = LINGER_SECONDS,
    ) -> None:
        self.address = database.address
        self.local = local
        self.database = database
        self.row = LiveRow(self.database, beat_seconds=beat)
        self.models = Models(self.database, local / "models")
        self.grace, self.linger = grace, linger

    def manifest(self, pointer: Pointer) -> dict[str, Any]:
        """Return a generation's manifest, verified. Raises IndexDamagedError, IndexForeignError."""
        table = self.database.open(table_name(pointer.generation, FILES))
        query = table.search().where(f"name = '{MANIFEST}'").select(["part", "data"])
        rows = {row["part"]: row["data"] for row in self.database.rows(query).to_pylist()}
        data = b"".join(rows[part] for part in sorted(rows))
        where = f"{pointer.generation}/{MANIFEST}"
        if sum_of(data).sha256 != pointer.manifest_sha256:
            raise damaged(where, "its checksum is wrong")
        manifest: dict[str, Any] = json.loads(data)
        if manifest.get("format") != FORMAT or manifest.get("metric") != METRIC:
            raise IndexForeignError(
                f"generation {pointer.generation} has another format: run qa build again, or install "
                "the version that built it"
            )
        if missing := [name for name in _WANTED if name not in manifest]:
            raise damaged(where, f"it has no {missing[0]}")
        return manifest

    def generation(self, pointer: Pointer, removed: Collection[str] = ()) -> LanceGeneration:
        """Open a generation, live or not, without the removed documents. Raises IndexUnusableError."""
        manifest = self.manifest(pointer)
        return opened(
            self.database,
            self.address.name,
            manifest,
            self.files(pointer, manifest, LOCAL),
            version=version_of(pointer.manifest_sha256, removed),
            removed=removed,
        )

    def files(
        self, pointer: Pointer, manifest: dict[str, Any], names: Collection[str]
    ) -> dict[str, bytes]:
        """Return files of a generation, each verified."""
        table = self.database.open(table_name(pointer.generation, FILES))
        sums = {name: FileSum(**manifest["files"][name]) for name in names}
        return read_files(self.database, table, sums, pointer.generation)

    def document_ids(self, pointers: Sequence[Pointer]) -> set[str] | None:
        """Return the ids of all documents in some generations; None when one cannot be read."""
        found: set[str] = set()
        try:
            for pointer in pointers:
                files = self.files(pointer, self.manifest(pointer), (DOCUMENT_ENTRIES,))
                found |= {entry["id"] for entry in json.loads(files[DOCUMENT_ENTRIES])}
        except IndexUnusableError:
            return None
        return found

    def next_number(self, live: Live | None) -> int:
        """Return the number of the next generation: higher than any that is kept or lies there."""
        numbers = [p.number for p in live.generations] if live else []
        return max([*numbers, *(int(n.split("-")[0]) for n in self.generations())], default=0) + 1

    def generations(self) -> set[str]:
        """Return the names of all generations that have a table, whole or not."""
        matches = map(_TABLE.fullmatch, self.database.tables())
        return {match["generation"] for match in matches if match}

    def clear(self, live: Live | None, retired: Sequence[Retired]) -> tuple[Retired, ...]:
        """Remove what nothing names: rests of builds that failed, and what was retired long enough ago.

        Returns what stays retired. For whoever holds the index.
        """
        now = time.time()
        stay = tuple(one for one in retired if now - one.since < self.grace)
        kept = {p.generation for p in live.generations} if live else set()
        wanted = kept | {one.generation for one in stay}
        names = self.database.tables()
        for name in names:
            match = _TABLE.fullmatch(name)
            if match and match["generation"] not in wanted:
                self.database.drop(name)
        self._clear_models([name for name in names if name.startswith(MODEL)], live)
        return stay

    def remove(self, generation: str) -> None:
        """Remove a generation: every object of every version of its tables."""
        for name in (PASSAGES, DOCUMENTS, TERMS, FILES):
            self.database.drop(table_name(generation, name))

    def _clear_models(self, tables: Sequence[str], live: Live | None) -> None:
        if live is None or len(tables) < 2:  # the one there is, is used or will be
            return
        try:
            used = {MODEL + self.manifest(p)["fingerprint"] for p in live.generations}
        except IndexDamagedError:  # nobody knows which are wanted
            return
        for name in tables:
            if name not in used:
                self.database.drop(name)

    def retire(
        self, before: Live | None, after: Live, retired: Sequence[Retired]
    ) -> tuple[Retired, ...]:
        """Return what is retired once ``after`` takes the place of ``before``."""
        kept = {p.generation for p in after.generations}
        gone = (
            [p.generation for p in before.generations if p.generation not in kept] if before else []
        )
        now = time.time()
        return (*retired, *(Retired(name, now) for name in gone))
