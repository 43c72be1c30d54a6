"""Measures as values, and their intervals.

A measure parses and prints itself, in the notation of ir_measures (``nDCG@10``, ``Success@5``).
``REGISTERED`` has all of them. To add a measure of ranking, add a row with ``of``, which computes it for
one question of spans; ``qa eval --measures`` then takes it. ir_measures computes those of a judged corpus,
so the name must be one that it knows. To add a measure of the verdicts, add a row and compute it in
``verdict_statistic`` of ``qa.evaluate.verdicts``. Measures of ranking are means over questions. Those of
the verdicts are of a whole set of questions:

    AUROC          how well confidence tells answerable questions from unanswerable ones: the
                   chance that it is higher for one of the former, ties counting half
    AURC           area under the risk-coverage curve (Geifman and El-Yaniv, 2017): the mean,
                   over the coverages 1/n to n/n, of the share of wrong first answers; lower is
                   better
    risk           of the questions whose verdict is "answered", the share without a relevant
                   excerpt at rank 1
    coverage       the share of questions whose verdict is "answered"
    wrong@70       the risk when the 70% of the questions with the highest confidence are answered
    excerpt_chars  mean length of the excerpts shown, in characters

Every interval is a 95% percentile bootstrap over questions (Efron and Tibshirani, 1993), 2,000
resamples from a fixed seed, so that two runs agree. A resample is a row of weights, how often
each question was drawn, and every measure is computed for all rows at once; that is why it is not
scipy's, which draws values of a sample and knows no resample for which a ratio is undefined.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qa.arrays import DoubleArray
from qa.errors import UsageError

Statistic = Callable[[DoubleArray], DoubleArray]
"""From weights (resamples, questions) to values (resamples,); NaN where it is not defined."""

RESAMPLES = 2000
_SEED = 20240607
_NOTATION = re.compile(r"(?P<name>[A-Za-z_]+)(?:@(?P<cutoff>[1-9]\d{0,3}))?")


@dataclass(frozen=True, slots=True)
class Kind:
    """A measure, whatever its cutoff. ``says`` tells people what it is.

    ``cutoff``: it looks at so many results. ``key`` is its name in JSON, where that is another one;
    ``of`` computes it for one question, from the gains of its results and the best ones that there
    could be. ``verdict``: it is of the verdicts of a whole set. ``better``: 1 where more is better,
    -1 where less is, 0 where neither is.
    """

    name: str
    says: str
    cutoff: bool = False
    key: str = ""
    digits: int = 3
    of: Callable[[Sequence[int], Sequence[int]], float] | None = None
    verdict: bool = False
    better: int = 1


def _success(gains: Sequence[int], best: Sequence[int]) -> float:
    return float(any(gains))


def _reciprocal_rank(gains: Sequence[int], best: Sequence[int]) -> float:
    return next((1 / rank for rank, gain in enumerate(gains, start=1) if gain), 0.0)


def _ndcg(gains: Sequence[int], best: Sequence[int]) -> float:
    ideal = sum(_discounted(best))
    # Of more relevant results than there could be, those count that are worth most at their ranks.
    found = sorted(_discounted(gains), reverse=True)[: len(best)]
    return sum(found) / ideal if ideal else 0.0


def _discounted(gains: Sequence[int]) -> list[float]:
    return [gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1)]


REGISTERED = (
    Kind("Success", "a relevant result among the first so many", True, key="hit", of=_success),
    Kind(
        "RR",
        "1 divided by the rank of the first relevant result, 0 beyond so many",
        True,
        of=_reciprocal_rank,
    ),
    Kind(
        "nDCG",
        "the relevant results found, each the less the lower it stands; 1 is the best order",
        True,
        of=_ndcg,
    ),
    Kind("R", "the share of the relevant documents that is found", True),
    Kind("P", "the share of so many results that is relevant", True),
    Kind("AP", "the mean, over the relevant documents, of the precision where each is found", True),
    Kind(
        "AUROC",
        "how often confidence is higher for an answerable question than for one that is not",
        verdict=True,
    ),
    Kind("AURC", "mean risk over all coverages; lower is better", verdict=True, better=-1),
    Kind(
        "wrong",
        "wrong among answered, were so many hundredths of the questions answered, the surest first",
        True,
        verdict=True,
        better=-1,
    ),
    Kind("risk", "of the questions answered, the share that is wrong", verdict=True, better=-1),
    Kind("coverage", "the share of questions that are answered", verdict=True, better=0),
    Kind("excerpt_chars", "mean length of an excerpt, in characters", digits=0, better=-1),
)
"""Every measure, in the order of a report."""
_BY_NAME = {kind.name: kind for kind in REGISTERED} | {
    kind.key: kind for kind in REGISTERED if kind.key
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: the name that it is registered by and, for those of ranking, how many results it looks at.

    Of ``wrong@70`` the number is a coverage in hundredths.
    """

    name: str
    cutoff: int | None = None

    def __str__(self) -> str:
        return self._at(self.name)

    @property
    def key(self) -> str:
        """Its name in an evaluation's JSON, as in ``hit@5``."""
        return self._at(self.kind.key or self.name)

    @property
    def kind(self) -> Kind:
        """What is registered of it."""
        return _BY_NAME[self.name]

    @property
    def of_ranking(self) -> bool:
        """Whether each question has a value of its own, which tells how well it was ranked."""
        return self.kind.cutoff and not self.kind.verdict

    def _at(self, name: str) -> str:
        return name if self.cutoff is None else f"{name}@{self.cutoff}"

    @classmethod
    def parse(cls, text: str) -> Measure:
        """Return the measure that ``text`` names, as in ``Success@5``. Raises UsageError.

        A name in JSON is taken too: ``hit@5``.
        """
        match = _NOTATION.fullmatch(text.strip())
        kind = _BY_NAME.get(match["name"]) if match else None
        if match is None or kind is None or kind.cutoff != bool(match["cutoff"]):
            known = ", ".join(
                f"{kind.name}@10" if kind.cutoff else kind.name for kind in REGISTERED
            )
            raise UsageError(f"{text!r} is no measure: they are written as {known}")
        return cls(kind.name, int(match["cutoff"]) if match["cutoff"] else None)

    def of(self, gains: Sequence[int], best: Sequence[int]) -> float:
        """Return the value for one question.

        ``gains``: the grade of each relevant result, best rank first, else 0. ``best``: the gains
        of the best results that there could be. nDCG has the gain over log2(rank + 1), as trec_eval
        and ir_measures do (Järvelin and Kekäläinen, 2002).
        """
        if self.kind.of is None:
            raise ValueError(f"{self} is not computed from gains")
        return self.kind.of(gains[: self.cutoff], sorted(best, reverse=True)[: self.cutoff])

    def show(self, value: float | None) -> str:
        """Return a value as it is printed."""
        return "n/a" if value is None else f"{value:.{self.kind.digits}f}"


SPAN_MEASURES = tuple(
    map(Measure.parse, ("Success@1", "Success@5", "Success@10", "RR@10", "nDCG@10"))
)
CORPUS_MEASURES = tuple(map(Measure.parse, ("nDCG@10", "R@100", "RR@10", "Success@1")))
AUROC, AURC, RISK, COVERAGE, EXCERPT_CHARS = map(
    Measure, ("AUROC", "AURC", "risk", "coverage", "excerpt_chars")
)
WRONG = Measure("wrong", 70)
VERDICT_MEASURES = (AUROC, AURC, WRONG, RISK, COVERAGE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95% interval, over ``n`` questions; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def to_json(self) -> dict[str, float | int | None]:
        """Return the figure as the contract writes it."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def figure(statistic: Statistic, n: int) -> Figure:
    """Return a statistic over ``n`` questions with its bootstrap interval."""
    if n == 0:
        return undefined(n)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(statistic(np.ones((1, n)))[0])
        if np.isnan(value):
            return undefined(n)
        draws = np.concatenate([statistic(weights) for weights in resamples(n)])
    low, high = np.percentile(draws[~np.isnan(draws)], [2.5, 97.5])
    return Figure(_rounded(value), _rounded(low), _rounded(high), n)


def undefined(n: int) -> Figure:
    """Return the figure of a measure that is not defined for these ``n`` questions."""
    return Figure(None, None, None, n)


def _rounded(value: Any) -> float:
    return round(float(value), 6)


def resamples(n: int) -> list[DoubleArray]:
    """Return weights of resamples, in parts that stay small in memory."""
    random = np.random.default_rng(_SEED)
    part = max(1, min(RESAMPLES, 2_000_000 // n))
    counts = [part] * (RESAMPLES // part)
    counts += [RESAMPLES % part] if RESAMPLES % part else []
    return [random.multinomial(n, np.full(n, 1 / n), size=count).astype(float) for count in counts]


def mean_of(values: Sequence[float]) -> Figure:
    """Return the mean with its interval."""
    array = np.asarray(values, float)
    return figure(lambda weights: weights @ array / weights.sum(axis=1), len(array))


def ratio_of(parts: Sequence[float], wholes: Sequence[float]) -> Figure:
    """Return the sum of ``parts`` over the sum of ``wholes``, both told for each question.

    The figure's ``n`` is the number of questions that have a part of the whole.
    """
    part, whole = np.asarray(parts, float), np.asarray(wholes, float)
    found = figure(lambda weights: (weights @ part) / (weights @ whole), len(whole))
    return replace(found, n=int((whole > 0).sum()))


def auroc_statistic(positive: Sequence[float], negative: Sequence[float]) -> Statistic:
    """Return the area under the ROC curve as a statistic: the Mann-Whitney statistic over all pairs.

    Its weights are those of the positive ones, then those of the negative ones.
    """
    first, second = np.asarray(positive, float), np.asarray(negative, float)
    wins = (first[:, None] > second) + 0.5 * (first[:, None] == second)

    def area(weights: DoubleArray) -> DoubleArray:
        ours, theirs = weights[:, : len(first)], weights[:, len(first) :]
        total = np.einsum("rp,rp->r", ours, theirs @ wins.T)
        return np.asarray(total / (ours.sum(axis=1) * theirs.sum(axis=1)))

    return area


def auroc_of(positive: Sequence[float], negative: Sequence[float]) -> Figure:
    """Return the area under the ROC curve with its interval."""
    n = len(positive) + len(negative)
    if not len(positive) or not len(negative):
        return undefined(n)
    return figure(auroc_statistic(positive, negative), n)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Answering what is at least as sure as ``confidence``: how much, and how often wrongly."""

    confidence: float
    coverage: float
    risk: float


def risk_coverage(confidences: Sequence[float], wrong: Sequence[bool]) -> list[CurvePoint]:
    """Return the curve from the surest question to all; questions of one confidence come together.

    ``wrong``: no relevant excerpt at rank 1; unanswerable questions are always wrong.
    """
    order = np.argsort(-np.asarray(confidences, float), kind="stable")
    sure = np.asarray(confidences, float)[order]
    errors = np.cumsum(np.asarray(wrong, float)[order])
    last = np.flatnonzero(np.diff(sure, append=-np.inf) != 0)
    return [
        CurvePoint(float(sure[n]), _rounded((n + 1) / len(sure)), _rounded(errors[n] / (n + 1)))
        for n in last.tolist()
    ]


def aurc_statistic(confidences: Sequence[float], wrong: Sequence[bool]) -> Statistic:
    """Return the area under the risk-coverage curve; a tie has the risk of all that share it."""
    order = np.argsort(-np.asarray(confidences, float), kind="stable")
    sure, errors = np.asarray(confidences, float)[order], np.asarray(wrong, float)[order]
    last = np.flatnonzero(np.diff(sure, append=-np.inf) != 0)
    group = np.searchsorted(last, np.arange(len(sure)))

    def area(weights: DoubleArray) -> DoubleArray:
        drawn = weights[:, order]
        risk = np.cumsum(drawn * errors, axis=1)[:, last] / np.cumsum(drawn, axis=1)[:, last]
        each = np.where(drawn > 0, risk[:, group], 0.0)
        return np.asarray((drawn * each).sum(axis=1) / drawn.sum(axis=1))

    return area


def aurc_of(confidences: Sequence[float], wrong: Sequence[bool]) -> Figure:
    """Return the area under the risk-coverage curve with its interval."""
    return figure(aurc_statistic(confidences, wrong), len(confidences))
