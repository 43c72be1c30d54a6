"""What an evaluation found: an outcome for each question, figures over them, and their JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from qa.evaluate.datasets import Gold
from qa.evaluate.measures import (
    AUROC,
    COVERAGE,
    EXCERPT_CHARS,
    RISK,
    VERDICT_MEASURES,
    CurvePoint,
    Figure,
    Measure,
    auroc_of,
    figure,
    mean_of,
    ratio_of,
    risk_coverage,
    undefined,
)
from qa.evaluate.runs import Scored
from qa.evaluate.verdicts import Verdicted, verdict_statistic
from qa.records import Verdict


@dataclass(frozen=True, slots=True)
class First:
    """The first result of a question: of a span set an excerpt, of a corpus its best passage."""

    source: str
    title: str | None
    excerpt: str
    relevant: bool


class Stage(NamedTuple):
    """One of the scores that placed a result, and its rank among the candidates by that score alone."""

    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the first results, for people to read; ``gain`` is its grade, 0 where it is not relevant."""

    id: str
    title: str | None
    excerpt: str
    score: float
    gain: int
    stages: Mapping[str, Stage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    ``figures`` has a value for each measure of ranking, and is empty for a question that the
    archive does not answer. ``rank`` is that of the first relevant result, None when there is
    none among those looked at. ``lengths`` are of the excerpts shown. ``apart``: not in the
    overall figures. ``searched`` is the question that was searched, where the history changed it.
    ``digest`` names the question and its judgements. ``ranked`` is all that was looked at, best first;
    ``top`` the first ten of it.
    """

    id: str
    question: str
    kind: str
    answerable: bool
    apart: bool
    figures: Mapping[Measure, float]
    rank: int | None
    first: First | None
    gold: tuple[Gold, ...] = ()
    lengths: tuple[int, ...] = ()
    verdict: Verdict | None = None
    confidence: float | None = None
    took_ms: float = 0.0
    searched: str = ""
    digest: str = ""
    ranked: tuple[Scored, ...] = ()
    top: tuple[Shown, ...] = ()

    @property
    def verdicted(self) -> Verdicted:
        """What was said of it, and whether that was right."""
        return Verdicted(
            self.answerable, self.confidence or 0.0, self.verdict == "answered", self.rank != 1
        )

    @property
    def changed(self) -> bool:
        """Whether another question was searched than was asked."""
        return self.searched not in ("", self.question.strip())

    def to_json(self) -> dict[str, Any]:
        """Return the question as an evaluation's JSON has it; times are not in it."""
        entry: dict[str, Any] = {"id": self.id, "question": self.question, "digest": self.digest}
        if self.changed:
            entry["searched"] = self.searched
        if self.kind:
            entry["kind"] = self.kind
        entry |= {"answerable": self.answerable, "apart": self.apart}
        entry |= {measure.key: round(value, 6) for measure, value in self.figures.items()}
        if self.answerable:
            entry["rank"] = self.rank
        if self.verdict is not None:
            entry |= {"verdict": self.verdict, "confidence": self.confidence}
        if self.lengths:
            entry[EXCERPT_CHARS.key] = round(float(np.mean(self.lengths)), 6)
        first = self.first
        entry["first"] = first and {
            "source": first.source,
            "title": first.title,
            "excerpt": first.excerpt,
            "relevant": first.relevant,
        }
        entry["ranked"] = [one.to_json() for one in self.ranked]
        return entry


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that one question takes in process, after a warm-up."""

    p50: float
    p99: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Latency:
        """Return the percentiles over the questions asked."""
        p50, p99 = np.percentile([outcome.took_ms for outcome in outcomes], [50, 99])
        return cls(round(float(p50), 3), round(float(p99), 3))


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """The index that answered. ``build_seconds`` is None where nobody measured it.

    ``bytes`` counts the generation's files, the model beside them left out.
    """

    passages: int
    documents: int
    build_seconds: float | None
    bytes: int


Figures = Mapping[Measure, Figure]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was found on one data set; of a run from elsewhere nobody knows ``latency`` and ``index``."""

    dataset: str
    outcomes: tuple[Outcome, ...]
    measures: Figures
    by_kind: Mapping[str, Figures]
    apart: frozenset[str]
    curve: tuple[CurvePoint, ...]
    latency: Latency | None
    index: IndexFacts | None
    config: Mapping[str, Any]

    def figure(self, measure: Measure, kind: str | None = None) -> Figure | None:
        """Return a figure, of all questions or of one kind; None when it is not measured here."""
        figures = self.measures if kind is None else self.by_kind.get(kind, {})
        return figures.get(measure)

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation in the contract's shape."""
        return {
            "dataset": self.dataset,
            "measures": _figures_json(self.measures),
            "by_kind": {kind: _figures_json(found) for kind, found in self.by_kind.items()},
            "apart": sorted(self.apart),
            "questions": [outcome.to_json() for outcome in self.outcomes],
            "risk_coverage": [
                {"confidence": p.confidence, "coverage": p.coverage, "risk": p.risk}
                for p in self.curve
            ],
            "latency_ms": self.latency and {"p50": self.latency.p50, "p99": self.latency.p99},
            "index": self.index
            and {
                "passages": self.index.passages,
                "documents": self.index.documents,
                "build_seconds": self.index.build_seconds,
                "bytes": self.index.bytes,
            },
            "config": dict(self.config),
        }


def _figures_json(figures: Figures) -> dict[str, Any]:
    return {measure.key: found.to_json() for measure, found in figures.items()}


def summarise(
    dataset: str,
    outcomes: Sequence[Outcome],
    *,
    measures: Sequence[Measure],
    index: IndexFacts | None,
    config: Mapping[str, Any],
) -> Evaluation:
    """Compute the figures over the outcomes, overall and for each kind of question.

    A set without verdicts (a judged corpus, a run from elsewhere) has none of their measures; without
    ``index`` nobody was asked, and no time was taken.
    """
    ranking = [measure for measure in measures if measure.of_ranking]
    verdicts = list(dict.fromkeys([*VERDICT_MEASURES, *(m for m in measures if m.kind.verdict)]))
    counted = [outcome for outcome in outcomes if not outcome.apart]
    with_verdicts = any(outcome.verdict is not None for outcome in outcomes)
    with_lengths = with_verdicts or any(outcome.lengths for outcome in outcomes)
    overall = _ranking(counted, ranking)
    by_kind: dict[str, Figures] = {}
    curve: list[CurvePoint] = []
    if with_lengths:
        overall |= _lengths(counted)
    if with_verdicts:
        overall |= _verdicts(counted, verdicts)
        curve = _curve(counted)
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes if outcome.kind):
        own = [outcome for outcome in outcomes if outcome.kind == kind]
        figures = _ranking(own, ranking)
        if with_lengths:
            figures |= _lengths(own) if figures else {}
        if with_verdicts:
            unanswerable = [outcome for outcome in own if not outcome.answerable]
            if unanswerable:
                figures[AUROC] = _auroc([o for o in counted if o.answerable], unanswerable)
            figures[COVERAGE] = _coverage(own)
        by_kind[kind] = figures
    return Evaluation(
        dataset=dataset,
        outcomes=tuple(outcomes),
        measures=overall,
        by_kind=by_kind,
        apart=frozenset(outcome.kind for outcome in outcomes if outcome.apart),
        curve=tuple(curve),
        latency=Latency.of(outcomes) if index else None,
        index=index,
        config=config,
    )


def _ranking(outcomes: Sequence[Outcome], measures: Sequence[Measure]) -> dict[Measure, Figure]:
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    if not answerable:
        return {}
    return {m: mean_of([outcome.figures[m] for outcome in answerable]) for m in measures}


def _lengths(outcomes: Sequence[Outcome]) -> dict[Measure, Figure]:
    shown = [outcome.lengths for outcome in outcomes if outcome.answerable]
    return {EXCERPT_CHARS: ratio_of([sum(one) for one in shown], [len(one) for one in shown])}


def _verdicts(outcomes: Sequence[Outcome], measures: Sequence[Measure]) -> dict[Measure, Figure]:
    """Return the figures of the verdicts; undefined until confidence is calibrated."""
    n = len(outcomes)
    if not _calibrated(outcomes):
        return {measure: undefined(n) for measure in measures}
    questions = [outcome.verdicted for outcome in outcomes]
    answered = sum(one.answered for one in questions)
    return {
        measure: replace(found, n=answered) if measure == RISK else found
        for measure in measures
        for found in (figure(verdict_statistic(measure, questions), n),)
    }


def _calibrated(outcomes: Sequence[Outcome]) -> bool:
    return bool(outcomes) and all(outcome.confidence is not None for outcome in outcomes)


def _auroc(answerable: Sequence[Outcome], others: Sequence[Outcome]) -> Figure:
    if not (_calibrated(answerable) and _calibrated(others)):
        return undefined(len(answerable) + len(others))
    return auroc_of(
        [o.confidence or 0.0 for o in answerable], [o.confidence or 0.0 for o in others]
    )


def _coverage(outcomes: Sequence[Outcome]) -> Figure:
    if not _calibrated(outcomes):
        return undefined(len(outcomes))
    return mean_of([float(outcome.verdict == "answered") for outcome in outcomes])


def _curve(outcomes: Sequence[Outcome]) -> list[CurvePoint]:
    if not _calibrated(outcomes):
        return []
    return risk_coverage(
        [o.confidence or 0.0 for o in outcomes], [o.verdicted.wrong for o in outcomes]
    )
