"""Runs in TREC's form: what each question found, best first, for other programs and from them.

A line has six columns: question, ``Q0``, what was found, rank, score, name of the run. Of a corpus what was
found is a document's id; of a set of questions with quotes it is a span, written as ``SOURCE:START-END``
with the source's spaces and such percent-encoded.

trec_eval reads no rank: it orders by score, as a number of single precision, and of equal scores puts the
highest id first. So the scores that are written fall strictly, and a run that is read is ordered in its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import numpy as np

from qa.errors import DatasetError

TAG = "cited-qa"
DEPTH = 100
"""Results of a question that are kept."""
_SPAN = re.compile(r"(?P<source>.+):(?P<start>\d{1,12})-(?P<end>\d{1,12})", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A span of a source: first code point, and the one after the last."""

    source: str
    start: int
    end: int

    @property
    def id(self) -> str:
        """Its name in a run."""
        return f"{quote(self.source, safe='/#.,()+=@')}:{self.start}-{self.end}"


class Scored(NamedTuple):
    """Something that was found, with its score: higher is better. ``place``: of a span."""

    id: str
    score: float
    place: Place | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as an evaluation's JSON has it."""
        entry: dict[str, Any] = {"id": self.id}
        if self.place:
            entry |= {
                "source": self.place.source,
                "start": self.place.start,
                "end": self.place.end,
            }
        return entry | {"score": round(self.score, 6)}


Run = Mapping[str, Sequence[Scored]]
"""By question, best first."""


def place_of(where: str, id: str) -> Place:
    """Return the span that a run names. Raises DatasetError."""
    match = _SPAN.fullmatch(id)
    if match is None or int(match["start"]) >= int(match["end"]):
        raise DatasetError(
            f"{where}: {id!r} is no span: in a run of questions with quotes it is SOURCE:START-END"
        )
    return Place(unquote(match["source"]), int(match["start"]), int(match["end"]))


def check_ids(ids: Iterable[str]) -> None:
    """Raise DatasetError for an id that a line of a run cannot hold."""
    for id in ids:
        if not id or any(character.isspace() for character in id):
            raise DatasetError(f"the id {id!r} has a space: a run in TREC's form cannot hold it")


def run_lines(run: Run, tag: str = TAG) -> Iterator[str]:
    """Yield the lines of a run. The ids are those that ``check_ids`` took."""
    for question, found in run.items():
        before = np.float32(np.inf)
        for rank, one in enumerate(found[:DEPTH], start=1):
            score = min(np.float32(one.score), np.nextafter(before, np.float32(-np.inf)))
            before = score
            yield f"{question} Q0 {one.id} {rank} {float(score)!r} {tag}\n"


def read_run(file: Path) -> dict[str, list[Scored]]:
    """Read a run, each question's results in trec_eval's order. Raises DatasetError."""
    found: dict[str, dict[str, float]] = {}
    for number, line in enumerate(_lines(file), start=1):
        fields = line.split()
        if not fields:
            continue
        where = f"{file} line {number}"
        if len(fields) != 6:
            raise DatasetError(
                f"{where}: question, Q0, document, rank, score and name are wanted, not "
                f"{len(fields)} fields"
            )
        question, _, id, _, text, _ = fields
        score = _number(text)
        if score is None:
            raise DatasetError(f"{where}: the score is {text!r}: a number is wanted")
        if found.setdefault(question, {}).setdefault(id, score) != score:
            raise DatasetError(f"{where}: {id} is found twice for {question}, with two scores")
    if not found:
        raise DatasetError(f"{file} holds no result")
    return {question: ordered(scores.items()) for question, scores in found.items()}


def ordered(scores: Iterable[tuple[str, float]]) -> list[Scored]:
    """Return results in trec_eval's order: by score in single precision, then by id, highest first."""
    by_id = sorted((Scored(*one) for one in scores), key=lambda one: one.id, reverse=True)
    return sorted(by_id, key=lambda one: -float(np.float32(one.score)))[:DEPTH]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            yield from lines
    except FileNotFoundError as error:
        raise DatasetError(f"{file} does not exist") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file} is not UTF-8") from error
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror or error}") from error
