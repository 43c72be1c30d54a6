"""A generation as asking sees it: ``Store`` implemented with its files; removed documents are hidden."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache, partial
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.records import Archive, Document, Filters, PassageId
from qa.store.files.dense import RowArray
from qa.store.files.documents import Documents
from qa.store.files.lexical import best
from qa.store.files.passages import StoredPassages
from qa.store.files.written import WrittenGeneration
from qa.store.protocol import (
    Candidates,
    DocumentEntry,
    Fetched,
    Query,
    Sampled,
    Statistics,
    spread,
    summarise,
)


class Generation(WrittenGeneration):
    """Implements ``Store``."""

    @cached_property
    def _fits(self) -> Any:
        # The cache must not hold ``self``: a cycle would keep the files of an unused generation. It
        # has one entry for each glob, and a limit, because clients can send many globs.
        return lru_cache(maxsize=256)(partial(_fits, self._documents, self.table))

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
        allowed, undated = self._visible, 0
        if query.filters:
            keep, undated = self._documents.matching(query.filters)
            allowed = keep[self.table["document"]]
        if query.held_out:
            allowed = np.ones(len(self.table), bool) if allowed is None else allowed.copy()
            allowed[self.ids.rows(list(query.held_out))] = False
        for term in query.required:
            holds = np.zeros(len(self.table), bool)
            holds[self.lexical.holders(term)] = True
            allowed = holds if allowed is None else allowed & holds
        nearest = self.dense.search(query.vector, query.depth, allowed)
        matching = best(self.lexical.scores(query.terms), query.depth, allowed)
        return Candidates(
            dense=self.ids.ids(nearest),
            lexical=self.ids.ids(matching),
            undated_documents=undated,
            unmatched=tuple(
                glob for glob in dict.fromkeys(query.filters.source) if not self._fits(glob)
            ),
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
        return list(self._extracts(documents, places, characters))

    def _extracts(self, documents: int, places: int, characters: int) -> Iterator[str]:
        entries = self._listing
        for entry in entries[:: max(1, len(entries) // documents)][:documents]:
            document = self._documents.find(entry.id)
            text = document.text if document else ""
            step = max(characters, len(text) // places)
            for start in range(0, min(len(text), step * places), step):
                yield text[start : start + characters]

    def document(self, document_id: str) -> Document | None:
        return self._documents.find(document_id)

    def summary(self) -> Archive:
        return summarise(self._listing, (one for file in self._files for one in file["skipped"]))

    def listing(self, after: str = "", limit: int | None = None) -> list[DocumentEntry]:
        first = bisect_right(self._listing, after, key=attrgetter("source")) if after else 0
        return self._listing[first : None if limit is None else first + limit]

    @cached_property
    def _listing(self) -> list[DocumentEntry]:
        passages = np.bincount(self.table["document"], minlength=len(self._documents)).tolist()
        listing = [
            DocumentEntry(
                id=entry["id"],
                source=entry["source"],
                title=entry["title"],
                published=entry["published"]["value"] if entry["published"] else None,
                characters=entry["characters"],
                passages=passages[place],
            )
            for place, entry in self._documents.shown
        ]
        return sorted(listing, key=attrgetter("source"))


def _fits(documents: Documents, table: NDArray[Any], glob: str) -> bool:
    """Whether a source that has a passage matches a glob."""
    keep, _ = documents.matching(Filters(source=(glob,)))
    return bool(keep[table["document"]].any())
