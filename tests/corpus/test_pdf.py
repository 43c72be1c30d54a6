"""PDF: reading order, running heads, broken words, pages; what has no text is named."""

from __future__ import annotations

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from qa.corpus.pdf import read_pdf
from qa.corpus.readers import read_document
from qa.corpus.reading import Reading, UnreadableError
from qa.records import Published
from tests.corpus.makers import COLUMN, HEIGHT, WIDTH, pdf, scanned_pdf, wrapped, write_lines
from tests.corpus.test_structure import assert_lawful


def seen(reading: Reading) -> list[tuple[str, str]]:
    """Return (kind, text) of each block."""
    return [(b.kind, reading.text[b.start : b.end]) for b in reading.blocks]


def numbered(prefix: str, count: int) -> list[str]:
    """Return the lines of a column, each told apart from all others."""
    words = " ".join(f"{prefix}{n} {word}" for n, word in enumerate((COLUMN * 9)[:count]))
    return wrapped(f"{words}.", 38)


def two_columns(*, pages: int = 3) -> tuple[bytes, list[str]]:
    """Make a paper in two columns with a running head and page numbers; return it with its words in order.

    The lines are written from the top down over both columns, as some programs do.
    """
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    told: list[str] = []
    for page in range(pages):
        write_lines(
            canvas, [f"Journal of Harbour Studies, volume {page + 7}"], 60, HEIGHT - 30, size=8
        )
        write_lines(canvas, [str(page + 1)], WIDTH / 2, 25, size=8)
        y = HEIGHT - 90
        if page == 0:
            write_lines(canvas, ["The harbour of Vellmar"], 150, y, size=20, font="Helvetica")
            y -= 60
        left, right = numbered(f"l{page}w", 150), numbered(f"r{page}w", 150)
        told += " ".join(left).split() + " ".join(right).split()
        for one, other in zip(left, right, strict=False):
            write_lines(canvas, [one], 60, y)
            write_lines(canvas, [other], 310, y)
            y -= 12
        for rest, x in ((left[len(right) :], 60), (right[len(left) :], 310)):
            write_lines(canvas, rest, x, y)
        canvas.showPage()
    canvas.save()
    return file.getvalue(), told


def test_two_columns_are_read_one_after_the_other() -> None:
    data, told = two_columns()
    reading = read_pdf(data)
    assert seen(reading)[0] == ("title", "The harbour of Vellmar")
    assert reading.text.split()[4:] == told
    assert_lawful(reading.text, reading.blocks)


def test_running_heads_and_page_numbers_are_left_out() -> None:
    reading = read_pdf(two_columns()[0])
    assert "Journal" not in reading.text
    assert not {"1", "2", "3"} & set(reading.text.split())


def test_a_page_begins_where_its_first_word_stands() -> None:
    data, _ = two_columns()
    document = read_document("paper.pdf", data)
    for page in range(3):
        for word in (f"l{page}w0", f"r{page}w149"):
            assert document.page_of(document.text.index(f"{word} ")) == page + 1
    assert document.page_of(0) == 1
    assert len(document.page_starts) == 3


def test_a_page_without_text_has_a_number_too() -> None:
    document = read_document("a.pdf", pdf(["The first page.", "", "The third page."]))
    assert document.page_of(document.text.index("first")) == 1
    assert document.page_of(document.text.index("third")) == 3
    assert document.page_starts[1] == document.page_starts[2]


def test_a_paragraph_runs_across_pages() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    write_lines(canvas, wrapped(f"{' '.join(COLUMN)} It was filled in again by the", 70), 72, 200)
    canvas.showPage()
    write_lines(canvas, ["same dockers, and nobody thanked them."], 72, HEIGHT - 200)
    canvas.save()
    reading = read_pdf(file.getvalue())
    [(kind, text)] = seen(reading)
    assert kind == "paragraph"
    assert text.endswith("It was filled in again by the same dockers, and nobody thanked them.")
    assert reading.text[reading.page_starts[1] :].startswith("same dockers")


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The light-", "house burned."], "The lighthouse burned."),
        (["A self-", "made man."], "A self-made man."),
        (["The Franco-", "Prussian war."], "The Franco-Prussian war."),
        (["From 1914-", "18 it burned."], "From 1914-18 it burned."),
        (["A state-of-the-", "art crane."], "A state-of-the-art crane."),
        (["The long-term plan, a long-", "term one."], "The long-term plan, a long-term one."),
        (["The cooperation, or coop-", "eration."], "The cooperation, or cooperation."),
        (["A dash -", "and more."], "A dash - and more."),
    ],
)
def test_words_that_a_line_end_breaks(lines: list[str], text: str) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    write_lines(canvas, lines, 72, 600)
    canvas.save()
    assert read_pdf(file.getvalue()).text == text


def test_headings_are_larger_than_the_text_and_paragraphs_apart() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    body = wrapped(" ".join(COLUMN * 2), 70)
    y = write_lines(canvas, ["The harbour"], 72, 700, size=22)
    y = write_lines(canvas, ["Fees"], 72, y - 20, size=14)
    y = write_lines(canvas, body, 72, y - 5)
    y = write_lines(canvas, body, 72, y - 12)
    y = write_lines(canvas, ["Boats"], 72, y - 10, font="Times-Bold")
    y = write_lines(
        canvas, ["• A fishing boat pays twelve crowns.", "• A steamer pays forty."], 72, y
    )
    canvas.save()
    text = " ".join(COLUMN * 2)
    reading = read_pdf(file.getvalue())
    assert seen(reading) == [
        ("title", "The harbour"),
        ("heading", "Fees"),
        ("paragraph", text),
        ("paragraph", text),
        ("heading", "Boats"),
        ("item", "• A fishing boat pays twelve crowns."),
        ("item", "• A steamer pays forty."),
    ]
    assert [b.level for b in reading.blocks] == [1, 2, 0, 0, 3, 0, 0]


def test_a_table_is_read_row_by_row() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for n, (boat, fee) in enumerate(
        [("boat", "fee"), ("tug", "9"), ("steamer", "40"), ("ferry", "25")]
    ):
        write_lines(canvas, [boat], 72, 600 - 20 * n)
        write_lines(canvas, [fee], 300, 600 - 20 * n)
    canvas.save()
    assert read_pdf(file.getvalue()).text.split() == "boat fee tug 9 steamer 40 ferry 25".split()


def test_text_at_another_angle_is_left_out_and_a_turned_page_is_read() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    write_lines(canvas, wrapped(" ".join(COLUMN), 70), 72, 600)
    canvas.rotate(90)
    write_lines(canvas, ["A stamp in the margin"], 200, -20)
    canvas.showPage()
    canvas.rotate(90)
    write_lines(canvas, ["A table on its side,", "of two lines."], 200, -200)
    canvas.save()
    text = read_pdf(file.getvalue()).text
    assert text.replace("\n\n", " ") == f"{' '.join(COLUMN)} A table on its side, of two lines."


def test_what_has_no_text_is_named() -> None:
    for data, reason in (
        (scanned_pdf(), "no text: scanned pages; run OCR first"),
        (pdf(["Secret."], password="x"), "encrypted: it needs a password"),
        (pdf(["Whole."])[:300], "damaged: it cannot be opened as a PDF"),
        (b"%PDF-1.7\n", "damaged: it cannot be opened as a PDF"),
    ):
        with pytest.raises(UnreadableError) as refusal:
            read_pdf(data)
        assert str(refusal.value) == reason


@pytest.mark.parametrize(
    ("title", "author", "found"),
    [
        ("The harbour of Vellmar", "Ingrid Solvang", ("The harbour of Vellmar", "Ingrid Solvang")),
        ("Microsoft Word - harbour.doc", "admin", (None, None)),
        ("untitled", "user", (None, None)),
        ("A title that the text does not know", "i.solvang@example.org", (None, None)),
    ],
)
def test_metadata_counts_when_it_is_plausible(
    title: str, author: str, found: tuple[str | None, str | None]
) -> None:
    reading = read_pdf(pdf([" ".join(COLUMN)], title=title, author=author))
    assert (reading.title, reading.author) == found


def test_the_date_of_the_file_is_weaker_than_one_in_the_text() -> None:
    plain = read_document("a.pdf", pdf([" ".join(COLUMN)]))
    assert plain.published == Published("2000-01-01", "D:20000101000000+00'00'", "PDF metadata")
    dated = read_document("a.pdf", pdf(["Published: 23 November 2019"]))
    assert dated.published
    assert (dated.published.value, dated.published.origin) == ("2019-11-23", "label")
