"""The reader of the package on scripts that it hardly knows."""

from __future__ import annotations

import unicodedata

import pytest

from qa.read import core
from qa.read.onnx import load_reader

KEEPER = "Who kept the lighthouse at Lund?"


@pytest.mark.parametrize("question", ["ใครเป็นผู้นำสหภาพแรงงาน", "ជំរាបសួរ តើអ្នកណាជាមេដឹកនាំ"])
def test_a_question_in_an_unknown_script_is_no_greeting(question: str) -> None:
    assert core(load_reader(), question) == question


@pytest.mark.parametrize("message", ["😀😀😀", "Hi 😀", "?!"])
def test_a_message_without_letters_of_a_question_asks_nothing(message: str) -> None:
    assert core(load_reader(), message) == ""


@pytest.mark.parametrize("name", ["007_9c1fe2.txt", "letters/1902-b.html", "MINUTES_3.PDF"])
@pytest.mark.parametrize(
    "frame",
    ["In the document {name}, {asked}", "According to {name}, {asked}", "From {name}: {asked}",
     "In {name}, {asked}", "{asked} Answer from {name}.", "Look at {name} and tell me: {asked}"],
)  # fmt: skip
def test_the_name_of_a_file_only_frames_a_question(frame: str, name: str) -> None:
    assert core(load_reader(), frame.format(name=name, asked=KEEPER)) == KEEPER


@pytest.mark.parametrize("frame", ["{}???", "({})", '"{}"', "\u201c{}\u201d"])
def test_marks_only_frame_a_question(frame: str) -> None:
    assert core(load_reader(), frame.format(KEEPER)) == KEEPER


@pytest.mark.parametrize(
    ("word", "asks"),
    [("thanks!", ""), ("hello", ""), ("sorry", ""), ("owls", "owls"), ("money", "money")],
)
def test_courtesy_is_no_question_though_the_archive_has_the_word(word: str, asks: str) -> None:
    assert core(load_reader(), word, lambda _: True) == asks


@pytest.mark.parametrize(
    "question",
    ["खनिक कौन हैं?", unicodedata.normalize("NFD", "When did Sánchez de Lozadá leave for Panamá?")],
)
def test_a_word_keeps_its_marks(question: str) -> None:
    spans = load_reader().own_words(question)
    assert spans
    for start, end in spans:
        # No span begins with a mark or ends before one.
        assert unicodedata.category(question[start])[0] != "M"
        assert end == len(question) or unicodedata.category(question[end])[0] != "M"


def test_a_reading_does_not_depend_on_the_windows_around_it() -> None:
    windows = ["The bridge was moved in 1904.", "Owls hunt voles at dusk.", "It rained. " * 30]
    together = load_reader().read("When was the bridge moved?", windows)
    alone = [load_reader().read("When was the bridge moved?", [window])[0] for window in windows]
    assert together == alone
    assert together[0].score > max(reading.score for reading in together[1:])
    assert windows[0][slice(*together[0].answer)] == "1904"


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        ("The ﬁrmware of the ﬂow oﬃce is kept in Lund.", "The firmware of the flow office is kept in Lund."),
        ("Ｔｈｅ　ｆｉｒｍ is in Lund.", "The firm is in Lund."),
        ("The co\u00adoperation of the in\u00adstitute ended in 2019.",
         "The cooperation of the institute ended in 2019."),
    ],
)  # fmt: skip
def test_letters_as_they_are_printed_are_read_as_they_are_typed(printed: str, typed: str) -> None:
    for question in ("Where is the firm or the firmware?", "When did the cooperation end?"):
        [one, other] = load_reader().read(question, [printed, typed])
        assert (one.score, one.sure) == (other.score, other.sure)
        words = [text[slice(*reading.answer)] for text, reading in ((printed, one), (typed, other))]
        assert unicodedata.normalize("NFKC", words[0]).replace("\u00ad", "") == words[1]
