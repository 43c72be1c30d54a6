"""Indexes with right checksums and wrong contents: what no fault of a disk makes, but a program might."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def live_folder(index: Path) -> Path:
    """Return the folder of the live generation."""
    pointer = json.loads((index / "LIVE").read_text())["generations"][0]
    return index / "generations" / str(pointer["generation"])


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def seal(index: Path, *names: str) -> None:
    """Enter the sums of the named files of the live generation into its manifest, and its own into LIVE."""
    folder = live_folder(index)
    if names:
        manifest = json.loads((folder / "manifest.json").read_text())
        for name in names:
            path = folder / name
            manifest["files"][name] = {"bytes": path.stat().st_size, "sha256": digest(path)}
        (folder / "manifest.json").write_text(json.dumps(manifest))
    pointer = json.loads((index / "LIVE").read_text())
    pointer["generations"][0]["manifest_sha256"] = digest(folder / "manifest.json")
    (index / "LIVE").write_text(json.dumps(pointer))


def change_manifest(index: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest of the live generation, and seal it."""
    path = live_folder(index) / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    seal(index)
