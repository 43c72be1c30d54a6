"""What the rest of the project needs from a model: it turns text into unit vectors.

Anything with these members is an encoder. The tests have a small one of their own, so that
everything above this protocol can be tested without weights.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.encode.codec import TokenCodec
from qa.text.folding import Folded, folded
from qa.text.printable import encodable

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

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
    unit length, without special tokens and the tokens of the model's prompt. ``starts``: where each
    token begins in the text, in code points; -1 for a token of the context. ``ids``: the tokens' ids.
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
        """A name for the weights, the tokenizer, the prompts, the precision and the build.

        Vectors of two fingerprints cannot be compared.
        """

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """The most tokens of a passage that the model reads, without special ones and its prompt."""

    @property
    def vocabulary(self) -> int:
        """One more than the highest id of a token."""

    @property
    def codec(self) -> TokenCodec:
        """How token vectors are stored; it is made once for the model."""

    def token_starts(self, text: str) -> Sequence[int]:
        """Return where each token of ``text`` begins, for a text of any length."""

    def encode_question(self, text: str) -> Encoded:
        """Encode a question."""

    def encode_passages(self, pieces: Sequence[Piece]) -> Iterator[Encoded]:
        """Encode passages, in order. A passage's vectors do not depend on other passages."""


@dataclass(frozen=True, slots=True)
class Read:
    """A text as the model reads it: folded, after a prompt, then its context.

    Both lengths are in code points: of the prompt and of the context, which stand before the text.
    """

    encoding: Encoding
    prompt_length: int
    context_length: int
    text: Folded

    def features(self) -> dict[str, Sequence[int]]:
        """Return the inputs that a model may need, by their names."""
        return {
            "input_ids": self.encoding.ids,
            "attention_mask": self.encoding.attention_mask,
            "token_type_ids": self.encoding.type_ids,
        }

    def prompt_tokens(self) -> int:
        """Return how many tokens, special ones included, come before the context and the text."""
        own = self._own()
        return int(own[0]) if len(own) else len(self.encoding.ids)

    def encoded(self, vector: FloatArray, tokens: FloatArray) -> Encoded:
        """Make an Encoded from a model's raw output, without special tokens and the prompt's tokens.

        ``vector``: float32, shape (dim,), ``tokens``: float32, shape (n, dim). They may have any length and
        get unit length here; a vector of zeros stays zero.
        """
        keep = self._own()
        offsets, ids = self.encoding.offsets, self.encoding.ids
        prefix = self.prompt_length + self.context_length
        return Encoded(
            vector=_unit(vector),
            tokens=_unit(tokens[keep]),
            starts=[
                -1 if offsets[n][1] <= prefix else self.text.origin(max(offsets[n][0] - prefix, 0))
                for n in keep
            ],
            ids=[ids[n] for n in keep],
        )

    def _own(self) -> NDArray[np.int64]:
        """Return the places of the tokens of context and text.

        A token that begins in the prompt's last space and ends after it does not belong to the prompt.
        """
        special = np.asarray(self.encoding.special_tokens_mask, bool)
        ends = np.asarray([end for _, end in self.encoding.offsets], np.int64)
        return np.flatnonzero(~special & (ends > self.prompt_length))


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


class TextReader:
    """A model's tokenizer, and how many tokens the model reads, special ones included."""

    def __init__(self, tokenizer: Tokenizer, limit: int) -> None:
        self._tokenizer = tokenizer
        self._limit = limit
        self.vocabulary = 1 + max(tokenizer.get_vocab(with_added_tokens=True).values(), default=0)
        """One more than the highest id of a token; some ids below it may be unused."""

    def starts(self, text: str) -> Sequence[int]:
        """Return where each token of a text begins, for a text of any length."""
        read = folded(text)
        encoding = self._tokenizer.encode(encodable(read.text), add_special_tokens=False)
        return [read.origin(start) for start, _ in encoding.offsets]

    def read(self, text: str, *, prompt: str = "", context: str = "") -> Read:
        """Return a text as the model reads it; a text that is too long loses its end, but not the end token."""
        context, own = folded(f"{context}. " if context else "").text, folded(text)
        whole = encodable(prompt + context + own.text)
        encoding = self._tokenizer.encode(whole)
        if len(encoding.ids) > self._limit:
            encoding = self._cutting.encode(whole)
        return Read(encoding, len(prompt), len(context), own)

    @cached_property
    def _cutting(self) -> Tokenizer:
        tokenizer = copy.deepcopy(self._tokenizer)
        tokenizer.enable_truncation(self._limit)
        return tokenizer
