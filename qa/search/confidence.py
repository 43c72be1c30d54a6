"""Whether the archive answers a question: the calibration curve from signals to a confidence.

*Signals.* A passage that answers a question matches all of it. The late score says how well it matches
on the whole; the weakest quarter says how well it matches where it matches worst. Their mean is the
question's support. Support tells which passages are about the question's subject. A reader, which reads
question and text together, tells whether the text answers (``qa.read``). ``eval/confidence.md`` has
measurements of both.

*The curve.* ``qa.build.calibration`` makes samples; a logistic curve is fitted to them. It gives the
confidence: the probability that the first excerpt is right. The setting ``max_wrong`` chooses two
thresholds. At or above the upper one the verdict is "answered", below the lower one "not_found", and
between them "unsure".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from qa.arrays import DoubleArray
from qa.records import Verdict

_READ = 8.0
"""A reading counts only up to this logit, positive or negative."""
_BAND = 0.04
"""The smallest distance between the two thresholds, in confidence."""


class Signals(NamedTuple):
    """The signals of one question: the support of its first passage, and the reader's score.

    ``reading`` is the logit of ``qa.read``; None if the reader read nothing.
    """

    support: float
    reading: float | None = None


class Sample(NamedTuple):
    """Questions of one kind: whether the first excerpt of each is right, and their total weight."""

    name: str
    found: Sequence[Signals]
    right: Sequence[bool]
    weight: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve over one or both signals, with its thresholds.

    ``risks[n]`` is the lowest confidence above which at most ``n`` of a hundred answers are wrong, on
    the samples. ``misses[n]`` lies below it: of a hundred questions whose first excerpt is right, at
    most ``n / 4`` have a lower confidence.
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
        """Fit to the samples; return None if the signals do not tell right excerpts from wrong ones."""
        used = [sample for sample in samples if len(sample.found)]
        rows = np.stack([_features(found) for sample in used for found in sample.found])
        truth = np.asarray([float(right) for sample in used for right in sample.right])
        weights = np.concatenate(
            [np.full(len(sample.found), sample.weight / len(sample.found)) for sample in used]
        )
        if not read:
            rows[:, 1] = 0.0
        support, reading, intercept = _fit_logistic(rows, truth, weights)
        if support < 0 and read:  # support would count against an answer: use the reader alone
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
    """The curves of one index: one for support alone, and one for both signals if there is a reader.

    ``reader`` names the reader of the second curve. ``samples`` counts the samples that both were
    fitted on.
    """

    plain: Curve
    read: Curve | None
    reader: str | None
    samples: Mapping[str, int]

    def curve(self, reader: str | None) -> Curve:
        """Return the curve for the reader with this fingerprint, or the curve without a reader."""
        return self.read if self.read is not None and reader == self.reader else self.plain

    def to_json(self) -> dict[str, Any]:
        """Return the calibration as an index stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration | None:
        """Read what ``to_json`` returned; None for the form of an older version: build again."""
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
    """Return (support, reading); the reading is bounded, and 0 if nothing was read."""
    return np.asarray([found.support, np.clip(found.reading or 0.0, -_READ, _READ)])


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def _fit_logistic(
    rows: DoubleArray, truth: DoubleArray, weights: DoubleArray
) -> tuple[float, float, float]:
    """Return both slopes and the intercept of a weighted logistic regression, by Newton's method.

    ``rows``: (n, 2). A small ridge on the standardised slopes keeps them finite if the samples do not
    overlap. A signal that is the same in all samples gets the slope 0.
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
    """Return, for each percentage 0 to 100, the lowest confidence above which at most so many are wrong."""
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
    """Return, for each percentage 0 to 100, the confidence below which a question counts as not found."""
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
