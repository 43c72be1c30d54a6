"""Token vectors in 64 bytes, scored without converting them back to full floats.

Late interaction (Khattab and Zaharia, ColBERT, 2020) compares every token of a question with every token of a
passage, so a passage has a vector for each of its tokens. The codec stores a vector as its coordinates on the
leading principal axes of the model's token vectors, each rounded to one of four levels that are spaced for a
normal distribution (Max, 1960). The mean, the axes and the steps belong to the model: they are fitted once, on
the reference texts of the package, never on the corpus. So a changed file changes only its own codes.
``eval/ablation.md`` compares other codes of this size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray

ByteArray = NDArray[np.uint8]

_MAX_AXES = 256
_AXES_PER_BYTE = 4
_BLOCK = 512
# The spacing of four uniform levels with the least loss for a unit normal (Max, 1960, table II).
_STEP = 0.9957


@dataclass(frozen=True, slots=True)
class Projected:
    """A question's tokens on the axes: ``weights`` of shape (m, axes), ``constants`` (m,)."""

    weights: FloatArray
    constants: FloatArray

    def __len__(self) -> int:
        return len(self.constants)


@dataclass(frozen=True, slots=True)
class TokenCodec:
    """Codes for token vectors. ``mean``: (dim,); ``axes``: (n, dim); ``steps``: (n,); n divides by 4."""

    mean: FloatArray
    axes: FloatArray
    steps: FloatArray

    @classmethod
    def fit(cls, vectors: FloatArray) -> TokenCodec:
        """Fit to unit token vectors of shape (n, dim); n must be at least dim."""
        mean = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors.astype(np.float64) - mean
        _, axes = np.linalg.eigh(centred.T @ centred)
        kept = min(_MAX_AXES, vectors.shape[1]) // _AXES_PER_BYTE * _AXES_PER_BYTE
        axes = axes.T[::-1][:kept]
        # The sign of an eigenvector is arbitrary; this choice makes every fit the same.
        axes = axes * np.sign(axes[np.arange(kept), np.abs(axes).argmax(axis=1)])[:, None]
        steps = np.maximum((centred @ axes.T).std(axis=0) * _STEP, 1e-6)
        return cls(mean.astype(np.float32), axes.astype(np.float32), steps.astype(np.float32))

    @property
    def width(self) -> int:
        """Bytes of a code."""
        return len(self.steps) // _AXES_PER_BYTE

    def encode(self, vectors: FloatArray) -> ByteArray:
        """Return codes, uint8 of shape (n, width), for token vectors of shape (n, dim)."""
        levels = np.floor((vectors - self.mean) @ self.axes.T / self.steps) + 2
        crumbs = np.clip(levels, 0, 3).astype(np.uint8).reshape(len(vectors), _AXES_PER_BYTE, -1)
        return np.ascontiguousarray(
            crumbs[:, 0] | crumbs[:, 1] << 2 | crumbs[:, 2] << 4 | crumbs[:, 3] << 6
        )

    def decode(self, codes: ByteArray) -> FloatArray:
        """Return the vectors, float32 of shape (n, dim), of codes."""
        crumbs = np.concatenate([codes >> shift & 3 for shift in (0, 2, 4, 6)], axis=1)
        values = (crumbs.astype(np.float32) - 1.5) * self.steps
        return np.asarray(values @ self.axes + self.mean, np.float32)

    def project(self, question: FloatArray) -> Projected:
        """Prepare question tokens, float32 of shape (m, dim), for comparing them with codes."""
        weights = (question @ self.axes.T) * self.steps
        constants = question @ self.mean - 1.5 * weights.sum(axis=1)
        return Projected(weights, constants)

    def similarities(self, question: Projected, codes: ByteArray) -> FloatArray:
        """Return the inner products of question tokens with coded tokens of shape (n, width).

        The result, float32 of shape (m, n), is ``tokens @ decode(codes).T`` for the projected tokens. Steps
        and mean are part of the projected question, so that the small integers of the codes are multiplied
        directly.
        """
        # Some hundred codes at a time stay in the processor's cache. The codes are the left factor, because
        # BLAS takes longer if the few tokens of a question are.
        total = np.empty((len(codes), len(question)), np.float32)
        crumbs = np.empty((min(_BLOCK, len(codes)), len(self.steps)), np.float32)
        for at in range(0, len(codes), _BLOCK):
            block = codes[at : at + _BLOCK]
            unpacked = crumbs[: len(block)]
            for plane, shift in enumerate((0, 2, 4, 6)):
                part = unpacked[:, plane * self.width : (plane + 1) * self.width]
                part[:] = block >> shift & 3 if shift < 6 else block >> 6
            np.matmul(unpacked, question.weights.T, out=total[at : at + _BLOCK])
        total += question.constants
        return total.T
