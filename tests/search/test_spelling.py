"""What a mistyped word may have meant."""

from __future__ import annotations

import pytest

from qa.search.spelling import respelled
from qa.store.files.words import Words, WordsWriter
from qa.text.analysis import Analyzer


def words_of(text: str) -> Words:
    """Return the words of a text as an index keeps them."""
    analyzer, writer = Analyzer("en"), WordsWriter()
    writer.add(text)
    return Words(b"".join(writer.file(analyzer, set(analyzer.terms(text)))))


def offered(word: str, text: str) -> str | None:
    near = respelled(words_of(text), word)
    return near.written if near else None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("referndum", "referendum"),  # a letter left out
        ("refferendum", "referendum"),  # doubled
        ("refernedum", "referendum"),  # swapped
        ("refetendum", "referendum"),  # the key beside it
        ("eferendum", "referendum"),  # the first one left out
        ("erferendum", "referendum"),  # the first two swapped
        ("teferendum", "referendum"),  # the first one the key beside it
        ("rferendmu", "referendum"),  # two mistakes in a long word
        ("lozda", "Lozada"),
        ("cochabmba", "Cochabamba"),
        ("añezz", None),  # folded before it comes here
        ("anezz", "Añez"),
    ],
)
def test_slips(typed: str, meant: str | None) -> None:
    text = "The referendum of Sánchez de Lozada in Cochabamba, and Añez."
    assert offered(typed, text) == meant


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("owl", "own"),  # too short
        ("lamp", "lumpy"),  # two mistakes in a short word
        ("harbours", "harbour"),  # another form
        ("strike", "strikes strikers"),
        ("h4rbour", "harbour"),  # no word
        ("pertain", "certain"),  # another first letter, and no key beside it
        ("solvang", "a harbour with a pier"),
    ],
)
def test_no_slips(typed: str, text: str) -> None:
    assert offered(typed, text) is None


def test_a_word_by_itself_is_no_slip() -> None:
    dictionary = words_of("harbour")
    assert respelled(dictionary, "harbor", common=False) is not None
    assert respelled(dictionary, "harbor", common=True) is None


def test_the_likelier_one() -> None:
    assert offered("formm", "form " + "farmm ") == "form"  # doubled before another vowel
    assert offered("cleen", "clean " * 20 + "queen cleen".split()[0]) == "clean"
    assert offered("boad", "boat " * 2 + "bead " * 50) == "bead"  # frequent, of equal slips
