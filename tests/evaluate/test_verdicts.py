from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qa.evaluate.measures import (
    AURC,
    AUROC,
    COVERAGE,
    RISK,
    VERDICT_MEASURES,
    WRONG,
    Measure,
    aurc_of,
    auroc_of,
    figure,
    risk_coverage,
)
from qa.evaluate.verdicts import (
    Verdicted,
    calibration_error,
    reliability,
    verdict_statistic,
    wrong_at,
)

# Surest first: right, wrong, then two that tie (right, wrong), then one that the archive does not answer.
FIVE = [
    Verdicted(True, 0.5, False, False),
    Verdicted(True, 0.9, True, False),
    Verdicted(True, 0.5, False, True),
    Verdicted(True, 0.8, True, True),
    Verdicted(False, 0.1, False, True),
]


def test_wrong_at_a_coverage_by_hand() -> None:
    confidences, wrong = [one.confidence for one in FIVE], [one.wrong for one in FIVE]
    once = np.ones((1, 5))
    for coverage, expected in ((0.2, 0), (0.4, 1 / 2), (0.6, 2 / 4), (0.8, 2 / 4), (1, 3 / 5)):
        assert wrong_at(confidences, wrong, coverage)(once)[0] == pytest.approx(expected)
    # The second question drawn three times, the wrong one beside it never.
    weights = np.asarray([[1.0, 3, 1, 0, 0]])
    assert wrong_at(confidences, wrong, 0.5)(weights)[0] == 0
    assert wrong_at(confidences, wrong, 1)(weights)[0] == pytest.approx(1 / 5)


def test_wrong_at_a_coverage_lies_on_the_risk_coverage_curve() -> None:
    dice = np.random.default_rng(4)
    confidences = dice.integers(0, 20, 90) / 20
    wrong = dice.random(90) < 0.4
    points = risk_coverage(confidences.tolist(), wrong.tolist())
    for coverage in (0.25, 0.5, 0.7, 0.8):
        there = next(point for point in points if point.coverage >= coverage)
        found = wrong_at(confidences, wrong, coverage)(np.ones((1, 90)))[0]
        assert found == pytest.approx(there.risk, abs=1e-6)


def test_measures_of_verdicts_by_hand() -> None:
    expected = {AUROC: 1.0, RISK: 1 / 2, COVERAGE: 2 / 5, WRONG: 2 / 4, Measure("wrong", 40): 1 / 2}
    for measure, value in expected.items():
        found = verdict_statistic(measure, FIVE)(np.ones((1, 5)))
        assert found == pytest.approx([value])
    with pytest.raises(ValueError, match="not computed"):
        verdict_statistic(Measure("nDCG", 10), FIVE)


def test_weights_are_in_the_order_of_the_questions() -> None:
    """A question drawn twice counts as two of it, whichever of the measures."""
    dice = np.random.default_rng(2)
    asked = [
        Verdicted(bool(a), float(c), bool(c > 0.5), bool(w) or not a)
        for a, c, w in zip(
            dice.random(40) < 0.6, dice.random(40).round(1), dice.random(40) < 0.3, strict=True
        )
    ]
    weights = dice.integers(0, 4, 40)
    repeated = [one for one, times in zip(asked, weights, strict=True) for _ in range(times)]
    for measure in VERDICT_MEASURES:
        weighted = verdict_statistic(measure, asked)(weights[None, :].astype(float))
        plain = verdict_statistic(measure, repeated)(np.ones((1, len(repeated))))
        assert weighted == pytest.approx(plain), str(measure)


def test_area_measures_are_those_of_the_figures() -> None:
    positive, negative = [0.9, 0.5, 0.4], [0.5, 0.1]
    asked = [Verdicted(False, c, False, True) for c in negative]
    asked += [Verdicted(True, c, True, c == 0.4) for c in positive]
    whole = np.ones((1, 5))
    found = verdict_statistic(AUROC, asked)(whole)[0]
    assert found == pytest.approx(auroc_of(positive, negative).value)
    found = verdict_statistic(AURC, asked)(whole)[0]
    expected = aurc_of([one.confidence for one in asked], [one.wrong for one in asked])
    assert found == pytest.approx(expected.value, abs=1e-6)


def test_what_is_not_defined_is_told() -> None:
    only = [one for one in FIVE if one.answerable]
    assert figure(verdict_statistic(AUROC, only), 4).value is None
    none = [one._replace(answered=False) for one in FIVE]
    assert figure(verdict_statistic(RISK, none), 5).value is None


def test_reliability_by_hand() -> None:
    asked = [Verdicted(True, c, True, wrong) for c, wrong in ((0.81, False), (0.89, True))]
    asked += [Verdicted(True, 1.0, True, False), Verdicted(True, 0.0, True, True)]
    bins = reliability(asked)
    assert [(one.n, one.right) for one in bins] == [(1, 0), (2, 0.5), (1, 1)]
    assert [one.confidence for one in bins] == pytest.approx([0, 0.85, 1])
    expected = stats.binomtest(1, 2).proportion_ci(method="wilson")
    assert (bins[1].low, bins[1].high) == pytest.approx((expected.low, expected.high))
    assert calibration_error(bins) == pytest.approx((0 + 2 * 0.35 + 0) / 4)
    assert reliability([]) == [] and calibration_error([]) == 0
