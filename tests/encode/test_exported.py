"""A folder with an exported model is a model: it is taken over as it is, where it is whole and fits."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from qa.encode.build import export_model, fingerprint_of
from qa.encode.model import Prompts, Source, find_model
from qa.errors import UsageError

FINGERPRINT = "int8-0123456789abcdef"
CONFIG = {"name": "small", "fingerprint": FINGERPRINT, "prompts_set": [None, "title: "]}


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    folder = tmp_path / "exported"
    folder.mkdir()
    files = {"encoder.json": json.dumps(CONFIG).encode(), "model.onnx": b"a graph"}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    sums = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    (folder / "manifest.json").write_text(json.dumps(sums))
    return folder


def take_over(exported: Path, tmp_path: Path) -> Path:
    target = tmp_path / "target"
    target.mkdir()
    export_model(str(exported), target, int8=True, allow_download=False, say=print)
    return target


def test_it_is_found_and_taken_over(exported: Path, tmp_path: Path) -> None:
    source = find_model(str(exported))
    assert source == Source("small", exported, FINGERPRINT)
    assert fingerprint_of(source, int8=True, prompts=Prompts(None, "title: ")) == FINGERPRINT
    target = take_over(exported, tmp_path)
    assert sorted(path.name for path in target.iterdir()) == ["encoder.json", "model.onnx"]
    assert (target / "model.onnx").read_bytes() == b"a graph"


@pytest.mark.parametrize(
    ("int8", "prompts", "words"),
    [
        (False, Prompts(None, "title: "), "was not exported as fp32"),
        (True, Prompts(), "exported with other prompts"),
    ],
)
def test_one_that_was_exported_otherwise_is_refused(
    int8: bool, prompts: Prompts, words: str, exported: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        fingerprint_of(find_model(str(exported)), int8=int8, prompts=prompts)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("model.onnx", b"another", "model.onnx is damaged"),
        ("model.onnx", None, "model.onnx cannot be copied: No such file"),
        ("manifest.json", None, "manifest.json cannot be read: No such file"),
        ("manifest.json", b"{", "manifest.json is damaged"),
        ("manifest.json", b"[]", "manifest.json is damaged"),
        ("manifest.json", b'{"../x": {"sha256": ""}}', "does not list a model's files"),
        ("manifest.json", b'{"encoder.json": 1}', "does not list a model's files"),
    ],
)
def test_one_that_is_not_whole_is_refused(
    name: str, data: bytes | None, words: str, exported: Path, tmp_path: Path
) -> None:
    (exported / name).unlink() if data is None else (exported / name).write_bytes(data)
    with pytest.raises(UsageError, match=words):
        take_over(exported, tmp_path)


@pytest.mark.parametrize("told", [b"{", b"[]", b'{"name": "small"}', b"\xff"])
def test_what_does_not_tell_of_a_model_is_refused(told: bytes, exported: Path) -> None:
    (exported / "encoder.json").write_bytes(told)
    with pytest.raises(UsageError, match="does not tell of an exported model"):
        find_model(str(exported))
