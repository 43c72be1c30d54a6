"""Texts from elsewhere as Markdown: what it shows in full is in tests/present/test_chat.py."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.present.markdown import as_text, in_line, line_of, with_bold
from qa.records import Highlight


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs"]), max_size=80))
def test_a_neutral_text_can_be_had_back(text: str) -> None:
    neutral = as_text(text)
    assert html.unescape(neutral) == text
    assert not set(neutral) & set("<>[`*|$\\~")


def test_what_steers_a_terminal_or_turns_writing_is_replaced() -> None:
    assert as_text("a\u202eb\x1b[2Jc") == "a\ufffdb\ufffd&#91;2Jc"


def test_a_text_in_a_line_has_no_line_ends() -> None:
    assert in_line(" one\n two\u2028*three*") == "one two &#42;three&#42;"


@pytest.mark.parametrize(
    ("line", "written"),
    [("- a", "&#45; a"), ("  12. a", "12&#46; a"), ("# a", "&#35; a"), ("a - b", "a - b")],
)
def test_a_line_begins_no_list_and_no_heading(line: str, written: str) -> None:
    assert line_of(line) == written


# By CommonMark's rule of left- and right-flanking delimiter runs.
@pytest.mark.parametrize(
    ("text", "span", "written"),
    [
        ("a 30.", (2, 4), "a **30**."),
        ("a 30.", (1, 5), "a **30.**"),
        ("(30)x", (0, 4), "(30)x"),
        ("x(30)", (1, 5), "x(30)"),
        ("a€30", (2, 4), "a€**30**"),
        ("a€30", (1, 4), "a€30"),
        ("", (0, 0), ""),
    ],
)
def test_a_span_is_bold_where_every_renderer_takes_it(
    text: str, span: tuple[int, int], written: str
) -> None:
    assert with_bold(text, [Highlight(*span)]) == written


def test_spans_that_touch_are_not_both_bold() -> None:
    """Four asterisks in a row are two marks that nobody closes."""
    assert with_bold("one two", [Highlight(0, 3), Highlight(3, 7)]) == "**one** **two**"
    assert with_bold("onetwo", [Highlight(0, 3), Highlight(3, 6)]) == "**one**two"
