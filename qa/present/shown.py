"""What people see of an answer: every interface shows the same words and the same choice.

    verdict_line   the verdict, in a sentence
    note_lines     the notes
    lead           the short answer in its sentence, which comes before the quotes
    shown          the results that the page, the widget and the command show
    quoted         the results that a chat quotes: those of them that carry weight
    pieces         an excerpt, cut at its marks

The page and the widget follow the same rules in ``qa/web/static``. Nothing here escapes a text: each
interface does that for its own output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from qa.records import Answer, Highlight, Result, ShortAnswer

MOST_NEAREST = 2
"""How many quotes are shown if the archive does not seem to answer: more would look like an answer."""
WEIGHT = 0.6
"""The least share of the first result's score with which a chat quotes a result.

Among five results of each question of ``eval/seeds``, no quote that answers it has less. It leaves 2.2 quotes
where the archive answers and 4.4 where that is unsure.
"""
MOST_AROUND = 160
"""How many characters of the sentence are shown on each side of the short answer."""

Mark = Literal["plain", "sentence", "answer"]

_VERDICTS = {
    "answered": "The archive says:",
    "unsure": "Closest passages; they may not answer this:",
    "not_found": "The archive does not seem to answer this.",
}
_NOTHING = "The archive has nothing on this."
_NOTHING_WITHIN = "Nothing found within these filters."


@dataclass(frozen=True, slots=True)
class Lead:
    """The short answer in its sentence: ``before + words + after``, as the excerpt has them.

    ``cut_before`` and ``cut_after``: whether the sentence is longer than the part that is shown.
    """

    result: Result
    before: str
    words: str
    after: str
    cut_before: bool = False
    cut_after: bool = False

    @property
    def around(self) -> tuple[str, str]:
        """The text before and after the words, with an ellipsis if the sentence is cut."""
        return ("… " if self.cut_before else "") + self.before, self.after + (
            " …" if self.cut_after else ""
        )


def verdict_line(answer: Answer, *, filtered: bool = False) -> str | None:
    """Return the verdict in a sentence, which stands before the quotes.

    ``filtered``: whether the question had filters. None if the message was no question: then the notes
    say everything.
    """
    if answer.results:
        return _VERDICTS[answer.verdict]
    if any(note.code == "greeting" for note in answer.notes):
        return None
    return _NOTHING_WITHIN if filtered else _NOTHING


def searched_otherwise(answer: Answer) -> bool:
    """Whether the question that was searched for differs from what was typed."""
    return answer.searched != answer.question.strip()


def note_lines(answer: Answer, *, searched_shown: bool) -> list[str]:
    """Return the notes, a line each.

    ``searched_shown``: whether the interface shows the question that was searched for if it differs;
    then no line needs to say that it was shortened.
    """
    lines = []
    for note in answer.notes:
        if note.code == "question_shortened" and searched_shown and searched_otherwise(answer):
            continue
        message, suggestion = note.message, note.details.get("suggestion")
        if isinstance(suggestion, str) and suggestion not in message:
            message = f"{message} {suggestion}"
        lines.append(" ".join(message.split()))
    return lines


def shown(answer: Answer) -> Sequence[Result]:
    """Return the results that an answer shows: all, or the nearest few if the verdict is not_found."""
    return answer.results[:MOST_NEAREST] if answer.verdict == "not_found" else answer.results


def quoted(answer: Answer) -> Sequence[Result]:
    """Return the results that a chat quotes: those shown whose score is near to the first one's."""
    results = shown(answer)
    return [one for one in results if one is results[0] or one.score >= WEIGHT * results[0].score]


def words_of(answer: Answer, result: Result) -> ShortAnswer | None:
    """Return the words of a result that are marked as the answer; None if that is uncertain."""
    return result.answer if answer.verdict == "answered" else None


def lead(answer: Answer) -> Lead | None:
    """Return the short answer in its sentence; None if there is none or if it is uncertain."""
    first = next(iter(answer.results), None)
    words = words_of(answer, first) if first else None
    if first is None or words is None:
        return None
    touched = [h for h in first.highlights if h.start < words.end and words.start < h.end]
    start = min(words.start, *(h.start for h in touched)) if touched else words.start
    end = max(words.end, *(h.end for h in touched)) if touched else words.end
    before = first.excerpt[start : words.start].lstrip()
    after = first.excerpt[words.end : end].rstrip()
    near_before, near_after = _end_of(before), _beginning_of(after)
    return Lead(
        result=first,
        before=near_before,
        words=first.excerpt[words.start : words.end],
        after=near_after,
        cut_before=near_before != before,
        cut_after=near_after != after,
    )


def _end_of(text: str) -> str:
    """Return the end of a text, from the beginning of a word; a short text is returned whole."""
    if len(text) <= MOST_AROUND:
        return text
    return re.sub(r"^\S*\s+", "", text[-MOST_AROUND:], count=1)


def _beginning_of(text: str) -> str:
    """Return the beginning of a text, up to the end of a word; a short text is returned whole."""
    if len(text) <= MOST_AROUND:
        return text
    return re.sub(r"\s+\S*$", "", text[:MOST_AROUND], count=1)


def pieces(
    excerpt: str, highlights: Sequence[Highlight], words: ShortAnswer | None
) -> Iterator[tuple[str, Mark]]:
    """Cut an excerpt at its marks: its sentences, and the words that answer.

    Each character comes once, in order, even if spans overlap; together the pieces are the excerpt.
    """
    sentences = [(h.start, h.end) for h in highlights]
    answers = [(words.start, words.end)] if words else []
    bounds = {min(max(at, 0), len(excerpt)) for span in sentences + answers for at in span}
    cuts = sorted(bounds | {0, len(excerpt)})
    for start, end in pairwise(cuts):
        if any(first <= start and end <= last for first, last in answers):
            mark: Mark = "answer"
        elif any(first <= start and end <= last for first, last in sentences):
            mark = "sentence"
        else:
            mark = "plain"
        yield excerpt[start:end], mark
