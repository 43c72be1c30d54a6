"""What is read of a message: its own words, and of earlier ones no more than a question may have."""

from __future__ import annotations

from qa.read import Span, core, cores
from tests.reader import FakeReader


class Counting(FakeReader):
    """Remembers which messages it was given."""

    def __init__(self) -> None:
        super().__init__(frames=("Please: ",))
        self.given: list[str] = []

    def own_words(self, message: str, *, leaning: float = 0.0) -> list[Span]:
        self.given.append(message)
        return super().own_words(message, leaning=leaning)


def test_earlier_messages_without_their_frames() -> None:
    earlier = ["Please: who was Ada?", "Please: "]
    assert cores(Counting(), earlier) == ["who was Ada?", "Please: "]
    assert cores(None, earlier) == ["Please: who was Ada?", "Please:"]
    assert core(None, "  Who?  ") == "Who?"


def test_of_long_earlier_messages_the_latest_are_read() -> None:
    reader = Counting()
    long = f"Please: {'word ' * 350}"
    earlier = [*[f"{long}{n}" for n in range(20)], "Please: who was Ada?"]
    found = cores(reader, earlier)
    assert found[:-2] == earlier[:-2]
    assert found[-2:] == [f"{'word ' * 350}19", "who was Ada?"]
    assert sum(map(len, reader.given)) <= 2000
