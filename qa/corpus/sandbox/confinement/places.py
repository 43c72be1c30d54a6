"""The places of the interpreter and its libraries: what a reader's process may still open.

A library is imported when its format first occurs, so libraries must be readable while files are read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import NamedTuple

_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
"""Where the dynamic loader looks by default."""
_INSTALLED = ("site-packages", "dist-packages")


class Place(NamedTuple):
    """A folder or file that may be read; if it is not ``whole``, only the names in it."""

    path: Path
    whole: bool = True


def places() -> tuple[Place, ...]:
    """Return what the imports of this process may read.

    A folder on ``sys.path`` may be more than a folder of installed libraries: a home, or a checkout with
    documents in it. In such a folder only the modules and packages may be read, and the names of
    everything else.
    """
    package = Path(__file__).parents[3]
    system = (sys.prefix, sys.base_prefix, sys.exec_prefix, *_SYSTEM)
    whole = {package, *map(Path, system), *_mapped()}
    found = {Place(path) for path in whole}
    for path in map(Path, filter(None, sys.path)):
        if path.name in _INSTALLED or not path.is_dir():
            found.add(Place(path))
            found.update(Place(entry) for entry in _entries(path) if entry.is_symlink())
        elif not _is_within(path, whole):
            found.add(Place(path, whole=False))
            found.update(Place(entry) for entry in _entries(path) if _is_imported(entry))
    # Both its own name and the target of a link: an import may use either.
    return tuple(sorted({*found, *(Place(path.resolve(), whole) for path, whole in found)}))


def to_read(places: Iterable[Place]) -> tuple[Path, ...]:
    """Return the paths that show who may read ``places``: the places, and what is in library folders."""
    paths = {place.path for place in places if place.path.exists()}
    for path in map(Path, filter(None, sys.path)):
        if Place(path, whole=False) not in places:
            paths.update(_entries(path))
    return tuple(paths)


def _mapped() -> set[Path]:
    """Return the folders of the shared libraries that are loaded."""
    try:
        maps = Path("/proc/self/maps").read_text("utf-8", "surrogateescape")
    except OSError:
        return set()
    paths = {Path(line[line.index("/") :]) for line in maps.splitlines() if "/" in line}
    return {path.parent for path in paths if ".so" in path.name}


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_imported(entry: Path) -> bool:
    """Whether it is a module or a package, or belongs to a package."""
    if entry.is_dir():
        return entry.suffix in (".dist-info", ".libs") or (entry / "__init__.py").exists()
    return entry.name.endswith(tuple(all_suffixes()))


def _is_within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in folders)
