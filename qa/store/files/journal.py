"""What a build has embedded so far; if the build is stopped, the next one continues from it.

The journal is one file beside the generations. Every batch is appended as soon as it is embedded. A
process that is killed loses only its current batch. Each record has a checksum: a record that a crash of
the machine damaged is not used, nor are those after it. A build removes the journal when it succeeds, and
also when the disk fails.
"""

from __future__ import annotations

import errno
import hashlib
import os
import struct
from array import array
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from qa.store.files import disk
from qa.store.files.folder import JOURNAL
from qa.store.lifecycle import EncodedPassage

_MAGIC = b"qa encoded 1\n"
_HEAD = struct.Struct("<16sIII")
_SUM_BYTES = 16


class Journal:
    """The encoded passages of a build, by key. Only the holder of the index's lock may use it."""

    def __init__(self, index: Path) -> None:
        self._path = index / JOURNAL
        self._file = self._path.open("a+b", buffering=0)
        # Arrays, sorted by key: a dict of millions of passages would need as much memory as their texts.
        self._keys, self._places = self._read()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind is None or issubclass(kind, OSError):
            self._path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, key: bytes) -> EncodedPassage | None:
        """Return the passage with that key; None if no earlier build embedded it."""
        at = int(np.searchsorted(self._keys, np.bytes_(key)))
        if at == len(self._keys) or self._keys[at] != key:
            return None
        self._file.seek(int(self._places[at]))
        found = self._record()
        assert found is not None  # the record was complete when the file was opened
        return found

    def append(self, passages: Sequence[EncodedPassage]) -> None:
        """Append a batch. Raises OSError."""
        data = b"".join(map(_record_of, passages))
        disk.on_step(f"write {JOURNAL}")
        self._file.seek(0, os.SEEK_END)
        # Unbuffered: when this returns, the data has left the process.
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))

    def _read(self) -> tuple[NDArray[np.bytes_], NDArray[np.int64]]:
        """Return the keys and the places of what an earlier build left.

        Reading stops at the first incomplete record, and the file is cut there.
        """
        self._file.seek(0)
        if self._file.read(len(_MAGIC)) != _MAGIC:
            self._file.truncate(0)
            self._file.write(_MAGIC)
        keys, places = bytearray(), array("q")
        while True:
            place = self._file.tell()
            passage = self._record()
            if passage is None:
                break
            keys += passage.key
            places.append(place)
        self._file.truncate(place)
        found = np.frombuffer(bytes(keys), "S16")
        order = np.argsort(found, kind="stable")
        return found[order], np.asarray(places, np.int64)[order]

    def _record(self) -> EncodedPassage | None:
        head = self._file.read(_HEAD.size) or b""
        if len(head) < _HEAD.size:
            return None
        key, dimension, tokens, width = _HEAD.unpack(head)
        sizes = (4 * dimension, tokens * width, 4 * tokens, tokens)
        left = os.fstat(self._file.fileno()).st_size - self._file.tell()
        if sum(sizes) + _SUM_BYTES > left:
            return None
        body = self._file.read(sum(sizes) + _SUM_BYTES) or b""
        data, sum_ = body[:-_SUM_BYTES], body[-_SUM_BYTES:]
        if _sum(head + data) != sum_:
            return None
        ends = np.cumsum(sizes).tolist()
        parts = [data[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        return EncodedPassage(
            key=key,
            vector=np.frombuffer(parts[0], np.float32),
            codes=np.frombuffer(parts[1], np.uint8).reshape(tokens, width),
            ids=np.frombuffer(parts[2], np.uint32),
            sentences=np.frombuffer(parts[3], np.uint8),
        )


def _record_of(passage: EncodedPassage) -> bytes:
    tokens, width = passage.codes.shape
    record = b"".join(
        [
            _HEAD.pack(passage.key, len(passage.vector), tokens, width),
            passage.vector.astype(np.float32).tobytes(),
            passage.codes.astype(np.uint8).tobytes(),
            passage.ids.astype(np.uint32).tobytes(),
            passage.sentences.astype(np.uint8).tobytes(),
        ]
    )
    return record + _sum(record)


def _sum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_SUM_BYTES).digest()


__all__ = ["Journal"]
