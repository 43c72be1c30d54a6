"""What a build would change: compares the files that exist with those of a generation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from qa.corpus import FolderReader, Found, Options, Skipped, holds_any, scan
from qa.records import Document
from qa.settings import Settings
from qa.store import FileRecord, Previous, document_digest

Read = Callable[["Item"], Iterator[Document | Skipped]]
Kept = Callable[[FileRecord, int], bool]
"""Whether the contents of a file are reused while the file is the same.

Its arguments are the file's record and the place of its first document.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """A file, or a document that was given directly. An empty ``sha256`` means there is nothing to read."""

    source: str
    bytes: int
    sha256: str
    origin: Found | Document

    def changed(self) -> bool:
        """Whether the file has changed since its checksum was taken."""
        return isinstance(self.origin, Found) and self.origin.changed()


@dataclass(frozen=True, slots=True)
class Step:
    """What a build does with an item: it reads the item, or reuses what an earlier build read.

    ``record`` is from that earlier build, and ``first`` is the place of its first document there.
    """

    item: Item
    record: FileRecord | None = None
    first: int = 0

    @property
    def reads(self) -> bool:
        """Whether the build reads the file."""
        return self.record is None


@dataclass(frozen=True, slots=True)
class Changes:
    """Sources that are new, changed or gone."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def given(documents: Sequence[Document]) -> list[Item]:
    """Return documents as items, sorted by source as files are: passages are in the order of their ids."""
    ordered = sorted(documents, key=lambda document: document.source)
    return [Item(d.source, len(d.text), document_digest(d), d) for d in ordered]


def found(
    paths: Sequence[Path], settings: Settings, seen: Callable[[], None] = lambda: None
) -> list[Item]:
    """Return the files under ``paths`` as items; ``seen`` is called for each. Raises CorpusError."""
    items = []
    for file in scan(paths, Options.of(settings)):
        items.append(Item(file.source, file.stamp.bytes, file.sha256, file))
        seen()
    return items


def reading(
    settings: Settings, tell: Callable[[str], None] = lambda _: None
) -> AbstractContextManager[Read]:
    """Return a context that reads items; ``tell`` gets the parts of the confinement that are missing.

    Entering it raises ConfinementError if the settings demand all of them.
    """
    return _Reading(Options.of(settings), tell)


class _Reading(AbstractContextManager[Read]):
    def __init__(self, options: Options, tell: Callable[[str], None]) -> None:
        self._reader = FolderReader(options, tell)

    def __enter__(self) -> Read:
        reader = self._reader.__enter__()

        def read(item: Item) -> Iterator[Document | Skipped]:
            if isinstance(item.origin, Found):
                return reader.read(item.origin)
            return iter([item.origin])

        return read

    def __exit__(self, *problem: object) -> None:
        # The three arguments of ``__exit__``, passed on unchanged.
        self._reader.__exit__(*problem)  # type: ignore[arg-type]


def plan(
    items: Sequence[Item],
    records: Sequence[FileRecord],
    kept: Kept = lambda record, first: True,
) -> list[Step]:
    """Return what a build does with each item, given the records of an earlier build."""
    known: dict[str, tuple[FileRecord, int]] = {}
    first = 0
    for record in records:
        known[record.source] = (record, first)
        first += record.documents
    steps = []
    for item in items:
        step = Step(item)
        if item.source in known:
            record, first = known[item.source]
            # A file without a checksum is not opened, so finding again why it is not read costs nothing.
            same = item.sha256 and record.sha256 == item.sha256
            if same and kept(record, first):
                step = Step(item, record, first)
        steps.append(step)
    return steps


def readable(before: Previous | None, settings: Mapping[str, Any]) -> Kept:
    """Return a test for files from which the readers would make the same documents as before.

    ``settings`` are those of the build's recipe. Other limits, or other columns of tables, may change
    all files. Another version of a reader changes the files of its format, and archives that have one.
    """
    read = before.recipe.settings if before else {}
    if before is None or read.get("reading") != settings["reading"]:
        return lambda record, first: False
    then, now = read.get("readers", {}), settings["readers"]
    changed = {ending for ending in {*then, *now} if then.get(ending) != now.get(ending)}

    def kept(record: FileRecord, first: int) -> bool:
        sources = before.sources(first, first + record.documents)
        inside = chain(sources, (name for name, _ in record.skipped))
        return not holds_any(changed, record.source, inside)

    return kept


def changes_of(steps: Sequence[Step], records: Sequence[FileRecord]) -> Changes:
    """Return what a build would change.

    A file that cannot be read counts when it is new, gone, or had documents before: the index names it.
    Whether the reason has changed is not known before the files are read.
    """
    known = {record.source: record for record in records}
    there = {step.item.source for step in steps}
    read = [step.item for step in steps if step.reads]
    return Changes(
        added=tuple(item.source for item in read if item.source not in known),
        changed=tuple(
            item.source
            for item in read
            if item.source in known and (item.sha256 or known[item.source].documents)
        ),
        removed=tuple(
            r.source for r in records if r.source not in there and (r.documents or r.skipped)
        ),
    )
