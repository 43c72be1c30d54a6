from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from qa.evaluate.measures import auroc_statistic, mean_of
from qa.evaluate.significance import bootstrap_test, holm, randomisation_test, show_p, wilson


def test_the_exact_test_by_hand() -> None:
    # Of the 8 patterns of three signs only +++ and --- are as far from 0.
    assert randomisation_test([1, 1, 1, 0, 0]) == 2 / 8
    assert randomisation_test([0, 0]) == 1.0
    assert randomisation_test([]) == 1.0
    assert randomisation_test([1, -1]) == 1.0
    assert randomisation_test([0, 0.25]) == 1.0  # both signs are as far


@pytest.mark.parametrize("n", [5, 12, 16])
def test_the_exact_test_counts_every_pattern_of_signs(n: int) -> None:
    random = np.random.default_rng(n)
    changes = random.normal(0.3, 1, n).round(2)
    means = [abs(np.dot(signs, changes)) for signs in product((1, -1), repeat=n)]
    share = np.mean(np.asarray(means) >= abs(changes.sum()) - 1e-9)
    assert randomisation_test(changes.tolist()) == pytest.approx(share, abs=1e-9)


def test_the_drawn_test_is_near_the_exact_one_and_always_the_same() -> None:
    random = np.random.default_rng(0)
    changes = random.normal(0.25, 1, 60)
    signs = np.random.default_rng(1).choice((1, -1), size=(50_000, 60))
    share = np.mean(np.abs(signs @ changes) >= abs(changes.sum()))
    p = randomisation_test(changes.tolist())
    assert p == pytest.approx(share, abs=0.01)
    assert randomisation_test(changes.tolist()) == p
    assert randomisation_test([1.0] * 40) == 1 / 10_001


def test_p_values_are_adjusted_as_holm_did() -> None:
    # Worked out by hand: sorted .005 .01 .03 .04, times 4, 3, 2 and 1, never falling.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.5]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


def test_holm_rejects_what_the_step_down_procedure_rejects() -> None:
    dice = np.random.default_rng(5)
    for _ in range(50):
        values = (dice.random(7) ** 4).tolist()
        rejected = set()
        for n, value in enumerate(sorted(values)):  # as it is told in the paper
            if value > 0.05 / (len(values) - n):
                break
            rejected.add(value)
        adjusted = dict(zip(values, holm(values), strict=True))
        assert {value for value, p in adjusted.items() if p <= 0.05} == rejected


def test_a_bootstrap_of_two_means_is_that_of_their_difference() -> None:
    dice = np.random.default_rng(3)
    before, after = dice.random(80), dice.random(80) + 0.2
    mean = lambda values: lambda weights: weights @ values / weights.sum(axis=1)  # noqa: E731 - one line says it
    found = bootstrap_test(mean(before), mean(after), 80)
    expected = mean_of((after - before).tolist())
    assert found is not None
    assert (found.change, found.low, found.high) == pytest.approx(
        (expected.value, expected.low, expected.high), abs=1e-6
    )
    z = abs(found.change) / ((after - before).std(ddof=1) / np.sqrt(80))
    assert found.p == pytest.approx(2 * stats.norm.sf(z), abs=0.02)


def test_a_bootstrap_of_one_thing_twice_shows_nothing() -> None:
    area = auroc_statistic([0.9, 0.4, 0.7], [0.5, 0.1])
    found = bootstrap_test(area, area, 5)
    assert found is not None and (found.change, found.low, found.high, found.p) == (0, 0, 0, 1)
    undefined = auroc_statistic([0.9], [])
    assert bootstrap_test(undefined, undefined, 1) is None


def test_a_bootstrap_never_says_that_nothing_is_sure() -> None:
    low = lambda weights: np.zeros(len(weights))  # noqa: E731 - one line says it
    high = lambda weights: np.ones(len(weights))  # noqa: E731 - as above
    found = bootstrap_test(low, high, 10)
    assert found is not None and found.p == pytest.approx(2 / 2001)


def test_the_interval_of_a_share_by_hand() -> None:
    # Wilson's formula with z = 1.96 for 8 of 10.
    z, p, n = 1.959964, 0.8, 10
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * ((p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5)
    assert wilson(8, 10) == pytest.approx((middle - half, middle + half), abs=1e-6)
    assert show_p(0.0004) == "p < 0.001"
