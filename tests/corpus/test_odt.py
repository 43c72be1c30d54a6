"""ODT: the text in order, with numbers, headings, lists, tables, notes and comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.formats.odt import read_odt
from qa.corpus.readers import read_document
from qa.corpus.reading import UnreadableError
from tests.corpus.bombs import doctype
from tests.corpus.makers import ODF, OLE, odt, zipped
from tests.corpus.test_docx_structure import lines
from tests.corpus.test_structure import ODD, assert_lawful

_TEXT = "<style:text-properties {}/>"


def style(name: str, properties: str = "", *, family: str = "text", more: str = "") -> str:
    about = _TEXT.format(properties) if properties else ""
    return f'<style:style style:name="{name}" style:family="{family}" {more}>{about}</style:style>'


AUTOMATIC = (
    style("up", 'style:text-position="super 58%"')
    + style("down", 'style:text-position="-33% 58%"')
    + style("bold", 'fo:font-weight="bold"', family="paragraph")
    + style("gone", 'text:display="none"')
    + style("mine", family="paragraph", more='style:parent-style-name="Title"')
    + '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" '
    'style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a" '
    'style:num-suffix=")" text:display-levels="2"/></text:list-style>'
    '<text:list-style style:name="B"><text:list-level-style-bullet text:level="1"/></text:list-style>'
)
STYLES = (
    '<text:outline-style style:name="O"><text:outline-level-style text:level="1" style:num-format="1" '
    'style:num-prefix="§ "/><text:outline-level-style text:level="2" style:num-format="1" '
    'text:display-levels="2"/></text:outline-style>' + style("Title", family="paragraph")
)


def p(words: str, about: str = "") -> str:
    return f'<text:p text:style-name="{about}">{words}</text:p>'


def h(words: str, level: int = 1) -> str:
    return f'<text:h text:outline-level="{level}">{words}</text:h>'


def read(body: str, **more: str) -> list[str]:
    return lines(read_odt(odt(body, automatic=AUTOMATIC, styles=STYLES, **more)))


def items(*words: str, about: str = 'text:style-name="L"') -> str:
    inner = "".join(f"<text:list-item>{word}</text:list-item>" for word in words)
    return f"<text:list {about}>{inner}</text:list>"


def test_a_document_in_order() -> None:
    found = read(
        p("Village of Orlaville") + p("Minutes", "mine") + h("Rent") + h("When", 2)
        + p('The tenant pays 10<text:span text:style-name="up">6</text:span> crowns<text:s text:c="3"/>for\n'
            'H<text:span text:style-name="down">2</text:span>O.<text:line-break/>Twice.')
        + items(p("a") + p("still a"), p("b") + items(p("inner"), about=""), p("c"))
        + p("Between.")
        + items(p("d"), about='text:style-name="L" text:continue-numbering="true"')
        + items(p("x"), about='text:style-name="B"')
        + h("Term")
    )  # fmt: skip
    assert found == [
        "p Village of Orlaville", "t Minutes", "h § 1 Rent", "h 1.1 When",
        "p The tenant pays 10⁶ crowns for H₂O.\nTwice.",
        "i 1. a", "i still a", "i 2. b", "i 2.a) inner", "i 3. c", "p Between.", "i 4. d", "i x",
        "h § 2 Term",
    ]  # fmt: skip


def test_cells_keep_their_columns() -> None:
    def row(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    def cell(words: str, about: str = "") -> str:
        return f"<table:table-cell {about}>{p(words)}</table:table-cell>"

    covered = "<table:covered-table-cell/>"
    found = read(
        "<table:table><table:table-header-rows>"
        + row(cell(""), cell("2019", 'table:number-columns-spanned="2"'), covered)
        + "</table:table-header-rows>"
        + row(cell("North", 'table:number-rows-spanned="2"'), cell("55"), cell(""))
        + row(covered, cell("57"), cell("58"))
        + row(cell("same", 'table:number-columns-repeated="3"'))
        + "</table:table>"
    )
    assert found == ["c | 2019 | 2019", "r North | 55 |", "r North | 57 | 58", "r same"]


def test_what_stands_beside_the_text() -> None:
    note = (
        "<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        f"{p('See the minutes.')}</text:note-body></text:note>"
    )
    comment = f"<office:annotation><dc:creator>Bo</dc:creator>{p('Why?')}</office:annotation>"
    deleted = (
        "<text:tracked-changes><text:changed-region><text:deletion>"
        f"{p('gone')}</text:deletion></text:changed-region></text:tracked-changes>"
    )
    box = f"<draw:frame><draw:text-box>{p('In a box.')}</draw:text-box></draw:frame>"
    contents = f"<text:table-of-content><text:index-body>{p('Rent 1')}</text:index-body></text:table-of-content>"
    header = f"<style:header>{p('Village<text:tab/>page <text:page-number>3</text:page-number>')}</style:header>"
    formula = f'<draw:object xlink:href="./Object 1"/>{p("")}'
    reading = read_odt(
        odt(
            deleted + contents + p(f"Well{note} dug.{comment}") + p(f"Seen.{box}") + p(f"So {formula}.")
            + p('Plain<text:span text:style-name="gone"> hidden</text:span>.')
            + p('<draw:object xlink:href="./Object 2"/>Chart.'),
            automatic=AUTOMATIC,
            masters=f'<style:master-page style:name="Standard">{header}</style:master-page>'
            f'<style:master-page style:name="Unused"><style:header>{p("No")}</style:header></style:master-page>',
            **{"Object 1/content.xml": "<math><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></math>"},
        )
    )  # fmt: skip
    assert lines(reading) == [
        "p Village", "f Rent 1", "p Well dug.", "p See the minutes.", "p [Comment, Bo] Why?",
        "p In a box.", "p Seen.", "p So E=mc^2.", "p Plain.", "p Chart.",
    ]  # fmt: skip
    assert reading.note == "left out: 1 deleted passages, 1 embedded objects, 1 hidden texts"


def test_properties() -> None:
    meta = (
        "<dc:title>The harbour</dc:title><meta:initial-creator>Ingrid Solvang</meta:initial-creator>"
        "<meta:creation-date>2019-11-23T10:00:00</meta:creation-date><dc:date>2019-11-24</dc:date>"
        "<dc:language>en-GB</dc:language>{}"
    )
    document = read_document("a.odt", odt(p("The harbour") + p("Words."), meta=meta.format("")))
    assert (document.title, document.author, document.language) == (
        "The harbour",
        "Ingrid Solvang",
        "en",
    )
    assert document.published and document.published.value == "2019-11-23"
    template = '<meta:template meta:date="2019-11-23T10:00:00"/>'
    assert read_document("a.odt", odt(p("x"), meta=meta.format(template))).published is None


def test_one_xml_file() -> None:
    flat = (
        f"<?xml version='1.0'?><office:document {ODF}><office:body><office:text>\n  {p('One')}\n"
        f"{h('Rent')}{p('Two')}</office:text></office:body></office:document>"
    )
    assert lines(read_odt(flat.encode())) == ["p One", "t Rent", "p Two"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK", "damaged: it cannot be opened as a ZIP file"),
        (b"<a/>", "damaged: no text document is in it"),
        (zipped({"a.txt": "x"}), "damaged: no text document is in it"),
        (OLE, "an older format under this name"),
        (odt(p("&e9;"), before=doctype()), "its XML expands or nests without limit: a bomb"),
        (
            odt(p("x"), **{"META-INF/manifest.xml": "<manifest:encryption-data/>"}),
            "encrypted: it needs a password",
        ),
        (odt(p('<draw:object xlink:href="./x"/>')), "no text (left out: 1 embedded objects)"),
    ],
)
def test_what_is_damaged_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_odt(data)
    assert str(refusal.value).startswith(reason)


_WORDS = st.text(ODD.filter(lambda c: c.isprintable() or c in "\n\t"), max_size=12)


@given(
    st.lists(
        st.tuples(_WORDS, st.sampled_from(["", "up", "gone"]), st.sampled_from("phlt")), max_size=12
    )
)
def test_the_offset_law_holds_for_any_document(parts: list[tuple[str, str, str]]) -> None:
    escape = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
    body = ""
    for words, look, kind in parts:
        made = f'<text:span text:style-name="{look}">{words.translate(escape)}</text:span>'
        cell = f"<table:table-cell>{p(made)}</table:table-cell>"
        body += {
            "p": p(made), "h": h(made), "l": items(p(made)),
            "t": f"<table:table><table:table-row>{cell}{cell}</table:table-row></table:table>",
        }[kind]  # fmt: skip
    data = odt(body, automatic=AUTOMATIC, styles=STYLES)
    try:
        reading = read_odt(data)
    except UnreadableError as error:
        assert str(error).startswith("no text (left out")
        return
    assert_lawful(reading.text, reading.blocks)
