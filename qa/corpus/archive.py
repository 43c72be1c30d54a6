"""ZIP and TAR files: each file in them, read in memory and never written to disk.

What is unpacked is counted as it is read; what a header says of a size is not believed. A name or a
link that leads out of the archive is refused, so is whatever is no plain file. Members are numbered,
so that reading can go on behind one that took its reader down.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, cast

from qa.corpus.formats.zipped import open_zip, read_member
from qa.corpus.reading import Limits, UnreadableError
from qa.text.printable import printable_name

_MAX_RATIO, _FREE = 200, 50_000_000
"""Text packs to a tenth, tables of figures to a fiftieth; what is small may do as it likes."""
_DRIVE = re.compile(r"[A-Za-z]:")
_TAR_ERRORS = (
    tarfile.TarError,
    EOFError,
    OSError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its name, with what ``read`` unpacks it, or why it is not read."""

    name: str
    read: Callable[[], bytes] | None
    refusal: str = ""


class Budget:
    """Counts what one file unpacks to, over all archives within it."""

    def __init__(self, packed: int, limits: Limits) -> None:
        self._limits = limits
        self._most = min(limits.archive_bytes, max(_MAX_RATIO * packed, _FREE))
        self._bytes = 0
        self._files = 0

    def take(self, size: int) -> None:
        """Count bytes. Raises BombError when they are too many."""
        self._bytes += size
        if self._bytes > self._most:
            raise BombError(
                f"unpacks to more than {self._most:,} bytes, {_MAX_RATIO} times its size or the "
                "setting max_archive_bytes: the rest of it is not read"
            )

    def file(self) -> None:
        """Count a file. Raises BombError when they are too many."""
        self._files += 1
        if self._files > self._limits.archive_files:
            raise BombError(
                f"holds more than {self._limits.archive_files:,} files (setting archive_files): "
                "the rest of it is not read"
            )


class BombError(UnreadableError):
    """An archive holds more than it may."""


def zip_members(file: IO[bytes], limits: Limits, budget: Budget) -> Iterator[Member]:
    """Yield the files of a ZIP file by name."""
    opened = open_zip(file, members=limits.archive_files)
    seen: set[str] = set()
    for info in sorted(opened.infolist(), key=lambda info: info.filename):
        budget.file()
        name = _tidy(info.filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.is_dir() or _is_hidden(name):
            continue
        refusal = _refusal(name, seen)
        if not refusal and kind not in (0, stat.S_IFREG):
            link = kind == stat.S_IFLNK
            refusal = "a link in an archive: not followed" if link else "not a regular file"
        seen.add(name)

        def read(info: object = info) -> bytes:
            # A default of the loop's own ``info``: typed by the kind of archive, which is settled above.
            data = read_member(opened, info, limits.file_bytes)  # type: ignore[arg-type]
            budget.take(len(data))
            return data

        yield Member(printable_name(name), None if refusal else read, refusal)


def tar_members(
    file: IO[bytes], limits: Limits, budget: Budget, unpack: Callable[[IO[bytes]], IO[bytes]]
) -> Iterator[Member]:
    """Yield the files of a TAR file as they come; each must be read before the next is asked for."""
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=_Counted(unpack(file), budget), mode="r|") as opened:
            for info in opened:
                budget.file()
                if info.isdir() or _is_hidden(info.name):
                    continue
                name = _tidy(info.name)
                refusal = _refusal(name, seen)
                if not refusal and not (info.isreg() and not info.issparse()):
                    link = info.issym() or info.islnk()
                    refusal = "a link in an archive: not followed" if link else "not a regular file"
                seen.add(name)

                def read(info: tarfile.TarInfo = info) -> bytes:
                    try:
                        member = opened.extractfile(info)
                        return member.read(limits.file_bytes + 1) if member else b""
                    except BombError:
                        raise
                    except _TAR_ERRORS:
                        raise UnreadableError("damaged: it cannot be unpacked") from None

                yield Member(printable_name(name), None if refusal else read, refusal)
    except BombError:
        raise
    except _TAR_ERRORS as error:
        raise UnreadableError(
            f"damaged: it cannot be unpacked, or not further ({_short(error)})"
        ) from None


class _Counted(io.RawIOBase):
    """A stream whose bytes are counted as they are read."""

    def __init__(self, file: IO[bytes], budget: Budget) -> None:
        self._file = file
        self._budget = budget

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._budget.take(len(data))
        return data


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _is_hidden(name: str) -> bool:
    parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".", "..")]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _tidy(name: str) -> str:
    """Return a name without the parts that say nothing: "./a//b" is "a/b"."""
    root = "/" if name.startswith("/") else ""
    return root + "/".join(part for part in name.split("/") if part not in ("", "."))


def _refusal(name: str, seen: set[str]) -> str:
    if name in seen:
        return "a second file of that name"
    if name.startswith(("/", "\\")) or _DRIVE.match(name) or ".." in re.split(r"[/\\]", name):
        return "its name leads out of the archive"
    return ""


def _plain(file: IO[bytes]) -> IO[bytes]:
    return file


def _gunzip(file: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], gzip.GzipFile(fileobj=file, mode="rb"))


def _bunzip(file: IO[bytes]) -> IO[bytes]:
    return bz2.BZ2File(file, mode="rb")


def _unxz(file: IO[bytes]) -> IO[bytes]:
    return lzma.LZMAFile(file, mode="rb")


_TARS: Mapping[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".tar": _plain,
    ".tar.gz": _gunzip,
    ".tgz": _gunzip,
    ".tar.bz2": _bunzip,
    ".tbz2": _bunzip,
    ".tar.xz": _unxz,
    ".txz": _unxz,
}
ARCHIVES = frozenset({".zip", *_TARS})
"""Endings of archives."""


def members(ending: str, file: IO[bytes], limits: Limits, budget: Budget) -> Iterator[Member]:
    """Yield the files of an archive. Raises UnreadableError where it is damaged, BombError at a bomb."""
    if ending == ".zip":
        return zip_members(file, limits, budget)
    return tar_members(file, limits, budget, _TARS[ending])
