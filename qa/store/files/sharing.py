"""A model lies on the disk once, however many indexes beside each other use it.

Each index has its model in its own folder, so that it can be moved, copied and removed alone. Where
an index nearby has that model already, its files are linked: one file under two names takes the
place of one, and is removed with its last name. No file of a model is ever changed in place.
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

    ``model`` is where a model lies within an index. Returns whether one was found: whole, each file
    as its manifest says, and of the same owner, since a model decides what is answered.
    """
    for found in _nearby(index, model):
        try:
            entries = json.loads((found / MANIFEST).read_bytes())
            for name, entry in entries.items():
                if name != Path(name).name:
                    raise ValueError("a name that leads out of the folder")
                _link(found / name, into / name)
                if file_sum(into / name) != FileSum(**entry):
                    raise ValueError("a checksum that is wrong")
        except (OSError, ValueError, TypeError, AttributeError):
            for path in into.iterdir():  # damaged, or removed meanwhile: it is no model to share
                path.unlink()
            continue
        if entries:
            return True
    return False


def _nearby(index: Path, model: Path) -> Iterator[Path]:
    """Yield that model's folders in the indexes beside ``index``, and beside the folder it lies in."""
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
    """Give a file a second name; copy it where the file system cannot, or lies elsewhere."""
    try:
        os.link(file, name, follow_symlinks=False)
    except OSError:
        shutil.copyfile(file, name, follow_symlinks=False)
