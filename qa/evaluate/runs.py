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
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

import numpy as np

from qa.errors import DatasetError

TAG = "cited-qa"
DEPTH = 100
"""Results of a question that are kept."""
_SPAN = re.compile(r"(?P<source>.+):(?P<start>\d{1,12})-(?P<end>\d{1,12})", re.DOTALL)


class Scored(NamedTuple):
    """Something that was found, with its score: higher is better."""

    id: str
    score: float


Run = Mapping[str, Sequence[Scored]]
"""By question, best first."""


def span_id(source: str, start: int, end: int) -> str:
    """Return the name of a span in a run."""
    return f"{quote(source, safe='/#.,()+=@')}:{start}-{end}"


def span_of(where: str, id: str) -> tuple[str, int, int]:
    """Return source, start and end of a span that a run names. Raises DatasetError."""
    match = _SPAN.fullmatch(id)
    if match is None or int(match["start"]) >= int(match["end"]):
        raise DatasetError(
            f"{where}: {id!r} is no span: in a run of questions with quotes it is SOURCE:START-END"
        )
    return unquote(match["source"]), int(match["start"]), int(match["end"])


def run_lines(run: Run, tag: str = TAG) -> Iterator[str]:
    """Yield the lines of a run; raises DatasetError for an id that has a space."""
    for question, found in run.items():
        before = np.float32(np.inf)
        for rank, one in enumerate(found[:DEPTH], start=1):
            score = min(np.float32(one.score), np.nextafter(before, np.float32(-np.inf)))
            before = score
            for id in (question, one.id):
                if not id or any(character.isspace() for character in id):
                    raise DatasetError(f"the id {id!r} has a space: a run cannot hold it")
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
