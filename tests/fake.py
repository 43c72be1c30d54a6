"""An encoder without weights: every word has a direction of its own, a text is the sum of its words.

Two texts are near each other when they share words, which is enough to test everything above
the seam. The direction of a word depends on the word alone, so that it is the same on every
machine and in every run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from qa.arrays import FloatArray
from qa.encode import Encoded, Piece, TokenCodec

DIMENSION = 32
_TOKEN = re.compile(r"\w+|[^\w\s]")


@cache
def direction(word: str) -> FloatArray:
    """Return the unit vector of a word, float32 of shape (DIMENSION,)."""
    vector = np.random.default_rng(number(word)).standard_normal(DIMENSION)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


@cache
def number(word: str) -> int:
    """Return a number that names a word."""
    digest = hashlib.sha256(word.lower().encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")


class FakeEncoder:
    """Implements ``qa.encode.Encoder``. ``encoded`` counts the passages that were encoded."""

    name = "fake"
    dimension = DIMENSION
    vocabulary = 1 << 14

    def __init__(self, *, fingerprint: str = "fake-1", max_tokens: int = 254) -> None:
        self.fingerprint = fingerprint
        self.max_tokens = max_tokens
        self.codec = TokenCodec.fit(np.stack([direction(f"word{n}") for n in range(256)]))
        self.encoded = 0

    def token_starts(self, text: str) -> Sequence[int]:
        return [match.start() for match in _TOKEN.finditer(text)]

    def encode_question(self, text: str) -> Encoded:
        return self._encode("", text)

    def encode_passages(self, pieces: Sequence[Piece]) -> Iterator[Encoded]:
        for piece in pieces:
            self.encoded += 1
            yield self._encode(f"{piece.context}. " if piece.context else "", piece.text)

    def _encode(self, prefix: str, text: str) -> Encoded:
        found = list(_TOKEN.finditer(prefix + text))[: self.max_tokens]
        words = [match.group() for match in found]
        tokens = np.stack([direction(w) for w in words]) if words else np.empty((0, DIMENSION))
        total = tokens.sum(axis=0) if words else direction("")
        return Encoded(
            vector=np.asarray(total / np.linalg.norm(total), np.float32),
            tokens=tokens.astype(np.float32),
            starts=[max(match.start() - len(prefix), -1) for match in found],
            ids=[number(word) % self.vocabulary for word in words],
        )
