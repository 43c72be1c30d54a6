"""Two evaluations of one data set, question by question: which is better, and can the set tell?

A is the earlier one, read from its JSON; B is the one at hand. The test is a paired randomisation
test (Fisher, 1935; for retrieval Smucker, Allan and Carterette, 2007): were A and B alike, each
question's difference could as well have had the other sign. The p-value is the share of sign
patterns whose mean difference is at least as far from 0 as the one seen; all patterns are
counted for up to 16 questions that differ, else 10,000 drawn from a fixed seed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qa.errors import UsageError
from qa.evaluate.measures import Measure
from qa.evaluate.outcome import Evaluation, Outcome

SIGNIFICANT = 0.05
DRAWS = 10_000
_EXACT = 16
_MOVED = 10
_SEED = 20240607


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure, B less A, over the questions that both answered for."""

    measure: Measure
    before: float
    after: float
    p: float
    wins: int
    ties: int
    losses: int

    @property
    def points(self) -> float:
        """The difference in hundredths."""
        return 100 * (self.after - self.before)

    @property
    def verdict(self) -> str:
        """What the difference shows, in words."""
        if self.p >= SIGNIFICANT:
            return f"no difference at {self.measure} that this set can show"
        better = "B" if self.after > self.before else "A"
        return (
            f"{better} is better at {self.measure}: {abs(self.points):+.1f} points, "
            f"{show_p(self.p)}"
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """A question that moved: its value in A and in B, and what came first in each."""

    id: str
    question: str
    before: float
    after: float
    first_before: str
    first_after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A against B. ``moved_by`` is the measure by which the questions moved."""

    against: str
    questions: int
    differences: tuple[Difference, ...]
    moved_by: Measure
    moved: tuple[Moved, ...]

    @property
    def verdict(self) -> str:
        """All that the set can show, in words."""
        shown = [d.verdict for d in self.differences if d.p < SIGNIFICANT]
        return "; ".join(shown) if shown else "no difference that this set can show"

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as an evaluation's JSON has it."""
        return {
            "file": self.against,
            "questions": self.questions,
            "verdict": self.verdict,
            "measures": {
                d.measure.key: {
                    "a": round(d.before, 6),
                    "b": round(d.after, 6),
                    "p": round(d.p, 6),
                    "wins": d.wins,
                    "ties": d.ties,
                    "losses": d.losses,
                }
                for d in self.differences
            },
            "moved": [{"id": m.id, "a": m.before, "b": m.after} for m in self.moved],
        }


def show_p(p: float) -> str:
    """Return a p-value as it is written: ``p = 0.003``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


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
    """Compare an evaluation (B) with an earlier one (A) of the same data set.

    The questions are those of the overall figures that both hold. Raises UsageError when the
    two have no question in common.
    """
    if earlier.get("dataset") != evaluation.dataset:
        raise UsageError(
            f"{file} is of the data set {earlier.get('dataset')!r}, "
            f"this run of {evaluation.dataset!r}: only one set's runs can be compared"
        )
    before = {question["id"]: question for question in earlier["questions"]}
    measures = [m for m in evaluation.measures if m.cutoff is not None]
    pairs = [
        (before[outcome.id], outcome)
        for outcome in evaluation.outcomes
        if outcome.answerable
        and not outcome.apart
        and outcome.id in before
        and all(_value(before[outcome.id], measure) is not None for measure in measures)
    ]
    if not pairs or not measures:
        raise UsageError(f"{file} and this run have no judged question in common")
    moved_by = Measure("nDCG", 10)
    return Comparison(
        against=file,
        questions=len(pairs),
        differences=tuple(_difference(measure, pairs) for measure in measures),
        moved_by=moved_by,
        moved=_most_moved(moved_by, pairs),
    )


Pair = tuple[Mapping[str, Any], Outcome]


def _value(question: Mapping[str, Any], measure: Measure) -> float | None:
    value = question.get(measure.key)
    return float(value) if isinstance(value, int | float) else None


def _both(measure: Measure, pair: Pair) -> tuple[float, float]:
    """Return A's value and B's, both as exact as a file holds them."""
    return _value(pair[0], measure) or 0.0, round(pair[1].figures[measure], 6)


def _difference(measure: Measure, pairs: Sequence[Pair]) -> Difference:
    values = np.asarray([_both(measure, pair) for pair in pairs])
    change = values[:, 1] - values[:, 0]
    return Difference(
        measure=measure,
        before=float(values[:, 0].mean()),
        after=float(values[:, 1].mean()),
        p=randomisation_test(change.tolist()),
        wins=int((change > 0).sum()),
        ties=int((change == 0).sum()),
        losses=int((change < 0).sum()),
    )


def randomisation_test(changes: Sequence[float]) -> float:
    """Return the two-sided p-value of the paired randomisation test on differences.

    The pattern of signs that was seen counts as one of those drawn (Phipson and Smyth, 2010), so that
    p is never 0. Where all patterns are looked at it is among them.
    """
    from scipy import stats  # a second to import: only a comparison needs it

    moved = np.asarray([change for change in changes if change != 0])
    if len(moved) < 2:  # with one, the other sign is as far from 0
        return 1.0
    found = stats.permutation_test(
        (moved,),
        lambda signed, axis: np.abs(signed.mean(axis=axis)),
        permutation_type="samples",
        alternative="greater",
        vectorized=True,
        n_resamples=1 << _EXACT if len(moved) <= _EXACT else DRAWS,
        batch=1000,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue)


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
