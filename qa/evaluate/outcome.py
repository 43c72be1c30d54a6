"""What an evaluation found: an outcome for each question, figures over them, and their JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qa.evaluate.datasets import Gold
from qa.evaluate.measures import (
    AURC,
    AUROC,
    COVERAGE,
    EXCERPT_CHARS,
    RISK,
    CurvePoint,
    Figure,
    Measure,
    aurc_of,
    auroc_of,
    mean_of,
    ratio_of,
    risk_coverage,
    undefined,
)
from qa.records import Verdict


@dataclass(frozen=True, slots=True)
class First:
    """The first result of a question: of a span set an excerpt, of a corpus its best passage."""

    source: str
    title: str | None
    excerpt: str
    relevant: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    ``figures`` has a value for each measure of ranking, and is empty for a question that the
    archive does not answer. ``rank`` is that of the first relevant result, None when there is
    none among those looked at. ``lengths`` are of the excerpts shown. ``apart``: not in the
    overall figures. ``searched`` is the question that was searched, where the history changed it.
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

    @property
    def changed(self) -> bool:
        """Whether another question was searched than was asked."""
        return self.searched not in ("", self.question.strip())

    def to_json(self) -> dict[str, Any]:
        """Return the question as an evaluation's JSON has it; times are not in it."""
        entry: dict[str, Any] = {"id": self.id, "question": self.question}
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
    """All that was found on one data set."""

    dataset: str
    outcomes: tuple[Outcome, ...]
    measures: Figures
    by_kind: Mapping[str, Figures]
    apart: frozenset[str]
    curve: tuple[CurvePoint, ...]
    latency: Latency
    index: IndexFacts
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
            "latency_ms": {"p50": self.latency.p50, "p99": self.latency.p99},
            "index": {
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
    index: IndexFacts,
    config: Mapping[str, Any],
) -> Evaluation:
    """Compute the figures over the outcomes, overall and for each kind of question.

    A set without verdicts (a judged corpus) has measures of ranking only.
    """
    counted = [outcome for outcome in outcomes if not outcome.apart]
    with_verdicts = any(outcome.verdict is not None for outcome in outcomes)
    overall = _ranking(counted, measures)
    by_kind: dict[str, Figures] = {}
    curve: list[CurvePoint] = []
    if with_verdicts:
        overall |= _lengths(counted) | _verdicts(counted)
        curve = _curve(counted)
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes if outcome.kind):
        own = [outcome for outcome in outcomes if outcome.kind == kind]
        figures = _ranking(own, measures)
        if with_verdicts:
            figures |= _lengths(own) if figures else {}
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
        latency=Latency.of(outcomes),
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


def _verdicts(outcomes: Sequence[Outcome]) -> dict[Measure, Figure]:
    """Return the figures of the verdicts; undefined until confidence is calibrated."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    others = [outcome for outcome in outcomes if not outcome.answerable]
    n = len(outcomes)
    if not _calibrated(outcomes):
        return {m: undefined(n) for m in (AUROC, AURC, RISK, COVERAGE)}
    answered = [outcome.verdict == "answered" for outcome in outcomes]
    wrong = [_wrong(outcome) for outcome in outcomes]
    return {
        AUROC: _auroc(answerable, others),
        AURC: aurc_of([o.confidence or 0.0 for o in outcomes], wrong),
        RISK: ratio_of([w and a for w, a in zip(wrong, answered, strict=True)], answered),
        COVERAGE: _coverage(outcomes),
    }


def _calibrated(outcomes: Sequence[Outcome]) -> bool:
    return bool(outcomes) and all(outcome.confidence is not None for outcome in outcomes)


def _wrong(outcome: Outcome) -> bool:
    return outcome.rank != 1


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
        [o.confidence or 0.0 for o in outcomes], [_wrong(outcome) for outcome in outcomes]
    )
