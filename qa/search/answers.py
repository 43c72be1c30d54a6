"""The reader reads the first results; this module adds short answers and puts results in order.

The reader reads sentences of the first results together with the question. Each costs time, so the
setting ``reading`` says how many it reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

from qa.read import Reader, Reading, Window, windows
from qa.read.windows import around
from qa.records import Highlight, Result, ShortAnswer
from qa.search.confidence import Signals
from qa.search.results import Excerpt

Effort = Literal["off", "fast", "thorough"]
EFFORTS: tuple[str, ...] = get_args(Effort)

_WEIGHT = 0.1
"""A reading adds 0 to 2 times this weight to a result's score; ranking's scores lie between 0 and 1."""
_SQUASH = 4.0
_SURE = 0.6
"""The weight of how sure the reader is of a span, beside whether its window answers."""
_UNSURE = 0.0
"""Below this reading a window probably does not answer."""
_NO_ANSWER = -2.5
"""Below this reading a result gets no short answer: the odds against it are about eleven to one."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much the reader reads: nearly all of the first result, the best sentences of the others.

    ``results``: how many results it reads. ``chars``: how many characters of a result other than the
    first. ``whole``: of how many results it reads every sentence, in at most ``windows`` windows.
    ``first_only``: it skips a result that cannot come first any more; this gets no short answer.
    """

    results: int
    chars: int
    whole: int
    windows: int
    first_only: bool


BUDGETS: Mapping[str, Budget] = {
    "off": Budget(0, 0, 0, 0, True),
    "fast": Budget(results=3, chars=220, whole=1, windows=2, first_only=True),
    "thorough": Budget(results=10, chars=1200, whole=10, windows=9, first_only=False),
}


class Told(NamedTuple):
    """Results in their final order, and the signals of the first one; None if there is no result."""

    results: list[Result]
    found: Signals | None


@dataclass(slots=True)
class _Read:
    excerpt: Excerpt
    read: list[tuple[Window, Reading]]

    @property
    def reading(self) -> float | None:
        """The score of the window that answers best; None if the reader read none."""
        return max((reading.score for _, reading in self.read), default=None)

    @property
    def score(self) -> float:
        """The score that orders results: the ranking's score, and what the reading adds to it."""
        reading = self.reading
        added = 0.0 if reading is None else 1 + math.tanh(reading / _SQUASH)
        return self.excerpt.result.score + _WEIGHT * added

    def may_lead(self, best: float) -> bool:
        """Whether this result can still come above the score ``best``, whatever its reading is."""
        return self.excerpt.result.score + 2 * _WEIGHT > best

    @property
    def telling(self) -> tuple[Window, Reading] | None:
        """The window whose span is shown: it answers, and the reader is sure which words answer."""
        return max(
            self.read, key=lambda pair: pair[1].score + _SURE * math.log(pair[1].sure), default=None
        )


def read_results(
    reader: Reader | None, question: str, excerpts: Sequence[Excerpt], budget: Budget
) -> Told:
    """Read the first results with the question, add short answers, and put the results in order."""
    if reader is None or not excerpts or not budget.results:
        results = [excerpt.result for excerpt in excerpts]
        return Told(results, Signals(excerpts[0].support) if excerpts else None)
    found = [_Read(excerpt, []) for excerpt in excerpts]
    ranked = found[0]
    for place, one in enumerate(found[: budget.results]):
        if budget.first_only and place and not one.may_lead(max(o.score for o in found[:place])):
            break  # the results after it have lower scores, so they cannot lead either
        _read(reader, question, one, _chosen(one.excerpt, place < budget.whole, budget))
    found.sort(key=lambda one: (-one.score, one.excerpt.result.rank))
    first = found[0]
    if first.excerpt.result.rank > budget.whole:
        # The result that comes first now is read as completely as the first one is.
        seen = {(window.first, window.last) for window, _ in first.read}
        rest = [w for w in _chosen(first.excerpt, True, budget) if (w.first, w.last) not in seen]
        _read(reader, question, first, rest)
    # With many results, one gets a high reading by chance and comes first only for that. So the reading
    # of the result that ranking had put first counts as much.
    read = [one.reading for one in (first, ranked) if one.reading is not None]
    return Told(
        [_result(one, rank) for rank, one in enumerate(found, start=1)],
        Signals(first.excerpt.support, sum(read) / len(read) if read else None),
    )


def _read(reader: Reader, question: str, one: _Read, chosen: Sequence[Window]) -> None:
    texts = [one.excerpt.result.excerpt[window.start : window.end] for window in chosen]
    one.read += zip(chosen, reader.read(question, texts), strict=True)


def _chosen(excerpt: Excerpt, whole: bool, budget: Budget) -> list[Window]:
    marked = next(iter(excerpt.result.highlights), Highlight(0, 0))
    number = next(
        (n for n, (start, end) in enumerate(excerpt.sentences) if start <= marked.start < end), 0
    )
    if whole or not excerpt.result.highlights:
        # In a long excerpt, read the sentences that are nearest to its best sentence.
        found = sorted(
            windows(excerpt.sentences), key=lambda w: max(w.first - number, number - w.last)
        )
        return sorted(found[: budget.windows])
    return [around(excerpt.sentences, number, budget.chars)] if excerpt.sentences else []


def _result(one: _Read, rank: int) -> Result:
    result = replace(one.excerpt.result, rank=rank, score=one.score)
    if one.telling is None:
        return result
    window, reading = one.telling
    if reading.score < _NO_ANSWER:
        return result
    start, end = window.start + reading.answer[0], window.start + reading.answer[1]
    start, end = _trimmed(result.excerpt, start, end)
    marked = [s for s in one.excerpt.sentences if s[0] < end and start < s[1]]
    if start >= end or not marked:
        return result
    confidence = round(reading.sure / (1 + math.exp(-reading.score)), 4)
    answer = ShortAnswer(start, end, result.excerpt[start:end], confidence)
    spans = marked[:2]
    if reading.score < _UNSURE and len(spans) == 1:
        # The reader doubts this answer, so the best sentence of the ranking is marked too.
        found = {(mark.start, mark.end) for mark in result.highlights[:1]}
        spans = sorted({*spans, *found})
    highlights = tuple(Highlight(*span) for span in spans)
    return replace(result, answer=answer, highlights=highlights)


_LEFT, _RIGHT = " \t\r\n\u00a0,;:.)]}", " \t\r\n\u00a0,;:.([{"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of an answer without the space and the punctuation around it."""
    while start < end and text[start] in _LEFT:
        start += 1
    while start < end and text[end - 1] in _RIGHT:
        end -= 1
    return start, end
