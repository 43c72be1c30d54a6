"""A folder that holds an exported model, as ``models/`` of an index does: taken over as it is.

So a model is prepared on one machine, and serves on others that have neither its weights nor torch.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from qa.encode.model import EXPORTED, Prompts, Source, sha256_of
from qa.errors import UsageError

MANIFEST = "manifest.json"


def fingerprint_of(source: Source, *, int8: bool, prompts: Prompts) -> str:
    """Return an exported model's fingerprint. Raises UsageError if it was exported otherwise."""
    assert source.folder is not None and source.fingerprint is not None  # it was found there
    precision = "int8" if int8 else "fp32"
    if not source.fingerprint.startswith(f"{precision}-"):
        raise UsageError(
            f"the model in {source.folder} was not exported as {precision}: set precision otherwise"
        )
    if _read(source.folder / EXPORTED).get("prompts_set") != list(prompts):
        raise UsageError(
            f"the model in {source.folder} was exported with other prompts: set question_prompt and "
            "passage_prompt as they were then"
        )
    return source.fingerprint


def copy(source: Source, folder: Path) -> None:
    """Write an exported model's files into an empty folder. Raises UsageError for one that is not whole."""
    assert source.folder is not None  # it was found there
    try:
        entries = {
            name: str(entry["sha256"]) for name, entry in _read(source.folder / MANIFEST).items()
        }
        if EXPORTED not in entries or any(name != Path(name).name for name in entries):
            raise ValueError
    except (LookupError, TypeError, ValueError) as error:
        raise UsageError(f"{source.folder / MANIFEST} does not list a model's files") from error
    for name, sha256 in entries.items():
        try:
            shutil.copyfile(source.folder / name, folder / name)
        except OSError as error:
            raise UsageError(
                f"{source.folder / name} cannot be copied: {error.strerror}"
            ) from error
        if sha256_of(folder / name) != sha256:
            raise UsageError(f"{source.folder / name} is damaged: export the model again")


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is damaged: export the model again") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path} is damaged: export the model again")
    return found
