"""A generation as asking sees it: what its tables recall, without the documents removed since."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexForeignError
from qa.records import Archive, Document, IndexInfo, PassageId
from qa.store.documents import Catalogue, Documents, document_of
from qa.store.files.dense import check_unit
from qa.store.files.words import Words
from qa.store.ids import PassageIds
from qa.store.lance.exact import among, counted
from qa.store.lance.layout import PassageRow, unpacked
from qa.store.lance.recall import Recall, Scope
from qa.store.lance.tables import Tables
from qa.store.lance.terms import Frequencies
from qa.store.lifecycle import EncodedPassage, FileRecord
from qa.store.protocol import (
    Candidates,
    DocumentEntry,
    Fetched,
    Query,
    RowArray,
    Sampled,
    Spans,
    Statistics,
    StoredPassage,
    TokenCodes,
    spread,
)
from qa.store.recipe import Recipe
from qa.text.analysis import Analyzer

DOCUMENT_ENTRIES, RECORDS, WORDS, TOKENS, FIRST_TERMS = (
    "documents.json",
    "files.json",
    "words.txt",
    "token_frequency.bin",
    "first_terms.json",
)
LOCAL = (DOCUMENT_ENTRIES, RECORDS, WORDS, TOKENS, FIRST_TERMS)
"""Files that are read when a generation is opened, and stay in memory."""


class LanceGeneration:
    """Implements ``Store``."""

    def __init__(
        self,
        tables: Tables,
        index_name: str,
        manifest: Mapping[str, Any],
        files: Mapping[str, bytes],
        *,
        version: str,
        removed: Collection[str] = (),
    ) -> None:
        self.tables = tables
        self.manifest = manifest
        self.version = version
        self.recipe = Recipe.of_manifest(manifest)
        self.analyzer = Analyzer(self.recipe.language)
        self.size = int(manifest["bytes"])
        self.calibration: Mapping[str, Any] | None = manifest.get("calibration")
        written = json.loads(files[DOCUMENT_ENTRIES])
        self._records: list[dict[str, Any]] = json.loads(files[RECORDS])
        self.token_frequency = np.frombuffer(files[TOKENS], "<i8")
        """In how many passages each token of the model stands."""
        # Of parts and not of self: a cycle would keep a generation that nobody uses.
        self.documents = Documents(written, partial(_read, tables, written), removed)
        counts = np.asarray([entry["passages"] for entry in written], np.int64)
        self._bounds: RowArray = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._catalogue = Catalogue(self.documents, counts)
        hidden = self.documents.hidden
        self._visible = np.ones(len(written), bool) if hidden is None else ~hidden
        self.spellings = Words(files[WORDS] if hidden is None else b"")
        self._frequencies = Frequencies(tables, json.loads(files[FIRST_TERMS]))
        self._recall = Recall(
            tables,
            self._frequencies,
            self.recipe.bm25,
            float(manifest["mean_length"]),
            int(counts.sum()),
        )
        self.info = IndexInfo(
            name=index_name,
            generation=str(manifest["generation"]),
            model=self.recipe.model,
            passages=int(counts[self._visible].sum()),
            documents=int(self._visible.sum()),
        )

    # --- recalling ---------------------------------------------------------------------------

    def statistics(self, terms: Sequence[str], tokens: Sequence[int]) -> Statistics:
        known = self._frequencies(terms)
        held = frozenset(term for term in terms if known[term])
        if self.documents.hidden is not None:
            where = self._where(self._visible)
            held = frozenset(term for term in held if self._recall.holds(term, where))
        return Statistics(
            passages=len(self),
            mean_length=float(self.manifest["mean_length"]),
            terms=known,
            tokens=self.token_frequency[np.asarray(tokens, np.int64)],
            held=held,
        )

    def holding(self, term: str) -> int:
        """Return in how many passages the engine's index finds a term, hidden ones too."""
        scope = Scope(None, np.empty(0, np.int64), len(self))
        return int(self._recall.holders([term], scope).sum())

    def __len__(self) -> int:
        """How many passages there are, hidden ones too."""
        return int(self._bounds[-1])

    def candidates(self, query: Query) -> Candidates:
        keep, sifted, undated = self._visible, None, 0
        if query.filters:
            keep, undated, sifted = self.documents.matching(query.filters)
        if query.vector.shape != (self.recipe.dimension,):
            raise IndexForeignError(
                f"the question's vector has the shape {query.vector.shape}, those of the index have "
                f"{self.recipe.dimension} dimensions: the index is another model's, run qa build again"
            )
        check_unit(query.vector[None, :])
        held_out = self.ids.rows(list(query.held_out))
        left = int(np.diff(self._bounds)[keep].sum()) - len(held_out[keep[self._places(held_out)]])
        scope = Scope(self._where(keep), held_out, left)
        none = np.empty(0, np.int64)
        if query.required:
            holders = self._recall.holders(query.required, scope)
            scope = Scope(among("row", holders), none, int(holders.sum()))
        dense = lexical = none
        if scope.left:
            dense = self._recall.dense(query.vector, query.depth, scope)
        if scope.left and query.terms:
            lexical = self._recall.lexical(query.terms, query.depth, scope)
        return Candidates(
            dense=self.ids.ids(dense),
            lexical=self.ids.ids(lexical),
            undated_documents=undated,
            unmatched=self._catalogue.unmatched(query.filters.source),
            unknown_facets=sifted.unknown if sifted else (),
            unmet=sifted.unmet if sifted else (),
        )

    def _where(self, keep: NDArray[np.bool_]) -> str | None:
        """Return the condition that leaves the passages of some documents, in SQL; None for all."""
        return None if keep.all() else among("document", keep)

    def _places(self, rows: RowArray) -> RowArray:
        """Return the place of each row's document."""
        return np.asarray(np.searchsorted(self._bounds, rows, side="right") - 1, np.int64)

    # --- fetching ----------------------------------------------------------------------------

    def fetch(self, ids: Sequence[PassageId], terms: Sequence[str]) -> Fetched:
        rows = self.ids.rows(ids)
        if not self._visible[self._places(rows)].all():
            raise LookupError("a passage of a removed document")
        found = [row for row, _ in self.tables.passages(rows.tolist())] if len(rows) else []
        counts, lengths = counted([row.terms for row in found], terms)
        return Fetched(
            vectors=np.array([row.vector for row in found], np.float32).reshape(
                -1, self.recipe.dimension
            ),
            tokens=self._codes(found),
            counts=counts,
            lengths=lengths,
            passages=[self.stored(id, row) for id, row in zip(ids, found, strict=True)],
        )

    def _codes(self, found: Sequence[PassageRow]) -> TokenCodes:
        ends = np.cumsum([len(row.sentences) for row in found], dtype=np.int64)
        codes = np.frombuffer(b"".join(row.codes for row in found), np.uint8)
        sentences = np.frombuffer(b"".join(row.sentences for row in found), np.uint8)
        starts = np.concatenate([[0], ends])[: len(found)].astype(np.int64)
        return TokenCodes(codes.reshape(-1, self.recipe.code_width), starts, sentences)

    def stored(self, id: PassageId, row: PassageRow) -> StoredPassage:
        """Return what is kept of a passage."""
        return unpacked(row.passage, id, self.documents.written[row.document])

    def similar(self, id: PassageId, cosine: float) -> list[PassageId]:
        ((own, _),) = self.tables.passages(self.ids.rows([id]).tolist())
        rows = self._recall.alike(own.vector, cosine)
        return self.ids.ids(rows[self._visible[self._places(rows)]])

    def sample(self, most: int) -> list[Sampled]:
        shown = _Shown(self._bounds, self._visible)
        places = spread(len(shown), most)
        found = self.tables.passages([shown[place] for place in places]) if places else []
        return [
            self._sampled(shown, place, row) for place, (row, _) in zip(places, found, strict=True)
        ]

    def _sampled(self, shown: _Shown, place: int, row: PassageRow) -> Sampled:
        beside = [n for n in (place - 1, place + 1) if 0 <= n < len(shown)]
        id, *around = self.ids.ids(np.asarray([shown[n] for n in (place, *beside)]))
        one = self.stored(id, row)
        sentences = tuple((start - one.start, end - one.start) for start, end in one.sentences)
        return Sampled(id, one.document_id, one.text, sentences, tuple(around))

    # --- documents ---------------------------------------------------------------------------

    def extracts(self, documents: int, places: int, characters: int) -> list[str]:
        return list(self._catalogue.extracts(documents, places, characters))

    def document(self, document_id: str) -> Document | None:
        return self.documents.find(document_id)

    def spans(self) -> Iterator[Spans]:
        # Nothing is verified: a wrong span makes an id that no citation has.
        entries = self.documents.written
        for place, found in groupby(self.tables.spans(len(self)), key=itemgetter(0)):
            if self._visible[place]:
                _, starts, ends = zip(*found, strict=True)
                yield Spans(entries[place]["id"], entries[place]["sha256"], starts, ends)

    def summary(self) -> Archive:
        return self._catalogue.summary(one for file in self._records for one in file["skipped"])

    def listing(self, after: str = "", limit: int | None = None) -> list[DocumentEntry]:
        return self._catalogue.listing(after, limit)

    # --- what a later build takes over -------------------------------------------------------

    @property
    def files(self) -> list[FileRecord]:
        """The files that the documents were read from, in the order of the documents."""
        return [FileRecord(**entry) for entry in self._records]

    def rows_of(self, first: int, last: int) -> range:
        """Return the rows of the documents ``first`` up to ``last``, not included."""
        return range(int(self._bounds[first]), int(self._bounds[last]))

    def encoded(self, rows: Sequence[int]) -> list[EncodedPassage]:
        """Return the vectors of passages as they were written."""
        return [
            EncodedPassage(
                key=row.key,
                vector=row.vector,
                codes=np.frombuffer(row.codes, np.uint8).reshape(-1, self.recipe.code_width),
                ids=np.frombuffer(row.ids, "<u4").astype(np.uint32),
                sentences=np.frombuffer(row.sentences, np.uint8),
            )
            for row, _ in self.tables.passages(rows, keyed=True)
        ]

    @cached_property
    def ids(self) -> PassageIds:
        """The passages by row and by id."""
        filled = [record for record in self._records if record["documents"]]
        ends = np.cumsum([record["documents"] for record in filled], dtype=np.int64)
        firsts = self._bounds[np.concatenate([[0], ends])[: len(filled)].astype(np.int64)]
        return PassageIds([str(record["source"]) for record in filled], firsts, len(self))


class _Shown:
    """The rows that are not hidden, by their place among these, without a list of them."""

    def __init__(self, bounds: RowArray, visible: NDArray[np.bool_]) -> None:
        self._starts = bounds[:-1][visible]
        ends = np.cumsum(np.diff(bounds)[visible])
        self._ends: RowArray = ends.astype(np.int64)
        self._before: RowArray = np.concatenate([[0], ends[:-1]]).astype(np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, place: int) -> int:
        n = int(np.searchsorted(self._ends, place, side="right"))
        return int(self._starts[n] + place - self._before[n])


def _read(tables: Tables, written: Sequence[Mapping[str, Any]], place: int) -> Document:
    ((row, _),) = tables.documents([place])
    return document_of(written[place], row.text, row.layout)
