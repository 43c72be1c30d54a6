"""PPTX: slides in the order in which they are shown, each the place of what it says."""

from __future__ import annotations

import io
import zipfile

import pytest

from qa.corpus.formats.pptx import read_pptx
from qa.corpus.readers import read_document
from qa.corpus.reading import UnreadableError
from tests.corpus.makers import pptx, shape, zipped
from tests.corpus.test_docx_structure import lines
from tests.corpus.test_structure import assert_lawful


def cell(words: str, about: str = "") -> str:
    return f"<a:tc {about}><a:txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></a:txBody></a:tc>"


def table(*rows: str) -> str:
    inner = "".join(f"<a:tr>{row}</a:tr>" for row in rows)
    return f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{inner}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"


SHOW = pptx(
    [
        shape("By Anna Lind", place="subTitle") + shape("The well", place="ctrTitle"),
        shape("7", place="sldNum") + shape("Costs", place="title")
        + shape("Digging", "Pumps", place="body")
        + f"<p:grpSp>{shape('In a group')}</p:grpSp>" + shape("Village", place="ftr"),
        shape("Hours", place="title")
        + table(
            cell("Day") + cell("Hours", 'gridSpan="2"') + cell("", 'hMerge="1"'),
            cell("Monday", 'rowSpan="2"') + cell("") + cell("18:00"),
            cell("", 'vMerge="1"') + cell("7:00") + cell("20:00"),
        )
        + shape("Village", place="ftr"),
    ],
    notes={2: "Say that it was dear."},
)  # fmt: skip


def test_slides_in_order() -> None:
    reading = read_pptx(SHOW)
    assert lines(reading) == [
        "t The well", "p By Anna Lind", "h Costs", "i Digging", "i Pumps", "p In a group", "p Village",
        "p Say that it was dear.", "h Hours", "c Day | Hours | Hours", "r Monday | | 18:00",
        "r Monday | 7:00 | 20:00",
    ]  # fmt: skip
    assert reading.title == "The well"
    assert_lawful(reading.text, reading.blocks)
    starts = [reading.text.index(words) for words in ("The well", "Costs", "Hours")]
    assert [(place.start, place.label) for place in reading.places] == [
        (starts[0], "slide 1"),
        (starts[1], "slide 2"),
        (starts[2], "slide 3"),
    ]
    assert len({place.part for place in reading.places}) == 3


def test_an_excerpt_is_cited_by_its_slide() -> None:
    document = read_document("a.pptx", SHOW)
    assert document.place_of(document.text.index("Say that")) == "slide 2"


def test_raised_signs_and_what_is_left_out() -> None:
    def run(words: str, about: str = "", inner: str = "") -> str:
        return f"<a:r><a:rPr {about}>{inner}</a:rPr><a:t>{words}</a:t></a:r>"

    words = run("10") + run("6", 'baseline="30000"') + run(" H") + run("2", 'baseline="-25000"')
    words += run("O ") + run("D", inner='<a:latin typeface="Symbol"/>')
    slide = f"<p:sp><p:nvSpPr><p:nvPr/></p:nvSpPr><p:txBody><a:p>{words}</a:p></p:txBody></p:sp>"
    chart = "<p:graphicFrame><c:chart xmlns:c='urn:c'/></p:graphicFrame>"
    both = f"<mc:AlternateContent xmlns:mc='urn:mc'><mc:Choice>{shape('Once')}</mc:Choice><mc:Fallback>{shape('Twice')}</mc:Fallback></mc:AlternateContent>"
    reading = read_pptx(pptx([slide + chart + both]))
    assert lines(reading) == ["p 10⁶ H₂O Δ", "p Once"]
    assert reading.note == "left out: 1 charts"


def test_a_damaged_slide_costs_one_slide() -> None:
    with zipfile.ZipFile(io.BytesIO(pptx([shape("One"), shape("Two")]))) as opened:
        parts = {name: opened.read(name) for name in opened.namelist()}
    # The last slide's part is the first one.
    reading = read_pptx(zipped({**parts, "ppt/slides/s1.xml": b"<p:sld"}))
    assert lines(reading) == ["p One"]
    assert reading.note == "left out: 1 damaged slides"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK", "damaged: it cannot be opened as a ZIP file"),
        (zipped({"a.txt": "x"}), "damaged: no presentation is in it"),
        (pptx(["<p:graphicFrame><chart/></p:graphicFrame>"]), "no text (left out: 1 charts)"),
    ],
)
def test_what_is_damaged_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_pptx(data)
    assert str(refusal.value).startswith(reason)
