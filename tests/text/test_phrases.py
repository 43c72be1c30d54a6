"""Words in quotation marks: which are meant, and where a text has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.analysis import fold, fold_traced
from qa.text.phrases import Phrases, figure, phrases

ASKS = "Who was it?"


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ('Who said "war is peace"?', ["war is peace"]),
        ("Who said “war is peace,” and when?", ["war is peace"]),
        ("Wer sagte „Krieg ist Frieden“?", ["Krieg ist Frieden"]),
        ("Wer sagte »Krieg« und „Frieden”?", ["Krieg", "Frieden"]),
        ("Qui a dit « la\u00a0paix » ?", ["la\u00a0paix"]),
        ("Vem sade ”krig är fred”?", ["krig är fred"]),
        ("誰が「戦争」と言った", ["戦争"]),
        ('What of "owls", "bees" and "owls"?', ["owls", "bees"]),
        ('Of the "F-16" (the "old" one)', ["F-16", "old"]),
        ('"War is peace": who said it?', ["War is peace"]),
        # These quote nothing.
        ("What was the harbour's crane?", []),
        ('How long is the 5" pipe with a 6" valve?', []),
        ('Who said "war is peace?', []),
        ('What is "…" and "" and "  "?', []),
        ('"Who was it?"', []),
        ("“Who was it”", []),
        ("  « Who was it? » …", []),
        ('Please answer: "Who was it?"', []),
    ],
)
def test_what_is_quoted(message: str, written: list[str]) -> None:
    assert list(phrases(message, ASKS).written) == written


@pytest.mark.parametrize(
    ("quoted", "text", "found"),
    [
        ("acting president", "She was Acting\n  President then.", ["Acting\n  President"]),
        ("flow office", "the \ufb02ow o\ufb03ce of", ["\ufb02ow o\ufb03ce"]),
        ("acting president", "an act\u00ading\u00a0president!", ["act\u00ading\u00a0president"]),
        ("Añez", "Anez, A\u00f1ez and An\u0303ez", ["Anez", "A\u00f1ez", "An\u0303ez"]),
        ("Straße", "STRASSE, Stra\u00dfe", ["STRASSE", "Stra\u00dfe"]),
        ("1250000 men", "with 1,250,000 men", ["1,250,000 men"]),
        ("don't", "they don’t", ["don’t"]),
        ("art", "the party of Bart's start", []),
        ("art is", "is art", []),
        ("a b", "a, b", []),
        ("\U0001f944 spoon", "\U0001f6a2 a \U0001f944  spoon", ["\U0001f944  spoon"]),
    ],
)
def test_where_a_text_has_it(quoted: str, text: str, found: list[str]) -> None:
    one = Phrases((quoted,))
    assert [text[start:end] for start, end in one.places(text)] == found
    assert one.stand_in(text) is bool(found)


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ('"Good Intent with"', ["Good Intent with"]),
        ("“Good Intent” ", ["Good Intent"]),
        ('"Good Intent", "the brig"', ["Good Intent", "the brig"]),
        ('"Who was it?"', []),
    ],
)
def test_marks_around_all_of_a_phrase_quote_it(message: str, written: list[str]) -> None:
    assert list(phrases(message, message, whole_frames=False).written) == written


def test_marks_around_a_phrase_in_a_frame_only_frame_it() -> None:
    assert not phrases('"Tell me about owls"', "owls", whole_frames=False)
    assert not phrases('"Tell me about owls"', "owls")


@pytest.mark.parametrize(
    ("asks", "text", "found"),
    [
        ("1250000", "It cost £1,250,000 in all.", ["1,250,000"]),
        ("£1,250,000?", "1 250 000 kroner", ["1 250 000"]),
        ("66%", "66 % of them, and 66 men", ["66 %"]),
        ("66 %", "in 66% of them; 60%, 166%, 66.5%", ["66%"]),
        ("5%", "8.5% and 2,5% and 15%", []),
        ("8.5%", "8.5% of GDP", ["8.5%"]),
        ("1971?!", "In 1971, or 1971.", ["1971", "1971"]),
        ("1971", "19711 and 21971", []),
    ],
)
def test_a_figure_alone_stands_as_it_is(asks: str, text: str, found: list[str]) -> None:
    one = figure(asks)
    assert one is not None
    assert [text[start:end] for start, end in one.places(text)] == found
    assert one.stand_in(text) is bool(found)


@pytest.mark.parametrize(
    "asks", ["", "?", "%", "in 1971", "F16", "1971 1972", "12-14", "3 km", "½"]
)
def test_no_figure_alone(asks: str) -> None:
    assert figure(asks) is None


def test_all_of_them_must_stand() -> None:
    both = Phrases(("owls", "bees"))
    assert both.stand_in("Bees, and owls.")
    assert not both.stand_in("Owls alone.")
    assert both.places("Bees, and owls.") == [(0, 4), (10, 14)]


@given(
    st.text(
        st.sampled_from(
            "aZ é\u0301\u00df\ufb01\u00ad½²'’-–.0,189 FU\u0130\u1e9e\u03c2\uac00\u1100\u1161ｱﾞ\U0001d504"
        ),
        max_size=40,
    )
)
def test_every_folded_character_has_its_origin(text: str) -> None:
    plain, origins = fold_traced(text)
    assert plain == fold(text)
    assert len(origins) == len(plain)
    assert origins == sorted(origins)
    assert all(0 <= at < len(text) for at in origins)
