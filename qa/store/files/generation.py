"""A generation as asking sees it: ``Store`` implemented with its files; removed documents are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from qa.records import Archive, Document, PassageId
from qa.store.documents import Catalogue
from qa.store.files.dense import RowArray
from qa.store.files.lexical import best
from qa.store.files.passages import StoredPassages
from qa.store.files.written import WrittenGeneration
from qa.store.protocol import (
    Candidates,
    DocumentEntry,
    Fetched,
    Query,
    Sampled,
    Spans,
    Statistics,
    spread,
)


class Generation(WrittenGeneration):
    """Implements ``Store``."""

    @cached_property
    def _catalogue(self) -> Catalogue:
        counts = np.bincount(self.table["document"], minlength=len(self._documents))
        return Catalogue(self._documents, counts.astype(np.int64))

    def statistics(self, terms: Sequence[str], tokens: Sequence[int]) -> Statistics:
        holders = {term: self.lexical.holders(term) for term in terms}
        visible = self._visible
        return Statistics(
            passages=len(self.table),
            mean_length=self.mean_length,
            terms={term: len(rows) for term, rows in holders.items()},
            tokens=self.token_frequency[np.asarray(tokens, np.int64)],
            held=frozenset(
                term
                for term, rows in holders.items()
                if (len(rows) if visible is None else visible[rows].any())
            ),
        )

    def candidates(self, query: Query) -> Candidates:
        allowed, left = self._visible, None
        if query.filters:
            left = self._documents.matching(query.filters)
            allowed = left.keep[self.table["document"]]
        if query.held_out:
            allowed = np.ones(len(self.table), bool) if allowed is None else allowed.copy()
            allowed[self.ids.rows(list(query.held_out))] = False
        nearest = self.dense.search(query.vector, query.depth, allowed)
        matching = best(self.lexical.scores(query.terms), query.depth, allowed)
        return Candidates(
            dense=self.ids.ids(nearest),
            lexical=self.ids.ids(matching),
            undated_documents=left.undated if left else 0,
            unmatched=self._catalogue.unmatched(query.filters.source),
            unknown_facets=left.sifted.unknown if left and left.sifted else (),
            unmet=left.sifted.unmet if left and left.sifted else (),
        )

    def fetch(self, ids: Sequence[PassageId], terms: Sequence[str]) -> Fetched:
        rows = self.ids.rows(ids)
        if self._visible is not None and not self._visible[rows].all():
            raise LookupError("a passage of a removed document")
        return Fetched(
            vectors=self.dense.vectors[rows],
            tokens=self.token_codes(rows),
            counts=self.lexical.counts_of(terms, rows),
            lengths=self.lexical.lengths[rows],
            passages=StoredPassages(self.stored, list(zip(ids, rows.tolist(), strict=True))),
        )

    def similar(self, id: PassageId, cosine: float) -> list[PassageId]:
        rows = self.dense.alike(int(self.ids.rows([id])[0]), cosine)
        return self.ids.ids(rows if self._visible is None else rows[self._visible[rows]])

    def sample(self, most: int) -> list[Sampled]:
        shown: RowArray = (
            np.arange(len(self.table)) if self._visible is None else np.flatnonzero(self._visible)
        )
        return [self._sampled(shown, place) for place in spread(len(shown), most)]

    def _sampled(self, shown: RowArray, place: int) -> Sampled:
        document, start, end, _ = self._span(int(shown[place]))
        beside = [n for n in (place - 1, place + 1) if 0 <= n < len(shown)]
        id, *around = self.ids.ids(shown[[place, *beside]])
        sentences = self._sentences_of(int(shown[place]))
        return Sampled(id, document.id, document.text[start:end], sentences, tuple(around))

    def extracts(self, documents: int, places: int, characters: int) -> list[str]:
        return list(self._catalogue.extracts(documents, places, characters))

    def document(self, document_id: str) -> Document | None:
        return self._documents.find(document_id)

    def spans(self) -> Iterator[Spans]:
        places = np.ascontiguousarray(self.table["document"])
        for place, entry in self._documents.shown:
            # The passages of a document stand together, documents in their order.
            first, last = np.searchsorted(places, [place, place + 1]).tolist()
            rows = self.table[first:last]
            yield Spans(entry["id"], entry["sha256"], rows["start"].tolist(), rows["end"].tolist())

    def summary(self) -> Archive:
        return self._catalogue.summary()

    def listing(self, after: str = "", limit: int | None = None) -> list[DocumentEntry]:
        return self._catalogue.listing(after, limit)
