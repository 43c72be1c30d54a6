"""A set of questions with quotes as what a build refines its calibration with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from qa.build.builder import Progress
from qa.encode import Encoder
from qa.engine import Engine
from qa.errors import UsageError
from qa.evaluate.datasets import SpanSet, find_dataset, form_of, read_spans
from qa.evaluate.spans import ask_spans
from qa.store import Store


@dataclass(frozen=True, slots=True)
class SpanJudge:
    """Asks every question of a set of a new generation; see ``qa.build.builder.Judge``."""

    dataset: SpanSet
    progress: Progress | None = None

    @property
    def digest(self) -> str:
        """Names the questions and their quotes."""
        return hashlib.sha256(repr(self.dataset.questions).encode("utf-8", "replace")).hexdigest()

    def __call__(self, store: Store, encoder: Encoder) -> list[tuple[str, bool]]:
        """Return each question with whether the first excerpt is relevant."""
        engine = Engine(store=store, encoder=encoder)
        outcomes = ask_spans(self.dataset, engine, self.progress)
        return [
            (found.searched or found.question, found.rank == 1)
            for found in outcomes
            if not found.apart
        ]


def judge_by(name: str, datasets: str, progress: Progress | None = None) -> SpanJudge:
    """Return the judge for a data set by path or name. Raises UsageError for another form."""
    path = find_dataset(name, datasets)
    if form_of(path) != "spans":
        raise UsageError(
            f"{name} is no set of questions with quotes: only such a set can judge a build"
        )
    return SpanJudge(read_spans(path), progress)
