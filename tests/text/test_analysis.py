"""Text to index terms: rival spellings meet, words of no weight go, the rest is stemmed."""

from __future__ import annotations

import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.analysis import LANGUAGES, Analyzer, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Añez", "anez"),
        ("An\u0303ez", "anez"),
        ("POTOSÍ", "potosi"),
        ("workers’", "workers'"),
        ("no\xa0break", "no break"),
        ("ﬁnance", "finance"),
        ("Straße", "strasse"),
        ("ℌall ™", "hall tm"),
        ("ΑΘΗΝΑΙ", "αθηναι"),
        ("中国", "中国"),
    ],
)
def test_rival_spellings_become_one(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == folded.casefold()
    assert not any(unicodedata.combining(char) for char in folded)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The workers worked; a worker works.", ["worker", "work", "worker", "work"]),
        ("Who was it, and why?", []),
        ("Mesa’s government", ["mesa", "govern"]),
        ("The C.O.B. and the COB", ["cob", "cob"]),
        ("don't", ["dont"]),
        ("El-Alto in 1952", ["el", "alto", "1952"]),
        ("8.5% of 700,000", ["8.5", "700000"]),
        ("😀 !? —", []),
        ("\0\ud800 NUL", ["nul"]),
        ("", []),
    ],
)
def test_english_terms(text: str, terms: list[str]) -> None:
    assert Analyzer("en").terms(text) == terms


def test_words_are_told_with_their_terms() -> None:
    assert Analyzer("en").words("The Añez governments") == [
        ("anez", "anez"),
        ("governments", "govern"),
    ]


def test_other_languages() -> None:
    assert Analyzer("es").terms("Los trabajadores del trabajador") == [
        *("los", "trabaj", "del", "trabaj"),
    ]
    # One that is not known is taken as it is written.
    assert Analyzer("xx").terms("The workers") == ["the", "workers"]
    assert {"en", "es", "de", "fr"} <= set(LANGUAGES)
    assert list(LANGUAGES) == sorted(LANGUAGES)
    for language in LANGUAGES:
        assert Analyzer(language).terms("1952") == ["1952"]


@given(st.text())
def test_terms_are_words_of_the_folded_text(text: str) -> None:
    for word, term in Analyzer("en").words(text):
        assert term
        assert "\n" not in term  # terms are kept one a line
        assert word.replace("'", "").replace(".", "").isalnum() or "_" in word or not word.isascii()


@pytest.mark.slow
def test_what_is_asked_does_not_fill_the_memory() -> None:
    analyzer = Analyzer("en")
    analyzer.terms("workers")
    tracemalloc.start()
    for n in range(2000):
        word = f"{n:04d}{'workers' * 200}"
        assert analyzer.terms(word) == [word.removesuffix("ers")]
    for start in range(0x20000, 0x110000, 0x1000):
        fold("".join(map(chr, range(start, start + 0x1000, 16))))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
