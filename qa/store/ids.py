"""Passages by row and by id.

A passage's row is its place in its generation. Rows and ids have the same order, since files are written
in the order of their sources.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa.records import PassageId
from qa.store.protocol import RowArray


class PassageIds:
    """Rows to ids and back.

    ``sources``: of the files that gave documents, ascending; ``firsts``: int64, the first row of each, which
    of one without passages is that of the next; ``count``: how many rows there are.
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
        """Return the rows of ids. Raises LookupError for one that is not there."""
        rows = []
        for source, ordinal in ids:
            first, end = self._rows_of[source]
            if not 0 <= ordinal < end - first:
                raise LookupError(f"no passage {ordinal} of {source}")
            rows.append(first + ordinal)
        return np.asarray(rows, np.int64)
