from __future__ import annotations

import math

import ir_measures
import numpy as np
import pytest

from qa.errors import UsageError
from qa.evaluate.measures import Measure
from qa.evaluate.relevance import check_measures, figures_of
from qa.evaluate.runs import ordered

NDCG, R100, RR, HIT1 = map(Measure.parse, ("nDCG@10", "R@100", "RR@10", "hit@1"))


def test_figures_by_hand() -> None:
    qrels = {"q": {"a": 2, "b": 1, "c": 0}, "missed": {"a": 1}, "absent": {"a": 1}}
    figures = figures_of(qrels, {"q": ["c", "b", "x", "a"], "missed": ["x"]})
    best = 2 + 1 / math.log2(3)
    assert figures["q"][NDCG] == pytest.approx((1 / math.log2(3) + 2 / math.log2(5)) / best)
    assert figures["q"][R100] == 1
    assert figures["q"][RR] == 0.5
    assert figures["q"][HIT1] == 0
    assert set(figures["missed"].values()) == {0.0}
    # A judged question that the run misses scores 0.
    assert set(figures["absent"].values()) == {0.0}


def test_a_run_keeps_its_order() -> None:
    for run, other in ((["a", "z"], "z"), (["z", "a"], "a")):
        assert figures_of({"q": {run[0]: 1}}, {"q": run})["q"][HIT1] == 1
        assert figures_of({"q": {other: 1}}, {"q": run})["q"][HIT1] == 0


def test_ten_and_a_hundred_are_the_cutoffs() -> None:
    documents = [f"d{n:03}" for n in range(100)]
    figures = figures_of({"q": {"d010": 1, "d099": 1}}, {"q": documents})["q"]
    assert figures == {NDCG: 0.0, R100: 1.0, RR: 0.0, HIT1: 0.0}


def test_random_runs_with_ties_and_grades_have_the_figures_of_ir_measures() -> None:
    """Their run has the scores, ours the order that is made of them: the two must agree on ties."""
    dice = np.random.default_rng(7)
    measures = tuple(map(Measure.parse, ("nDCG@10", "nDCG@100", "R@50", "P@5", "AP@100", "hit@20")))
    theirs = {ir_measures.parse_measure(str(m)): m for m in measures}
    qrels, scored = {}, {}
    for n in range(60):
        documents = [f"d{d}" for d in dice.permutation(300)[:150]]
        qrels[f"q{n}"] = {d: int(dice.integers(0, 4)) for d in dice.permutation(documents)[:30]}
        qrels[f"q{n}"][documents[0]] = 2  # one is relevant
        scored[f"q{n}"] = {
            d: float(dice.integers(0, 12)) for d in documents[: dice.integers(1, 90)]
        }
    ours = figures_of(
        qrels,
        {q: [one.id for one in ordered(found.items())] for q, found in scored.items()},
        measures,
    )
    for found in ir_measures.iter_calc(list(theirs), qrels, scored):
        if theirs[found.measure].name == "nDCG":  # trec_eval's, which orders ties by id
            assert ours[found.query_id][theirs[found.measure]] == pytest.approx(
                found.value, abs=1e-6
            )
    evaluator = ir_measures.pytrec_eval.evaluator(list(theirs), qrels)
    for found in evaluator.iter_calc(scored):
        assert ours[found.query_id][theirs[found.measure]] == pytest.approx(found.value, abs=1e-6)


def test_a_measure_of_verdicts_is_not_of_documents() -> None:
    with pytest.raises(UsageError, match="wrong@70 is of answers"):
        check_measures([NDCG, Measure.parse("wrong@70")])
