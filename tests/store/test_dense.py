"""FAISS against NumPy: exact, also within a filter, ties by row, and never row -1."""

from __future__ import annotations

import math

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.errors import IndexDamagedError, IndexForeignError, UsageError
from qa.store.files import dense as dense_module
from qa.store.files.dense import DenseIndex, check_unit, index_bytes

Vectors = NDArray[np.float32]

# Unit vectors whose products have no rounding: oracle and index agree to the last bit, and ties
# are ties.
_EXACT = np.array(
    [[1, 0, 0, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]],
    np.float32,
)


def dense(vectors: Vectors) -> DenseIndex:
    """Index vectors that come in two parts."""
    return DenseIndex(file_of(vectors), dimension=vectors.shape[1], count=len(vectors))


def file_of(vectors: Vectors) -> bytes:
    """Return the file of vectors that come in two parts."""
    parts = [vectors[:1], vectors[1:]]
    return b"".join(index_bytes(parts, dimension=vectors.shape[1], count=len(vectors)))


def oracle(
    vectors: Vectors, question: Vectors, k: int, allowed: NDArray[np.bool_] | None
) -> list[int]:
    """Return the rows of the best vectors, one comparison at a time."""
    scored = [
        (-sum(float(a) * float(b) for a, b in zip(vector, question, strict=True)), row)
        for row, vector in enumerate(vectors)
        if allowed is None or allowed[row]
    ]
    return [row for _, row in sorted(scored)[:k]]


@given(
    st.lists(st.integers(0, len(_EXACT) - 1), min_size=1, max_size=60),
    st.integers(0, len(_EXACT) - 1),
    st.integers(0, 70),
    st.none() | st.integers(0, 2**60 - 1),
)
def test_search_is_exact(rows: list[int], question: int, k: int, mask: int | None) -> None:
    vectors = _EXACT[rows]
    allowed = None
    if mask is not None:
        allowed = np.array([bool(mask >> n & 1) for n in range(len(rows))])
    found = dense(vectors).search(_EXACT[question], k, allowed)
    assert found.dtype == np.int64
    assert found.tolist() == oracle(vectors, _EXACT[question], k, allowed)


@pytest.mark.parametrize("k", [1, 10, 100, 1000, 1999, 2000, 5000])
@pytest.mark.parametrize("share", [None, 0.0, 0.001, 0.5, 1.0])
def test_search_is_exact_among_many(k: int, share: float | None) -> None:
    rng = np.random.default_rng(3)
    vectors = _EXACT[rng.integers(0, len(_EXACT), 2000)]
    allowed = None if share is None else rng.random(2000) < share
    found = dense(vectors).search(_EXACT[3], k, allowed).tolist()
    assert found == oracle(vectors, _EXACT[3], k, allowed)
    assert -1 not in found


@pytest.mark.parametrize("better", [0, 1, 5, 30])
def test_ties_at_the_cut_go_to_the_lower_rows(better: int) -> None:
    # More of them than the search asks for at first, and before the better ones.
    vectors = np.repeat(_EXACT[[3, 0]], [200, better], axis=0)
    index = dense(vectors)
    for k in (1, 2, 4, 5, 6, 7, 30, 31, 32, 100, 199):
        assert index.search(_EXACT[0], k).tolist() == oracle(vectors, _EXACT[0], k, None)


def random_unit(rows: int, dimension: int = 24) -> Vectors:
    vectors = np.random.default_rng(5).standard_normal((rows, dimension)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_vectors_are_what_was_put_in() -> None:
    vectors = random_unit(50)
    index = dense(vectors)
    np.testing.assert_array_equal(index.vectors, vectors)
    assert index.search(vectors[3], 1).tolist() == [3]


@pytest.mark.parametrize("count", [0, 1, 20])
def test_the_file_is_the_one_that_faiss_writes(count: int) -> None:
    vectors = random_unit(20)[:count]
    index = faiss.IndexFlatIP(24)
    index.add(vectors)
    assert file_of(vectors) == bytes(faiss.serialize_index(index))
    np.testing.assert_array_equal(dense(vectors).vectors, vectors)


def test_the_vectors_stay_where_the_file_is() -> None:
    vectors = random_unit(20)
    data = np.frombuffer(bytearray(file_of(vectors)), np.uint8)
    index = DenseIndex(memoryview(data), dimension=24, count=20)
    assert np.shares_memory(index.vectors, data)
    assert index.search(vectors[5], 3).tolist() == oracle(vectors, vectors[5], 3, None)


@pytest.mark.parametrize("cut", [1, 4, 20 * 24 * 4, 20 * 24 * 4 + 8])
def test_a_file_that_ends_too_soon_is_refused(cut: int) -> None:
    with pytest.raises(IndexDamagedError, match="not what was written"):
        DenseIndex(file_of(random_unit(20))[:-cut], dimension=24, count=20)


def test_alike_is_every_vector_of_at_least_a_cosine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense_module, "_AT_ONCE", 7)
    vectors = random_unit(20)
    cosines = [math.fsum(a * b for a, b in zip(v, vectors[3], strict=True)) for v in vectors]
    for cosine in (-1.0, 0.0, 0.2, 0.99, 1.1):
        expected = [row for row, found in enumerate(cosines) if found >= cosine]
        assert dense(vectors).alike(3, cosine).tolist() == expected


def test_an_index_of_another_shape_or_kind_is_refused() -> None:
    data = file_of(random_unit(20))
    for dimension, count in ((23, 20), (24, 19), (24, 0)):
        with pytest.raises(IndexDamagedError, match="20 of 24 dimensions instead of"):
            DenseIndex(data, dimension=dimension, count=count)
    graph = faiss.IndexHNSWFlat(24, 4, faiss.METRIC_INNER_PRODUCT)
    graph.add(random_unit(20))
    distances = faiss.IndexFlatL2(24)
    distances.add(random_unit(20))
    for other in (graph, distances):
        with pytest.raises(IndexDamagedError):
            DenseIndex(bytes(faiss.serialize_index(other)), dimension=24, count=20)


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, 2.0, 0.99])
def test_vectors_that_are_no_directions_are_refused(value: float) -> None:
    vectors = random_unit(5)
    vectors[2] = 0
    vectors[2, 0] = value
    with pytest.raises(UsageError, match="1 vectors that are not finite or not of unit length"):
        dense(vectors)
    with pytest.raises(UsageError, match="not finite or not of unit length"):
        dense(random_unit(3)).search(vectors[2], 1)
    with pytest.raises(UsageError):
        check_unit(vectors[2:3])
    check_unit(random_unit(5))
    check_unit(random_unit(5)[:0])


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, -math.inf, 2.0, 3e38])
def test_a_file_with_vectors_that_are_no_directions_is_found_out(value: float) -> None:
    vectors = random_unit(20)
    index = dense(vectors)
    index.check_vectors()
    data = bytearray(file_of(vectors))
    data[-4 * 24 :] = np.full(24, value, np.float32).tobytes()
    index = DenseIndex(bytes(data), dimension=24, count=20)
    with pytest.raises(IndexDamagedError, match="not finite or not of unit length"):
        index.check_vectors()


def test_the_limits_of_faiss_are_set_while_it_reads_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, seen = file_of(random_unit(20)), list[int]()
    before = faiss.get_deserialization_vector_byte_limit()
    read = faiss.read_index

    def reading(reader: object) -> object:
        seen.append(faiss.get_deserialization_vector_byte_limit())
        return read(reader)

    monkeypatch.setattr(faiss, "read_index", reading)
    DenseIndex(data, dimension=24, count=20)
    assert seen == [len(data)]
    assert faiss.get_deserialization_vector_byte_limit() == before


@pytest.mark.parametrize("shape", [(23,), (25,), (0,), (1, 24), ()])
def test_a_question_of_another_dimension_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(IndexForeignError, match="another model made the index, run qa build again"):
        dense(random_unit(3)).search(np.ones(shape, np.float32), 1)


def test_an_empty_index_finds_nothing() -> None:
    index = dense(np.empty((0, 24), np.float32))
    assert index.search(random_unit(1)[0], 5).tolist() == []
    assert index.vectors.shape == (0, 24)
