"""What of the lines that open a plain text is its title."""

from __future__ import annotations

import pytest

from qa.corpus.readers import read_document

_BODY = (
    "The council of the village met in the old school and spoke for two hours about the new well. It was "
    "agreed that the county pays for half of it, and that the digging begins after the harvest."
)


def title(opening: str) -> str | None:
    return read_document("a.txt", f"{opening}\n\n{_BODY}\n\n{_BODY}\n".encode()).title


@pytest.mark.parametrize(
    "opening",
    ["The new well", "10 reasons for a new well", "Minutes of 4 March 2019", "The well\n========", "“A well”, said she"],
)  # fmt: skip
def test_a_title(opening: str) -> None:
    assert title(opening) == opening.splitlines()[0]


def test_a_date_stands_above_or_below_a_title() -> None:
    assert title("4 March 2019\n\nThe new well") == "The new well"
    assert title("Orlafeld, den 4. März 2019\n\nThe new well") == "The new well"
    assert title("The new well\n\n4 March 2019") == "The new well"


@pytest.mark.parametrize(
    "opening",
    [
        # Parts of a text.
        "Contents", "Table of contents", "Inhaltsverzeichnis", "Sommaire", "Índice", "Содержание",
        "1. Introduction", "1.1 Scope", "§ 1 Scope", "Chapter 1", "IV. The well",
        # Letters, mails, logs, programs.
        "Dear Sir,", "Anna Lind\nMill Lane 4\n\nDear Sir,", "Orlafeld, den 4. März 2019\n\nSehr geehrte Damen,",
        "Madame, Monsieur,", "Уважаемые господа!", "From: Anna Lind <anna@example.org>",
        "2019-03-04 10:15:01 INFO pump started", "#!/bin/sh", "<well>", "x = 4", "https://example.org/well",
        # The head of a printed page.
        "ENV(1)          User commands          ENV(1)",
    ],
)  # fmt: skip
def test_what_is_no_title(opening: str) -> None:
    assert title(opening) is None


def test_a_number_before_a_heading_is_of_a_section_where_the_next_one_follows() -> None:
    assert title(f"1 Scope\n\n{_BODY}\n\n2 Terms") is None
    assert title(f"1 Scope\n\n{_BODY}\n\nTerms") == "1 Scope"


def test_a_heading_is_underlined() -> None:
    text = f"iczech for everyone\n-------------------\n\n{_BODY}\n\n2. fees\n=======\n\n{_BODY}\n"
    document = read_document("a.txt", text.encode())
    assert document.title == "iczech for everyone"
    assert [section.title for section in document.sections] == ["2. fees"]
