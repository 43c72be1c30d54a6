"""Upkeep of the files of an index: its state, rolling back, purging a text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from qa.errors import CorpusError, IndexUnusableError
from qa.records import IndexInfo
from qa.store.files.folder import IndexFolder
from qa.store.files.generation import Generation
from qa.store.files.pointer import Live, Pointer
from qa.store.files.writer import GenerationWriter
from qa.store.lifecycle import FileRecord, GenerationState, IndexState, PurgeReport
from qa.store.upkeep import (
    chosen,
    files_without,
    holds,
    in_turn,
    named,
    purge_report,
    refuse_empty,
    shown_files,
    stretches,
)


def state(folder: IndexFolder) -> IndexState:
    """Examine every generation of an index, every byte of it."""
    live = folder.live()
    states = tuple(
        _generation_state(folder, pointer, live, live=n == 0)
        for n, pointer in enumerate(live.generations)
    )
    return IndexState(states, _size(folder.path), live.paths)


def _generation_state(
    folder: IndexFolder, pointer: Pointer, at: Live, *, live: bool
) -> GenerationState:
    size = _size(folder.generation_folder(pointer))
    try:
        generation = folder.generation(pointer, at.removed)
        generation.verify_all()
        folder.verify_model(generation)
    except IndexUnusableError as error:
        return GenerationState(pointer.generation, live, size, fault=error.message)
    return GenerationState(
        name=pointer.generation,
        live=live,
        bytes=size,
        documents=generation.info.documents,
        passages=generation.info.passages,
        hidden=len(generation.written) - generation.info.documents,
        model=generation.info.model,
        facets=tuple(facet.name for facet in generation.summary().facets),
    )


def records(folder: IndexFolder) -> list[FileRecord]:
    """Return the files of the served generation, except those whose documents are hidden."""
    live = folder.live()
    generation = folder.open().generation
    return shown_files(generation.files, generation.written, live.removed)


def _size(folder: Path) -> int:
    """Return the bytes in a folder; files that a build removes meanwhile do not count."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
    return size


def rollback(folder: IndexFolder, name: str | None = None) -> IndexInfo:
    """Make an earlier generation live; see ``Index``. If it cannot be opened, nothing is changed."""
    folder.live()  # raises if there is no index, before ``lock`` makes a folder
    with folder.lock():
        live = folder.live()
        pointer = chosen(live, name)
        generation = folder.generation(pointer, live.removed)
        generation.verify_all()
        folder.verify_model(generation)
        refuse_empty(generation.info)
        folder.point(replace(live, generations=in_turn(live, pointer)))
    return generation.info


def purge(folder: IndexFolder, names: Sequence[str]) -> PurgeReport:
    """Remove documents and their texts from every generation; see ``Index``.

    This writes a generation without the documents, makes it live, and deletes the generations that had
    them. It embeds nothing and reads no source. So if a file is still in its folder, the next build
    adds it again.
    """
    folder.live()  # raises if there is no index, before ``lock`` makes a folder
    with folder.lock():  # this also removes the leftovers of failed builds
        live = folder.live()
        current = folder.generation(live.generations[0], live.removed, mapped=True)
        current.verify_all()
        retained = {pointer: _opened(folder, pointer) for pointer in live.generations[1:]}
        opened = [current, *(g for g in retained.values() if g is not None)]
        entries = [generation.written for generation in opened]
        wanted = named(entries, names)
        # A generation that cannot be read may have the text too.
        clean = [p for p, g in retained.items() if g is not None and not holds(g.written, wanted)]
        pointer = live.generations[0]
        if holds(current.written, wanted):
            pointer = _without(folder, current, wanted | live.removed)
        after = replace(live, generations=(pointer, *clean), removed=live.removed | wanted)
        folder.clear_journal()
        folder.point(after)
    return purge_report(live, after, entries, wanted)


def _opened(folder: IndexFolder, pointer: Pointer) -> Generation | None:
    try:
        return folder.generation(pointer, mapped=True)
    except IndexUnusableError:
        return None


def _without(folder: IndexFolder, current: Generation, gone: Collection[str]) -> Pointer:
    """Write a copy of a generation without some of its documents."""
    keeps = [entry["id"] not in gone for entry in current.written]
    if not any(keeps):
        raise CorpusError(
            f"no document would be left in {folder.path}: remove the folder of the index instead"
        )
    with (
        folder.draft() as draft,
        GenerationWriter(draft.folder, current.recipe) as writer,
    ):
        for first, last in stretches(keeps):
            writer.keep(current, first, last)
        writer.finish(
            name=f"{draft.number}-{writer.corpus[:8]}",
            model_manifest=str(current.manifest["model_manifest"]),
            records=files_without(current.files, keeps),
        )
        manifest, sha256 = writer.seal(current.calibration)
        return folder.add_generation(draft, str(manifest["generation"]), sha256)
