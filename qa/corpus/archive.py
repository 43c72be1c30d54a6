"""ZIP and TAR files: each file in them is read in memory and never written to disk.

Unpacked bytes are counted while they are read; the sizes in headers are not trusted. A name or link that
leads out of the archive file is refused; so is everything that is not a regular file. Members are
numbered, so that reading can continue after a member that crashed its reader.
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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, cast

from qa.corpus.beside import belonging, is_passed_over, page_of
from qa.corpus.formats.zipped import open_zip, read_member
from qa.corpus.reading import Limits, UnreadableError
from qa.text.printable import printable_name

_MAX_RATIO, _FREE = 200, 50_000_000
"""Text packs to a tenth, tables of figures to a fiftieth; small files may have any ratio."""
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
    """A file in an archive file: its name, and ``read``, which unpacks it, or why it is not read."""

    name: str
    read: Callable[[], bytes] | None
    refusal: str = ""


class Budget:
    """Counts what one file unpacks to, with all archive files inside it."""

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
    """An archive file holds more than it may."""


def zip_members(file: IO[bytes], limits: Limits, budget: Budget) -> Iterator[Member]:
    """Yield the files of a ZIP file, sorted by name."""
    opened = open_zip(file, members=limits.archive_files)
    seen: set[str] = set()
    infos = sorted(opened.infolist(), key=lambda info: info.filename)
    pages = _SavedPages(_tidy(info.filename) for info in infos)
    for info in infos:
        budget.file()
        name = _tidy(info.filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.is_dir() or _is_hidden(name) or pages.holds(name):
            continue
        refusal = _refusal(name, seen)
        if not refusal and kind not in (0, stat.S_IFREG):
            link = kind == stat.S_IFLNK
            refusal = "a link in an archive: not followed" if link else "not a regular file"
        seen.add(name)

        def read(info: object = info) -> bytes:
            # The default binds the loop's ``info``; its type is that of the archive kind chosen above.
            data = read_member(opened, info, limits.file_bytes)  # type: ignore[arg-type]
            budget.take(len(data))
            return data

        yield Member(printable_name(name), None if refusal else read, refusal)
    for folder, why in pages.told():
        yield Member(printable_name(folder), None, why)


class _SavedPages:
    """Finds the files in an archive file that belong to pages saved by a browser, and counts them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._beside: dict[str, set[str]] = {}
        for name in names:
            folder, _, own = name.rpartition("/")
            self._beside.setdefault(folder, set()).add(own)
        self._counts: dict[tuple[str, str], int] = {}

    def holds(self, name: str) -> bool:
        """Whether a file belongs to a saved page; then it is counted."""
        parts = name.split("/")
        for n, part in enumerate(parts[:-1]):
            page = page_of(part, self._beside.get("/".join(parts[:n]), ()))
            if page:
                key = "/".join(parts[: n + 1]), page
                self._counts[key] = self._counts.get(key, 0) + 1
                return True
        return False

    def told(self) -> Iterator[tuple[str, str]]:
        """Yield each folder with a note about its files."""
        for (folder, page), count in self._counts.items():
            yield folder, belonging(count, printable_name(page))


def tar_members(
    file: IO[bytes], limits: Limits, budget: Budget, unpack: Callable[[IO[bytes]], IO[bytes]]
) -> Iterator[Member]:
    """Yield the files of a TAR file in order; each must be read before the next is asked for."""
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


_READS_BEHIND = 16


class _Counted(io.RawIOBase):
    """A stream whose bytes are counted as they are read.

    tarfile reads on behind the end, block by block, for as long as the size in a header says. So a
    stream that is read behind its end again and again raises tarfile.ReadError.
    """

    def __init__(self, file: IO[bytes], budget: Budget) -> None:
        self._file = file
        self._budget = budget
        self._behind = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._behind += not data
        if self._behind > _READS_BEHIND:
            raise tarfile.ReadError("it ends within a file")
        self._budget.take(len(data))
        return data


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _is_hidden(name: str) -> bool:
    parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".", "..")]
    return any(map(is_passed_over, parts))


def _tidy(name: str) -> str:
    """Return a name without its empty parts: "./a//b" is "a/b"."""
    root = "/" if name.startswith("/") else ""
    return root + "/".join(part for part in name.split("/") if part not in ("", "."))


def _refusal(name: str, seen: set[str]) -> str:
    if name in seen:
        return "another file has this name already"
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
"""Name endings of archive files."""


def members(ending: str, file: IO[bytes], limits: Limits, budget: Budget) -> Iterator[Member]:
    """Yield the files of an archive file. Raises UnreadableError if it is damaged, BombError for a bomb."""
    if ending == ".zip":
        return zip_members(file, limits, budget)
    return tar_members(file, limits, budget, _TARS[ending])
