"""An index folder: its pointer, its lock, what it keeps and what it clears."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.errors import (
    IndexDamagedError,
    IndexForeignError,
    IndexLockedError,
    IndexMissingError,
    UsageError,
)
from qa.store import IndexFolder
from tests.conftest import Build
from tests.store.forge import change_manifest, digest, live_folder


@pytest.fixture
def copy(index: Path, tmp_path: Path) -> Path:
    """A copy of the small archive's index, to be damaged."""
    return Path(shutil.copytree(index, tmp_path / "copy"))


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder of documents that a test may change."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("The harbour was dug in 1872.\n")
    return tmp_path / "texts"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- the pointer -----------------------------------------------------------------------------


def test_the_layout(copy: Path, archive: Path) -> None:
    (generation,) = names(copy / "generations")
    assert names(copy) == ["LIVE", "LOCK", "generations", "models"]
    assert names(copy / "models") == ["fake-1"]
    assert json.loads((copy / "LIVE").read_text()) == {
        "format": 4,
        "generations": [
            {
                "generation": generation,
                "manifest_sha256": digest(copy / "generations" / generation / "manifest.json"),
            }
        ],
        "paths": [str(archive)],
        "paths_sha256": hashlib.sha256(str(archive).encode()).hexdigest(),
    }
    opened = IndexFolder(copy).open()
    assert (opened.generation.info.generation, opened.fault) == (generation, None)
    assert opened.generation.info.name == "copy"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\0" * 300,
        "{",
        "7",
        "[]",
        '"x"',
        "null",
        "{}",
        '{"format": 4}',
        '{"format": 4, "generations": []}',
        '{"format": 4, "generations": 7}',
        '{"format": 4, "generations": {}}',
        '{"format": 4, "generations": [7]}',
        '{"format": 4, "generations": ["x"]}',
        '{"format": 4, "generations": [{"generation": "000001-x"}]}',
        "[" * 100_000,
        b"\xff\xfe\xff",
    ],
)
def test_a_damaged_pointer_is_told(copy: Path, content: str | bytes) -> None:
    (copy / "LIVE").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(
        IndexDamagedError, match="LIVE is damaged .it is not a pointer.: run qa build again"
    ):
        IndexFolder(copy).open()


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../..", "000001-x/..", "/etc", "a\0b", "\ud800", "x" * 5000, "1-a b"]
)
def test_a_pointer_leads_nowhere_else(copy: Path, name: str) -> None:
    for pointer in (
        {"generation": name, "manifest_sha256": "0" * 64},
        {"generation": live_folder(copy).name, "manifest_sha256": name},
    ):
        shutil.copy(copy / "LIVE", copy / "kept")
        (copy / "LIVE").write_text(json.dumps({"format": 4, "generations": [pointer]}))
        with pytest.raises(IndexDamagedError, match="it is not a pointer"):
            IndexFolder(copy).open()
        shutil.move(copy / "kept", copy / "LIVE")


def test_a_pointer_to_a_generation_that_is_not_there(copy: Path) -> None:
    pointer = json.loads((copy / "LIVE").read_text())
    pointer["generations"][0]["generation"] = "000009-x"
    (copy / "LIVE").write_text(json.dumps(pointer))
    with pytest.raises(IndexDamagedError, match="No such file"):
        IndexFolder(copy).open()


@pytest.mark.parametrize(
    "content", ['{"format": 5, "live": "x"}', '{"format": "1b"}', '{"format": null}']
)
def test_a_pointer_of_another_format_is_foreign(copy: Path, content: str) -> None:
    (copy / "LIVE").write_text(content)
    with pytest.raises(IndexForeignError, match="run qa build again, or install the version"):
        IndexFolder(copy).open()


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="nowhere holds no index yet: run qa build first"):
        IndexFolder(tmp_path / "nowhere").open()
    with pytest.raises(IndexMissingError, match="holds no index yet"):
        IndexFolder(tmp_path).open()
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(IndexMissingError, match="is not an index of cited-qa"):
        IndexFolder(tmp_path).open()
    with pytest.raises(IndexMissingError):
        IndexFolder(tmp_path / "a.txt").open()
    (tmp_path / "LIVE").mkdir()
    with pytest.raises(IndexMissingError, match="cannot be read: Is a directory"):
        IndexFolder(tmp_path).open()


# --- what is served --------------------------------------------------------------------------


def three_generations(texts: Path, index: Path, build: Build) -> list[str]:
    """Build three times; return the generations, newest first."""
    for number in range(3):
        (texts / "b.txt").write_text(f"Number {number} of the pages.\n")
        build(texts, index, generations_kept=3)
    return [pointer.generation for pointer in IndexFolder(index).pointers()]


def damage(index: Path, generation: str) -> None:
    path = index / "generations" / generation / "documents.json"
    path.write_bytes(path.read_bytes()[:-1])


def test_the_newest_whole_generation_is_served(texts: Path, tmp_path: Path, build: Build) -> None:
    index = tmp_path / "index"
    newest, second, oldest = three_generations(texts, index, build)
    assert (newest[:6], second[:6], oldest[:6]) == ("000003", "000002", "000001")
    damage(index, newest)
    opened = IndexFolder(index).open()
    assert opened.generation.info.generation == second
    assert opened.fault is not None and newest in opened.fault
    shutil.rmtree(index / "generations" / second)
    opened = IndexFolder(index).open()
    assert opened.generation.info.generation == oldest
    assert opened.fault is not None and newest in opened.fault
    damage(index, oldest)
    with pytest.raises(IndexDamagedError, match=newest):
        IndexFolder(index).open()


def test_another_format_is_never_passed_over(texts: Path, tmp_path: Path, build: Build) -> None:
    index = tmp_path / "index"
    three_generations(texts, index, build)
    change_manifest(index, lambda manifest: manifest.update(format=5))
    with pytest.raises(IndexForeignError, match="has format 5"):
        IndexFolder(index).open()


def test_the_fault_of_the_live_one_is_told(texts: Path, tmp_path: Path, build: Build) -> None:
    # Also when one that is retained cannot be served for another reason.
    index = tmp_path / "index"
    newest, *_ = three_generations(texts, index, build)
    change_manifest(index, lambda manifest: manifest.update(format=5))
    pointer = json.loads((index / "LIVE").read_text())
    first, second, _ = pointer["generations"]
    pointer["generations"] = [second, first]
    (index / "LIVE").write_text(json.dumps(pointer))
    damage(index, second["generation"])
    assert first["generation"] == newest
    with pytest.raises(IndexDamagedError, match=second["generation"]):
        IndexFolder(index).open()


def test_a_damaged_model_is_refused(copy: Path) -> None:
    model = copy / "models" / "fake-1"
    (model / "manifest.json").write_bytes((model / "manifest.json").read_bytes() + b" ")
    with pytest.raises(IndexDamagedError, match=r"models/fake-1/manifest.json is damaged"):
        IndexFolder(copy).open()
    shutil.rmtree(model)
    with pytest.raises(IndexDamagedError, match="No such file"):
        IndexFolder(copy).open()


# --- what is kept ----------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [1, 2, 3, 5])
def test_generations_are_kept_to_a_number(
    texts: Path, tmp_path: Path, build: Build, kept: int
) -> None:
    index = tmp_path / "index"
    for number in range(5):
        (texts / "b.txt").write_text(f"Number {number} of the pages.\n")
        build(texts, index, generations_kept=kept)
    expected = [f"{number:06}" for number in range(5, 5 - kept, -1)]
    assert [p.generation[:6] for p in IndexFolder(index).pointers()] == expected
    assert [name[:6] for name in names(index / "generations")] == sorted(expected)


def test_models_are_kept_while_a_generation_needs_them(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    from tests.fake import FakeEncoder

    index = tmp_path / "index"
    for name in ("m1", "m2", "m3"):
        build(texts, index, encoder=FakeEncoder(fingerprint=name), generations_kept=2)
    assert names(index / "models") == ["m2", "m3"]


def test_a_model_that_is_whole_is_not_made_again(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path / "index")
    made: list[Path] = []

    def make(target: Path) -> None:
        made.append(target)
        (target / "weights").write_bytes(b"12")

    with folder.lock():
        first = folder.add_model("m", make)
        assert folder.add_model("m", make) == first
        assert len(made) == 1
        model = folder.model_folder("m")
        assert names(model) == ["manifest.json", "weights"]
        for spoil in (
            lambda: (model / "weights").write_bytes(b"13"),
            lambda: (model / "weights").unlink(),
            lambda: (model / "manifest.json").unlink(),
            lambda: (model / "manifest.json").write_text("[]"),
            lambda: (model / "manifest.json").write_text("{"),
            lambda: (model / "manifest.json").write_text('{"weights": 7}'),
            lambda: (model / "manifest.json").write_text('{"weights": {"size": 2}}'),
            lambda: (model / "manifest.json").write_text(
                '{"a\\u0000b": {"bytes": 2, "sha256": ""}}'
            ),
        ):
            made.clear()
            spoil()
            assert folder.add_model("m", make) == first
            assert len(made) == 1
            assert (model / "weights").read_bytes() == b"12"


def test_no_file_is_left_open(tmp_path: Path) -> None:
    def opened() -> list[str]:
        """Only what lies in the folder: other tests' files may be closed meanwhile."""
        links = [os.path.realpath(entry) for entry in Path("/proc/self/fd").iterdir()]
        return [link for link in links if link.startswith(str(tmp_path.resolve()))]

    folder = IndexFolder(tmp_path / "index")
    with folder.lock():
        folder.add_model("m", lambda target: (target / "weights").touch())
        assert [Path(link).name for link in opened()] == ["LOCK"]
    assert opened() == []


def test_a_model_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path / "index")

    def fail(target: Path) -> None:
        (target / "half").write_bytes(b"1")
        raise OSError(28, "No space left on device")

    with folder.lock():
        folder.add_model("m", lambda target: (target / "weights").touch())
        (folder.model_folder("m") / "weights").write_bytes(b"torn")
        with pytest.raises(OSError, match="No space left"):
            folder.add_model("m", fail)
        assert names(folder.path / "models") == ["m"]
        assert (folder.model_folder("m") / "weights").read_bytes() == b"torn"


def test_leftovers_are_cleared_by_the_next_build(texts: Path, tmp_path: Path, build: Build) -> None:
    index = tmp_path / "index"
    build(texts, index)
    for left in ("generations/.building-x", "models/.building-y", "generations/000007-neverlive"):
        (index / left).mkdir()
        (index / left / "half").write_text("x")
    (index / ".LIVE-123").write_text("x")
    before = (index / "LIVE").read_bytes()
    assert not build(texts, index).changed
    assert names(index) == ["LIVE", "LOCK", "generations", "models"]
    assert [name[:6] for name in names(index / "generations")] == ["000001"]
    assert names(index / "models") == ["fake-1"]
    assert (index / "LIVE").read_bytes() == before


def test_nothing_is_cleared_while_the_pointer_cannot_be_read(copy: Path) -> None:
    (copy / "LIVE").write_text("torn")
    with IndexFolder(copy).lock():
        pass
    assert len(names(copy / "generations")) == 1


def test_odd_names_among_the_generations_do_no_harm(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    index = tmp_path / "index"
    build(texts, index)
    for name in ("1abc", "²-x", "9", "-", "99999999999999999999-x"):
        (index / "generations" / name).mkdir()
    (texts / "a.txt").write_text("Another text of the harbour.\n")
    assert build(texts, index).generation.startswith("000002-")


# --- the lock --------------------------------------------------------------------------------

_HOLDER = """
import sys
from pathlib import Path
from qa.store import IndexFolder
with IndexFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of ``tmp_path / "index"``."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path / "index")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_builder_is_told_who_builds(
    holder: subprocess.Popen[str], texts: Path, tmp_path: Path, build: Build
) -> None:
    index = tmp_path / "index"
    with pytest.raises(IndexLockedError, match=rf"process {holder.pid} is building {index}: wait"):
        build(texts, index)
    # The lock of a dead process is taken over.
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (index / "LOCK").read_text() == f"{holder.pid}\n"
    assert build(texts, index).changed
    assert (index / "LOCK").read_text() == f"{os.getpid()}\n"


def test_the_lock_names_its_holder_alone(tmp_path: Path) -> None:
    index = tmp_path / "index"
    index.mkdir()
    (index / "LOCK").write_text("4194304 and more of an older holder\n")
    with IndexFolder(index).lock():
        assert (index / "LOCK").read_text() == f"{os.getpid()}\n"


def test_a_build_that_fails_gives_the_lock_back(texts: Path, tmp_path: Path, build: Build) -> None:
    index = tmp_path / "index"
    with pytest.raises(RuntimeError), IndexFolder(index).lock():
        with pytest.raises(IndexLockedError), IndexFolder(index).lock():
            pass
        raise RuntimeError
    assert build(texts, index).changed


def test_a_folder_of_something_else_is_not_built_into(
    texts: Path, tmp_path: Path, build: Build
) -> None:
    # A build removes the models and generations that it does not know.
    project = tmp_path / "project"
    (project / "models" / "precious").mkdir(parents=True)
    with pytest.raises(
        UsageError, match="project holds other files: name a new or an empty folder"
    ):
        build(texts, project)
    assert names(project) == ["models"]
    assert names(project / "models") == ["precious"]
    # Hidden files do not count.
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".gitkeep").touch()
    assert build(texts, tmp_path / "empty").changed


@pytest.mark.parametrize("place", ["file", "file/below", "lock"])
def test_a_folder_that_cannot_be_written_is_told(
    texts: Path, tmp_path: Path, build: Build, place: str
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "lock" / "LOCK").mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot be written"):
        build(texts, tmp_path / place)
