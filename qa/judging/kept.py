"""The file that keeps judgements: a line of JSON each, private to its owner.

A judgement is acknowledged only when its line is on the disk. Processes take turns by a lock on the
folder. A line that a dying process has not completed is no judgement; the next one that writes removes
it. Whatever removes a judgement replaces the file as a whole, so that its bytes are gone from the file.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from qa.errors import (
    IndexUnusableError,
    JudgementsFullError,
    JudgementsUnusableError,
    NotFoundError,
    UsageError,
)
from qa.judging.judgement import Judgement, judgement_in
from qa.service.private_files import changing, write_private
from qa.settings import Settings
from qa.store import IndexFolder

_INDEX_FOLDER = ("LIVE", "generations")
_PIECE = 65_536


class Judgements:
    """The judgements of one file; it is made with the first one. ``most``: bytes that it may have."""

    def __init__(self, path: Path | str, *, most: int) -> None:
        self.path = Path(path)
        self._most = most

    @classmethod
    def of(cls, settings: Settings, paths: Sequence[Path] = ()) -> Judgements | None:
        """Return the judgements that the settings keep; None if they keep none.

        Raises UsageError if the file would lie in an index, or in one of the ``paths``, or in a folder
        that the index of the settings was built from: it would be published or indexed with them.
        """
        if not settings.judgements:
            return None
        path = Path(settings.judgements)
        _refuse_index(path, settings.index)
        _refuse_archive(path, [*paths, *_read_by(settings.index)])
        return cls(path, most=settings.judgements_bytes)

    def entries(self) -> list[Judgement]:
        """Return every judgement, oldest first. Raises JudgementsUnusableError."""
        return [judgement for judgement, _ in self._read()]

    def mend(self) -> None:
        """Remove what a process that died has left behind. Raises JudgementsUnusableError."""
        if self.path.exists():
            with self._changing(), self._open() as descriptor:
                _mended(descriptor)
                os.fsync(descriptor)

    def add(self, judgement: Judgement) -> None:
        """Keep a judgement; it is on the disk when this returns.

        Raises JudgementsFullError, and JudgementsUnusableError.
        """
        line = judgement.line()
        with self._changing(), self._open() as descriptor:
            end = _mended(descriptor)
            self._check_room(end + len(line))
            try:
                _write(descriptor, line, end)
                os.fsync(descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(descriptor, end)
                raise

    def add_all(self, judgements: Collection[Judgement]) -> None:
        """Keep all of them, or none. Raises what ``add`` raises."""
        added = [one.line() for one in judgements]
        self._change(lambda found: [line for _, line in found] + added)

    def remove(self, ids: Collection[str]) -> None:
        """Remove judgements for good. Raises NotFoundError for an id that there is not, and removes none."""

        def keep(found: list[tuple[Judgement, bytes]]) -> list[bytes]:
            if unknown := sorted(set(ids) - {one.id for one, _ in found}):
                raise NotFoundError(
                    f"there is no judgement {unknown[0]!r}: qa judged list has them"
                )
            return [line for one, line in found if one.id not in ids]

        self._change(keep)

    def forget(self, names: Collection[str]) -> int:
        """Remove the judgements of documents, named by source or id; return how many there were."""
        gone = set(names)

        def keep(found: list[tuple[Judgement, bytes]]) -> list[bytes]:
            return [
                line
                for one, line in found
                if one.judged is None or not {one.judged.source, one.judged.document_id} & gone
            ]

        return self._change(keep) if self.path.exists() else 0

    def _change(self, keep: Callable[[list[tuple[Judgement, bytes]]], list[bytes]]) -> int:
        """Replace the file by the lines that ``keep`` returns; return how many went."""
        with self._changing():
            found = self._read()
            lines = keep(found)
            if len(lines) > len(found):
                self._check_room(sum(map(len, lines)))
            if len(lines) != len(found):
                write_private(self.path, b"".join(lines))
            return len(found) - len(lines)

    def _check_room(self, size: int) -> None:
        if size > self._most:
            raise JudgementsFullError(
                "no more judgements can be kept until the operator makes room: "
                f"they would have more than {self._most:,} bytes (setting judgements_bytes)"
            )

    def _read(self) -> list[tuple[Judgement, bytes]]:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable(error.strerror or "it cannot be read") from error
        *lines, tail = data.split(b"\n")
        found = []
        for number, line in enumerate(lines, start=1):
            try:
                found.append((judgement_in(line), line + b"\n"))
            except ValueError as error:
                raise self._unusable(
                    f"line {number} is not what the service writes: remove the line"
                ) from error
        with suppress(ValueError):  # without its line feed: written by hand, or not completed
            found.append((judgement_in(tail), tail + b"\n"))
        return found

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Stop other processes from changing the file meanwhile. Raises JudgementsUnusableError."""
        try:
            with changing(self.path):
                # Copies that a process left which died while it replaced the file: they may hold
                # what is removed here.
                for copy in self.path.parent.glob(f".{glob.escape(self.path.name)}-*"):
                    copy.unlink(missing_ok=True)
                yield
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        except NotFoundError:
            raise
        except UsageError as error:
            raise self._unusable(error.message) from error

    @contextmanager
    def _open(self) -> Iterator[int]:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(self.path, flags, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise self._unusable("it is no file")
            yield descriptor
        finally:
            os.close(descriptor)

    def _unusable(self, what: str) -> JudgementsUnusableError:
        return JudgementsUnusableError(f"the file of judgements {self.path} cannot be used: {what}")


def _mended(descriptor: int) -> int:
    """Complete or remove a last line without a line feed; return the length of the file.

    A judgement that was written by hand, or completely but for its end, is completed.
    """
    size = os.fstat(descriptor).st_size
    tail, begin = b"", size
    while begin and b"\n" not in tail:
        first = max(0, begin - _PIECE)
        tail, begin = os.pread(descriptor, begin - first, first) + tail, first
    tail = tail.rpartition(b"\n")[2]
    if not tail:
        return size
    with suppress(ValueError):
        judgement_in(tail)
        _write(descriptor, b"\n", size)
        return size + 1
    os.ftruncate(descriptor, size - len(tail))
    return size - len(tail)


def _write(descriptor: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, at)
        data, at = data[written:], at + written


def _refuse_index(path: Path, index: str) -> None:
    resolved = path.resolve()
    folders = [*path.absolute().parents, resolved, *resolved.parents]
    inside = [f for f in folders if all((f / name).exists() for name in _INDEX_FOLDER)]
    own = Path(index).resolve()
    if inside or own in (resolved, *resolved.parents):
        raise UsageError(
            f"setting judgements is {path}, which lies in the index folder {(inside or [own])[0]}: "
            "the index may be published or removed, so name a place outside"
        )


def _refuse_archive(path: Path, paths: Sequence[Path]) -> None:
    resolved = path.resolve()
    for archive in paths:
        if archive.resolve() in (resolved, *resolved.parents):
            raise UsageError(
                f"setting judgements is {path}, which lies in the archive {archive}: it would be read "
                "as a document, so name a place outside"
            )


def _read_by(index: str) -> list[Path]:
    """Return what the last build of an index folder has read; nothing for an index elsewhere."""
    with suppress(IndexUnusableError, OSError):
        return [Path(path) for path in IndexFolder(Path(index)).live().paths]
    return []
