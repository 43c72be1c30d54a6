"""Page furniture: told by what its lines say, by their company, and by standing twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.furniture import is_certain, is_possible, mark_furniture

_STORY = (
    "The furnace of the glass works ran for ninety years without a day of rest, and the whole "
    "valley set its clocks by the whistle."
)


@pytest.mark.parametrize(
    "line",
    [
        "Page 1 of 4",
        "Página 2 de 7",
        "page 3/9",
        "Next page »",
        "← Older posts",
        "Next »",
        "1 2 3 4",
        "1 2 3 … 12 Next »",
        "4 5 6 next",
        "Close this search box.",
        "Open menu",
        "Skip to main content",
        "Back to top",
        "Search for:",
        "Search this site",
        "Share this Article",
        "Share on Facebook",
        "Tweet this",
        "Email this article to a friend",
        "Print this page",
        "Click to share on Telegram",
        "Follow us on Twitter and Mastodon",
        "Join us on Telegram",
        "Sign up for our newsletter",
        "Log in",
        "Copy link",
        "Opens in new window",
        "You should also read",
        "Related articles",
        "Read more...",
        "Continue reading →",
        "Most popular",
        "Leave a comment",
        "12 comments",
        "Comments are closed.",
        "Posted in News, Bolivia",
        "Tags: mining, unions",
        "Privacy Policy",
        "Terms of use",
        "All rights reserved.",
        "Accept all cookies",
        "This site uses cookies to improve your experience.",
        "Advertisement",
        "© The Vellmar Gazette",
        "Copyright 2019 The Vellmar Gazette",
        "Copyright © 2019",
        "(c) 2019 The Vellmar Gazette",
        "5 minute read",
        "Reading time: 7 minutes",
        "* * *",
        "———",
        "•",
    ],
)
def test_sayings_of_an_interface(line: str) -> None:
    assert is_certain(line)
    assert is_certain(f"  {line}\xa0")


@pytest.mark.parametrize(
    "line",
    [
        # Headings, headlines and items of a list that begin like furniture.
        "Search for survivors continues",
        "Search and rescue",
        "Copyright law in Bolivia",
        "(c) the name of the applicant",
        "(c) a map at a scale of 1:2019",
        "Print on demand",
        "Like with like",
        "Join us in the struggle for bread",
        "Reading time is precious",
        "Page by page",
        "Next year in Cochabamba",
        "Older people",
        "The next article of the constitution",
        "More than a commentary",
        "Shared property",
        "Readers",
        "Comment on the ruling",
        "No comment.",
        # What a manual tells its reader to do.
        "Open the menu.",
        "• Close the dialog.",
        "Print the page.",
        "Hide the navigation with Ctrl+H.",
        # Figures.
        "1914 1915 1916",
        "12 14 16",
        "2",
        "3.14",
        "Is 4 > 3?",
        _STORY,
    ],
)
def test_sayings_of_a_text(line: str) -> None:
    assert not is_certain(line)
    assert not is_possible(line)


@pytest.mark.parametrize("line", ["Search", "Print", "Contents", "Home", "E-mail", "Home | News"])
def test_words_that_may_be_either(line: str) -> None:
    assert is_possible(line)
    assert not is_certain(line)


def marked(page: str) -> list[str]:
    """Return the lines of a page that are furniture."""
    lines = [line for line in page.splitlines() if line.strip()]
    return [line for line, is_marked in zip(lines, mark_furniture(lines), strict=True) if is_marked]


def test_a_stray_word_is_furniture_where_it_heads_nothing() -> None:
    assert marked(f"Search\n\n{_STORY}") == ["Search"]
    assert marked(f"{_STORY}\n\nPrint") == ["Print"]
    assert marked(f"{_STORY}\n\nContent\n\nYou should also read") == [
        "Content",
        "You should also read",
    ]


def test_a_word_of_an_interface_may_be_a_heading() -> None:
    search = "Type words into the search field of the catalogue. All of them are looked for."
    assert marked(f"Search\n\n{search}") == []
    archive = "The archive holds the papers of the dockers' union, from 1872 until its end."
    assert marked(f"{_STORY}\n\nArchive\n\n{archive}") == []


def test_a_first_line_is_not_beside_the_last_one() -> None:
    search = "Type words into the search field of the catalogue. All of them are looked for."
    assert marked(f"Search\n\n{search}\n\nPage 1 of 4") == ["Page 1 of 4"]


def test_a_text_between_two_bars_is_none_of_their_buttons() -> None:
    block = f"Home\n{_STORY}\nWorld\nCulture"
    assert _STORY not in marked(f"{block}\n\n{_STORY}\n\n{block}")


def test_a_word_beside_furniture_is_furniture() -> None:
    search = "Type words into the search field of the catalogue. All of them are looked for."
    assert marked(f"Page 1 of 4\nSearch\n\n{search}") == ["Page 1 of 4", "Search"]
    follows = "Search\nClose this search box."
    assert marked(f"{search}\n\n{follows}\n\n{search}") == follows.split("\n")


def test_a_menu_is_a_run_of_short_lines() -> None:
    menu = "Home\nNews\nPolitics\nWorld\nContact"
    assert marked(f"{menu}\n\n{_STORY}") == menu.split()
    # Its unknown words at the borders may be a title and stay.
    assert marked(f"The Glass Works\n{menu}\nOur Furnace\n\n{_STORY}") == menu.split()


def test_a_bar_that_stands_twice_is_furniture() -> None:
    bar = "World\nCulture\nSport\nHome\nOpinion"
    assert marked(f"{bar}\n\n{_STORY}\n\n{bar}") == bar.split() * 2
    # Alone, one word of an interface among five decides nothing for the others.
    assert marked(f"{bar}\n\n{_STORY}") == ["Home"]


@pytest.mark.parametrize(
    "twice",
    [
        "Ring the bell\nRing it long\nRing for the miners\nRing for bread",  # a refrain
        "Monday 9–17\nTuesday 9–17\nWednesday 9–17\nThursday 9–12",  # two branches of a library
        "Name\nAge\nTown\nTrade",  # a form
    ],
)
def test_what_else_stands_twice_is_text(twice: str) -> None:
    assert marked(f"{twice}\n\n{_STORY}\n\n{twice}") == []


def test_equal_entries_of_a_list_are_text() -> None:
    assert marked("\n".join(["yes", "no", "yes", "no"] * 4)) == []


_LINES = st.lists(
    st.sampled_from(
        ["Search", "Home", "Share this", "A title", _STORY, "x", "1 2 3", "World", "ok"]
    )
    | st.text(st.characters(exclude_characters="\r\n"), min_size=1).filter(
        lambda line: line.strip()
    ),
    max_size=20,
)


@given(_LINES)
def test_every_line_gets_an_answer_and_certain_ones_are_furniture(lines: list[str]) -> None:
    marks = mark_furniture(lines)
    assert len(marks) == len(lines)
    for line, mark in zip(lines, marks, strict=True):
        assert mark or not is_certain(line.strip())
        assert not (mark and len(line.strip()) > 400)


def test_a_list_of_shops_is_none_of_buttons() -> None:
    shops = (
        "Search and rescue\nPrint shop\nVideo library\nNews stand\nRadio club\nHome for the aged"
    )
    assert marked(f"Where to find what\n\n{_STORY}\n\n{shops}") == []
    for line in ("Print shop", "News archive", "Video gallery", "Contact print", "Mail link"):
        assert not is_possible(line)
    for line in ("Facebook Twitter", "Home News Contact", "Previous Next", "Print | E-mail"):
        assert is_possible(line)


def test_a_heading_between_rules_is_text() -> None:
    page = f"==========\nHistory\n==========\n\n{_STORY}\n\nRelease 2.1\n----------\n\n{_STORY}"
    assert marked(page) == ["==========", "==========", "----------"]
