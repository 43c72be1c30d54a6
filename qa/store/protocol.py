"""What asking wants of a store. It speaks of ids and sets, never of files: a database fits behind it.

**A store recalls; scoring is local.** A question costs three calls: ``statistics`` counts what the
question's words and tokens weigh, ``candidates`` names passages that may answer, and ``fetch``
gives all that scoring, grouping, excerpts and explanations need of them. Scores, explanations and
calibration therefore mean the same on every store.

What an index shows is the same in all of these: a removed document is in none of them. Only the
frequencies still count it, so that removing a document changes no score.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.arrays import FloatArray
from qa.facets import Known, count
from qa.records import (
    About,
    Archive,
    Document,
    FacetValue,
    Filters,
    IndexInfo,
    PassageId,
    Span,
)
from qa.store.recipe import Recipe
from qa.text.analysis import Analyzer

RowArray = NDArray[np.int64]

CONTEXT = 255
"""Marks a token that is not of the passage's own text."""


class TokenCodes(NamedTuple):
    """Coded tokens of some passages, end to end.

    ``codes``: uint8, shape (tokens, width). ``starts``: int64, where each passage's tokens
    begin. ``sentences``: uint8, for each token the number of its sentence within its passage;
    ``CONTEXT`` for a token of the title or heading that was read with it.
    """

    codes: NDArray[np.uint8]
    starts: RowArray
    sentences: NDArray[np.uint8]

    def part(self, first: int, last: int) -> TokenCodes:
        """Return the tokens of the passages ``first`` up to ``last``, not included."""
        if first == 0 and last >= len(self.starts):
            return self
        begin = int(self.starts[first]) if first < len(self.starts) else len(self.codes)
        end = int(self.starts[last]) if last < len(self.starts) else len(self.codes)
        return TokenCodes(
            self.codes[begin:end], self.starts[first:last] - begin, self.sentences[begin:end]
        )


class DocumentEntry(NamedTuple):
    """A document without its text, for listings."""

    id: str
    source: str
    title: str | None
    published: str | None
    characters: int
    passages: int


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


class Query(NamedTuple):
    """What passages are wanted for: a unit vector, and terms without repetitions.

    ``depth``: how many of each kind. Passages that are ``held_out`` are not found.
    """

    vector: FloatArray
    terms: Sequence[str]
    depth: int
    filters: Filters = Filters()
    held_out: Collection[PassageId] = ()


class Candidates(NamedTuple):
    """Passages that may answer, best first, ties by id, each list as deep as was asked for.

    ``dense``: by the cosine of their vectors with the query's. ``lexical``: by BM25, only those with
    one of the terms. ``undated_documents``: how many documents without a date a filter by date
    left out. ``unmatched``: the filter's globs that no source with a passage fits.
    ``unknown_facets``: names of the filter that no document which is shown has; ``unmet``: names with
    values that none has, though some have the name.
    """

    dense: Sequence[PassageId]
    lexical: Sequence[PassageId]
    undated_documents: int = 0
    unmatched: tuple[str, ...] = ()
    unknown_facets: tuple[str, ...] = ()
    unmet: tuple[tuple[str, FacetValue], ...] = ()


class Statistics(NamedTuple):
    """How rare terms and tokens are.

    ``passages``: how many there are; ``mean_length``: terms in a passage, on average; ``terms``: in
    how many passages each of the terms stands, 0 for one that is not known; ``tokens``: int64, the
    same for the tokens, in the order in which they were asked for. These count removed documents
    too, until the next build. ``held``: those of the terms that a passage which is shown holds.
    """

    passages: int
    mean_length: float
    terms: Mapping[str, int]
    tokens: RowArray
    held: frozenset[str]


class StoredPassage(NamedTuple):
    """A passage with all that an excerpt, its citation and its neighbours ask of it.

    Spans are in the document's text. ``part``: names the part of the document, which no excerpt
    leaves; ``page``, ``place`` and ``line``, from 1: where it begins. ``about``: title,
    address and date of the listing entry that it begins in, and else of the document; ``announces``
    says that such an entry has an address of its own; ``author`` is None within such an entry.
    ``headings``: spans of titles and headings that it holds a part of; ``headers``: of rows that name
    a table's columns; ``kinds``: the kinds of all blocks but headings. ``gap``: the white space between
    its end and the text that follows, at most as long as an excerpt.
    """

    id: PassageId
    document_id: str
    source: str
    sha256: str
    start: int
    end: int
    text: str
    section: str | None
    sentences: tuple[Span, ...]
    part: tuple[int, int]
    page: int | None
    place: str | None
    line: int
    about: About
    author: str | None
    announces: bool
    headings: tuple[Span, ...]
    headers: tuple[Span, ...]
    kinds: frozenset[str]
    gap: str


class Fetched(NamedTuple):
    """Passages in the order in which they were asked for.

    ``vectors``: float32, shape (passages, dimension). ``counts``: int32, shape (passages, terms),
    how often each holds each of the terms that were asked for. ``lengths``: int32, how many terms
    each has, its context's counted. A store at hand may make each of ``passages`` when it is looked at.
    """

    vectors: FloatArray
    tokens: TokenCodes
    counts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    passages: Sequence[StoredPassage]

    def part(self, first: int, last: int) -> Fetched:
        """Return the passages ``first`` up to ``last``, not included."""
        return Fetched(
            self.vectors[first:last],
            self.tokens.part(first, last),
            self.counts[first:last],
            self.lengths[first:last],
            self.passages[first:last],
        )


class Sampled(NamedTuple):
    """A passage of a sample; ``beside``: the passages before and after it, in the order of ids.

    ``sentences`` are spans of ``text``.
    """

    id: PassageId
    document_id: str
    text: str
    sentences: tuple[Span, ...]
    beside: tuple[PassageId, ...]


class Spellings(Protocol):
    """The words of an archive as its documents write them, held in memory."""

    def near(self, word: str, distance: int) -> Sequence[NearWord]:
        """Return the words within an edit distance of ``word``, as folded, in no order.

        Those that begin with another letter may be left out beyond a distance of 1. None where the
        words are not known.
        """


class Store(Protocol):
    """One immutable generation of an index. Safe to use from several threads.

    Its attributes were read when it was opened and cost nothing; each method may be a call over a
    network. Methods raise IndexUnreachableError where what holds the index gives no answer, and
    IndexDamagedError where something is not what was written.
    """

    @property
    def info(self) -> IndexInfo:
        """Which generation this is, and how much of it is shown."""

    @property
    def version(self) -> str:
        """Names what it shows: two that answer differently have different ones."""

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """What the build kept of the index's calibration; None where it has none."""

    @property
    def analyzer(self) -> Analyzer:
        """What turned its passages into terms."""

    @property
    def recipe(self) -> Recipe:
        """How it was made: its model, its language, the constants of its lexical ranking."""

    @property
    def size(self) -> int:
        """How many bytes it takes where it lies."""

    @property
    def spellings(self) -> Spellings:
        """Its words, for what a mistyped one may have meant."""

    def statistics(self, terms: Sequence[str], tokens: Sequence[int]) -> Statistics:
        """Count the passages, and in how many of them terms and a model's tokens stand."""

    def candidates(self, query: Query) -> Candidates:
        """Return the passages that may answer."""

    def fetch(self, ids: Sequence[PassageId], terms: Sequence[str]) -> Fetched:
        """Return passages, with the counts of ``terms``. Raises LookupError for one that is not shown."""

    def similar(self, id: PassageId, cosine: float) -> Collection[PassageId]:
        """Return the passages whose vectors have at least this cosine with that of ``id``, itself too."""

    def sample(self, most: int) -> Sequence[Sampled]:
        """Return at most so many passages, spread evenly over the index, in the order of ids."""

    def extracts(self, documents: int, places: int, characters: int) -> Sequence[str]:
        """Return stretches of text: of some documents, spread evenly by source, so many places each."""

    def document(self, document_id: str) -> Document | None:
        """Return a document with its text, or None."""

    def summary(self) -> Archive:
        """Count the documents by month, by folder, and by facet as ``qa.facets.count`` does."""

    def listing(self, after: str = "", limit: int | None = None) -> Sequence[DocumentEntry]:
        """Return documents whose source comes after ``after``, by source, at most ``limit``."""


NOTHING = Fetched(
    vectors=np.empty((0, 0), np.float32),
    tokens=TokenCodes(np.empty((0, 0), np.uint8), np.empty(0, np.int64), np.empty(0, np.uint8)),
    counts=np.empty((0, 0), np.int32),
    lengths=np.empty(0, np.int32),
    passages=(),
)
"""What fetching no passage gives."""


def summarise(entries: Sequence[DocumentEntry], facets: Iterable[Known]) -> Archive:
    """Count documents by month, by topmost folder and by facet; ``facets`` are those of each."""
    dated: dict[str, int] = {}
    folders: dict[str, int] = {}
    for entry in entries:
        if entry.published:
            month = entry.published[:7]
            dated[month] = dated.get(month, 0) + 1
        # What follows a "#" names a row of a table, and may hold a slash of its own.
        file = entry.source.split("#")[0]
        if "/" in file:
            folder = file.split("/")[0]
            folders[folder] = folders.get(folder, 0) + 1
    return Archive(
        documents=len(entries),
        dated=dict(sorted(dated.items())),
        undated=len(entries) - sum(dated.values()),
        folders=dict(sorted(folders.items())),
        facets=count(facets),
    )


def spread(count: int, most: int) -> list[int]:
    """Return at most so many of ``count`` places, as far apart as they come: how a sample is chosen."""
    if count <= most:
        return list(range(count))
    return [int(place) for place in np.linspace(0, count - 1, most)]
