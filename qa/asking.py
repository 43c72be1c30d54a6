"""The rules for a question: what can be asked. They are the same for every caller.

Every interface describes these limits, and only ``check`` enforces them. One exception: the number of
earlier questions is limited where a request is read, because a chat sends all of them.
"""

from __future__ import annotations

import re
from datetime import date

from qa.errors import QuestionError
from qa.facets import conditions
from qa.records import Question
from qa.text.printable import is_text

MAX_QUESTION = 2000
"""Characters of a question, and of each earlier one."""
MAX_HISTORY = 50
"""Earlier questions that a request may bring."""
MAX_K = 50
MAX_GLOBS, MAX_GLOB = 20, 300
"""Globs of a filter, and characters of each."""
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)


def is_askable(text: str) -> bool:
    """Whether a text is allowed as a question or as an earlier question."""
    return bool(text.strip()) and len(text) <= MAX_QUESTION and is_text(text)


def check(question: Question) -> None:
    """Raise QuestionError if a question is not allowed."""
    for field, text in (("question", question.text), *(("history", h) for h in question.history)):
        if not text.strip():
            raise QuestionError(
                "the question is blank: write one", field=field, code="question_blank"
            )
        if len(text) > MAX_QUESTION:
            raise QuestionError(
                f"the question has {len(text):,} characters: at most {MAX_QUESTION:,} are allowed",
                field=field,
                code="question_too_long",
            )
        if not is_text(text):
            raise QuestionError(
                "the question holds a NUL or half a character (a lone surrogate): remove it",
                field=field,
                code="question_not_text",
            )
    if not 1 <= question.k <= MAX_K:
        raise QuestionError(
            f"k is {question.k}: it must be 1 to {MAX_K}", field="k", code="k_out_of_range"
        )
    filters = question.filters
    if not all(map(is_text, filters.source)):
        raise QuestionError(
            "a glob holds a NUL or half a character (a lone surrogate): remove it",
            field="filters.source",
            code="glob_not_text",
        )
    if len(filters.source) > MAX_GLOBS or any(len(glob) > MAX_GLOB for glob in filters.source):
        raise QuestionError(
            f"at most {MAX_GLOBS} globs of at most {MAX_GLOB} characters are allowed",
            field="filters.source",
            code="too_many_globs",
        )
    for name in ("published_from", "published_to"):
        value = getattr(filters, name)
        if value is not None and not _is_date(value):
            raise QuestionError(
                f"{name} is no date: write 2019, 2019-11 or 2019-11-23",
                field=f"filters.{name}",
                code="invalid_date",
            )
    conditions(filters.where)


def _is_date(value: str) -> bool:
    """Whether a value is an existing year, month or day."""
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value + "-01-01"[len(value) - 4 :])
    except ValueError:
        return False
    return True
