"""Reads and writes of an index folder: durable, and verified before anyone sees a byte."""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import IndexDamagedError
from qa.store.files import disk
from qa.store.files.disk import (
    BLOCK,
    BlockFile,
    BlockWriter,
    Column,
    FileSum,
    array_bytes,
    read_array,
    read_verified,
)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that were taken on the disk, in order."""
    taken: list[str] = []
    monkeypatch.setattr(disk, "on_step", taken.append)
    return taken


def test_a_file_is_written_to_the_end_and_waited_for(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []

    def fsync(descriptor: int) -> None:
        synced.append((os.readlink(f"/proc/self/fd/{descriptor}"), os.fstat(descriptor).st_size))

    monkeypatch.setattr(os, "fsync", fsync)
    told = disk.write_file(tmp_path / "a", [b"one", b"", b"two"])
    assert (tmp_path / "a").read_bytes() == b"onetwo"
    assert told == FileSum(6, hashlib.sha256(b"onetwo").hexdigest())
    # All of it had left the process when the disk was waited for.
    assert synced == [(str(tmp_path / "a"), 6)]
    assert steps == ["write a", "write a", "write a", "fsync a"]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        disk.write_file(tmp_path / "a", [b"new"])
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_rename_lasts(tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    )
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    disk.rename(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"new"
    assert not (tmp_path / "new").exists()
    assert synced == [str(tmp_path)]
    assert steps == ["rename old", f"fsync {tmp_path.name}/"]


def test_a_failing_fsync_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        disk.write_file(tmp_path / "a", [b"x"])
    with pytest.raises(OSError, match="Input/output error"):
        disk.sync_folder(tmp_path)


def test_read_verified(tmp_path: Path) -> None:
    path = tmp_path / "a"
    told = disk.write_file(path, [b"abc"])
    assert read_verified(path, told) == b"abc"
    for wrong, why in (
        (FileSum(4, told.sha256), "3 bytes instead of 4"),
        (FileSum(3, "0" * 64), "its checksum is wrong"),
    ):
        with pytest.raises(IndexDamagedError, match=f"{why}.*run qa build again"):
            read_verified(path, wrong)
    with pytest.raises(IndexDamagedError, match="No such file"):
        read_verified(tmp_path / "b", told)
    with pytest.raises(IndexDamagedError, match="Is a directory"):
        read_verified(tmp_path, told)


def test_arrays(tmp_path: Path) -> None:
    array = np.array([(1, b"x"), (-2, b"yz")], [("number", "<i4"), ("key", "S16")])
    np.testing.assert_array_equal(read_array(array_bytes(array)), array)
    with pytest.raises(ValueError, match="pickle|[Oo]bject arrays"):
        array_bytes(np.array([{}], object))
    import io

    pickled = io.BytesIO()
    np.save(pickled, np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="array of objects"):
        read_array(pickled.getvalue())


@pytest.mark.parametrize("shape", ["(4,)", "(2,)", "(-3,)", "(1180591620717411303424,)", "((3,)"])
def test_an_array_whose_head_lies_is_refused(shape: str) -> None:
    data = array_bytes(np.arange(3, dtype="<i4"))
    at, end = data.index(b"(3,)"), data.index(b"\n")
    head = data[:at] + shape.encode() + data[at + 4 : end].rstrip()
    with pytest.raises(ValueError, match="array file"):
        read_array(head.ljust(end) + data[end:])


@pytest.mark.parametrize(
    ("dtype", "shape"), [("<i4", ()), ("<f4", (3,)), ([("document", "<i4"), ("key", "S16")], ())]
)
def test_a_column_is_the_array_of_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: Any, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr(disk, "_PART", 100)  # several parts
    whole = np.arange(60 * math.prod(shape), dtype=np.int32).reshape(60, *shape).astype(dtype)
    column = Column(tmp_path, dtype, shape)
    assert b"".join(column.npy()) == array_bytes(whole[:0])
    for start, end in ((0, 1), (1, 1), (1, 41), (41, 60)):
        column.append(whole[start:end])
    assert column.rows == 60
    np.testing.assert_array_equal(column.array(), whole)
    assert b"".join(column.npy()) == array_bytes(whole)
    with pytest.raises(ValueError, match="rows have the shape"):
        column.append(np.zeros((1, *shape, 2), whole.dtype))
    column.close()
    assert list(tmp_path.iterdir()) == []


def blocks(folder: Path, data: bytes) -> BlockFile:
    """Write ``data`` in uneven parts; return it opened."""
    parts = [data[n : n + 50_001] for n in range(0, len(data), 50_001)]
    writer = BlockWriter(folder / "a")
    for part in parts:
        writer.write(part)
    assert writer.size == len(data)
    sums = writer.finish()
    assert set(sums) == {"a", "a.sums"}
    assert sums["a"] == FileSum(len(data), hashlib.sha256(data).hexdigest())
    return BlockFile(folder / "a", sums["a"], read_verified(folder / "a.sums", sums["a.sums"]))


DATA = np.random.default_rng(0).bytes(3 * BLOCK + 5)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 5])
def test_a_block_file_holds_what_was_written(tmp_path: Path, size: int) -> None:
    file = blocks(tmp_path, DATA[:size])
    assert len(file) == size
    assert bytes(file.read(0, size)) == DATA[:size]
    assert (tmp_path / "a.sums").stat().st_size == -(-size // BLOCK) * 16
    file.verify_all()


@given(st.data())
@settings(max_examples=30)
def test_any_part_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = blocks(tmp_path_factory.mktemp("blocks"), DATA)
    for _ in range(5):
        start = data.draw(st.integers(0, len(DATA)))
        end = data.draw(st.integers(start, len(DATA)))
        assert bytes(file.read(start, end)) == DATA[start:end]


def test_no_byte_of_a_damaged_block_is_seen(tmp_path: Path) -> None:
    blocks(tmp_path, DATA)
    damaged = bytearray(DATA)
    damaged[BLOCK + 7] ^= 1
    (tmp_path / "a").write_bytes(damaged)
    sums = (tmp_path / "a.sums").read_bytes()
    file = BlockFile(tmp_path / "a", FileSum(len(DATA), ""), sums)
    # Blocks are verified when they are first used: the others serve.
    assert bytes(file.read(0, BLOCK)) == DATA[:BLOCK]
    assert bytes(file.read(2 * BLOCK, len(DATA))) == DATA[2 * BLOCK :]
    assert bytes(file.read(BLOCK, BLOCK)) == b""
    for start, end in (
        (BLOCK, BLOCK + 1),
        (0, BLOCK + 1),
        (BLOCK - 1, 2 * BLOCK),
        (2 * BLOCK - 1, 2 * BLOCK),
    ):
        with pytest.raises(IndexDamagedError, match="checksum of block 1 is wrong"):
            file.read(start, end)
    with pytest.raises(IndexDamagedError, match="checksum of block 1 is wrong"):
        file.verify_all()


@pytest.mark.parametrize("size", [0, 1, BLOCK, len(DATA) - 1, len(DATA) + 1])
def test_a_torn_file_is_refused_at_opening(tmp_path: Path, size: int) -> None:
    blocks(tmp_path, DATA)
    sums = (tmp_path / "a.sums").read_bytes()
    (tmp_path / "a").write_bytes((DATA + b"x")[:size])
    with pytest.raises(IndexDamagedError, match=f"{size} bytes instead of {len(DATA)}"):
        BlockFile(tmp_path / "a", FileSum(len(DATA), ""), sums)
    (tmp_path / "a").unlink()
    with pytest.raises(IndexDamagedError, match="No such file"):
        BlockFile(tmp_path / "a", FileSum(len(DATA), ""), sums)
    with pytest.raises(IndexDamagedError, match="its number of blocks is wrong"):
        BlockFile(tmp_path / "a", FileSum(len(DATA), ""), sums[:-1])
