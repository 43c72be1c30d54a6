"""Documents of word processors that were once read wrong, each with what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.corpus.readers import read_document

_REPORTED = Path(__file__).parent / "reported"

_BLOCKS: dict[str, list[tuple[str, str]]] = {
    "docx_numbering.docx": [
        ("title", "Lease"),
        ("heading", "§ 1 Rent"),
        ("item", "1.1 The tenant pays the rent by the third working day of each month."),
        ("item", "1.2 A late payment costs four crowns a day."),
        ("item", "(a) on working days"),
        ("item", "(b) on holidays"),
        ("heading", "§ 2 Term"),
        ("item", "2.1 The lease ends on the last day of May."),
    ],
    "docx_empty_cell.docx": [
        ("title", "Opening hours"),
        ("header", "Day | Opens | Closes"),
        ("row", "Monday | | 18:00"),
        ("row", "Tuesday | 7:00 | 20:00"),
        ("paragraph", "Closed on holidays."),
    ],
    "docx_superscript.docx": [("paragraph", "The reservoir holds 10⁶ litres of water.")],
    "docx_header_footer.docx": [
        ("paragraph", "Village of Orlaville, minutes of 4 March 2019"),
        ("paragraph", "The well is to be dug in spring."),
        ("paragraph", "File number 77/2019"),
    ],
    "docx_comment.docx": [
        ("paragraph", "The price is four crowns."),
        ("paragraph", "[Comment, Bo] The price must be five crowns."),
    ],
    "docx_footnotes_section.docx": [
        ("title", "Lease"),
        ("heading", "Rent"),
        ("paragraph", "The well cost four hundred crowns and took a year to dig."),
        ("paragraph", "This sum of the well is given by the minutes of 1931."),
        ("heading", "Keys"),
        ("paragraph", "Three keys are handed over to the tenant."),
    ],
    "docx_title_style_not_first.docx": [
        ("paragraph", "Village of Orlaville"),
        ("title", "Minutes of the council"),
        ("paragraph", "The well is to be dug in spring."),
    ],
    "docx_bold_headings.docx": [
        ("heading", "Rent"),
        ("paragraph", "The tenant pays the rent by the third working day of each month."),
        ("heading", "Term"),
        ("paragraph", "The lease ends on the last day of May."),
        ("heading", "Keys"),
        ("paragraph", "Three keys are handed over."),
    ],
}
_TITLES = {
    "docx_numbering.docx": "Lease",
    "docx_empty_cell.docx": "Opening hours",
    "docx_footnotes_section.docx": "Lease",
    "docx_title_style_not_first.docx": "Minutes of the council",
}


@pytest.mark.parametrize("name", _BLOCKS)
def test_what_was_reported(name: str) -> None:
    document = read_document(name, (_REPORTED / name).read_bytes())
    assert [(b.kind, document.text[b.start : b.end]) for b in document.blocks] == _BLOCKS[name]
    assert document.title == _TITLES.get(name)
