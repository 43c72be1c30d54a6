"""A model that an index nearby has is shared with it: its files lie on the disk once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.store import IndexFolder

FILES = {"weights": b"w" * 10_000, "tokenizer.json": b"{}"}
PRINT = "int8-0123456789abcdef"


def make(folder: Path) -> None:
    for name, content in FILES.items():
        (folder / name).write_bytes(content)


def refuse(folder: Path) -> None:
    raise AssertionError("the model is exported again")


def with_model(path: Path, make: Callable[[Path], None] = make) -> Path:
    """Make an index that has the model; return the model's folder."""
    index = IndexFolder(path)
    with index.lock():
        index.add_model(PRINT, make)
        (path / "LIVE").touch()
    return index.model_folder(PRINT)


def contents(model: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in model.iterdir() if path.name in FILES}


@pytest.mark.parametrize("place", ["other", "eval/corpus"])
def test_a_model_of_an_index_nearby_lies_on_the_disk_once(tmp_path: Path, place: str) -> None:
    one = with_model(tmp_path / "index" / "default")
    other = with_model(tmp_path / "index" / place, refuse)
    assert contents(other) == FILES
    assert {name: (one / name).samefile(other / name) for name in FILES} == dict.fromkeys(
        FILES, True
    )
    assert (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()
    # Each index stands alone: it can be removed, and the other has its model still.
    shutil.rmtree(tmp_path / "index" / "default")
    assert contents(other) == FILES
    with (index := IndexFolder(tmp_path / "index" / place)).lock():
        index.add_model(PRINT, refuse)


def test_a_file_system_without_links_gets_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = with_model(tmp_path / "index" / "a")

    def fail(*_: object, **__: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", fail)
    other = with_model(tmp_path / "index" / "b", refuse)
    assert contents(other) == FILES
    assert not (one / "weights").samefile(other / "weights")


def damage(model: Path) -> None:
    (model / "weights").write_bytes(b"torn")


def drop_a_file(model: Path) -> None:
    (model / "weights").unlink()


def drop_the_manifest(model: Path) -> None:
    (model / "manifest.json").unlink()


def tear_the_manifest(model: Path) -> None:
    (model / "manifest.json").write_text('{"weights": [', "utf-8")


def name_a_file_outside(model: Path) -> None:
    entries = json.loads((model / "manifest.json").read_text("utf-8"))
    entries["../../../taken"] = entries["weights"]
    (model / "manifest.json").write_text(json.dumps(entries), "utf-8")
    shutil.copy(model / "weights", model / "../../../taken")


def name_nothing(model: Path) -> None:
    (model / "manifest.json").write_text("{}", "utf-8")


def leave_no_index(model: Path) -> None:
    (model.parent.parent / "LIVE").unlink()


@pytest.mark.parametrize(
    "spoil",
    [damage, drop_a_file, drop_the_manifest, tear_the_manifest, name_a_file_outside, name_nothing,
     leave_no_index],
)  # fmt: skip
def test_what_is_not_whole_is_not_shared(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    one = with_model(tmp_path / "index" / "a")
    spoil(one)
    made: list[Path] = []

    def again(folder: Path) -> None:
        assert list(folder.iterdir()) == []
        made.append(folder)
        make(folder)

    other = with_model(tmp_path / "index" / "b", again)
    assert made and contents(other) == FILES
    assert sorted(path.name for path in other.iterdir()) == sorted([*FILES, "manifest.json"])


def test_a_model_of_somebody_else_is_not_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_model(tmp_path / "index" / "a")
    monkeypatch.setattr("qa.store.files.sharing.os.geteuid", lambda: os.getuid() + 1)
    made: list[Path] = []
    with_model(tmp_path / "index" / "b", lambda folder: (make(folder), made.append(folder))[0])
    assert made


def test_a_damaged_model_is_made_again_and_its_other_name_stays_as_it_is(tmp_path: Path) -> None:
    one = with_model(tmp_path / "index" / "a")
    other = with_model(tmp_path / "index" / "b", refuse)
    (other / "weights").unlink()
    (other / "weights").write_bytes(b"torn")
    with (index := IndexFolder(tmp_path / "index" / "b")).lock():
        index.add_model(PRINT, refuse)
    assert contents(one) == contents(other) == FILES
