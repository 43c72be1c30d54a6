"""The files of a folder with their checksums, so that only those that changed are read again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from qa.corpus.beneath import Place
from qa.corpus.contents import is_known
from qa.corpus.folder import read_file, sources
from qa.corpus.readers import READERS, ending_of
from qa.corpus.reading import Limits, Options, Skipped, UnreadableError
from qa.corpus.sandbox.process import Sandbox
from qa.records import Document

_LIBRARIES = (
    "lxml", "markdown-it-py", "pypdfium2", "PyYAML", "trafilatura", "htmldate", "chardet",
    "sentencex", "PyStemmer",
)  # fmt: skip
_OTHERS = (
    "records.py", "build/passages.py", "text/analysis.py", "text/folding.py", "text/sentences.py",
)  # fmt: skip
"""Modules outside this package that settle what a document, a passage and a term is."""


class Stamp(NamedTuple):
    """What tells without reading that a file has changed."""

    inode: int
    bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a folder. ``sha256`` is empty for one that will not be read whatever is in it."""

    source: str
    sha256: str
    stamp: Stamp
    place: Place

    def changed(self) -> bool:
        """Whether the file is another than the one whose checksum was taken."""
        return _stamp(self.place.path) != self.stamp


def stamps(paths: Sequence[Path]) -> dict[str, Stamp]:
    """Return what tells that a file has changed, by source. Raises CorpusError."""
    return {source: _stamp(place.path) for source, place in sources(paths)}


def scan(paths: Sequence[Path], options: Options) -> Iterator[Found]:
    """Yield every file under ``paths``, by source, with its checksum; raises CorpusError."""
    for source, place in sources(paths):
        yield _found(source, place, options.limits)


def _found(source: str, place: Place, limits: Limits) -> Found:
    most = limits.file_bytes if ending_of(source) in READERS else limits.archive_bytes
    if is_known(source):
        try:
            with place.open() as file:
                stamp, sha256 = _stamp_of(os.fstat(file.fileno())), ""
                if stamp.bytes <= most:
                    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                return Found(source, sha256, stamp, place)
        except (OSError, UnreadableError):
            pass
    return Found(source, "", _stamp(place.path), place)


def _stamp(path: Path) -> Stamp:
    try:
        return _stamp_of(path.stat())
    except OSError:
        return Stamp(0, 0, 0)


def _stamp_of(found: os.stat_result) -> Stamp:
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


class FolderReader:
    """Reads files that ``scan`` found. Not for two threads at once.

    ``tell`` hears once what the kernel does not hold of the readers' process; entering raises
    ConfinementError where the options demand that it does.
    """

    def __init__(self, options: Options, tell: Callable[[str], None] = lambda _: None) -> None:
        self._sandbox = Sandbox(options, tell)

    def __enter__(self) -> FolderReader:
        self._sandbox.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sandbox.__exit__(kind, error, trace)

    def read(self, found: Found) -> Iterator[Document | Skipped]:
        """Yield what is in a file, each thing read or accounted for."""
        return read_file(found.source, found.place, self._sandbox)


@cache
def program_version() -> str:
    """Name the program that reads and splits: whatever may make other passages of the same bytes."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in (*sorted(package.rglob("*.py")), *(package.parent / name for name in _OTHERS)):
        digest.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for library in _LIBRARIES:
        digest.update(f"{library}\0{_version(library)}\n".encode())
    return digest.hexdigest()[:16]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


__all__ = ["FolderReader", "Found", "Stamp", "program_version", "scan", "stamps"]
