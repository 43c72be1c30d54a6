"""In how many passages terms stand: looked up in blocks of the terms' table, of which those used last are kept.

The first term of each block is in memory. So a question reads one block for each term that it does not
know, and most terms of most questions are in blocks that are kept.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from qa.store.lance.tables import Tables

_BLOCKS = 400
"""Blocks that are kept at most: some tens of megabytes."""


class Frequencies:
    """Counts the passages of terms. ``firsts``: the first term of each block, ascending."""

    def __init__(self, tables: Tables, firsts: Sequence[str]) -> None:
        self._tables = tables
        self._firsts = firsts
        self._blocks: OrderedDict[int, Mapping[str, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, terms: Sequence[str]) -> dict[str, int]:
        """Return the number of each term; one look for all blocks that are not known."""
        places = {term: bisect_right(self._firsts, term) - 1 for term in terms}
        wanted = sorted({place for place in places.values() if place >= 0})
        with self._lock:
            found = {place: self._blocks[place] for place in wanted if place in self._blocks}
            for place in found:
                self._blocks.move_to_end(place)
        missing = [place for place in wanted if place not in found]
        if missing:
            read = self._tables.terms(missing)
            looked = {place: block for place, (block, _) in zip(missing, read, strict=True)}
            found |= looked
            with self._lock:
                self._blocks |= looked
                while len(self._blocks) > _BLOCKS:
                    self._blocks.popitem(last=False)
        return {
            term: found[place].get(term, 0) if place >= 0 else 0 for term, place in places.items()
        }
