"""Evaluations of one data set, question by question: which is better, and can the set tell?

A is an earlier one, read from its JSON, or of another system; B is the one at hand. Of several A, each
is compared with B. How a difference is tested is told in ``significance``; Holm's correction is over
all differences of all comparisons that are made together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from qa.errors import UsageError
from qa.evaluate.comparison import Comparison, Difference, Moved
from qa.evaluate.measures import Measure, mean_of
from qa.evaluate.outcome import Evaluation, Outcome
from qa.evaluate.significance import bootstrap_test, holm, randomisation_test
from qa.evaluate.verdicts import Verdicted, verdict_statistic

_MOVED = 10


def read_evaluation(file: Path) -> dict[str, Any]:
    """Read the JSON of an earlier evaluation. Raises UsageError when it is none."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not JSON: name a file that qa eval --json wrote") from error
    questions = found.get("questions") if isinstance(found, dict) else None
    if not isinstance(questions, list) or not all(
        isinstance(q, dict) and isinstance(q.get("id"), str) for q in questions
    ):
        raise UsageError(f"{file} is no evaluation: name a file that qa eval --json wrote")
    return dict(found)


def compare(earlier: Mapping[str, Any], file: str, evaluation: Evaluation) -> Comparison:
    """Compare an evaluation (B) with one other (A); see ``compare_all``."""
    return compare_all([(file, earlier)], evaluation)[0]


def compare_all(
    earlier: Sequence[tuple[str, Mapping[str, Any]]], evaluation: Evaluation
) -> tuple[Comparison, ...]:
    """Compare an evaluation (B) with others (A) of the same data set, each named by its file.

    The questions are those of the overall figures that both hold, in the same words and with the same
    judgements. Raises UsageError when two have no question in common.
    """
    found = [_compare(other, file, evaluation) for file, other in earlier]
    adjusted = iter(holm([d.p for one in found for d in one.differences]))
    tests = sum(len(one.differences) for one in found)
    return tuple(
        replace(
            one,
            tests=tests,
            differences=tuple(replace(d, adjusted=next(adjusted)) for d in one.differences),
        )
        for one in found
    )


Pair = tuple[Mapping[str, Any], Outcome]


def _compare(earlier: Mapping[str, Any], file: str, evaluation: Evaluation) -> Comparison:
    if earlier.get("dataset") != evaluation.dataset:
        raise UsageError(
            f"{file} is of the data set {earlier.get('dataset')!r}, "
            f"this run of {evaluation.dataset!r}: only one set's runs can be compared"
        )
    before = {question["id"]: question for question in earlier["questions"]}
    counted = [o for o in evaluation.outcomes if not o.apart and o.id in before]
    otherwise = _asked_otherwise(earlier, evaluation)
    edited = () if otherwise else tuple(o.id for o in counted if _edited(before[o.id], o))
    pairs = [(before[outcome.id], outcome) for outcome in counted if outcome.id not in edited]
    judged = [pair for pair in pairs if pair[1].answerable]
    measures = [
        m
        for m in evaluation.measures
        if m.of_ranking and all(_value(pair[0], m) is not None for pair in judged)
    ]
    if not judged or not measures:
        raise UsageError(f"{file} and this run have no judged question in common")
    named = Measure("nDCG", 10)
    moved_by = named if named in measures else measures[0]
    return Comparison(
        against=file,
        questions=len(judged),
        differences=(
            *(_difference(measure, judged) for measure in measures),
            *_verdict_differences(evaluation, pairs),
        ),
        moved_by=moved_by,
        moved=_most_moved(moved_by, judged),
        edited=edited,
        asked_otherwise=otherwise,
        ids=tuple(outcome.id for _, outcome in judged),
    )


def _asked_otherwise(earlier: Mapping[str, Any], evaluation: Evaluation) -> str:
    """Say, where a corpus's questions were taken from different files, from which."""
    config = earlier.get("config")
    theirs = config.get("queries") if isinstance(config, dict) else None
    ours = evaluation.config.get("queries")
    return f"A asks {theirs}, B {ours}" if theirs and ours and theirs != ours else ""


def _edited(question: Mapping[str, Any], outcome: Outcome) -> bool:
    """Whether a question has other words or other judgements than it had."""
    digest = question.get("digest")
    if digest and outcome.digest:
        return bool(digest != outcome.digest)
    return bool(question.get("question", outcome.question) != outcome.question)


def _value(question: Mapping[str, Any], measure: Measure) -> float | None:
    value = question.get(measure.key)
    return float(value) if isinstance(value, int | float) else None


def _both(measure: Measure, pair: Pair) -> tuple[float, float]:
    """Return A's value and B's, both as exact as a file holds them."""
    return _value(pair[0], measure) or 0.0, round(pair[1].figures[measure], 6)


def _difference(measure: Measure, pairs: Sequence[Pair]) -> Difference:
    values = np.asarray([_both(measure, pair) for pair in pairs])
    changes = (values[:, 1] - values[:, 0]).tolist()
    interval = mean_of(changes)
    p = randomisation_test(changes)
    return Difference(
        measure=measure,
        before=float(values[:, 0].mean()),
        after=float(values[:, 1].mean()),
        low=interval.low or 0.0,
        high=interval.high or 0.0,
        p=p,
        adjusted=p,
        changes=tuple(changes),
    )


def _verdict_differences(evaluation: Evaluation, pairs: Sequence[Pair]) -> tuple[Difference, ...]:
    """Compare what is computed from the verdicts, where both have them."""
    theirs = [_verdicted(question) for question, _ in pairs]
    before = [one for one in theirs if one is not None]
    if len(before) < len(pairs) or any(outcome.confidence is None for _, outcome in pairs):
        return ()
    after = [outcome.verdicted for _, outcome in pairs]
    whole = np.ones((1, len(pairs)))
    found = []
    for measure in evaluation.measures:
        if not measure.kind.verdict:
            continue
        first, second = (verdict_statistic(measure, one) for one in (before, after))
        tested = bootstrap_test(first, second, len(pairs))
        if tested:
            value = float(first(whole)[0])
            found.append(
                Difference(
                    measure=measure,
                    before=value,
                    after=value + tested.change,
                    low=tested.low,
                    high=tested.high,
                    p=tested.p,
                    adjusted=tested.p,
                )
            )
    return tuple(found)


def _verdicted(question: Mapping[str, Any]) -> Verdicted | None:
    confidence = question.get("confidence")
    if not isinstance(confidence, int | float):
        return None
    return Verdicted(
        bool(question.get("answerable")),
        float(confidence),
        question.get("verdict") == "answered",
        question.get("rank") != 1,
    )


def _most_moved(measure: Measure, pairs: Sequence[Pair]) -> tuple[Moved, ...]:
    moved = []
    for pair in pairs:
        before, after = _both(measure, pair)
        if before == after:
            continue
        question, outcome = pair
        moved.append(
            Moved(
                id=outcome.id,
                question=outcome.question,
                before=before,
                after=after,
                first_before=_first_words(question.get("first")),
                first_after=outcome.first.excerpt if outcome.first else "",
            )
        )
    moved.sort(key=lambda m: (-abs(m.after - m.before), m.id))
    return tuple(moved[:_MOVED])


def _first_words(first: object) -> str:
    return str(first.get("excerpt", "")) if isinstance(first, dict) else ""
