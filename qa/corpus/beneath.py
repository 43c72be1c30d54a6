"""Files below a folder, opened so that nothing outside it can be read, whatever changes meanwhile.

A path says where a file was when the folder was walked. Before it is read, a folder on the way may become
a link. So no file is opened by its full path. A ``Root`` holds the folder itself open, and each name on
the way is opened inside the folder before it, without following a link. Checks look at the file that was
opened. A link to a file is resolved first, and its target is opened in the same way.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from qa.corpus.reading import UnreadableError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without this flag, opening a pipe would wait for a writer.
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_LEADS_OUT = "a link that leads out of the folder"
_TO_A_FOLDER = "a link to a folder"
_TO_NOTHING = "a link to nothing"
_ON_THE_WAY = "a folder on the way to it became a link: not followed"
_NOT_REGULAR = "not a regular file"


class Root:
    """A folder that is held open: if another takes its place, this one is still used.

    Raises OSError if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._open = -1
        self.path = path
        self._open = os.open(path, _FOLDER)

    def __del__(self) -> None:
        if self._open >= 0:
            os.close(self._open)

    @contextmanager
    def folder(self, relative: Path) -> Iterator[int]:
        """Open a folder below and yield its descriptor; raises UnreadableError if a link is on the way."""
        at = os.dup(self._open)
        try:
            for name in relative.parts:
                try:
                    within = os.open(name, _FOLDER, dir_fd=at)
                except OSError as error:
                    # Linux reports a link in different ways, depending on the other flags.
                    if error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(name, at):
                        raise UnreadableError(_ON_THE_WAY) from None
                    raise
                os.close(at)
                at = within
            yield at
        finally:
            os.close(at)


class Place(NamedTuple):
    """A file, and the folder that it must lie in; None for a file that was named itself.

    ``refusal``: why it is not read; empty if it is read. ``side``: its side file.
    """

    path: Path
    root: Root | None
    refusal: str = ""
    side: Path | None = None

    def open(self) -> BufferedReader:
        """Open the file for reading. Raises UnreadableError, with the reason, or OSError."""
        if self.root is None:
            return _regular(os.fspath(self.path), None)
        return _open_beneath(self.root, self.path.relative_to(self.root.path))

    def open_side(self) -> BufferedReader | None:
        """Open its side file; None if there is none. Raises like ``open``."""
        return Place(self.side, self.root).open() if self.side else None


def _open_beneath(root: Root, relative: Path, *, linked: bool = False) -> BufferedReader:
    with root.folder(relative.parent) as folder:
        if not _is_link(relative.name, folder):
            return _regular(relative.name, folder)
    if linked:  # a chain of links in a circle, or one that was put there just now
        raise UnreadableError(_TO_NOTHING)
    whole = root.path / relative
    target = Path(os.path.realpath(whole))
    if not target.is_relative_to(root.path):
        raise UnreadableError(_LEADS_OUT)
    if target == root.path:
        raise UnreadableError(_TO_A_FOLDER)
    try:
        return _open_beneath(root, target.relative_to(root.path), linked=True)
    except IsADirectoryError:
        raise UnreadableError(_TO_A_FOLDER) from None
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableError(_TO_NOTHING) from None


def _regular(name: str, folder: int | None) -> BufferedReader:
    """Open a regular file in a folder without following a link; a device is never opened."""
    follow = folder is None
    _refuse(os.stat(name, dir_fd=folder, follow_symlinks=follow).st_mode)
    opened = os.open(name, _FILE | (0 if follow else os.O_NOFOLLOW), dir_fd=folder)
    try:
        # Another file may have taken its name in between.
        _refuse(os.fstat(opened).st_mode)
        return os.fdopen(opened, "rb")
    except BaseException:
        os.close(opened)
        raise


def _refuse(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise UnreadableError(_NOT_REGULAR)


def _is_link(name: str, folder: int) -> bool:
    with suppress(FileNotFoundError):
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    return False


__all__ = ["Place", "Root"]
