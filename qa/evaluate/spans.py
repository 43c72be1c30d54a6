"""A set of questions with quotes, asked as a user asks and judged by the spans of the excerpts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qa.build.builder import Progress, Silent
from qa.engine import Engine
from qa.errors import DatasetError, QuestionError, UsageError
from qa.evaluate.datasets import SpanQuestion, SpanSet
from qa.evaluate.measures import SPAN_MEASURES, Measure
from qa.evaluate.outcome import First, Outcome, Shown, Stage
from qa.evaluate.runs import DEPTH, Place, Scored
from qa.records import Answer, Question, Result

RESULTS = 10
"""Excerpts that are asked for, as a user gets them."""
_WARM_UP = 5

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


def covers(shown: Place, place: Place) -> bool:
    """Whether an excerpt holds at least half of the characters of a quote at a place."""
    if shown.source != place.source:
        return False
    shared = min(shown.end, place.end) - max(shown.start, place.start)
    return 2 * shared >= place.end - place.start


def gains_of(
    shown: Iterable[Place], places: Places, grades: Sequence[int] | None = None
) -> list[int]:
    """Return for each excerpt the highest grade of the quotes that it covers and none before it did.

    0 where it covers no such quote. Without ``grades`` every quote has 1.
    """
    credited: set[int] = set()
    gains = []
    for excerpt in shown:
        new = {
            n
            for n, alternatives in enumerate(places)
            if n not in credited and any(covers(excerpt, place) for place in alternatives)
        }
        credited |= new
        gains.append(max((grades[n] if grades else 1 for n in new), default=0))
    return gains


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gold of a question says of a ranking: the gain of each excerpt, the measures of them."""

    gains: tuple[int, ...]
    figures: Mapping[Measure, float]

    @property
    def rank(self) -> int | None:
        """The rank of the first relevant excerpt."""
        return next((rank for rank, gain in enumerate(self.gains, start=1) if gain), None)


def judge(
    question: SpanQuestion, shown: Sequence[Place], places: Places, measures: Sequence[Measure]
) -> Judged:
    """Judge a ranking of excerpts, whoever made it. Measures of verdicts are of a whole set: none here.

    With alternatives one relevant excerpt is all there is to find; the best there could be has the
    highest grade.
    """
    grades = [gold.grade for gold in question.gold]
    gains = gains_of(shown, places, grades)
    best = grades if question.need == "all" else [max(grades, default=0)]
    ranking = [measure for measure in measures if measure.of_ranking]
    figures = {measure: measure.of(gains, best) for measure in ranking} if question.gold else {}
    return Judged(tuple(gains), figures)


def check_measures(measures: Sequence[Measure]) -> None:
    """Raise UsageError for a measure that judgements by quotes do not have."""
    for measure in measures:
        if measure.of_ranking and measure.kind.of is None:
            raise UsageError(f"{measure} is of judged documents: questions with quotes have none")


# --- our own ranking -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """How a set is asked. ``deep``: also what ranks below the excerpts shown, down to a hundred.

    ``explained``: each excerpt with the figures of its stages.
    """

    measures: tuple[Measure, ...] = SPAN_MEASURES
    deep: bool = False
    explained: bool = False


def ask_spans(
    dataset: SpanSet,
    engine: Engine,
    progress: Progress | None = None,
    asking: Asking | None = None,
) -> list[Outcome]:
    """Ask every question of a set; return the outcomes in its order."""
    progress = progress or Silent()
    asking = asking or Asking()
    check_measures(asking.measures)
    places = locate(dataset, engine)
    for question in dataset.questions[:_WARM_UP]:
        _ask(dataset, question, engine)
    progress.stage("asking", len(dataset.questions))
    outcomes = []
    for question in dataset.questions:
        outcomes.append(_outcome(dataset, question, engine, places[question.id], asking))
        progress.advance()
    return outcomes


def _outcome(
    dataset: SpanSet, question: SpanQuestion, engine: Engine, places: Places, asking: Asking
) -> Outcome:
    began = time.perf_counter()
    answer = _ask(dataset, question, engine)
    took_ms = (time.perf_counter() - began) * 1000
    if asking.explained:  # apart, so that its time is not counted
        answer = _ask(dataset, question, engine, explained=True)
    results = answer.results
    ranked = [Scored(p.id, r.score, p) for r in results for p in (place_shown(r),)]
    if asking.deep and len(results) == RESULTS:  # where fewer are shown there are no more
        ranked += _below(question, answer, engine, [place_shown(result) for result in results])
    judged = judge(question, [one.place for one in ranked if one.place], places, asking.measures)
    relevant = [gain > 0 for gain in judged.gains]
    first = None
    if results:
        shown = results[0].citation
        first = First(shown.source, shown.title, results[0].excerpt, relevant[0])
    return Outcome(
        id=question.id,
        question=question.text,
        kind=question.kind,
        answerable=bool(question.gold),
        apart=question.kind in dataset.apart,
        figures=judged.figures,
        rank=judged.rank,
        first=first,
        gold=question.gold,
        lengths=tuple(len(result.excerpt) for result in results),
        verdict=answer.verdict,
        confidence=answer.confidence,
        took_ms=took_ms,
        searched=answer.searched,
        digest=question.digest,
        ranked=tuple(ranked),
        top=tuple(_shown(r, gain) for r, gain in zip(results, judged.gains, strict=False)),
    )


def place_shown(result: Result) -> Place:
    """Return the span that a result shows."""
    return Place(result.citation.source, result.citation.start, result.citation.end)


def _below(
    question: SpanQuestion, answer: Answer, engine: Engine, above: Sequence[Place]
) -> list[Scored]:
    """Return what ranks below the excerpts shown: passages that overlap nothing above them."""
    hits = engine.rank(answer.searched, depth=2 * DEPTH, filters=question.filters)
    passages = engine.store.fetch([hit.id for hit in hits], ()).passages
    taken: dict[str, list[Place]] = {}
    for place in above:
        taken.setdefault(place.source, []).append(place)
    found: list[Scored] = []
    for hit, passage in zip(hits, passages, strict=True):
        place = Place(passage.source, passage.start, passage.end)
        others = taken.setdefault(place.source, [])
        if all(place.end <= other.start or other.end <= place.start for other in others):
            others.append(place)
            found.append(Scored(place.id, hit.score, place))
    return found[: DEPTH - len(above)]


def _shown(result: Result, gain: int) -> Shown:
    stages = (result.explain or {}).get("stages", {})
    return Shown(
        id=place_shown(result).id,
        title=result.citation.title,
        excerpt=result.excerpt,
        score=result.score,
        gain=gain,
        stages={
            name: Stage(stage["score"], stage["rank"])
            for name, stage in stages.items()
            if stage["score"] is not None
        },
    )


def _ask(
    dataset: SpanSet, question: SpanQuestion, engine: Engine, *, explained: bool = False
) -> Answer:
    try:
        return engine.ask(
            Question(
                question.text,
                k=RESULTS,
                history=question.history,
                filters=question.filters,
                explain=explained,
            )
        )
    except QuestionError as error:
        raise DatasetError(f"{dataset.path}, question {question.id}: {error}") from error
