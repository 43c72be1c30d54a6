"""The engine: it builds an index from a folder of documents, and answers questions from an index.

The command line, the HTTP interface and the evaluation all use it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from qa.asking import check
from qa.encode import Encoder
from qa.encode.build import load_encoder
from qa.errors import IndexForeignError, NotFoundError
from qa.facets import unknown_name
from qa.read import Reader, core, cores
from qa.read.onnx import reader_for
from qa.records import (
    Answer,
    Archive,
    Citation,
    Document,
    Filters,
    Hit,
    IndexInfo,
    Note,
    Question,
    Verdict,
)
from qa.runtime import settle
from qa.search import quoted
from qa.search.answers import BUDGETS, read_results
from qa.search.cited import Cited, CitedSpans, Place, cite_again, place_in
from qa.search.confidence import Calibration, Signals
from qa.search.examples import examples
from qa.search.explain import explain
from qa.search.followup import TURNS, corrects, is_phrase, resolve
from qa.search.notes import MOST_NOTES, Advisor, Found, greeting, quotation_not_found
from qa.search.rank import Asked, Ranking, prepare, rank
from qa.search.results import make_results
from qa.search.verify import Verified, called, holds_at, holds_in, holds_there, named_in
from qa.settings import Settings
from qa.store import DocumentEntry, Index, Store, open_index
from qa.text.phrases import Phrases, figure, phrases

if TYPE_CHECKING:
    from qa.build.builder import Accept, BuildReport, Judge, Progress

MAX_NAMED = 100
"""If a name or title fits more documents than this, a printed quotation is not looked for."""


class Engine:
    """Answers questions from one generation of an index. Safe to use from several threads."""

    def __init__(
        self,
        *,
        store: Store,
        encoder: Encoder,
        ranking: Ranking | None = None,
        max_wrong: int = Settings().max_wrong,
        reader: Reader | None = None,
        reading: str = Settings().reading,
        fault: str | None = None,
    ) -> None:
        self.store = store
        self.encoder = encoder
        self.ranking = ranking or Ranking()
        kept = store.calibration
        self.calibration = Calibration.from_json(kept) if kept else None
        self.reader = reader if reading != "off" else None
        self.reading = reading if self.reader else "off"
        """How much of the first results the reader reads with the question."""
        self.max_wrong = max_wrong
        """How many of a hundred answers given may be wrong."""
        self._advisor = Advisor(store, encoder)
        self.fault = fault
        """Why an older generation than the live one answers; None if the live one does."""

    @classmethod
    def build(
        cls,
        paths: Sequence[Path],
        settings: Settings | None = None,
        *,
        strict: bool = False,
        allow_download: bool = False,
        progress: Progress | None = None,
        accept: Accept | None = None,
        judge: Judge | None = None,
    ) -> BuildReport:
        """Make the index hold exactly what ``paths`` hold; see ``qa.build.builder``."""
        from qa.build.builder import build_index  # asking needs no format readers and no splitter

        return build_index(
            paths,
            settings or Settings(),
            strict=strict,
            allow_download=allow_download,
            progress=progress,
            accept=accept,
            judge=judge,
        )

    @classmethod
    def open(
        cls,
        index: Path | str | Index,
        *,
        threads: int | None = None,
        max_wrong: int = Settings().max_wrong,
        reading: str = Settings().reading,
        encoder: Encoder | None = None,
    ) -> Engine:
        """Open the live generation of an index, with the model that it was built with.

        ``encoder`` is used instead of loading the model, if it is that model. Raises IndexUnusableError
        if there is no index, or if it is damaged or of another format.
        """
        settle()
        if isinstance(index, Path | str):
            index = open_index(index)
        opened = index.open()
        recipe = opened.store.recipe
        if encoder is None or encoder.fingerprint != recipe.fingerprint:
            encoder = load_encoder(opened.model, threads=threads)
        ours = (encoder.fingerprint, encoder.dimension, encoder.codec.width)
        if ours != (recipe.fingerprint, recipe.dimension, recipe.code_width):
            raise IndexForeignError(
                f"the model in the index {index.name} is not the one that made its vectors: "
                "run qa build again"
            )
        return cls(
            store=opened.store,
            encoder=encoder,
            max_wrong=max_wrong,
            reader=reader_for(reading),
            reading=reading,
            fault=opened.fault,
        )

    @property
    def info(self) -> IndexInfo:
        """The generation that answers."""
        return self.store.info

    def ask(self, question: Question | str) -> Answer:
        """Answer a question with ranked, cited excerpts. Raises QuestionError if it is not allowed."""
        began = time.perf_counter()
        if isinstance(question, str):
            question = Question(question)
        check(question)
        asks = core(self.reader, question.text, self._knows)
        if not asks:
            return self._greeted(question, began)
        said = question.text if question.history and corrects(question.text) else asks
        text, _ = resolve(said, cores(self.reader, question.history[-TURNS:]))
        encoded = self.encoder.encode_question(text)
        words = self.store.analyzer.words(text)
        codec, ranking = self.encoder.codec, self.ranking
        terms = [term for _, term in words]
        others = self._advisor.terms(question.text)
        asked = prepare(self.store, codec, encoded, terms, ranking, others)
        # More hits than results are needed: some are joined to others, or are copies of them.
        depth = 2 * question.k if question.k > ranking.candidates // 2 else 0
        search = partial(rank, self.store, codec, asked, ranking, depth=depth, shown=depth)
        looked_up = figure(text)
        quotes = phrases(question.text, asks, whole_frames=not is_phrase(asks)) or looked_up
        ranked = search(filters=question.filters, phrases=quotes)
        if ranked.recalled.unknown_facets:
            known = sorted(one.name for one in self.archive.facets)
            raise unknown_name(ranked.recalled.unknown_facets[0], known)
        nowhere: tuple[Note, ...] = ()
        if quotes and not ranked.hits:
            # Rather the nearest passages than none, with a note that they lack these words.
            ranked = search(filters=question.filters)
            if ranked.hits:
                nowhere = (quotation_not_found(quotes.written, filtered=bool(question.filters)),)
            quotes = None
        why = partial(explain, ranking, asked, words, ranked) if question.explain else None
        budget = BUDGETS[self.reading]
        # At least as many as the reader reads: the first result and the verdict must not depend on k.
        most = max(question.k, budget.results)
        excerpts = make_results(codec, asked, ranked, most, why)
        # To the reader any other figure would answer as well.
        reader = None if looked_up else self.reader
        told = read_results(reader, text, excerpts, budget)
        confidence, verdict = self._judge(told.found)
        if nowhere and verdict == "answered":
            verdict = "unsure"  # what answers lacks words that it must have
        if looked_up and not nowhere and verdict == "not_found":
            verdict = "unsure"  # the figure is there
        found = Found(
            verdict,
            told.found.support if told.found else None,
            ranked.recalled,
            partial(self._everywhere, asked, quotes),
            asked.statistics.held,
        )
        notes = (*nowhere, *self._advisor.notes(question, asks, found))[:MOST_NOTES]
        if verdict == "not_found" and any(note.code == "other_language" for note in notes):
            verdict = "unsure"  # the archive may have the answer in its own language
        results = told.results[: question.k]
        return Answer(
            question=question.text,
            searched=text,
            verdict=verdict,
            confidence=confidence,
            results=quoted.marked(results, quotes) if quotes else results,
            filtered_out_undated=ranked.recalled.undated_documents,
            index=self.info,
            took_ms=_since(began),
            notes=notes,
        )

    def _knows(self, text: str) -> bool:
        """Whether a text has a word that counts for lexical search."""
        return bool(self.store.analyzer.words(text))

    def _everywhere(self, asked: Asked, quotes: Phrases | None) -> list[Hit]:
        """Rank without a filter."""
        return rank(self.store, self.encoder.codec, asked, self.ranking, phrases=quotes).hits

    def _greeted(self, question: Question, began: float) -> Answer:
        """Answer a message that is no question."""
        return Answer(
            question=question.text,
            searched=question.text.strip(),
            verdict="not_found",
            confidence=None if self.calibration is None else 0.0,
            results=(),
            filtered_out_undated=0,
            index=self.info,
            took_ms=_since(began),
            notes=(greeting(),),
        )

    def _judge(self, found: Signals | None) -> tuple[float | None, Verdict]:
        """Return confidence and verdict; they depend only on the first result, with or without a filter."""
        if self.calibration is None:
            return None, "unsure"
        if found is None:
            return 0.0, "not_found"
        read = self.reader is not None and found.reading is not None
        curve = self.calibration.curve(self.reader.fingerprint if self.reader and read else None)
        confidence = curve.confidence(found)
        return round(confidence, 4), curve.verdict(confidence, self.max_wrong)

    def rank(self, text: str, *, depth: int, filters: Filters | None = None) -> list[Hit]:
        """Return the ranked passages down to ``depth``, before they are grouped or joined."""
        encoded = self.encoder.encode_question(text)
        codec = self.encoder.codec
        terms = self.store.analyzer.terms(text)
        asked = prepare(self.store, codec, encoded, terms, self.ranking)
        ranked = rank(self.store, codec, asked, self.ranking, filters=filters, depth=depth)
        return ranked.hits[:depth]

    @cached_property
    def archive(self) -> Archive:
        """Count the documents by month of publication, by topmost folder and by facet."""
        return self.store.summary()

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """Sample questions, taken from the documents."""
        return examples(self.store)

    def documents(self, *, after: str = "", limit: int = 100) -> Sequence[DocumentEntry]:
        """Return up to ``limit`` documents, sorted by source, that come after the source ``after``."""
        return self.store.listing(after, limit)

    def document(self, document_id: str) -> Document:
        """Return a document. Raises NotFoundError."""
        document = self.store.document(document_id)
        if document is None:
            raise NotFoundError(
                "no such document in this index: it was removed, or was never there",
                field="id",
                code="document_not_found",
            )
        return document

    @cached_property
    def _cited(self) -> CitedSpans:
        return CitedSpans(self.store.spans())

    def cite(self, id: str, place: Place | None = None) -> Cited:
        """Return a citation again, by its id or by the address that opens it.

        ``place`` is what the id stands for, where that is known. The place of another version than the
        present one is cited as far as it can be. Raises NotFoundError.
        """
        place = place or place_in(id) or self._cited.find(id)
        document = self.store.document(place.document_id) if place else None
        cited = cite_again(document, place) if document and place else None
        if cited is None:
            raise NotFoundError(
                "no excerpt of this index has this id: take it from an answer; the citation's url names "
                "its place also where the document has changed since",
                field="id",
                code="citation_not_found",
            )
        return cited

    def verify(self, citation: Citation, excerpt: str) -> Verified:
        """Check that a citation still holds for an excerpt."""
        document = self.store.document(citation.document_id)
        if document is None:
            return Verified(False, "the archive has no such document")
        return holds_at(citation, excerpt, document)

    def verify_printed(self, excerpt: str, *, source: str = "", title: str = "") -> Verified:
        """Check a quotation from a footnote, which names the path or name of the file, or its title."""
        named = called(self.store.listing(), source=source, title=title)
        if not named:
            return Verified(False, f"the archive has no such {'source' if source else 'title'}")
        if len(named) > MAX_NAMED:
            return Verified(False, f"{len(named):,} documents have this name: name the whole path")
        documents = (self.store.document(entry.id) for entry in named)
        return holds_in(excerpt, (document for document in documents if document is not None))

    def verify_footnote(self, excerpt: str, footnote: str) -> Verified:
        """Check a quotation by the footnote under it, in any form that ``qa.present.citing`` prints.

        The address in it names a place; without one the document is found by its name.
        """
        # What BibTeX escapes in an address.
        place = place_in(re.sub(r"\\([&%$#_])", r"\1", footnote))
        document = self.store.document(place.document_id) if place else None
        if place and document:
            return holds_there(excerpt, place, document)
        named = named_in(footnote, self.store.listing(), MAX_NAMED)
        if not named:
            return Verified(False, "the footnote names no document of the archive")
        reason = None
        for one in named:
            document = self.store.document(one.entry.id)
            found = holds_in(excerpt, [document] if document else [])
            if found.holds:
                folded = "; ".join(filter(None, (found.reason, one.folded)))
                return replace(found, reason=folded or None)
            reason = reason or found.reason
        return Verified(False, reason)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


__all__ = ["Engine"]
