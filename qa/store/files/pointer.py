"""The pointer of an index folder: the live generation, the retained ones, and the removed documents.

A generation is never changed. So the pointer lists the ids of documents that were removed after a
generation was written; a generation that still has such a document hides it when it is opened. The
pointer is replaced as a whole, so that the generation and this list change at the same moment.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import IndexForeignError, IndexMissingError
from qa.store.files import disk
from qa.store.files.disk import damaged

LIVE = "LIVE"
NAME = re.compile(r"[0-9]{1,9}-[0-9a-zA-Z]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOCUMENT = re.compile(r"d[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Pointer:
    """A generation by name, with the checksum of its manifest."""

    generation: str
    manifest_sha256: str

    @property
    def number(self) -> int:
        """The number that its name begins with; later generations have higher numbers."""
        return int(self.generation.split("-")[0])


@dataclass(frozen=True, slots=True)
class Live:
    """The contents of the pointer: the live generation and the retained ones, in the order of serving.

    ``removed``: ids of documents that every generation hides. ``paths``: the folders that the last
    build read; commands without a folder use them.
    """

    generations: tuple[Pointer, ...]
    removed: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """A name for what the live generation shows; see ``version_of``."""
        return version_of(self.generations[0].manifest_sha256, self.removed)


def version_of(manifest_sha256: str, removed: Iterable[str]) -> str:
    """Return a name for what a generation shows; if answers differ, the names differ."""
    return hashlib.sha256("\n".join([manifest_sha256, *sorted(removed)]).encode()).hexdigest()[:32]


def read_live(index: Path) -> Live:
    """Read the pointer of an index folder.

    Raises IndexMissingError when there is none, IndexDamagedError for a torn one,
    IndexForeignError for one of another format version.
    """
    path = index / LIVE
    try:
        data = _read(path)
    except FileNotFoundError:
        raise IndexMissingError(
            f"{index} {_absence(index)}: run qa build first, or name another --index"
        ) from None
    except OSError as error:
        raise IndexMissingError(f"{path} cannot be read: {error.strerror}") from error
    try:
        parsed = json.loads(data)
        version = parsed["format"]
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise damaged(path, "it is not a pointer") from error
    if version != disk.FORMAT:
        raise IndexForeignError(
            f"the index {index} has format {version}, this program reads {disk.FORMAT}: "
            "run qa build again, or install the version that built it"
        )
    try:
        return live_of(parsed)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise damaged(path, "it is not a pointer") from error


def _read(path: Path) -> bytes:
    """Return the bytes of a file. Raises OSError, also for what is no file and might never end."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return file.read()


def _absence(index: Path) -> str:
    foreign = index.is_dir() and any(index.iterdir()) and not (index / "generations").is_dir()
    return "is not an index of cited-qa" if foreign else "holds no index yet"


def live_of(value: Mapping[str, Any]) -> Live:
    """Return the contents of a pointer, from what ``entry_of`` made of it.

    Raises an error of Python's own if they are wrong.
    """
    if value.keys() - {
        "format",
        "generations",
        "removed",
        "removed_sha256",
        "paths",
        "paths_sha256",
    }:
        raise ValueError("it has an unknown entry")
    pointers = tuple(
        Pointer(str(entry["generation"]), str(entry["manifest_sha256"]))
        for entry in value["generations"]
    )
    if not pointers or not all(
        NAME.fullmatch(p.generation) and _SHA256.fullmatch(p.manifest_sha256) for p in pointers
    ):
        raise ValueError("no names of generations")
    removed = value.get("removed", [])
    # Without this check, one changed letter would show deleted documents again.
    if value.get("removed_sha256") != (_sum(removed) if removed else None):
        raise ValueError("a wrong checksum")
    if not all(_DOCUMENT.fullmatch(id) for id in removed):
        raise ValueError("no ids of documents")
    paths = value.get("paths", [])
    if not all(isinstance(path, str) for path in paths):
        raise ValueError("no paths")
    # Without this check, one changed letter would name another folder to the next build. Older
    # programs wrote none.
    if "paths_sha256" in value and value["paths_sha256"] != _sum(paths):
        raise ValueError("a wrong checksum")
    return Live(pointers, frozenset(removed), tuple(paths))


def entry_of(live: Live) -> dict[str, Any]:
    """Return a pointer as JSON has it."""
    value: dict[str, Any] = {
        "generations": [
            {"generation": p.generation, "manifest_sha256": p.manifest_sha256}
            for p in live.generations
        ],
    }
    if live.removed:
        removed = sorted(live.removed)
        value |= {"removed": removed, "removed_sha256": _sum(removed)}
    if live.paths:
        value |= {"paths": list(live.paths), "paths_sha256": _sum(live.paths)}
    return value


def write_live(index: Path, live: Live) -> None:
    """Replace the pointer of an index folder."""
    value = {"format": disk.FORMAT, **entry_of(live)}
    temporary = index / f".LIVE-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    disk.write_file(temporary, [json.dumps(value, indent=1).encode()])
    disk.rename(temporary, index / LIVE)


def _sum(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
