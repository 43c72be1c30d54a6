"""Words of a citation that are found on their pages, the rest of a long PDF unread."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from reportlab.pdfgen.canvas import Canvas

from qa.corpus.drawing import drawn
from qa.corpus.formats.pdf import pages as opened
from qa.corpus.formats.pdf.boxes import Marked, word_boxes
from qa.corpus.formats.pdf.nearby import nearby
from qa.corpus.formats.pdf.scans import Scanner
from qa.corpus.formats.pdf.text import read_traced
from qa.corpus.readers import read_document
from qa.corpus.reading import Ocr
from qa.corpus.sheets import Marks, wanted_of_span
from qa.records import Document
from qa.service.pictures import pages_of
from tests.corpus.makers import COLUMN, HEIGHT, wrapped, write_lines

PAGES = 40
SAME = "Nobody came to the harbour on that day."


@pytest.fixture(scope="module")
def data() -> bytes:
    """Make a book: odd and even running heads, a paragraph over each page's end, a sentence on each page."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for page in range(1, PAGES + 1):
        head = "The harbour of Vellmar" if page % 2 else "Its dockers and its boats"
        write_lines(canvas, [f"{head}    {page}"], 72, HEIGHT - 40, size=8)
        first = f"the dockers of H{'o' * page} went home before the evening of the day."
        lines = [] if page == 1 else [first]
        y = write_lines(canvas, lines, 72, HEIGHT - 90)
        day = wrapped(f"On day {page} the log has this. {SAME} {' '.join(COLUMN)}", 70)
        y = write_lines(canvas, day, 72, y - 16)
        y = write_lines(canvas, ["A boat of page " + "i" * page + " lay by the light-"], 72, y - 16)
        y = write_lines(canvas, ["house and the keeper saw it."], 72, y)
        if page < PAGES:
            last = f"It was day {page} of the strike, the sea was calm, the wind fell, and all"
            write_lines(canvas, [last], 72, y - 16)
        canvas.showPage()
    write_lines(canvas, ["The lighthouse of Vellmar burned down in the autumn."], 72, 600)
    canvas.save()
    return file.getvalue()


@pytest.fixture(scope="module")
def document(data: bytes) -> Document:
    return read_document("book.pdf", data)


def near(data: bytes, document: Document, start: int, end: int) -> tuple[Marked, ...]:
    wanted = wanted_of_span(document, pages_of(document, start, end), start, end)
    start, end = wanted.start - wanted.around_from, wanted.end - wanted.around_from
    return nearby(data, wanted.pages, wanted.around, start, end, Scanner(Ocr()))


@pytest.mark.parametrize(
    ("words", "nth"),
    [
        ("On day 1 the log has this.", 0),
        ("On day 23 the log has this.", 0),
        (SAME, 16),  # it stands on every page
        ("i lay by the lighthouse and", 30),  # only the last page has the word unbroken
        ("13 of the strike, the sea was calm, the wind fell, and all the dockers of Hoo", 0),
        ("burned down in the autumn.", 0),
    ],
)
def test_the_words_are_found_where_the_whole_file_has_them(
    data: bytes, document: Document, words: str, nth: int
) -> None:
    start = -1
    for _ in range(nth + 1):
        start = document.text.index(words, start + 1)
    found = near(data, document, start, start + len(words))
    assert found == word_boxes(data, start, start + len(words))
    assert found
    assert all(marked.boxes for marked in found)


def test_only_the_pages_beside_are_read(
    data: bytes, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = document.text.index("On day 23")
    read = []
    real = opened._page
    monkeypatch.setattr(opened, "_page", lambda *given: read.append(1) or real(*given))
    wanted = wanted_of_span(document, pages_of(document, start, start + 20), start, start + 20)
    assert [type(one).__name__ for one in drawn(data, wanted)] == ["Sheet", "Marks"]
    assert len(read) == 5


def test_a_place_that_is_not_sure_is_looked_for_in_the_whole_file(
    data: bytes, document: Document
) -> None:
    start = document.text.index("On day 23")
    wanted = wanted_of_span(document, (23,), start, start + 20)
    other = replace(wanted, around=wanted.around.replace("On day 23", "In May 23"))
    marks = [one for one in drawn(data, other) if isinstance(one, Marks)]
    assert [mark.boxes for mark in marks] == [word_boxes(data, start, start + 20)[0].boxes]


def test_words_that_stand_twice_among_the_same_words_are_not_marked() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    write_lines(canvas, [SAME] * 12, 72, 700)
    canvas.save()
    text = " ".join([SAME] * 12)
    start = 5 * (len(SAME) + 1)
    around = text[start - 50 : start + len(SAME) + 50]
    found = nearby(file.getvalue(), (1,), around, 50, 50 + len(SAME), Scanner(Ocr()))
    assert found == ()


def test_pages_that_are_not_read_are_empty(data: bytes) -> None:
    traced = read_traced(data, only=range(3, 6), known="")
    assert "On day 3 " not in traced.reading.text
    assert "On day 4 " in traced.reading.text
    assert len(traced.reading.page_starts) == PAGES + 1
    assert traced.reading.page_starts[:4] == (0,) * 4
    assert traced.reading.page_starts[6:] == (len(traced.reading.text),) * (PAGES - 5)


def test_no_page_of_the_file(data: bytes) -> None:
    assert nearby(data, (PAGES + 2,), "On day", 0, 6, Scanner(Ocr())) == ()
    assert nearby(data, (), "On day", 0, 6, Scanner(Ocr())) == ()
