"""An index in LanceDB, as ``qa.store.lifecycle`` wants one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from qa.errors import (
    IndexDamagedError,
    IndexForeignError,
    IndexMissingError,
    IndexUnusableError,
    UsageError,
)
from qa.records import Document, IndexInfo, Passage
from qa.store.address import Address, kept_here
from qa.store.files.journal import Journal
from qa.store.files.pointer import Live, Pointer
from qa.store.lance import upkeep
from qa.store.lance.check import check, verify_rows
from qa.store.lance.connection import Database
from qa.store.lance.generation import LanceGeneration
from qa.store.lance.pointer import Hold
from qa.store.lance.shelf import Shelf
from qa.store.lance.vectors import EXACT_PASSAGES
from qa.store.lance.writer import LanceWriter
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
from qa.store.upkeep import shown_files

_BEYOND = (
    "a bucket with versioning, replication or object lock keeps what was deleted: remove it there too, "
    "and from backups"
)
_BLOCK = 256
"""Passages of the generation before whose vectors are read together."""


class LanceIndex:
    """Implements ``Index``. ``local`` is where this machine keeps models and builds under way.

    ``exact_passages``: a build makes an index of the vectors where there are more passages than that.
    """

    def __init__(
        self,
        address: Address,
        local: Path | None = None,
        *,
        exact_passages: int | None = None,
        **times: float,
    ) -> None:
        place = local or kept_here()
        self._exact_passages = EXACT_PASSAGES if exact_passages is None else exact_passages
        self._shelf = Shelf(Database(address), place, **times)
        self._workshop = Shelf(Database(address, patient=True), place, **times)
        self.name = address.name

    def told(self, message: str) -> str:
        return message.replace(self._shelf.address.uri, self.name)

    def stamp(self) -> Hashable:
        try:
            row = self._shelf.row.read()
        except (IndexDamagedError, IndexForeignError) as error:
            return f"wrong: {error.message}"  # ``version`` raises the same
        return row.stamp if row else ""

    def version(self) -> str:
        return self._shelf.row.live().version

    def open(self) -> Opened:
        generation, fault = self._open()
        fingerprint = generation.recipe.fingerprint
        model = self._shelf.models.fetch(fingerprint, str(generation.manifest["model_manifest"]))
        return Opened(generation, model, fault)

    def _open(self) -> tuple[LanceGeneration, str | None]:
        while True:
            live = self._shelf.row.live()
            try:
                return open_first(self._shelf, live)
            except IndexDamagedError:
                if self._shelf.row.live() == live:
                    raise
                # A build has replaced and removed it meanwhile.

    def state(self) -> IndexState:
        return upkeep.state(self._workshop)

    def records(self) -> list[FileRecord]:
        live = self._workshop.row.live()
        generation, _ = self._open()
        return shown_files(generation.files, generation.documents.written, live.removed)

    def folders(self) -> tuple[str, ...]:
        return self._shelf.row.live().paths

    @contextmanager
    def building(self) -> Iterator[LanceBuilding]:
        with self._workshop.row.held() as hold:
            stay = self._workshop.clear(hold.row.live, hold.row.retired)
            hold.row = hold.row._replace(retired=stay)
            yield LanceBuilding(self._workshop, hold, self._exact_passages)

    def rollback(self, name: str | None = None) -> IndexInfo:
        return upkeep.rollback(self._workshop, name)

    def purge(self, names: Sequence[str]) -> PurgeReport:
        report = upkeep.purge(self._workshop, names)
        journal = _journal_folder(self._workshop)
        (journal / ".encoded").unlink(missing_ok=True)
        return replace(report, beyond=_BEYOND) if self._shelf.address.remote else report

    def check(self, tell: Callable[[str], None] = lambda _: None) -> Checked:
        return check(self._workshop, tell)


def open_first(shelf: Shelf, live: Live) -> tuple[LanceGeneration, str | None]:
    """Open the live generation; if it is damaged, the first retained one that is not, and say why."""
    first: IndexDamagedError | None = None
    for pointer in live.generations:
        try:
            generation = shelf.generation(pointer, live.removed)
        except IndexDamagedError as error:
            first = first or error
            continue
        if first is not None and not generation.info.documents:
            continue  # all that it holds was removed since: no index to be served in silence
        return generation, first.message if first else None
    assert first is not None  # a pointer names at least one
    raise first


class LancePrevious:
    """Implements ``Previous``."""

    def __init__(self, generation: LanceGeneration, *, live: bool) -> None:
        self.generation = generation
        self.live = live
        self.recipe = generation.recipe
        self.files = generation.files
        self.facts = _facts(generation.manifest)

    def ids(self, first: int, last: int) -> list[str]:
        return [entry["id"] for entry in self.generation.documents.written[first:last]]

    def sources(self, first: int, last: int) -> list[str]:
        return [entry["source"] for entry in self.generation.documents.written[first:last]]

    def document_at(self, place: int) -> Document:
        return self.generation.documents.at(place)


def _facts(manifest: Mapping[str, Any]) -> Facts:
    counts = manifest["counts"]
    return Facts(
        generation=str(manifest["generation"]),
        documents=int(counts["documents"]),
        passages=int(counts["passages"]),
        tokens=int(counts["tokens"]),
        furniture_lines=int(manifest["furniture"]),
        calibrated=manifest.get("calibration") is not None,
    )


class LanceBuilding:
    """Implements ``Building``, for whoever holds the index."""

    def __init__(self, shelf: Shelf, hold: Hold, exact_passages: int) -> None:
        self._shelf, self._hold = shelf, hold
        self._exact_passages = exact_passages
        self._model_manifest = ""

    @cached_property
    def previous(self) -> LancePrevious | None:
        live = self._hold.row.live
        if live is None:
            return None
        try:
            generation, fault = open_first(self._shelf, live)
            verify_rows(generation)
        except (IndexDamagedError, IndexForeignError, IndexMissingError):
            # It cannot be taken over.
            return None
        indexed = len(generation) > self._exact_passages
        as_wanted = (generation.tables.vectors is not None) == indexed
        return LancePrevious(generation, live=fault is None and as_wanted)

    def add_model(self, fingerprint: str, make: Callable[[Path], None]) -> Path:
        folder, self._model_manifest = self._shelf.models.add(fingerprint, make)
        return folder

    @contextmanager
    def draft(self, recipe: Recipe) -> Iterator[LanceDraft]:
        folder = _journal_folder(self._shelf)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
        live = self._hold.row.live
        with Journal(folder) as journal:
            number = self._shelf.next_number(live)
            writer = LanceWriter(
                self._shelf.database,
                number,
                recipe,
                self._shelf.address.name,
                self._exact_passages,
            )
            before = self.previous.generation if self.previous else None
            draft = LanceDraft(
                self._shelf, self._hold, writer, journal, before, self._model_manifest
            )
            try:
                yield draft
            finally:
                if not draft.published:
                    with suppress(IndexUnusableError):  # the next build removes what is left
                        self._shelf.remove(writer.name)

    def unchanged(self) -> bool:
        assert self.previous is not None  # what has not changed was there before
        live = self._hold.row.live
        assert live is not None
        entries = self.previous.generation.documents.written
        back = live.removed & {entry["id"] for entry in entries}
        if back:
            self._hold.publish(replace(live, removed=live.removed - back), self._hold.row.retired)
        return bool(back)


def _journal_folder(shelf: Shelf) -> Path:
    """Return where this machine keeps what a build of this index has embedded so far."""
    name = hashlib.sha256(shelf.address.uri.encode()).hexdigest()[:16]
    return shelf.local / "builds" / name


class LanceDraft:
    """Implements ``Draft``."""

    def __init__(
        self,
        shelf: Shelf,
        hold: Hold,
        writer: LanceWriter,
        journal: Journal,
        before: LanceGeneration | None,
        model_manifest: str,
    ) -> None:
        self._shelf, self._hold = shelf, hold
        self._writer, self._journal = writer, journal
        self._before = before
        self._model_manifest = model_manifest
        self._block: tuple[int, Sequence[EncodedPassage]] = (-1, ())
        self._pointer: Pointer | None = None
        self.published = False
        self._manifest: Mapping[str, Any] = {}

    @property
    def documents(self) -> int:
        return len(self._writer.ids)

    @cached_property
    def _rows(self) -> Mapping[bytes, int]:
        """The row of each key in the generation before."""
        before = self._before
        return {key: row for row, key in before.tables.keys(len(before))} if before else {}

    def known(self, key: bytes) -> EncodedPassage | None:
        kept = self._journal.get(key)
        if kept is not None or key not in self._rows:
            return kept
        assert self._before is not None  # where there are rows
        # Passages that are wanted one after the other mostly lay so.
        block, place = divmod(self._rows[key], _BLOCK)
        if block != self._block[0]:
            first = block * _BLOCK
            rows = range(first, min(first + _BLOCK, len(self._before)))
            self._block = (block, self._before.encoded(rows))
        return self._block[1][place]

    def remember(self, passages: Sequence[EncodedPassage]) -> None:
        self._journal.append(passages)

    def keep(self, first: int, last: int) -> None:
        assert self._before is not None  # a plan keeps only what was there
        self._writer.keep(self._before, first, last)

    def add(
        self, document: Document, passages: Iterable[Passage], encoded: Iterable[EncodedPassage]
    ) -> None:
        self._writer.add(document, passages, encoded)

    def snapshot(self, records: Sequence[FileRecord]) -> Store:
        return self._writer.finish(model_manifest=self._model_manifest, records=records)

    def seal(self, calibration: Mapping[str, Any] | None) -> None:
        self._manifest, sha256 = self._writer.seal(calibration)
        self._pointer = Pointer(self._writer.name, sha256)

    def sealed(self) -> Store:
        assert self._pointer is not None  # sealed before
        return self._shelf.generation(self._pointer)

    def publish(self, *, keep: int, paths: Sequence[str]) -> Facts:
        assert self._pointer is not None  # sealed before
        row = self._hold.row
        others = row.live.generations if row.live else ()
        kept = (self._pointer, *others[: max(keep - 1, 0)])
        held = self._shelf.document_ids(kept[1:])
        before = row.live.removed if row.live else frozenset[str]()
        removed = (before if held is None else frozenset[str]()) | frozenset(held or ())
        live = Live(kept, removed - self._writer.ids, tuple(paths))
        # What no longer answers stays for as long as somebody may read it.
        self._hold.publish(live, self._shelf.retire(row.live, live, row.retired))
        self.published = True
        return _facts(self._manifest)
