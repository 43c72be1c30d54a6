"""The state of an index, what a build would change, and the upkeep commands."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from qa.build.changes import Changes, changes_of, found, plan
from qa.corpus import Confinement, confinement_here
from qa.errors import IndexUnusableError
from qa.records import IndexInfo
from qa.settings import Settings
from qa.store import GenerationState, PurgeReport, open_index


@dataclass(frozen=True, slots=True)
class Status:
    """The state of an index, and what a build of ``paths`` would change; None if that is unknown.

    ``confinement``: how far the kernel confines the readers' process on this machine.
    """

    index: str
    generations: tuple[GenerationState, ...]
    bytes: int
    paths: tuple[str, ...]
    changes: Changes | None
    confinement: Confinement


def status(settings: Settings, paths: Sequence[Path] = ()) -> Status:
    """Examine the index of ``settings``; compare it with ``paths``, else with the folders of its last build.

    Raises IndexUnusableError if there is no index, CorpusError for ``paths`` that do not exist.
    """
    index = open_index(settings.index)
    state = index.state()
    chosen = list(paths) or [Path(path) for path in state.paths]
    changes = None
    if paths or (chosen and all(path.exists() for path in chosen)):
        with suppress(IndexUnusableError):  # no generation can be served; the states say so
            records = index.records()
            changes = changes_of(plan(found(chosen, settings), records), records)
    return Status(
        index=settings.index,
        generations=state.generations,
        bytes=state.bytes,
        paths=tuple(map(str, chosen)),
        changes=changes,
        confinement=confinement_here(),
    )


def rollback(settings: Settings, name: str | None = None) -> IndexInfo:
    """Make an earlier generation live: the one called ``name``, else the one before the live one.

    Documents that were removed since then stay hidden. Raises UsageError if it was not kept, and
    IndexUnusableError if it cannot be opened; then nothing is changed.
    """
    return open_index(settings.index).rollback(name)


def purge(settings: Settings, names: Sequence[str]) -> PurgeReport:
    """Remove documents, named by source or id, and their texts from every generation.

    It embeds nothing and reads no source. So if a file is still in its folder, the next build adds it
    again. Raises NotFoundError for a name that no generation has, CorpusError if no document would be
    left, and IndexUnusableError if the live generation cannot be read.
    """
    return open_index(settings.index).purge(names)
