"""A check proves an index: one damage of each kind of file, and what is wrong with right checksums."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.errors import IndexMissingError
from qa.store import Fault, FileIndex, IndexFolder
from qa.store.files.disk import array_bytes, read_array
from tests.conftest import Build
from tests.store.forge import live_folder, seal

MODEL = "models/fake-1/model.onnx"


def weights(place: Path) -> None:
    (place / "model.onnx").write_bytes(b"weights")


@pytest.fixture(scope="module")
def whole(archive: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two generations, with a model of one file."""
    texts = Path(shutil.copytree(archive, tmp_path_factory.mktemp("whole") / "texts"))
    index = texts.parent / "index"
    folder = IndexFolder(index)
    with folder.lock():
        folder.add_model("fake-1", weights)
    build(texts, index, calibrated=True)
    (texts / "markup.txt").unlink()
    build(texts, index, calibrated=True)
    return index


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def faults(index: Path) -> tuple[Fault, ...]:
    return FileIndex(index).check().faults


def files_of(index: Path) -> list[str]:
    """Return every file that an index is made of, but for the lock."""
    paths = sorted(path for path in index.rglob("*") if path.is_file())
    return [path.relative_to(index).as_posix() for path in paths if path.name != "LOCK"]


@pytest.mark.slow
def test_a_whole_index_holds(whole: Path) -> None:
    heard: list[str] = []
    found = FileIndex(whole).check(heard.append)
    assert found.faults == ()
    assert (found.generations, found.documents) == (2, 7 + 8)
    live, before = (IndexFolder(whole).generation(p) for p in IndexFolder(whole).pointers())
    assert found.passages == live.info.passages + before.info.passages
    assert len(heard) == 3 and heard[-1] == "model fake-1"


def test_a_document_that_a_side_file_describes_holds(tmp_path: Path, build: Build) -> None:
    """The checksum of its file is of both, and so not that of the document."""
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("The harbour was dug in 1872.\n")
    (texts / "a.txt.meta.json").write_text('{"title": "A harbour"}')
    (texts / "b.csv").write_text("title,text\nOwls,They hunt at dusk.\nBees,They left.\n")
    build(texts, tmp_path / "index")
    assert faults(tmp_path / "index") == ()
    (document, *_) = IndexFolder(tmp_path / "index").open().generation.listing()
    assert document.title == "A harbour"


def test_without_an_index_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        faults(tmp_path / "none")


def flipped(path: Path) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [flipped, cut, Path.unlink])
def test_each_file_is_named_when_it_is_damaged(
    whole: Path, copy: Path, damage: Callable[[Path], object]
) -> None:
    names = files_of(whole)
    assert MODEL in names and "models/fake-1/manifest.json" in names
    assert len({Path(name).name for name in names}) > 25
    for name in names:
        if name == "LIVE":
            continue
        path = copy / name
        kept = path.read_bytes()
        if not kept and damage is not Path.unlink:
            continue  # an empty file has no byte to lose
        damage(path)
        assert name in {fault.where for fault in faults(copy)}, name
        path.write_bytes(kept)
    assert faults(copy) == ()


def test_a_damaged_pointer_is_named(copy: Path) -> None:
    (copy / "LIVE").write_bytes((copy / "LIVE").read_bytes()[:-2])
    (fault,) = faults(copy)
    assert fault.where == "LIVE"


def test_a_file_that_no_manifest_names_is_named(copy: Path) -> None:
    (live_folder(copy) / "more.npy").write_bytes(b"?")
    (fault,) = faults(copy)
    assert fault.where.endswith("more.npy")


def test_every_fault_is_told(copy: Path) -> None:
    for name in ("vectors.faiss", "texts.bin"):
        flipped(live_folder(copy) / name)
    flipped(copy / MODEL)
    assert sorted(Path(fault.where).name for fault in faults(copy)) == [
        "model.onnx",
        "texts.bin",
        "vectors.faiss",
    ]


# --- right checksums, wrong contents -----------------------------------------------------------


def array(change: Callable[[Any], object]) -> Callable[[Path], object]:
    """Return what changes the array in a file."""

    def apply(path: Path) -> None:
        values = read_array(path.read_bytes()).copy()
        change(values)
        path.write_bytes(array_bytes(values))

    return apply


def entries(change: Callable[[Any], object]) -> Callable[[Path], object]:
    """Return what changes the JSON in a file."""

    def apply(path: Path) -> None:
        value = json.loads(path.read_text())
        change(value)
        path.write_text(json.dumps(value))

    return apply


def put(place: Any, value: Any) -> Callable[[Any], object]:
    return lambda values: values.__setitem__(place, value)


def longer(values: Any) -> None:
    values["end"][-1] += 10_000


def other_section(values: Any) -> None:
    values["section"][0] = 99


FORGED: list[tuple[str, Callable[[Path], object]]] = [
    ("passages.npy", array(longer)),
    ("passages.npy", array(other_section)),
    ("sentences.npy", array(put((0, 1), 9_999))),
    ("sentence_bounds.npy", array(put(1, 10_000))),
    ("token_bounds.npy", array(put(1, 10_000))),
    ("token_sentences.npy", array(put(-1, 200))),
    ("token_frequency.npy", array(lambda values: np.add(values, 1, out=values))),
    ("lexical_rows.npy", array(put(0, 9_999))),
    ("lexical_counts.npy", array(put(0, 50))),
    ("lexical_lengths.npy", array(put(0, 1))),
    ("lexical_impacts.npy", array(put(0, 0.001))),
    ("documents.json", entries(lambda value: value[0].update(id="d" + "0" * 16))),
    ("documents.json", entries(lambda value: value[0].update(characters=3))),
    ("documents.json", entries(lambda value: value[0].update(sha256="?"))),
    ("files.json", entries(lambda value: value[0].update(sha256="0" * 63))),
    ("words.txt", lambda path: path.write_bytes(path.read_bytes() + b"aardvark\tAardvark\t1\n")),
]


@pytest.mark.parametrize(
    ("name", "forge"), FORGED, ids=[f"{n}-{f[0]}" for n, f in enumerate(FORGED)]
)
def test_what_a_program_wrote_wrong_is_found(
    copy: Path, name: str, forge: Callable[[Path], object]
) -> None:
    forge(live_folder(copy) / name)
    seal(copy, name)
    told = {Path(fault.where).name for fault in faults(copy)}
    # Counts and lengths are held against each other: the fault is of one of them.
    alike = {"lexical_lengths.npy": "lexical_counts.npy"}
    assert alike.get(name, name) in told


def test_a_text_that_is_not_what_was_read_is_found(copy: Path) -> None:
    folder = live_folder(copy)
    text = (folder / "texts.bin").read_bytes()
    text = text.replace(b"dockers", b"docters")
    (folder / "texts.bin").write_bytes(text)
    blocks = (text[n : n + (1 << 16)] for n in range(0, len(text), 1 << 16))
    sums = b"".join(hashlib.blake2b(block, digest_size=16).digest() for block in blocks)
    (folder / "texts.bin.sums").write_bytes(sums)
    seal(copy, "texts.bin", "texts.bin.sums")
    told = {(Path(fault.where).name, fault.what) for fault in faults(copy)}
    assert ("texts.bin", "notes/harbour.md is not what was read") in told
