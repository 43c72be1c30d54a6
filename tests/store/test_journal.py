"""The journal of a build: what was kept comes back, and what was torn does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qa.store import EncodedPassage, Journal


def passage(number: int) -> EncodedPassage:
    """Return a passage of as many tokens as its number says."""
    made = np.random.default_rng(number)
    return EncodedPassage(
        key=bytes([number + 1]) * 16,
        vector=made.standard_normal(8).astype(np.float32),
        codes=made.integers(0, 256, (number, 4), np.uint8),
        ids=made.integers(0, 1 << 20, number, np.uint32),
        sentences=made.integers(0, 256, number, np.uint8),
    )


def assert_same(found: EncodedPassage | None, expected: EncodedPassage) -> None:
    assert found is not None
    assert found.key == expected.key
    for name in ("vector", "codes", "ids", "sentences"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def killed(folder: Path, *batches: list[EncodedPassage]) -> Path:
    """Keep batches as a process does that is killed afterwards; return the file."""
    journal = Journal(folder)
    for batch in batches:
        journal.append(batch)
    journal._file.close()
    return folder / ".encoded"


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    killed(tmp_path, [passage(3), passage(0)], [passage(7)])
    with Journal(tmp_path) as journal:
        assert len(journal) == 3
        for number in (7, 0, 3):
            assert_same(journal.get(passage(number).key), passage(number))
        assert journal.get(b"another key here") is None
        journal.append([passage(5)])
        assert_same(journal.get(passage(3).key), passage(3))
        journal._file.close()
    with Journal(killed(tmp_path, [passage(3), passage(5)]).parent) as journal:
        assert_same(journal.get(passage(5).key), passage(5))


def test_it_is_removed_when_a_build_is_done_or_the_disk_fails(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append([passage(1)])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError), Journal(tmp_path) as journal:
        journal.append([passage(1)])
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_it_stays_when_a_build_is_stopped(tmp_path: Path, stop: type[BaseException]) -> None:
    with pytest.raises(stop), Journal(tmp_path) as journal:
        journal.append([passage(1)])
        raise stop
    with Journal(tmp_path) as journal:
        assert len(journal) == 1


def test_a_torn_end_is_cut_off(tmp_path: Path) -> None:
    path = killed(tmp_path, [passage(2)], [passage(3)])
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        journal = Journal(tmp_path)
        assert len(journal) in (0, 1)
        journal.append([passage(4)])
        journal._file.close()
        again = Journal(tmp_path)
        assert_same(again.get(passage(4).key), passage(4))
        if len(again) == 2:
            assert_same(again.get(passage(2).key), passage(2))
        again._file.close()


def test_a_changed_byte_ends_it(tmp_path: Path) -> None:
    path = killed(tmp_path, [passage(2)], [passage(3)])
    data = path.read_bytes()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x40
        path.write_bytes(changed)
        journal = Journal(tmp_path)
        for number in (2, 3):
            found = journal.get(passage(number).key)
            if found is not None:
                assert_same(found, passage(number))
        assert len(journal) < 2
        journal._file.close()
