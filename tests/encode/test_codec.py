"""The token codec against the same thing computed plainly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.encode import TokenCodec

_MAX_1960 = 0.9957


def unit(rows: int, dimension: int, seed: int = 0) -> NDArray[np.float32]:
    """Return random unit vectors whose coordinates differ in spread, as a model's do."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((rows, dimension)) * np.linspace(2, 0.2, dimension)
    vectors += rng.standard_normal(dimension) * 0.5
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def plain_codes(codec: TokenCodec, vectors: NDArray[np.float32]) -> list[list[int]]:
    """Return each vector's level on each axis, 0 to 3: -1.5, -0.5, 0.5, 1.5 steps."""
    levels = []
    for vector in vectors:
        row = []
        for axis, step in zip(codec.axes, codec.steps, strict=True):
            coordinate = float((vector - codec.mean) @ axis) / float(step)
            row.append(min(range(4), key=lambda level: abs(level - 1.5 - coordinate)))
        levels.append(row)
    return levels


def plain_vectors(codec: TokenCodec, levels: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    return np.array(
        [
            codec.mean.astype(np.float64)
            + sum(
                (level - 1.5) * float(step) * axis.astype(np.float64)
                for level, step, axis in zip(row, codec.steps, codec.axes, strict=True)
            )
            for row in levels
        ]
    )


@pytest.mark.parametrize("dimension", [4, 7, 32, 300])
def test_codes_are_the_nearest_levels(dimension: int) -> None:
    codec = TokenCodec.fit(unit(400, dimension))
    kept = min(256, dimension) // 4 * 4
    assert codec.axes.shape == (kept, dimension)
    assert codec.width == kept // 4
    vectors = unit(10, dimension, seed=1)
    codes = codec.encode(vectors)
    assert codes.shape == (10, codec.width)
    assert codes.dtype == np.uint8
    expected = plain_vectors(codec, plain_codes(codec, vectors))
    decoded = codec.decode(codes)
    assert decoded.dtype == np.float32
    # A coordinate that lies between two levels may be rounded either way.
    close = np.abs(decoded - expected).max(axis=1) < 1e-4
    assert close.mean() >= 0.9


def test_similarities_are_those_of_the_decoded_vectors() -> None:
    codec = TokenCodec.fit(unit(500, 48))
    codes = codec.encode(unit(30, 48, seed=2))
    question = unit(7, 48, seed=3)
    found = codec.similarities(codec.project(question), codes)
    assert found.dtype == np.float32
    plain = [[float(q @ v) for v in codec.decode(codes)] for q in question]
    np.testing.assert_allclose(found, plain, atol=1e-5)
    assert codec.similarities(codec.project(question[:0]), codes).shape == (0, 30)
    assert codec.similarities(codec.project(question), codes[:0]).shape == (7, 0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_any_code_can_be_decoded_and_coded_again(seed: int, rows: int) -> None:
    codec = TokenCodec.fit(unit(200, 16))
    codes = np.random.default_rng(seed).integers(0, 256, (rows, codec.width), np.uint8)
    np.testing.assert_array_equal(codec.encode(codec.decode(codes)), codes)


def test_fit_finds_the_principal_axes() -> None:
    vectors = unit(600, 24)
    codec = TokenCodec.fit(vectors)
    exact = vectors.astype(np.float64)
    np.testing.assert_allclose(codec.mean, exact.mean(axis=0), atol=1e-6)
    _, singular, axes = np.linalg.svd(exact - exact.mean(axis=0), full_matrices=False)
    # The same axes, whatever their signs; the steps are those of the spread along each.
    np.testing.assert_allclose(np.abs((codec.axes * axes).sum(axis=1)), 1, atol=1e-3)
    np.testing.assert_allclose(codec.steps, _MAX_1960 * singular / np.sqrt(600), rtol=1e-3)
    # The sign is fixed: the largest coordinate of an axis is positive.
    assert (codec.axes[np.arange(24), np.abs(codec.axes).argmax(axis=1)] > 0).all()
    again = TokenCodec.fit(vectors[::-1])
    np.testing.assert_allclose(again.axes, codec.axes, atol=1e-4)


def test_a_code_keeps_what_matters() -> None:
    codec = TokenCodec.fit(unit(2000, 64))
    vectors = unit(200, 64, seed=5)
    decoded = codec.decode(codec.encode(vectors))
    cosines = (decoded * vectors).sum(axis=1) / np.linalg.norm(decoded, axis=1)
    assert cosines.mean() > 0.92


def test_tokens_that_do_not_differ_can_be_coded() -> None:
    same = np.repeat(unit(1, 8), 20, axis=0)
    codec = TokenCodec.fit(same)
    assert np.isfinite(codec.steps).all() and (codec.steps > 0).all()
    np.testing.assert_allclose(codec.decode(codec.encode(same)), same, atol=1e-4)
