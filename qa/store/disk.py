"""The only writes and reads of an index folder, each durable or verified.

Written: to the end, then fsync, then the checksum is told. Read: the checksum first, the
parser after. Large arrays are mapped instead, with a checksum for every block of 64 KiB that
is verified before the block is first used.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamagedError

BLOCK = 1 << 16
_SUM_BYTES = 16
SUMS_ENDING = ".sums"

on_step: Callable[[str], None] = lambda step: None  # noqa: E731 - replaced by the fault tests
"""Called before every write, fsync and rename with its name; the fault tests stop there."""


@dataclass(frozen=True, slots=True)
class FileSum:
    """The size and SHA-256 of a file as written."""

    bytes: int
    sha256: str


def write_file(path: Path, parts: Iterable[bytes]) -> FileSum:
    """Write a new file and wait until it is on the disk. Raises OSError; nothing is retried."""
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


def write_blocks(path: Path, parts: Iterable[bytes]) -> dict[str, FileSum]:
    """Write a large file and, beside it, a checksum for every block; return the sums of both."""
    sums: list[bytes] = []

    def blocks() -> Iterable[bytes]:
        rest = bytearray()
        for part in parts:
            rest += part
            while len(rest) >= BLOCK:
                block = bytes(rest[:BLOCK])
                del rest[:BLOCK]
                sums.append(_block_sum(block))
                yield block
        if rest:
            sums.append(_block_sum(bytes(rest)))
            yield bytes(rest)

    written = write_file(path, blocks())
    sums_path = path.with_name(path.name + SUMS_ENDING)
    return {path.name: written, sums_path.name: write_file(sums_path, [b"".join(sums)])}


def _block_sum(block: bytes | memoryview) -> bytes:
    return hashlib.blake2b(block, digest_size=_SUM_BYTES).digest()


def sync_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk."""
    on_step(f"fsync {folder.name}/")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(source: Path, target: Path) -> None:
    """Rename, replacing ``target``, and make it last."""
    on_step(f"rename {target.name}")
    os.replace(source, target)
    sync_folder(target.parent)


def read_verified(path: Path, expected: FileSum) -> bytes:
    """Return a file's bytes once they have the expected checksum.

    What is verified is what is returned: the file is read once. Raises IndexDamagedError.
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


def damaged(path: Path, what: str) -> IndexDamagedError:
    """Return the error for a damaged file of an index."""
    return IndexDamagedError(f"the index file {path} is damaged ({what}): run qa build again")


def array_bytes(array: NDArray[Any]) -> bytes:
    """Return an array as the bytes of an ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_array(data: bytes) -> NDArray[Any]:
    """Return the array of an ``.npy`` file whose bytes were verified."""
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))


class BlockFile:
    """A mapped file of which no byte is seen before the checksum of its block was verified."""

    def __init__(self, path: Path, expected: FileSum, sums: bytes) -> None:
        self._path = path
        blocks = -(-expected.bytes // BLOCK)
        if len(sums) != blocks * _SUM_BYTES:
            raise damaged(path, "it has another number of blocks")
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size != expected.bytes:
                    raise damaged(path, f"{size} bytes instead of {expected.bytes}")
                self._map: mmap.mmap | bytes = (
                    mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
                )
        except OSError as error:
            raise damaged(path, error.strerror or "cannot be read") from error
        self._view = memoryview(self._map)
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
