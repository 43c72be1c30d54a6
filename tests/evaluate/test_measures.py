from __future__ import annotations

import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qa.errors import UsageError
from qa.evaluate.measures import (
    CORPUS_MEASURES,
    REGISTERED,
    SPAN_MEASURES,
    Figure,
    Measure,
    aurc_of,
    auroc_of,
    figure,
    mean_of,
    ratio_of,
    risk_coverage,
)


@pytest.mark.parametrize(
    "text", ["Success@1", "RR@10", "nDCG@10", "R@100", "AUROC", "AURC", "risk", "excerpt_chars"]
)
def test_a_measure_prints_as_it_was_parsed(text: str) -> None:
    assert str(Measure.parse(text)) == text


@pytest.mark.parametrize("text", ["", "hit", "hit@0", "hit@x", "AUROC@3", "MAP", "nDCG@10@10"])
def test_what_is_no_measure_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no measure"):
        Measure.parse(text)


def test_a_name_in_json_is_taken_for_the_measure() -> None:
    assert Measure.parse("hit@5") == Measure.parse("Success@5") == Measure("Success", 5)


def test_every_measure_is_registered_once_and_those_of_ranking_are_ir_measures_own() -> None:
    assert len({kind.name for kind in REGISTERED}) == len(REGISTERED)
    for kind in REGISTERED:
        measure = Measure(kind.name, 10 if kind.cutoff else None)
        assert Measure.parse(str(measure)) == Measure.parse(measure.key) == measure
        assert kind.says and not kind.says.endswith(".")
        assert measure.of_ranking == (kind.cutoff and kind.name != "wrong")
        if measure.of_ranking:
            assert str(ir_measures.parse_measure(str(measure))) == str(measure)


@given(
    st.lists(st.integers(0, 3), max_size=12),
    st.integers(1, 12),
    st.lists(st.integers(1, 3), min_size=1, max_size=12),
)
def test_measures_of_one_question_are_those_of_ir_measures(
    gains: list[int], cutoff: int, missed: list[int]
) -> None:
    best = [gain for gain in gains if gain] + missed
    run = [ir_measures.ScoredDoc("q", f"d{n}", -float(n)) for n in range(len(gains))]
    qrels = [ir_measures.Qrel("q", f"d{n}", gain) for n, gain in enumerate(gains)]
    qrels += [ir_measures.Qrel("q", f"missed{n}", gain) for n, gain in enumerate(missed)]
    for name in ("Success", "RR", "nDCG"):
        measure = Measure(name, cutoff)
        theirs = ir_measures.parse_measure(str(measure))
        [found] = ir_measures.iter_calc([theirs], qrels, run) if run else [None]
        expected = found.value if found else 0.0
        assert measure.of(gains, best) == pytest.approx(expected, abs=1e-6)


def test_the_two_forms_have_the_measures_of_the_contract() -> None:
    assert list(map(str, SPAN_MEASURES)) == [
        "Success@1",
        "Success@5",
        "Success@10",
        "RR@10",
        "nDCG@10",
    ]
    assert [m.key for m in SPAN_MEASURES] == ["hit@1", "hit@5", "hit@10", "RR@10", "nDCG@10"]
    assert list(map(str, CORPUS_MEASURES)) == ["nDCG@10", "R@100", "RR@10", "Success@1"]
    assert [m.key for m in CORPUS_MEASURES] == ["nDCG@10", "R@100", "RR@10", "hit@1"]


def test_measures_of_one_question_by_hand() -> None:
    gains = [0, 0, 1, 0, 1]
    assert Measure("Success", 1).of(gains, [1]) == 0
    assert Measure("Success", 3).of(gains, [1]) == 1
    assert Measure("RR", 10).of(gains, [1]) == 1 / 3
    assert Measure("RR", 2).of(gains, [1]) == 0
    found = 1 / math.log2(4) + 1 / math.log2(6)
    assert Measure("nDCG", 10).of(gains, [1, 1]) == pytest.approx(found / (1 + 1 / math.log2(3)))
    assert Measure("nDCG", 10).of([0, 1], [1]) == pytest.approx(1 / math.log2(3))
    assert Measure("nDCG", 10).of([], [1]) == 0
    assert Measure("nDCG", 10).of([1] * 10, [1] * 12) == pytest.approx(1)


def test_graded_gains_by_hand() -> None:
    ndcg = Measure("nDCG", 10)
    # Grades 1 and 3 are there to be found, and are found the wrong way round.
    assert ndcg.of([1, 3], [1, 3]) == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))
    # One result of grade 3 is all there could be: of two, that counts which is worth more.
    assert ndcg.of([1, 3], [3]) == pytest.approx(1 / math.log2(3))
    assert ndcg.of([2, 0, 3], [3]) == pytest.approx(2 / 3)
    assert ndcg.of([3, 3, 3], [3]) == 1
    assert Measure("RR", 10).of([1, 3], [3]) == 1


def test_the_mean_and_its_interval() -> None:
    values = [1.0] * 80 + [0.0] * 20
    found = mean_of(values)
    assert found.value == pytest.approx(0.8)
    assert found.n == 100
    assert found.low is not None and found.high is not None
    oracle = stats.bootstrap(
        (np.asarray(values),), np.mean, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert found.low == pytest.approx(oracle.low, abs=0.015)
    assert found.high == pytest.approx(oracle.high, abs=0.015)
    assert mean_of(values) == found


def test_an_interval_that_has_no_width_and_one_that_is_not_defined() -> None:
    assert mean_of([1.0, 1.0]) == Figure(1.0, 1.0, 1.0, 2)
    assert mean_of([]) == Figure(None, None, None, 0)
    assert ratio_of([0, 0], [0, 0]) == Figure(None, None, None, 0)
    assert auroc_of([0.5], []) == Figure(None, None, None, 1)


def test_a_ratio_is_of_the_sums() -> None:
    found = ratio_of([1, 0, 0, 300], [1, 0, 1, 400])
    assert found.value == pytest.approx(301 / 402, abs=1e-6)
    assert found.n == 3


def test_a_large_set_is_resampled_in_parts() -> None:
    seen: list[int] = []

    def statistic(weights: np.ndarray) -> np.ndarray:
        seen.append(len(weights))
        assert np.all(weights.sum(axis=1) == 5000)
        return weights[:, 0]

    figure(statistic, 5000)
    assert sum(seen) == 2001
    assert max(seen) == 400


def test_auroc_agrees_with_the_rank_test() -> None:
    random = np.random.default_rng(3)
    positive = random.normal(1, 1, 60).round(1)
    negative = random.normal(0, 1, 40).round(1)  # rounded: with ties
    oracle = stats.mannwhitneyu(positive, negative).statistic / (60 * 40)
    found = auroc_of(positive.tolist(), negative.tolist())
    assert found.value == pytest.approx(oracle, abs=1e-6)
    assert found.low is not None and found.high is not None
    assert found.low < oracle < found.high


def test_auroc_of_what_is_told_apart_wholly() -> None:
    assert auroc_of([0.9, 0.8], [0.1]) == Figure(1.0, 1.0, 1.0, 3)
    assert auroc_of([0.5], [0.5]).value == 0.5


def test_risk_against_coverage_by_hand() -> None:
    # By confidence: .9 right; .8 wrong and right, together; .1 wrong.
    points = risk_coverage([0.8, 0.9, 0.1, 0.8], [True, False, True, False])
    assert [(p.confidence, p.coverage, p.risk) for p in points] == [
        (0.9, 0.25, 0.0),
        (0.8, 0.75, pytest.approx(1 / 3, abs=1e-6)),
        (0.1, 1.0, 0.5),
    ]


def test_the_area_under_risk_and_coverage_by_hand() -> None:
    found = aurc_of([0.8, 0.9, 0.1, 0.8], [True, False, True, False])
    assert found.value == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4, abs=1e-6)
    # No ties: the mean of the risks at 1 of 3, 2 of 3 and 3 of 3.
    assert aurc_of([3, 2, 1], [False, True, True]).value == pytest.approx(
        (0 + 1 / 2 + 2 / 3) / 3, abs=1e-6
    )
