"""Whether the archive answers a question: the curve that turns what was found into a confidence.

*Signals.* A passage that answers a question matches all of it: the late score says how well on the
whole, its weakest quarter how well where it matches worst. Their mean is the question's support. It
tells what is about the question's subject. A reader that reads question and text together tells
whether the text answers (``qa.read``). ``eval/confidence.md`` has the figures of both.

*The curve.* A logistic curve through the samples of ``qa.build.calibration`` gives the confidence: the
probability that the first excerpt is right. Two
thresholds follow from how many of a hundred answers may be wrong: from one on the verdict is
"answered", below the other "not_found", and between them "unsure".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from qa.arrays import DoubleArray
from qa.records import Verdict

_READ = 8.0
"""A reading counts up to this logit, either way."""
_BAND = 0.04
"""The least width of the band between the two thresholds, in confidence."""


class Signals(NamedTuple):
    """What was found for one question: the support of its first passage, and how it was read.

    ``reading`` is the logit of ``qa.read``; None where nothing was read.
    """

    support: float
    reading: float | None = None


class Sample(NamedTuple):
    """Questions of one sort with whether their first excerpt is right, and what they weigh together."""

    name: str
    found: Sequence[Signals]
    right: Sequence[bool]
    weight: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve over one or both signals, with its thresholds.

    ``risks[n]`` is the lowest confidence at which, on the samples, at most ``n`` of a hundred answers
    given are wrong. ``misses[n]`` lies below it: under it stand at most ``n / 4`` of a hundred questions
    whose first excerpt is right.
    """

    support: float
    reading: float
    intercept: float
    risks: tuple[float, ...]
    misses: tuple[float, ...]

    def confidence(self, found: Signals) -> float:
        """Return the probability that the first excerpt answers, 0 to 1."""
        return float(_logistic(_features(found) @ (self.support, self.reading) + self.intercept))

    def verdict(self, confidence: float, max_wrong: int) -> Verdict:
        """Return the verdict when ``max_wrong`` of a hundred answers given may be wrong."""
        if confidence >= self.risks[max_wrong]:
            return "answered"
        return "not_found" if confidence < self.misses[max_wrong] else "unsure"

    @classmethod
    def fit(cls, samples: Sequence[Sample], *, read: bool) -> Curve | None:
        """Fit to the samples; None where what answers is no better supported than what does not."""
        used = [sample for sample in samples if len(sample.found)]
        rows = np.stack([_features(found) for sample in used for found in sample.found])
        truth = np.asarray([float(right) for sample in used for right in sample.right])
        weights = np.concatenate(
            [np.full(len(sample.found), sample.weight / len(sample.found)) for sample in used]
        )
        if not read:
            rows[:, 1] = 0.0
        support, reading, intercept = _fit_logistic(rows, truth, weights)
        if support < 0 and read:  # the reader alone
            rows[:, 0] = 0.0
            support, reading, intercept = _fit_logistic(rows, truth, weights)
        if support <= 0 and reading <= 0:
            return None
        confidences = _logistic(rows @ np.asarray([support, reading]) + intercept)
        risks = _thresholds(confidences, 1 - truth, weights)
        return cls(
            support, reading, intercept, tuple(risks), _misses(confidences, truth, weights, risks)
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curves of one index: by support alone, and where a reader reads, by both signals.

    ``reader`` names the reader that the second one belongs to. ``samples`` counts what they were
    fitted on.
    """

    plain: Curve
    read: Curve | None
    reader: str | None
    samples: Mapping[str, int]

    def curve(self, reader: str | None) -> Curve:
        """Return the curve for a reader, by its fingerprint, or for none."""
        return self.read if self.read is not None and reader == self.reader else self.plain

    def to_json(self) -> dict[str, Any]:
        """Return the calibration as it is kept with an index."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration | None:
        """Read what ``to_json`` returned; None for what an older version did, until the next build."""
        if "plain" not in value:
            return None
        read = value["read"]
        return cls(
            plain=_curve(value["plain"]),
            read=_curve(read) if read else None,
            reader=value["reader"],
            samples=dict(value["samples"]),
        )


def _curve(value: Mapping[str, Any]) -> Curve:
    return Curve(
        support=float(value["support"]),
        reading=float(value["reading"]),
        intercept=float(value["intercept"]),
        risks=tuple(value["risks"]),
        misses=tuple(value["misses"]),
    )


def _features(found: Signals) -> DoubleArray:
    """Return (support, reading), the reading bounded; 0 where nothing was read."""
    return np.asarray([found.support, np.clip(found.reading or 0.0, -_READ, _READ)])


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def _fit_logistic(
    rows: DoubleArray, truth: DoubleArray, weights: DoubleArray
) -> tuple[float, float, float]:
    """Return both slopes and the intercept of a weighted logistic regression, by Newton's method.

    ``rows``: (n, 2). A little ridge on the standardised slopes keeps them finite where the samples
    do not overlap. A signal without any spread gets the slope 0.
    """
    mean = np.average(rows, axis=0, weights=weights)
    spread = rows.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([(rows - mean) / scale, np.ones(len(rows))])
    ridge = np.diag([1e-3, 1e-3, 0.0])
    beta = np.zeros(3)
    for _ in range(50):
        p = _logistic(design @ beta)
        gradient = design.T @ (weights * (truth - p)) - ridge @ beta
        curvature = (design * (weights * p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature + 1e-12 * np.eye(3), gradient)
        beta = beta + step
        if float(np.abs(step).max()) < 1e-10:
            break
    slopes = np.where(spread > 0, beta[:2] / scale, 0.0)
    return float(slopes[0]), float(slopes[1]), float(beta[2] - slopes @ mean)


def _thresholds(confidences: DoubleArray, wrong: DoubleArray, weights: DoubleArray) -> list[float]:
    """Return, for 0 to 100, the lowest confidence above which so many of a hundred are wrong."""
    order = np.argsort(-confidences, kind="stable")
    share = np.cumsum((wrong * weights)[order]) / np.cumsum(weights[order])
    levels = confidences[order]
    found = []
    for percent in range(101):
        allowed = np.flatnonzero(share <= percent / 100)
        found.append(float(levels[allowed[-1]]) if len(allowed) else 1.0)
    return found


def _misses(
    confidences: DoubleArray, truth: DoubleArray, weights: DoubleArray, risks: Sequence[float]
) -> tuple[float, ...]:
    """Return, for 0 to 100, the confidence below which a question counts as not answered."""
    right = truth > 0.5
    order = np.argsort(confidences[right], kind="stable")
    levels = confidences[right][order]
    share = np.cumsum(weights[right][order]) / weights[right].sum()
    found = []
    for percent, risk in enumerate(risks):
        place = int(np.searchsorted(share, percent / 400, "right"))
        level = float(levels[min(place, len(levels) - 1)])
        found.append(max(0.0, min(level, risk - _BAND)))
    return tuple(found)
