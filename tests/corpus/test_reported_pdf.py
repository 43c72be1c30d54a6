"""Reported PDFs that were read wrong, each with what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.corpus.readers import read_document
from qa.records import Document
from tests.corpus.test_structure import assert_lawful

REPORTED = Path(__file__).parent / "reported"


def read(name: str) -> Document:
    document = read_document(name, (REPORTED / name).read_bytes())
    assert_lawful(document.text, document.blocks)
    return document


def blocks(document: Document, kind: str) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind == kind]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pdf_hebrew_reversed.pdf", "מועצת הכפר נפגשה בבית הספר הישן"),
        ("pdf_hebrew_reversed.pdf", "ודיברה שעתיים על הבאר החדשה."),
        (
            "pdf_two_columns_hanging_quote.pdf",
            "used to say: “Nobody crosses this river for nothing",
        ),
        (
            "pdf_two_columns_hanging_quote.pdf",
            "the village had grown too large for its two wells and that a third one",
        ),
        ("pdf_table_rows_run_together.pdf", "South pump | 1978 | | Millby\n"),
        ("pdf_form_values.pdf", "Name: Anna Lind"),
        ("pdf_form_values.pdf", "Depth in metres: 14"),
        ("pdf_form_values.pdf", "With pump ☑"),
        ("pdf_superscript.pdf", "holds 10⁶ litres of water and its roof has an area of 25 m². The"),
        ("pdf_line_numbers.pdf", "talked for three hours about the water supply"),
        ("pdf_form_letters.pdf", "Orlaville, 4 March 2019\n\nDear neighbours,\n\nAnna moves"),
    ],
)
def test_the_text_is_as_it_is_seen(name: str, words: str) -> None:
    assert words in read(name).text


@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("pdf_bold_headings_named_medi.pdf", ["1 Wells", "2 Pumps", "3 Fire"]),
        ("pdf_outline_not_used.pdf", ["Wells", "Pumps", "Fire"]),
    ],
)
def test_sections(name: str, sections: list[str]) -> None:
    assert [section.title for section in read(name).sections] == sections


def test_rows_of_a_table_are_items() -> None:
    assert blocks(read("pdf_table_rows_run_together.pdf"), "item") == [
        "Pump | Built | Litres | Village",
        "North pump | 1964 | 40 | Orlaville",
        "South pump | 1978 | | Millby",
        "East pump | 1982 | 75 | Sundal",
    ]


def test_a_list_of_contents_is_no_title() -> None:
    assert read("pdf_title_is_contents.pdf").title is None


def test_form_letters_are_apart_and_their_head_stands_once() -> None:
    document = read("pdf_form_letters.pdf")
    assert document.text.count("Dear neighbours,") == 1
    assert [text.split()[0] for text in blocks(document, "paragraph")] == [
        "Orlaville,", "Dear", "Anna", "Bo", "Carl",
    ]  # fmt: skip


def test_the_numbers_of_lines_are_left_out() -> None:
    text = read("pdf_line_numbers.pdf").text
    assert not any(char.isdigit() for char in text)
