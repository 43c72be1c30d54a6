"""From what the engine recalls to the best that there are: exact scores, and the first by id of equal ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.store.protocol import RowArray

_SPARE = 32
_MOST_RUNS = 50
"""Stretches of documents that are named one by one in a condition."""


def counted(
    texts: Sequence[str], terms: Sequence[str]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return how often passages hold terms, shape (passages, terms), and how many terms each has."""
    split = [text.split(" ") if text else [] for text in texts]
    counts = [[held[term] for term in terms] for held in map(Counter, split)]
    lengths = np.asarray([len(one) for one in split], np.int32)
    return np.asarray(counts, np.int32).reshape(len(texts), len(terms)), lengths


class Recalled(NamedTuple):
    """Rows that the engine found, their exact scores, and the highest one of a row that it cut off."""

    rows: RowArray
    exact: FloatArray
    ceiling: float


def best(recall: Callable[[int], Recalled], depth: int, left: int) -> RowArray:
    """Return the ``depth`` best of ``left`` rows, best first, ties by row; ``recall`` finds so many."""
    wanted = min(depth + _SPARE, left)
    while True:
        found = recall(wanted)
        order = np.lexsort((found.rows, -found.exact))[:depth]
        complete = len(found.rows) < wanted or wanted == left
        # What was cut off must be below all of the best: of equal ones the engine takes any.
        if complete or (len(order) and found.exact[order[-1]] > found.ceiling):
            return np.asarray(found.rows[order], np.int64)
        wanted = min(4 * wanted, left)


def among(column: str, keep: NDArray[np.bool_]) -> str:
    """Return a condition, in SQL, that holds for the numbers that are kept: the shortest there is."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], keep.astype(np.int8), [0]])))
    starts, ends = edges[::2].tolist(), edges[1::2].tolist()
    if not starts:
        return "false"
    if len(starts) <= _MOST_RUNS:
        runs = (f"{column} BETWEEN {a} AND {b - 1}" for a, b in zip(starts, ends, strict=True))
        return f"({' OR '.join(runs)})"
    out = keep.sum() * 2 > len(keep)
    numbers = np.flatnonzero(~keep if out else keep).tolist()
    return f"{column} {'NOT ' if out else ''}IN ({', '.join(map(str, numbers))})"
