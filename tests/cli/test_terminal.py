"""An answer in a terminal; what a build and the other commands print is in tests/cli/test_commands.py."""

from __future__ import annotations

import re

import click
import pytest

from qa.cli import terminal
from qa.records import Answer, Highlight, Note, ShortAnswer
from tests.answers import OWLS, answer, cited, marked

BASE = "http://localhost:8000"
STRONG = r"\x1b\[33m\x1b\[1m\x1b\[4m(.*?)\x1b\[0m"  # yellow, bold and underlined

Capture = pytest.CaptureFixture[str]


def printed(found: Answer, capsys: Capture, *, colour: bool = False, filtered: bool = False) -> str:
    terminal.show_answer(found, BASE, colour=colour, filtered=filtered)
    return capsys.readouterr().out


def test_the_short_answer_comes_before_the_quotes(capsys: Capture) -> None:
    out = printed(answer(marked(1), cited(2, "Nothing here.")), capsys)
    verdict, short, first, second = out.split("\n\n")
    assert verdict == "The archive says:"
    assert short == "“In 2019 they counted 30 owls at dusk.” [1]"
    assert first.startswith(f"1. {OWLS}\n") and second.startswith("2. Nothing here.\n")
    assert "\x1b" not in out


def test_the_words_stand_out_of_their_sentence(capsys: Capture) -> None:
    out = printed(answer(marked(1)), capsys, colour=True)
    assert re.findall(STRONG, out) == ["30", "30"]
    assert "\x1b[33mIn 2019 they counted \x1b[0m" in out
    assert f"1. {OWLS}" in click.unstyle(out)


@pytest.mark.parametrize("verdict", ["unsure", "not_found"])
def test_in_doubt_no_words_stand_out(verdict: str, capsys: Capture) -> None:
    out = printed(answer(marked(1), verdict=verdict), capsys, colour=True)
    assert re.findall(STRONG, out) == []
    assert "“In 2019" not in out


def test_where_nothing_seems_to_answer_two_quotes_are_printed(capsys: Capture) -> None:
    found = answer(*(cited(n, f"Quote {n}.") for n in range(1, 6)), verdict="not_found")
    out = printed(found, capsys)
    assert out.startswith("The archive does not seem to answer this.\n\n1. Quote 1.\n")
    assert "\n\n2. Quote 2.\n" in out and "Quote 3" not in out
    assert out.endswith("\n\n3 more passages with --json.\n")


def test_notes_are_dim_lines_under_the_verdict(capsys: Capture) -> None:
    notes = (
        Note("other_language", "The documents are in English."),
        Note("did_you_mean", "Did you mean:", {"suggestion": "owls\x1b[2J?"}),
    )
    found = answer(cited(1, OWLS), verdict="unsure", notes=notes)
    head, *_ = printed(found, capsys).split("\n\n")
    assert head.splitlines() == [
        "Closest passages; they may not answer this:",
        "The documents are in English.",
        "Did you mean: owls\ufffd[2J?",
    ]
    assert "\x1b[2mThe documents are in English.\x1b[0m" in printed(found, capsys, colour=True)


def test_nothing_found_is_said_with_and_without_filters(capsys: Capture) -> None:
    nothing = answer(verdict="not_found", notes=(Note("filtered_out", "The filters hide all."),))
    assert printed(nothing, capsys) == "The archive has nothing on this.\nThe filters hide all.\n"
    assert printed(nothing, capsys, filtered=True).startswith("Nothing found within these filters.")


def test_a_greeting_gets_a_word_and_nothing_else(capsys: Capture) -> None:
    hello = Note("greeting", "Hello. Ask a question about the documents.")
    out = printed(answer(verdict="not_found", notes=(hello,)), capsys)
    assert out == "Hello. Ask a question about the documents.\n"


def test_a_document_cannot_steer_the_terminal_from_its_short_answer(capsys: Capture) -> None:
    words = "\x1b]0;owned\x07 \u202e30"
    text = f"They counted \x9b2J{words}\r\nowls."
    found = marked(1, text, sentence=text, words=words)
    out = printed(answer(found), capsys)
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e", "\r"}
    assert out.count("30") == 2


def test_a_sentence_without_words_that_answer_is_bold() -> None:
    excerpt = "One. Two. Three."
    whole = terminal._marked(excerpt, [Highlight(5, 9)], None)
    assert click.unstyle(whole) == excerpt
    assert re.findall("\x1b\\[1m(.*?)\x1b", whole) == ["Two."]
    light = terminal._marked(excerpt, [Highlight(5, 9)], ShortAnswer(5, 8, "Two", 0.9))
    assert click.unstyle(light) == excerpt
    assert re.findall(STRONG, light) == ["Two"]
