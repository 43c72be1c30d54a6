"""PDFs that are set, filled in or numbered in ways that mislead: neighbours of what was reported."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from qa.corpus.formats.pdf import read_pdf
from qa.corpus.formats.pdf.about import names_document, title_of
from qa.corpus.formats.pdf.hyphens import between, vocabulary
from qa.corpus.formats.pdf.text import read_traced
from qa.corpus.formats.pdf.words import FIELD, Words, joined
from qa.corpus.reading import Reading
from tests.corpus.makers import COLUMN, pdf, wrapped, write_lines
from tests.corpus.test_reported_pdf import REPORTED

Draw = Callable[[Canvas], None]


def drawn(draw: Draw) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    draw(canvas)
    canvas.save()
    return file.getvalue()


def read(draw: Draw) -> Reading:
    return read_pdf(drawn(draw))


def of(reading: Reading, *kinds: str) -> list[str]:
    return [reading.text[b.start : b.end] for b in reading.blocks if b.kind in kinds]


# --- order -------------------------------------------------------------------------------------


def test_every_code_point_knows_the_character_that_it_was_made_of() -> None:
    traced = read_traced((REPORTED / "pdf_two_columns_hanging_quote.pdf").read_bytes())
    text, marks = traced.reading.text, traced.marks
    assert len(marks) == len(text)
    assert all(mark >= 0 for char, mark in zip(text, marks, strict=True) if char.isalnum())
    known = [mark for mark in marks if mark >= 0]
    assert len(set(known)) == len(known)


def test_words_keep_their_marks() -> None:
    one, other = Words.of("ab", 3), Words.of(" c ", 5)
    assert list(joined(" | ", [one, other]).marks) == [3, 3, -1, -1, -1, 5, 5, 5]
    assert other.squeezed() == Words.of("c", 5)
    assert (one + other).squeezed().text == "ab c"
    assert (one + other).without("b").text == "a c "


def test_text_that_is_drawn_twice_is_read_once_and_double_letters_are_kept() -> None:
    def draw(canvas: Canvas) -> None:
        for shift in (0, 0.3, 0.6):
            write_lines(canvas, ["All three committees will fill the wells."], 72 + shift, 600)

    assert read(draw).text == "All three committees will fill the wells."


def test_mirrored_lines_run_from_the_top() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.transform(-1, 0, 0, 1, 595, 0)
        write_lines(canvas, wrapped(" ".join(COLUMN), 60), 72, 600)

    assert read(draw).text == " ".join(COLUMN)


def test_a_river_of_wide_spaces_is_no_gutter() -> None:
    def draw(canvas: Canvas) -> None:
        words = iter(COLUMN * 3)
        for n in range(9):
            x = 72.0
            for m in range(6):
                word = next(words)
                canvas.drawString(x, 600 - 14 * n, word)
                x = 230.0 if m == 2 and 3 <= n < 6 else x + canvas.stringWidth(word) + 3.5

    assert read(draw).text.split() == (COLUMN * 3)[:54]


# --- line numbers ------------------------------------------------------------------------------


def counted(at: float, *, step: int = 1, lines: int = 15) -> Draw:
    def draw(canvas: Canvas) -> None:
        for n, line in enumerate(wrapped(" ".join(COLUMN * 8), 60)[:lines], start=1):
            if n % step == 0:
                write_lines(canvas, [str(n)], at, 700 - 20 * n)
            write_lines(canvas, [line], 100, 700 - 20 * n)

    return draw


@pytest.mark.parametrize(("at", "step"), [(70, 1), (70, 5), (500, 1), (500, 5)])
def test_lines_are_counted_in_either_margin_each_or_every_fifth(at: float, step: int) -> None:
    text = read(counted(at, step=step)).text
    assert not any(char.isdigit() for char in text)
    assert text.startswith(" ".join(COLUMN))


def test_the_numbers_of_a_list_and_of_a_table_are_kept() -> None:
    names = ["Opening of the meeting", "Minutes", "The third well", "Rope", "The mill", "Closing"]

    def draw(canvas: Canvas) -> None:
        for n, name in enumerate(names, start=1):
            write_lines(canvas, [str(n)], 72, 700 - 20 * n)
            write_lines(canvas, [name], 100, 700 - 20 * n)

    text = " ".join(read(draw).text.replace("|", " ").split())
    assert text == " ".join(f"{n} {name}" for n, name in enumerate(names, start=1))


# --- hyphens -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "below", "told"),
    [
        ("a long-", "term plan", "-"),
        ("a decision-", "making body", "-"),
        ("the ex-", "ample of", ""),
        ("a short-", "age of rope", ""),
        ("on the high-", "way to", ""),
        ("the twenty-", "three boats", "-"),
        ("a long-", "er rope", ""),
        ("Ost-", "und Westseite", "- "),
        ("the pre-", "and post-war years", "- "),
        ("the water", "was low", " "),
    ],
)
def test_a_hyphen_at_the_end_of_a_line(above: str, below: str, told: str) -> None:
    assert between(above, below, vocabulary([])) == told


def test_the_compounds_of_the_text_itself_decide() -> None:
    assert between("the light-", "house", vocabulary(["a light-house"])) == "-"
    assert between("a long-", "term", vocabulary(["longterm"])) == ""
    french = vocabulary(["le pain et les vins des caves est bon dans une"])
    assert between("que dit-", "il", french) == "-"
    assert between("une chan-", "ce", french) == "-"  # two letters never follow a broken word
    assert between("que dit-", "il", vocabulary([])) == ""


# --- exponents ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "up", "rest", "told"),
    [
        ("It holds 10", "6", " litres.", "It holds 10⁶ litres."),
        ("A mass of 10", "-3", " grams.", "A mass of 10⁻³ grams."),
        ("The sum of x", "k", " is small.", "The sum of x^k is small."),
        ("On the 19", "th", " of May.", "On the 19th of May."),
        ("As was said before,", "1,2", " it rained.", "As was said before,¹,² it rained."),
        ("An area of 25 m", "2", ".", "An area of 25 m²."),
    ],
)
def test_raised_characters(base: str, up: str, rest: str, told: str) -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 600)
        text.setFont("Times-Roman", 11)
        text.textOut(base)
        text.setFont("Times-Roman", 7)
        text.setRise(4)
        text.textOut(up)
        text.setRise(0)
        text.setFont("Times-Roman", 11)
        text.textOut(rest)
        canvas.drawText(text)

    assert read(draw).text == told


# --- tables ------------------------------------------------------------------------------------


def placed(rows: list[list[str]], xs: tuple[float, ...] = (72, 200, 330), step: float = 14) -> Draw:
    def draw(canvas: Canvas) -> None:
        for n, row in enumerate(rows):
            for text, x in zip(row, xs, strict=False):
                if text:
                    write_lines(canvas, [text], x, 600 - step * n)

    return draw


@pytest.mark.parametrize(
    "rows",
    [
        [["•", "The miller lends his wagons"], ["•", "The smith lends his tools"], ["•", "Rope"]],
        [["1.", "The miller lends his wagons"], ["2.", "The smith his tools"], ["3.", "Rope"]],
        [["Name:", "Anna Lind"], ["Village:", "Millby"], ["Depth:", "14"]],
        [["Wells ........", "2"], ["Pumps ........", "3"], ["Fire ........", "7"]],
    ],
)
def test_lists_forms_and_contents_are_no_tables(rows: list[list[str]]) -> None:
    reading = read(placed(rows))
    assert not of(reading, "row", "header")
    assert reading.text.split() == " ".join(" ".join(row) for row in rows).split()


def test_the_wrapped_line_of_a_cell_is_part_of_its_row() -> None:
    rows = [
        ["Pump", "Built", "Remarks"],
        ["North", "1964", "mended in the spring"],
        ["", "", "of the year 1971"],
        ["South", "1978", "new"],
        ["East", "", "broken"],
    ]
    reading = read(placed(rows))
    assert of(reading, "header") == ["Pump | Built | Remarks"]
    assert of(reading, "row") == [
        "North | 1964 | mended in the spring of the year 1971",
        "South | 1978 | new",
        "East | | broken",
    ]


def test_the_header_that_each_page_repeats_is_no_running_head() -> None:
    def draw(canvas: Canvas) -> None:
        for page in range(3):
            rows = [["Pump", "Built", "Litres"]] + [
                [f"Pump {page}{n}", f"19{n}{page}", f"{n * 7}"] for n in range(1, 9)
            ]
            for n, row in enumerate(rows):
                for text, x in zip(row, (72, 200, 330), strict=True):
                    write_lines(canvas, [text], x, 810 - 14 * n)
            canvas.showPage()

    reading = read(draw)
    assert of(reading, "header") == ["Pump | Built | Litres"] * 3
    assert len(of(reading, "row")) == 24


# --- forms and notes ---------------------------------------------------------------------------


def test_boxes_choices_and_several_fields_in_a_row() -> None:
    def draw(canvas: Canvas) -> None:
        form = canvas.acroForm
        write_lines(canvas, ["Village:"], 72, 700)
        form.choice(
            name="v",
            options=["Orlaville", "Millby"],
            value="Millby",
            x=150,
            y=694,
            width=90,
            height=20,
        )
        write_lines(canvas, ["Well:"], 72, 660)
        for x, name, ticked in ((150, "old", False), (250, "new", True)):
            form.checkbox(name=name, x=x, y=656, size=12, checked=ticked)
            write_lines(canvas, [name], x + 18, 660)
        write_lines(canvas, ["Remarks:"], 72, 620)
        form.textfield(name="r", value="", x=150, y=614, width=200)

    text = read(draw).text
    assert "Village: Millby" in text
    assert "Well: old ☐ new ☑" in " ".join(text.split())
    assert text.rstrip().endswith("Remarks:")


def test_two_boxes_of_one_label() -> None:
    def draw(canvas: Canvas) -> None:
        for x, name in ((72, "a"), (84, "b")):
            canvas.acroForm.checkbox(name=name, x=x, y=696, size=10, checked=name == "b")
        write_lines(canvas, ["with pump"], 98, 698)

    assert sorted(read(draw).text) == sorted("with pump ☐ ☑")


def test_a_note_stands_behind_the_paragraph_that_it_was_made_at() -> None:
    def draw(canvas: Canvas) -> None:
        write_lines(canvas, ["The well is fourteen metres deep."], 72, 700)
        write_lines(canvas, ["The rope is new."], 72, 600)
        canvas.textAnnotation("Anna asked the smith.", Rect=[300, 695, 320, 715], addtopage=1)

    assert of(read(draw), "paragraph") == [
        "The well is fourteen metres deep.",
        "Anna asked the smith.",
        "The rope is new.",
    ]


def test_what_was_filled_in_is_marked_with_its_field() -> None:
    traced = read_traced((REPORTED / "pdf_form_values.pdf").read_bytes())
    start = traced.reading.text.index("Anna")
    assert traced.marks[start] >= FIELD


# --- what is left out --------------------------------------------------------------------------


def test_pages_without_text_among_others_are_told() -> None:
    def draw(canvas: Canvas) -> None:
        write_lines(canvas, [" ".join(COLUMN[:12])], 72, 700)
        canvas.showPage()
        canvas.rect(100, 100, 300, 300, fill=1)
        canvas.showPage()
        canvas.showPage()

    assert read(draw).note == "1 of 3 pages without text; set ocr to tesseract to have them read"


def test_letters_at_an_angle_are_told() -> None:
    def draw(canvas: Canvas) -> None:
        write_lines(canvas, [" ".join(COLUMN[:12])], 72, 700)
        canvas.rotate(45)
        write_lines(canvas, ["NOT TO BE TAKEN OUT OF THE HOUSE"], 300, 100)

    assert read(draw).note == "25 letters at an angle are left out"
    assert read_pdf(pdf(["Whole."])).note is None


# --- titles and sections -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Contents", "INHALTSVERZEICHNIS", "Table of contents:", "Índice", "目次", "Microsoft Word - minutes.doc",
        "untitled", "report_final_v2", "C:\\docs\\minutes", "www.orlaville.example", "minutes.pdf", "7",
    ],
)  # fmt: skip
def test_what_names_no_document(words: str) -> None:
    assert not names_document(words)
    assert title_of(words, words.lower()) is None


@pytest.mark.parametrize(
    "words", ["Minutes of May", "The 39 steps", "新しい井戸の計画", "C# in a week"]
)
def test_what_names_one(words: str) -> None:
    assert names_document(words)


def test_the_outline_gives_the_levels_and_headings_of_two_lines() -> None:
    def draw(canvas: Canvas) -> None:
        y = 700.0
        for title, level, lines in (
            ("1 Wells", 0, ["1 Wells"]),
            ("1.1 The third well behind the mill", 1, ["1.1 The third well", "behind the mill"]),
            ("2 Pumps", 0, ["2 Pumps"]),
        ):
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(title, title, level)
            y = write_lines(canvas, lines, 72, y - 10)
            y = write_lines(canvas, wrapped(" ".join(COLUMN), 70), 72, y - 4)

    reading = read(draw)
    assert of(reading, "title", "heading") == [
        "1 Wells",
        "1.1 The third well behind the mill",
        "2 Pumps",
    ]
    assert [b.level for b in reading.blocks if b.kind == "heading"] == [1, 2, 1]
