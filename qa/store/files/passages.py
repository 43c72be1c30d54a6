"""Passages by row and by id, and passages that are read only when they are used.

A passage's row is its place in every array of the generation. Rows and ids have the same order,
because files are written in the order of their sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from qa.records import PassageId
from qa.store.protocol import RowArray, StoredPassage


class PassageIds:
    """From rows to ids and back. ``documents``: for each row the place of its document, ascending."""

    def __init__(self, files: Sequence[Mapping[str, Any]], documents: NDArray[np.int32]) -> None:
        filled = [file for file in files if file["documents"]]
        counts = np.asarray([file["documents"] for file in filled], np.int64)
        first_documents = np.concatenate([[0], np.cumsum(counts)])[:-1].astype(np.int32)
        self._sources = [str(file["source"]) for file in filled]
        # A file without passages gets the first row of the next file.
        firsts: RowArray = np.searchsorted(documents, first_documents)
        self._firsts = firsts
        ends = [*firsts[1:].tolist(), len(documents)]
        self._rows_of: dict[str, tuple[int, int]] = dict(
            zip(self._sources, zip(firsts.tolist(), ends, strict=True), strict=True)
        )

    def ids(self, rows: RowArray) -> list[PassageId]:
        """Return the ids of rows."""
        places = np.searchsorted(self._firsts, rows, side="right") - 1
        sources = map(self._sources.__getitem__, places.tolist())
        ordinals = (rows - self._firsts[places]).tolist()
        return list(map(PassageId._make, zip(sources, ordinals, strict=True)))

    def rows(self, ids: Sequence[PassageId]) -> RowArray:
        """Return the rows of ids. Raises LookupError for an id that does not exist."""
        rows = []
        for source, ordinal in ids:
            first, end = self._rows_of[source]
            if not 0 <= ordinal < end - first:
                raise LookupError(f"no passage {ordinal} of {source}")
            rows.append(first + ordinal)
        return np.asarray(rows, np.int64)


class StoredPassages(Sequence[StoredPassage]):
    """Passages that are read only when they are used: of forty, few become results."""

    def __init__(
        self,
        read: Callable[[PassageId, int], StoredPassage],
        found: Sequence[tuple[PassageId, int]],
    ) -> None:
        self._read = read
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> StoredPassage: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[StoredPassage]: ...

    def __getitem__(self, place: int | slice) -> StoredPassage | Sequence[StoredPassage]:
        if isinstance(place, slice):
            return StoredPassages(self._read, self._found[place])
        return self._read(*self._found[place])
