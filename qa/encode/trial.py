"""Tries a model on a few texts before an archive is read, so that an unusable one is refused at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qa.arrays import FloatArray
from qa.encode.model import reference_texts
from qa.encode.protocol import Encoded, Encoder, Piece
from qa.errors import QaError, UsageError

_TEXTS = 10
_MIN_TOKENS = 48
"""A passage's context has up to 40 tokens, and there must be room for the passage."""
_MIN_DIMENSION = 4
"""A token's code has one byte for so many dimensions; fewer dimensions give no code."""
_ALIKE = 1e-4
"""Two texts are different if their unit vectors differ by this much in some dimension."""
_MIN_COSINE = 0.9999

Reading = Callable[[Sequence[Piece]], FloatArray]
"""The vectors that a model's own library gives passages, a row each, of unit length."""


def try_out(encoder: Encoder, by_its_library: Reading) -> int:
    """Return the dimension of a model's vectors. Raises UsageError for an unusable model.

    A model must give vectors of a text and of its tokens. They must be finite, of one dimension and not
    all the same, and equal to what the model's own library gives. Their length need not be one.
    """
    name = encoder.name
    if encoder.max_tokens < _MIN_TOKENS:
        raise UsageError(
            f"the model {name} reads {max(encoder.max_tokens, 0)} tokens at once besides its prompt: "
            f"{_MIN_TOKENS} are wanted; choose another model, or a shorter passage_prompt"
        )
    texts = reference_texts()[:_TEXTS]
    pieces = [Piece(text.title, text.text) for text in texts]
    try:
        found = [*encoder.encode_passages(pieces), encoder.encode_question(texts[0].questions[0])]
        theirs = by_its_library(pieces)
    except QaError:
        raise
    except Exception as error:  # any model's code, any failure
        told = [*str(error).splitlines(), ""][0]
        raise _of_no_use(
            name,
            f"it cannot be run on a text as a model of texts is ({type(error).__name__}: {told})",
        ) from error
    _check(name, found)
    ours = np.stack([one.vector for one in found[:_TEXTS]])
    if ours.shape != theirs.shape or not (ours * theirs).sum(axis=1).min() >= _MIN_COSINE:
        raise _of_no_use(
            name, "sentence-transformers reads a text in another way than its tokenizer does"
        )
    return int(ours.shape[1])


def _check(name: str, found: Sequence[Encoded]) -> None:
    for one in found:
        if not (np.isfinite(one.vector).all() and np.isfinite(one.tokens).all()):
            raise _of_no_use(name, "its vectors hold NaN or infinity")
        if not np.any(one.vector):
            raise _of_no_use(name, "it gives a vector of zeros")
        if one.tokens.ndim != 2 or not len(one.ids) or len(one.tokens) != len(one.ids):
            raise _of_no_use(name, "it does not give one vector a token")
    if len({one.vector.shape for one in found}) > 1 or found[0].vector.ndim != 1:
        raise _of_no_use(name, "its vectors are of different lengths")
    if min(found[0].tokens.shape[1], len(found[0].vector)) < _MIN_DIMENSION:
        raise _of_no_use(name, f"its vectors have fewer than {_MIN_DIMENSION} dimensions")
    vectors = np.stack([one.vector for one in found])
    if np.ptp(vectors, axis=0).max() < _ALIKE:
        raise _of_no_use(name, "it gives every text the same vector")


def _of_no_use(name: str, reason: str) -> UsageError:
    return UsageError(f"the model {name} is of no use here: {reason}; choose another model")
