"""The structure of a document: every character in a part or between two, words apart from signs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.corpus.readers import read_document
from qa.present.structure import structure_of
from qa.records import Document
from tests.corpus.makers import docx, pdf, word

MARKDOWN = """# The harbour #

It was dug in 1872.

## Fees ##

- A steamer pays forty crowns,
  and sixty in August.
* A sailing boat pays nine.

1. First come, first served

| Ship | Crew |
|:-----|------|
| Otter | nine \\| ten |
|| none |

Falcon | thirty
-------|-------
Gull | two

The crane
---------
"""


def seen(document: Document) -> list[tuple[str, int, bool, list[str]]]:
    parts = structure_of(document)
    return [
        (part.kind, part.level, part.joined, [document.text[a:b] for a, b in part.shown])
        for part in parts
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_signs_of_markdown_are_no_words(ends: str) -> None:
    document = read_document("a.md", MARKDOWN.replace("\n", ends).encode())
    assert seen(document) == [
        ("heading", 1, False, ["The harbour"]),
        ("paragraph", 0, False, ["It was dug in 1872."]),
        ("heading", 2, False, ["Fees"]),
        ("item", 0, False, [f"A steamer pays forty crowns,{ends}  and sixty in August."]),
        ("item", 0, False, ["A sailing boat pays nine."]),
        ("item", 0, False, ["1. First come, first served"]),
        ("header", 0, False, ["Ship", "Crew"]),
        ("row", 0, True, ["Otter", "nine \\| ten"]),
        ("row", 0, True, ["", "none"]),
        ("header", 0, False, ["Falcon", "thirty"]),
        ("row", 0, True, ["Gull", "two"]),
        ("heading", 2, False, ["The crane"]),
    ]


def test_an_empty_cell_is_one() -> None:
    """Where a reader wrote the bars, one at the edge of a row parts an empty cell."""
    page = (
        "<h1>Pumps of the town</h1><p>The council had every pump looked at in the summer.</p>"
        "<table><tr><th>Pump</th><th>Depth</th><th>Keeper</th></tr>"
        "<tr><td>East pump</td><td>31 metres</td><td></td></tr>"
        "<tr><td></td><td>27 metres</td><td>Otto Brandt</td></tr></table>"
    )
    rows = [
        cells for kind, *_, cells in seen(read_document("a.html", page.encode())) if "row" in kind
    ]
    assert rows == [["East pump", "31 metres", ""], ["", "27 metres", "Otto Brandt"]]


def test_two_tables_are_two() -> None:
    def table(*rows: str) -> str:
        cells = "".join(f"<w:tc>{word(cell)}</w:tc>" for cell in rows)
        return f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl>"

    document = read_document(
        "a.docx", docx(word("Pumps", style="berschrift1") + table("a", "b") + table("c", "d"))
    )
    rows = [
        (joined, cells) for kind, _, joined, cells in seen(document) if kind in ("header", "row")
    ]
    assert rows == [
        (False, ["a", "b"]),
        (True, ["a", "b"]),
        (False, ["c", "d"]),
        (True, ["c", "d"]),
    ]


@pytest.mark.parametrize("name", ["a.txt", "a", "a.log", "a.csv#row=1", "b.md/a.txt"])
def test_plain_text_stands_as_its_lines_do(name: str) -> None:
    document = read_document("a.txt", b"# Not a heading\n\n- and\n- no list\n")
    assert structure_of(_named(document, name)) == ()


@pytest.mark.parametrize("name", ["a.md", "all.zip/a.MD", "a.docx", "mail.mbox#message=3"])
def test_what_has_a_structure_is_told_by_its_name(name: str) -> None:
    document = read_document("a.md", b"# A heading\n\n- and\n- a list\n")
    assert structure_of(_named(document, name))


def test_a_pdf_has_one_whatever_it_is_called() -> None:
    document = read_document("scan", pdf(["The harbour of Vellmar was dug in 1872."]))
    assert structure_of(document)


def _named(document: Document, source: str) -> Document:
    return replace(document, source=source)


def test_parts_come_in_order_and_hold_what_they_show() -> None:
    document = read_document("a.md", MARKDOWN.encode())
    upto = 0
    for part in structure_of(document):
        assert upto <= part.start < part.end
        spans = [part.start, *(edge for span in part.shown for edge in span), part.end]
        assert spans == sorted(spans)
        upto = part.end
