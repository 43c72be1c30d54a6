"""Files of the service that must lie neither in an index nor in the documents of one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from qa.errors import IndexUnusableError, UsageError
from qa.store import folder_of, open_index

_INDEX_FOLDER = ("LIVE", "generations")


def refuse_inside(setting: str, path: Path, index: str, paths: Sequence[Path] = ()) -> None:
    """Raise UsageError for a file, named by a setting, that lies where it would be published or indexed.

    That is in an index folder, in one of the ``paths``, or in a folder that ``index`` was built from.
    """
    _refuse_index(setting, path, index)
    _refuse_archive(setting, path, [*paths, *_read_by(index)])


def _refuse_index(setting: str, path: Path, index: str) -> None:
    resolved = path.resolve()
    folders = [*path.absolute().parents, resolved, *resolved.parents]
    inside = [f for f in folders if all((f / name).exists() for name in _INDEX_FOLDER)]
    folder = folder_of(index)
    own = folder.resolve() if folder else None
    if inside or own in (resolved, *resolved.parents):
        raise UsageError(
            f"setting {setting} is {path}, which lies in the index folder {inside[0] if inside else own}: "
            "the index may be published or removed, so name a place outside"
        )


def _refuse_archive(setting: str, path: Path, paths: Sequence[Path]) -> None:
    resolved = path.resolve()
    for archive in paths:
        if archive.resolve() in (resolved, *resolved.parents):
            raise UsageError(
                f"setting {setting} is {path}, which lies in the archive {archive}: it would be read "
                "as a document, so name a place outside"
            )


def _read_by(index: str) -> list[Path]:
    """Return what the last build of an index has read, as the machine that built it calls that."""
    with suppress(IndexUnusableError, OSError):
        return [Path(path) for path in open_index(index).folders()]
    return []
