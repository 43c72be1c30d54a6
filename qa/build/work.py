"""What a build does with documents wherever it does it: reading and splitting files, embedding passages.

A build has one way through its documents (``qa.build.assembly``). Who reads, splits and embeds is a ``Team``:
``Here`` does it in this process, and ``qa.build.workers`` asks other processes, which use ``Here`` in turn.
Results do not depend on the team: a document's passages depend on the document alone, and a passage's
vectors on the passage alone.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from qa.build.changes import Item, Read
from qa.build.passages import Splitting, split
from qa.corpus import Skipped
from qa.encode import Encoded, Encoder, Piece
from qa.records import Document, Passage
from qa.store import CONTEXT, EncodedPassage


@dataclass(frozen=True, slots=True)
class Split:
    """A document with its passages in order, and the key of each (``EncodedPassage.key``)."""

    document: Document
    passages: Sequence[Passage]
    keys: Sequence[bytes]


Result = Split | Skipped
"""What is found in a file."""


class Wanted(NamedTuple):
    """A passage to embed, and its key."""

    passage: Passage
    key: bytes


Embedded = Callable[[], Sequence[EncodedPassage]]
"""Waits for a batch, and returns its passages in order."""


class Team(Protocol):
    """Who reads, splits and embeds."""

    @property
    def batches(self) -> int:
        """How many batches of passages it is to have at once."""

    def split(self, items: Iterable[Item]) -> Iterator[Iterator[Result]]:
        """Yield, for each item in order, what is in it; each must be exhausted before the next is taken.

        Items may be taken long before their results are.
        """

    def embed(self, batch: Sequence[Wanted]) -> Embedded:
        """Begin to embed passages."""


class Here:
    """Implements ``Team`` in this process: each thing is done when its result is asked for."""

    batches = 1

    def __init__(self, read: Read, encoder: Encoder, splitting: Splitting) -> None:
        self._read = read
        self._encoder = encoder
        self._splitting = splitting

    def split(self, items: Iterable[Item]) -> Iterator[Iterator[Result]]:
        for item in items:
            yield map(self._result, self._read(item))

    def _result(self, found: Document | Skipped) -> Result:
        if isinstance(found, Skipped):
            return found
        passages = split(found, self._splitting, self._encoder.token_starts)
        return Split(found, passages, [_key(passage, self._encoder) for passage in passages])

    def embed(self, batch: Sequence[Wanted]) -> Embedded:
        return partial(self._embed, batch)

    def _embed(self, batch: Sequence[Wanted]) -> Sequence[EncodedPassage]:
        pieces = [Piece(passage.context, passage.text) for passage, _ in batch]
        return [
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
