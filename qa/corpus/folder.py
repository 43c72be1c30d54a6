"""The files of the indexed folders in a fixed order; each is read, or named with the reason why not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from qa.corpus.beneath import Place, Root
from qa.corpus.beside import belonging, described_by, is_passed_over, page_of, side_of
from qa.corpus.contents import kind_at
from qa.corpus.readers import holds_no_text
from qa.corpus.reading import Options, Skipped, UnreadableError
from qa.corpus.sandbox.process import Sandbox
from qa.corpus.side import MAX_SIDE
from qa.errors import CorpusError
from qa.records import Document
from qa.text.printable import printable_name

_ABOUT = ("readme", "readme.md", "readme.txt")


def read_folders(
    paths: Sequence[Path], *, max_bytes: int, options: Options | None = None
) -> Iterator[Document | Skipped]:
    """Yield a Document or a Skipped for every file under ``paths``, by source.

    A table or an archive file gives one for each thing in it. Files are read in a child process, within
    the limits of ``options``.

    A source is the path relative to its folder, with ``/``; with several paths it begins with
    the folder's name. A path may also be one file. Hidden files, lock files of Office and a README at the
    top of a folder are left out: the README is about the archive and not part of it. A side file,
    ``name.meta.json``, describes ``name``; the files of a saved page are counted. Nothing outside the
    folders is read: links that lead out of one, and links to folders, are not followed. ``max_bytes``
    is the most that is read of a file. Raises CorpusError if a path does not exist, or if two paths would
    give their files the same sources.
    """
    options = options or Options()
    options = replace(options, limits=replace(options.limits, file_bytes=max_bytes))
    with Sandbox(options) as sandbox:
        for source, place in sources(paths):
            yield from read_file(source, place, sandbox)


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
        yield printable_name(path.name), Place(path, None)
        return
    try:
        root = Root(path.resolve())
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}") from None
    waiting = [Path()]
    while waiting:
        folder = waiting.pop()
        try:
            found = [*_listing(root, folder)]
        except (OSError, UnreadableError):
            found = [(folder, False)]  # so that it is named as unreadable
        names = {place.name for place, is_folder in found if not is_folder}
        for place, is_folder in found:
            source, whole = printable_name(place.as_posix()), root.path / place
            if is_folder:
                page = page_of(place.name, names)
                if page:
                    told = belonging(_count(root, place), printable_name(page))
                    yield source, Place(whole, root, refusal=told)
                else:
                    waiting.append(place)
                continue
            about = folder == Path() and place.name.lower() in _ABOUT
            if not about and described_by(place.name) not in names:
                side = side_of(place.name)
                yield (
                    source,
                    Place(whole, root, side=whole.with_name(side) if side in names else None),
                )


def _count(root: Root, folder: Path) -> int:
    """Return how many files are in a folder and below it."""
    count, waiting = 0, [folder]
    while waiting:
        with suppress(OSError, UnreadableError):
            for place, is_folder in _listing(root, waiting.pop()):
                if is_folder:
                    waiting.append(place)
                else:
                    count += 1
    return count


def _listing(root: Root, folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield what is in a folder and not left out, each with whether it is a folder itself."""
    with root.folder(folder) as opened, os.scandir(opened) as entries:
        for entry in entries:
            if not is_passed_over(entry.name):
                yield folder / entry.name, entry.is_dir(follow_symlinks=False)


def _side(place: Place) -> str | None:
    """Return the text of a file's side file; a part that cannot be read is no valid JSON."""
    try:
        file = place.open_side()
        if file is None:
            return None
        with file:
            data = file.read(MAX_SIDE + 1)
    except (OSError, UnreadableError):
        return ""
    return data.decode("utf-8-sig", "replace") if len(data) <= MAX_SIDE else ""


def read_file(source: str, place: Place, sandbox: Sandbox) -> Iterator[Document | Skipped]:
    """Yield what is in a file; each thing is read, or named with the reason why not."""
    ocr = sandbox.options.ocr
    refusal = place.refusal or holds_no_text(source, ocr)
    if refusal:
        yield Skipped(source, refusal)
        return
    try:
        with place.open() as file:
            kind_at(source, file, ocr)
            yield from sandbox.read(source, file, _side(place))
    except UnreadableError as error:
        yield Skipped(source, str(error))
    except IsADirectoryError:
        yield Skipped(source, "a folder that cannot be read")
    except OSError as error:
        yield Skipped(source, f"cannot be read: {error.strerror or error}")
