"""All writes and reads of an index folder. Each write is durable, each read is verified.

A write ends with fsync, and only then returns the checksum. A read verifies the checksum before anything
parses the bytes. The largest files are mapped; they have a checksum for every block of 64 KiB, which is
verified before the block is first used.
"""

from __future__ import annotations

import hashlib
import io
import math
import mmap
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamagedError

FORMAT = 4
"""The version of the format in which everything here is written."""
BLOCK = 1 << 16
_SUM_BYTES = 16
_PART = 1 << 22
_HEAD = 1 << 12
"""The header of an array file lies within this many first bytes."""
SUMS_ENDING = ".sums"

on_step: Callable[[str], None] = lambda step: None  # noqa: E731 - replaced by the fault tests
"""Called with a name before every write, fsync and rename; the fault tests stop there."""


@dataclass(frozen=True, slots=True)
class FileSum:
    """The size and SHA-256 of a file as written."""

    bytes: int
    sha256: str


def write_file(path: Path, parts: Iterable[bytes]) -> FileSum:
    """Write a new file and wait until it is on the disk. Raises OSError; there is no second try."""
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for part in parts:
            on_step(f"write {path.name}")
            file.write(part)
            digest.update(part)
            size += len(part)
        file.flush()
        on_step(f"fsync {path.name}")
        os.fsync(file.fileno())
    return FileSum(size, digest.hexdigest())


class BlockWriter:
    """Writes a new large file in pieces, with a checksum for every block beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("xb")
        self._digest = hashlib.sha256()
        self._rest = bytearray()
        self._sums: list[bytes] = []
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append ``data``. Raises OSError."""
        self.size += len(data)
        left = memoryview(data)
        while len(self._rest) + len(left) >= BLOCK:
            taken = BLOCK - len(self._rest)
            self._write(bytes(self._rest) + left[:taken])
            self._rest.clear()
            left = left[taken:]
        self._rest += left

    def _write(self, block: bytes) -> None:
        on_step(f"write {self._path.name}")
        self._file.write(block)
        self._digest.update(block)
        self._sums.append(_block_sum(block))

    def finish(self) -> dict[str, FileSum]:
        """Wait until all is on the disk; return the sums of the file and of its file of block sums."""
        if self._rest:
            self._write(bytes(self._rest))
        self._file.flush()
        on_step(f"fsync {self._path.name}")
        os.fsync(self._file.fileno())
        self.close()
        sums_path = self._path.with_name(self._path.name + SUMS_ENDING)
        return {
            self._path.name: FileSum(self.size, self._digest.hexdigest()),
            sums_path.name: write_file(sums_path, [b"".join(self._sums)]),
        }

    def close(self) -> None:
        """Close the file, complete or not; data that a full disk refused is lost."""
        with suppress(OSError):
            self._file.close()


class Column:
    """Rows of one array that arrive in pieces and wait in a file on the disk until all have arrived."""

    def __init__(self, folder: Path, dtype: Any, shape: tuple[int, ...] = ()) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=BLOCK)  # noqa: SIM115 - closed below
        self._dtype, self._shape = np.dtype(dtype), shape
        self._size = self._dtype.itemsize * math.prod(shape)
        self.rows = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Append rows. Raises OSError."""
        if rows.shape[1:] != self._shape:
            raise ValueError(f"rows have the shape {rows.shape[1:]} instead of {self._shape}")
        at_once = max(_PART // self._size, 1)
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            self._file.write(np.ascontiguousarray(part, self._dtype).tobytes())
        self.rows += len(rows)

    def array(self) -> NDArray[Any]:
        """Return all rows."""
        return np.concatenate([*self.parts(), self._empty()])

    def parts(self, rows: int | None = None) -> Iterator[NDArray[Any]]:
        """Yield all rows, ``rows`` of them at a time, by default some megabytes."""
        self._file.seek(0)
        while data := self._file.read((rows or max(_PART // self._size, 1)) * self._size):
            yield np.frombuffer(data, self._dtype).reshape(-1, *self._shape)

    def npy(self) -> Iterator[bytes]:
        """Yield the bytes of an ``.npy`` file of all rows."""
        return npy(self._dtype, (self.rows, *self._shape), self.parts())

    def _empty(self) -> NDArray[Any]:
        return np.empty((0, *self._shape), self._dtype)

    def close(self) -> None:
        """Discard the rows."""
        with suppress(OSError):
            self._file.close()


def npy(
    dtype: np.dtype[Any], shape: tuple[int, ...], parts: Iterable[NDArray[Any]]
) -> Iterator[bytes]:
    """Yield the bytes of an ``.npy`` file of an array that arrives in parts."""
    buffer = io.BytesIO()
    descr = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    yield buffer.getvalue()
    for part in parts:
        yield np.ascontiguousarray(part, dtype).tobytes()


def _block_sum(block: bytes | memoryview) -> bytes:
    return hashlib.blake2b(block, digest_size=_SUM_BYTES).digest()


def file_sum(path: Path) -> FileSum:
    """Return the size and SHA-256 of a file as it is. Raises OSError."""
    with path.open("rb") as file:
        return FileSum(
            os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
        )


def sync_folder(folder: Path) -> None:
    """Wait until the entries of a folder are on the disk."""
    on_step(f"fsync {folder.name}/")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    """Rename and replace ``target``, and wait until this is on the disk."""
    on_step(f"rename {target.name}")
    os.replace(source, target)
    sync_folder(target.parent)


def read_verified(path: Path, expected: FileSum) -> bytes:
    """Return a file's bytes if they have the expected checksum.

    The file is read once, so the verified bytes are the returned bytes. Raises IndexDamagedError.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise damaged(path, error.strerror or "cannot be read") from error
    if len(data) != expected.bytes:
        raise damaged(path, f"{len(data)} bytes instead of {expected.bytes}")
    if hashlib.sha256(data).hexdigest() != expected.sha256:
        raise damaged(path, "its checksum is wrong")
    return data


def map_verified(path: Path, expected: FileSum) -> memoryview:
    """Return a file's bytes as a mapping if they have the expected checksum.

    They need no memory of the process itself. If a page is read from the disk again later, it is
    not verified again. Raises IndexDamagedError.
    """
    try:
        # Read for the check, not mapped: an unreadable page of a mapping would kill the process.
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise damaged(path, error.strerror or "cannot be read") from error
    data = _map(path, expected.bytes)
    if found != expected.sha256:
        raise damaged(path, "its checksum is wrong")
    return data


def _map(path: Path, size: int) -> memoryview:
    """Return a file of a known size, mapped. Raises IndexDamagedError."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno()).st_size
            if found != size:
                raise damaged(path, f"{found} bytes instead of {size}")
            # An empty file cannot be mapped.
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b"")
    except OSError as error:
        raise damaged(path, error.strerror or "cannot be read") from error


def damaged(path: Path, what: str) -> IndexDamagedError:
    """Return the error for a damaged file of an index."""
    return IndexDamagedError(f"the index file {path} is damaged ({what}): run qa build again")


def array_bytes(array: NDArray[Any]) -> bytes:
    """Return an array as the bytes of an ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_array(data: bytes | memoryview) -> NDArray[Any]:
    """Return the array of an ``.npy`` file whose bytes were verified; it uses the same memory."""
    head = io.BytesIO(data[:_HEAD])
    if np.lib.format.read_magic(head) != (1, 0):
        raise ValueError("an array file of another version")
    try:
        shape, by_column, dtype = np.lib.format.read_array_header_1_0(head)
    except Exception as error:  # the header is parsed as Python source, which can fail in many ways
        raise ValueError(f"an array file with a wrong header: {error}") from error
    if by_column or dtype.hasobject:
        raise ValueError("an array of objects or in column order")
    if head.tell() + math.prod(shape) * dtype.itemsize != len(data) or min(shape, default=0) < 0:
        raise ValueError("an array file of another size")
    return np.frombuffer(data, dtype, math.prod(shape), head.tell()).reshape(shape)


class BlockFile:
    """A mapped file. It gives no byte before the checksum of the byte's block was verified."""

    def __init__(self, path: Path, expected: FileSum, sums: bytes) -> None:
        self._path = path
        blocks = -(-expected.bytes // BLOCK)
        if len(sums) != blocks * _SUM_BYTES:
            raise damaged(path, "its number of blocks is wrong")
        self._view = _map(path, expected.bytes)
        self._sums = sums
        self._verified = bytearray(blocks)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._view)

    def read(self, start: int, end: int) -> memoryview:
        """Return the bytes from ``start`` to ``end``. Raises IndexDamagedError."""
        first, last = start // BLOCK, -(-end // BLOCK)
        if b"\0" in self._verified[first:last]:
            for block in range(first, last):
                self._verify(block)
        return self._view[start:end]

    def gather(
        self, starts: NDArray[Any], ends: NDArray[Any], places: NDArray[Any], width: int
    ) -> NDArray[np.uint8]:
        """Return the records of ``width`` bytes at ``places``, shape (places, width).

        ``starts`` and ``ends`` bound stretches that together contain all of these records. Raises
        IndexDamagedError.
        """
        firsts = (starts * width // BLOCK).tolist()
        lasts = (-(-ends * width // BLOCK)).tolist()
        for first, last in zip(firsts, lasts, strict=True):
            if b"\0" in self._verified[first:last]:
                for block in range(first, last):
                    self._verify(block)
        records = np.frombuffer(self._view, np.uint8).reshape(-1, width)
        return records.take(places, axis=0)

    def verify_all(self) -> None:
        """Verify every block. Raises IndexDamagedError at the first that is damaged."""
        self.read(0, len(self))

    def _verify(self, block: int) -> None:
        if self._verified[block]:
            return
        data = self._view[block * BLOCK : (block + 1) * BLOCK]
        if _block_sum(data) != self._sums[block * _SUM_BYTES : (block + 1) * _SUM_BYTES]:
            raise damaged(self._path, f"the checksum of block {block} is wrong")
        with self._lock:
            self._verified[block] = 1
