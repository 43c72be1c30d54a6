"""Pages that the readers' process draws, with the words of a citation marked."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from qa.corpus.formats.pdf import read_pdf
from qa.corpus.reading import Limits, Options, UnreadableError
from qa.corpus.sandbox.drawn import found_of, message_of
from qa.corpus.sandbox.frames import FrameError
from qa.corpus.sandbox.process import Sandbox
from qa.corpus.sheets import Marks, Sheet, Wanted, text_digest
from tests.corpus.makers import pdf, write_lines

WORDS = "third well"
LEFT = 100 + pdfmetrics.stringWidth("The ", "Times-Roman", 10)
WIDE = pdfmetrics.stringWidth(WORDS, "Times-Roman", 10)


def made() -> bytes:
    """Make a page of 400 by 300 points whose words stand at ``LEFT``, on a line at 200."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(400, 300), invariant=1)
    write_lines(canvas, ["The third well of Orlaville", "was dug in the autumn."], 100, 200)
    canvas.save()
    return file.getvalue()


def wanted_of(data: bytes, words: str = WORDS) -> Wanted:
    text = read_pdf(data).text
    start = text.index(words)
    sha256 = hashlib.sha256(data).hexdigest()
    return Wanted(sha256, (1,), start, start + len(words), text_digest(text))


def drawn(tmp_path: Path, data: bytes, wanted: Wanted, **limits: int) -> list[Sheet | Marks]:
    path = tmp_path / "file.pdf"
    path.write_bytes(data)
    options = Options(Limits(**limits), confinement="kernel")
    with Sandbox(options, clock="picture_seconds") as sandbox, path.open("rb") as file:
        return [*sandbox.draw(file, wanted)]


def test_exactly_the_words_are_marked(tmp_path: Path) -> None:
    """What is coloured is where the PDF's own metrics say that the words stand."""
    data = made()
    sheet, marks = drawn(tmp_path, data, wanted_of(data))
    assert isinstance(sheet, Sheet)
    assert isinstance(marks, Marks)
    assert (marks.width, marks.height, len(marks.boxes)) == (400, 300, 1)
    picture, scale = marks.on(sheet.pixels), sheet.pixels.width / 400
    places = [
        n for n in range(0, len(picture.data), 3) if picture.data[n : n + 3] == b"\xff\xe2\x5a"
    ]
    columns = [n // 3 % picture.width / scale for n in places]
    rows = [300 - n // 3 // picture.width / scale for n in places]
    assert (min(columns), max(columns)) == pytest.approx((LEFT, LEFT + WIDE), abs=1)
    assert 195 < min(rows) < 200 < 207 < max(rows) < 213


def test_another_file_is_not_drawn(tmp_path: Path) -> None:
    data = made()
    with pytest.raises(UnreadableError, match="has changed"):
        drawn(tmp_path, data + b"\n", wanted_of(data))


def test_where_the_text_is_another_one_nothing_is_marked(tmp_path: Path) -> None:
    """The span counts in the text that the index holds, which another version may have read."""
    data = made()
    found = drawn(tmp_path, data, replace(wanted_of(data), text_sha256="0" * 64))
    assert [type(one) for one in found] == [Sheet]


def test_a_page_that_is_not_there(tmp_path: Path) -> None:
    data = made()
    with pytest.raises(UnreadableError, match="no page 7"):
        drawn(tmp_path, data, replace(wanted_of(data), pages=(7,)))


def test_no_pdf(tmp_path: Path) -> None:
    data = b"Only text."
    wanted = Wanted(hashlib.sha256(data).hexdigest(), (1,))
    with pytest.raises(UnreadableError, match="damaged"):
        drawn(tmp_path, data, wanted)


@pytest.mark.slow
def test_a_page_comes_also_where_finding_the_words_takes_too_long(tmp_path: Path) -> None:
    data = pdf(["The harbour of Vellmar was dug by four hundred dockers. " * 40] * 400)
    sha256 = hashlib.sha256(data).hexdigest()
    path = tmp_path / "long.pdf"
    path.write_bytes(data)
    sheets: list[Sheet | Marks] = []
    options = Options(Limits(seconds=1))
    with (
        Sandbox(options, clock="picture_seconds") as sandbox,
        path.open("rb") as file,
        pytest.raises(UnreadableError, match=r"more than 1 s \(setting picture_seconds\)"),
    ):
        sheets.extend(sandbox.draw(file, Wanted(sha256, (1,), 0, 9, "0" * 64)))
    assert [type(sheet) for sheet in sheets] == [Sheet]


SHEET: Mapping[str, Any] = {"sheet": [1, 1, 1, "AAAA"]}
MARKS: Mapping[str, Any] = {"marks": [1, 400.0, 300.0, [[1.0, 2.0, 30.0, 40.0]]]}


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"sheet": [2, 1, 1, "AAAA"]},
        {"sheet": [1, 2, 1, "AAAA"]},
        {"sheet": [1, 1, 1, "<b>"]},
        {"sheet": [1, 1, 1]},
        {"marks": [2, 400.0, 300.0, []]},
        {"marks": [1, 0, 300.0, []]},
        {"marks": [1, float("nan"), 300.0, []]},
        {"marks": [1, 400.0, 300.0, [[1.0, 2.0, float("inf"), 40.0]]]},
        {"marks": [1, 400.0, 300.0, [[1.0, 2.0, 3_000.0, 40.0]]]},
        {"marks": [1, 400.0, 300.0, [[1.0, 2.0, 1.0, 40.0]]]},
        {"marks": [1, 400.0, 300.0, [[1.0, 2.0]]]},
        {"marks": [1, 400.0, 300.0, [[1.0, 2.0, 3.0, 4.0]] * 20_001]},
    ],
)
def test_what_makes_no_sense_is_not_believed(message: Mapping[str, Any]) -> None:
    wanted = Wanted("0" * 64, (1,))
    for right in (SHEET, MARKS):
        assert message_of(found_of(right, wanted)).keys() == right.keys()
    with pytest.raises(FrameError):
        found_of(message, wanted)
