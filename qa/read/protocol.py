"""What the rest of the project needs from a reader; the tests have a small one of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

Span = tuple[int, int]
"""Where something begins and ends in a text, in code points."""


class Reading(NamedTuple):
    """The result of reading one window with a question.

    ``score``: the logit that the window answers; above 0 it probably does. ``answer``: the span of
    the window that would be the answer. ``sure``: the probability of that span among all spans of the
    window, above 0 and up to 1.
    """

    score: float
    answer: Span
    sure: float


class Known(NamedTuple):
    """Readings of questions with a known answer; each is the best of a text's windows.

    ``reference``: for each reference text, in order, the readings of the questions that it answers, and
    last the reading of the near one, which it does not answer. ``answered`` and ``near``: readings of
    questions about paragraphs that were held out of training, in random order.
    """

    reference: Sequence[Sequence[float]]
    answered: Sequence[float]
    near: Sequence[float]


class Reader(Protocol):
    """One model that reads a question and a text in one input."""

    @property
    def fingerprint(self) -> str:
        """A name for the weights: readings of two fingerprints cannot be compared."""

    @property
    def known(self) -> Known:
        """Readings with a known answer. They depend only on the reader, so a build need not compute them."""

    def read(self, question: str, windows: Sequence[str]) -> list[Reading]:
        """Read the question with each window; return one Reading for each, in order.

        If a window is longer than the model's input, its end is not read.
        """

    def own_words(self, message: str, *, leaning: float = 0.0) -> list[Span]:
        """Return the spans of a message that ask something; the rest is the frame around them.

        Empty for a message that is no question, such as a greeting. ``leaning``, in logits, favours words
        being part of a question; with a high value only words that certainly are not are left out.
        """
