"""Passage vectors in FAISS: exact inner products of unit vectors, which are cosines.

FAISS believes what a file says of itself: it takes the memory that a number in the head asks for, and
reads a dozen kinds of index by the first four bytes. So the head is checked here before FAISS sees it:
of the one kind that ``index_bytes`` writes, with numbers that fit each other and the file's size.
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
_reader: Any = vars(faiss)["ZeroCopyIOReader"]  # the stubs do not know it
_limits = vars(faiss)  # of what a read may take; only later versions have them
_limits_lock = threading.Lock()
_KIND = b"IxFI"  # an IndexFlatIP
_RESERVED = 1 << 20  # twice; FAISS writes it and does not look at it
_FLOAT_BYTES = 4
_SPARE = 16
_AT_ONCE = 4096


class _Head(NamedTuple):
    """What stands before the vectors, little-endian, as FAISS's ``write_index`` lays it out."""

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
    """An array in memory of something else, which stays for as long as the array does."""

    def __init__(self, array: NDArray[Any], owner: object) -> None:
        self.__array_interface__ = array.__array_interface__
        self._owner = owner


class DenseIndex:
    """Exact search over unit vectors; the row of a vector is the row of its passage."""

    def __init__(self, data: bytes | memoryview, *, dimension: int, count: int) -> None:
        """Read an index whose bytes were verified; its shape must be the manifest's.

        The vectors stay where the bytes are. Raises IndexDamagedError.
        """
        _check_head(data, dimension=dimension, count=count)
        self._data = np.frombuffer(data, np.uint8)
        reader = _reader(faiss.swig_ptr(self._data), len(self._data))
        # An IndexFlatIP. The stubs know neither its storage nor the parameters of a search.
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

        ``allowed``, bool of shape (n,), confines the search; it is exact either way. Raises
        IndexForeignError for a vector of another dimension, UsageError for one that is not finite
        and of unit length.
        """
        if vector.shape != (self._index.d,):
            raise IndexForeignError(
                f"the question's vector has the shape {vector.shape}, those of the index have "
                f"{self._index.d} dimensions: the index is another model's, run qa build again"
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
            # FAISS pads what it cannot fill with -1, which as a list index would be the last row.
            scores, rows = scores[rows >= 0], rows[rows >= 0]
            # Of equal scores at its cut FAISS keeps any: the cut must fall below all of them.
            if wanted == count or len(scores) < wanted or scores[-1] < scores[k - 1]:
                return np.asarray(rows[np.lexsort((rows, -scores))][:k], np.int64)
            wanted = min(4 * wanted, count)

    def check_vectors(self) -> None:
        """Raise IndexDamagedError unless every vector is finite and of unit length."""
        try:
            for start in range(0, self._index.ntotal, _AT_ONCE):
                check_unit(self.vectors[start : start + _AT_ONCE])
        except UsageError:
            raise _damaged("some of its vectors are not finite and of unit length") from None

    def alike(self, row: int, cosine: float) -> RowArray:
        """Return the rows of vectors that have at least a cosine with that of ``row``."""
        vectors = self.vectors
        parts = [
            n + np.flatnonzero(vectors[n : n + _AT_ONCE] @ vectors[row] >= cosine)
            for n in range(0, len(vectors), _AT_ONCE)
        ]
        return np.concatenate(parts, dtype=np.int64)


def index_bytes(parts: Iterable[FloatArray], *, dimension: int, count: int) -> Iterator[bytes]:
    """Yield the bytes of FAISS's own file of ``count`` vectors that come in parts.

    They are float32 of shape (n, dimension). FAISS writes what it holds in memory; a file of an
    exact index is its head, the number of floats, and these. Raises UsageError for NaN, Inf or
    zero rows.
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
    """Raise IndexDamagedError unless a file is an exact index of this shape, and as long as that takes."""
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
        raise _damaged("its head is not as FAISS writes it")
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
    """Let FAISS take no more than ``size`` bytes for a vector that it reads, where it knows a limit.

    The limit is one of the whole process, and is as it was afterwards.
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
    """Raise UsageError unless every row is finite and of unit length."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))  # without a copy of the squares
    wrong = np.flatnonzero(~(np.abs(norms - 1) < _NORM_TOLERANCE))
    if len(wrong):
        raise UsageError(
            f"the model gave {len(wrong)} vectors that are not finite and of unit length: "
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
