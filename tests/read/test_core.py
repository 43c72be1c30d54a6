"""What is read of a message: its own words, and of earlier ones no more than a question may have."""

from __future__ import annotations

import pytest

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


class Framed(FakeReader):
    """Leaves out what stands before the last colon; of file names it knows only plain ones."""

    def own_words(self, message: str, *, leaning: float = 0.0) -> list[Span]:
        self.seen = message
        start = message.rfind(": ") + 2 if ": " in message else 0
        end = len(message.rstrip("?"))
        return [(start, end)]


@pytest.mark.parametrize(
    ("message", "seen", "asks"),
    [
        ("In 004_42.txt: who came?", "In report.txt: who came?", "who came?"),
        ("In a/b-1.html and 7.pdf: who?", "In report.txt and report.txt: who?", "who?"),
        ("In 004_42.txt: who wrote 7.txt and why?", "In report.txt: who wrote report.txt and why?",
         "who wrote 7.txt and why?"),
        ("Notes: who wrote 7.txt?", "Notes: who wrote report.txt?", "who wrote 7.txt?"),
        # No names of files.
        ("Version: is it 3.5.2?", "Version: is it 3.5.2?", "is it 3.5.2?"),
        ("Note: what is notes.txt?", "Note: what is notes.txt?", "what is notes.txt?"),
        ("Say: is it 24/7 or U.S.A.?", "Say: is it 24/7 or U.S.A.?", "is it 24/7 or U.S.A.?"),
        # Several marks, quotation marks and brackets around all.
        ("who came???", "who came???", "who came?"),
        ("who came", "who came", "who came"),
        ('Say: "who came?', 'Say: "who came?', "who came?"),
        ("(who (of them) came)", "(who (of them) came)", "(who (of them) came)"),
        ("(who came)", "(who came)", "who came"),
    ],
)  # fmt: skip
def test_names_of_files_and_marks_around_a_question(message: str, seen: str, asks: str) -> None:
    reader = Framed()
    assert core(reader, message) == asks
    assert reader.seen == seen


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
