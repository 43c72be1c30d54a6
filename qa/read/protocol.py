"""What the rest of the project asks of a reader; the tests bring a small one of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

Span = tuple[int, int]
"""Where something begins and ends in a text, in code points."""


class Reading(NamedTuple):
    """What a reader makes of one window beside a question.

    ``score``: the logit that the window answers; above 0 it rather does. ``answer``: the span of
    the window that would be the answer. ``sure``: the probability of that span against all other
    spans of the window, above 0 and up to 1.
    """

    score: float
    answer: Span
    sure: float


class Known(NamedTuple):
    """Readings of questions whose answer is known, each the best of a text's windows.

    ``reference``: for each reference text, in order, of the questions that it answers and last of
    the near one, which it does not. ``answered`` and ``near``: of questions about paragraphs that
    training kept back, in random order.
    """

    reference: Sequence[Sequence[float]]
    answered: Sequence[float]
    near: Sequence[float]


class Reader(Protocol):
    """One model that reads a question and a text in one input."""

    @property
    def fingerprint(self) -> str:
        """Names the weights: readings of two fingerprints do not compare."""

    @property
    def known(self) -> Known:
        """Readings whose truth is known; they depend on the reader alone, so a build need not read."""

    def read(self, question: str, windows: Sequence[str]) -> list[Reading]:
        """Read the question beside each window; one Reading for each, in order.

        The end of a window that is longer than the model's input is not read.
        """

    def own_words(self, message: str, *, leaning: float = 0.0) -> list[Span]:
        """Return the spans of a message that ask something; what stands around them frames it.

        Empty for a message that asks nothing, such as a greeting. ``leaning``, in logits, is for
        taking a word as asked: with some, only what is surely no question is none.
        """
