"""Which passage holds which term, while an index is written: it comes by passage and leaves by term.

Only what grows with the vocabulary, and a few bytes a passage, is held in memory. The rest is
sorted on the disk: in runs of some megabytes, which are then merged, some terms at a time.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.store.disk import Column, npy
from qa.store.lexical import Bm25, LexicalIndex, idf, impacts

Postings = NDArray[np.int32]
"""Of the shape (n, 3): a term's number, a passage's row, and how often the term stands there."""

_AT_ONCE = 1 << 18
"""Postings that are sorted at once; 12 bytes each."""


class PostingsWriter:
    """Collects the terms of passages; gives the files of their ``LexicalIndex``."""

    def __init__(self, folder: Path, bm25: Bm25) -> None:
        self._folder = folder
        self._bm25 = bm25
        self._numbers: dict[str, int] = {}
        self._added = Column(folder, np.int32, (3,))
        self._lengths = Column(folder, np.int32)
        self._before: LexicalIndex | None = None
        self._kept: list[tuple[int, int, int]] = []
        self._sorted = {
            "rows": Column(folder, np.int32),
            "counts": Column(folder, np.int32),
            "impacts": Column(folder, np.float32),
        }

    def close(self) -> None:
        """Give up what was collected."""
        for column in (self._added, self._lengths, *self._sorted.values()):
            column.close()

    def add(self, terms: Sequence[str]) -> None:
        """Add the terms of the next passage. Raises OSError."""
        row = self._lengths.rows
        counts = [
            (self._numbers.setdefault(term, len(self._numbers)), row, count)
            for term, count in Counter(terms).items()
        ]
        self._added.append(np.asarray(counts, np.int32).reshape(-1, 3))
        self._lengths.append(np.asarray([len(terms)]))

    def keep(self, before: LexicalIndex, first: int, last: int) -> None:
        """Add the passages ``first`` up to ``last`` of an index; the same one each time."""
        self._before = before
        self._kept.append((first, last, self._lengths.rows))
        self._lengths.append(before.lengths[first:last])

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the name and the bytes, in parts, of each file of the index; once. Raises OSError."""
        kept = self._kept_numbers()
        terms = sorted(self._numbers)
        place = np.empty(len(terms), np.int32)
        place[[self._numbers[term] for term in terms]] = np.arange(len(terms))
        frequency = np.zeros(len(terms), np.int64)
        runs = []
        for postings in self._postings(kept):
            postings[:, 0] = place[postings[:, 0]]
            frequency += np.bincount(postings[:, 0], minlength=len(terms))
            runs.append(_Run(self._folder, postings))
        lengths = self._lengths.array()
        self._merge(runs, frequency, lengths)
        text = "\n".join(terms).encode("utf-8", "surrogatepass")
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        yield "lexical_terms.txt", iter([text])
        yield "lexical_starts.npy", npy(starts.dtype, starts.shape, [starts])
        yield "lexical_lengths.npy", npy(lengths.dtype, lengths.shape, [lengths])
        for name, column in self._sorted.items():
            yield f"lexical_{name}.npy", column.npy()

    def _kept_numbers(self) -> NDArray[np.int32]:
        """Return the number here of each term of the index before that a passage taken over holds."""
        if self._before is None:
            return np.empty(0, np.int32)
        held = np.zeros(len(self._before.terms), bool)
        for numbers, _, _ in self._taken_over(self._before):
            held[numbers] = True
        found = np.zeros(len(held), np.int32)
        for number in np.flatnonzero(held).tolist():
            term = self._before.terms[number]
            found[number] = self._numbers.setdefault(term, len(self._numbers))
        return found

    def _postings(self, kept: NDArray[np.int32]) -> Iterator[Postings]:
        """Yield all postings in parts, in no order."""
        for part in self._added.parts(_AT_ONCE):
            yield part.copy()
        if self._before is not None:
            for numbers, rows, counts in self._taken_over(self._before):
                yield np.stack([kept[numbers], rows, counts], axis=1)

    def _taken_over(
        self, before: LexicalIndex
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]]:
        """Yield the term there, the row here and the count of postings that are taken over."""
        moved = np.full(before.count, -1, np.int32)
        for first, last, row in self._kept:
            moved[first:last] = np.arange(row, row + last - first)
        for start in range(0, len(before.rows), _AT_ONCE):
            rows = moved[before.rows[start : start + _AT_ONCE]]
            there = np.flatnonzero(rows >= 0)
            numbers = np.searchsorted(before.starts, start + there, side="right") - 1
            yield numbers, rows[there], before.counts[start + there]

    def _merge(
        self, runs: Sequence[_Run], frequency: NDArray[np.int64], lengths: NDArray[np.int32]
    ) -> None:
        """Sort all runs into one, by term and row, and work out what each posting adds to a score."""
        length = lengths.astype(np.float32)
        relative = length / max(float(length.mean()) if len(length) else 1.0, 1e-9)
        weights = idf(frequency, len(lengths))
        for first, last in _blocks(frequency):
            part = np.concatenate([run.part(first, last) for run in runs], axis=1)
            numbers, rows, counts = part[:, np.lexsort((part[1], part[0]))]
            self._sorted["rows"].append(rows)
            self._sorted["counts"].append(counts)
            self._sorted["impacts"].append(
                impacts(counts, weights[numbers], relative[rows], self._bm25)
            )


class _Run:
    """Postings sorted by term, on the disk."""

    def __init__(self, folder: Path, postings: Postings) -> None:
        order = np.argsort(postings[:, 0], kind="stable")
        self._map: Any = np.empty((3, 0), np.int32)
        if len(postings):
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(np.ascontiguousarray(postings[order].T).tobytes())
                file.flush()
                self._map = np.memmap(file, np.int32, "r", shape=(3, len(postings)))

    def part(self, first: int, last: int) -> NDArray[np.int32]:
        """Return the postings of the terms ``first`` up to ``last``, shape (3, n)."""
        start, end = np.searchsorted(self._map[0], [first, last])
        return np.asarray(self._map[:, start:end])


def _blocks(frequency: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield stretches of terms that have not many more than so many postings together."""
    ends = np.cumsum(frequency)
    first = 0
    while first < len(ends):
        before = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, before + _AT_ONCE, side="right")), first + 1)
        yield first, last
        first = last
