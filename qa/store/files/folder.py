"""An index folder: immutable generations, the models they were made with, a pointer, a lock.

    LIVE                 the pointer: the live generation, the retained ones, the removed documents
    LOCK                 held by the process that builds
    .encoded             the journal: vectors of a build that has not ended, for the next build
    generations/NAME/    a generation; it gets its name when it is complete
    models/FINGERPRINT/  an exported model

A build writes into a folder whose name begins with a dot. It waits for the disk, renames the folder, and
only then replaces the pointer. If it is killed at any moment, the pointer is the old one or the new one.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from qa.errors import (
    IndexDamagedError,
    IndexLockedError,
    IndexUnreachableError,
    IndexUnusableError,
    QaError,
    UsageError,
)
from qa.store.files import disk
from qa.store.files.disk import FileSum, damaged, file_sum
from qa.store.files.documents import document_ids
from qa.store.files.generation import Generation
from qa.store.files.manifest import read_manifest, read_object, well_formed
from qa.store.files.pointer import LIVE, NAME, Live, Pointer, read_live, write_live
from qa.store.files.sharing import link_model

JOURNAL = ".encoded"
_LOCK, _GENERATIONS, _MODELS = "LOCK", "generations", "models"
_BUILDING = ".building-"
_AWAY = {
    errno.EIO,
    errno.ESTALE,
    errno.ENOTCONN,
    errno.ETIMEDOUT,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
}
"""What looking at a folder fails with where the disk, or the machine that has it, gives no answer."""


class Opened(NamedTuple):
    """An opened generation; if it is not the live one, the fault that prevented that."""

    generation: Generation
    fault: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A generation that is being written, and its number."""

    folder: Path
    number: str


class IndexFolder:
    """The folder of one index."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.resolve().name

    # --- reading -----------------------------------------------------------------------------

    def live(self) -> Live:
        """Return the contents of the pointer.

        Raises IndexMissingError when there is no index, IndexDamagedError for a torn pointer,
        IndexForeignError for one of another format version.
        """
        return read_live(self.path)

    def pointers(self) -> list[Pointer]:
        """Return the live generation and then the retained ones. Raises like ``live``."""
        return list(self.live().generations)

    def stamp(self) -> tuple[int, ...]:
        """Return a value that changes whenever the pointer does; cheap; empty without a pointer.

        Raises IndexUnreachableError where the disk or the machine that holds the folder is away.
        """
        try:
            found = (self.path / LIVE).stat()
        except OSError as error:
            if error.errno in _AWAY:
                raise IndexUnreachableError(
                    f"{self.path} cannot be reached ({error.strerror}): see to the disk or the machine that holds it"
                ) from error
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def open(self, *, mapped: bool = False) -> Opened:
        """Open the live generation; if it is damaged, open the first retained one that is not.

        ``mapped``: for a build, see ``Generation.open``. Raises the live generation's error if none can
        be opened. If the live generation has another format version, no older one is opened instead.
        """
        while True:
            live = self.live()
            try:
                opened = self._open(live, mapped=mapped)
            except IndexUnusableError:
                if self.live() == live:
                    raise
                continue  # a build has replaced the pointer and removed this generation meanwhile
            if opened.fault is None or self.live() == live:
                return opened

    def _open(self, live: Live, *, mapped: bool) -> Opened:
        first: IndexUnusableError | None = None
        for pointer in live.generations:
            try:
                generation = self.generation(pointer, live.removed, mapped=mapped)
                self.verify_model(generation)
                if first is not None and not generation.info.documents:
                    continue  # all its documents were removed since, so it could only serve an empty index
                return Opened(generation, str(first) if first else None)
            except IndexUnusableError as error:
                if first is None and not isinstance(error, IndexDamagedError):
                    raise
                first = first or error
        assert first is not None  # a pointer names at least one generation
        raise first

    def generation(
        self, pointer: Pointer, removed: Collection[str] = (), *, mapped: bool = False
    ) -> Generation:
        """Open a generation, live or not, with removed documents hidden. Raises IndexUnusableError."""
        return Generation.open(
            self.generation_folder(pointer),
            index_name=self.name,
            manifest_sha256=pointer.manifest_sha256,
            removed=removed,
            mapped=mapped,
        )

    def generation_folder(self, pointer: Pointer) -> Path:
        """Return the folder of a generation."""
        return self.path / _GENERATIONS / pointer.generation

    def model_folder(self, fingerprint: str) -> Path:
        """Return the folder of the model with that fingerprint; it need not exist."""
        return self.path / _MODELS / fingerprint

    def verify_model(self, generation: Generation) -> None:
        """Verify every file of the model that made a generation. Raises IndexDamagedError."""
        self._verify_model(
            str(generation.manifest["fingerprint"]), str(generation.manifest["model_manifest"])
        )

    def _verify_model(self, fingerprint: str, manifest_sha256: str) -> None:
        folder = self.model_folder(fingerprint)
        path = folder / "manifest.json"
        try:
            size = path.stat().st_size
        except OSError as error:
            raise damaged(path, error.strerror or "cannot be read") from error
        entries = read_object(path, FileSum(size, manifest_sha256))
        with well_formed(path):
            for name, entry in entries.items():
                _verify_mapped(folder / name, FileSum(**entry))

    # --- writing -----------------------------------------------------------------------------

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for a build. Raises IndexLockedError, which names the process that holds it.

        The kernel releases the lock when its process dies, so nobody has to clear it by hand. The
        leftovers of a build are removed when it fails; if it was killed, the next build removes them.
        A folder that holds other files is refused with a UsageError, because a build removes files that
        it does not know.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {name for name in os.listdir(self.path) if not name.startswith(".")}
            if names and not names & {LIVE, _LOCK}:
                raise UsageError(f"{self.path} holds other files: name a new or an empty folder")
            descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
                raise IndexLockedError(
                    f"process {holder} is building {self.path}: wait for it, or build into another --index"
                ) from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            self._clear_leftovers()
            try:
                yield
            except BaseException:
                self._clear_leftovers()
                raise
        finally:
            os.close(descriptor)

    def _clear_leftovers(self) -> None:
        """Remove the leftovers of failed builds, and generations that never went live."""
        for parent in (self.path / _GENERATIONS, self.path / _MODELS):
            parent.mkdir(exist_ok=True)
            for folder in parent.glob(_BUILDING + "*"):
                shutil.rmtree(folder, ignore_errors=True)
        for path in self.path.glob(".LIVE-*"):
            path.unlink(missing_ok=True)
        try:
            named = self.pointers() if (self.path / LIVE).exists() else []
        except QaError:  # without a pointer it is unknown which generations are needed
            return
        wanted = {pointer.generation for pointer in named}
        for folder in (self.path / _GENERATIONS).iterdir():
            if folder.name not in wanted:
                shutil.rmtree(folder, ignore_errors=True)

    def add_model(self, fingerprint: str, make: Callable[[Path], None]) -> str:
        """Store the model that ``make`` writes into an empty folder; return its manifest's SHA-256.

        If the complete model is already there, it is used. If an index nearby has it, it is shared.
        """
        target = self.model_folder(fingerprint)
        manifest = target / "manifest.json"
        if manifest.is_file():
            sha256 = file_sum(manifest).sha256
            try:
                self._verify_model(fingerprint, sha256)
                return sha256
            except IndexDamagedError:
                pass  # the model is damaged: make it again
        with self._building(target.parent) as folder:
            if not link_model(self.path, target.relative_to(self.path), folder):
                make(folder)
            sums = {path.name: file_sum(path) for path in sorted(folder.iterdir())}
            for path in folder.iterdir():
                _sync(path)
            entries = {name: {"bytes": s.bytes, "sha256": s.sha256} for name, s in sums.items()}
            written = disk.write_file(
                folder / "manifest.json", [json.dumps(entries, indent=1).encode()]
            )
            disk.sync_folder(folder)
            if target.exists():
                shutil.rmtree(target)
            disk.rename(folder, target)
        return written.sha256

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """Provide a folder for writing a generation; it is removed unless ``add_generation`` keeps it."""
        parent = self.path / _GENERATIONS
        numbers = [int(p.name.split("-")[0]) for p in parent.iterdir() if NAME.fullmatch(p.name)]
        with self._building(parent) as folder:
            yield Draft(folder, f"{max(numbers, default=0) + 1:06d}")

    def add_generation(self, draft: Draft, name: str, manifest_sha256: str) -> Pointer:
        """Keep a draft as a generation that is not yet live; its name begins with its number."""
        disk.rename(draft.folder, self.path / _GENERATIONS / name)
        return Pointer(name, manifest_sha256)

    def make_live(
        self, pointer: Pointer, documents: Set[str], *, keep: int, paths: Sequence[str] = ()
    ) -> None:
        """Point to a generation, and remove all older ones except the ``keep`` newest.

        ``documents`` are the ids of all documents in it. A document that only a retained generation has
        was deleted, so it is hidden from now on. ``paths`` are the folders that were read.
        """
        before = self._live_or_none()
        others = [p for p in before.generations if p != pointer] if before else []
        kept = (pointer, *others[: max(keep - 1, 0)])
        held = self._held_by(kept[1:])
        removed = (before.removed if before and held is None else set()) | (held or set())
        self.point(Live(kept, frozenset(removed - documents), tuple(paths)))

    def point(self, live: Live) -> None:
        """Replace the pointer, then remove the generations and models that it does not name."""
        write_live(self.path, live)
        self._remove_unused(live.generations)

    def clear_journal(self) -> None:
        """Remove the journal of a build that was stopped."""
        (self.path / JOURNAL).unlink(missing_ok=True)

    def _live_or_none(self) -> Live | None:
        try:
            return self.live()
        except QaError:
            return None

    def _held_by(self, pointers: Sequence[Pointer]) -> set[str] | None:
        """Return the ids of all documents in some generations; None if one cannot be read."""
        try:
            return set().union(
                *(document_ids(self.generation_folder(p), p.manifest_sha256) for p in pointers)
            )
        except QaError:
            return None

    def _remove_unused(self, kept: Sequence[Pointer]) -> None:
        names = {pointer.generation for pointer in kept}
        for folder in (self.path / _GENERATIONS).iterdir():
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)
        try:
            manifests = [read_manifest(self.generation_folder(p), p.manifest_sha256) for p in kept]
        except QaError:  # a retained generation is damaged: its model may still be needed
            return
        fingerprints = {manifest["fingerprint"] for manifest in manifests}
        for folder in (self.path / _MODELS).iterdir():
            if folder.name not in fingerprints:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _building(self, parent: Path) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=parent))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _verify_mapped(path: Path, expected: FileSum) -> None:
    try:
        found = file_sum(path)
    except OSError as error:
        raise damaged(path, error.strerror or "cannot be read") from error
    if found != expected:
        raise damaged(path, "its checksum is wrong")


def _sync(path: Path) -> None:
    disk.on_step(f"fsync {path.name}")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
