"""Small tables and records that were once read wrong, with what is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qa.build.passages import Splitting, split
from qa.corpus.contents import contents
from qa.corpus.reading import Options
from qa.records import Document
from tests.corpus.test_structure import assert_lawful

REPORTED = Path(__file__).parent / "reported"


def documents(name: str) -> list[Document]:
    with (REPORTED / name).open("rb") as file:
        found = list(contents(name, file, Options()))
    assert all(isinstance(one, Document) for one in found)
    return [one for one in found if isinstance(one, Document)]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("csv_excel_sep_line.csv", ["The bridge over the Orla was rebuilt in 1931."]),
        (
            "csv_faq.csv",
            [
                "question: When does the pool open?\nanswer: The pool opens at seven on weekdays.",
                "question: What does it cost?\nanswer: Adults pay four crowns.",
            ],
        ),
        (
            "csv_no_text_column.csv",
            [
                "name: Spade\ndescription: Steel spade with an ash handle, 1.2 m long\nprice: 19",
                "name: Rake\ndescription: Iron rake with twelve teeth\nprice: 12",
            ],
        ),
        (
            "csv_unquoted_comma.csv",
            [
                "The bridge, which was rebuilt in 1931, belongs to the county.",
                "The mill burned down.",
            ],
        ),
        ("jsonl_html_field.jsonl", ["The mill burned twice.\n\nThe bridge did not."]),
    ],
)
def test_records(name: str, texts: list[str]) -> None:
    found = documents(name)
    assert [document.text for document in found] == texts
    for document in found:
        assert_lawful(document.text, document.blocks)


def test_the_title_of_a_record() -> None:
    assert [d.title for d in documents("jsonl_html_field.jsonl")] == ["Mill & bridge"]
    assert [d.title for d in documents("csv_no_text_column.csv")] == ["Spade", "Rake"]


def test_a_long_table_of_markdown_is_parted_between_rows() -> None:
    [document] = documents("md_long_table.md")
    found = split(
        document, Splitting(), lambda text: [m.start() for m in re.finditer(r"\w+|[^\w\s]", text)]
    )
    assert len(found) > 2
    rows = [line for passage in found for line in passage.text.splitlines()]
    wanted = [line for line in document.text.splitlines() if line]
    assert rows[0] == wanted[0] and [line for line in rows if line] == wanted
    assert all(passage.context == "Pumps. Pump | Built | Litres" for passage in found[1:])
