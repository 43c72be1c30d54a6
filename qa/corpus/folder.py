"""The files of the folders that are indexed, in a fixed order, each read or accounted for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from qa.corpus.archive import printable
from qa.corpus.contents import is_known, no_reader, too_large
from qa.corpus.readers import OURS, ending_of, read_document
from qa.corpus.reading import Options, Skipped, UnreadableError
from qa.corpus.sandbox import Sandbox
from qa.errors import CorpusError
from qa.records import Document

_ABOUT = ("readme", "readme.md", "readme.txt")


def read_folders(
    paths: Sequence[Path], *, max_bytes: int, options: Options | None = None
) -> Iterator[Document | Skipped]:
    """Yield a Document or a Skipped for every file under ``paths``, by source.

    A table or an archive gives one for each thing in it. Text and Markdown are read here, every
    other format in a child process, within the limits of ``options``.

    A source is the path relative to its folder, with ``/``; with several paths it begins with
    the folder's name. A path may also be one file. Hidden files are passed over, and so is a
    README at the top of a folder: it tells of the archive and is not part of it. Nothing is read
    outside the folders: links that lead out of one, and links to folders, are not followed.
    ``max_bytes`` bounds what is read of a file. Raises CorpusError when a path does not exist, or
    when two paths would give their files the same sources.
    """
    options = options or Options()
    options = replace(options, limits=replace(options.limits, file_bytes=max_bytes))
    with Sandbox(options) as sandbox:
        for source, place in sources(paths):
            yield from read_file(source, place, max_bytes, sandbox)


class Place(NamedTuple):
    """A file, and the folder that it must not lead out of; None for a file named by itself."""

    path: Path
    root: Path | None


def sources(paths: Sequence[Path]) -> list[tuple[str, Place]]:
    """Return every file under ``paths`` by source, in order. Raises CorpusError."""
    found: dict[str, Place] = {}
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


def _files(path: Path) -> Iterator[tuple[str, Place]]:
    if not path.is_dir():
        yield printable(path.name), Place(path, None)
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
                yield printable(file.relative_to(root).as_posix()), Place(file, root)
    for error in unreadable:
        place = Path(os.fsdecode(error.filename))
        yield printable(place.relative_to(root).as_posix()), Place(place, root)


def read_file(
    source: str, place: Place, max_bytes: int, sandbox: Sandbox
) -> Iterator[Document | Skipped]:
    """Yield what is in a file, each thing read or accounted for."""
    path, root = place
    try:
        refused = refusal(path, root)
        if refused:
            yield Skipped(source, refused)
        elif ending_of(source) in OURS:
            with path.open("rb") as file:
                data = file.read(max_bytes + 1)
            if len(data) > max_bytes:
                yield Skipped(source, too_large(max_bytes))
            else:
                yield read_document(source, data)
        elif is_known(source):
            with path.open("rb") as file:
                yield from sandbox.read(source, file)
        else:
            yield Skipped(source, no_reader(source))
    except UnreadableError as error:
        yield Skipped(source, str(error))
    except OSError as error:
        yield Skipped(source, f"cannot be read: {error.strerror or error}")
    except MemoryError:
        raise
    except Exception as error:
        # Whatever a library makes of a damaged file, the next file is read.
        yield Skipped(source, f"its reader failed ({type(error).__name__})")


def refusal(path: Path, root: Path | None) -> str:
    """Return why a path is not read whatever is in it, or an empty text."""
    if root and path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
        return "a link that leads out of the folder"
    if path.is_dir():
        return "a link to a folder" if path.is_symlink() else "a folder that cannot be read"
    if path.is_symlink() and not path.exists():
        return "a link to nothing"
    return "" if path.is_file() else "not a regular file"
