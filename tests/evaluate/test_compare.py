from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.errors import UsageError
from qa.evaluate.compare import (
    Comparison,
    Difference,
    compare,
    randomisation_test,
    read_evaluation,
    show_p,
)
from qa.evaluate.measures import CORPUS_MEASURES, Measure
from qa.evaluate.outcome import Evaluation, First, IndexFacts, Outcome, summarise


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


def evaluation(values: dict[str, float], name: str = "set") -> Evaluation:
    """Return an evaluation whose questions have one value for every measure."""
    outcomes = [
        Outcome(
            id=id,
            question=f"question {id}?",
            kind="",
            answerable=True,
            apart=False,
            figures=dict.fromkeys(CORPUS_MEASURES, value),
            rank=1 if value else None,
            first=First("s", None, f"{id} at {value}", bool(value)),
        )
        for id, value in values.items()
    ]
    return summarise(
        name, outcomes, measures=CORPUS_MEASURES, index=IndexFacts(1, 1, None, 1), config={}
    )


def both(before: dict[str, float], after: dict[str, float]) -> Comparison:
    written = json.loads(json.dumps(evaluation(before).to_json()))
    return compare(written, "a.json", evaluation(after))


def test_wins_ties_and_losses_are_counted_over_common_questions() -> None:
    found = both({"a": 1, "b": 0, "c": 0, "gone": 1}, {"a": 0, "b": 1, "c": 0, "new": 1})
    assert found.questions == 3
    one = found.differences[0]
    assert (one.wins, one.ties, one.losses) == (1, 1, 1)
    assert one.before == one.after == pytest.approx(1 / 3)
    assert one.p == 1.0
    assert found.verdict == "no difference that this set can show"


def test_a_verdict_in_words() -> None:
    found = both({f"q{n}": 0 for n in range(20)}, {f"q{n}": 1 if n < 10 else 0 for n in range(20)})
    assert "B is better at Success@1: +50.0 points, p = 0.002" in found.verdict
    back = both({f"q{n}": 1 for n in range(20)}, {f"q{n}": 0 for n in range(20)})
    assert "A is better at nDCG@10: +100.0 points, p < 0.001" in back.verdict
    assert show_p(0.0004) == "p < 0.001"
    even = Difference(Measure("Success", 1), 0.5, 0.5, 1.0, 0, 2, 0)
    assert even.verdict == "no difference at Success@1 that this set can show"


def test_the_ten_that_moved_most_stand_side_by_side() -> None:
    before = {f"q{n:02}": n / 20 for n in range(15)}
    found = both(before, dict.fromkeys(before, 1.0))
    assert [moved.id for moved in found.moved] == [f"q{n:02}" for n in range(10)]
    assert found.moved[1].first_before == "q01 at 0.05"
    assert found.moved[1].first_after == "q01 at 1.0"


def test_another_data_set_is_refused() -> None:
    with pytest.raises(UsageError, match="'other'"):
        compare(evaluation({"a": 1}, "other").to_json(), "a.json", evaluation({"a": 1}))
    with pytest.raises(UsageError, match="no judged question in common"):
        both({"a": 1}, {"b": 1})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"questions": [1]}', '{"questions": [{}]}'])
def test_a_file_that_is_no_evaluation_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"a\.json is no"):
        read_evaluation(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_evaluation(tmp_path / "a.json")


def test_questions_apart_are_not_compared() -> None:
    written: dict[str, Any] = evaluation({"a": 1, "b": 0}).to_json()
    now = evaluation({"a": 1, "b": 1})
    import dataclasses

    apart = dataclasses.replace(now.outcomes[1], apart=True)
    found = compare(written, "a.json", dataclasses.replace(now, outcomes=(now.outcomes[0], apart)))
    assert found.questions == 1
