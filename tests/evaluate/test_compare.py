from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from qa.errors import UsageError
from qa.evaluate.compare import compare, compare_all, read_evaluation
from qa.evaluate.comparison import Comparison, Difference
from qa.evaluate.measures import AUROC, CORPUS_MEASURES, COVERAGE, VERDICT_MEASURES, Measure
from qa.evaluate.outcome import Evaluation, First, IndexFacts, Outcome, summarise


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
    # 2 of 1,024 patterns of signs, times the four measures that were tested.
    assert "B is better at Success@1: +50.0 points, p = 0.008" in found.verdict
    back = both({f"q{n}": 1 for n in range(20)}, {f"q{n}": 0 for n in range(20)})
    assert "A is better at nDCG@10: -100.0 points, p < 0.001" in back.verdict
    even = difference(Measure("Success", 1), 0.5, 0.5, adjusted=1.0)
    assert even.verdict == "no difference at Success@1 that this set can show"


def difference(measure: Measure, before: float, after: float, adjusted: float) -> Difference:
    return Difference(measure, before, after, 0.0, 0.0, adjusted / 4, adjusted)


def test_less_is_better_where_errors_are_counted() -> None:
    better = {"AURC": "B is better", "risk": "B is better", "coverage": "A is higher"}
    for name, words in better.items():
        found = difference(Measure.parse(name), 0.4, 0.2, adjusted=0.01)
        assert found.verdict == f"{words} at {name}: -20.0 points, p = 0.010"


def test_many_differences_are_corrected_together() -> None:
    zero, half = {f"q{n}": 0.0 for n in range(20)}, {f"q{n}": float(n < 5) for n in range(20)}
    alone = compare(evaluation(zero).to_json(), "a", evaluation(half))
    three = [("a", evaluation(zero).to_json())] * 3
    together = compare_all(three, evaluation(half))
    # 2 of 32 patterns of signs: nothing to correct away; four tests, then twelve.
    assert [d.p for d in alone.differences] == [2 / 32] * 4
    assert [d.adjusted for d in alone.differences] == [8 / 32] * 4
    assert {d.adjusted for one in together for d in one.differences} == {24 / 32}
    assert [one.tests for one in together] == [12] * 3


def test_an_edited_question_is_told_and_left_out() -> None:
    ids = ("a", "b", "c")
    before = evaluation(dict.fromkeys(ids, 0.0))
    written = json.loads(json.dumps(before.to_json()))
    now = evaluation(dict.fromkeys(ids, 1.0))
    for question in written["questions"]:
        question["digest"] = "as it was"
    outcomes = [
        dataclasses.replace(o, digest="as it is" if o.id == "b" else "as it was")
        for o in now.outcomes
    ]
    found = compare(written, "a.json", dataclasses.replace(now, outcomes=tuple(outcomes)))
    assert found.edited == ("b",) and found.questions == 2
    assert found.notes == (
        "1 questions were edited since A, or judged otherwise, and are left out: b",
    )
    assert found.to_json()["edited"] == ["b"]
    # Of a file without digests the words are known.
    del written["questions"][0]["digest"]
    written["questions"][0]["question"] = "another question?"
    found = compare(written, "a.json", dataclasses.replace(now, outcomes=tuple(outcomes)))
    assert found.edited == ("a", "b")


def test_questions_from_another_file_are_meant_to_differ() -> None:
    written = json.loads(json.dumps(evaluation({"a": 0.0}).to_json()))
    written["questions"][0]["question"] = "¿y en español?"
    written["config"] = {"queries": "queries_es.jsonl"}
    now = dataclasses.replace(evaluation({"a": 1.0}), config={"queries": "queries.jsonl"})
    found = compare(written, "a.json", now)
    assert not found.edited and found.questions == 1
    assert "A asks queries_es.jsonl, B queries.jsonl" in found.notes[0]


def with_verdicts(confidences: dict[str, float]) -> Evaluation:
    """Return an evaluation of which the questions that begin with u are not answered by the archive."""
    outcomes = [
        dataclasses.replace(
            outcome,
            answerable=not outcome.id.startswith("u"),
            figures=outcome.figures if not outcome.id.startswith("u") else {},
            rank=1 if outcome.id.startswith("r") else None,
            verdict="answered" if confidences[outcome.id] >= 0.5 else "not_found",
            confidence=confidences[outcome.id],
        )
        for outcome in evaluation(dict.fromkeys(confidences, 1.0)).outcomes
    ]
    return summarise(
        "set", outcomes, measures=CORPUS_MEASURES, index=IndexFacts(1, 1, None, 1), config={}
    )


def test_measures_of_verdicts_are_compared() -> None:
    names = [f"r{n}" for n in range(20)] + [f"u{n}" for n in range(20)]
    blind = with_verdicts(dict.fromkeys(names, 0.6))
    seeing = with_verdicts({name: 0.9 if name[0] == "r" else 0.1 for name in names})
    found = compare(json.loads(json.dumps(blind.to_json())), "a.json", seeing)
    by = {d.measure: d for d in found.differences}
    assert set(by) == {*CORPUS_MEASURES, *VERDICT_MEASURES}
    assert (by[AUROC].before, by[AUROC].after) == (0.5, 1.0)
    assert by[AUROC].low <= 0.5 <= by[AUROC].high
    assert by[AUROC].shown and "B is better at AUROC: +50.0 points" in found.verdict
    assert "A is higher at coverage: -50.0 points" in found.verdict
    assert "wins" not in by[COVERAGE].to_json()
    # Every answer of the first is given, half of them wrongly; nothing wrong is answered by the second.
    risk = by[Measure.parse("risk")]
    assert (risk.before, risk.after) == (0.5, 0.0)
    without = json.loads(json.dumps(blind.to_json()))
    for question in without["questions"]:
        question["confidence"] = None
    assert {d.measure for d in compare(without, "a.json", seeing).differences} == set(
        CORPUS_MEASURES
    )


def test_measures_that_only_one_run_has_are_left_out() -> None:
    written = json.loads(json.dumps(evaluation({"a": 0.0, "b": 1.0}).to_json()))
    for question in written["questions"]:
        del question["nDCG@10"]
    found = compare(written, "a.json", evaluation({"a": 1.0, "b": 1.0}))
    assert [d.measure.key for d in found.differences] == ["R@100", "RR@10", "hit@1"]
    assert found.moved_by == Measure("R", 100)


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
    apart = dataclasses.replace(now.outcomes[1], apart=True)
    found = compare(written, "a.json", dataclasses.replace(now, outcomes=(now.outcomes[0], apart)))
    assert found.questions == 1
