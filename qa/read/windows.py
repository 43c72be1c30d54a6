"""The windows of an excerpt that a reader reads: whole sentences, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qa.read.protocol import Reader, Span

WINDOW_CHARS = 420
"""The most characters in a window of several sentences; the same as in training."""


class Window(NamedTuple):
    """A run of sentences: numbers ``first`` to ``last``, characters ``start`` to ``end`` of the excerpt."""

    first: int
    last: int
    start: int
    end: int


def windows(sentences: Sequence[Span], most: int = WINDOW_CHARS) -> list[Window]:
    """Return windows of about equal length that together have every sentence once, in order.

    ``sentences`` are spans in order. A sentence is never cut.
    """
    if not sentences:
        return []
    length = sentences[-1][1] - sentences[0][0]
    count = max(1, -(-length // most))
    each = length / count
    found: list[Window] = []
    first = 0
    for number, (start, end) in enumerate(sentences):
        begins = sentences[first][0]
        if number > first and (
            end - begins > most or start - sentences[0][0] >= each * (len(found) + 1)
        ):
            found.append(_window(sentences, first, number - 1))
            first = number
    found.append(_window(sentences, first, len(sentences) - 1))
    return found


def best_reading(
    reader: Reader, question: str, text: str, sentences: Sequence[Span]
) -> float | None:
    """Return the best score of a text's windows; None for a text without sentences."""
    told = [text[window.start : window.end] for window in windows(sentences)]
    return max((reading.score for reading in reader.read(question, told)), default=None)


def around(sentences: Sequence[Span], number: int, most: int) -> Window:
    """Return the window of one sentence with the next one and the one before, if there is room."""
    first = last = number
    if last + 1 < len(sentences) and sentences[last + 1][1] - sentences[first][0] <= most:
        last += 1
    if first and sentences[last][1] - sentences[first - 1][0] <= most:
        first -= 1
    return _window(sentences, first, last)


def _window(sentences: Sequence[Span], first: int, last: int) -> Window:
    return Window(first, last, sentences[first][0], sentences[last][1])
