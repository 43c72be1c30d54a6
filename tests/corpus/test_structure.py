"""The blocks of plain texts: as a person sees them on pages, and laws on any text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.formats.plain import find_blocks
from qa.corpus.readers import read_document
from qa.records import Block
from tests.corpus.pages import Page, page, pages


def seen(text: str) -> list[tuple[str, str]]:
    """Return (kind, text) of each block."""
    return [(block.kind, text[block.start : block.end]) for block in find_blocks(text)]


@pytest.mark.parametrize("example", [p for _, p in pages()], ids=[name for name, _ in pages()])
def test_pages_are_read_as_a_person_reads_them(example: Page) -> None:
    assert seen(example.text) == example.blocks


def test_surrounding_space_belongs_to_no_block() -> None:
    text = "\n \t\n  A title \n\n\xa0 Some words, and then a full stop.\u2003\r\n\r\n \n"
    assert seen(text) == [("title", "A title"), ("paragraph", "Some words, and then a full stop.")]


@pytest.mark.parametrize("text", ["", " \n\t\r\n", "\ufeff \n", "***\n\n———\n"])
def test_a_page_without_words_has_no_text(text: str) -> None:
    assert all(kind == "furniture" for kind, _ in seen(text))


def test_a_title_alone_is_a_paragraph() -> None:
    # It heads nothing; it can still be found.
    assert seen("The flood of 1931") == [("paragraph", "The flood of 1931")]


def test_a_line_that_ends_a_sentence_is_no_heading() -> None:
    body = "The river rose in the night, and by morning the market stood under water."
    for line in ("He went home.", "It rose:", "“The flood”", "and then it rose", "Rain, rain,"):
        assert seen(f"{line}\n\n{body}")[0] == ("paragraph", line)
    for line in ("He went home", "How high?", "The flood (1931)"):
        assert seen(f"{line}\n\n{body}")[0] == ("title", line)
    # The number says that it is one of several.
    for line in ("II. The flood", "1.2 The flood"):
        assert seen(f"{line}\n\n{body}")[0] == ("heading", line)


def test_a_long_line_is_no_heading() -> None:
    body = "The river rose in the night, and by morning the market stood under water."
    assert seen(f"{'One ' * 14}\n\n{body}")[0][0] == "title"
    assert seen(f"{'One ' * 15}\n\n{body}")[0][0] == "paragraph"
    assert seen(f"A{'a' * 99}\n\n{body}")[0][0] == "title"
    assert seen(f"A{'a' * 100}\n\n{body}")[0][0] == "paragraph"


def test_a_signature_or_a_date_before_the_share_bar_is_text() -> None:
    text = (
        "The flood\n\nThe river rose in the night, and by morning the market stood under water.\n\n"
        "23 Nov 2019\nThe editors\n\nShare this article\nFacebook\nTwitter\n"
    )
    furniture = [words for kind, words in seen(text) if kind == "furniture"]
    assert furniture == ["Share this article", "Facebook", "Twitter"]
    published = read_document("flood.txt", text.encode()).published
    assert published and published.value == "2019-11-23"


def test_a_date_below_the_title_heads_nothing_but_one_in_a_diary_does() -> None:
    day = "The river rose in the night, and by morning the market stood under water."
    text = f"A diary\n\n1 May 1931\n\n{day}\n\n2 May 1931\n\n{day}"
    assert [kind for kind, _ in seen(text)] == [
        "title",
        "paragraph",
        "paragraph",
        "heading",
        "paragraph",
    ]


def test_an_article_that_points_back_is_no_listing() -> None:
    body = "The river rose in the night, and by morning the market stood under two metres of water."
    listing = "\n\n".join([body] * 6)
    assert {kind for kind, _ in seen(listing)} == {"teaser"}
    article = "\n\n".join([body, f"However, {body}", *[body] * 4])
    assert {kind for kind, _ in seen(article)} == {"paragraph"}
    essay = "\n\n".join([body, *[" ".join([body] * 12)] * 5])
    assert {kind for kind, _ in seen(essay)} == {"paragraph"}
    assert {kind for kind, _ in seen("\n\n".join([body] * 4))} == {"paragraph"}


def test_three_short_lines_are_a_list_and_two_are_headings() -> None:
    body = "The river rose in the night, and by morning the market stood under water."
    lines = ["Bread for the miners", "Eight hours of work", "The vote for all"]
    listed = seen("\n\n".join([body, "\n".join(lines), body]))
    assert [kind for kind, _ in listed] == ["paragraph", "item", "item", "item", "paragraph"]
    headed = seen("\n\n".join([body, "\n".join(lines[:2]), body]))
    assert [kind for kind, _ in headed] == ["paragraph", "heading", "heading", "paragraph"]


def test_a_list_that_opens_a_text_follows_its_title() -> None:
    lines = ["What the dockers want", "Bread", "Eight hours of work", "The vote for all"]
    assert seen("\n".join(lines)) == list(
        zip(["title", "item", "item", "item"], lines, strict=True)
    )


def test_a_hard_wrapped_text_is_told_from_verse_by_its_width() -> None:
    line = "the same long line of prose that is broken at its margin"
    assert seen("\n".join([f"It is {line}", line, line])) == [
        ("paragraph", "\n".join([f"It is {line}", line, line]))
    ]
    assert len(seen("\n".join(["one line of verse", "and one more line", "and the last"]))) == 3
    # Lines that each end a sentence are paragraphs, however wide.
    assert len(seen("\n".join([f"It is {line}."] * 3))) == 3


ODD = st.characters() | st.sampled_from(
    [
        *"\n\n\n\r\t .•-*#1a",
        "\0",
        "\ud800",
        "\udfff",
        "\u2028",
        "\x85",
        "\x1c",
        "\u200b",
        "😀",
        "\u0301",
    ]
)
_PIECES = st.sampled_from(
    [
        *"Search\nShare this article\nPage 1 of 4\nA title of three\n• An item\n1. One\n***".split(
            "\n"
        ),
        "A sentence that ends here.",
        "The same long line of prose that is broken at its margin",
        "\n",
        "\n\n",
        "\r\n",
        " \n",
    ]
)
TEXTS = st.text(ODD, max_size=80) | st.lists(_PIECES | st.text(ODD, max_size=5), max_size=25).map(
    "\n".join
)


def assert_lawful(text: str, blocks: Sequence[Block]) -> None:
    """Blocks are in order, do not overlap, begin and end with a character, and lose none."""
    upto = 0
    for block in blocks:
        assert upto <= block.start < block.end <= len(text)
        assert not text[upto : block.start].strip()
        inside = text[block.start : block.end]
        assert inside == inside.strip()
        assert (block.level > 0) == (block.kind == "heading" or block.level > 0)
        upto = block.end
    assert not text[upto:].strip()
    assert all(block.level == 0 for block in blocks if block.kind not in ("title", "heading"))


@given(TEXTS)
def test_no_character_is_lost_or_moved(text: str) -> None:
    blocks = find_blocks(text)
    assert_lawful(text, blocks)
    assert [b.kind for b in blocks if b.kind != "furniture"][1:].count("title") == 0
    assert all(block.level == 1 for block in blocks if block.kind == "heading")


def test_a_page_of_a_page() -> None:
    # The annotation itself: what the tests above compare with.
    assert page("title | A\n\nitem | b\n     | c") == Page(
        "A\n\nb\nc", [("title", "A"), ("item", "b\nc")]
    )
