"""What the engine asks of a store. It knows nothing of files: a database could stand behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.records import Document, Filters, IndexInfo, Passage

RowArray = NDArray[np.int64]
Mask = NDArray[np.bool_]


class TokenCodes(NamedTuple):
    """Coded tokens of some passages, end to end.

    ``codes``: uint8, shape (tokens, width). ``starts``: int64, where each passage's tokens
    begin. ``sentences``: uint8, for each token the number of its sentence within its passage;
    ``CONTEXT`` for a token of the title or heading that was read with it.
    """

    codes: NDArray[np.uint8]
    starts: RowArray
    sentences: NDArray[np.uint8]


CONTEXT = 255
"""Marks a token that is not of the passage's own text."""


class DocumentEntry(NamedTuple):
    """A document without its text, for listings."""

    id: str
    source: str
    title: str | None
    published: str | None
    characters: int
    passages: int


class Allowed(NamedTuple):
    """The rows that a filter leaves (None: all), and how many undated documents a date filter left out."""

    rows: Mask | None
    undated_documents: int


class NearWord(NamedTuple):
    """A word of the archive that is spelled nearly as another one.

    ``word`` is as folded, ``written`` as the documents write it most often; ``times`` says how
    often, ``distance`` how many letters are other, missing, too many, or swapped
    with the next one.
    """

    word: str
    written: str
    times: int
    distance: int


class Store(Protocol):
    """One immutable generation of an index."""

    @property
    def info(self) -> IndexInfo:
        """Which generation this is."""

    @property
    def version(self) -> str:
        """Names what it shows: two that answer differently have different ones."""

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """What the build kept of the index's calibration; None where it has none."""

    def allowed(self, filters: Filters) -> Allowed:
        """Return the rows that ``filters`` leave."""

    def nearest(self, vector: FloatArray, k: int, allowed: Mask | None) -> RowArray:
        """Return the rows of the ``k`` nearest passage vectors, best first, ties by row."""

    def cosines(self, vector: FloatArray, rows: RowArray) -> FloatArray:
        """Return the cosines of ``vector`` with the vectors of ``rows``."""

    def alike(self, row: int) -> FloatArray:
        """Return the cosines of every passage vector with that of ``row``, shape (passages,)."""

    def terms(self, text: str) -> list[tuple[str, str]]:
        """Return (word, term) for the words of ``text`` that count for lexical search."""

    def term_scores(self, terms: Sequence[str]) -> FloatArray:
        """Return every passage's BM25 score, shape (passages,)."""

    def term_weight(self, term: str) -> float:
        """Return the most that a term can add to a BM25 score: its rarity."""

    def term_frequency(self, term: str) -> int:
        """Return in how many passages a term stands."""

    def near_words(self, word: str, distance: int) -> Sequence[NearWord]:
        """Return the archive's words within an edit distance of ``word``, as folded, in no order.

        Those that begin with another letter may be left out beyond a distance of 1. None where the
        words are not known.
        """

    def term_share(self, term: str, row: int) -> float:
        """Return what one term adds to one passage's BM25 score; 0 when it does not hold it."""

    def token_weights(self, ids: Sequence[int]) -> FloatArray:
        """Return the inverse document frequencies of a model's tokens."""

    def token_codes(self, rows: RowArray) -> TokenCodes:
        """Return the coded tokens of ``rows``, in that order."""

    def passage(self, row: int) -> Passage:
        """Return the passage at ``row``. Raises LookupError for one of a removed document."""

    def document(self, document_id: str) -> Document | None:
        """Return a document with its text, or None."""

    def entries(self) -> Sequence[DocumentEntry]:
        """Return all documents, by source."""
