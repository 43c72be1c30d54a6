"""Builders that meet, that are killed, that stand still; generations that go; texts that are purged."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from qa.encode import Encoder
from qa.errors import IndexDamagedError, IndexLockedError
from qa.records import PassageId
from qa.store import Store
from qa.store.lance import LanceIndex
from qa.store.lance.pointer import LiveRow
from tests.buckets import BUCKET, Server
from tests.conftest import ROOT
from tests.store.contract import archive, build, copies, document, sources
from tests.store.lance import lance_index

pytestmark = pytest.mark.slow


@pytest.fixture
def index(tmp_path: Path) -> LanceIndex:
    return lance_index(f"lance:{tmp_path}/index", tmp_path / "local", beat=0.3)


def tables(folder: Path) -> set[str]:
    """Return the generations that have tables in a folder."""
    return {path.name.rsplit("-", 1)[0] for path in folder.glob("0*.lance")}


def names(index: LanceIndex) -> set[str]:
    return {one.name for one in index.state().generations}


# --- builders --------------------------------------------------------------------------------


def test_of_two_builders_one_is_told(tmp_path: Path) -> None:
    index = lance_index(f"lance:{tmp_path}/index", tmp_path / "local")
    build(index, archive())
    other = lance_index(f"lance:{tmp_path}/index", tmp_path / "elsewhere")
    with (
        index.building(),
        pytest.raises(IndexLockedError, match=f"process {os.getpid()} of .* is building"),
    ):
        build(other, copies(3))
    build(other, copies(3))
    assert len(sources(index.open().store)) == 4


def test_one_that_stood_still_cannot_publish(index: LanceIndex, tmp_path: Path) -> None:
    """It was taken for dead; when it goes on, it is told, and what the other one built stays live."""
    build(index, archive())
    other = lance_index(f"lance:{tmp_path}/index", tmp_path / "elsewhere", beat=0.3)

    def stand_still(store: Store, encoder: Encoder) -> None:
        build(other, copies(3))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveRow, "_beat", lambda *_: None)
        with pytest.raises(IndexLockedError, match="meanwhile"):
            build(index, [document("late.txt", "Too late.")], accept=stand_still)
    assert len(sources(index.open().store)) == 4
    assert tables(tmp_path / "index") == names(index)
    build(index, [document("later.txt", "In time.")])
    assert sources(index.open().store) == ["later.txt"]


KILLED = """
import os, sys
from pathlib import Path
from tests.store.contract import build, copies
from tests.store.lance import lance_index

index = lance_index(sys.argv[1], Path(sys.argv[2]))
points = {"begun": "qa.store.lance.writer.LanceWriter.add", "written": "qa.store.lance.writer.LanceWriter.seal",
          "sealed": "qa.store.lance.pointer.Hold.publish"}
module, name, method = points[sys.argv[3]].rsplit(".", 2)
__import__(module)
setattr(getattr(sys.modules[module], name), method, lambda *a, **k: os.kill(os.getpid(), 9))
build(index, copies(9))
"""


@pytest.mark.parametrize("point", ["begun", "written", "sealed"])
def test_one_that_is_killed_leaves_what_was_live(
    point: str, index: LanceIndex, tmp_path: Path
) -> None:
    build(index, archive())
    version = index.version()
    command = [sys.executable, "-c", KILLED, f"lance:{tmp_path}/index", str(tmp_path), point]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == -9
    assert index.version() == version
    assert len(sources(index.open().store)) == 4
    assert tables(tmp_path / "index") > names(index)
    build(index, copies(3))
    assert tables(tmp_path / "index") == names(index)


def test_rows_that_were_appended_twice_are_taken_back(
    index: LanceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where an acknowledgement is lost, and LanceDB appends again."""
    from lancedb.table import LanceTable

    add, twice = LanceTable.add, []

    def added(self: Any, data: Any, **more: Any) -> Any:
        if "passages" in self.name and not twice:
            twice.append(add(self, data, **more))
        return add(self, data, **more)

    monkeypatch.setattr(LanceTable, "add", added)
    build(index, copies(9))
    assert twice
    store = index.open().store
    assert store.info.passages == 10
    assert [one.id for one in store.sample(99)] == [
        *(PassageId(f"{n:03}.txt", 0) for n in range(9)),
        PassageId("zz.txt", 0),
    ]
    assert index.check().faults == ()


# --- generations -----------------------------------------------------------------------------


def test_what_is_no_longer_kept_stays_as_long_as_a_reader_may_hold_it(tmp_path: Path) -> None:
    index = lance_index(f"lance:{tmp_path}/index", tmp_path / "local", grace=3600)
    for n in range(3):
        build(index, [document("a.txt", f"Page {n}.")], keep=1)
    assert len(names(index)) == 1 and len(tables(tmp_path / "index")) == 3
    later = lance_index(f"lance:{tmp_path}/index", tmp_path / "local", grace=0)
    build(later, [document("a.txt", "Page 4.")], keep=1)
    # What was live until now was only just retired.
    assert len(tables(tmp_path / "index")) == 2


def test_swaps_under_constant_questions(index: LanceIndex, tmp_path: Path) -> None:
    """Each answer is of one generation, and none fails."""
    reader = lance_index(f"lance:{tmp_path}/index", tmp_path / "local")
    build(index, [document(f"{n}.txt", "Generation 0.") for n in range(3)], keep=1)
    patient = lance_index(f"lance:{tmp_path}/index", tmp_path / "local", grace=3600)
    stop, seen, wrong = threading.Event(), set[str](), list[str]()

    def ask() -> None:
        while not stop.is_set():
            store = reader.open().store
            found = {one.text for one in store.fetch([o.id for o in store.sample(9)], ()).passages}
            seen.update(found)
            if len(found) != 1:
                wrong.append(str(found))

    asking = threading.Thread(target=ask)
    asking.start()
    for swap in range(1, 6):
        build(patient, [document(f"{n}.txt", f"Generation {swap}.") for n in range(3)], keep=1)
    stop.set()
    asking.join()
    assert wrong == [] and len(seen) > 1


# --- purging ---------------------------------------------------------------------------------


def test_a_purge_in_a_bucket_leaves_no_object_with_the_text(s3: Server, tmp_path: Path) -> None:
    index = lance_index(f"s3://{BUCKET}/purge", tmp_path / "local", grace=3600)
    owls, bees = archive()[1:3]
    build(index, [owls], keep=1)
    build(index, [owls, bees], keep=1)  # the first generation is retired, and lies there

    def holding() -> int:
        return sum(b"hunt voles" in data for data in s3.objects("purge/").values())

    assert holding() > 2
    index.purge([owls.source])
    assert holding() == 0
    assert sources(index.open().store) == [bees.source]


def test_a_bucket_with_versioning_keeps_it(s3: Server, tmp_path: Path) -> None:
    """What docs/scale.md tells whoever purges."""
    s3.client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    try:
        index = lance_index(f"s3://{BUCKET}/versioned", tmp_path / "local")
        owls, bees = archive()[1:3]
        build(index, [owls, bees])
        index.purge([owls.source])
        assert any(b"hunt voles" in data for data in s3.objects("versioned/").values())
    finally:
        s3.client.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        )


# --- damage ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("passages", b"four hundred dockers"),
        ("documents", b"four hundred dockers"),
        ("files", b"a/harbour.txt"),
        ("terms", b"harbour"),
    ],
)
def test_a_changed_letter_is_found(
    table: str, words: bytes, index: LanceIndex, tmp_path: Path
) -> None:
    build(index, archive())
    whole = index.open().store
    changed = 0
    for path in (tmp_path / "index").glob(f"0*-{table}.lance/data/*.lance"):
        data = path.read_bytes()
        if words in data:
            at = data.index(words)
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            changed += 1
    assert changed
    assert index.check().faults
    with pytest.raises(IndexDamagedError):
        store = whole if table in ("passages", "documents") else index.open().store
        store.fetch([one.id for one in store.sample(99)], ())
        for entry in store.listing():
            store.document(entry.id)
        store.statistics(("harbour",), ())


def test_a_changed_letter_of_the_pointer_is_found(index: LanceIndex, tmp_path: Path) -> None:
    build(index, archive())
    build(index, archive()[:2])
    assert index.state()
    changed = 0
    for path in (tmp_path / "index" / "live.lance").rglob("data/*.lance"):
        data = path.read_bytes()
        if b'"removed": ["d' in data:
            at = data.index(b'"removed": ["d') + 14
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            changed += 1
    assert changed
    fresh = lance_index(f"lance:{tmp_path}/index", tmp_path / "local")
    with pytest.raises(IndexDamagedError, match="pointer"):
        fresh.open()
    assert fresh.check().faults
