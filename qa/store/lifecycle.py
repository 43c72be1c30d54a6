"""The lifecycle of an index: opening, building, rolling back, purging, checking.

``Index`` offers all of this, so the engine, the service and the upkeep commands need not know the files.
A ``Store`` (``qa.store.protocol``) is one generation, which answers questions.
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
    """A file as a build found it, with its result: the number of ``documents``, and what was ``skipped``.

    An empty ``sha256`` means that the next build must read the file again, even if it is unchanged.
    """

    source: str
    bytes: int
    sha256: str
    documents: int
    skipped: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class EncodedPassage:
    """A passage as the store keeps it.

    ``key`` (16 bytes) names everything that its vectors depend on, so that a later build can reuse
    them. ``vector``: float32, unit length. ``codes``: uint8, shape (tokens, width). ``ids``: the
    model's token ids. ``sentences``: uint8, each token's sentence within the passage.
    """

    key: bytes
    vector: FloatArray
    codes: NDArray[np.uint8]
    ids: NDArray[np.uint32]
    sentences: NDArray[np.uint8]


def document_digest(document: Document) -> str:
    """Return a digest of everything that is known of a document."""
    text = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
    # `has_lines` follows from the reader, so it is left out: digests of older indexes stay valid.
    read = repr(replace(document, text=text))
    read += "".join(repr(more) for more in (document.facets, document.scans) if more)
    return hashlib.sha256(read.encode("utf-8", "surrogatepass")).hexdigest()


class Opened(NamedTuple):
    """A generation that answers, and the folder of its model on this machine.

    ``fault`` says why this is not the live generation; None if it is.
    """

    store: Store
    model: Path
    fault: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a generation without opening it; the counts include removed documents."""

    generation: str
    documents: int
    passages: int
    tokens: int
    furniture_lines: int
    calibrated: bool


@dataclass(frozen=True, slots=True)
class GenerationState:
    """The state of a generation. ``fault`` says why it cannot be opened; then nothing else is known.

    ``hidden`` counts its documents that were removed since it was written; ``facets`` are the names that
    the documents which are shown have.
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
    """The generations in the order in which they serve, and the size of the whole index in bytes.

    ``paths`` are the folders that the last build read.
    """

    generations: tuple[GenerationState, ...]
    bytes: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """The result of a purge: the documents that are gone for good, and the generations that went with them."""

    generation: str
    purged: tuple[str, ...]
    generations_removed: tuple[str, ...]
    copies: tuple[str, ...]
    """Sources of documents that have the same text and were not purged."""
    beyond: str = ""
    """Where the text may stay that this program cannot remove; empty if there is no such place."""


class Fault(NamedTuple):
    """Something in an index that is wrong: ``where`` names the file or object, ``what`` says the fault."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check looked at, and everything that it found wrong."""

    generations: int
    documents: int
    passages: int
    faults: tuple[Fault, ...]


class Draft(Protocol):
    """A generation that is being written. Documents must come in the order of their files' sources."""

    @property
    def documents(self) -> int:
        """How many documents there are so far."""

    def known(self, key: bytes) -> EncodedPassage | None:
        """Return an encoded passage by its key, if an earlier or a stopped build left it; else None."""

    def remember(self, passages: Sequence[EncodedPassage]) -> None:
        """Keep encoded passages for the next build, in case this one is stopped. Raises OSError."""

    def keep(self, first: int, last: int) -> None:
        """Copy documents of the previous generation unchanged: those from ``first`` up to ``last``."""

    def add(
        self, document: Document, passages: Iterable[Passage], encoded: Iterable[EncodedPassage]
    ) -> None:
        """Add a document that was read, with its passages in order."""

    def snapshot(self, records: Sequence[FileRecord]) -> Store:
        """Write the rest; return the generation without its calibration, so that it can be calibrated."""

    def seal(self, calibration: Mapping[str, Any] | None) -> None:
        """Store the calibration with the generation; after this nothing changes it."""

    def sealed(self) -> Store:
        """Open the sealed generation, so that it can be judged before it goes live."""

    def publish(self, *, keep: int, paths: Sequence[str]) -> Facts:
        """Make this generation live, and remove all but the ``keep`` newest generations.

        A document that this generation lacks is hidden in all of the older ones from now on.
        """


class Previous(Protocol):
    """The generation that a build reuses unchanged documents from."""

    @property
    def recipe(self) -> Recipe:
        """The recipe that made it."""

    @property
    def live(self) -> bool:
        """Whether it is the live one, and of the kind that a build would make now.

        False if it only serves instead of a damaged live one.
        """

    @property
    def files(self) -> Sequence[FileRecord]:
        """The files that its documents were read from, in the order of the documents."""

    @property
    def facts(self) -> Facts:
        """What is known of it."""

    def ids(self, first: int, last: int) -> Sequence[str]:
        """Return the ids of its documents from ``first`` up to ``last``; ``last`` is not included."""

    def sources(self, first: int, last: int) -> Sequence[str]:
        """Return the sources of the same documents."""

    def document_at(self, place: int) -> Document:
        """Return the document at a place, even if it was removed."""


class Building(Protocol):
    """An index that only this process may change: no other can build, roll back or purge meanwhile."""

    @property
    def previous(self) -> Previous | None:
        """The generation to reuse from; None if there is none, or if it is damaged."""

    def add_model(self, fingerprint: str, make: Callable[[Path], None]) -> Path:
        """Store the model that ``make`` writes into an empty folder; return where it is.

        If the complete model is already there, it is used and ``make`` is not called.
        """

    def draft(self, recipe: Recipe) -> AbstractContextManager[Draft]:
        """Begin a generation; at the end it is removed unless it was published."""

    def unchanged(self) -> bool:
        """Leave the previous generation live; return whether it shows more documents than before.

        These were removed and are now back in the folder.
        """


class Index(Protocol):
    """One index: its generations, which of them is live, and the models that made them.

    Methods raise IndexMissingError if there is no index, IndexUnreachableError if the place that holds
    it does not respond, IndexDamagedError and IndexForeignError if its contents are wrong.
    """

    @property
    def name(self) -> str:
        """The name that clients see."""

    def told(self, message: str) -> str:
        """Return a message in a form for clients: without the path of the index."""

    def stamp(self) -> Hashable:
        """Return a value that changes whenever other answers may come; cheap, also without an index.

        Raises IndexUnreachableError where the place that holds it gives no answer, and nothing else. A
        service asks every second, and is not ready while this fails.
        """

    def version(self) -> str:
        """Return the ``version`` of the live store."""

    def open(self) -> Opened:
        """Open the live generation; if it is damaged, open the first undamaged one that was kept."""

    def state(self) -> IndexState:
        """Examine every generation, every byte of it."""

    def records(self) -> Sequence[FileRecord]:
        """Return the files of the served generation, except those whose documents were removed."""

    def folders(self) -> Sequence[str]:
        """Return the folders that the last build read, as that machine calls them; cheap."""

    def building(self) -> AbstractContextManager[Building]:
        """Hold the index for a build. Raises IndexLockedError where another process holds it."""

    def rollback(self, name: str | None = None) -> IndexInfo:
        """Make an earlier generation live: the one called ``name``, else the one before the live one.

        Documents that were removed since then stay hidden. Raises UsageError if it was not kept.
        """

    def purge(self, names: Sequence[str]) -> PurgeReport:
        """Remove documents, named by source or id, and their texts from every generation.

        Raises NotFoundError for a name that no generation has, and CorpusError if no document would
        be left.
        """

    def check(self, tell: Callable[[str], None] = lambda _: None) -> Checked:
        """Check every byte, reference and citation of every generation; ``tell`` gets progress messages."""
