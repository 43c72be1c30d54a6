"""Passages by row and by id.

A passage's row is its place in its generation. Rows and ids have the same order, because files are
written in the order of their sources.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa.records import PassageId
from qa.store.protocol import RowArray


class PassageIds:
    """From rows to ids and back.

    ``sources``: the sources of the files that gave documents, ascending. ``firsts``: int64, the first row
    of each file; a file without passages has the first row of the next file. ``count``: the number of rows.
    """

    def __init__(self, sources: Sequence[str], firsts: RowArray, count: int) -> None:
        self._sources = sources
        self._firsts = firsts
        ends = [*firsts[1:].tolist(), count]
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
