"""The file that keeps judgements, and where such a file may lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from qa.errors import IndexUnusableError, NotFoundError, UsageError
from qa.judging.judgement import Judgement, judgement_in
from qa.judging.lines import Lines
from qa.settings import Settings
from qa.store import IndexFolder

_INDEX_FOLDER = ("LIVE", "generations")


class Judgements(Lines[Judgement]):
    """The judgements of one file."""

    what = "judgements"

    @classmethod
    def of(cls, settings: Settings, paths: Sequence[Path] = ()) -> Judgements | None:
        """Return the judgements that the settings keep; None if they keep none.

        Raises UsageError if the file would lie in an index, or in one of the ``paths``, or in a folder
        that the index of the settings was built from: it would be published or indexed with them.
        """
        if not settings.judgements:
            return None
        path = place_of("judgements", settings.judgements, settings, paths)
        return cls(path, most=settings.judgements_bytes)

    def parse(self, line: bytes) -> Judgement:
        """Return the judgement of a line. Raises ValueError if it is none."""
        return judgement_in(line)

    def remove(self, ids: Collection[str]) -> None:
        """Remove judgements for good. Raises NotFoundError for an id that there is not, and removes none."""

        def keep(found: list[tuple[Judgement, bytes]]) -> list[bytes]:
            if unknown := sorted(set(ids) - {one.id for one, _ in found}):
                raise NotFoundError(
                    f"there is no judgement {unknown[0]!r}: qa judged list has them"
                )
            return [line for one, line in found if one.id not in ids]

        self._change(keep)

    def forget(self, names: Collection[str]) -> int:
        """Remove the judgements of documents, named by source or id; return how many there were."""
        gone = set(names)
        return self.keep_if(
            lambda one: one.judged is None or not {one.judged.source, one.judged.document_id} & gone
        )


def place_of(setting: str, value: str, settings: Settings, paths: Sequence[Path] = ()) -> Path:
    """Return the file that a setting names. Raises UsageError if it would be published or indexed."""
    path = Path(value)
    _refuse_index(setting, path, settings.index)
    _refuse_archive(setting, path, [*paths, *_read_by(settings.index)])
    return path


def _refuse_index(setting: str, path: Path, index: str) -> None:
    resolved = path.resolve()
    folders = [*path.absolute().parents, resolved, *resolved.parents]
    inside = [f for f in folders if all((f / name).exists() for name in _INDEX_FOLDER)]
    own = Path(index).resolve()
    if inside or own in (resolved, *resolved.parents):
        raise UsageError(
            f"setting {setting} is {path}, which lies in the index folder {(inside or [own])[0]}: "
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
    """Return what the last build of an index folder has read; nothing for an index elsewhere."""
    with suppress(IndexUnusableError, OSError):
        return [Path(path) for path in IndexFolder(Path(index)).live().paths]
    return []
