"""From files to a draft of a generation: read, split, embed in batches, hand over, nothing held for long.

Vectors are taken from the generation before and from the journal of a build that was stopped, where
they hold a passage of the same key; the rest is embedded, and kept batch by batch.
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
"""Passages that are embedded together, and the most that a build loses when it is killed."""
_WAITING = 8 * BATCH
"""Passages that wait at most, those whose vectors are known counted."""


class Progress(Protocol):
    """Where a build tells how far it is."""

    def say(self, line: str) -> None:
        """Take a line for the user."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage of ``total`` steps, or of a number not known."""

    def advance(self, steps: int = 1) -> None:
        """Count steps of the stage."""

    def passages(self, number: int) -> None:
        """Count passages that were embedded."""


class Silent:
    """A Progress that tells nobody."""

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
    """Documents of the generation before that are taken over as they are."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _New:
    """A document that was read, with its passages, their keys, and which of them are to be embedded."""

    document: Document
    passages: Sequence[Passage]
    keys: Sequence[bytes]
    missing: Sequence[bool]


class Assembly:
    """Fills a draft. Documents are kept from the generation before only where a plan says so.

    ``split_again``: what is kept are documents alone, their passages are made anew.
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
        """Passages that were embedded anew."""
        self.files: list[FileRecord] = []
        """What became of each file."""

    def run(self, steps: Iterable[Step], read: Read) -> None:
        """Take every step. Raises OSError when writing fails."""
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
                skipped.append((found.source, "a second document of that name"))
                settled = settled and found.id in mine
                continue
            mine.add(found.id)
            documents += 1
            self._add(found)
        # One that was written to meanwhile is read again by the next build, and so is one that
        # holds a document of another file's name, which may be gone by then.
        sha256 = item.sha256 if settled and not item.changed() else ""
        self.files.append(FileRecord(item.source, item.bytes, sha256, documents, skipped))

    def _keep(self, first: int, documents: int) -> bool:
        """Keep documents of the generation before; False where another file has given one of them."""
        if not documents:
            return True
        assert self._before is not None  # a plan keeps only what was there
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
        """Split a document, and let it wait for the vectors of its passages."""
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
        """Embed what waits, and write all of it in its order."""
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
            assert found is not None  # what is known stays so for the length of a build
            yield found

    def _embed(self) -> Iterator[EncodedPassage]:
        """Yield the vectors of all that waits for them, a batch at a time, each kept for a later build first."""
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
    """Name all that a passage's vectors depend on."""
    sentences = [(s - passage.start, e - passage.start) for s, e in passage.sentences]
    parts = (encoder.fingerprint, passage.context, passage.text, sentences)
    digest = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()[:16]
    # A fixed-width NumPy string drops trailing zero bytes.
    return digest[:15] + bytes([digest[15] | 1])


def _sentence_numbers(passage: Passage, encoded: Encoded) -> Any:
    """Return for each token the number of its sentence, or CONTEXT."""
    begins = [start - passage.start for start, _ in passage.sentences]
    numbers = [
        CONTEXT if start < 0 else min(max(bisect_right(begins, start) - 1, 0), CONTEXT - 1)
        for start in encoded.starts
    ]
    return np.asarray(numbers, np.uint8)
