"""``Index`` of ``qa.store.lifecycle``, implemented with a folder of files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from qa.errors import IndexUnusableError
from qa.records import Document, IndexInfo, Passage
from qa.store.files import upkeep
from qa.store.files.check import check
from qa.store.files.folder import Draft as DraftFolder
from qa.store.files.folder import IndexFolder
from qa.store.files.generation import Generation
from qa.store.files.journal import Journal
from qa.store.files.pointer import Pointer
from qa.store.files.writer import GenerationWriter
from qa.store.lifecycle import (
    Checked,
    EncodedPassage,
    Facts,
    FileRecord,
    IndexState,
    Opened,
    PurgeReport,
)
from qa.store.protocol import Store
from qa.store.recipe import Recipe


class FileIndex:
    """Implements ``Index`` with files; see ``index/README.md``."""

    def __init__(self, path: Path) -> None:
        self._folder = IndexFolder(path)
        self.name = self._folder.name

    def told(self, message: str) -> str:
        path = self._folder.path
        for place in {str(path.absolute()), str(path.resolve())}:
            message = message.replace(place, self.name)
        return message

    def stamp(self) -> tuple[int, ...]:
        return self._folder.stamp()

    def version(self) -> str:
        return self._folder.live().version

    def open(self) -> Opened:
        generation, fault = self._folder.open()
        model = self._folder.model_folder(generation.recipe.fingerprint)
        return Opened(generation, model, fault)

    def state(self) -> IndexState:
        return upkeep.state(self._folder)

    def records(self) -> list[FileRecord]:
        return upkeep.records(self._folder)

    def folders(self) -> tuple[str, ...]:
        return self._folder.live().paths

    @contextmanager
    def building(self) -> Iterator[FileBuilding]:
        with self._folder.lock():
            yield FileBuilding(self._folder)

    def rollback(self, name: str | None = None) -> IndexInfo:
        return upkeep.rollback(self._folder, name)

    def purge(self, names: Sequence[str]) -> PurgeReport:
        return upkeep.purge(self._folder, names)

    def check(self, tell: Callable[[str], None] = lambda _: None) -> Checked:
        return check(self._folder, tell)


class FilePrevious:
    """Implements ``Previous``."""

    def __init__(self, generation: Generation, *, live: bool) -> None:
        self.generation = generation
        self.live = live
        self.recipe = generation.recipe
        self.files = generation.files
        self.facts = facts_of(generation)

    def ids(self, first: int, last: int) -> list[str]:
        return [entry["id"] for entry in self.generation.written[first:last]]

    def sources(self, first: int, last: int) -> list[str]:
        return [entry["source"] for entry in self.generation.written[first:last]]

    def document_at(self, place: int) -> Document:
        return self.generation.document_at(place)


def facts_of(generation: Generation) -> Facts:
    """Return the facts of a generation."""
    furniture = sum(entry["furniture"] for entry in generation.written)
    return _facts(generation.manifest, furniture)


def _facts(manifest: Mapping[str, Any], furniture: int) -> Facts:
    counts = manifest["counts"]
    return Facts(
        generation=str(manifest["generation"]),
        documents=int(counts["documents"]),
        passages=int(counts["passages"]),
        tokens=int(counts["tokens"]),
        furniture_lines=furniture,
        calibrated=manifest.get("calibration") is not None,
    )


class FileBuilding:
    """Implements ``Building``; the caller holds the lock of the folder."""

    def __init__(self, folder: IndexFolder) -> None:
        self._folder = folder
        self._model_manifest = ""

    @cached_property
    def previous(self) -> FilePrevious | None:
        """Opened only when it is needed: a build that repairs a model then reuses its vectors."""
        return _previous(self._folder)

    def add_model(self, fingerprint: str, make: Callable[[Path], None]) -> Path:
        self._model_manifest = self._folder.add_model(fingerprint, make)
        return self._folder.model_folder(fingerprint)

    @contextmanager
    def draft(self, recipe: Recipe) -> Iterator[FileDraft]:
        # The journal outlives a generation that a gate refuses: its vectors are still right.
        with (
            Journal(self._folder.path) as journal,
            self._folder.draft() as place,
            GenerationWriter(place.folder, recipe) as writer,
        ):
            before = self.previous.generation if self.previous else None
            yield FileDraft(self._folder, place, writer, journal, before, self._model_manifest)

    def unchanged(self) -> bool:
        self._folder.clear_journal()  # left by a build that was killed at its very end
        assert self.previous is not None  # "unchanged" means that there was a generation
        live = self._folder.live()
        back = live.removed & {entry["id"] for entry in self.previous.generation.written}
        if back:
            self._folder.point(replace(live, removed=live.removed - back))
        return bool(back)


def _previous(folder: IndexFolder) -> FilePrevious | None:
    """Return an undamaged generation whose vectors can be reused; None if there is none."""
    try:
        opened = folder.open(mapped=True)
        opened.generation.verify_all()
    except IndexUnusableError:  # there is none yet, or it cannot be reused
        return None
    return FilePrevious(opened.generation, live=opened.fault is None)


class FileDraft:
    """Implements ``Draft``."""

    def __init__(
        self,
        folder: IndexFolder,
        place: DraftFolder,
        writer: GenerationWriter,
        journal: Journal,
        before: Generation | None,
        model_manifest: str,
    ) -> None:
        self._folder, self._place = folder, place
        self._writer, self._journal, self._before = writer, journal, before
        self._model_manifest = model_manifest
        self._pointer: Pointer | None = None
        self._manifest: Mapping[str, Any] = {}

    @property
    def documents(self) -> int:
        return self._writer.documents

    def known(self, key: bytes) -> EncodedPassage | None:
        kept = self._journal.get(key)
        if kept is not None or self._before is None:
            return kept
        row = self._before.row_of(key)
        return None if row is None else self._before.encoded_passage(row)

    def remember(self, passages: Sequence[EncodedPassage]) -> None:
        self._journal.append(passages)

    def keep(self, first: int, last: int) -> None:
        assert self._before is not None  # a plan keeps only what a previous generation has
        self._writer.keep(self._before, first, last)

    def add(
        self, document: Document, passages: Iterable[Passage], encoded: Iterable[EncodedPassage]
    ) -> None:
        self._writer.add(document, passages, encoded)

    def snapshot(self, records: Sequence[FileRecord]) -> Store:
        return self._writer.finish(
            name=f"{self._place.number}-{self._writer.corpus[:8]}",
            model_manifest=self._model_manifest,
            records=records,
        )

    def seal(self, calibration: Mapping[str, Any] | None) -> None:
        self._manifest, sha256 = self._writer.seal(calibration)
        name = str(self._manifest["generation"])
        self._pointer = self._folder.add_generation(self._place, name, sha256)

    def sealed(self) -> Store:
        assert self._pointer is not None  # ``seal`` was called
        return self._folder.generation(self._pointer, mapped=True)

    def publish(self, *, keep: int, paths: Sequence[str]) -> Facts:
        assert self._pointer is not None  # ``seal`` was called
        self._folder.make_live(self._pointer, self._writer.ids, keep=keep, paths=paths)
        return _facts(self._manifest, self._writer.furniture)
