"""What a comparison of two evaluations found, and its JSON. A is the earlier or the other one, B the one at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qa.evaluate.measures import Measure
from qa.evaluate.significance import SIGNIFICANT, show_p


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure, B less A, over the questions that both answered for.

    ``change`` has its 95% bootstrap interval, ``low`` to ``high``. ``adjusted`` is p after Holm's
    correction. ``changes``: of each question; a measure of verdicts has none.
    """

    measure: Measure
    before: float
    after: float
    low: float
    high: float
    p: float
    adjusted: float
    changes: tuple[float, ...] = ()

    @property
    def points(self) -> float:
        """The difference in hundredths."""
        return 100 * (self.after - self.before)

    @property
    def wins(self) -> int:
        """Questions for which B is the higher."""
        return sum(change > 0 for change in self.changes)

    @property
    def ties(self) -> int:
        """Questions for which both are equal."""
        return sum(change == 0 for change in self.changes)

    @property
    def losses(self) -> int:
        """Questions for which A is the higher."""
        return sum(change < 0 for change in self.changes)

    @property
    def shown(self) -> bool:
        """Whether the set can show it."""
        return self.adjusted < SIGNIFICANT

    @property
    def verdict(self) -> str:
        """What the difference shows, in words."""
        if not self.shown:
            return f"no difference at {self.measure} that this set can show"
        better = self.measure.kind.better
        which = "B" if (self.after > self.before) == (better >= 0) else "A"
        what = "better" if better else "higher"
        return f"{which} is {what} at {self.measure}: {self.points:+.1f} points, {show_p(self.adjusted)}"

    def to_json(self) -> dict[str, float | int]:
        """Return the difference as an evaluation's JSON has it."""
        found: dict[str, float | int] = {
            "a": round(self.before, 6),
            "b": round(self.after, 6),
            "low": round(self.low, 6),
            "high": round(self.high, 6),
            "p": round(self.p, 6),
            "p_holm": round(self.adjusted, 6),
        }
        if self.changes:
            found |= {"wins": self.wins, "ties": self.ties, "losses": self.losses}
        return found


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
    """A against B. ``moved_by`` is the measure by which the questions moved.

    ``tests``: how many differences were tested together. ``edited``: ids of questions that are not
    in it, since their words or their judgements are others in A. ``asked_otherwise``: A's questions
    were taken from another file, on purpose. ``ids``: of the questions, in the order of their changes.
    """

    against: str
    questions: int
    differences: tuple[Difference, ...]
    moved_by: Measure
    moved: tuple[Moved, ...]
    tests: int = 0
    edited: tuple[str, ...] = ()
    asked_otherwise: str = ""
    ids: tuple[str, ...] = ()

    @property
    def change_of(self) -> dict[str, float]:
        """What each question won, or lost, by ``moved_by``; by its id."""
        changes = next(d.changes for d in self.differences if d.measure == self.moved_by)
        return dict(zip(self.ids, changes, strict=True))

    @property
    def verdict(self) -> str:
        """All that the set can show, in words."""
        shown = [d.verdict for d in self.differences if d.shown]
        return "; ".join(shown) if shown else "no difference that this set can show"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the questions, in words."""
        notes = []
        if self.edited:
            more = f" and {len(self.edited) - 10:,} more" if len(self.edited) > 10 else ""
            notes.append(
                f"{len(self.edited):,} questions were edited since A, or judged otherwise, and are left "
                f"out: {', '.join(self.edited[:10])}{more}"
            )
        if self.asked_otherwise:
            notes.append(f"the questions differ on purpose: {self.asked_otherwise}")
        return tuple(notes)

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as an evaluation's JSON has it."""
        return {
            "file": self.against,
            "questions": self.questions,
            "edited": list(self.edited),
            "verdict": self.verdict,
            "measures": {d.measure.key: d.to_json() for d in self.differences},
            "moved": [{"id": m.id, "a": m.before, "b": m.after} for m in self.moved],
        }
