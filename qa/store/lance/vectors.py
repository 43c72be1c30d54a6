"""The index of the vectors, for archives that are too large to compare each question with every passage.

It has partitions by k-means, and in them each vector in a byte for each dimension. A question looks at the
partitions that are nearest to it. It reads no row: what the index says is enough to choose candidates, and
these are scored by their full vectors. How many partitions are looked at is not guessed: once the index is
made, passages of it are searched for, and their nearest are worked out exactly beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from lancedb.index import IvfSq
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.errors import IndexDamagedError
from qa.store.protocol import RowArray

KIND = "IVF_SQ"
EXACT_PASSAGES = 20_000
"""Up to so many passages there is none, unless the settings say otherwise."""
PARTITION_ROWS = 4096
"""So many passages are in a partition, about."""
DEPTH = 100
SAMPLE = 64
"""Passages that are searched for to choose how many partitions a question looks at."""
WANTED = 0.995
"""The share of the exact 100 nearest that these must find: with a margin, for questions lie further off."""
LEAST = 0.95
"""An index that finds less in all its partitions is not one that can be used."""
_SPARE = 0.1
_ALIKE = 1e-6


def with_spare(count: int) -> int:
    """Return how many passages the index names where the nearest ``count`` are wanted.

    A byte for each dimension misjudges which ones are the last of many; a tenth more has nearly all of them.
    """
    return count + int(_SPARE * count) if count >= DEPTH else count


class VectorIndex(NamedTuple):
    """What the manifest says of it. ``probes``: partitions that a question looks at; ``recall``: as measured.

    ``runs``: stretches of rows, each as the engine's id of its first row, that row's number, and its length.
    """

    partitions: int
    probes: int
    recall: float
    runs: tuple[tuple[int, int, int], ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as the manifest has it."""
        return {"kind": KIND, **self._asdict()}

    @classmethod
    def of_manifest(cls, written: Mapping[str, Any] | None) -> VectorIndex | None:
        """Return what ``to_json`` returned; None where there is no index."""
        if written is None:
            return None
        runs = tuple((int(id), int(first), int(count)) for id, first, count in written["runs"])
        return cls(int(written["partitions"]), int(written["probes"]), written["recall"], runs)

    def probed(self, left: int, rows: int) -> int:
        """Return how many partitions are looked at where a condition leaves ``left`` of ``rows`` passages."""
        return min(math.ceil(self.probes * rows / max(left, 1)), self.partitions)


class RowIds:
    """From the engine's ids of rows to their numbers."""

    def __init__(self, runs: Sequence[tuple[int, int, int]]) -> None:
        ordered = np.asarray(sorted(runs), np.int64).reshape(-1, 3)
        self._ids, self._firsts, self._counts = ordered.T

    def rows(self, ids: NDArray[np.uint64]) -> RowArray:
        """Return the numbers of rows. Raises IndexDamagedError for an id that no row has."""
        wanted = ids.astype(np.int64)
        runs = np.searchsorted(self._ids, wanted, side="right") - 1
        beyond = wanted - self._ids[runs] if len(self._ids) else wanted
        if len(wanted) and (runs.min() < 0 or np.any(beyond >= self._counts[runs])):
            raise IndexDamagedError(
                "an index of the engine names a row that is not there: run qa check, or qa build again"
            )
        return np.asarray(self._firsts[runs] + beyond, np.int64)


def config(rows: int) -> tuple[IvfSq, int]:
    """Return what to ask of the engine for so many rows, and the number of partitions."""
    partitions = max(1, round(rows / PARTITION_ROWS))
    # Of unit vectors the same order as by cosine; k-means divides by this distance more evenly.
    return IvfSq(distance_type="l2", num_partitions=partitions), partitions


def nearest(vectors: FloatArray, parts: Iterable[FloatArray]) -> tuple[RowArray, FloatArray]:
    """Return rows and cosines of the nearest of each of some unit vectors, of all that come in parts.

    Both have the shape (vectors, at most 2 * DEPTH), nearest first.
    """
    rows: RowArray = np.empty((len(vectors), 0), np.int64)
    cosines: FloatArray = np.empty((len(vectors), 0), np.float32)
    first = 0
    for part in parts:
        cosines = np.concatenate([cosines, vectors @ part.T], axis=1)
        numbers = np.arange(first, first + len(part), dtype=np.int64)
        rows = np.concatenate([rows, np.broadcast_to(numbers, (len(vectors), len(part)))], axis=1)
        first += len(part)
        best = np.argsort(-cosines, axis=1, kind="stable")[:, : 2 * DEPTH]
        rows = np.take_along_axis(rows, best, axis=1)
        cosines = np.take_along_axis(cosines, best, axis=1)
    return rows, cosines


def recall(exact: tuple[RowArray, FloatArray], found: Sequence[RowArray]) -> float:
    """Return which share of the DEPTH nearest is among those found; ``exact``: what ``nearest`` returned.

    What is as near as the last of them counts as one of them.
    """
    shares = []
    for rows, cosines, mine in zip(*exact, found, strict=True):
        count = min(DEPTH, len(rows))
        as_near = rows[cosines >= cosines[count - 1] - _ALIKE]
        shares.append(min(int(np.isin(mine, as_near).sum()) / count, 1.0))
    return float(np.mean(shares))


def steps(partitions: int) -> Iterator[int]:
    """Yield numbers of partitions to try, ascending; the last one is all of them."""
    probes = 1
    while probes < partitions:
        yield probes
        probes = max(probes + 1, math.ceil(probes * 1.4))
    yield partitions
