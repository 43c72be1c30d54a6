"""Upkeep of the files of an index: its state, rolling back, purging a text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from qa.errors import CorpusError, IndexUnusableError, NotFoundError, UsageError
from qa.records import IndexInfo
from qa.store.files.folder import IndexFolder
from qa.store.files.generation import Generation
from qa.store.files.pointer import Live, Pointer
from qa.store.files.writer import GenerationWriter
from qa.store.lifecycle import FileRecord, GenerationState, IndexState, PurgeReport


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
    found, first = [], 0
    for record in generation.files:
        entries = generation.written[first : first + record.documents]
        first += record.documents
        if not any(entry["id"] in live.removed for entry in entries):
            found.append(record)
    return found


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
        if not generation.info.documents:
            raise UsageError(
                f"all documents of generation {pointer.generation} were removed since: "
                "put their files back and run qa build"
            )
        folder.point(replace(live, generations=in_turn(live, pointer)))
    return generation.info


def in_turn(live: Live, pointer: Pointer) -> tuple[Pointer, ...]:
    """Return the generations as they serve once one of them is live: older ones first, then newer."""
    others = [p for p in live.generations if p != pointer]
    older = [p for p in others if p.number < pointer.number]
    newer = [p for p in others if p.number > pointer.number]
    return (pointer, *_newest_first(older), *_newest_first(newer))


def _newest_first(pointers: Sequence[Pointer]) -> list[Pointer]:
    return sorted(pointers, key=lambda pointer: pointer.number, reverse=True)


def chosen(live: Live, name: str | None) -> Pointer:
    """Return the generation that is called ``name``, else the one before the live one. Raises UsageError."""
    now, *others = live.generations
    kept = ", ".join(p.generation for p in others) or "none"
    if name is None:
        if others and others[0].number < now.number:
            return others[0]
        raise UsageError(
            f"no generation before {now.generation} is kept: name another one ({kept})"
        )
    # The number alone is enough: each number is used once.
    named = [p for p in live.generations if name in (p.generation, p.generation.split("-")[0])]
    if not named:
        raise UsageError(f"no generation {name} is kept: there are {now.generation}, {kept}")
    if named[0] == now:
        raise UsageError(f"generation {now.generation} is live already")
    return named[0]


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
        wanted = _named(opened, names)
        # A generation that cannot be read may have the text too.
        clean = [p for p, g in retained.items() if g is not None and not _holds(g, wanted)]
        pointer = live.generations[0]
        if _holds(current, wanted):
            pointer = _without(folder, current, wanted | live.removed)
        kept = (pointer, *clean)
        removed = live.removed | wanted
        folder.clear_journal()
        folder.point(replace(live, generations=kept, removed=removed))
    gone = [p.generation for p in live.generations if p not in kept]
    entries = [entry for generation in opened for entry in generation.written]
    sums = {entry["sha256"] for entry in entries if entry["id"] in wanted}
    copies = {
        entry["source"]
        for entry in current.written
        if entry["sha256"] in sums and entry["id"] not in removed
    }
    return PurgeReport(
        generation=pointer.generation,
        purged=tuple(sorted({e["source"] for e in entries if e["id"] in wanted})),
        generations_removed=tuple(gone),
        copies=tuple(sorted(copies)),
    )


def _opened(folder: IndexFolder, pointer: Pointer) -> Generation | None:
    try:
        return folder.generation(pointer, mapped=True)
    except IndexUnusableError:
        return None


def _holds(generation: Generation, ids: Collection[str]) -> bool:
    return any(entry["id"] in ids for entry in generation.written)


def _named(generations: Sequence[Generation], names: Sequence[str]) -> frozenset[str]:
    """Return the ids of the documents that are named. Raises NotFoundError."""
    ids: dict[str, str] = {}
    for generation in generations:
        for entry in generation.written:
            ids[entry["id"]] = ids[entry["source"]] = entry["id"]
    for name in names:
        if name not in ids:
            raise NotFoundError(
                f"no generation has a document {name}: give a source as qa status or a citation "
                "shows it, or a document's id",
                code="document_not_found",
            )
    return frozenset(ids[name] for name in names)


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
        first = 0
        while first < len(keeps):
            last = first
            while last < len(keeps) and keeps[last] == keeps[first]:
                last += 1
            if keeps[first]:
                writer.keep(current, first, last)
            first = last
        writer.finish(
            name=f"{draft.number}-{writer.corpus[:8]}",
            model_manifest=str(current.manifest["model_manifest"]),
            records=files_without(current.files, keeps),
        )
        manifest, sha256 = writer.seal(current.calibration)
        return folder.add_generation(draft, str(manifest["generation"]), sha256)


def files_without(records: Sequence[FileRecord], keeps: Sequence[bool]) -> list[FileRecord]:
    """Return files whose documents are kept or not; a file that lost a document is to be read again."""
    files, first = [], 0
    for record in records:
        kept = sum(keeps[first : first + record.documents])
        first += record.documents
        if kept != record.documents:
            record = replace(record, sha256="", documents=kept)
        files.append(record)
    return files
