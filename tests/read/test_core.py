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


class Doubtful(FakeReader):
    """Finds nothing of its own in a message, but for the words that it was given."""

    def __init__(self, own: str = "") -> None:
        super().__init__()
        self.own = own

    def own_words(self, message: str, *, leaning: float = 0.0) -> list[Span]:
        at = message.find(self.own) if self.own else -1
        return [(at, at + len(self.own))] if at >= 0 else []


PASTED = "The committee met in the shed and left. " * 9


def test_a_long_message_in_which_nothing_seems_to_ask_asks_where_its_question_mark_is() -> None:
    message = f"{PASTED}Who came? {PASTED}When does it open? Thanks."
    assert core(Doubtful(), message) == "When does it open?"
    assert core(Doubtful(), PASTED) == PASTED.strip()
    assert core(Doubtful(), "Is it?") == ""


def test_within_a_pasted_text_a_question_is_taken_to_its_mark() -> None:
    reader = Doubtful("When does it")
    assert core(reader, f"{PASTED}When does it open? Thanks.") == "When does it open?"
    assert core(reader, f"{PASTED}When does it. Why? Thanks.") == "When does it"
    assert core(reader, "When does it open? Thanks.") == "When does it"
