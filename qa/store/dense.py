"""Passage vectors in FAISS: exact inner products of unit vectors, which are cosines."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamagedError, IndexForeignError, UsageError

FloatArray = NDArray[np.float32]
RowArray = NDArray[np.int64]
Mask = NDArray[np.bool_]

_NORM_TOLERANCE = 1e-3
_search_parameters: Any = faiss.SearchParameters
_reader: Any = vars(faiss)["ZeroCopyIOReader"]  # the stubs do not know it
_SPARE = 16
_AT_ONCE = 4096


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
        self._data = np.frombuffer(data, np.uint8)
        reader = _reader(faiss.swig_ptr(self._data), len(self._data))
        # An IndexFlatIP. The stubs know neither its storage nor the parameters of a search.
        self._index: Any = faiss.read_index(reader)
        if (
            self._index.d != dimension
            or self._index.ntotal != count
            or not isinstance(self._index, faiss.IndexFlatIP)
        ):
            raise IndexDamagedError(
                f"the vectors are {self._index.ntotal} of {self._index.d} dimensions instead of "
                f"{count} of {dimension}: run qa build again"
            )

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

    def alike(self, row: int) -> FloatArray:
        """Return the cosine of every vector with that of ``row``, some thousand at a time."""
        vectors = self.vectors
        parts = [vectors[n : n + _AT_ONCE] @ vectors[row] for n in range(0, len(vectors), _AT_ONCE)]
        return np.concatenate(parts, dtype=np.float32)

    def scores(self, vector: FloatArray, rows: RowArray) -> FloatArray:
        """Return the cosines of ``vector`` with the vectors of ``rows``."""
        return np.asarray(self.vectors[rows] @ vector, np.float32)


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


def check_unit(vectors: FloatArray) -> None:
    """Raise UsageError unless every row is finite and of unit length."""
    norms = np.linalg.norm(vectors, axis=1)
    wrong = np.flatnonzero(~(np.abs(norms - 1) < _NORM_TOLERANCE))
    if len(wrong):
        raise UsageError(
            f"the model gave {len(wrong)} vectors that are not finite and of unit length: "
            "choose another model"
        )
