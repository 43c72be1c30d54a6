"""Boxes of a PDF's words, and pictures of its pages."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from qa.corpus.formats.pdf import read_pdf
from qa.corpus.formats.pdf.boxes import Marked, draw_page, word_boxes
from qa.corpus.reading import UnreadableError
from tests.corpus.makers import COLUMN, pdf, scanned_pdf, wrapped, write_lines
from tests.corpus.test_reported_pdf import REPORTED


def boxes(data: bytes, words: str) -> tuple[Marked, ...]:
    start = read_pdf(data).text.index(words)
    return word_boxes(data, start, start + len(words))


def drawn(*, rotate: int = 0, crop: tuple[float, float, float, float] | None = None) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(400, 300), invariant=1)
    # reportlab turns the page's own box with it.
    canvas.setPageRotation(rotate)
    if crop:
        canvas.setCropBox(crop)
    write_lines(canvas, ["The third well of Orlaville", "was dug in the autumn."], 100, 200)
    canvas.save()
    return file.getvalue()


LEFT = 100 + pdfmetrics.stringWidth("The ", "Times-Roman", 10)
WIDE = pdfmetrics.stringWidth("third well", "Times-Roman", 10)


def test_a_box_begins_and_ends_where_the_words_do() -> None:
    [marked] = boxes(drawn(), "third well")
    assert (marked.page, marked.width, marked.height) == (1, 400, 300)
    [(x0, y0, x1, y1)] = marked.boxes
    assert (x0, x1) == pytest.approx((LEFT, LEFT + WIDE), abs=0.1)
    assert 196 < y0 < 200 < 206 < y1 < 212


def test_each_line_has_a_box_of_its_own() -> None:
    [marked] = boxes(drawn(), "Orlaville was")
    assert len(marked.boxes) == 2
    assert marked.boxes[0][0] > marked.boxes[1][2]


@pytest.mark.parametrize(
    ("rotate", "edges"),
    [
        (90, (300, 400, None, (400 - LEFT - WIDE, 400 - LEFT))),
        (180, (400, 300, (400 - LEFT - WIDE, 400 - LEFT), None)),
        (270, (300, 400, None, (LEFT, LEFT + WIDE))),
    ],
)
def test_places_are_those_of_the_page_as_it_is_shown(
    rotate: int,
    edges: tuple[float, float, tuple[float, float] | None, tuple[float, float] | None],
) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(400, 300), invariant=1)
    write_lines(canvas, ["The third well of Orlaville"], 100, 200)
    canvas.save()
    data = file.getvalue().replace(b"/Rotate 0", b"/Rotate %d" % rotate)
    assert data != file.getvalue()
    [marked] = boxes(data, "third well")
    assert (marked.width, marked.height) == edges[:2]
    [(x0, y0, x1, y1)] = marked.boxes
    across, up = edges[2:]
    if across:
        assert (x0, x1) == pytest.approx(across, abs=0.1)
    if up:
        assert (y0, y1) == pytest.approx(up, abs=0.1)


def test_a_cropped_page_counts_from_what_is_shown() -> None:
    [marked] = boxes(drawn(crop=(50, 100, 350, 280)), "third well")
    assert (marked.width, marked.height) == (300, 180)
    assert marked.boxes[0][0] == pytest.approx(LEFT - 50, abs=0.1)


def test_words_that_are_not_shown_are_not_marked() -> None:
    assert boxes(drawn(crop=(50, 100, 120, 280)), "Orlaville") == ()


def test_a_span_over_two_pages_has_an_item_for_each() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    write_lines(canvas, wrapped(f"{' '.join(COLUMN)} It was filled in again by the", 70), 72, 200)
    canvas.showPage()
    write_lines(canvas, ["same dockers, and nobody thanked them."], 72, 600)
    canvas.save()
    assert [m.page for m in boxes(file.getvalue(), "again by the same dockers")] == [1, 2]


def test_what_was_filled_in_is_marked_by_its_field() -> None:
    [marked] = boxes((REPORTED / "pdf_form_values.pdf").read_bytes(), "Anna Lind")
    assert marked.boxes == ((150.0, 732.0, 350.0, 750.0),)


def test_where_other_words_stand_under_a_box_nothing_is_marked() -> None:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    write_lines(canvas, ["The third well of Orlaville"], 100, 200)
    canvas.rotate(3)  # a stamp across the words, which is no part of the text
    write_lines(canvas, ["WITHDRAWN WITHDRAWN"], 105, 192)
    canvas.save()
    assert boxes(file.getvalue(), "well of") == ()


def test_a_span_that_the_text_has_not_is_not_marked() -> None:
    data = drawn()
    length = len(read_pdf(data).text)
    assert (
        word_boxes(data, 5, 5) == word_boxes(data, -1, 4) == word_boxes(data, 0, length + 1) == ()
    )


def picture(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_page_is_drawn_as_wide_as_asked_and_its_words_are_dark_where_their_boxes_are() -> None:
    data = drawn()
    image = picture(draw_page(data, 1, width=800).png())
    assert image.size == (800, 600)
    [marked] = boxes(data, "third well")
    x0, y0, x1, y1 = (2 * edge for edge in marked.boxes[0])
    inside = image.crop((int(x0), int(600 - y1), int(x1), int(600 - y0))).convert("L")
    assert inside.getextrema()[0] < 80
    above = image.crop((int(x0), 100, int(x1), 160)).convert("L")
    assert above.getextrema() == (255, 255)


@pytest.mark.parametrize("size", [(400, 300), (14400, 14400), (1, 14400), (14400, 3)])
def test_a_picture_has_no_more_pixels_than_allowed(size: tuple[float, float]) -> None:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=size, invariant=1)
    canvas.drawString(0, 0, "a")
    canvas.save()
    data = draw_page(file.getvalue(), 1, width=100_000, max_pixels=50_000).png()
    wide, high = struct.unpack(">II", data[16:24])
    assert 0 < wide * high <= 50_000


def test_a_scanned_page_can_be_drawn() -> None:
    assert picture(draw_page(scanned_pdf(), 2, width=200).png()).getpixel((100, 100)) == (
        200,
        200,
        200,
    )


def test_no_page_no_picture() -> None:
    for page in (0, 2):
        with pytest.raises(UnreadableError, match="no page"):
            draw_page(pdf(["One."]), page)
    with pytest.raises(UnreadableError, match="damaged"):
        draw_page(b"%PDF-1.7\n", 1)
