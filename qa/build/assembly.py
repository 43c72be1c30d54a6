"""From files to a draft of a generation: read, split, embed in batches, write. Little is held in memory.

If the previous generation, or the journal of a stopped build, has a passage with the same key, its vectors
are reused. The other passages are embedded, and each batch is kept at once.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

import numpy as np

from qa.build.changes import Read, Step
from qa.build.passages import Splitting, split
from qa.corpus import Skipped
from qa.encode import Encoded, Encoder, Piece
from qa.records import Document, Passage
from qa.store import CONTEXT, Draft, EncodedPassage, FileRecord, Previous

BATCH = 128
"""How many passages are embedded together; a build that is killed loses at most so many."""
_WAITING = 8 * BATCH
"""How many passages wait at most, with those whose vectors are known."""


class Progress(Protocol):
    """Where a build reports its progress."""

    def say(self, line: str) -> None:
        """Show a line to the user."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage of ``total`` steps; None if the number is unknown."""

    def advance(self, steps: int = 1) -> None:
        """Count steps of the stage that were done."""

    def passages(self, number: int) -> None:
        """Count passages that were embedded."""


class Silent:
    """A Progress that shows nothing."""

    def say(self, line: str) -> None:
        pass

    def stage(self, name: str, total: int | None) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass

    def passages(self, number: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Kept:
    """Documents of the previous generation that are copied unchanged."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _New:
    """A document that was read, with its passages, their keys, and which of them must be embedded."""

    document: Document
    passages: Sequence[Passage]
    keys: Sequence[bytes]
    missing: Sequence[bool]


class Assembly:
    """Fills a draft. Documents are copied from the previous generation only if a plan says so.

    ``split_again``: only the documents are reused, and their passages are made again.
    """

    def __init__(
        self,
        draft: Draft,
        encoder: Encoder,
        splitting: Splitting,
        before: Previous | None,
        progress: Progress,
        *,
        split_again: bool = False,
    ) -> None:
        self._split_again = split_again
        self._draft = draft
        self._encoder = encoder
        self._splitting = splitting
        self._before = before
        self._progress = progress
        self._waiting: list[_Kept | _New] = []
        self._passages = self._missing = 0
        self._ids: set[str] = set()
        self.embedded = 0
        """How many passages were embedded in this build."""
        self.files: list[FileRecord] = []
        """The result for each file."""

    def run(self, steps: Iterable[Step], read: Read) -> None:
        """Do every step. Raises OSError when writing fails."""
        for step in steps:
            if step.record is not None and self._keep(step.first, step.record.documents):
                self.files.append(step.record)
                continue
            self._read(step, read)
            self._progress.advance()
        self._flush()

    def _read(self, step: Step, read: Read) -> None:
        item, documents, skipped = step.item, 0, []
        mine, settled = set[str](), True
        for found in read(item):
            if isinstance(found, Skipped):
                skipped.append((found.source, found.reason))
                continue
            if found.id in self._ids:
                skipped.append((found.source, "another document has this name already"))
                settled = settled and found.id in mine
                continue
            mine.add(found.id)
            documents += 1
            self._add(found)
        # No checksum means: read it again in the next build. That holds for a file that was written
        # to meanwhile, and for one with a document that a file of another name has too.
        sha256 = item.sha256 if settled and not item.changed() else ""
        self.files.append(FileRecord(item.source, item.bytes, sha256, documents, skipped))

    def _keep(self, first: int, documents: int) -> bool:
        """Copy documents of the previous generation; False if another file has given one of them."""
        if not documents:
            return True
        assert self._before is not None  # a plan copies only what a previous generation has
        last = first + documents
        ids = set(self._before.ids(first, last))
        if not ids.isdisjoint(self._ids):
            return False
        if self._split_again:
            for place in range(first, last):
                self._add(self._before.document_at(place))
            return True
        self._ids |= ids
        before = self._waiting[-1] if self._waiting else None
        if isinstance(before, _Kept) and before.last == first:
            self._waiting[-1] = replace(before, last=last)
        else:
            self._waiting.append(_Kept(first, last))
        return True

    def _add(self, document: Document) -> None:
        """Split a document; it waits until its passages have vectors."""
        self._ids.add(document.id)
        passages = split(document, self._splitting, self._encoder.token_starts)
        keys = [_key(passage, self._encoder) for passage in passages]
        missing = [self._draft.known(key) is None for key in keys]
        self._waiting.append(_New(document, passages, keys, missing))
        self._passages += len(passages)
        self._missing += sum(missing)
        if self._passages >= _WAITING or self._missing >= BATCH:
            self._flush()

    def _flush(self) -> None:
        """Embed what waits, and write all of it in order."""
        fresh = self._embed()
        for one in self._waiting:
            if isinstance(one, _Kept):
                self._draft.keep(one.first, one.last)
            else:
                self._draft.add(one.document, one.passages, self._encoded(one, fresh))
        self._waiting.clear()
        self._passages = self._missing = 0

    def _encoded(self, new: _New, fresh: Iterator[EncodedPassage]) -> Iterator[EncodedPassage]:
        for key, missing in zip(new.keys, new.missing, strict=True):
            found = next(fresh) if missing else self._draft.known(key)
            assert found is not None  # a known passage stays known during a build
            yield found

    def _embed(self) -> Iterator[EncodedPassage]:
        """Yield the vectors of all passages that need them, in batches; each is kept in the journal first."""
        wanted = (
            (passage, key)
            for one in self._waiting
            if isinstance(one, _New)
            for passage, key, missing in zip(one.passages, one.keys, one.missing, strict=True)
            if missing
        )
        while batch := list(islice(wanted, BATCH)):
            pieces = [Piece(passage.context, passage.text) for passage, _ in batch]
            encoded = [
                EncodedPassage(
                    key=key,
                    vector=one.vector,
                    codes=self._encoder.codec.encode(one.tokens),
                    ids=np.asarray(one.ids, np.uint32),
                    sentences=_sentence_numbers(passage, one),
                )
                for (passage, key), one in zip(
                    batch, self._encoder.encode_passages(pieces), strict=True
                )
            ]
            self._draft.remember(encoded)
            self.embedded += len(encoded)
            self._progress.passages(len(encoded))
            yield from encoded


def _key(passage: Passage, encoder: Encoder) -> bytes:
    """Return a name for all that a passage's vectors depend on."""
    sentences = [(s - passage.start, e - passage.start) for s, e in passage.sentences]
    parts = (encoder.fingerprint, passage.context, passage.text, sentences)
    digest = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()[:16]
    # A fixed-width NumPy string drops trailing zero bytes.
    return digest[:15] + bytes([digest[15] | 1])


def _sentence_numbers(passage: Passage, encoded: Encoded) -> Any:
    """Return the number of its sentence for each token, or CONTEXT."""
    begins = [start - passage.start for start, _ in passage.sentences]
    numbers = [
        CONTEXT if start < 0 else min(max(bisect_right(begins, start) - 1, 0), CONTEXT - 1)
        for start in encoded.starts
    ]
    return np.asarray(numbers, np.uint8)
