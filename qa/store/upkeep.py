"""What looking after an index is wherever it lies: choosing a generation, and naming what a purge removes.

Entries are those of a generation's documents, in order (``qa.store.documents``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from qa.errors import NotFoundError, UsageError
from qa.records import IndexInfo
from qa.store.files.pointer import Live, Pointer
from qa.store.lifecycle import FileRecord, PurgeReport

Entries = Sequence[Mapping[str, Any]]


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


def refuse_empty(generation: IndexInfo) -> None:
    """Raise UsageError for a generation that cannot be gone back to: nothing in it is shown any more."""
    if not generation.documents:
        raise UsageError(
            f"all documents of generation {generation.generation} were removed since: "
            "put their files back and run qa build"
        )


def shown_files(
    files: Sequence[FileRecord], entries: Entries, removed: Collection[str]
) -> list[FileRecord]:
    """Return the files of a generation, those left out whose documents are hidden."""
    found, first = [], 0
    for record in files:
        own = entries[first : first + record.documents]
        first += record.documents
        if not holds(own, removed):
            found.append(record)
    return found


def holds(entries: Entries, ids: Collection[str]) -> bool:
    """Whether a document with one of the ids is there."""
    return any(entry["id"] in ids for entry in entries)


def named(generations: Sequence[Entries], names: Sequence[str]) -> frozenset[str]:
    """Return the ids of the documents that are named. Raises NotFoundError."""
    ids: dict[str, str] = {}
    for entries in generations:
        for entry in entries:
            ids[entry["id"]] = ids[entry["source"]] = entry["id"]
    for name in names:
        if name not in ids:
            raise NotFoundError(
                f"no generation has a document {name}: give a source as qa status or a citation "
                "shows it, or a document's id",
                code="document_not_found",
            )
    return frozenset(ids[name] for name in names)


def stretches(keeps: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield the first and the end of each run of documents that are kept."""
    first = 0
    for place, keep in enumerate((*keeps, False)):
        if not keep:
            if first < place:
                yield first, place
            first = place + 1


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


def purge_report(
    before: Live, after: Live, generations: Sequence[Entries], purged: Collection[str]
) -> PurgeReport:
    """Return what a purge has done; ``generations`` are those that could be read, the live one first."""
    entries = [entry for generation in generations for entry in generation]
    sums = {entry["sha256"] for entry in entries if entry["id"] in purged}
    copies = {
        entry["source"]
        for entry in generations[0]
        if entry["sha256"] in sums and entry["id"] not in after.removed
    }
    gone = [p.generation for p in before.generations if p not in after.generations]
    return PurgeReport(
        generation=after.generations[0].generation,
        purged=tuple(sorted({e["source"] for e in entries if e["id"] in purged})),
        generations_removed=tuple(gone),
        copies=tuple(sorted(copies)),
    )
