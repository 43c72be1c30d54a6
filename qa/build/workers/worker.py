"""The work of one process of many: it reads files in its own sandbox, splits documents, embeds passages.

It holds a model and a readers' process, and is asked one thing at a time. What it is asked about goes there
and back as plain values, so nothing here knows how. A file is named by its path and not sent: each machine
that works sees the same folder. Before it reads a file, a worker takes its checksum, so that a machine that
has another folder at that path is found out.
"""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from qa import __version__
from qa.build import passages
from qa.build.changes import Item
from qa.build.passages import Splitting
from qa.build.work import Here, Result, Split, Wanted
from qa.corpus import FolderReader, Found, Options, Skipped, reader_versions
from qa.corpus.beneath import Place, Root
from qa.corpus.reading import Version
from qa.corpus.scan import look
from qa.encode import Encoder, Piece
from qa.encode.build import load_encoder
from qa.errors import QaError
from qa.records import Document
from qa.runtime import settle
from qa.store import EncodedPassage

_CHUNK_PASSAGES, _CHUNK_CHARS, _CHUNK_SECONDS = 512, 1_000_000, 1.0
"""A chunk of results ends with the result that reaches one of these."""
_PROBE = Piece(
    "A lighthouse", "Its keeper counted 1,204 ships in the winter of 1899, and the gulls."
)
_COMPUTE = ("numpy", "onnxruntime", "tokenizers", "torch", "sentence-transformers")


class Errand(NamedTuple):
    """A file to read, or a document to split, as it is sent to a worker.

    ``root``: the folder that the file lies in; None for a file that was named itself.
    """

    source: str
    bytes: int
    sha256: str
    document: Document | None
    path: Path | None
    root: Path | None
    side: Path | None

    @classmethod
    def of(cls, item: Item) -> Errand:
        """Return what a worker has to know of an item."""
        if isinstance(item.origin, Document):
            return cls(item.source, item.bytes, item.sha256, item.origin, None, None, None)
        place = item.origin.place
        root = place.root.path if place.root else None
        return cls(
            item.source, item.bytes, item.sha256, None, place.path.absolute(), root, place.side
        )


class Orders(NamedTuple):
    """What all workers of a build are told first.

    ``model``: the files of the model by name; or ``encoder``, which is used as it is.
    """

    options: Options
    splitting: Splitting
    model: dict[str, bytes] | None
    encoder: Encoder | None


class Hello(NamedTuple):
    """What a worker says of itself: where it runs, what it works with, and what it computes of a short text."""

    host: str
    pid: int
    versions: dict[str, str]
    probe: str


class Looked(NamedTuple):
    """The checksum of a file as a worker sees it; it comes before the file's results."""

    sha256: str


class Done(NamedTuple):
    """The results of an errand are complete."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some results of a job in order, those of each errand between ``Looked`` and ``Done``.

    ``last``: the job ends with them. ``told``: what the readers' process says of its confinement.
    """

    found: Sequence[Looked | Result | Done]
    last: bool
    told: Sequence[str] = field(default=())


class Worker:
    """Implements the work; not for two threads at once. ``hello`` comes first."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._open: Iterator[Looked | Result | Done] = iter(())
        self._told: list[str] = []
        self._roots: dict[Path, Root] = {}
        self._stack = ExitStack()

    def hello(self) -> Hello:
        """Load the model, make the readers ready. Raises ConfinementError, IndexForeignError."""
        settle()
        orders, host = self._orders, socket.gethostname()
        try:
            encoder = orders.encoder or _loaded(orders.model or {})
            reader = FolderReader(orders.options, self._told.append)
            self._reader = self._stack.enter_context(reader)
        except QaError as error:
            raise type(error)(f"on the worker {host}: {error.message}") from error
        self._here = Here(self._read, encoder, orders.splitting)
        return Hello(host, os.getpid(), versions(orders.options), probe(encoder))

    def read(self, errands: Sequence[Errand], skip: int) -> Chunk:
        """Begin a job; return its first results but for ``skip``. A job that was open is given up."""
        self._open = islice(self._results(errands), skip, None)
        return self.more()

    def more(self) -> Chunk:
        """Return the next results of the open job."""
        found: list[Looked | Result | Done] = []
        ends = time.monotonic() + _CHUNK_SECONDS
        number = chars = 0
        last = True
        for one in self._open:
            found.append(one)
            if isinstance(one, Split):
                number += len(one.passages)
                chars += len(one.document.text)
            if number >= _CHUNK_PASSAGES or chars >= _CHUNK_CHARS or time.monotonic() > ends:
                last = False
                break
        told = tuple(self._told)
        self._told.clear()
        return Chunk(found, last, told)

    def embed(self, batch: Sequence[Wanted]) -> Sequence[EncodedPassage]:
        """Return passages with their vectors."""
        return self._here.embed(batch)()

    def close(self) -> None:
        """End the readers' process."""
        self._stack.close()

    def _results(self, errands: Sequence[Errand]) -> Iterator[Looked | Result | Done]:
        for errand in errands:
            item = self._item(errand)
            yield Looked(item.sha256 if item else "")
            if item and item.sha256:
                for results in self._here.split([item]):
                    yield from results
            yield Done()

    def _item(self, errand: Errand) -> Item | None:
        """Return an errand as an item of this machine; None if its folder cannot be opened here."""
        if errand.document is not None:
            return Item(errand.source, errand.bytes, errand.sha256, errand.document)
        assert errand.path is not None  # it is a file
        root = None
        if errand.root is not None:
            try:
                root = self._roots.get(errand.root) or Root(errand.root)
            except OSError:
                return None
            self._roots[errand.root] = root
        place = Place(errand.path, root, side=errand.side)
        seen = look(errand.source, place, self._orders.options)
        return Item(errand.source, seen.stamp.bytes, seen.sha256, seen)

    def _read(self, item: Item) -> Iterator[Document | Skipped]:
        if isinstance(item.origin, Found):
            return self._reader.read(item.origin)
        return iter([item.origin])


def _loaded(files: dict[str, bytes]) -> Encoder:
    """Load a model that was sent: a text is run on one thread, as where a build has many."""
    with tempfile.TemporaryDirectory(prefix="qa-model-") as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        return load_encoder(Path(folder), threads=1)


def versions(options: Options) -> dict[str, str]:
    """Return the versions of all that decides a build's bytes, by name."""
    found = {"cited-qa": __version__, "Python": platform.python_version()}
    found |= {f"reader of {end}": number for end, number in reader_versions(options.ocr).items()}
    found["splitter"] = str(Version(passages.VERSION, passages.LIBRARIES))
    for name in _COMPUTE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def probe(encoder: Encoder) -> str:
    """Return a digest of the vectors of a short text: other processors may round in other ways."""
    (found,) = encoder.encode_passages([_PROBE])
    return hashlib.sha256(found.vector.tobytes() + found.tokens.tobytes()).hexdigest()
