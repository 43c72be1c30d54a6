"""A generation's manifest: every file with its checksum, and how the files were made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qa.errors import IndexForeignError
from qa.store.files.disk import FORMAT, FileSum, damaged, read_verified

MANIFEST = "manifest.json"
METRIC = "inner product of unit vectors"

_WANTED = ("corpus", "counts", "files", "fingerprint", "generation", "model", "model_manifest")


def read_manifest(folder: Path, sha256: str) -> dict[str, Any]:
    """Return a generation's manifest; its checksum and its format version were checked."""
    path = folder / MANIFEST
    try:
        size = path.stat().st_size
    except OSError as error:
        raise damaged(path, error.strerror or "cannot be read") from error
    manifest = read_object(path, FileSum(size, sha256))
    if manifest.get("format") != FORMAT:
        raise IndexForeignError(
            f"the index {folder.parent.parent} has format {manifest.get('format')}, this program "
            f"reads {FORMAT}: run qa build again, or install the version that built it"
        )
    if manifest.get("metric") != METRIC:
        raise IndexForeignError(
            f"the index {folder.parent.parent} has another metric: run qa build again"
        )
    missing = [name for name in _WANTED if name not in manifest]
    if missing:
        raise damaged(path, f"it has no {missing[0]}")
    return manifest


def read_object(path: Path, expected: FileSum) -> dict[str, Any]:
    """Return the JSON object in a file whose checksum is right. Raises IndexDamagedError."""
    data = read_verified(path, expected)
    with well_formed(path):
        value = json.loads(data)
        if not isinstance(value, dict):
            raise TypeError("it is no JSON object")
    return value


@contextmanager
def well_formed(path: Path) -> Iterator[None]:
    """Report contents as damaged if they cannot be parsed although their checksum is right."""
    try:
        yield
    except (
        AttributeError,
        EOFError,
        LookupError,
        RuntimeError,  # includes RecursionError, and FAISS's errors
        TypeError,
        ValueError,
    ) as error:
        raise damaged(path, f"its contents cannot be read: {error}") from error
