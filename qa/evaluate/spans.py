"""A set of questions with quotes, asked as a user asks and judged by the spans of the excerpts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.build.builder import Progress, Silent
from qa.engine import Engine
from qa.errors import DatasetError, QuestionError
from qa.evaluate.datasets import SpanQuestion, SpanSet
from qa.evaluate.measures import SPAN_MEASURES
from qa.evaluate.outcome import First, Outcome
from qa.records import Answer, Question, Result

RESULTS = 10
_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A span of a source in which a quote stands."""

    source: str
    start: int
    end: int


Places = Sequence[tuple[Place, ...]]
"""For each quote of a question, every place where it stands in its source."""


def locate(dataset: SpanSet, engine: Engine) -> dict[str, Places]:
    """Find the gold quotes of each question in the engine's documents, by question id.

    Raises DatasetError, naming the question and the source, for a quote that is not there to
    the letter.
    """
    ids = {entry.source: entry.id for entry in engine.store.listing()}
    wanted: dict[str, set[str]] = {}
    for question in dataset.questions:
        for gold in question.gold:
            if gold.source not in ids:
                raise DatasetError(
                    f"{dataset.path}, question {question.id}: the index {engine.info.name!r} has "
                    f"no {gold.source}: build it from the documents that the questions are about"
                )
            wanted.setdefault(gold.source, set()).add(gold.quote)
    found: dict[tuple[str, str], tuple[Place, ...]] = {}
    for source, quotes in wanted.items():
        text = engine.document(ids[source]).text
        for quote in quotes:
            found[source, quote] = tuple(
                Place(source, start, start + len(quote)) for start in _occurrences(text, quote)
            )
    for question in dataset.questions:
        for gold in question.gold:
            if not found[gold.source, gold.quote]:
                shown = gold.quote if len(gold.quote) <= 60 else gold.quote[:57] + "..."
                raise DatasetError(
                    f"{dataset.path}, question {question.id}: {gold.source} does not hold the "
                    f"quote {shown!r} to the letter"
                )
    return {
        q.id: tuple(found[gold.source, gold.quote] for gold in q.gold) for q in dataset.questions
    }


def _occurrences(text: str, quote: str) -> list[int]:
    starts, at = [], text.find(quote)
    while at >= 0:
        starts.append(at)
        at = text.find(quote, at + 1)
    return starts


def covers(result: Result, place: Place) -> bool:
    """Whether an excerpt holds at least half of the characters of a quote at a place."""
    if result.citation.source != place.source:
        return False
    shared = min(result.citation.end, place.end) - max(result.citation.start, place.start)
    return 2 * shared >= place.end - place.start


def gains_of(results: Sequence[Result], places: Places) -> list[int]:
    """Return for each result 1 if it covers a quote that none before it covered, else 0."""
    credited: set[int] = set()
    gains = []
    for result in results:
        new = {
            n
            for n, alternatives in enumerate(places)
            if n not in credited and any(covers(result, place) for place in alternatives)
        }
        credited |= new
        gains.append(1 if new else 0)
    return gains


def ask_spans(dataset: SpanSet, engine: Engine, progress: Progress | None = None) -> list[Outcome]:
    """Ask every question of a set; return the outcomes in its order."""
    progress = progress or Silent()
    places = locate(dataset, engine)
    for question in dataset.questions[:_WARM_UP]:
        _ask(dataset, question, engine)
    progress.stage("asking", len(dataset.questions))
    outcomes = []
    for question in dataset.questions:
        outcomes.append(_judge(dataset, question, engine, places))
        progress.advance()
    return outcomes


def _judge(
    dataset: SpanSet, question: SpanQuestion, engine: Engine, places: Mapping[str, Places]
) -> Outcome:
    began = time.perf_counter()
    answer = _ask(dataset, question, engine)
    took_ms = (time.perf_counter() - began) * 1000
    results = answer.results
    gains = gains_of(results, places[question.id])
    # With alternatives one relevant excerpt is all there is to find.
    ideal = len(question.gold) if question.need == "all" else 1
    if question.need == "any":
        gains = [gain if n == _first(gains) else 0 for n, gain in enumerate(gains, start=1)]
    first = None
    if results:
        shown = results[0].citation
        first = First(shown.source, shown.title, results[0].excerpt, bool(gains[0]))
    return Outcome(
        id=question.id,
        question=question.text,
        kind=question.kind,
        answerable=bool(question.gold),
        apart=question.kind in dataset.apart,
        figures={m: m.of(gains, ideal) for m in SPAN_MEASURES} if question.gold else {},
        rank=_first(gains),
        first=first,
        gold=question.gold,
        lengths=tuple(len(result.excerpt) for result in results),
        verdict=answer.verdict,
        confidence=answer.confidence,
        took_ms=took_ms,
        searched=answer.searched,
    )


def _ask(dataset: SpanSet, question: SpanQuestion, engine: Engine) -> Answer:
    try:
        return engine.ask(
            Question(question.text, k=RESULTS, history=question.history, filters=question.filters)
        )
    except QuestionError as error:
        raise DatasetError(f"{dataset.path}, question {question.id}: {error}") from error


def _first(gains: Sequence[int]) -> int | None:
    return next((rank for rank, gain in enumerate(gains, start=1) if gain), None)
