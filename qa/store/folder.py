"""An index folder: immutable generations, the models they were made with, a pointer, a lock.

    LIVE                 which generation is served, newest first those before it
    LOCK                 held by the process that builds
    generations/NAME/    a generation, complete before it gets its name
    models/FINGERPRINT/  a model made ready to serve

A build writes into a folder that begins with a dot, waits for the disk, renames it, and only
then swings the pointer. Killed at any point it leaves the old pointer or the new one.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qa.errors import (
    IndexDamagedError,
    IndexForeignError,
    IndexLockedError,
    IndexMissingError,
    IndexUnusableError,
    QaError,
    UsageError,
)
from qa.store import disk
from qa.store.disk import FileSum, damaged
from qa.store.generation import FORMAT, Generation, read_manifest, read_object, well_formed

_LIVE, _LOCK, _GENERATIONS, _MODELS = "LIVE", "LOCK", "generations", "models"
_BUILDING = ".building-"
_NAME = re.compile(r"[0-9]{1,9}-[0-9a-zA-Z]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Pointer:
    """A generation by name, with the checksum of its manifest."""

    generation: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened, and the fault that made it another generation than the live one."""

    generation: Generation
    fault: str | None


class IndexFolder:
    """The folder of one index."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.resolve().name

    # --- reading -----------------------------------------------------------------------------

    def pointers(self) -> list[Pointer]:
        """Return the live generation and, after it, the retained ones, newest first.

        Raises IndexMissingError when there is no index, IndexDamagedError for a torn pointer,
        IndexForeignError for one of another format version.
        """
        path = self.path / _LIVE
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            foreign = (
                self.path.is_dir()
                and any(self.path.iterdir())
                and not (self.path / _GENERATIONS).is_dir()
            )
            what = "holds no index of ours" if foreign else "holds no index yet"
            raise IndexMissingError(
                f"{self.path} {what}: run qa build first, or name another --index"
            ) from None
        except OSError as error:
            raise IndexMissingError(f"{path} cannot be read: {error.strerror}") from error
        try:
            parsed = json.loads(data)
            version, entries = parsed["format"], parsed.get("generations")
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise damaged(path, "it is not a pointer") from error
        if version != FORMAT:
            raise IndexForeignError(
                f"the index {self.path} has format {version}, this program reads {FORMAT}: "
                "run qa build again, or install the version that built it"
            )
        try:
            pointers = [Pointer(str(p["generation"]), str(p["manifest_sha256"])) for p in entries]
        except (LookupError, TypeError) as error:
            raise damaged(path, "it is not a pointer") from error
        names = [
            (_NAME.fullmatch(p.generation), _SHA256.fullmatch(p.manifest_sha256)) for p in pointers
        ]
        if not names or not all(map(all, names)):
            raise damaged(path, "it is not a pointer")
        return pointers

    def open(self) -> Opened:
        """Open the live generation; if it is damaged, the newest retained one that is not.

        Raises the live generation's error when none can be opened. A generation of another
        format version is never passed over for an older one.
        """
        first: IndexUnusableError | None = None
        for pointer in self.pointers():
            try:
                generation = self.generation(pointer)
                self.verify_model(generation)
                return Opened(generation, str(first) if first else None)
            except IndexUnusableError as error:
                if first is None and not isinstance(error, IndexDamagedError):
                    raise
                first = first or error
        assert first is not None  # pointers() returns at least one
        raise first

    def generation(self, pointer: Pointer) -> Generation:
        """Open a generation, live or not. Raises IndexUnusableError."""
        return Generation.open(
            self.path / _GENERATIONS / pointer.generation,
            index_name=self.name,
            manifest_sha256=pointer.manifest_sha256,
        )

    def model_folder(self, fingerprint: str) -> Path:
        """Return where the model of that fingerprint is, or would be."""
        return self.path / _MODELS / fingerprint

    def verify_model(self, generation: Generation) -> None:
        """Verify every file of the model that a generation was made with. Raises IndexDamagedError."""
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
        """Hold the folder for a build. Raises IndexLockedError, naming the process that holds it.

        The kernel drops the lock of a process that died, so that nothing has to be cleared by hand.
        What a build leaves behind is cleared when it fails, and before the next one if it was
        killed. A folder that holds something else is refused with a UsageError: a build removes
        what it does not know.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {name for name in os.listdir(self.path) if not name.startswith(".")}
            if names and not names & {_LIVE, _LOCK}:
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
        """Remove what builds that failed have left behind, generations that never went live too."""
        for parent in (self.path / _GENERATIONS, self.path / _MODELS):
            parent.mkdir(exist_ok=True)
            for folder in parent.glob(_BUILDING + "*"):
                shutil.rmtree(folder, ignore_errors=True)
        for path in self.path.glob(".LIVE-*"):
            path.unlink(missing_ok=True)
        try:
            named = self.pointers() if (self.path / _LIVE).exists() else []
        except QaError:  # nobody knows which are wanted
            return
        wanted = {pointer.generation for pointer in named}
        for folder in (self.path / _GENERATIONS).iterdir():
            if folder.name not in wanted:
                shutil.rmtree(folder, ignore_errors=True)

    def add_model(self, fingerprint: str, make: Callable[[Path], None]) -> str:
        """Keep what ``make`` writes into an empty folder as a model; return its manifest's SHA-256.

        A model that is there and whole is taken as it is.
        """
        target = self.model_folder(fingerprint)
        manifest = target / "manifest.json"
        if manifest.is_file():
            sha256 = disk_sum(manifest).sha256
            try:
                self._verify_model(fingerprint, sha256)
                return sha256
            except IndexDamagedError:
                pass  # made again
        with self._building(target.parent) as folder:
            make(folder)
            sums = {path.name: disk_sum(path) for path in sorted(folder.iterdir())}
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

    def add_generation(self, corpus: str, write: Callable[[Path, str], str]) -> Pointer:
        """Keep what ``write(folder, name)`` writes as a generation; not yet the live one.

        ``corpus`` is a digest that goes into the name; ``write`` returns the manifest's SHA-256.
        """
        parent = self.path / _GENERATIONS
        numbers = [int(p.name.split("-")[0]) for p in parent.iterdir() if _NAME.fullmatch(p.name)]
        name = f"{max(numbers, default=0) + 1:06d}-{corpus[:8]}"
        with self._building(parent) as folder:
            sha256 = write(folder, name)
            disk.rename(folder, parent / name)
        return Pointer(name, sha256)

    def make_live(self, pointer: Pointer, *, keep: int) -> None:
        """Swing the pointer to a generation, and remove all but the ``keep`` newest of those before."""
        try:
            before = [p for p in self.pointers() if p != pointer]
        except QaError:
            before = []
        kept = [pointer, *before[: max(keep - 1, 0)]]
        entries = [{"generation": p.generation, "manifest_sha256": p.manifest_sha256} for p in kept]
        data = json.dumps({"format": FORMAT, "generations": entries}, indent=1).encode()
        temporary = self.path / f".LIVE-{os.getpid()}"
        temporary.unlink(missing_ok=True)
        disk.write_file(temporary, [data])
        disk.rename(temporary, self.path / _LIVE)
        self._remove_unused(kept)

    def _remove_unused(self, kept: list[Pointer]) -> None:
        names = {pointer.generation for pointer in kept}
        for folder in (self.path / _GENERATIONS).iterdir():
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)
        try:
            manifests = [
                read_manifest(self.path / _GENERATIONS / p.generation, p.manifest_sha256)
                for p in kept
            ]
        except QaError:  # a retained generation is damaged: its model may still be wanted
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


def disk_sum(path: Path) -> FileSum:
    """Return the size and SHA-256 of a file as it is."""
    import hashlib

    with path.open("rb") as file:
        return FileSum(
            os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
        )


def _verify_mapped(path: Path, expected: FileSum) -> None:
    try:
        found = disk_sum(path)
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
