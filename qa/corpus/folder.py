"""The files of the folders that are indexed, in a fixed order, each read or accounted for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from qa.corpus.readers import UnreadableError, read_document
from qa.errors import CorpusError
from qa.records import Document

_ABOUT = ("readme", "readme.md", "readme.txt")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not indexed, and why."""

    source: str
    reason: str


def read_folders(paths: Sequence[Path], *, max_bytes: int) -> Iterator[Document | Skipped]:
    """Yield a Document or a Skipped for every file under ``paths``, by source.

    A source is the path relative to its folder, with ``/``; with several paths it begins with
    the folder's name. A path may also be one file. Hidden files are passed over, and so is a
    README at the top of a folder: it tells of the archive and is not part of it. Nothing is read
    outside the folders: links that lead out of one, and links to folders, are not followed.
    ``max_bytes`` bounds what is read of a file. Raises CorpusError when a path does not exist, or
    when two paths would give their files the same sources.
    """
    for source, place in _sources(paths):
        yield _read(source, place, max_bytes)


class _Place(NamedTuple):
    """A file, and the folder that it must not lead out of; None for a file named by itself."""

    path: Path
    root: Path | None


def _sources(paths: Sequence[Path]) -> list[tuple[str, _Place]]:
    found: dict[str, _Place] = {}
    for path in paths:
        if not path.exists():
            raise CorpusError(f"{path} does not exist: name a folder of documents, or a file")
        prefix = f"{path.resolve().name}/" if len(paths) > 1 and path.is_dir() else ""
        for source, place in _files(path):
            if found.setdefault(prefix + source, place) is not place:
                raise CorpusError(
                    f"two of the paths hold a {prefix + source}: rename one of their folders, "
                    "or index the folder above both"
                )
    return sorted(found.items())


def _files(path: Path) -> Iterator[tuple[str, _Place]]:
    if not path.is_dir():
        yield _printable(path.name), _Place(path, None)
        return
    root = path.resolve()
    unreadable: list[OSError] = []
    for folder, folders, names in os.walk(root, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*names, *links):
            about = Path(folder) == root and name.lower() in _ABOUT
            if not name.startswith(".") and not about:
                file = Path(folder, name)
                yield _printable(file.relative_to(root).as_posix()), _Place(file, root)
    for error in unreadable:
        place = Path(os.fsdecode(error.filename))
        yield _printable(place.relative_to(root).as_posix()), _Place(place, root)


def _printable(source: str) -> str:
    """Escape the bytes of a file name that are not UTF-8, so that it can be stored and shown."""
    return source.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _read(source: str, place: _Place, max_bytes: int) -> Document | Skipped:
    path, root = place
    try:
        if root and path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
            return Skipped(source, "a link that leads out of the folder")
        if path.is_dir():
            link = path.is_symlink()
            return Skipped(source, "a link to a folder" if link else "a folder that cannot be read")
        if not path.is_file():
            return Skipped(source, "not a regular file")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            return Skipped(source, f"larger than {max_bytes:,} bytes (setting max_file_bytes)")
        return read_document(source, data)
    except UnreadableError as error:
        return Skipped(source, str(error))
    except OSError as error:
        return Skipped(source, f"cannot be read: {error.strerror or error}")
