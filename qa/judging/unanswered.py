"""Questions that the archive does not answer surely, where the operator keeps them.

Two files tell of them. In the file of judgements stand the questions of which people said that an excerpt,
or the whole archive, does not answer. The setting ``unanswered`` names another file, for the questions
that were asked and got the verdict "unsure" or "not_found". Without it no question is kept but those that
people judged.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from qa.errors import JudgementsFullError, JudgementsUnusableError, UsageError
from qa.judging.judgement import Judgement, json_line
from qa.judging.kept import Judgements, place_of
from qa.judging.lines import Lines
from qa.judging.told import Told, question_id, told_of
from qa.records import Answer
from qa.service.redact import redacted
from qa.settings import Settings

log = logging.getLogger("qa.judging")

Missed = Literal["unsure", "not_found"]
MISSED: tuple[Missed, ...] = get_args(Missed)
"""The verdicts of questions that are kept."""

AGAIN_SECONDS = 600
"""A question that the same caller asks again within this time is counted once: pages repeat questions."""
_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked and not answered surely, as it is kept.

    ``question`` as it was asked, ``searched`` as it was searched for. ``filtered``: it was asked within
    filters, which are not kept. ``generation`` gave the answer. ``time``: ISO 8601 in UTC.
    """

    time: str
    verdict: Missed
    question: str
    searched: str
    generation: str
    filtered: bool

    def line(self) -> bytes:
        """Return it as a line of JSON, with its line feed."""
        return json_line(asdict(self))


def asked_in(line: bytes) -> Asked:
    """Return the question of a line. Raises ValueError if it is none."""
    try:
        found = Asked(**json.loads(line))
    except (TypeError, RecursionError) as error:
        raise ValueError("it is not what the service writes") from error
    texts: tuple[object, ...] = (found.time, found.question, found.searched, found.generation)
    if (
        not all(isinstance(text, str) for text in texts)
        or found.verdict not in MISSED
        or not isinstance(found.filtered, bool)
    ):
        raise ValueError("it is not what the service writes")
    return found


class Unanswered(Lines[Asked]):
    """The questions of one file. If it is full, the older half makes room for new ones."""

    what = "unanswered questions"

    @classmethod
    def of(cls, settings: Settings, paths: Sequence[Path] = ()) -> Unanswered | None:
        """Return the questions that the settings keep; None if they keep none.

        Raises UsageError if judging is off, or if the file would lie where it would be published or, in one
        of the ``paths``, indexed.
        """
        if not settings.unanswered:
            return None
        if not settings.judgements:
            raise UsageError(
                "setting unanswered names a file, but setting judgements names none: questions are kept "
                "only where people may judge"
            )
        path = place_of("unanswered", settings.unanswered, settings, paths)
        if path.resolve() == place_of("judgements", settings.judgements, settings).resolve():
            raise UsageError(f"settings unanswered and judgements both name {path}: name two files")
        return cls(path, most=settings.judgements_bytes)

    def parse(self, line: bytes) -> Asked:
        """Return the question of a line. Raises ValueError if it is none."""
        return asked_in(line)

    def add(self, entry: Asked) -> None:
        """Keep a question; it is on the disk when this returns. Raises what ``Lines.add`` raises."""
        try:
            super().add(entry)
        except JudgementsFullError:
            self._change(self._newer_half)
            super().add(entry)

    def _newer_half(self, found: list[tuple[Asked, bytes]]) -> list[bytes]:
        room, lines = self._most // 2, list[bytes]()
        for _, line in reversed(found):
            room -= len(line)
            if room < 0:
                break
            lines.append(line)
        return lines[::-1]


class Keeper:
    """Keeps the questions of a service that were not answered surely."""

    def __init__(self, kept: Unanswered) -> None:
        self.kept = kept
        self._lock = threading.Lock()
        self._latest: OrderedDict[Hashable, float] = OrderedDict()

    def note(self, answer: Answer, *, filtered: bool, caller: Hashable) -> None:
        """Keep the question of an answer, if it is to be kept; keys in it are shortened to their ids.

        A greeting is no question. What is wrong with the file is told in the log only: a question gets its
        answer all the same.
        """
        if answer.verdict == "answered" or any(note.code == "greeting" for note in answer.notes):
            return
        asked = Asked(
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            verdict=answer.verdict,
            question=redacted(answer.question),
            searched=redacted(answer.searched),
            generation=answer.index.generation,
            filtered=filtered,
        )
        if self._is_again((caller, asked.searched)):
            return
        try:
            self.kept.add(asked)
        except (JudgementsUnusableError, JudgementsFullError) as error:
            log.error("a question without an answer is not kept: %s", error.message)

    def _is_again(self, who: Hashable) -> bool:
        with self._lock:
            now = time.monotonic()
            before = self._latest.pop(who, None)
            self._latest[who] = now
            if len(self._latest) > _REMEMBERED:
                self._latest.popitem(last=False)
            return before is not None and now - before < AGAIN_SECONDS


@dataclass(slots=True)
class OpenQuestion:
    """A question without an answer: how often it was asked, and what people said of it.

    ``text`` as it was searched for, ``asked_as`` as it was asked the last time. ``first`` and ``last``: when
    it was asked or judged. ``does_not`` counts the excerpts that do not answer; ``nothing``: somebody said that
    nothing in the archive does. ``filtered``: it was asked within filters each time.
    """

    text: str
    asked_as: str
    first: str
    last: str
    unsure: int = 0
    not_found: int = 0
    does_not: int = 0
    nothing: bool = False
    filtered: bool = True

    @property
    def id(self) -> str:
        """The id that a judged set of these questions has."""
        return question_id(self.text)

    def line(self) -> bytes:
        """Return it as a line of a judged set, without a quote."""
        missed = "not_found" if self.not_found else "unsure"
        kind = "judged" if self.nothing or self.does_not else missed
        line = {"id": self.id, "question": self.text, "kind": kind, "gold": [], "need": "any"}
        return json_line(line)


def open_questions(asked: Iterable[Asked], judgements: Sequence[Judgement]) -> list[OpenQuestion]:
    """Return the questions without an answer, the latest first.

    A question of which somebody judged that an excerpt answers it is left out, however often it was asked.
    """
    told = {one.text: one for one in told_of(judgements)}
    found: dict[str, OpenQuestion] = {}

    def met(text: str, question: str, time: str) -> OpenQuestion:
        text = text.strip()
        one = found.setdefault(text, OpenQuestion(text, question, time, time))
        if time >= one.last:
            one.last, one.asked_as = time, question
        one.first = min(one.first, time)
        return one

    for judgement in judgements:
        if judgement.kind in ("does_not", "nothing"):
            met(judgement.searched, judgement.question, judgement.time).filtered = False
    for question in asked:
        one = met(question.searched, question.question, question.time)
        setattr(one, question.verdict, getattr(one, question.verdict) + 1)
        one.filtered = one.filtered and question.filtered
    listed = []
    for text, one in found.items():
        said = told.get(text, Told(text))
        one.does_not, one.nothing = len(said.wrong), said.nothing
        if not said.gold:
            listed.append(one)
    return sorted(listed, key=lambda one: (one.last, one.id), reverse=True)


def forget(
    texts: Collection[str] | None, judgements: Judgements, unanswered: Unanswered | None
) -> int:
    """Remove questions for good, by their texts, with all that people judged of them.

    A judgement that another one overruled goes too: alone it would hold again.

    None: every question that ``open_questions`` lists, and all that ``unanswered`` holds. Returns how many
    entries went.
    """
    asked = unanswered.entries() if unanswered else []
    listed = {one.text for one in open_questions(asked, judgements.entries())}
    gone = listed if texts is None else listed.intersection(texts)
    removed = judgements.keep_if(lambda one: one.searched.strip() not in gone)
    if unanswered:
        removed += unanswered.keep_if(
            lambda one: texts is not None and one.searched.strip() not in gone
        )
    return removed
