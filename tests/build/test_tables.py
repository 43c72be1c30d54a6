"""Passages of tables: rows stay whole, and each passage is read with the header of its table."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.build.passages import Splitting, split
from qa.corpus import read_document
from qa.corpus.readers import make_document
from qa.corpus.reading import Reading, TextBuilder
from qa.records import Document, Passage

_TOKEN = re.compile(r"\w+|[^\w\s]")


def token_starts(text: str) -> Sequence[int]:
    return [match.start() for match in _TOKEN.finditer(text)]


def built(*tables: tuple[list[list[str]], list[list[str]]], heading: str = "Fees") -> Document:
    builder = TextBuilder()
    builder.add("heading", heading, 2)
    for header, rows in tables:
        builder.add_table(header, rows)
    text, blocks = builder.result(titled=False)
    reading = Reading(text, "utf-8", blocks, title="The harbour")
    return make_document(source="a.html", sha256="0" * 64, reading=reading)


def passages(document: Document, splitting: Splitting | None = None) -> list[Passage]:
    found = split(document, splitting or Splitting(), token_starts)
    assert all(document.text[p.start : p.end] == p.text for p in found)
    return found


BOATS = [[f"Boat {n}. No. {n}", "", f"{n} crowns a day. Paid at noon."] for n in range(80)]


@pytest.mark.parametrize("max_chars", [100, 300, 700])
def test_rows_are_whole_and_each_passage_is_read_with_the_header(max_chars: int) -> None:
    document = built(([["Boat", "Berth", "Fee"]], BOATS))
    first, *others = passages(document, Splitting(max_chars=max_chars))
    assert first.text.startswith("Fees\n\nBoat | Berth | Fee\nBoat 0. No. 0 | | 0 crowns a day.")
    assert first.context == "The harbour. Fees"  # the header stands in it
    assert others
    lines = [line for passage in (first, *others) for line in passage.text.splitlines()]
    assert lines[3:] == [f"{a} | | {c}" for a, _, c in BOATS]
    for passage in others:
        assert passage.context == "The harbour. Fees. Boat | Berth | Fee"
        assert [document.text[s:e] for s, e in passage.sentences] == passage.text.splitlines()


def test_a_table_without_a_header_does_not_take_that_of_the_one_before_it() -> None:
    document = built(([["Boat", "Fee"]], [["Tug", "9"]]), ([], [["Ann", "Lind"], ["Jo", "Berg"]]))
    first, second = passages(document)
    assert first.text.endswith("Boat | Fee\nTug | 9")
    assert (second.text, second.context) == ("Ann | Lind\nJo | Berg", "The harbour. Fees")


def test_a_header_of_two_rows_is_read_whole() -> None:
    header = [["Boat", "Season", "Season"], ["Boat", "Summer", "Winter"]]
    *_, last = passages(built((header, BOATS)))
    assert last.context == "The harbour. Fees. Boat | Season | Season, Boat | Summer | Winter"


def test_a_header_stands_with_its_first_row() -> None:
    long = " ".join(["word"] * 110)
    first, second = passages(built(([["Boat", "Note"]], [["Tug", long], ["Skiff", long]])))
    assert first.text.splitlines()[2:] == ["Boat | Note", f"Tug | {long}"]
    assert second.text == f"Skiff | {long}"


def test_a_row_may_be_longer_than_a_passage_of_prose() -> None:
    cell = "x" * 1000
    *_, row = passages(built(([["Boat", "Note"]], [["Tug", cell]])))
    assert row.text.endswith(f"Tug | {cell}")


def test_a_wide_header_is_cut_and_leaves_room_for_the_rows() -> None:
    header = [[f"column number {n}" for n in range(200)]]
    splitting = Splitting(max_chars=700, max_tokens=120)
    rows = [[f"Boat {n}", f"fee {n}"] for n in range(99)]
    for passage in passages(built((header, rows)), splitting)[1:]:
        context, own = token_starts(f"{passage.context}. "), token_starts(passage.text)
        assert len(context) + len(own) <= splitting.max_tokens
        if passage.text.startswith("Boat"):
            assert "Fees. column number 0 | column number 1" in passage.context


def test_a_table_of_markdown() -> None:
    rows = "".join(f"| Pump {n} | {1900 + n} | |\n" for n in range(90))
    text = f"# Pumps\n\n| Pump | Built | Litres |\n|---|---|---|\n{rows}\nNone is left.\n"
    first, *others, last = passages(read_document("a.md", text.encode()))
    assert first.text.startswith("# Pumps\n\n| Pump | Built | Litres |\n|---|---|---|\n| Pump 0 |")
    assert last.text == "None is left."
    assert {p.context for p in others} == {"Pumps. Pump | Built | Litres"}
    whole = "\n".join(p.text for p in (first, *others))
    assert whole.endswith(rows.rstrip())


CELLS = st.lists(st.lists(st.text(max_size=40), min_size=1, max_size=5), max_size=12)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4), st.sampled_from([100, 700]))
def test_the_offset_law_holds_and_nothing_is_left_out(
    tables: list[tuple[list[list[str]], list[list[str]]]], max_chars: int
) -> None:
    document = built(*tables, heading="A heading")
    found = passages(document, Splitting(max_chars=max_chars))
    said = "".join(p.text for p in found)
    assert "".join(said.split()) == "".join(document.text.split())
