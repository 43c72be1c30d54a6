"""A file that keeps entries: a line of JSON each, private to its owner.

An entry is acknowledged only when its line is on the disk. Processes take turns by a lock on the
folder. A line that a dying process has not completed is no entry; the next one that writes removes
it. Whatever removes an entry replaces the file as a whole, so that its bytes are gone from the file.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from qa.errors import (
    JudgementsFullError,
    JudgementsUnusableError,
    NotFoundError,
    UsageError,
)
from qa.service.private_files import changing, write_private

_PIECE = 65_536


class Entry(Protocol):
    """What is kept."""

    def line(self) -> bytes:
        """Return the entry as a line of JSON, with its line feed."""
        ...


E = TypeVar("E", bound=Entry)


class Lines(Generic[E]):
    """The entries of one file; it is made with the first one. ``most``: bytes that it may have."""

    what: ClassVar[str] = "entries"

    def __init__(self, path: Path | str, *, most: int) -> None:
        self.path = Path(path)
        self._most = most

    def parse(self, line: bytes) -> E:
        """Return the entry of a line. Raises ValueError if it is none."""
        raise NotImplementedError

    def entries(self) -> list[E]:
        """Return every entry, oldest first. Raises JudgementsUnusableError."""
        return [entry for entry, _ in self._read()]

    def mend(self) -> None:
        """Remove what a process that died has left behind. Raises JudgementsUnusableError."""
        if self.path.exists():
            with self._changing(), self._open() as descriptor:
                self._mended(descriptor)
                os.fsync(descriptor)

    def add(self, entry: E) -> None:
        """Keep an entry; it is on the disk when this returns.

        Raises JudgementsFullError, and JudgementsUnusableError.
        """
        line = entry.line()
        with self._changing(), self._open() as descriptor:
            end = self._mended(descriptor)
            self._check_room(end + len(line))
            try:
                _write(descriptor, line, end)
                os.fsync(descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(descriptor, end)
                raise

    def add_all(self, entries: Collection[E]) -> None:
        """Keep all of them, or none. Raises what ``add`` raises."""
        added = [one.line() for one in entries]
        self._change(lambda found: [line for _, line in found] + added)

    def keep_if(self, keep: Callable[[E], bool]) -> int:
        """Remove for good the entries that are not to be kept; return how many there were."""
        if not self.path.exists():
            return 0
        return self._change(lambda found: [line for one, line in found if keep(one)])

    def _change(self, keep: Callable[[list[tuple[E, bytes]]], list[bytes]]) -> int:
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
                f"no more {self.what} can be kept until the operator makes room: "
                f"they would have more than {self._most:,} bytes (setting judgements_bytes)"
            )

    def _read(self) -> list[tuple[E, bytes]]:
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
                found.append((self.parse(line), line + b"\n"))
            except ValueError as error:
                raise self._unusable(
                    f"line {number} is not what the service writes: remove the line"
                ) from error
        with suppress(ValueError):  # without its line feed: written by hand, or not completed
            found.append((self.parse(tail), tail + b"\n"))
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

    def _mended(self, descriptor: int) -> int:
        """Complete or remove a last line without a line feed; return the length of the file.

        An entry that was written by hand, or completely but for its end, is completed.
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
            self.parse(tail)
            _write(descriptor, b"\n", size)
            return size + 1
        os.ftruncate(descriptor, size - len(tail))
        return size - len(tail)

    def _unusable(self, what: str) -> JudgementsUnusableError:
        return JudgementsUnusableError(
            f"the file of {self.what} {self.path} cannot be used: {what}"
        )


def _write(descriptor: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(descriptor, data, at)
        data, at = data[written:], at + written
