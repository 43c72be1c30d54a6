"""Looking after an index in LanceDB: what is in it, going back, removing a text for good."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from qa.errors import (
    CorpusError,
    IndexDamagedError,
    IndexForeignError,
    IndexUnusableError,
)
from qa.records import IndexInfo
from qa.store.files.pointer import Live, Pointer
from qa.store.lance.generation import LanceGeneration
from qa.store.lance.shelf import Shelf
from qa.store.lance.writer import LanceWriter
from qa.store.lifecycle import GenerationState, IndexState, PurgeReport
from qa.store.upkeep import (
    chosen,
    files_without,
    holds,
    in_turn,
    named,
    purge_report,
    refuse_empty,
    stretches,
)


def state(shelf: Shelf) -> IndexState:
    """Look at every generation: its manifest, its files, how many rows its tables have.

    ``qa check`` looks at the rows, which may be more than anybody wants to fetch.
    """
    live = shelf.row.live()
    states = tuple(
        _generation_state(shelf, pointer, live, live=n == 0)
        for n, pointer in enumerate(live.generations)
    )
    return IndexState(states, sum(one.bytes for one in states), live.paths)


def _generation_state(shelf: Shelf, pointer: Pointer, at: Live, *, live: bool) -> GenerationState:
    try:
        generation = shelf.generation(pointer, at.removed)
    except (IndexDamagedError, IndexForeignError) as error:
        return GenerationState(pointer.generation, live, 0, fault=error.message)
    return GenerationState(
        name=pointer.generation,
        live=live,
        bytes=generation.size,
        documents=generation.info.documents,
        passages=generation.info.passages,
        hidden=len(generation.documents) - generation.info.documents,
        model=generation.info.model,
        facets=tuple(facet.name for facet in generation.summary().facets),
    )


def rollback(shelf: Shelf, name: str | None = None) -> IndexInfo:
    """Let an earlier generation answer; see ``Index``. When it cannot be opened, nothing is changed."""
    shelf.row.live()  # where there is no index, none is begun
    with shelf.row.held() as hold:
        live = shelf.row.live()
        pointer = chosen(live, name)
        generation = shelf.generation(pointer, live.removed)
        refuse_empty(generation.info)
        after = replace(live, generations=in_turn(live, pointer))
        hold.publish(after, hold.row.retired)
    return generation.info


def purge(shelf: Shelf, names: Sequence[str]) -> PurgeReport:
    """Remove documents and their texts from every generation; see ``Index``.

    A generation without them is written and goes live. All that held them go, with every version of
    every object: also those that were kept for a while for services that may still answer from them.
    """
    shelf.row.live()  # where there is no index, none is begun
    with shelf.row.held() as hold:
        live = shelf.row.live()
        shelf.clear(live, hold.row.retired)
        current = shelf.generation(live.generations[0], live.removed)
        retained = {pointer: _opened(shelf, pointer) for pointer in live.generations[1:]}
        opened = [current, *(g for g in retained.values() if g is not None)]
        entries = [generation.documents.written for generation in opened]
        wanted = named(entries, names)
        # One that cannot be read may hold the text as well as not.
        clean = [
            p
            for p, g in retained.items()
            if g is not None and not holds(g.documents.written, wanted)
        ]
        pointer = live.generations[0]
        if holds(current.documents.written, wanted):
            pointer = _without(shelf, current, wanted | live.removed, live)
        after = replace(live, generations=(pointer, *clean), removed=live.removed | wanted)
        hold.publish(after)
        time.sleep(shelf.linger)
        names_kept = {p.generation for p in after.generations}
        for generation in shelf.generations() - names_kept:
            shelf.remove(generation)
    return purge_report(live, after, entries, wanted)


def _opened(shelf: Shelf, pointer: Pointer) -> LanceGeneration | None:
    try:
        return shelf.generation(pointer)
    except (IndexDamagedError, IndexForeignError):
        return None


def _without(shelf: Shelf, current: LanceGeneration, gone: Collection[str], live: Live) -> Pointer:
    """Write a generation that holds what another one does, but for the documents that go."""
    keeps = [entry["id"] not in gone for entry in current.documents.written]
    if not any(keeps):
        raise CorpusError(
            f"no document would be left in the index {shelf.address.name}: remove it instead"
        )
    number = shelf.next_number(live)
    exact = 0 if current.tables.vectors else len(current)
    writer = LanceWriter(shelf.database, number, current.recipe, shelf.address.name, exact)
    try:
        for first, last in stretches(keeps):
            writer.keep(current, first, last)
        writer.finish(
            model_manifest=str(current.manifest["model_manifest"]),
            records=files_without(current.files, keeps),
        )
        _, sha256 = writer.seal(current.calibration)
    except BaseException:
        with suppress(IndexUnusableError):  # the next build removes what is left
            shelf.remove(writer.name)
        raise
    return Pointer(writer.name, sha256)
