"""What people judged, as what a build refines its calibration with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.build.builder import Judge, Progress, Silent
from qa.encode import Encoder
from qa.engine import Engine
from qa.evaluate.runs import Place
from qa.evaluate.spans import covers, place_shown
from qa.judging.judgement import Judgement
from qa.judging.told import Quoted, Told, told_of
from qa.records import Question
from qa.store import Store

MOST = 1000
"""The most questions that a build asks, the latest ones: asking takes its time."""


@dataclass(frozen=True, slots=True)
class KeptJudge:
    """Asks every judged question of a new generation; see ``qa.build.builder.Judge``."""

    questions: Sequence[Told]
    progress: Progress | None = None

    @classmethod
    def of(cls, judgements: Iterable[Judgement], progress: Progress | None = None) -> KeptJudge:
        """Return the judge for judgements, oldest first."""
        return cls(told_of(judgements)[-MOST:], progress)

    @property
    def digest(self) -> str:
        """Names the questions and what was said of them."""
        said = [(one.text, list(one.quotes.items()), one.nothing) for one in self.questions]
        return hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()

    def __call__(self, store: Store, encoder: Encoder) -> list[tuple[str, bool]]:
        """Return each question with whether the first excerpt answers, as far as that is known.

        With quotes that answer it must cover one of them, as in a judged set. Quotes that the archive
        does not hold any more count for nothing. If all that is known is what does not answer, a
        question tells something only while that is found first.
        """
        engine = Engine(store=store, encoder=encoder)
        ids = {entry.source: entry.id for entry in store.listing()}
        progress = self.progress or Silent()
        progress.stage("asking", len(self.questions))
        told = []
        for one in self.questions:
            answer = engine.ask(Question(one.text, k=1))
            first = place_shown(answer.results[0]) if answer.results else None
            gold, wrong = _places(one.gold, ids, store), _places(one.wrong, ids, store)
            if first is not None and (one.nothing or gold):
                told.append((answer.searched, any(covers(first, place) for place in gold)))
            elif first is not None and any(covers(first, place) for place in wrong):
                told.append((answer.searched, False))
            progress.advance()
        return told


@dataclass(frozen=True, slots=True)
class Judges:
    """Several judges as one."""

    judges: Sequence[Judge]

    @property
    def digest(self) -> str:
        """Names what all of them know."""
        joined = " ".join(judge.digest for judge in self.judges)
        return hashlib.sha256(joined.encode()).hexdigest()

    def __call__(self, store: Store, encoder: Encoder) -> list[tuple[str, bool]]:
        """Return what each of them says, one after the other."""
        return [pair for judge in self.judges for pair in judge(store, encoder)]


def _places(quotes: Iterable[Quoted], ids: dict[str, str], store: Store) -> list[Place]:
    """Return where quotes stand in the documents of a generation."""
    found = []
    for quote in quotes:
        document = store.document(ids[quote.source]) if quote.source in ids else None
        at = document.text.find(quote.quote) if document else -1
        while document and at >= 0:
            found.append(Place(quote.source, at, at + len(quote.quote)))
            at = document.text.find(quote.quote, at + 1)
    return found
