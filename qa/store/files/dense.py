"""Passage vectors in FAISS: exact inner products of unit vectors, which are cosines.

FAISS trusts what a file says about itself: it allocates the memory that a number in the head asks for, and
it reads a dozen kinds of index, chosen by the first four bytes. So this module checks the head before FAISS
sees it. The index must be of the one kind that ``index_bytes`` writes, and its numbers must fit each other
and the file's size.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.errors import IndexDamagedError, IndexForeignError, UsageError

RowArray = NDArray[np.int64]
Mask = NDArray[np.bool_]

_NORM_TOLERANCE = 1e-3
_search_parameters: Any = faiss.SearchParameters
_reader: Any = vars(faiss)["ZeroCopyIOReader"]  # the type stubs lack it
_limits = vars(faiss)  # limits of what a read may allocate; only later versions have them
_limits_lock = threading.Lock()
_KIND = b"IxFI"  # an IndexFlatIP
_RESERVED = 1 << 20  # stands there twice; FAISS writes it and ignores it
_FLOAT_BYTES = 4
_SPARE = 16
_AT_ONCE = 4096


class _Head(NamedTuple):
    """What stands before the vectors in a file of FAISS's ``write_index``, little-endian."""

    kind: bytes
    dimension: int
    total: int
    reserved: int
    reserved_too: int
    trained: int
    metric: int
    floats: int


_HEAD = struct.Struct("<4siqqqBiQ")


class _Lent:
    """An array in memory of another object, which stays alive as long as the array."""

    def __init__(self, array: NDArray[Any], owner: object) -> None:
        self.__array_interface__ = array.__array_interface__
        self._owner = owner


class DenseIndex:
    """Exact search over unit vectors; the row of a vector is the row of its passage."""

    def __init__(self, data: bytes | memoryview, *, dimension: int, count: int) -> None:
        """Read an index whose bytes were verified; its shape must be the one in the manifest.

        The vectors are not copied. Raises IndexDamagedError.
        """
        _check_head(data, dimension=dimension, count=count)
        self._data = np.frombuffer(data, np.uint8)
        reader = _reader(faiss.swig_ptr(self._data), len(self._data))
        # An IndexFlatIP. The type stubs lack its storage and its search parameters.
        with _at_most(len(self._data)):
            self._index: Any = faiss.read_index(reader)

    @property
    def vectors(self) -> FloatArray:
        """All vectors, shape (n, dim), without a copy."""
        count, dimension = self._index.ntotal, self._index.d
        flat = faiss.rev_swig_ptr(self._index.get_xb(), count * dimension)
        return np.asarray(_Lent(flat, self)).reshape(count, dimension)

    def search(self, vector: FloatArray, k: int, allowed: Mask | None = None) -> RowArray:
        """Return the rows of the ``k`` best vectors, best first, ties by row.

        ``allowed``, bool of shape (n,), limits the search; it is exact with and without. Raises
        IndexForeignError for a vector of another dimension, and UsageError for one that is not finite
        or not of unit length.
        """
        if vector.shape != (self._index.d,):
            raise IndexForeignError(
                f"the question's vector has the shape {vector.shape}, those of the index have "
                f"{self._index.d} dimensions: another model made the index, run qa build again"
            )
        check_unit(vector[None, :])
        count = self._index.ntotal
        parameters = None
        if allowed is not None:
            count = int(allowed.sum())
            bitmap = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bitmap))
            parameters = _search_parameters(sel=selector)
        if min(k, count) < 1:
            return np.empty(0, np.int64)
        k = min(k, count)
        wanted = min(k + _SPARE, count)
        while True:
            found = self._index.search(vector[None, :], wanted, params=parameters)
            scores, rows = found[0][0], found[1][0]
            # FAISS fills missing results with -1, which as an index of a list means the last row.
            scores, rows = scores[rows >= 0], rows[rows >= 0]
            # If scores are equal at the cut, FAISS keeps any of them: so cut below all of them.
            if wanted == count or len(scores) < wanted or scores[-1] < scores[k - 1]:
                return np.asarray(rows[np.lexsort((rows, -scores))][:k], np.int64)
            wanted = min(4 * wanted, count)

    def check_vectors(self) -> None:
        """Raise IndexDamagedError if a vector is not finite or not of unit length."""
        try:
            for start in range(0, self._index.ntotal, _AT_ONCE):
                check_unit(self.vectors[start : start + _AT_ONCE])
        except UsageError:
            raise _damaged("some of its vectors are not finite or not of unit length") from None

    def alike(self, row: int, cosine: float) -> RowArray:
        """Return the rows whose vectors have at least this cosine with the vector of ``row``."""
        vectors = self.vectors
        parts = [
            n + np.flatnonzero(vectors[n : n + _AT_ONCE] @ vectors[row] >= cosine)
            for n in range(0, len(vectors), _AT_ONCE)
        ]
        return np.concatenate(parts, dtype=np.int64)


def index_bytes(parts: Iterable[FloatArray], *, dimension: int, count: int) -> Iterator[bytes]:
    """Yield the bytes of a FAISS file with ``count`` vectors, which come in parts.

    The parts are float32 of shape (n, dimension). FAISS itself can only write an index that is in
    memory. The file of an exact index is its head, the number of floats, and the floats. Raises
    UsageError for NaN, Inf or zero rows.
    """
    empty = faiss.IndexFlatIP(dimension)
    empty.ntotal = count
    head = bytes(faiss.serialize_index(empty).data)
    floats = struct.Struct("<Q")
    yield head[: -floats.size] + floats.pack(count * dimension)
    for vectors in parts:
        check_unit(vectors)
        yield np.ascontiguousarray(vectors, np.float32).tobytes()


def _check_head(data: bytes | memoryview, *, dimension: int, count: int) -> None:
    """Raise IndexDamagedError unless the file is an exact index of this shape and of the right length."""
    if len(data) < _HEAD.size:
        raise _damaged(f"it has {len(data)} bytes")
    head = _Head._make(_HEAD.unpack_from(data))
    if head.kind != _KIND or head.metric != faiss.METRIC_INNER_PRODUCT:
        raise _damaged("it is an index of another kind")
    if (head.total, head.dimension) != (count, dimension):
        raise IndexDamagedError(
            f"the vectors are {head.total} of {head.dimension} dimensions instead of "
            f"{count} of {dimension}: run qa build again"
        )
    if (head.reserved, head.reserved_too, head.trained) != (_RESERVED, _RESERVED, 1):
        raise _damaged("its head is not in FAISS's form")
    if dimension < 1 or count < 0 or head.floats != count * dimension:
        raise _damaged("its numbers do not fit each other")
    if len(data) != _HEAD.size + head.floats * _FLOAT_BYTES:
        raise _damaged(f"it has {len(data)} bytes")


def _damaged(what: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"the file of the vectors is not what was written ({what}): run qa build again"
    )


@contextmanager
def _at_most(size: int) -> Iterator[None]:
    """Let FAISS allocate at most ``size`` bytes for a vector that it reads, if it has such a limit.

    The limit is one for the whole process; it is restored afterwards.
    """
    get, set_to = (
        _limits.get(f"{verb}_deserialization_vector_byte_limit") for verb in ("get", "set")
    )
    if get is None or set_to is None:
        yield
        return
    with _limits_lock:
        before = get()
        set_to(size)
        try:
            yield
        finally:
            set_to(before)


def check_unit(vectors: FloatArray) -> None:
    """Raise UsageError if a row is not finite or not of unit length."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))  # without a copy of the squares
    wrong = np.flatnonzero(~(np.abs(norms - 1) < _NORM_TOLERANCE))
    if len(wrong):
        raise UsageError(
            f"the model gave {len(wrong)} vectors that are not finite or not of unit length: "
            "choose another model"
        )


def inner_products(vectors: FloatArray, vector: FloatArray) -> FloatArray:
    """Return the inner product of each row with a vector, to the digits that ``DenseIndex`` orders by."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    scores, rows = index.search(vector[None, :], len(vectors))
    found = np.empty(len(vectors), np.float32)
    found[rows[0]] = scores[0]
    return found
