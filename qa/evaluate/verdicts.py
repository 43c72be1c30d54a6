"""The verdicts of a set of questions, and what is computed from them.

Each measure is a statistic over weights of all the questions of the set, so that two systems that were
asked the same questions can be resampled together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from qa.arrays import DoubleArray
from qa.evaluate.measures import (
    AURC,
    AUROC,
    COVERAGE,
    RISK,
    Measure,
    Statistic,
    aurc_statistic,
    auroc_statistic,
)
from qa.evaluate.significance import wilson


class Verdicted(NamedTuple):
    """One question: what was said of it, and whether that was right.

    ``wrong``: no relevant excerpt at rank 1; a question that the archive does not answer always is.
    """

    answerable: bool
    confidence: float
    answered: bool
    wrong: bool


class Bin(NamedTuple):
    """Questions of like confidence: its mean, the share that is right with a 95% interval, how many."""

    confidence: float
    right: float
    low: float
    high: float
    n: int


def reliability(questions: Iterable[Verdicted], bins: int = 10) -> list[Bin]:
    """Return how often questions are right, by their confidence, in bins of one width; none is empty.

    The interval is Wilson's (1927), which is of use for few questions and for shares near 0 and 1.
    """
    asked: dict[int, list[Verdicted]] = {}
    for one in questions:
        asked.setdefault(min(int(one.confidence * bins), bins - 1), []).append(one)
    found = []
    for _, ours in sorted(asked.items()):
        right = sum(not one.wrong for one in ours)
        low, high = wilson(right, len(ours))
        mean = sum(one.confidence for one in ours) / len(ours)
        found.append(Bin(mean, right / len(ours), low, high, len(ours)))
    return found


def calibration_error(bins: Iterable[Bin]) -> float:
    """Return the expected calibration error: how far confidence and share lie apart, on the mean."""
    known = list(bins)
    total = sum(one.n for one in known)
    return sum(one.n * abs(one.right - one.confidence) for one in known) / max(1, total)


def verdict_statistic(measure: Measure, questions: Iterable[Verdicted]) -> Statistic:
    """Return a measure of verdicts as a statistic over the questions, weights in their order.

    Raises ValueError for a measure of another kind.
    """
    asked = list(questions)
    confidences = [one.confidence for one in asked]
    wrong = [one.wrong for one in asked]
    answered = np.asarray([one.answered for one in asked], float)
    if measure == AUROC:
        return _auroc(asked)
    if measure == AURC:
        return aurc_statistic(confidences, wrong)
    if measure == RISK:
        errors = answered * np.asarray(wrong, float)
        return lambda weights: (weights @ errors) / (weights @ answered)
    if measure == COVERAGE:
        return lambda weights: weights @ answered / weights.sum(axis=1)
    if measure.name == "wrong" and measure.cutoff is not None:
        return wrong_at(confidences, wrong, measure.cutoff / 100)
    raise ValueError(f"{measure} is not computed from verdicts")


def _auroc(asked: list[Verdicted]) -> Statistic:
    answerable = np.asarray([one.answerable for one in asked], bool)
    order = np.concatenate([np.flatnonzero(answerable), np.flatnonzero(~answerable)])
    confidences = np.asarray([one.confidence for one in asked], float)
    area = auroc_statistic(
        confidences[answerable].tolist(), confidences[~answerable].tolist()
    )  # not defined where one of the two is empty
    return lambda weights: area(weights[:, order])


def wrong_at(confidences: Iterable[float], wrong: Iterable[bool], coverage: float) -> Statistic:
    """Return the share of wrong answers where the surest ``coverage`` of the questions are answered.

    Questions of one confidence are answered together, as in ``measures.risk_coverage``.
    """
    sure = np.asarray(list(confidences), float)
    order = np.argsort(-sure, kind="stable")
    errors = np.asarray(list(wrong), float)[order]
    last = np.flatnonzero(np.diff(sure[order], append=-np.inf) != 0)

    def share(weights: DoubleArray) -> DoubleArray:
        drawn = weights[:, order]
        given = np.cumsum(drawn, axis=1)[:, last]
        enough = given >= coverage * drawn.sum(axis=1, keepdims=True) - 1e-9
        place = enough.argmax(axis=1)[:, None]
        errors_there = np.take_along_axis(np.cumsum(drawn * errors, axis=1)[:, last], place, 1)
        return np.asarray((errors_there / np.take_along_axis(given, place, 1))[:, 0])

    return share
