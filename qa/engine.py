"""The engine: a folder of documents becomes an index, a question becomes an answer.

The command line, the HTTP interface and the evaluation all go through here.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cached_property, partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from qa.encode import Encoder
from qa.encode.build import load_encoder
from qa.errors import IndexForeignError, NotFoundError, QuestionError
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
    Question,
    Verdict,
)
from qa.runtime import settle
from qa.search.answers import BUDGETS, read_results
from qa.search.confidence import Calibration, Signals
from qa.search.explain import explain
from qa.search.followup import TURNS, resolve
from qa.search.notes import Advisor, Found, greeting
from qa.search.rank import Asked, Ranking, prepare, rank
from qa.search.results import make_results
from qa.search.verify import Verified, holds_at, holds_in
from qa.settings import Settings
from qa.store import DocumentEntry, IndexFolder, Store
from qa.text.folding import fold_name

if TYPE_CHECKING:
    from qa.build.builder import Accept, BuildReport, Judge, Progress

MAX_QUESTION = 2000
MAX_K = 50
MAX_GLOBS, MAX_GLOB = 20, 300
MAX_NAMED = 100
"""Documents of one name or title in which a printed quotation is looked for."""
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


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
        """How much of the first results is read beside the question."""
        self.max_wrong = max_wrong
        """Of a hundred answers given, how many may be wrong."""
        self._advisor = Advisor(store, encoder)
        self.fault = fault
        """Why an older generation than the live one is served, if it is."""

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
        from qa.build.builder import build_index  # readers and splitters: asking needs none of them

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
        index: Path | str,
        *,
        threads: int | None = None,
        max_wrong: int = Settings().max_wrong,
        reading: str = Settings().reading,
        encoder: Encoder | None = None,
    ) -> Engine:
        """Open the live generation of an index folder, with the model that it was built with.

        ``encoder``, where it is that model already, is used again. Raises IndexUnusableError when
        there is none, or it is damaged or of another format.
        """
        settle()
        folder = IndexFolder(Path(index))
        opened = folder.open()
        manifest = opened.generation.manifest
        if encoder is None or encoder.fingerprint != manifest["fingerprint"]:
            model = folder.model_folder(str(manifest["fingerprint"]))
            encoder = load_encoder(model, threads=threads)
        ours = (encoder.fingerprint, encoder.dimension, encoder.codec.width)
        if ours != (manifest["fingerprint"], manifest["dimension"], manifest["code_width"]):
            raise IndexForeignError(
                f"the model in {index} is not the one that its vectors were made with: run qa build again"
            )
        return cls(
            store=opened.generation,
            encoder=encoder,
            max_wrong=max_wrong,
            reader=reader_for(reading),
            reading=reading,
            fault=opened.fault,
        )

    @property
    def info(self) -> IndexInfo:
        """Which generation answers."""
        return self.store.info

    def ask(self, question: Question | str) -> Answer:
        """Answer a question with ranked, cited excerpts. Raises QuestionError for a wrong one."""
        began = time.perf_counter()
        if isinstance(question, str):
            question = Question(question)
        _check(question)
        asks = core(self.reader, question.text, self._knows)
        if not asks:
            return self._greeted(question, began)
        text, _ = resolve(asks, cores(self.reader, question.history[-TURNS:]))
        encoded = self.encoder.encode_question(text)
        words = self.store.terms(text)
        terms = [term for _, term in words]
        asked = prepare(self.store, self.encoder.codec, encoded, terms, self.ranking)
        allowed = self.store.allowed(question.filters)
        # More hits than results: some join others, or are copies of them.
        hits = rank(
            self.store,
            self.encoder.codec,
            asked,
            self.ranking,
            allowed=allowed.rows,
            depth=2 * question.k if question.k > self.ranking.candidates // 2 else 0,
        )
        why = partial(explain, self.store, self.ranking, words, hits) if question.explain else None
        budget = BUDGETS[self.reading]
        # As many as are read, whatever is asked for: neither first result nor verdict depend on k.
        most = max(question.k, budget.results)
        excerpts = make_results(self.store, self.encoder.codec, asked, hits, most, why)
        told = read_results(self.reader, text, excerpts, budget)
        confidence, verdict = self._judge(told.found)
        support = told.found.support if told.found else None
        everywhere = partial(self._everywhere, asked)
        found = Found(verdict, support, allowed.rows if question.filters else None, everywhere)
        notes = self._advisor.notes(question, asks, found)
        if verdict == "not_found" and any(note.code == "other_language" for note in notes):
            verdict = "unsure"  # the archive may well answer
        return Answer(
            question=question.text,
            searched=text,
            verdict=verdict,
            confidence=confidence,
            results=told.results[: question.k],
            filtered_out_undated=allowed.undated_documents,
            index=self.info,
            took_ms=_since(began),
            notes=notes,
        )

    def _knows(self, text: str) -> bool:
        """Whether a passage holds a word of a text that counts for lexical search."""
        return any(self.store.term_weight(term) > 0 for _, term in self.store.terms(text))

    def _everywhere(self, asked: Asked) -> list[Hit]:
        """Rank without a filter."""
        shown = self.store.allowed(Filters()).rows
        return rank(self.store, self.encoder.codec, asked, self.ranking, allowed=shown)

    def _greeted(self, question: Question, began: float) -> Answer:
        """Answer a message that asks nothing."""
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
        """Return confidence and verdict; they depend on the first result alone, filter or not."""
        if self.calibration is None:
            return None, "unsure"
        if found is None:
            return 0.0, "not_found"
        read = self.reader is not None and found.reading is not None
        curve = self.calibration.curve(self.reader.fingerprint if self.reader and read else None)
        confidence = curve.confidence(found)
        return round(confidence, 4), curve.verdict(confidence, self.max_wrong)

    def rank(self, text: str, *, depth: int, filters: Filters | None = None) -> list[Hit]:
        """Return the ranked passages down to ``depth``, before any grouping or merging."""
        encoded = self.encoder.encode_question(text)
        terms = [term for _, term in self.store.terms(text)]
        asked = prepare(self.store, self.encoder.codec, encoded, terms, self.ranking)
        allowed = self.store.allowed(filters or Filters())
        return rank(
            self.store, self.encoder.codec, asked, self.ranking, allowed=allowed.rows, depth=depth
        )[:depth]

    @cached_property
    def archive(self) -> Archive:
        """The documents, counted by month of publication and by topmost folder."""
        entries = self.store.entries()
        dated = Counter(entry.published[:7] for entry in entries if entry.published)
        # What follows a "#" names a row of a table, and may hold a slash of its own.
        files = (entry.source.split("#")[0] for entry in entries)
        folders = Counter(file.split("/")[0] for file in files if "/" in file)
        return Archive(
            documents=len(entries),
            dated=dict(sorted(dated.items())),
            undated=len(entries) - dated.total(),
            folders=dict(sorted(folders.items())),
        )

    def documents(self, *, after: str = "", limit: int = 100) -> list[DocumentEntry]:
        """Return up to ``limit`` documents whose source comes after ``after``, by source."""
        entries = self.store.entries()
        first = bisect_right(entries, after, key=attrgetter("source"))
        return list(entries[first : first + limit])

    def document(self, document_id: str) -> Document:
        """Return a document. Raises NotFoundError."""
        document = self.store.document(document_id)
        if document is None:
            raise NotFoundError(
                "no such document in this index: it was removed, or never was there",
                field="id",
                code="document_not_found",
            )
        return document

    def verify(self, citation: Citation, excerpt: str) -> Verified:
        """Check that a citation still stands for an excerpt."""
        document = self.store.document(citation.document_id)
        if document is None:
            return Verified(False, "the archive has no such document")
        return holds_at(citation, excerpt, document)

    def verify_printed(self, excerpt: str, *, source: str = "", title: str = "") -> Verified:
        """Check a quotation as a footnote has it: with the path or name of its file, or its title."""
        wanted = fold_name(source), " ".join(title.casefold().split())
        named = [entry for entry in self.store.entries() if _is_named(entry, *wanted)]
        if not named:
            return Verified(False, f"the archive has no such {'source' if source else 'title'}")
        if len(named) > MAX_NAMED:
            return Verified(False, f"{len(named):,} documents are called so: name the whole path")
        documents = (self.store.document(entry.id) for entry in named)
        return holds_in(excerpt, (document for document in documents if document is not None))


def _is_named(entry: DocumentEntry, source: str, title: str) -> bool:
    if source:
        path = fold_name(entry.source)
        return path == source or path.endswith(f"/{source}")
    return bool(title) and " ".join((entry.title or "").casefold().split()) == title


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def _check(question: Question) -> None:
    """Raise QuestionError for what cannot be asked."""
    for field, text in (("question", question.text), *(("history", h) for h in question.history)):
        if not text.strip():
            raise QuestionError(
                "the question is blank: write one", field=field, code="question_blank"
            )
        if len(text) > MAX_QUESTION:
            raise QuestionError(
                f"the question has {len(text):,} characters: at most {MAX_QUESTION:,} are allowed",
                field=field,
                code="question_too_long",
            )
        if _UNPRINTABLE.search(text):
            raise QuestionError(
                "the question holds a NUL or half a character (a lone surrogate): remove it",
                field=field,
                code="question_not_text",
            )
    if not 1 <= question.k <= MAX_K:
        raise QuestionError(
            f"k is {question.k}: 1 to {MAX_K} is wanted", field="k", code="k_out_of_range"
        )
    filters = question.filters
    if any(_UNPRINTABLE.search(glob) for glob in filters.source):
        raise QuestionError(
            "a glob holds a NUL or half a character (a lone surrogate): remove it",
            field="filters.source",
            code="glob_not_text",
        )
    if len(filters.source) > MAX_GLOBS or any(len(glob) > MAX_GLOB for glob in filters.source):
        raise QuestionError(
            f"at most {MAX_GLOBS} globs of at most {MAX_GLOB} characters are allowed",
            field="filters.source",
            code="too_many_globs",
        )
    for name in ("published_from", "published_to"):
        value = getattr(filters, name)
        if value is not None and not _is_date(value):
            raise QuestionError(
                f"{name} is no date: one as 2019, 2019-11 or 2019-11-23 is wanted",
                field=f"filters.{name}",
                code="invalid_date",
            )


def _is_date(value: str) -> bool:
    """Whether a value is a year, a month or a day that there is."""
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value + "-01-01"[len(value) - 4 :])
    except ValueError:
        return False
    return True


__all__ = ["Engine"]
