"""Shares one model on the disk between the indexes that lie beside each other.

Each index has its model in its own folder, so that it can be moved, copied and removed alone. If an
index nearby already has that model, its files are hard-linked: one file then has several names, takes
space once, and is removed with its last name. Files of a model are never changed in place.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from qa.store.files.disk import FileSum, file_sum
from qa.store.files.pointer import LIVE

MANIFEST = "manifest.json"


def link_model(index: Path, model: Path, into: Path) -> bool:
    """Fill the empty folder ``into`` with the files of a model from an index near ``index``.

    ``model`` is the model's path within an index. Returns whether a model was found. It must be complete,
    each file as its manifest says, and have the same owner: a model decides which answers come.
    """
    for found in _nearby(index, model):
        try:
            entries = json.loads((found / MANIFEST).read_bytes())
            for name, entry in entries.items():
                if name != Path(name).name:
                    raise ValueError("a name leads out of the folder")
                _link(found / name, into / name)
                if file_sum(into / name) != FileSum(**entry):
                    raise ValueError("a checksum is wrong")
        except (OSError, ValueError, TypeError, AttributeError):
            for path in into.iterdir():  # it is damaged, or was removed meanwhile: do not share it
                path.unlink()
            continue
        if entries:
            return True
    return False


def _nearby(index: Path, model: Path) -> Iterator[Path]:
    """Yield the folders of that model in indexes beside ``index``, and beside its parent folder."""
    own = index.resolve()
    for around in (own.parent, own.parent.parent):
        try:
            found = sorted(around.glob(f"*/{LIVE}"))
        except OSError:
            continue
        for live in found:
            folder = live.parent / model
            if live.parent != own and folder.is_dir() and _is_ours(folder):
                yield folder


def _is_ours(folder: Path) -> bool:
    return all(path.lstat().st_uid == os.geteuid() for path in (folder, *folder.iterdir()))


def _link(file: Path, name: Path) -> None:
    """Give a file a second name; copy it if the file system cannot link it."""
    try:
        os.link(file, name, follow_symlinks=False)
    except OSError:
        shutil.copyfile(file, name, follow_symlinks=False)
