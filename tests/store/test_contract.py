"""The contract of stores, on the files and on a store in memory; and that it sees faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from qa.records import PassageId
from qa.store import Candidates, Fetched, FileIndex, Index, PurgeReport, Query, Statistics
from tests.store.contract import CHECKS, Check
from tests.store.forge import live_folder
from tests.store.memory import MemoryIndex, MemoryStore, Row


@dataclass
class Files:
    """Folders on the disk."""

    folder: Path
    made: int = 0

    def new(self) -> Index:
        self.made += 1
        return FileIndex(self.folder / f"index{self.made}")

    def damage(self, index: Index) -> None:
        path = live_folder(self._path(index)) / "texts.bin"
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    def holds(self, index: Index, words: str) -> bool:
        paths = (path for path in self._path(index).rglob("*") if path.is_file())
        return any(words.encode() in path.read_bytes() for path in paths)

    def _path(self, index: Index) -> Path:
        return self.folder / index.name


@dataclass
class Memory:
    """A store in memory; ``index_class`` and ``store_class`` may have faults."""

    folder: Path
    store_class: type[MemoryStore] = MemoryStore
    index_class: type[MemoryIndex] = MemoryIndex

    def new(self) -> Index:
        return self.index_class(self.folder, store_class=self.store_class)

    def damage(self, index: Index) -> None:
        cast(MemoryIndex, index).damage()

    def holds(self, index: Index, words: str) -> bool:
        return cast(MemoryIndex, index).holds(words)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("backend", [Files, Memory])
def test_the_contract_holds(check: Check, backend: Callable[[Path], Any], tmp_path: Path) -> None:
    check(backend(tmp_path))


# --- faults, put in by hand ------------------------------------------------------------------


class TiesByChance(MemoryStore):
    """Of equal scores the last by id comes first."""

    def ranked(self, scores: Mapping[PassageId, float], depth: int) -> list[PassageId]:
        return sorted(sorted(scores, reverse=True), key=lambda id: -scores[id])[:depth]


class FiltersAfterTheCut(MemoryStore):
    """The best of all are taken, and then those that the filter leaves."""

    def candidates(self, query: Query) -> Candidates:
        best = super().candidates(query._replace(filters=type(query.filters)()))
        left = super().candidates(query._replace(depth=10**6))
        inside = {*left.dense, *left.lexical}
        return left._replace(
            dense=[id for id in best.dense if id in inside],
            lexical=[id for id in best.lexical if id in inside],
        )


class ForgetsFacets(MemoryStore):
    """Conditions on facets are passed over."""

    def _allowed(self, filters: Any) -> tuple[list[Row], int]:
        return super()._allowed(replace(filters, where={}))


class NeedsOneOfTheTerms(MemoryStore):
    """One of the required terms is enough."""

    def candidates(self, query: Query) -> Candidates:
        found = [super(NeedsOneOfTheTerms, self).candidates(query._replace(required=(term,)))
                 for term in query.required or ()] or [super().candidates(query)]  # fmt: skip
        return found[0]._replace(
            dense=list(dict.fromkeys(id for one in found for id in one.dense)),
            lexical=list(dict.fromkeys(id for one in found for id in one.lexical)),
        )


class ShowsWhatWasRemoved(MemoryStore):
    """Removed documents are left out of listings, and are found all the same."""

    def _allowed(self, filters: Any) -> tuple[list[Row], int]:
        if filters:
            return super()._allowed(filters)
        return list(self.written.rows), 0


class FetchesInItsOwnOrder(MemoryStore):
    """Passages come as the store has them, each once, as from a database that is asked ``IN``."""

    def fetch(self, ids: Sequence[PassageId], terms: Sequence[str]) -> Fetched:
        return super().fetch(sorted(set(ids)), terms)


class CountsOccurrences(MemoryStore):
    """A term counts as often as it stands, and not once a passage."""

    def statistics(self, terms: Sequence[str], tokens: Sequence[int]) -> Statistics:
        found = super().statistics(terms, tokens)
        often = {term: sum(row.terms[term] for row in self.written.rows) for term in terms}
        return found._replace(terms=often)


class ForgetsContexts(MemoryStore):
    """Tokens of titles and headings count as words of the first sentence."""

    def fetch(self, ids: Sequence[PassageId], terms: Sequence[str]) -> Fetched:
        found = super().fetch(ids, terms)
        numbers = found.tokens.sentences.copy()
        numbers[numbers == 255] = 0
        return found._replace(tokens=found.tokens._replace(sentences=numbers))


class LosesTheGap(MemoryStore):
    """The white space behind a passage is taken to be one blank."""

    def fetch(self, ids: Sequence[PassageId], terms: Sequence[str]) -> Fetched:
        found = super().fetch(ids, terms)
        return found._replace(passages=[one._replace(gap=" ") for one in found.passages])


class PurgesTheLiveOneAlone(MemoryIndex):
    """Retained generations keep the text."""

    def purge(self, names: Sequence[str]) -> PurgeReport:
        kept = self.written[1:]
        report = super().purge(names)
        self.written += [one for one in kept if one not in self.written]
        return report


class StampsNothing(MemoryIndex):
    """Going back changes nothing that a service looks at."""

    def changed(self) -> None:
        if not self._changes:
            self._changes += 1


class OpensTheNewest(MemoryIndex):
    """The newest generation answers, whichever is live."""

    def store(self, written: Any, removed: frozenset[str]) -> MemoryStore:
        newest = max(self.written, key=lambda one: one.number, default=written)
        return super().store(newest if written in self.written else written, removed)


FAULTS: Mapping[type, str] = {
    TiesByChance: "ties_fall_by_id_across_the_cut",
    FiltersAfterTheCut: "filters_are_applied_before_the_cut",
    ForgetsFacets: "filters_by_facets",
    NeedsOneOfTheTerms: "required_terms_are_applied_before_the_cut",
    ShowsWhatWasRemoved: "a_deleted_document_is_hidden_everywhere",
    FetchesInItsOwnOrder: "passages_come_in_the_order_asked_for",
    CountsOccurrences: "statistics_count_passages",
    ForgetsContexts: "tokens_name_their_sentences",
    LosesTheGap: "a_passage_has_all_that_an_excerpt_asks",
    PurgesTheLiveOneAlone: "a_purged_text_is_nowhere",
    StampsNothing: "generations_and_rollback",
    OpensTheNewest: "generations_and_rollback",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_contract_sees_a_fault(fault: type, tmp_path: Path) -> None:
    (check,) = [check for check in CHECKS if check.__name__ == FAULTS[fault]]
    backend = Memory(tmp_path)
    if issubclass(fault, MemoryStore):
        backend.store_class = fault
    else:
        assert issubclass(fault, MemoryIndex)
        backend.index_class = fault
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(backend)
