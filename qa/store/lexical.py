"""BM25 over terms, computed when the index is built and read from the disk as it is.

The score of a passage is the sum, over the question's terms, of a number that depends on the
term and the passage alone, so that all of it can be computed beforehand (Lù, BM25S, 2024); a
question adds up a few arrays. The variant is Robertson's with the idf of Lucene, which is never
negative. Unlike a general library's index this one keeps to NumPy (no just-in-time compiler to
start), is written and verified as the rest of a generation is, searches within a filter exactly,
and tells each term's share of a score.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bm25:
    """How fast a repeated term saturates, and how much a long passage is held down."""

    k1: float = 1.2
    b: float = 0.75


class LexicalIndex:
    """Terms and, for each, the passages that hold it with their shares of the score.

    ``starts``, int64 of shape (terms + 1,), bounds each term's part of ``rows`` (int32,
    ascending within a term), ``counts`` (int32, how often the passage holds it) and ``impacts``
    (float32). ``lengths``, int32, are the terms of each passage; from these and the counts a
    later build works out other impacts without reading the texts.
    """

    def __init__(
        self,
        *,
        terms: Sequence[str],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        counts: NDArray[np.int32],
        lengths: NDArray[np.int32],
        impacts: FloatArray,
        k1: float,
    ) -> None:
        self.terms = terms
        self.starts = starts
        self.rows = rows
        self.counts = counts
        self.lengths = lengths
        self.impacts = impacts
        self.count = len(lengths)
        self.k1 = k1
        self._number: Mapping[str, int] = {term: n for n, term in enumerate(terms)}

    @classmethod
    def build(cls, passages: Iterable[Sequence[str]], bm25: Bm25) -> LexicalIndex:
        """Index passages given as their terms, in row order."""
        numbers: dict[str, int] = {}
        found: list[tuple[int, int, int]] = []
        lengths: list[int] = []
        for row, terms in enumerate(passages):
            lengths.append(len(terms))
            for term, count in Counter(terms).items():
                found.append((numbers.setdefault(term, len(numbers)), row, count))
        table = np.asarray(found, np.int32).reshape(-1, 3)
        return cls.of_counts(
            list(numbers),
            table[:, 0],
            table[:, 1],
            table[:, 2],
            np.asarray(lengths, np.int32),
            bm25,
        )

    @classmethod
    def of_counts(
        cls,
        terms: Sequence[str],
        numbers: NDArray[np.int32],
        rows: NDArray[np.int32],
        counts: NDArray[np.int32],
        lengths: NDArray[np.int32],
        bm25: Bm25,
    ) -> LexicalIndex:
        """Index how often each passage holds each term.

        ``numbers``, ``rows`` and ``counts`` go together, in any order: the place of a term in
        ``terms``, a row, and how often the term stands there. ``lengths`` are the passages' terms.
        """
        known = sorted(range(len(terms)), key=terms.__getitem__)
        place = np.empty(len(terms), np.int64)
        place[known] = np.arange(len(terms))
        of_term = place[numbers]
        order = np.argsort(of_term * max(len(lengths), 1) + rows, kind="stable")
        rows, counts = rows[order], counts[order]
        frequency = np.bincount(of_term, minlength=len(terms)).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(frequency)]).astype(np.int64)
        length = np.asarray(lengths, np.float32)
        relative = length / max(float(length.mean()) if len(length) else 1.0, 1e-9)
        weight = idf(frequency, len(lengths))
        norm = bm25.k1 * (1 - bm25.b + bm25.b * relative[rows])
        often = counts.astype(np.float32)
        impacts = np.repeat(weight, frequency) * often * (bm25.k1 + 1) / (often + norm)
        return cls(
            terms=[terms[n] for n in known],
            starts=starts,
            rows=rows,
            counts=counts,
            lengths=np.asarray(lengths, np.int32),
            impacts=impacts.astype(np.float32),
            k1=bm25.k1,
        )

    def ceiling(self, term: str) -> float:
        """Return the most that a term can add to a score; a term not in the index has the highest."""
        number = self._number.get(term)
        held = 0 if number is None else int(self.starts[number + 1] - self.starts[number])
        return math.log1p((self.count - held + 0.5) / (held + 0.5)) * (self.k1 + 1)

    def scores(self, terms: Iterable[str]) -> FloatArray:
        """Return the BM25 score of every passage, float32 of shape (count,)."""
        total = np.zeros(self.count, np.float32)
        for term in terms:
            rows, impacts = self.postings(term)
            total[rows] += impacts
        return total

    def postings(self, term: str) -> tuple[NDArray[np.int32], FloatArray]:
        """Return the rows that hold ``term``, ascending, and its share of their scores."""
        number = self._number.get(term)
        if number is None:
            return self.rows[:0], self.impacts[:0]
        part = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return self.rows[part], self.impacts[part]


def idf(frequency: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return Lucene's inverse document frequency, ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return np.log1p((count - frequency + 0.5) / (frequency + 0.5))
