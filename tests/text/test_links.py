"""Addresses that open a page at its words, and addresses of one page."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.links import at_words, same_page


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Otters row free.", "Otters%20row%20free."),
        ("half-hearted, they & we", "half%2Dhearted%2C%20they%20%26%20we"),
        ("  spaced \t out\u00a0text ", "spaced%20out%20text"),
        ("Größe ist 5 #1", "Gr%C3%B6%C3%9Fe%20ist%205%20%231"),
        # Beyond twelve words, the first five and the last five.
        ("a b c d e f g h i j k l", "a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k%20l"),
        ("a b c d e f g h i j k l m", "a%20b%20c%20d%20e,i%20j%20k%20l%20m"),
        # A page has its lines in elements of their own, which one stretch of words cannot span.
        ("Fees\n\nBoats pay ten.", "Fees,Boats%20pay%20ten."),
        (
            "one two\nthree\nfour five six seven eight nine",
            "one%20two,five%20six%20seven%20eight%20nine",
        ),
        ("Skiff | 2", "Skiff,2"),
        # What Markdown shows is without its marks.
        ("## Fees", "Fees"),
        ("- **Boats** pay [ten](https://example.org/x).", "Boats%20pay%20ten."),
        (
            "> `code` and _stress_ but snake_case * 2",
            "code%20and%20stress%20but%20snake_case%20%2A%202",
        ),
    ],
)
def test_text_fragments(words: str, text: str) -> None:
    assert at_words("https://example.org/a", words) == f"https://example.org/a#:~:text={text}"


def test_the_rest_of_an_address_stays() -> None:
    assert (
        at_words("https://example.org/a?b=c#d", "x y") == "https://example.org/a?b=c#d:~:text=x%20y"
    )
    assert at_words("https://example.org/#:~:text=old", "new") == "https://example.org/#:~:text=new"
    assert (
        at_words("https://example.org/#d:~:text=old", "new") == "https://example.org/#d:~:text=new"
    )
    for nothing in ("", " \n", "---", "* * *"):
        assert at_words("https://example.org/#d", nothing) == "https://example.org/#d"


@given(st.text(max_size=200))
def test_any_words_make_an_address_in_ascii(words: str) -> None:
    address = at_words("https://example.org/", words)
    assert address.isascii() and not set(address) & set(' \n"<>')
    if address != "https://example.org/":
        _, _, text = address.partition("#:~:text=")
        assert text.count(",") <= 1 and "-" not in text and "&" not in text
        for part in text.split(","):
            assert unquote(part).strip() == unquote(part) != ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://example.org/a", "http://www.example.org/a/", True),
        ("https://example.org/a#x", "https://EXAMPLE.org/a?utm_source=y&utm_medium=z", True),
        ("https://example.org/a?id=1", "https://example.org/a?utm_source=y&id=1", True),
        ("https://example.org/", "https://example.org", True),
        ("https://example.org/a?id=1&fbclid=x&b=2", "https://example.org/a?id=1&b=2", True),
        ("https://example.org/a?id=1", "https://example.org/a?id=2", False),
        ("https://example.org/a?notgclid=7", "https://example.org/a?notgclid=8", False),
        ("https://example.org/a", "https://example.org/A", False),
        ("https://example.org/a", "https://example.com/a", False),
        ("http://[", "http://[", True),
    ],
)
def test_addresses_of_one_page(one: str, other: str, same: bool) -> None:
    assert (same_page(one) == same_page(other)) is same
