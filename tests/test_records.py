"""The vocabulary: ids that stay, sections that nest, dates that say how much is known."""

from __future__ import annotations

import dataclasses
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import records
from qa.records import (
    About,
    Block,
    Document,
    Filters,
    Place,
    Published,
    citation_id,
    document_id,
    heading_text,
)


def test_ids_are_those_of_other_versions() -> None:
    # Made with sha256sum: a change here breaks every citation that was ever given.
    assert document_id("004_4295f32904a35c45.txt") == "da69cee736786486c"
    assert citation_id("da69cee736786486c", "ab" * 32, 24, 677) == "c35afc5c2b8e01397"


@given(st.text(), st.text())
def test_ids_tell_sources_apart(one: str, other: str) -> None:
    assert (document_id(one) == document_id(other)) == (one == other)
    assert len(document_id(one)) == 17


def test_ids_tell_spans_and_versions_apart() -> None:
    spans = {
        citation_id(document, sha256, start, end)
        for document in ("d1", "d2")
        for sha256 in ("a", "b")
        for start in (1, 11)
        for end in (12, 112)
    }
    assert len(spans) == 16
    assert citation_id("d", "a", 1, 12) != citation_id("d", "a", 11, 2)


@pytest.mark.parametrize(
    ("value", "precision"), [("2019", "year"), ("2019-11", "month"), ("2019-11-23", "day")]
)
def test_precision(value: str, precision: str) -> None:
    assert Published(value, value, "label").precision == precision


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("# Fees", "Fees"),
        ("  ## Fees ##  ", "Fees"),
        ("###### Fees #", "Fees"),
        ("# C#", "C#"),
        ("# C# #", "C#"),
        ("#MeToo in the mines", "#MeToo in the mines"),
        ("#", ""),
        ("## ##", ""),
        ("#\tFees\xa0and  tolls", "Fees and tolls"),
        ("Fees\n====", "Fees"),
        ("Fees\r\n----", "Fees"),
        ("Fees\r----", "Fees"),
        ("", ""),
        ("1. The fees", "1. The fees"),
    ],
)
def test_heading_text(line: str, words: str) -> None:
    assert heading_text(line) == words


def document(*levels: int) -> Document:
    """Return a document of headings H0, H1, ... of these levels, ten characters apart."""
    text = "".join(f"H{n}".ljust(10) for n in range(len(levels)))
    blocks = tuple(Block("heading", 10 * n, 10 * n + 2, level) for n, level in enumerate(levels))
    return Document("d", "a.txt", "0" * 64, "utf-8", text, None, None, blocks)


def test_sections_nest() -> None:
    sections = document(1, 2, 3, 2, 1).sections
    assert [(s.title, s.level, s.start, s.end) for s in sections] == [
        ("H0", 1, 0, 40),
        ("H1", 2, 10, 30),
        ("H2", 3, 20, 30),
        ("H3", 2, 30, 40),
        ("H4", 1, 40, 50),
    ]


@given(st.lists(st.integers(1, 4), max_size=12))
def test_a_section_ends_at_the_next_heading_that_is_as_high(levels: list[int]) -> None:
    sections = document(*levels).sections
    assert len(sections) == len(levels)
    for n, section in enumerate(sections):
        later = [10 * m for m in range(n + 1, len(levels)) if levels[m] <= levels[n]]
        assert (section.start, section.end) == (10 * n, later[0] if later else 10 * len(levels))


def test_titles_and_text_are_no_sections() -> None:
    blocks = (Block("title", 0, 1), Block("paragraph", 2, 3), Block("furniture", 4, 5))
    assert Document("d", "a", "", "utf-8", "a b c", None, None, blocks).sections == ()


def test_an_empty_filter_is_false() -> None:
    assert not Filters()
    assert Filters(source=("*",))
    assert Filters(published_from="2019")
    assert Filters(published_to="2019")


def test_records_are_values() -> None:
    classes = [
        kind
        for _, kind in inspect.getmembers(records, inspect.isclass)
        if kind.__module__ == "qa.records"
    ]
    assert len(classes) >= 12
    for kind in classes:
        if issubclass(kind, tuple):  # a named one: made by the thousand, and compared
            continue
        assert dataclasses.is_dataclass(kind)
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # a data class has them
        assert "__slots__" in vars(kind)


def known(*blocks: Block, pages: tuple[int, ...] = (), places: tuple[Place, ...] = ()) -> Document:
    return Document(
        id="d",
        source="s",
        sha256="",
        encoding="utf-8",
        text="x" * 100,
        title="The list",
        published=Published("2019", "2019", "label"),
        blocks=blocks,
        original_url="https://example.org/",
        page_starts=pages,
        places=places,
    )


@pytest.mark.parametrize(
    ("offset", "page"), [(0, 1), (29, 1), (30, 2), (59, 2), (60, 3), (99, 3), (100, 3)]
)
def test_pages_are_counted_from_one(offset: int, page: int) -> None:
    assert known(pages=(0, 30, 60)).page_of(offset) == page


def test_a_text_without_pages_has_none() -> None:
    assert known().page_of(0) is None


def test_a_place_holds_until_the_next_one() -> None:
    places = (Place(10, "Pumps, row 2", 0), Place(40, "Pumps, row 3", 1), Place(60, "", 2))
    placed = known(places=places)
    seen = [(at, placed.place_of(at)) for at in (0, 9, 10, 39, 40, 59, 60, 99)]
    assert seen == [
        (0, None), (9, None), (10, "Pumps, row 2"), (39, "Pumps, row 2"), (40, "Pumps, row 3"),
        (59, "Pumps, row 3"), (60, None), (99, None),
    ]  # fmt: skip
    assert known().place_of(0) is None


def test_pages_and_parts_of_places_are_parts_of_a_text() -> None:
    times = (Place(0, "00:00:01"), Place(50, "00:00:09"))
    assert known(places=times).part_of(10) == known(places=times).part_of(60)
    rows = known(places=(Place(10, "row 2", 0), Place(50, "row 3", 1)))
    assert len({rows.part_of(at) for at in (0, 10, 49, 50, 99)}) == 3
    assert len({known(pages=(0, 30)).part_of(at) for at in (0, 29, 30, 99)}) == 2
    assert known().part_of(0) == known().part_of(99)


def test_an_entry_of_a_listing_knows_what_the_listing_says_of_it() -> None:
    date = Published("2004-03", "March 2004", "time element")
    own = About("A bridge", "https://example.org/bridge", date)
    document = known(
        Block("teaser", 0, 40, 0, own),
        Block("teaser", 42, 60, 0, About(title="A ferry")),
        Block("teaser", 62, 80),
    )
    page = About("The list", "https://example.org/", Published("2019", "2019", "label"))
    assert document.about(0) == document.about(39) == own
    assert document.about(42) == dataclasses.replace(page, title="A ferry")
    assert document.about(41) == document.about(62) == document.about(99) == page


def test_an_entry_of_a_listing_has_not_the_author_of_the_listing() -> None:
    about = About("A ferry", None, None)
    document = Document(
        id="d1", source="a.html", sha256="0" * 64, encoding="utf-8", text="x" * 100, title=None,
        published=None, author="The editor", blocks=(Block("teaser", 40, 60, 0, about),),
    )  # fmt: skip
    assert [document.author_of(at) for at in (0, 39, 40, 59, 60)] == [
        "The editor", "The editor", None, None, "The editor",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("origins", "told"),
    [
        (("dateline", "byline", "label", "entry", "time element", "title", "footer"), "text"),
        (("file name",), "file name"),
        (("address",), "address"),
        (("front matter", "meta element", "JSON-LD", "PDF metadata", "document properties",
          "book's description", "column date", "a reader of tomorrow"), "metadata"),
    ],
)  # fmt: skip
def test_what_tells_a_date_is_said_in_stable_words(origins: tuple[str, ...], told: str) -> None:
    assert {Published("2019", "2019", origin).known_from for origin in origins} == {told}
