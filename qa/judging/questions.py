"""Judgements as questions with quotes, the layout of judged sets, and such questions as judgements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from qa.engine import Engine
from qa.errors import DatasetError, JudgementError, QuestionError
from qa.evaluate.datasets import Gold, SpanQuestion, read_questions
from qa.judging.judgement import Judgement, accept, json_line
from qa.judging.told import Told, question_id
from qa.records import Document, Filters
from qa.search.citations import cite_span

KIND = "judged"


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
