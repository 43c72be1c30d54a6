"""The files of the folders that are indexed, in a fixed order, each read or accounted for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.corpus.readers import UnreadableError, read_document
from qa.errors import CorpusError
from qa.records import Document


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not indexed, and why."""

    source: str
    reason: str


def read_folders(paths: Sequence[Path], *, max_bytes: int) -> Iterator[Document | Skipped]:
    """Yield a Document or a Skipped for every file under ``paths``, by source.

    A source is the path relative to its folder, with ``/``; with several paths it begins with
    the folder's name. A path may also be one file. Hidden files are passed over. ``max_bytes``
    bounds what is read of a file. Raises CorpusError when a path does not exist, or when two
    paths would give their files the same sources.
    """
    for source, path in _sources(paths):
        yield _read(source, path, max_bytes)


def _sources(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    found: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            raise CorpusError(f"{path} does not exist: name a folder of documents, or a file")
        prefix = f"{path.resolve().name}/" if len(paths) > 1 and path.is_dir() else ""
        for source, file in _files(path):
            if found.setdefault(prefix + source, file) is not file:
                raise CorpusError(
                    f"two of the paths hold a {prefix + source}: rename one of their folders, "
                    "or index the folder above both"
                )
    return sorted(found.items())


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield path.name, path
        return
    root = path.resolve()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            if not name.startswith("."):
                file = Path(folder, name)
                yield _printable(file.relative_to(root).as_posix()), file


def _printable(source: str) -> str:
    """Replace the bytes of a file name that are not UTF-8, so that the source can be stored and shown."""
    return source.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read(source: str, path: Path, max_bytes: int) -> Document | Skipped:
    try:
        if not path.is_file():
            return Skipped(source, "not a regular file")
        size = path.stat().st_size
        if size > max_bytes:
            return Skipped(
                source, f"larger than {max_bytes / 1e6:.0f} MB (setting max_file_bytes)"
            )
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
        return read_document(source, data)
    except UnreadableError as error:
        return Skipped(source, str(error))
    except OSError as error:
        return Skipped(source, f"cannot be read: {error.strerror or error}")
