"""Judgements as questions with quotes, the layout of judged sets, and such questions as judgements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa.engine import Engine
from qa.errors import DatasetError, JudgementError, QuestionError
from qa.evaluate.datasets import Gold, SpanQuestion, read_questions
from qa.judging.judgement import Judgement, accept, json_line
from qa.records import Document, Filters
from qa.search.citations import cite_span

KIND = "judged"


@dataclass(slots=True)
class Told:
    """What people said of a question. Of an excerpt, and of the archive, the latest judgement counts.

    ``quotes``: whether each one answers. ``nothing``: nothing in the archive does.
    """

    text: str
    quotes: dict[Gold, bool] = field(default_factory=dict)
    nothing: bool = False

    @property
    def gold(self) -> list[Gold]:
        """The quotes that answer."""
        return [quote for quote, answers in self.quotes.items() if answers]

    @property
    def wrong(self) -> list[Gold]:
        """The quotes that do not answer."""
        return [quote for quote, answers in self.quotes.items() if not answers]

    def add(self, judgement: Judgement) -> None:
        """Add a later judgement."""
        if judgement.judged is None:
            self.nothing = True
            self.quotes = {quote: False for quote, answers in self.quotes.items() if not answers}
            return
        answers = judgement.kind != "does_not"
        self.nothing = self.nothing and not answers
        self.quotes[Gold(judgement.judged.source, judgement.quote)] = answers


def told_of(judgements: Iterable[Judgement]) -> list[Told]:
    """Return the questions that were judged, as they were searched for, in the order of their first time."""
    found: dict[str, Told] = {}
    for judgement in judgements:
        text = judgement.searched.strip()
        found.setdefault(text, Told(text)).add(judgement)
    return list(found.values())


def as_lines(questions: Iterable[Told]) -> bytes:
    """Return a ``questions.jsonl``; without the questions of which nothing is known that answers."""
    lines = [
        {
            "id": question_id(one.text),
            "question": one.text,
            "kind": KIND,
            "gold": [{"source": gold.source, "quote": gold.quote} for gold in one.gold],
            "need": "any",
        }
        for one in questions
        if is_exported(one)
    ]
    return b"".join(map(json_line, lines))


def question_id(text: str) -> str:
    """Return the id of a question in a judged set, by how it was searched for."""
    return "q" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def is_exported(one: Told) -> bool:
    """Whether a question has a quote that answers, or is known to have none."""
    return one.nothing or bool(one.gold)


def read_judgements(
    file: Path, engine: Engine, known: Sequence[Judgement]
) -> tuple[list[Judgement], int]:
    """Return the judgements that a ``questions.jsonl`` stands for, and how many of them are ``known``.

    Each quote is a marked span; a question without one is answered by nothing. Raises DatasetError, above
    all for a quote that the index does not hold to the letter.
    """
    ids = {entry.source: entry.id for entry in engine.documents(limit=engine.info.documents)}
    kept = {_key(one) for one in known}
    found, again = [], 0
    for question in read_questions(file):
        where = f"{file}, question {question.id}"
        _refuse(where, question)
        try:
            made = [_marked(where, engine, ids, question, gold) for gold in question.gold] or [
                accept(engine, kind="nothing", question=question.text)
            ]
        except (JudgementError, QuestionError) as error:
            raise DatasetError(f"{where}: {error.message}") from error
        for one in made:
            if _key(one) in kept:
                again += 1
            else:
                kept.add(_key(one))
                found.append(one)
    return found, again


def _refuse(where: str, question: SpanQuestion) -> None:
    """Raise DatasetError for what a judgement cannot say."""
    has = {
        "history": bool(question.history),
        "filters": question.filters != Filters(),
        'need "all"': question.need == "all",
        "grades": any(gold.grade != 1 for gold in question.gold),
    }
    for name, there in has.items():
        if there:
            raise DatasetError(f"{where}: a judgement keeps no {name}: leave it out")


def _marked(
    where: str, engine: Engine, ids: dict[str, str], question: SpanQuestion, gold: Gold
) -> Judgement:
    if gold.source not in ids:
        raise DatasetError(f"{where}: the index has no {gold.source}")
    document: Document = engine.document(ids[gold.source])
    start = document.text.find(gold.quote)
    if start < 0:
        raise DatasetError(f"{where}: {gold.source} does not hold the quote to the letter")
    return accept(
        engine,
        kind="marked",
        question=question.text,
        citation=cite_span(document, start, start + len(gold.quote)),
        excerpt=gold.quote,
        span=(0, len(gold.quote)),
    )


def _key(one: Judgement) -> tuple[object, ...]:
    """Return what makes two judgements say the same."""
    return (
        one.searched.strip(),
        one.judged is None,
        one.judged and (one.judged.source, one.quote),
        (one.kind == "does_not"),
    )
