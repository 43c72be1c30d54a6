"""Passage vectors in FAISS: exact inner products of unit vectors, which are cosines."""

from __future__ import annotations

from collections.abc import Iterable
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
_SPARE = 16


class _Lent:
    """An array in memory of something else, which stays for as long as the array does."""

    def __init__(self, array: NDArray[Any], owner: object) -> None:
        self.__array_interface__ = array.__array_interface__
        self._owner = owner


class DenseIndex:
    """Exact search over unit vectors; the row of a vector is the row of its passage."""

    def __init__(self, index: Any) -> None:
        # An IndexFlatIP. The stubs know neither its storage nor the parameters of a search.
        self._index = index

    @classmethod
    def build(cls, parts: Iterable[FloatArray], dimension: int) -> DenseIndex:
        """Index vectors that come in parts, float32 of shape (n, dimension).

        Raises UsageError for NaN, Inf or zero rows.
        """
        index = faiss.IndexFlatIP(dimension)
        for vectors in parts:
            check_unit(vectors)
            index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index)

    @classmethod
    def from_bytes(cls, data: bytes, *, dimension: int, count: int) -> DenseIndex:
        """Read an index whose bytes were verified; its shape must be the manifest's."""
        index = faiss.deserialize_index(np.frombuffer(data, np.uint8))
        if (
            index.d != dimension
            or index.ntotal != count
            or not isinstance(index, faiss.IndexFlatIP)
        ):
            raise IndexDamagedError(
                f"the vectors are {index.ntotal} of {index.d} dimensions instead of "
                f"{count} of {dimension}: run qa build again"
            )
        return cls(index)

    def to_bytes(self) -> bytes:
        """Return the index in FAISS's own format."""
        return bytes(faiss.serialize_index(self._index).data)

    @property
    def vectors(self) -> FloatArray:
        """All vectors, shape (n, dim), without a copy."""
        count, dimension = self._index.ntotal, self._index.d
        flat = faiss.rev_swig_ptr(self._index.get_xb(), count * dimension)
        return np.asarray(_Lent(flat, self._index)).reshape(count, dimension)

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

    def scores(self, vector: FloatArray, rows: RowArray) -> FloatArray:
        """Return the cosines of ``vector`` with the vectors of ``rows``."""
        return np.asarray(self.vectors[rows] @ vector, np.float32)


def check_unit(vectors: FloatArray) -> None:
    """Raise UsageError unless every row is finite and of unit length."""
    norms = np.linalg.norm(vectors, axis=1)
    wrong = np.flatnonzero(~(np.abs(norms - 1) < _NORM_TOLERANCE))
    if len(wrong):
        raise UsageError(
            f"the model gave {len(wrong)} vectors that are not finite and of unit length: "
            "choose a model that ends in a normalisation"
        )
