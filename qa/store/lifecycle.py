"""What looks after an index: opening, building, going back, purging, checking.

One ``Index`` stands for all of it, so that the engine, the service that holds it, and the upkeep know
no files. ``Store`` (``qa.store.protocol``) is what one generation of it answers from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.records import Document, IndexInfo, Passage
from qa.store.protocol import Store
from qa.store.recipe import Recipe


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file as a build found it, and what it gave: so many ``documents``, and what was ``skipped``.

    ``sha256`` is empty for a file that is to be read again whatever is in it.
    """

    source: str
    bytes: int
    sha256: str
    documents: int
    skipped: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class EncodedPassage:
    """A passage as the store keeps it.

    ``key`` (16 bytes) names all that its vectors depend on, so that a later build can take them
    over. ``vector``: float32, unit length. ``codes``: uint8, shape (tokens, width). ``ids``: the
    model's token ids. ``sentences``: uint8, each token's sentence within the passage.
    """

    key: bytes
    vector: FloatArray
    codes: NDArray[np.uint8]
    ids: NDArray[np.uint32]
    sentences: NDArray[np.uint8]


def document_digest(document: Document) -> str:
    """Name all that is known of a document."""
    text = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
    read = repr(replace(document, text=text))
    if document.facets:
        read += repr(document.facets)
    return hashlib.sha256(read.encode("utf-8", "surrogatepass")).hexdigest()


class Opened(NamedTuple):
    """A generation that answers, and the folder of its model on this machine.

    ``fault`` says why it is another one than the live one, if it is.
    """

    store: Store
    model: Path
    fault: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a generation without opening it; removed documents are counted."""

    generation: str
    documents: int
    passages: int
    tokens: int
    furniture_lines: int
    calibrated: bool


@dataclass(frozen=True, slots=True)
class GenerationState:
    """A generation as it is. ``fault`` says why it cannot be opened; then nothing else is known.

    ``hidden`` counts the documents in it that were removed since; ``facets`` are the names that those
    which are shown have.
    """

    name: str
    live: bool
    bytes: int
    documents: int | None = None
    passages: int | None = None
    hidden: int | None = None
    model: str | None = None
    fault: str | None = None
    facets: tuple[str, ...] = ()


class IndexState(NamedTuple):
    """The generations in the order in which they serve, the size of all of the index in bytes.

    ``paths`` are the folders that the last build read.
    """

    generations: tuple[GenerationState, ...]
    bytes: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What a purge did: which documents are gone for good, and with which generations."""

    generation: str
    purged: tuple[str, ...]
    generations_removed: tuple[str, ...]
    copies: tuple[str, ...]
    """Sources of documents that stay though their text is the same."""


class Fault(NamedTuple):
    """Something of an index that does not hold: ``where`` names the file or object, ``what`` the fault."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check looked at, and all that it found wrong."""

    generations: int
    documents: int
    passages: int
    faults: tuple[Fault, ...]


class Draft(Protocol):
    """A generation that is being written. Documents come in the order of their files' sources."""

    @property
    def documents(self) -> int:
        """How many documents there are so far."""

    def known(self, key: bytes) -> EncodedPassage | None:
        """Return a passage's vectors by their key, where an earlier or a stopped build left them."""

    def remember(self, passages: Sequence[EncodedPassage]) -> None:
        """Keep what was embedded, for the next build if this one is stopped. Raises OSError."""

    def keep(self, first: int, last: int) -> None:
        """Take documents of the generation before over as they were written: ``first`` up to ``last``."""

    def add(
        self, document: Document, passages: Iterable[Passage], encoded: Iterable[EncodedPassage]
    ) -> None:
        """Add a document that was read, with its passages in order."""

    def snapshot(self, records: Sequence[FileRecord]) -> Store:
        """Write all that is left; return the generation as it will be, to calibrate it on."""

    def seal(self, calibration: Mapping[str, Any] | None) -> None:
        """Keep the calibration with it; nothing changes it from now on."""

    def sealed(self) -> Store:
        """Open the sealed generation, to be judged before it is live."""

    def publish(self, *, keep: int, paths: Sequence[str]) -> Facts:
        """Let it answer, and remove all but the ``keep`` newest generations.

        A document that one of these holds and this one does not is shown by none from now on.
        """


class Previous(Protocol):
    """The generation that a build takes from."""

    @property
    def recipe(self) -> Recipe:
        """How it was made."""

    @property
    def live(self) -> bool:
        """Whether it is the live one, and not one that serves for it."""

    @property
    def files(self) -> Sequence[FileRecord]:
        """The files that its documents were read from, in the order of the documents."""

    @property
    def facts(self) -> Facts:
        """What is known of it."""

    def ids(self, first: int, last: int) -> Sequence[str]:
        """Return the ids of its documents ``first`` up to ``last``, not included."""

    def sources(self, first: int, last: int) -> Sequence[str]:
        """Return the sources of the same."""

    def document_at(self, place: int) -> Document:
        """Return the document at a place, a removed one too."""


class Building(Protocol):
    """An index that this process may change; nobody else builds, goes back or purges meanwhile."""

    @property
    def previous(self) -> Previous | None:
        """What can be taken over; None where there is nothing, or it is damaged."""

    def add_model(self, fingerprint: str, make: Callable[[Path], None]) -> Path:
        """Keep what ``make`` writes into an empty folder as the model; return where it is.

        A model that is there and whole is taken as it is.
        """

    def draft(self, recipe: Recipe) -> AbstractContextManager[Draft]:
        """Begin a generation; what is not published is removed at the end."""

    def unchanged(self) -> bool:
        """Leave the previous generation live; return whether it shows documents again.

        These are the ones that were removed and came back.
        """


class Index(Protocol):
    """One index: its generations, which of them answers, and the models they were made with.

    Methods raise IndexMissingError where there is none, IndexUnreachableError where what holds it
    gives no answer, IndexDamagedError and IndexForeignError for what it holds.
    """

    @property
    def name(self) -> str:
        """What clients know it by."""

    def told(self, message: str) -> str:
        """Return a message as clients may read it: without where the index lies."""

    def stamp(self) -> Hashable:
        """Return what changes whenever something else may answer; cheap, and never raises."""

    def version(self) -> str:
        """Return the ``version`` of the store that is live."""

    def open(self) -> Opened:
        """Open the live generation; if it is damaged, the first retained one that is not."""

    def state(self) -> IndexState:
        """Look at every generation, every byte of it."""

    def records(self) -> Sequence[FileRecord]:
        """Return the files of what is served, without those whose documents were removed."""

    def building(self) -> AbstractContextManager[Building]:
        """Hold the index for a build. Raises IndexLockedError where another process holds it."""

    def rollback(self, name: str | None = None) -> IndexInfo:
        """Let an earlier generation answer: the one called ``name``, else the one before the live one.

        Documents that were removed since stay out. Raises UsageError when it is not kept.
        """

    def purge(self, names: Sequence[str]) -> PurgeReport:
        """Remove documents, named by source or id, and their texts from every generation.

        Raises NotFoundError for a name that no generation holds, CorpusError when no document
        would be left.
        """

    def check(self, tell: Callable[[str], None] = lambda _: None) -> Checked:
        """Prove every byte, reference and citation of every generation; ``tell`` hears what is looked at."""
