"""The file that keeps judgements, and where such a file may lie."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from qa.errors import NotFoundError
from qa.judging.judgement import Judgement, judgement_in
from qa.judging.lines import Lines
from qa.service.outside import refuse_inside
from qa.settings import Settings


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
    refuse_inside(setting, path, settings.index, paths)
    return path
