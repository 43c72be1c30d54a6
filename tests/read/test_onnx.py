"""The reader of the package on scripts that it hardly knows."""

from __future__ import annotations

import unicodedata

import pytest

from qa.read import core
from qa.read.onnx import load_reader


@pytest.mark.parametrize("question", ["ใครเป็นผู้นำสหภาพแรงงาน", "ជំរាបសួរ តើអ្នកណាជាមេដឹកនាំ"])
def test_a_question_in_an_unknown_script_is_no_greeting(question: str) -> None:
    assert core(load_reader(), question) == question


@pytest.mark.parametrize("message", ["😀😀😀", "Hi 😀", "?!"])
def test_a_message_without_letters_of_a_question_asks_nothing(message: str) -> None:
    assert core(load_reader(), message) == ""


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
