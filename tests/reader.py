"""A reader without weights: a window answers when it holds all words of the question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.encode.model import reference_texts
from qa.read import Known, Reading, Span


class FakeReader:
    """Implements ``qa.read.Reader``. ``seen`` holds every question and window that was read."""

    fingerprint = "fake-reader"

    def __init__(self, frames: Sequence[str] = ()) -> None:
        self.frames = frames
        self.seen: list[tuple[str, str]] = []

    @property
    def known(self) -> Known:
        return Known([[3.0, 2.0, -2.0] for _ in reference_texts()], [3.5, 2.5], [-3.0, -1.0])

    def read(self, question: str, windows: Sequence[str]) -> list[Reading]:
        self.seen += [(question, window) for window in windows]
        return [self._one(question, window) for window in windows]

    def own_words(self, message: str, *, leaning: float = 0.0) -> list[Span]:
        start, end = 0, len(message)
        for frame in self.frames:
            if message.startswith(frame):
                start = len(frame)
            if message.endswith(frame):
                end = len(message) - len(frame)
        return [(start, end)] if message[start:end].strip() else []

    @staticmethod
    def _one(question: str, window: str) -> Reading:
        asked = set(re.findall(r"\w{4,}", question.lower()))
        held = [m for m in re.finditer(r"\w+", window) if m.group().lower() in asked]
        share = len({m.group().lower() for m in held}) / max(1, len(asked))
        last = held[-1].end() if held else 0
        after = re.compile(r"\w+").search(window, last)
        answer = after.span() if after else (0, len(window))
        return Reading(8 * share - 4, answer, 0.5)
