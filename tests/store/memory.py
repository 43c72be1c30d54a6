"""A store in memory, by loops: the least that fits behind the protocol, and nothing of the files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from re import compile as pattern
from typing import Any

import numpy as np

from qa.errors import (
    CorpusError,
    IndexDamagedError,
    IndexLockedError,
    IndexMissingError,
    NotFoundError,
    UsageError,
)
from qa.facets import Known, Sieve, conditions, known_of
from qa.records import Archive, Document, Filters, IndexInfo, Passage, PassageId
from qa.store import (
    Candidates,
    Checked,
    DocumentEntry,
    EncodedPassage,
    Facts,
    Fault,
    Fetched,
    FileRecord,
    GenerationState,
    IndexState,
    NearWord,
    Opened,
    PurgeReport,
    Query,
    Recipe,
    Sampled,
    Spans,
    Statistics,
    Store,
    TokenCodes,
    document_digest,
)
from qa.store.passage import stored_passage
from qa.store.protocol import spread, summarise
from qa.text.analysis import Analyzer
from qa.text.folding import fold_name


@dataclass(frozen=True)
class Row:
    """A passage as it was written, with its terms."""

    id: PassageId
    document: int
    passage: Passage
    encoded: EncodedPassage
    terms: Counter[str]


@dataclass(frozen=True)
class Written:
    """A generation as it was written; ``sums`` are the digests that its documents had."""

    number: int
    recipe: Recipe
    records: tuple[FileRecord, ...]
    documents: list[Document]
    sums: tuple[str, ...]
    rows: tuple[Row, ...]
    calibration: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return f"{self.number:06d}-memory"

    @property
    def facts(self) -> Facts:
        return Facts(
            generation=self.name,
            documents=len(self.documents),
            passages=len(self.rows),
            tokens=sum(len(row.encoded.ids) for row in self.rows),
            furniture_lines=sum(b.kind == "furniture" for d in self.documents for b in d.blocks),
            calibrated=self.calibration is not None,
        )

    def ids(self) -> set[str]:
        return {document.id for document in self.documents}

    def faults(self) -> list[Fault]:
        pairs = zip(self.documents, self.sums, strict=True)
        return [
            Fault(f"{self.name}/{document.source}", "it is not what was read")
            for document, kept in pairs
            if document_digest(document) != kept
        ]


class NoSpellings:
    """The words of an archive that tells none."""

    def near(self, word: str, distance: int) -> list[NearWord]:
        return []


class MemoryStore:
    """Implements ``Store``."""

    size = 0
    spellings = NoSpellings()

    def __init__(self, name: str, written: Written, removed: frozenset[str]) -> None:
        self.written, self.removed = written, removed
        self.recipe, self.calibration = written.recipe, written.calibration
        self.analyzer = Analyzer(self.recipe.language)
        self.version = f"{written.name} without {sorted(removed)}"
        shown = [d for d in written.documents if d.id not in removed]
        self.info = IndexInfo(name, written.name, self.recipe.model, len(self.shown()), len(shown))

    def shown(self) -> list[Row]:
        """Return the rows that are not hidden."""
        return [row for row in self.written.rows if self.of(row).id not in self.removed]

    def of(self, row: Row) -> Document:
        return self.written.documents[row.document]

    def statistics(self, terms: Sequence[str], tokens: Sequence[int]) -> Statistics:
        rows = self.written.rows
        known = Counter(token for row in rows for token in set(row.encoded.ids.tolist()))
        return Statistics(
            passages=len(rows),
            mean_length=sum(row.terms.total() for row in rows) / len(rows),
            terms={term: sum(term in row.terms for row in rows) for term in terms},
            tokens=np.asarray([known[token] for token in tokens], np.int64),
            held=frozenset(t for t in terms if any(t in row.terms for row in self.shown())),
        )

    def candidates(self, query: Query) -> Candidates:
        found, undated = self._allowed(query.filters)
        sieve = self._sieve(query.filters)
        rows = [row for row in found if row.id not in set(query.held_out)]
        cosines = {row.id: self._cosine(row, query) for row in rows}
        scores = {row.id: self._bm25(row, query.terms) for row in rows}
        return Candidates(
            dense=self.ranked(cosines, query.depth),
            lexical=self.ranked({id: s for id, s in scores.items() if s > 0}, query.depth),
            undated_documents=undated,
            unmatched=tuple(
                glob
                for glob in dict.fromkeys(query.filters.source)
                if not self._allowed(Filters(source=(glob,)))[0]
            ),
            unknown_facets=sieve.unknown,
            unmet=sieve.unmet,
        )

    def ranked(self, scores: Mapping[PassageId, float], depth: int) -> list[PassageId]:
        """Return the passages of the highest scores, ties by id."""
        return sorted(scores, key=lambda id: (-scores[id], id))[:depth]

    def _cosine(self, row: Row, query: Query) -> float:
        return float(np.dot(row.encoded.vector, query.vector))

    def _bm25(self, row: Row, terms: Sequence[str]) -> float:
        told = self._told
        k1, b = self.recipe.bm25.k1, self.recipe.bm25.b
        norm = k1 * (1 - b + b * row.terms.total() / told.mean_length)
        return sum(
            math.log(1 + (told.passages - told.terms[t] + 0.5) / (told.terms[t] + 0.5))
            * row.terms[t] * (k1 + 1) / (row.terms[t] + norm)
            for t in terms if t in row.terms
        )  # fmt: skip

    @cached_property
    def _told(self) -> Statistics:
        return self.statistics(sorted({t for row in self.written.rows for t in row.terms}), ())

    def _allowed(self, filters: Filters) -> tuple[list[Row], int]:
        globs = [pattern(translate(fold_name(glob))) for glob in filters.source]
        dated = filters.published_from or filters.published_to
        sieve = Sieve(conditions(filters.where))
        keep: set[str] = set()
        undated = 0
        for document in self.written.documents:
            name = fold_name(document.source)
            if document.id in self.removed or (globs and not any(g.match(name) for g in globs)):
                continue
            if not sieve.passes(_facets(document)):
                continue
            if dated and document.published is None:
                undated += 1
            elif not dated or document.published is None or _within(document, filters):
                keep.add(document.id)
        return [row for row in self.written.rows if self.of(row).id in keep], undated

    def _sieve(self, filters: Filters) -> Sieve:
        """Return a sieve that every document which is shown was put to."""
        sieve = Sieve(conditions(filters.where))
        for document in self.written.documents:
            if document.id not in self.removed:
                sieve.passes(_facets(document))
        return sieve

    def fetch(self, ids: Sequence[PassageId], terms: Sequence[str]) -> Fetched:
        by_id = {row.id: row for row in self.shown()}
        rows = [by_id[id] for id in ids]
        counts = [[row.terms[term] for term in terms] for row in rows]
        ends = np.cumsum([len(row.encoded.ids) for row in rows], dtype=np.int64)
        width, dimension = self.recipe.code_width, self.recipe.dimension
        encoded = [row.encoded for row in rows]
        return Fetched(
            vectors=np.stack([one.vector for one in encoded])
            if rows
            else np.empty((0, dimension), np.float32),
            tokens=TokenCodes(
                np.concatenate([np.empty((0, width), np.uint8), *(one.codes for one in encoded)]),
                np.concatenate([[0], ends])[:-1].astype(np.int64),
                np.concatenate([np.empty(0, np.uint8), *(one.sentences for one in encoded)]),
            ),
            counts=np.asarray(counts, np.int32).reshape(len(rows), len(terms)),
            lengths=np.asarray([row.terms.total() for row in rows], np.int32),
            passages=[
                stored_passage(
                    self.of(row), row.id, row.passage.start, row.passage.end,
                    row.passage.section, row.passage.sentences,
                )
                for row in rows
            ],
        )  # fmt: skip

    def similar(self, id: PassageId, cosine: float) -> list[PassageId]:
        one = next(row for row in self.written.rows if row.id == id).encoded.vector
        return [row.id for row in self.shown() if float(np.dot(row.encoded.vector, one)) >= cosine]

    def sample(self, most: int) -> list[Sampled]:
        rows = self.shown()
        return [
            Sampled(
                rows[n].id,
                self.of(rows[n]).id,
                rows[n].passage.text,
                tuple((a - rows[n].passage.start, b - rows[n].passage.start)
                      for a, b in rows[n].passage.sentences),
                tuple(row.id for row in (*rows[max(n - 1, 0) : n], *rows[n + 1 : n + 2])),
            )
            for n in spread(len(rows), most)
        ]  # fmt: skip

    def extracts(self, documents: int, places: int, characters: int) -> list[str]:
        entries = self.listing()
        found = []
        for entry in entries[:: max(1, len(entries) // documents)][:documents]:
            document = self.document(entry.id)
            assert document is not None
            step = max(characters, len(document.text) // places)
            for start in range(0, min(len(document.text), step * places), step):
                found.append(document.text[start : start + characters])
        return found

    def document(self, document_id: str) -> Document | None:
        if document_id in self.removed:
            return None
        return next((d for d in self.written.documents if d.id == document_id), None)

    def spans(self) -> Iterator[Spans]:
        for document in self.written.documents:
            rows = [row for row in self.shown() if self.of(row) is document]
            starts, ends = [r.passage.start for r in rows], [r.passage.end for r in rows]
            if document.id not in self.removed:
                yield Spans(document.id, document.sha256, starts, ends)

    def summary(self) -> Archive:
        shown = (d for d in self.written.documents if d.id not in self.removed)
        return summarise(self.listing(), map(_facets, shown))

    def listing(self, after: str = "", limit: int | None = None) -> list[DocumentEntry]:
        passages = Counter(self.of(row).id for row in self.written.rows)
        entries = [
            DocumentEntry(
                d.id, d.source, d.title, d.published.value if d.published else None,
                len(d.text), passages[d.id],
            )
            for d in self.written.documents
            if d.id not in self.removed and d.source > after
        ]  # fmt: skip
        return sorted(entries, key=lambda entry: entry.source)[:limit]


def _facets(document: Document) -> Known:
    return known_of(
        document.facets,
        author=document.author,
        language=document.language,
        published=document.published.value if document.published else None,
    )


def _within(document: Document, filters: Filters) -> bool:
    assert document.published is not None
    value = document.published.value
    first, last = filters.published_from or "", filters.published_to or ""
    return value[: len(first)] >= first[: len(value)] and value[: len(last)] <= last[: len(value)]


class MemoryDraft:
    """Implements ``Draft`` and, for the generation before, what ``Previous`` asks."""

    def __init__(self, index: MemoryIndex, recipe: Recipe) -> None:
        self._index, self._recipe = index, recipe
        self._before = index.written[0] if index.written else None
        self._known = dict(index.journal)
        for row in self._before.rows if self._before else ():
            self._known.setdefault(row.encoded.key, row.encoded)
        self._documents: list[Document] = []
        self._passages: list[list[tuple[Passage, EncodedPassage, Counter[str]]]] = []
        self._analyzer = Analyzer(recipe.language)
        self._made: Written | None = None

    @property
    def documents(self) -> int:
        return len(self._documents)

    def known(self, key: bytes) -> EncodedPassage | None:
        return self._known.get(key)

    def remember(self, passages: Sequence[EncodedPassage]) -> None:
        self._index.journal.update({one.key: one for one in passages})

    def keep(self, first: int, last: int) -> None:
        assert self._before is not None
        for place in range(first, last):
            rows = [row for row in self._before.rows if row.document == place]
            self._documents.append(self._before.documents[place])
            self._passages.append([(row.passage, row.encoded, row.terms) for row in rows])

    def add(
        self, document: Document, passages: Iterable[Passage], encoded: Iterable[EncodedPassage]
    ) -> None:
        self._documents.append(document)
        self._passages.append(
            [
                (
                    p,
                    e,
                    Counter(
                        self._analyzer.terms(f"{p.context}. {p.text}" if p.context else p.text)
                    ),
                )
                for p, e in zip(passages, encoded, strict=True)
            ]
        )

    def snapshot(self, records: Sequence[FileRecord]) -> Store:
        rows: list[Row] = []
        document = 0
        for record in records:
            ordinal = 0
            for place in range(document, document + record.documents):
                for passage, encoded, terms in self._passages[place]:
                    rows.append(
                        Row(PassageId(record.source, ordinal), place, passage, encoded, terms)
                    )
                    ordinal += 1
            document += record.documents
        self._made = Written(
            number=max((w.number for w in self._index.written), default=0) + 1,
            recipe=self._recipe,
            records=tuple(records),
            documents=list(self._documents),
            sums=tuple(map(document_digest, self._documents)),
            rows=tuple(rows),
        )
        return self._index.store(self._made, frozenset())

    def seal(self, calibration: Mapping[str, Any] | None) -> None:
        assert self._made is not None
        self._made = replace(self._made, calibration=calibration)

    def sealed(self) -> Store:
        assert self._made is not None
        return self._index.store(self._made, frozenset())

    def publish(self, *, keep: int, paths: Sequence[str]) -> Facts:
        assert self._made is not None
        index = self._index
        index.written = [self._made, *index.written[: max(keep - 1, 0)]]
        held = {id for written in index.written[1:] for id in written.ids()}
        index.removed = frozenset((index.removed | held) - self._made.ids())
        index.paths, index.journal = tuple(paths), {}
        index.changed()
        return self._made.facts


class MemoryPrevious:
    """Implements ``Previous``."""

    live = True

    def __init__(self, written: Written) -> None:
        self._written = written
        self.recipe, self.files, self.facts = written.recipe, written.records, written.facts

    def ids(self, first: int, last: int) -> list[str]:
        return [document.id for document in self._written.documents[first:last]]

    def sources(self, first: int, last: int) -> list[str]:
        return [document.source for document in self._written.documents[first:last]]

    def document_at(self, place: int) -> Document:
        return self._written.documents[place]


class MemoryBuilding:
    """Implements ``Building``."""

    def __init__(self, index: MemoryIndex) -> None:
        self._index = index

    @property
    def previous(self) -> MemoryPrevious | None:
        written = self._index.written
        return MemoryPrevious(written[0]) if written and not written[0].faults() else None

    def add_model(self, fingerprint: str, make: Callable[[Path], None]) -> Path:
        folder = self._index.models / fingerprint
        if not folder.exists():
            folder.mkdir(parents=True)
            make(folder)
        return folder

    @contextmanager
    def draft(self, recipe: Recipe) -> Iterator[MemoryDraft]:
        yield MemoryDraft(self._index, recipe)

    def unchanged(self) -> bool:
        back = self._index.removed & self._index.written[0].ids()
        self._index.removed -= back
        if back:
            self._index.changed()
        return bool(back)


@dataclass
class MemoryIndex:
    """Implements ``Index``. ``store`` opens a generation."""

    models: Path
    name: str = "memory"
    store_class: type[MemoryStore] = MemoryStore
    written: list[Written] = field(default_factory=list)
    removed: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    journal: dict[bytes, EncodedPassage] = field(default_factory=dict)
    _changes: int = 0
    _held: bool = False

    def store(self, written: Written, removed: frozenset[str]) -> MemoryStore:
        return self.store_class(self.name, written, removed & frozenset(written.ids()))

    def changed(self) -> None:
        self._changes += 1

    def told(self, message: str) -> str:
        return message

    def stamp(self) -> Hashable:
        return self._changes

    def version(self) -> str:
        return self.store(self._live(), self.removed).version

    def _live(self) -> Written:
        if not self.written:
            raise IndexMissingError("there is no index in memory: run qa build first")
        return self.written[0]

    def open(self) -> Opened:
        live = self._live()
        for written in self.written:
            if not written.faults():
                fault = None if written is live else str(live.faults()[0])
                store = self.store(written, self.removed)
                return Opened(store, self.models / written.recipe.fingerprint, fault)
        raise IndexDamagedError(f"{live.faults()[0]}: run qa build again")

    def state(self) -> IndexState:
        live = self._live()
        states = [
            GenerationState(
                name=written.name, live=written is live, bytes=0,
                documents=len(written.ids() - self.removed), passages=len(written.rows),
                hidden=len(written.ids() & self.removed), model=written.recipe.model,
                facets=tuple(f.name for f in self.store(written, frozenset(self.removed)).summary().facets),
            )
            for written in self.written
        ]  # fmt: skip
        return IndexState(tuple(states), 0, self.paths)

    def records(self) -> list[FileRecord]:
        return list(self._live().records)

    def folders(self) -> tuple[str, ...]:
        self._live()
        return self.paths

    @contextmanager
    def building(self) -> Iterator[MemoryBuilding]:
        if self._held:
            raise IndexLockedError("the index is being built: wait for it")
        self._held = True
        try:
            yield MemoryBuilding(self)
        finally:
            self._held = False

    def rollback(self, name: str | None = None) -> IndexInfo:
        live, others = self._live(), self.written[1:]
        wanted = [
            w
            for w in others
            if (w.number < live.number if name is None else w.name.startswith(name))
        ]
        if not wanted:
            raise UsageError("no such generation is kept")
        chosen = wanted[0]
        if not chosen.ids() - self.removed:
            raise UsageError("all documents of that generation were removed since")
        self.written = [chosen, *(w for w in self.written if w is not chosen)]
        self.changed()
        return self.store(chosen, self.removed).info

    def purge(self, names: Sequence[str]) -> PurgeReport:
        live = self._live()
        known = {n: d for w in self.written for d in w.documents for n in (d.id, d.source)}
        for name in names:
            if name not in known:
                raise NotFoundError(
                    f"no generation has a document {name}", code="document_not_found"
                )
        gone = {known[name].id for name in names}
        if not live.ids() - gone - self.removed:
            raise CorpusError("no document would be left")
        clean = [w for w in self.written[1:] if not w.ids() & gone]
        removed = tuple(w.name for w in self.written[1:] if w not in clean)
        if live.ids() & gone:
            removed = (live.name, *removed)
            live = self._without(live, gone | self.removed)
        self.written, self.removed = [live, *clean], self.removed | gone
        self.journal = {}
        self.changed()
        sources = tuple(sorted({known[name].source for name in names}))
        return PurgeReport(live.name, sources, removed, ())

    def _without(self, live: Written, gone: set[str] | frozenset[str]) -> Written:
        places = [n for n, d in enumerate(live.documents) if d.id not in gone]
        moved = {place: n for n, place in enumerate(places)}
        records, first = [], 0
        for record in live.records:
            kept = sum(n in moved for n in range(first, first + record.documents))
            first += record.documents
            records.append(
                record if kept == record.documents else replace(record, sha256="", documents=kept)
            )
        return replace(
            live,
            number=max(w.number for w in self.written) + 1,
            records=tuple(records),
            documents=[live.documents[n] for n in places],
            sums=tuple(live.sums[n] for n in places),
            rows=tuple(
                replace(r, document=moved[r.document]) for r in live.rows if r.document in moved
            ),
        )

    def check(self, tell: Callable[[str], None] = lambda _: None) -> Checked:
        self._live()
        faults = tuple(fault for written in self.written for fault in written.faults())
        documents = sum(len(written.documents) for written in self.written)
        passages = sum(len(written.rows) for written in self.written)
        return Checked(len(self.written), documents, passages, faults)

    def holds(self, words: str) -> bool:
        """Whether a text is anywhere in it."""
        return any(words in d.text for written in self.written for d in written.documents)

    def damage(self) -> None:
        """Change a text of the live generation."""
        documents = self.written[0].documents
        documents[0] = replace(documents[0], text=documents[0].text[:-1] + "?")
