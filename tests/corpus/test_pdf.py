"""PDF: reading order, running heads, broken words, pages; what has no text is named."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from qa.corpus.formats.pdf import read_pdf
from qa.corpus.formats.pdf.chars import Char
from qa.corpus.formats.pdf.fragments import _adjoins, _spaces
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
    assert seen(read_pdf(file.getvalue())) == [
        ("header", "boat | fee"),
        ("row", "tug | 9"),
        ("row", "steamer | 40"),
        ("row", "ferry | 25"),
    ]


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


def justified(canvas: Canvas, words: str, x: float, y: float, *, width: float) -> None:
    """Write a text in lines of one width, word by word, as a program that justifies does."""
    canvas.setFont("Times-Roman", 10)
    for line in wrapped(words, 30):
        parts = line.split()
        gap = (width - sum(canvas.stringWidth(part) for part in parts)) / max(len(parts) - 1, 1)
        at = x
        for part in parts:
            canvas.drawString(at, y, part)
            at += canvas.stringWidth(part) + gap
        y -= 12


@pytest.mark.parametrize("columns", [2, 3])
def test_columns_of_justified_lines_with_wide_gaps(columns: int) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    told = [" ".join([f"c{n}", *COLUMN, f"end{n}"]) for n in range(columns)]
    for n, words in enumerate(told):
        justified(canvas, words, 60 + 170 * n, 700, width=158)
    canvas.save()
    assert read_pdf(file.getvalue()).text.split() == " ".join(told).split()


def test_a_short_right_column_and_a_heading_below_the_columns() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    left = wrapped(" ".join(COLUMN), 38)
    right = ["Thanks go to the staff of the museum", "of Dinan, who lent me all of the plans."]
    write_lines(canvas, left, 60, 700)
    write_lines(canvas, right, 310, 700)
    y = write_lines(canvas, ["The winter of 1912"], 60, 680 - 12 * len(left), size=14)
    write_lines(canvas, wrapped(" ".join(COLUMN), 100), 60, y - 5)
    canvas.save()
    whole = [*left, *right, "The winter of 1912", *COLUMN]
    assert read_pdf(file.getvalue()).text.split() == " ".join(whole).split()


def test_cards_side_by_side_are_read_one_by_one() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    write_lines(canvas, ["Our staff"], 60, 750, size=20)
    told = []
    for x in (60, 310):
        for n, y in enumerate((700, 600)):
            card = [
                f"Ann {x + n}",
                *wrapped("She runs the dairy and has won the county prize.", 38),
            ]
            write_lines(canvas, card, x, y)
            told += card
    canvas.save()
    text = " ".join(read_pdf(file.getvalue()).text.split())
    assert text == " ".join(["Our staff", *told])


def test_long_cells_of_figures_are_read_row_by_row() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    told = []
    for y in (400, 380, 360, 340):
        row = [f"{y} 4d 49 4d 45 2d 4d 61 67", f"{y} 69 63 00 0a 5b 35 30 3a"]
        write_lines(canvas, row[:1], 60, y)
        write_lines(canvas, row[1:], 310, y)
        told.append(" | ".join(row))
    canvas.save()
    assert read_pdf(file.getvalue()).text.splitlines() == told


def headed(heads: Callable[[int], list[tuple[str, float]]], *, pages: int = 4) -> str:
    """Return what is read of pages that begin with the given lines, each of (text, size)."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for page in range(1, pages + 1):
        y = HEIGHT - 30
        for text, size in heads(page):
            write_lines(canvas, [text], 72, y, size=size)
            y -= 25
        write_lines(canvas, wrapped(f"Item {'n' * page} began. {' '.join(COLUMN)}", 70), 72, y)
        canvas.showPage()
    canvas.save()
    return read_pdf(file.getvalue()).text


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (10, "Present were {} members; the meeting was opened at 19:30."),  # a sentence
        (14, "Meeting {} of 2021"),  # larger than the text
    ],
)
def test_text_that_pages_repeat_but_for_its_figures_is_kept(size: float, words: str) -> None:
    text = headed(lambda page: [(words.format(page), size)])
    assert all(words.format(page) in text for page in range(1, 5))


def test_what_stands_below_a_running_head_in_small_print_is_text() -> None:
    text = headed(lambda page: [("Report of the inspector", 7), (f"Section {page}", 10)])
    assert "Section 1" in text
    assert "Section 4" in text
    assert "inspector" not in text


@pytest.mark.parametrize(
    "head",
    [
        [("Report of the harbour master, part {}", 10.0)],
        [("Report of the harbour master", 14.0)],
        [("This report has been written for the harbour of Vellmar alone.", 10.0)],
    ],
)
def test_running_heads_as_large_as_the_text_are_left_out(head: list[tuple[str, float]]) -> None:
    text = headed(lambda page: [(words.format(page), size) for words, size in head])
    assert text.startswith("Item n began.")
    assert "eport" not in text


def test_a_line_whose_sentence_goes_on_below_it_is_never_a_running_head() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for page in range(1, 5):
        lines = [f"Observation {page}: the keeper wrote that {page} boats", "had passed the pier."]
        y = write_lines(canvas, lines, 72, HEIGHT - 40)
        write_lines(canvas, wrapped(" ".join(COLUMN * page), 70), 72, y - 20)
        canvas.showPage()
    canvas.save()
    text = read_pdf(file.getvalue()).text
    for page in range(1, 5):
        assert (
            f"Observation {page}: the keeper wrote that {page} boats had passed the pier." in text
        )


def test_spaces_that_are_only_gaps_are_read_and_kerned_letters_are_one_word() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.setFont("Times-Roman", 10)
    x = 72.0
    for part, gap in (("We saw grey", 2.6), ("herons at the n", 0.6), ("orthern pier.", 0)):
        canvas.drawString(x, 600, part)
        x += canvas.stringWidth(part) + gap
    canvas.save()
    assert read_pdf(file.getvalue()).text == "We saw grey herons at the northern pier."


def test_spaces_are_measured_by_the_spaces_of_the_line() -> None:
    known = [False, True, False, False]
    assert _spaces([0.28, 0.25, 0.01], known) == [False, True, True, False]
    assert _spaces([0.6, 0.25, 0.25], known) == known  # letters set apart
    assert _spaces([0.28, 0.28, 0.28], [False] * 4) == [False] * 4


def test_a_drop_cap_begins_the_first_of_the_lines_beside_it() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    write_lines(canvas, ["T"], 60, 672, size=36)
    first, second, *rest = wrapped(" ".join(COLUMN), 40)
    write_lines(canvas, [first.removeprefix("T"), second], 85, 690)
    write_lines(canvas, rest, 60, 666)
    canvas.save()
    assert read_pdf(file.getvalue()).text == " ".join(COLUMN)


@pytest.mark.parametrize(("font", "size"), [("Times-Bold", 10), ("Courier", 8)])
def test_one_word_in_another_face_does_not_make_the_line_what_it_is(font: str, size: int) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    x = 72.0
    for part, face in (
        ("The four hundred ", ("Times-Roman", 10)),
        ("dockers", (font, size)),
        (" of the harbour are", ("Times-Roman", 10)),
    ):
        canvas.setFont(*face)
        canvas.drawString(x, 612, part)
        x += canvas.stringWidth(part)
    write_lines(canvas, wrapped(" ".join(["called,", *COLUMN]), 48), 72, 600)
    canvas.save()
    [(kind, text)] = seen(read_pdf(file.getvalue()))
    assert kind == "paragraph"
    assert text == " ".join(["The four hundred dockers of the harbour are called,", *COLUMN])


def test_the_letters_of_a_ligature_stand_side_by_side() -> None:
    """PDFium gives each of them the box of them all."""
    f, i = (Char(char, 10, 0, 16, 10, 0, n) for n, char in enumerate("fi"))
    assert _adjoins(f, i)
    assert not _adjoins(f, i._replace(x0=4, x1=9))


def test_what_has_no_text_is_named() -> None:
    for data, reason in (
        (scanned_pdf(), "no text: scanned pages; set ocr to tesseract to have them read"),
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


def stamped(stamp: str, *, words: str = "", producer: str = "LibreOffice 7.3") -> bytes:
    """Make a PDF whose file says when it was made, and with which program."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.setProducer(producer)
    write_lines(canvas, [words or "The harbour was dug by four hundred dockers."], 72, 600)
    canvas.save()
    told = b"/CreationDate (D:20000101000000+00'00')"
    data = file.getvalue()
    assert data.count(told) == 1
    return data.replace(told, f"/CreationDate ({stamp})".ljust(len(told)).encode())


def test_the_date_of_the_file_is_weaker_than_one_in_the_text_and_its_name() -> None:
    data = stamped("D:20191123101500+00'00'")
    made = Published("2019-11-23", "D:20191123101500+00'00'", "PDF metadata")
    assert read_document("a.pdf", data).published == made
    named = read_document("2018-05-01 minutes.pdf", data).published
    assert named
    assert named.value == "2018-05-01"
    dated = read_document(
        "a.pdf", stamped("D:20191123101500+00'00'", words="Published: 3 March 2017")
    )
    assert dated.published
    assert (dated.published.value, dated.published.origin) == ("2017-03-03", "label")


@pytest.mark.parametrize(
    ("stamp", "producer"),
    [
        ("D:20191123101500", "Microsoft: Print To PDF"),
        ("D:20191123101500", "GPL Ghostscript 9.55"),
        ("D:20191123101500", "Skia/PDF m90"),
        ("D:20191123101500", "ABBYY FineReader 14"),
        ("D:20000101000000", "ReportLab PDF Library"),
        ("D:19700101000000", "LibreOffice 7.3"),
        ("D:20191323101500", "LibreOffice 7.3"),
        ("23 November 2019", "LibreOffice 7.3"),
    ],
)
def test_the_date_of_a_converter_or_of_a_clock_that_was_not_set_is_none(
    stamp: str, producer: str
) -> None:
    assert read_document("a.pdf", stamped(stamp, producer=producer)).published is None
