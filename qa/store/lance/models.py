"""Models beside their index: kept in a table, and on this machine, where they are run from.

A model's manifest names each of its files with size and SHA-256; a generation's manifest has the SHA-256
of that. What lies on this machine is verified as often as it is opened, and fetched again if it is wrong.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from qa.errors import IndexDamagedError, UsageError
from qa.store.files.disk import FileSum
from qa.store.lance.connection import Database
from qa.store.lance.files import files_table, read_files, sum_of
from qa.store.lance.layout import damaged

MODEL = "model-"
_MANIFEST = "manifest.json"
_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)


class Models:
    """The models of an index; ``folder`` is where this machine keeps them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def add(self, fingerprint: str, make: Callable[[Path], None]) -> tuple[Path, str]:
        """Keep what ``make`` writes as a model; return where it is here, and its manifest's SHA-256.

        A model that is there and whole is taken as it is.
        """
        if self._database.find(_table_name(fingerprint)) is not None:
            with suppress(IndexDamagedError):  # made again
                table = self._database.open(_table_name(fingerprint))
                sha256 = sum_of(self._manifest(fingerprint, table)).sha256
                return self.fetch(fingerprint, sha256), sha256
        with self._new() as folder:
            make(folder)
            files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
            sums = {name: sum_of(data) for name, data in files.items()}
            manifest = json.dumps(
                {name: {"bytes": s.bytes, "sha256": s.sha256} for name, s in sums.items()}, indent=1
            ).encode()
            told = files_table([*files.items(), (_MANIFEST, manifest)])
            self._database.drop(_table_name(fingerprint))  # one that is damaged
            self._database.create(_table_name(fingerprint), told)
            sha256 = sum_of(manifest).sha256
            return _put(folder, self._place(fingerprint, sha256), sums), sha256

    def fetch(self, fingerprint: str, sha256: str) -> Path:
        """Return the folder of a model on this machine, fetched if need be; every file is verified.

        Raises IndexDamagedError, IndexUnreachableError.
        """
        table = self._database.open(_table_name(fingerprint))
        target = self._place(fingerprint, sha256)
        place = f"model {fingerprint}"
        data = self._manifest(fingerprint, table)
        if sum_of(data).sha256 != sha256:
            raise damaged(f"{place}/{_MANIFEST}", "its checksum is wrong")
        sums = {name: FileSum(**entry) for name, entry in json.loads(data).items()}
        if not all(_NAME.fullmatch(name) for name in sums):
            raise damaged(place, "a name of a file leads out of it")
        if _is_whole(target, sums):
            return target
        with self._new() as folder:
            files = read_files(self._database, table, sums, place) if sums else {}
            for name, content in files.items():
                (folder / name).write_bytes(content)
            return _put(folder, target, sums)

    def verify(self, fingerprint: str, sha256: str) -> None:
        """Read every file of a model where it is kept. Raises IndexDamagedError."""
        table = self._database.open(_table_name(fingerprint))
        data = self._manifest(fingerprint, table)
        if sum_of(data).sha256 != sha256:
            raise damaged(f"model {fingerprint}/{_MANIFEST}", "its checksum is wrong")
        sums = {name: FileSum(**entry) for name, entry in json.loads(data).items()}
        if sums:
            read_files(self._database, table, sums, f"model {fingerprint}")

    def _manifest(self, fingerprint: str, table: Any) -> bytes:
        query = table.search().where(f"name = '{_MANIFEST}'")
        rows = self._database.rows(query.select(["part", "data"])).to_pylist()
        data = b"".join(row["data"] for row in sorted(rows, key=lambda row: int(row["part"])))
        try:
            if not isinstance(json.loads(data), dict):
                raise ValueError("no object")
        except ValueError:
            raise damaged(f"model {fingerprint}/{_MANIFEST}", "it is not a manifest") from None
        return data

    def _place(self, fingerprint: str, sha256: str) -> Path:
        # The last part is the fingerprint: it is what a model is known by.
        return self._folder / sha256[:32] / fingerprint

    @contextmanager
    def _new(self) -> Iterator[Path]:
        """Give an empty folder, in the one where models are kept."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = tempfile.TemporaryDirectory(
                prefix=".making-", dir=self._folder, ignore_cleanup_errors=True
            )
            (Path(made.name) / "model").mkdir()
        except OSError as error:
            raise UsageError(
                f"{self._folder} cannot be written ({error.strerror}): models are kept there, "
                "set HOME to a folder that can"
            ) from error
        with made:
            yield Path(made.name) / "model"


def _put(made: Path, target: Path, sums: Mapping[str, FileSum]) -> Path:
    """Give a folder its name, in place of one that is wrong; of two processes one does."""
    target.parent.mkdir(exist_ok=True)
    for _ in range(3):
        if _is_whole(target, sums):
            return target
        shutil.rmtree(target, ignore_errors=True)
        with suppress(OSError):  # another process was faster: its folder is looked at
            made.rename(target)
    if _is_whole(target, sums):
        return target
    raise UsageError(f"{target} cannot be replaced: remove it")


def _table_name(fingerprint: str) -> str:
    if not _NAME.fullmatch(fingerprint):
        raise UsageError("the model's fingerprint is no name")
    return MODEL + fingerprint


def _is_whole(folder: Path, sums: Mapping[str, FileSum]) -> bool:
    try:
        names = {path.name for path in folder.iterdir()}
        return names == set(sums) and all(
            sum_of((folder / name).read_bytes()) == sums[name] for name in names
        )
    except OSError:
        return False
