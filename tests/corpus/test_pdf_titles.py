"""Titles of PDFs beside what is often taken for one: each kind is drawn, its title known from what was drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from qa.corpus.formats.pdf import read_pdf
from qa.corpus.formats.pdf.fronts import is_imprint, parts_title
from qa.corpus.readers import read_document
from tests.corpus.makers import COLUMN, wrapped, write_lines

Line = tuple[str, float, str]
"""Text, size, font."""
BOLD, PLAIN = "Times-Bold", "Times-Roman"


def title_of(*lines: Line, heads: Sequence[str] = (), x: float | None = None) -> str | None:
    """Return the title that is read of a page with these lines on top, centred unless ``x`` is given."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    y = 760.0
    for text, size, font in lines:
        canvas.setFont(font, size)
        if x is None:
            canvas.drawCentredString(297, y, text)
        else:
            canvas.drawString(x, y, text)
        y -= 1.2 * size
    for head in ("", *heads):
        if head:
            write_lines(canvas, [head], 72, y - 14, font=BOLD)
            y -= 16
        y = write_lines(canvas, wrapped(" ".join(COLUMN * 2), 90), 72, y - 20)
    canvas.save()
    return read_document("a.pdf", file.getvalue()).title


@pytest.mark.parametrize(
    "below",
    [
        "Version 4.0.2",
        "Release 7.7, March 2012",
        "v1.2.3",
        "Revision 12",
        "Second edition",
        "Technical Report 2021-04",
        "Department of Hydrology, University of Sundal",
        "Sundal National Laboratory",
        "Institut für Wasserbau",
        "by Anna Lind",
        "4 March 2019",
    ],
)
@pytest.mark.parametrize("font", [BOLD, PLAIN])
def test_a_title_ends_before_what_stands_below_it_in_its_own_size(below: str, font: str) -> None:
    lines = [("The wells of Orlaville", 18, BOLD), (below, 18, font)]
    assert title_of(*lines) == "The wells of Orlaville"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("A history of the", "University of Orlaville"),
        ("The wells of Orlaville and", "of the villages on the upper Orla"),
        ("Notes on the drinking water of the", "Department of Hydrology"),
        ("Wells, pumps, and", "Version control for engineers"),
    ],
)
def test_a_title_goes_on_below(first: str, second: str) -> None:
    lines = [(first, 18, BOLD), (second, 18, BOLD)]
    assert title_of(*lines) == f"{first} {second}"


@pytest.mark.parametrize(
    "number",
    [
        "ORL2021-0002", "GC-2021-114", "NASA/TM-2019-220247", "Technical Report No. 17",
        "Working Paper 2021/04", "Report 12-345", "arXiv:2101.00001v2 [cs.CL] 3 Jan 2021", "Vol. 3, No. 4",
    ],
)  # fmt: skip
def test_the_number_of_a_series_is_no_title(number: str) -> None:
    lines = [(number, 20, BOLD), ("", 30, PLAIN), ("The wells of Orlaville", 14, BOLD)]
    assert title_of(*lines) == "The wells of Orlaville"


@pytest.mark.parametrize(
    "words",
    [
        "Annual report 2019",
        "Report on the wells",
        "Catch 22",
        "The 39 steps",
        "Paper 1 of the council",
    ],
)
def test_a_title_with_a_figure_is_one(words: str) -> None:
    assert not is_imprint(words)
    assert title_of((words, 18, BOLD)) == words


def test_a_version_within_the_title_s_own_line_is_part_of_it() -> None:
    lines = [("qpump and libqpump, version 1.0.8", 18, BOLD), ("A program for wells", 14, PLAIN)]
    assert title_of(*lines) == "qpump and libqpump, version 1.0.8"


@pytest.mark.parametrize("size", [10, 11, 18])
def test_two_centred_lines_in_bold_are_one_title(size: float) -> None:
    lines = [("The council of Orlaville", size, BOLD), ("Minutes of the third meeting", size, BOLD)]
    found = title_of(*lines, heads=["Wells", "Pumps"])
    assert found == "The council of Orlaville Minutes of the third meeting"


@pytest.mark.parametrize(
    "words", ["X Window System Protocol", "M. Curie in Paris", "I saw the flood"]
)
def test_a_letter_before_a_title_is_no_number_of_a_chapter(words: str) -> None:
    assert title_of((words, 20, BOLD), heads=["Abstract", "Wells"]) == words


def test_letters_that_count_chapters_are_no_titles() -> None:
    found = title_of(("I Wells", 18, BOLD), x=72, heads=["II Pumps", "III Fire"])
    assert found is None


def logo(canvas: Canvas, x: float, y: float, size: float) -> float:
    """Draw LaTeX's name as TeX sets it; return where it ends."""
    for char, share, shift, rise in (
        ("L", 1.0, 0.0, 0.0), ("A", 0.7, -0.36, 0.2), ("T", 1.0, -0.15, 0.0),
        ("E", 1.0, -0.1667, -0.2), ("X", 1.0, -0.125, 0.0),
    ):  # fmt: skip
        x += shift * size
        canvas.setFont(PLAIN, share * size)
        canvas.drawString(x, y + rise * size, char)
        x += pdfmetrics.stringWidth(char, PLAIN, share * size)
    return x


def test_the_raised_letter_of_a_logo_is_a_letter_and_an_exponent_is_none() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    x = logo(canvas, 200, 760, 20)
    canvas.setFont(PLAIN, 20)
    canvas.drawString(x + 5, 760, "for wells")
    x = 72.0
    for text, size, rise in (("Here A", 11, 0), ("T", 7, 4.5), (" is a matrix. ", 11, 0)):
        canvas.setFont(PLAIN, size)
        canvas.drawString(x, 700 + rise, text)
        x += pdfmetrics.stringWidth(text, PLAIN, size)
    write_lines(canvas, wrapped(" ".join(COLUMN * 2), 90), 72, 680)
    canvas.save()
    text = read_pdf(file.getvalue()).text
    assert text.split("\n")[0] == "LATEX for wells"
    assert "Here A^T is a matrix." in text


def test_what_parts_a_title() -> None:
    assert parts_title("The wells of Orlaville", "University of Sundal")
    assert not parts_title("The wells of the", "University of Sundal")
    assert not parts_title("The wells", "and the University of Sundal")
