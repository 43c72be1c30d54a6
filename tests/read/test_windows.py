"""Windows: every sentence once, none cut, none too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.read import windows
from qa.read.windows import around


@st.composite
def sentence_lists(draw: st.DrawFn) -> list[tuple[int, int]]:
    spans, at = [], draw(st.integers(0, 5))
    for length in draw(st.lists(st.integers(1, 500), max_size=25)):
        spans.append((at, at + length))
        at += length + draw(st.integers(0, 3))
    return spans


@given(sentence_lists(), st.integers(50, 500))
def test_windows_hold_every_sentence_once_and_in_order(
    spans: list[tuple[int, int]], most: int
) -> None:
    found = windows(spans, most)
    numbers = [n for window in found for n in range(window.first, window.last + 1)]
    assert numbers == list(range(len(spans)))
    for window in found:
        assert (window.start, window.end) == (spans[window.first][0], spans[window.last][1])
        assert window.end - window.start <= most or window.first == window.last


def test_windows_of_one_text_are_about_equally_long() -> None:
    spans = [(n * 100, n * 100 + 99) for n in range(10)]
    assert [(w.first, w.last) for w in windows(spans, 420)] == [(0, 3), (4, 6), (7, 9)]
    assert [(w.first, w.last) for w in windows(spans, 2000)] == [(0, 9)]


@pytest.mark.slow
@given(sentence_lists().filter(bool), st.data())
def test_a_sentence_is_read_with_its_neighbours_while_there_is_room(
    spans: list[tuple[int, int]], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(spans) - 1))
    window = around(spans, number, 300)
    assert window.first <= number <= window.last <= window.first + 2
    assert window.end - window.start <= 300 or window.first == window.last == number
