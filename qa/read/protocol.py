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
    spans of the window, 0 to 1.
    """

    score: float
    answer: Span
    sure: float


class Reader(Protocol):
    """One model that reads a question and a text in one input."""

    @property
    def fingerprint(self) -> str:
        """Names the weights: readings of two fingerprints do not compare."""

    @property
    def reference(self) -> Sequence[Sequence[float]]:
        """Readings of the reference texts, in order: of the questions that each answers, then of the near one.

        They depend on the reader alone, so that a build has them without reading.
        """

    def read(self, question: str, windows: Sequence[str]) -> list[Reading]:
        """Read the question beside each window; one Reading for each, in order.

        The end of a window that is longer than the model's input is not read.
        """

    def own_words(self, message: str) -> list[Span]:
        """Return the spans of a message that ask something; what stands around them frames it.

        Empty for a message that asks nothing, such as a greeting.
        """
