"""Builds the inverted index: postings arrive by passage and leave by term.

Only data that grows with the vocabulary, and some seventy bytes a passage, is held in memory. The rest
is sorted on the disk: in runs of some megabytes, which are then merged, some terms at a time.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.store.bm25 import Bm25, idf, impacts, mean_length, relative_lengths
from qa.store.files.disk import Column, npy
from qa.store.files.lexical import LexicalIndex

Postings = NDArray[np.int32]
"""Shape (n, 3): the number of a term, the row of a passage, and how often the term stands there."""

_AT_ONCE = 1 << 18
"""How many postings are sorted at once; each takes 12 bytes."""


class PostingsWriter:
    """Collects the terms of passages; gives the files of their ``LexicalIndex``."""

    def __init__(self, folder: Path, bm25: Bm25) -> None:
        self._bm25 = bm25
        self._numbers: dict[str, int] = {}
        self._added = Column(folder, np.int32, (3,))
        self._lengths = Column(folder, np.int32)
        self._runs = _Runs(folder)
        self._before: LexicalIndex | None = None
        self._kept: list[tuple[int, int, int]] = []
        self._sorted = {
            "rows": Column(folder, np.int32),
            "counts": Column(folder, np.int32),
            "impacts": Column(folder, np.float32),
        }

    def close(self) -> None:
        """Discard what was collected."""
        for column in (self._added, self._lengths, *self._sorted.values()):
            column.close()
        self._runs.close()

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
        """Add the passages ``first`` up to ``last`` of an index, which must be the same in each call."""
        self._before = before
        self._kept.append((first, last, self._lengths.rows))
        self._lengths.append(before.lengths[first:last])

    @property
    def terms(self) -> Collection[str]:
        """The terms of all passages; complete once ``files`` is exhausted."""
        return self._numbers.keys()

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the name and the bytes, in parts, of each file of the index; once. Raises OSError."""
        kept = self._kept_numbers()
        terms = sorted(self._numbers)
        place = np.empty(len(terms), np.int32)
        place[[self._numbers[term] for term in terms]] = np.arange(len(terms))
        frequency = np.zeros(len(terms), np.int64)
        for postings in self._postings(kept):
            postings[:, 0] = place[postings[:, 0]]
            frequency += np.bincount(postings[:, 0], minlength=len(terms))
            self._runs.add(postings)
        lengths = self._lengths.array()
        self._merge(frequency, lengths)
        text = "\n".join(terms).encode("utf-8", "surrogatepass")
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        yield "lexical_terms.txt", iter([text])
        yield "lexical_starts.npy", npy(starts.dtype, starts.shape, [starts])
        yield "lexical_lengths.npy", npy(lengths.dtype, lengths.shape, [lengths])
        for name, column in self._sorted.items():
            yield f"lexical_{name}.npy", column.npy()

    def _kept_numbers(self) -> NDArray[np.int32]:
        """Return, for each term of the previous index, its number here, if a reused passage has it."""
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
        """Yield all postings in parts, unsorted."""
        for part in self._added.parts(_AT_ONCE):
            yield part.copy()
        if self._before is not None:
            for numbers, rows, counts in self._taken_over(self._before):
                yield np.stack([kept[numbers], rows, counts], axis=1)

    def _taken_over(
        self, before: LexicalIndex
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]]:
        """Yield the reused postings: the term's old number, the new row, and the count."""
        moved = np.full(before.count, -1, np.int32)
        for first, last, row in self._kept:
            moved[first:last] = np.arange(row, row + last - first)
        for start in range(0, len(before.rows), _AT_ONCE):
            rows = moved[before.rows[start : start + _AT_ONCE]]
            there = np.flatnonzero(rows >= 0)
            numbers = np.searchsorted(before.starts, start + there, side="right") - 1
            yield numbers, rows[there], before.counts[start + there]

    def _merge(self, frequency: NDArray[np.int64], lengths: NDArray[np.int32]) -> None:
        """Merge all runs into one, and compute the impact of each posting."""
        relative = relative_lengths(lengths, mean_length(lengths))
        weights = idf(frequency, len(lengths))
        for postings in self._runs.below(_block_ends(frequency)):
            numbers, rows, counts = postings.T
            self._sorted["rows"].append(rows)
            self._sorted["counts"].append(counts)
            self._sorted["impacts"].append(
                impacts(counts, weights[numbers], relative[rows], self._bm25)
            )


class _Runs:
    """Postings on the disk in runs, each sorted by term; all runs are in one file."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed below
        self._size = 0
        self._left: list[tuple[int, int, int]] = []
        """For each run: where it begins, how many postings it has, how many were yielded."""

    def add(self, postings: Postings) -> None:
        """Add a run. Raises OSError."""
        order = np.argsort(postings[:, 0], kind="stable")
        self._file.write(np.ascontiguousarray(postings[order].T).tobytes())
        self._left.append((self._size, len(postings), 0))
        self._size += 3 * len(postings)

    def below(self, terms: Sequence[int]) -> Iterator[Postings]:
        """Yield, for each of some terms in order, the postings below it that were not yielded yet.

        They are sorted by term and row. Raises OSError.
        """
        self._file.flush()
        whole = np.memmap(self._file, np.int32, "r") if self._size else np.empty(0, np.int32)
        for term in terms:
            parts = []
            for n, (start, count, given) in enumerate(self._left):
                run = whole[start : start + 3 * count].reshape(3, count)
                last = given + int(np.searchsorted(run[0, given:], np.int32(term)))
                parts.append(run[:, given:last])
                self._left[n] = (start, count, last)
            part = np.concatenate(parts, axis=1)
            yield part[:, np.lexsort((part[1], part[0]))].T

    def close(self) -> None:
        """Discard the runs."""
        with suppress(OSError):
            self._file.close()


def _block_ends(frequency: NDArray[np.int64]) -> list[int]:
    """Return where blocks of terms end, so that a block has about ``_AT_ONCE`` postings or a few more."""
    ends = np.cumsum(frequency)
    found = [0]
    while found[-1] < len(ends):
        before = ends[found[-1] - 1] if found[-1] else 0
        last = int(np.searchsorted(ends, before + _AT_ONCE, side="right"))
        found.append(max(last, found[-1] + 1))
    return found[1:]
