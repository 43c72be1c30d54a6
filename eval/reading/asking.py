"""The archives that ``measure.py`` asks, their indexes at the defaults, and what became of each question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from data import load
from scoring import Span, overlaps, partner_of, spread, without

from qa.build.builder import build_index
from qa.cli.progress import Lines
from qa.encode import Encoder
from qa.engine import Engine
from qa.errors import QuestionError, UsageError
from qa.evaluate.corpora import make_row_document
from qa.evaluate.datasets import JudgedCorpus, Row, SpanQuestion, read_dataset, read_spans
from qa.evaluate.measures import Figure
from qa.evaluate.spans import RESULTS, gains_of, locate, place_shown
from qa.records import Answer, Document, Filters, Question, Result, Verdict
from qa.search.confidence import Curve
from qa.settings import Settings

ROOT = Path(__file__).parents[2]
SEEDS, FRAMES = ROOT / "eval" / "seeds", ROOT / "eval" / "frames"
LEFT_OUT = ("spanish", "oblique")
"""Kinds of answerable questions that no figure counts."""


class Line(NamedTuple):
    """One figure: a key that ``targets.toml`` may name, and what it is in words."""

    key: str
    text: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer. ``right``: the first result answers; ``answers`` are the words wanted."""

    id: str
    kind: str
    text: str
    answer: Answer
    answerable: bool
    right: bool
    answers: tuple[str, ...] = ()
    places: tuple[tuple[str, int, int], ...] = ()

    @property
    def first(self) -> Result | None:
        """The first result, if there is one."""
        return next(iter(self.answer.results), None)

    @property
    def confidence(self) -> float:
        """The answer's confidence."""
        return self.answer.confidence or 0.0

    @property
    def marked(self) -> bool:
        """Whether what is marked in the first result holds a wanted answer."""
        first = self.first
        if first is None:
            return False
        spans = [
            (start, end) for source, start, end in self.places if source == first.citation.source
        ]
        at = first.citation.start
        return any(overlaps((at + m.start, at + m.end), spans) for m in first.highlights)

    def noted(self, code: str) -> bool:
        """Whether the answer has a note of this code."""
        return any(note.code == code for note in self.answer.notes)


def curve_of(engine: Engine) -> Curve:
    """Return the curve of an index's confidence. Raises UsageError where it has none."""
    if engine.calibration is None:
        raise UsageError(f"the index {engine.info.name} could not be calibrated: too few documents")
    return engine.calibration.curve(engine.reader.fingerprint if engine.reader else None)


def verdict_at(engine: Engine, asked: Asked, max_wrong: int) -> Verdict:
    """Return the verdict that an answer would have had with another ``max_wrong``."""
    if not asked.answer.results:
        return "not_found"
    return curve_of(engine).verdict(asked.confidence, max_wrong)


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Read a JSON-lines file."""
    try:
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


@dataclass
class Bench:
    """The sets, each asked once, when a figure first wants it.

    ``work`` keeps the indexes for the next run; ``datasets`` has the sets by name; ``few`` is how
    many questions of each sort are asked at most. ``details`` is what ``--json`` has beside figures.
    """

    work: Path
    datasets: Path
    few: int | None = None
    progress: Lines = field(default_factory=Lines)
    details: dict[str, Any] = field(default_factory=dict)

    # Indexes.

    def engine(
        self,
        name: str,
        paths: Sequence[Path],
        documents: list[Document] | None = None,
        encoder: Encoder | None = None,
    ) -> Engine:
        """Return an engine over an index at the defaults, built unless it is there.

        ``encoder`` is the model of another index at the defaults: it is made ready only once.
        """
        settings = Settings(index=str(self.work / name))
        self.progress.say(f"index of {name}")
        build_index(paths, settings, documents=documents, encoder=encoder, progress=self.progress)
        return Engine.open(settings.index, encoder=encoder)

    def other(self, engine: Engine, reading: str) -> Engine:
        """Return an engine over the same index with another setting ``reading``."""
        found = Engine.open(self.work / engine.info.name, reading=reading, encoder=engine.encoder)
        if reading != "off" and found.reader is None:
            raise UsageError("there is no reader: train and export one, as README.md says")
        return found

    def rows_engine(self, name: str, rows: Sequence[Row]) -> Engine:
        """Return an engine over rows, each one document."""
        documents = [d for d in map(make_row_document, rows) if d is not None]
        documents.sort(key=lambda document: document.source)
        return self.engine(name, [], documents, self.seeds_engine.encoder)

    @cached_property
    def seeds_engine(self) -> Engine:
        """The sample archive."""
        return self.engine("seeds", [ROOT / "seeds"])

    @cached_property
    def xquad_engine(self) -> Engine:
        """XQuAD's paragraphs in English."""
        return self.rows_engine("xquad", self.xquad_set.rows)

    @cached_property
    def xquad_set(self) -> JudgedCorpus:
        """XQuAD as a judged corpus."""
        found = read_dataset("xquad", str(self.datasets))
        assert isinstance(found, JudgedCorpus)
        return found

    # Questions of the sample archive.

    @cached_property
    def seeds_questions(self) -> list[SpanQuestion]:
        """What is asked of the sample archive: answerable in English, partners of these, near, off."""
        every = read_spans(SEEDS).questions
        answerable = spread([q for q in every if q.gold and q.kind not in LEFT_OUT], self.few)
        kept = {q.id for q in answerable}
        partners = [q for q in every if q.kind == "paired" and partner_of(q.id) in kept]
        near = spread([q for q in every if q.kind == "near"], self.few)
        off = spread([q for q in every if q.kind == "off"], self.few)
        return [*answerable, *partners, *near, *off]

    @cached_property
    def seeds_places(self) -> dict[str, Any]:
        """Where the quotes of each question stand."""
        return dict(locate(read_spans(SEEDS), self.seeds_engine))

    @cached_property
    def seeds(self) -> list[Asked]:
        """The questions of the sample archive, bare."""
        return list(self._asked_of_seeds())

    def _asked_of_seeds(self) -> Iterator[Asked]:
        short = {row["id"]: row["answers"] for row in rows_of(SEEDS / "answers.jsonl")}
        self.progress.say(f"asking {len(self.seeds_questions):,} questions of seeds")
        for q in self.seeds_questions:
            found = short.get(q.id, [])
            asked = self.ask_seeds(q.id, q.kind, q.text)
            yield replace(
                asked,
                answers=tuple(a["text"] for a in found),
                places=tuple((a["source"], a["start"], a["start"] + len(a["text"])) for a in found),
            )

    def ask_seeds(self, name: str, kind: str, text: str) -> Asked:
        """Ask the sample archive; what is right is that of the question ``name``."""
        answer = self.seeds_engine.ask(Question(text, k=RESULTS))
        places = self.seeds_places[name]
        right = bool(answer.results) and bool(gains_of([place_shown(answer.results[0])], places)[0])
        return Asked(name, kind, text, answer, bool(places), right)

    @property
    def right_bare(self) -> list[Asked]:
        """The answerable questions of the sample archive whose first result is right."""
        return [asked for asked in self.seeds if asked.right]

    # XQuAD and the paragraphs that training keeps back.

    @cached_property
    def xquad_answers(self) -> dict[str, dict[str, Any]]:
        """Each question's paragraph, answers and where they start, of as many as are asked."""
        rows = spread(rows_of(self.datasets / "xquad" / "answers.jsonl"), self.few)
        return {str(row["_id"]): row for row in rows}

    def ask_xquad(self, name: str, text: str, filters: Filters | None = None) -> Asked:
        """Ask XQuAD's paragraphs; right is the paragraph that the question is about."""
        row = self.xquad_answers[name]
        spans = spans_of(row)
        answer = self.xquad_engine.ask(Question(text, k=RESULTS, filters=filters or Filters()))
        right = any(r.citation.source == row["doc"] for r in answer.results[:1])
        places = tuple((str(row["doc"]), start, end) for start, end in spans)
        return Asked(name, "", text, answer, not filters, right, tuple(row["answers"]), places)

    @cached_property
    def xquad(self) -> list[Asked]:
        """XQuAD's questions."""
        self.progress.say(f"asking {len(self.xquad_answers):,} questions of xquad")
        return [self.ask_xquad(name, self.xquad_set.queries[name]) for name in self.xquad_answers]

    @cached_property
    def xquad_half(self) -> list[Asked]:
        """XQuAD's questions, every second one asked while its paragraph is left out by a filter."""
        self.progress.say("asking half of them without their paragraphs")
        found = []
        for number, asked in enumerate(self.xquad):
            if number % 2:
                source = str(self.xquad_answers[asked.id]["doc"])
                asked = self.ask_xquad(asked.id, asked.text, Filters(source=without(source)))
                assert not asked.right, "a filter left in the paragraph that it is to leave out"
            found.append(asked)
        return found

    @cached_property
    def kept_back(self) -> tuple[Engine, list[Asked]]:
        """The paragraphs that are never trained on, all their questions, with and without answer.

        Right is an excerpt that holds an answer.
        """
        paragraphs = [p for p in load(self.datasets / "reading") if p.dev]
        engine = self.rows_engine("reading", [Row(p.key, p.title, p.text) for p in paragraphs])
        pairs = spread([(p, q) for p in paragraphs for q in p.questions], self.few)
        self.progress.say(f"asking {len(pairs):,} questions of reading")
        found = []
        for n, (p, q) in enumerate(pairs):
            try:
                answer = engine.ask(Question(q.text, k=RESULTS))
            except QuestionError as error:
                self.progress.say(f"left out, {error}: {q.text[:60]}")
                continue
            right = any(
                r.citation.source == p.key
                and overlaps((r.citation.start, r.citation.end), q.answers)
                for r in answer.results[:1]
            )
            texts = tuple(p.text[start:end] for start, end in q.answers)
            found.append(
                Asked(f"{p.key}:{n}", p.file, q.text, answer, bool(q.answers), right, texts)
            )
        return engine, found


def spans_of(row: dict[str, Any]) -> list[Span]:
    """Return the spans of a question's answers in its paragraph."""
    return [
        (int(start), int(start) + len(text))
        for start, text in zip(row["starts"], row["answers"], strict=True)
    ]
