"""What people are shown of an answer: the choice of words and of quotes that all faces share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.present.shown import (
    MOST_AROUND,
    lead,
    note_lines,
    pieces,
    quoted,
    shown,
    verdict_line,
    words_of,
)
from qa.records import Highlight, Note, ShortAnswer
from tests.answers import OWLS, answer, cited, marked


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("answered", "The archive says:"),
     ("unsure", "Closest passages; they may not answer this:"),
     ("not_found", "The archive does not seem to answer this.")],
)  # fmt: skip
def test_only_an_answer_is_said_to_be_one(verdict: str, words: str) -> None:
    assert verdict_line(answer(cited(1, OWLS), verdict=verdict)) == words


def test_nothing_is_said_to_be_nothing_and_why() -> None:
    nothing = answer(verdict="not_found")
    assert verdict_line(nothing) == "The archive has nothing on this."
    assert verdict_line(nothing, filtered=True) == "Nothing found within these filters."
    hello = answer(verdict="not_found", notes=(Note("greeting", "Hello."),))
    assert verdict_line(hello) is None
    assert note_lines(hello, searched_shown=True) == ["Hello."]


def test_the_short_answer_stands_in_its_sentence() -> None:
    short = lead(answer(marked(1), cited(2, OWLS)))
    assert short is not None
    assert (short.before, short.words, short.after) == (
        "In 2019 they counted ", "30", " owls at dusk.",
    )  # fmt: skip
    assert short.around == (short.before, short.after)
    assert short.result.rank == 1


def test_words_that_no_sentence_holds_stand_alone_and_across_two_in_both() -> None:
    alone = cited(1, OWLS, short=ShortAnswer(0, 4, "Owls", 0.9), highlights=(Highlight(19, 55),))
    short = lead(answer(alone))
    assert short and (short.before, short.words, short.after) == ("", "Owls", "")
    both = (Highlight(0, 18), Highlight(19, 56))
    across = cited(1, OWLS, short=ShortAnswer(14, 26, OWLS[14:26], 0.9), highlights=both)
    short = lead(answer(across))
    assert short and short.before + short.words + short.after == OWLS[:56]


@pytest.mark.parametrize("verdict", ["unsure", "not_found"])
def test_in_doubt_nothing_is_put_first(verdict: str) -> None:
    found = answer(marked(1), verdict=verdict)
    assert lead(found) is None
    assert words_of(found, found.results[0]) is None


def test_without_words_that_answer_nothing_is_put_first() -> None:
    assert lead(answer(cited(1, OWLS, highlights=(Highlight(0, 18),)), marked(2))) is None
    assert lead(answer()) is None


@given(st.integers(0, 90), st.integers(0, 90), st.sampled_from(["owl ", "猫头鹰", "😀 "]))
def test_a_long_sentence_is_cut_around_the_words_that_answer(
    before: int, after: int, filler: str
) -> None:
    excerpt = f"{filler * before}30 {filler * after}."
    short = lead(answer(marked(1, excerpt, excerpt)))
    assert short is not None
    assert f"{short.before}{short.words}{short.after}" in excerpt
    assert max(len(short.before), len(short.after)) <= MOST_AROUND
    assert short.words == "30"
    assert short.cut_before == (len(filler * before) > MOST_AROUND)
    assert short.cut_before == short.around[0].startswith("… ")
    assert short.cut_after == short.around[1].endswith(" …")
    if filler == "owl " and short.cut_before:  # no word is cut in two
        assert short.before.startswith("owl ")


def test_only_the_nearest_two_are_quoted_where_nothing_answers() -> None:
    results = [cited(n, OWLS) for n in (1, 2, 3)]
    assert list(shown(answer(*results, verdict="not_found"))) == results[:2]
    for verdict in ("answered", "unsure"):
        assert list(shown(answer(*results, verdict=verdict))) == results


def test_a_chat_quotes_what_is_near_to_the_first() -> None:
    scores = (0.5, 0.31, 0.29, 0.3)
    results = [replace(cited(n, OWLS), score=score) for n, score in enumerate(scores, start=1)]
    for verdict in ("answered", "unsure"):
        found = quoted(answer(*results, verdict=verdict))
        assert [one.score for one in found] == [0.5, 0.31, 0.3]
    found = quoted(answer(*results[:1], *results[3:], *results[1:2], verdict="not_found"))
    assert [one.score for one in found] == [0.5, 0.3]
    weak = [replace(one, score=-one.score) for one in results]
    assert [one.score for one in quoted(answer(*weak))][:1] == [-0.5]
    assert list(quoted(answer())) == []


def test_that_a_question_was_shortened_is_not_told_twice() -> None:
    note = Note("question_shortened", "Searched without: please tell me")
    longer = answer(cited(1, OWLS), searched="owls", notes=(note,))
    assert note_lines(longer, searched_shown=True) == []
    assert note_lines(longer, searched_shown=False) == [note.message]
    assert note_lines(answer(notes=(note,)), searched_shown=True) == [note.message]


def test_a_note_is_a_line_and_names_what_it_suggests_once() -> None:
    asked = {"suggestion": "How many owls?", "word": "owlz", "spelling": "owls"}
    notes = (
        Note("did_you_mean", "Did you mean “How many owls?”", asked),
        Note("did_you_mean", "“owlz” may be “owls”:", asked),
        Note("a_code_of_tomorrow", "Two\nlines."),
    )
    assert note_lines(answer(notes=notes), searched_shown=True) == [
        "Did you mean “How many owls?”",
        "“owlz” may be “owls”: How many owls?",
        "Two lines.",
    ]


@given(
    st.text(max_size=20),
    st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), max_size=3),
    st.none() | st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_pieces_are_the_excerpt_however_its_marks_lie(
    excerpt: str, spans: list[tuple[int, int]], words: tuple[int, int] | None
) -> None:
    short = (
        ShortAnswer(min(words), max(words), excerpt[min(words) : max(words)], 0.9)
        if words
        else None
    )
    cut = list(pieces(excerpt, [Highlight(min(s), max(s)) for s in spans], short))
    assert "".join(text for text, _ in cut) == excerpt
    if short:
        assert "".join(text for text, mark in cut if mark == "answer") == short.text


def test_pieces_tell_the_words_from_their_sentence() -> None:
    found = marked(1)
    assert list(pieces(OWLS, found.highlights, found.answer)) == [
        ("Owls sleep by day. ", "plain"),
        ("In 2019 they counted ", "sentence"),
        ("30", "answer"),
        (" owls at dusk.", "sentence"),
        (" Nobody knows why.", "plain"),
    ]
