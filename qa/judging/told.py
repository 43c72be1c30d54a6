"""What people said of each question, over all their judgements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from qa.judging.judgement import Judgement


class Quoted(NamedTuple):
    """A verbatim piece of a source's text that was judged."""

    source: str
    quote: str


@dataclass(slots=True)
class Told:
    """What people said of a question. Of an excerpt, and of the archive, the latest judgement counts.

    ``quotes``: whether each one answers. ``nothing``: nothing in the archive does.
    """

    text: str
    quotes: dict[Quoted, bool] = field(default_factory=dict)
    nothing: bool = False

    @property
    def gold(self) -> list[Quoted]:
        """The quotes that answer."""
        return [quote for quote, answers in self.quotes.items() if answers]

    @property
    def wrong(self) -> list[Quoted]:
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
        self.quotes[Quoted(judgement.judged.source, judgement.quote)] = answers


def told_of(judgements: Iterable[Judgement]) -> list[Told]:
    """Return the questions that were judged, as they were searched for, in the order of their first time."""
    found: dict[str, Told] = {}
    for judgement in judgements:
        text = judgement.searched.strip()
        found.setdefault(text, Told(text)).add(judgement)
    return list(found.values())


def question_id(text: str) -> str:
    """Return the id of a question in a judged set, by how it was searched for."""
    return "q" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
