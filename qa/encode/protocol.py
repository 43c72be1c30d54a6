"""What the rest of the project asks of a model: text in, unit vectors out.

Anything with these members is an encoder; the tests bring a small one of their own, so that
everything above this seam can be tested without weights.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.encode.codec import TokenCodec

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

FloatArray = NDArray[np.float32]
SPECIAL_TOKENS = 2
"""Tokens that a model adds around a text."""


class Piece(NamedTuple):
    """A passage as the model reads it: ``context`` (title, heading) goes before ``text``."""

    context: str
    text: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as vectors.

    ``vector``: float32, shape (dim,), unit length. ``tokens``: float32, shape (n, dim), rows of
    unit length, special tokens left out. ``starts``: where each token begins in the text, in
    code points; -1 for a token of the context. ``ids``: the tokens' ids.
    """

    vector: FloatArray
    tokens: FloatArray
    starts: Sequence[int]
    ids: Sequence[int]


class Encoder(Protocol):
    """One build of one model, for questions and passages alike."""

    @property
    def name(self) -> str:
        """The model's name, for people."""

    @property
    def fingerprint(self) -> str:
        """Names the weights, the tokenizer, the precision and the build; vectors of two fingerprints do not mix."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Tokens that the model reads at once, special ones not counted."""

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""

    @property
    def codec(self) -> TokenCodec:
        """How token vectors are stored; made once for the model."""

    def token_starts(self, text: str) -> Sequence[int]:
        """Return where each token of ``text`` begins, however long the text."""

    def encode_question(self, text: str) -> Encoded:
        """Encode a question."""

    def encode_passages(self, pieces: Sequence[Piece]) -> Iterator[Encoded]:
        """Encode passages, in order. A passage's vectors do not depend on the ones around it."""


class TextReader:
    """A model's tokenizer, and how many tokens the model reads at once, special ones counted."""

    def __init__(self, tokenizer: Tokenizer, limit: int) -> None:
        self._tokenizer = tokenizer
        self._limit = limit

    def starts(self, text: str) -> Sequence[int]:
        """Return where each token of a text begins, however long the text."""
        encoding = self._tokenizer.encode(encodable(text), add_special_tokens=False)
        return [start for start, _ in encoding.offsets]

    def read(self, text: str) -> Encoding:
        """Return a text as the model reads it; what is too long loses its end, not its last mark."""
        encoding = self._tokenizer.encode(encodable(text))
        if len(encoding.ids) <= self._limit:
            return encoding
        return self._cutting.encode(encodable(text))

    @cached_property
    def _cutting(self) -> Tokenizer:
        tokenizer = copy.deepcopy(self._tokenizer)
        tokenizer.enable_truncation(self._limit)
        return tokenizer


def split_tokens(
    encoding: Encoding, vector: FloatArray, tokens: FloatArray, prefix_length: int
) -> Encoded:
    """Make an Encoded of a model's raw output: special tokens left out, rows of unit length."""
    keep = np.flatnonzero(np.asarray(encoding.special_tokens_mask) == 0)
    kept = tokens[keep]
    kept = kept / np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-12)
    offsets, ids = encoding.offsets, encoding.ids
    return Encoded(
        vector=vector,
        tokens=kept.astype(np.float32, copy=False),
        starts=[max(offsets[n][0] - prefix_length, -1) for n in keep],
        ids=[ids[n] for n in keep],
    )


_SURROGATE = re.compile("[\ud800-\udfff]")


def encodable(text: str) -> str:
    """Replace lone surrogates, which no tokenizer takes, one for one."""
    return _SURROGATE.sub("\ufffd", text)
