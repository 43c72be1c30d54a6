"""The protocol of a store: what asking needs from it. It has ids and sets, and no files, so that a
database can implement it.

**A store finds candidates; scoring is local.** A question costs three calls. ``statistics`` returns the
counts that give the weights of the question's words and tokens. ``candidates`` returns the ids of
passages that may answer. ``fetch`` returns all that scoring, grouping, excerpts and explanations need of
these. So scores, explanations and calibration mean the same on every store.

All methods agree on what an index shows: a removed document is in none of their results. Only the
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
"""The sentence number of a token that does not belong to the passage's own text."""


class TokenCodes(NamedTuple):
    """Coded tokens of some passages, one passage after the other.

    ``codes``: uint8, shape (tokens, width). ``starts``: int64, where each passage's tokens
    begin. ``sentences``: uint8, for each token the number of its sentence within its passage;
    ``CONTEXT`` for a token of the title or heading, which the model reads with the passage.
    """

    codes: NDArray[np.uint8]
    starts: RowArray
    sentences: NDArray[np.uint8]

    def part(self, first: int, last: int) -> TokenCodes:
        """Return the tokens of the passages from ``first`` up to ``last``; ``last`` is not included."""
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
    """A word of the archive whose spelling is near to that of another word.

    ``word`` is its folded form, ``written`` the form that documents use most. ``times`` says how often
    it stands there. ``distance`` is the number of edits: a letter that is different, missing, too many,
    or swapped with the next one.
    """

    word: str
    written: str
    times: int
    distance: int


class Query(NamedTuple):
    """A search for candidates: a unit vector, and terms without repetitions.

    ``depth``: how many passages of each kind. Passages in ``held_out`` are not found, nor are passages
    that lack one of the terms ``required``.
    """

    vector: FloatArray
    terms: Sequence[str]
    depth: int
    filters: Filters = Filters()
    held_out: Collection[PassageId] = ()
    required: Sequence[str] = ()


class Candidates(NamedTuple):
    """Passages that may answer, best first, ties by id; each list has up to ``Query.depth`` of them.

    A store that judges nearness roughly may name a tenth more for a depth of 100 or more.

    ``dense``: by the cosine of their vectors with the query's vector. ``lexical``: by BM25, only
    passages with one of the terms. ``undated_documents``: how many documents a date filter left out
    because they have no date. ``unmatched``: the filter's globs that match no source with a passage.
    ``unknown_facets``: names in the filter that no shown document has. ``unmet``: names with values that
    no document has, though some have the name.
    """

    dense: Sequence[PassageId]
    lexical: Sequence[PassageId]
    undated_documents: int = 0
    unmatched: tuple[str, ...] = ()
    unknown_facets: tuple[str, ...] = ()
    unmet: tuple[tuple[str, FacetValue], ...] = ()


class Statistics(NamedTuple):
    """How rare terms and tokens are.

    ``passages``: how many passages there are. ``mean_length``: the mean number of terms in a passage.
    ``terms``: for each term, how many passages have it, 0 for an unknown term. ``tokens``: int64, the
    same for the tokens, in the order of the call. All of these count removed documents too, until the
    next build. ``held``: the terms that at least one shown passage has.
    """

    passages: int
    mean_length: float
    terms: Mapping[str, int]
    tokens: RowArray
    held: frozenset[str]


class StoredPassage(NamedTuple):
    """A passage with all that an excerpt, its citation and adjacent passages need.

    Spans are in the document's text. ``part`` names the part of the document; no excerpt crosses its
    boundary. ``page``, ``place`` and ``line``, counted from 1, are where the passage begins; each is None
    if the source has none. ``about``: title, address and date of the listing entry that it begins in, else
    of the document. ``announces``: whether such an entry has an address of its own. ``author`` is None in
    such an entry. ``headings``: spans of titles and headings that the passage overlaps. ``headers``: spans
    of rows that name a table's columns. ``kinds``: the kinds of all its blocks except headings. ``gap``:
    the white space between its end and the next text, at most as long as an excerpt. ``ocr_confidence``:
    how sure its words are that OCR read; None if OCR read none.
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
    line: int | None
    about: About
    author: str | None
    announces: bool
    headings: tuple[Span, ...]
    headers: tuple[Span, ...]
    kinds: frozenset[str]
    gap: str
    ocr_confidence: float | None = None


class Spans(NamedTuple):
    """Where the passages of a document lie in its text: starts and ends, ascending."""

    document_id: str
    sha256: str
    starts: Sequence[int]
    ends: Sequence[int]


class Fetched(NamedTuple):
    """Passages, in the order in which they were asked for.

    ``vectors``: float32, shape (passages, dimension). ``counts``: int32, shape (passages, terms),
    how often each passage has each of the terms of the call. ``lengths``: int32, how many terms each
    has, including its context. A local store may make each of ``passages`` only when it is used.
    """

    vectors: FloatArray
    tokens: TokenCodes
    counts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    passages: Sequence[StoredPassage]

    def part(self, first: int, last: int) -> Fetched:
        """Return the passages from ``first`` up to ``last``; ``last`` is not included."""
        return Fetched(
            self.vectors[first:last],
            self.tokens.part(first, last),
            self.counts[first:last],
            self.lengths[first:last],
            self.passages[first:last],
        )


class Sampled(NamedTuple):
    """A passage of a sample. ``beside``: the passages before and after it, in the order of ids.

    ``sentences`` are spans of ``text``.
    """

    id: PassageId
    document_id: str
    text: str
    sentences: tuple[Span, ...]
    beside: tuple[PassageId, ...]


class Spellings(Protocol):
    """The words of an archive as its documents write them; they are held in memory."""

    def near(self, word: str, distance: int) -> Sequence[NearWord]:
        """Return the words within an edit distance of ``word``, a folded form, in no order.

        Beyond a distance of 1, words with another first letter may be left out. The result is empty if
        the store does not know its words.
        """


class Store(Protocol):
    """One immutable generation of an index. Several threads may use it.

    Its attributes were read when it was opened and cost nothing; each method may be a call over a
    network. Methods raise IndexUnreachableError if the place that holds the index does not respond,
    and IndexDamagedError if something is not what was written.
    """

    @property
    def info(self) -> IndexInfo:
        """Which generation this is, and how many documents and passages it shows."""

    @property
    def version(self) -> str:
        """A name for what it shows: two stores that give different answers have different versions."""

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """The calibration that the build stored; None if there is none."""

    @property
    def analyzer(self) -> Analyzer:
        """The analyzer that turned its passages into terms."""

    @property
    def recipe(self) -> Recipe:
        """The recipe that made it: model, language, constants of lexical ranking."""

    @property
    def size(self) -> int:
        """The size of the stored generation in bytes."""

    @property
    def spellings(self) -> Spellings:
        """Its words, for suggesting the right spelling of a mistyped word."""

    def statistics(self, terms: Sequence[str], tokens: Sequence[int]) -> Statistics:
        """Count the passages, and count in how many of them each term and each token of the model stands."""

    def candidates(self, query: Query) -> Candidates:
        """Return the passages that may answer."""

    def fetch(self, ids: Sequence[PassageId], terms: Sequence[str]) -> Fetched:
        """Return passages, with the counts of ``terms``. Raises LookupError for one that is hidden."""

    def similar(self, id: PassageId, cosine: float) -> Collection[PassageId]:
        """Return the passages whose vectors have at least this cosine with that of ``id``; ``id`` too."""

    def sample(self, most: int) -> Sequence[Sampled]:
        """Return at most ``most`` passages, spread evenly over the index, in the order of ids."""

    def extracts(self, documents: int, places: int, characters: int) -> Sequence[str]:
        """Return pieces of text: from documents spread evenly by source, from ``places`` places in each."""

    def document(self, document_id: str) -> Document | None:
        """Return a document with its text, or None."""

    def spans(self) -> Iterable[Spans]:
        """Return where all passages lie, a document at a time, in no order of documents."""

    def summary(self) -> Archive:
        """Count the documents by month, by topmost folder, and by facet as ``qa.facets.count`` does.

        It also tells what the build skipped.
        """

    def listing(self, after: str = "", limit: int | None = None) -> Sequence[DocumentEntry]:
        """Return at most ``limit`` documents, sorted by source, that come after the source ``after``."""


NOTHING = Fetched(
    vectors=np.empty((0, 0), np.float32),
    tokens=TokenCodes(np.empty((0, 0), np.uint8), np.empty(0, np.int64), np.empty(0, np.uint8)),
    counts=np.empty((0, 0), np.int32),
    lengths=np.empty(0, np.int32),
    passages=(),
)
"""The result of fetching no passage."""


def summarise(
    entries: Sequence[DocumentEntry], facets: Iterable[Known], skipped: Iterable[Sequence[str]] = ()
) -> Archive:
    """Count documents by month, by topmost folder and by facet.

    ``facets``: those of each document. ``skipped``: pairs of a source and a reason.
    """
    dated: dict[str, int] = {}
    folders: dict[str, int] = {}
    for entry in entries:
        if entry.published:
            month = entry.published[:7]
            dated[month] = dated.get(month, 0) + 1
        # The part after a "#" names a row of a table, and may contain a slash itself.
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
        skipped=tuple((source, reason) for source, reason in skipped),
    )


def spread(count: int, most: int) -> list[int]:
    """Return at most ``most`` of ``count`` places, as far apart as possible; this chooses a sample."""
    if count <= most:
        return list(range(count))
    return [int(place) for place in np.linspace(0, count - 1, most)]
