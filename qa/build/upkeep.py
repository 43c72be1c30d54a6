"""Looking after an index: what is in it, and what a build would change."""

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
    """What an index holds, and what a build of ``paths`` would change; None where that is not known.

    ``confinement``: how far the kernel holds the readers' process on this machine.
    """

    index: str
    generations: tuple[GenerationState, ...]
    bytes: int
    paths: tuple[str, ...]
    changes: Changes | None
    confinement: Confinement


def status(settings: Settings, paths: Sequence[Path] = ()) -> Status:
    """Look at the index of ``settings``; compare it with ``paths``, else with what it was built from.

    Raises IndexUnusableError when there is no index, CorpusError for ``paths`` that are not there.
    """
    index = open_index(settings.index)
    state = index.state()
    chosen = list(paths) or [Path(path) for path in state.paths]
    changes = None
    if paths or (chosen and all(path.exists() for path in chosen)):
        with suppress(IndexUnusableError):  # no generation can be served, as their states say
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
    """Let an earlier generation answer: the one called ``name``, else the one before the live one.

    Documents that were removed since stay out. Raises UsageError when it is not kept,
    IndexUnusableError when it cannot be opened; then nothing is changed.
    """
    return open_index(settings.index).rollback(name)


def purge(settings: Settings, names: Sequence[str]) -> PurgeReport:
    """Remove documents, named by source or id, and their texts from every generation.

    Nothing is embedded and no source is read, so that a file that is still in its folder comes back
    with the next build. Raises NotFoundError for a name that no generation holds, CorpusError when
    no document would be left, IndexUnusableError when the live generation cannot be read.
    """
    return open_index(settings.index).purge(names)
