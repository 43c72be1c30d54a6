"""What a Word document says besides the words of its paragraphs: numbers, cells, notes, boxes, signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.formats.docx import read_docx
from qa.corpus.readers import read_document
from qa.corpus.reading import Reading, UnreadableError
from tests.corpus.makers import W, docx, word
from tests.corpus.test_structure import ODD, assert_lawful

R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def lines(reading: Reading) -> list[str]:
    """Return the blocks, each with the first letter of its kind, "c" for the header of a table's columns."""
    return [
        f"{'c' if b.kind == 'header' else b.kind[0]} {reading.text[b.start : b.end]}"
        for b in reading.blocks
    ]


def read(body: str, **parts: str) -> list[str]:
    return lines(read_docx(docx(body, **parts)))


def run(words: str, about: str = "") -> str:
    return f'<w:r><w:rPr>{about}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def paragraph(*runs: str, about: str = "") -> str:
    return f"<w:p><w:pPr>{about}</w:pPr>{''.join(runs)}</w:p>"


def listed(words: str, level: int = 0, key: int = 1) -> str:
    about = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{key}"/></w:numPr>'
    return paragraph(run(words), about=about)


def level(at: int, way: str, text: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{way}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def numbering(*levels: str, more: str = "") -> str:
    return (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="7">{"".join(levels)}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>{more}</w:numbering>'
    )


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(words: str, about: str = "") -> str:
    return f"<w:tc><w:tcPr>{about}</w:tcPr>{word(words)}</w:tc>"


@pytest.mark.parametrize(
    ("way", "numbers"),
    [
        ("decimal", "1 2 3 4 5"),
        ("decimalZero", "01 02 03 04 05"),
        ("lowerLetter", "a b c d e"),
        ("upperLetter", "A B C D E"),
        ("lowerRoman", "i ii iii iv v"),
        ("upperRoman", "I II III IV V"),
        ("ordinal", "1st 2nd 3rd 4th 5th"),
        ("decimalEnclosedCircle", "① ② ③ ④ ⑤"),
        ("chineseCounting", "一 二 三 四 五"),
        ("russianLower", "а б в г д"),
        ("a way of tomorrow", "1 2 3 4 5"),
    ],
)
def test_ways_of_counting(way: str, numbers: str) -> None:
    found = read("".join(listed("x") for _ in range(5)), numbering=numbering(level(0, way, "%1")))
    assert found == [f"i {number} x" for number in numbers.split()]


def test_levels_begin_anew_below_the_next_higher_one() -> None:
    shape = numbering(
        level(0, "upperRoman", "%1."),
        level(1, "decimal", "%1.%2", "<w:isLgl/>"),
        level(2, "lowerLetter", "%3)", '<w:lvlRestart w:val="0"/>'),
        level(3, "bullet", "\uf0b7"),
    )
    found = read("".join(listed("x", at) for at in (0, 1, 2, 2, 1, 2, 3, 0, 1, 2)), numbering=shape)
    assert found == [
        "i I. x", "i 1.1 x", "i a) x", "i b) x", "i 1.2 x", "i c) x", "i x", "i II. x", "i 2.1 x",
        "i d) x",
    ]  # fmt: skip


def test_a_list_that_begins_anew_says_where() -> None:
    more = (
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="5"/></w:lvlOverride></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
    )
    body = listed("x") + listed("x") + listed("x", key=2) + listed("x", key=2) + listed("x", key=3)
    found = read(body, numbering=numbering(level(0, "decimal", "%1."), more=more))
    assert found == ["i 1. x", "i 2. x", "i 5. x", "i 6. x", "i 7. x"]


def test_a_style_numbers_its_paragraphs_and_a_paragraph_may_decline() -> None:
    styles = (
        f'<w:styles {W}><w:style w:styleId="C" w:type="paragraph"><w:name w:val="heading 2"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>'
    )
    shape = numbering(
        level(0, "decimal", "%1"), level(1, "decimal", "Clause %2", '<w:pStyle w:val="C"/>')
    )
    none = '<w:pStyle w:val="C"/><w:numPr><w:numId w:val="0"/></w:numPr>'
    body = word("Rent", style="C") + word("Words.") + paragraph(run("Keys"), about=none)
    found = read(body + word("Words.") + word("Term", style="C"), numbering=shape, styles=styles)
    assert found == ["h Clause 1 Rent", "p Words.", "h Keys", "p Words.", "h Clause 2 Term"]


def test_cells_keep_their_columns() -> None:
    merged, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    wide = '<w:gridSpan w:val="2"/>'
    body = table(
        cell("") + cell("2019", wide) + cell("2020"),
        cell("North", merged) + cell("55") + cell("") + cell("60"),
        cell("", goes_on) + cell("57") + cell("58") + cell(""),
        cell("All of it", '<w:gridSpan w:val="4"/>'),
        "<w:trPr><w:gridBefore w:val='1'/></w:trPr>" + cell("a") + cell("b") + cell("c"),
        cell("") + cell("") + cell("") + cell(""),
    )
    assert read(body) == [
        "r | 2019 | 2019 | 2020",
        "r North | 55 | | 60",
        "r North | 57 | 58 |",
        "r All of it",
        "r | a | b | c",
    ]


def test_a_table_that_only_arranges_is_read_cell_by_cell() -> None:
    long = "A sentence that tells a story. " * 40
    assert read(table(cell("One."), cell("Two."))) == ["p One.", "p Two."]
    assert read(table(cell(long) + cell("Aside."))) == [f"p {long.strip()}", "p Aside."]
    inner = f"<w:tc>{table(cell('a') + cell('b'), cell('c') + cell('d'))}</w:tc>"
    assert read(table(inner + cell("Aside."))) == ["r a | b", "r c | d", "p Aside."]


def test_a_deleted_row_is_left_out_and_counted() -> None:
    gone = "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
    row = f"<w:trPr><w:del/></w:trPr><w:tc><w:p>{gone}</w:p></w:tc><w:tc><w:p/></w:tc>"
    reading = read_docx(
        docx(table(cell("a") + cell("b"), row) + paragraph(run("x "), gone, run("y")))
    )
    assert lines(reading) == ["r a | b", "p x y"]
    assert reading.note == "left out: 2 deleted passages"


def test_a_paragraph_whose_end_is_deleted_goes_on() -> None:
    body = paragraph(run("One "), about="<w:rPr><w:del/></w:rPr>") + word("sentence.")
    assert read(body) == ["p One sentence."]


@pytest.mark.parametrize(
    ("before", "words", "place", "shown"),
    [
        ("10", "6", "superscript", "10⁶"),
        ("10", "−3", "superscript", "10⁻³"),
        ("CO", "2", "subscript", "CO₂"),
        ("1", "st", "superscript", "1st"),
        ("x", "n", "superscript", "xⁿ"),
        ("2", "0.5", "superscript", "2^0.5"),
        ("m", "2 ", "superscript", "m² "),
    ],
)
def test_raised_and_lowered(before: str, words: str, place: str, shown: str) -> None:
    found = read(paragraph(run(before), run(words, f'<w:vertAlign w:val="{place}"/>'), run("|")))
    assert found == [f"p {shown}|"]


def test_signs_of_fonts_that_have_pictures() -> None:
    box = '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>'
    unknown = '<w:r><w:sym w:font="Webdings" w:char="F0FE"/></w:r>'
    greek = run("Dp", '<w:rFonts w:ascii="Symbol"/>')
    reading = read_docx(docx(paragraph(box, run(" paid, "), greek, run(" \uf0b0C"), unknown)))
    assert lines(reading) == ["p ☑ paid, Δπ °C"]
    assert reading.note == "left out: 1 signs of unknown fonts"


def test_what_is_filled_in() -> None:
    def form(inner: str) -> str:
        return (
            f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{inner}</w:ffData></w:fldChar></w:r>'
            '<w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )

    choice = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="boat"/><w:listEntry w:val="tug"/></w:ddList>'
    control = (
        '<w:sdt><w:sdtPr><w14:checkbox xmlns:w14="urn:w14"><w14:checked w14:val="1"/></w14:checkbox>'
        f"</w:sdtPr><w:sdtContent>{run('R')}</w:sdtContent></w:sdt>"
    )
    empty = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('Click here')}</w:sdtContent></w:sdt>"
    filled = f"<w:sdt><w:sdtPr/><w:sdtContent>{run('Anna Lind')}</w:sdtContent></w:sdt>"
    assert read(
        paragraph(form("<w:checkBox><w:default w:val='0'/></w:checkBox>"), run(" Paid"))
        + paragraph(form("<w:checkBox><w:checked/></w:checkBox>"), run(" Owed"))
        + paragraph(run("Vessel: "), form(choice))
        + paragraph(control, run(" Agreed"))
        + paragraph(run("Name: "), filled)
        + paragraph(run("Street: "), empty)
    ) == ["p ☐ Paid", "p ☒ Owed", "p Vessel: tug", "p ☒ Agreed", "p Name: Anna Lind", "p Street:"]


def test_headers_and_footers_come_once_and_without_the_pages_numbers() -> None:
    page = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>3</w:t></w:r></w:fldSimple>'
    footer = paragraph(run("File 77"), "<w:r><w:tab/></w:r>", run("Page "), page)
    relations = "".join(
        f'<Relationship Id="{key}" Type="x/{kind}" Target="{key}.xml"/>'
        for key, kind in (("h1", "header"), ("h2", "header"), ("h3", "header"), ("f1", "footer"))
    )
    section = (
        f'<w:sectPr {R}><w:headerReference r:id="h1"/><w:headerReference r:id="h2"/></w:sectPr>'
    )
    last = f'<w:sectPr {R}><w:headerReference r:id="h3"/><w:footerReference r:id="f1"/></w:sectPr>'
    found = read(
        word("One.") + paragraph(run("Two."), about=section) + word("Three.") + last,
        h1=f"<w:hdr {W}>{word('Village of Orlaville')}</w:hdr>",
        h2=f"<w:hdr {W}>{word('Village of Orlaville')}</w:hdr>",
        h3=f"<w:hdr {W}>{word('Annex')}</w:hdr>",
        f1=f"<w:ftr {W}>{footer}</w:ftr>",
        relations=relations,
    )
    assert found == [
        "p Village of Orlaville",
        "p One.",
        "p Two.",
        "p Annex",
        "p Three.",
        "p File 77",
    ]


def test_a_note_and_a_comment_follow_what_refers_to_them() -> None:
    def noted(kind: str, key: str) -> str:
        return paragraph(run("See"), f'<w:r><w:{kind}Reference w:id="{key}"/></w:r>', run(" it."))

    notes = "".join(f'<w:footnote w:id="{n}">{word(f"Note {n}.")}</w:footnote>' for n in (1, 2, 3))
    in_table = f"<w:tc>{noted('footnote', '2')}</w:tc>" + cell("x")
    found = read(
        word("Rent", style="berschrift1")
        + noted("footnote", "1") + noted("footnote", "1")
        + table(in_table, cell("a") + cell("b"))
        + noted("comment", "0")
        + word("End."),
        footnotes=f"<w:footnotes {W}>{notes}</w:footnotes>",
        comments=f'<w:comments {W}><w:comment w:id="0" w:author="Bo">{word("Why?")}{word("Ask.")}'
        "</w:comment></w:comments>",
    )  # fmt: skip
    assert found == [
        "t Rent", "p See it.", "p Note 1.", "p See it.", "r See it. | x", "r a | b", "p Note 2.",
        "p See it.", "p [Comment, Bo] Why?\nAsk.", "p End.", "p Note 3.",
    ]  # fmt: skip


def test_a_table_of_contents_is_furniture() -> None:
    styles = f'<w:styles {W}><w:style w:styleId="T1"><w:name w:val="toc 1"/></w:style></w:styles>'
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> TOC \\o "1-3" </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    found = read(
        word("Rent 3", style="T1") + paragraph(field, run("Term 4")) + paragraph(run("Keys 5"), end)
        + word("Words."),
        styles=styles,
    )  # fmt: skip
    assert found == ["f Rent 3", "f Term 4", "f Keys 5", "p Words."]


def test_text_boxes_are_read_once_and_where_only_the_older_form_has_words() -> None:
    def box(words: str) -> str:
        return f"<w:txbxContent>{word(words)}</w:txbxContent>" if words else "<x/>"

    def both(new: str, old: str) -> str:
        return (
            f"<w:r><mc:AlternateContent><mc:Choice>{box(new)}</mc:Choice>"
            f"<mc:Fallback>{box(old)}</mc:Fallback></mc:AlternateContent></w:r>"
        )

    body = paragraph(run("One."), both("Box.", "Box."), run(" Two.")) + paragraph(both("", "Old."))
    assert read(body) == ["p Box.", "p One. Two.", "p Old."]


def maths(inner: str) -> str:
    return f"<w:p><w:r><w:t>so </w:t></w:r><m:oMath {M}>{inner}</m:oMath></w:p>"


def m(words: str) -> str:
    return f"<m:r><m:t>{words}</m:t></m:r>"


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        (m("E=m") + f"<m:sSup><m:e>{m('c')}</m:e><m:sup>{m('2')}</m:sup></m:sSup>", "E=mc²"),
        (f"<m:f><m:num>{m('a+b')}</m:num><m:den>{m('2')}</m:den></m:f>", "(a+b)/2"),
        (f"<m:rad><m:deg/><m:e>{m('x+1')}</m:e></m:rad>", "√(x+1)"),
        (f"<m:rad><m:deg>{m('3')}</m:deg><m:e>{m('x')}</m:e></m:rad>", "∛x"),
        (f"<m:sSub><m:e>{m('x')}</m:e><m:sub>{m('i')}</m:sub></m:sSub>", "x_i"),
        (
            f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{m("i=1")}</m:sub>'
            f"<m:sup>{m('n')}</m:sup><m:e>{m('i')}</m:e></m:nary>",
            "∑_(i=1)ⁿ i",
        ),
        (f"<m:d><m:e>{m('a')}</m:e><m:e>{m('b')}</m:e></m:d>", "(a|b)"),
        (f"<m:func><m:fName>{m('sin')}</m:fName><m:e>{m('x')}</m:e></m:func>", "sin x"),
    ],
)
def test_formulas(inner: str, shown: str) -> None:
    assert read(maths(inner)) == [f"p so {shown}"]


BIG = '<w:sz w:val="32"/>'


def test_looks_make_headings_with_levels() -> None:
    found = read_docx(
        docx(
            paragraph(run("Minutes", BIG))
            + paragraph(run("Rent", "<w:b/>"))
            + word("The tenant pays by the third day of the month, and in cash.")
            + paragraph(run("Note that this is so.", "<w:b/>"))
            + word("Nothing else was said about it by anybody.")
            + paragraph(run("Term", "<w:b/>"))
            + word("It ends in May.")
        )
    )
    assert [(b.kind, b.level, found.text[b.start : b.end]) for b in found.blocks] == [
        ("title", 1, "Minutes"),
        ("heading", 2, "Rent"),
        ("paragraph", 0, "The tenant pays by the third day of the month, and in cash."),
        ("paragraph", 0, "Note that this is so."),
        ("paragraph", 0, "Nothing else was said about it by anybody."),
        ("heading", 2, "Term"),
        ("paragraph", 0, "It ends in May."),
    ]
    assert found.title == "Minutes"


def test_bold_says_nothing_where_all_is_bold_or_many_lines_are() -> None:
    bold = [paragraph(run(f"Line {n}", "<w:b/>")) for n in range(5)]
    assert {line[0] for line in read("".join(bold) + word("x"))} == {"p"}
    address = [paragraph(run(f"Line {n}", f"<w:b/>{BIG}")) for n in range(5)]
    found = read("".join(address) + word("Some words of the letter itself, plainly."))
    assert [line[0] for line in found] == ["t", "p", "p", "p", "p", "p"]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (word("1. Rent", style="berschrift1") + word("x"), None),
        (word("Contents", style="Titel") + word("x"), None),
        (word("Inhaltsverzeichnis", style="berschrift1") + word("x"), None),
        ((word("Rent", style="berschrift1") + word("x")) * 2, None),
        (
            word("A lease", style="berschrift1") + word("Rent", style="berschrift2") + word("x"),
            "A lease",
        ),
        (word("A", style="Titel") + word("lease", style="Titel") + word("x"), "A lease"),
        (word("A lease") + word("x"), None),
    ],
)
def test_titles(body: str, title: str | None) -> None:
    assert read_docx(docx(body)).title == title


@pytest.mark.parametrize(
    ("created", "modified", "more", "date"),
    [
        ("2019-03-04T10:00:00Z", "2019-03-05T10:00:00Z", "", "2019-03-04"),
        ("2013-12-23T23:15:00Z", "2019-03-05T10:00:00Z", "", None),
        ("2019-03-04T10:00:00Z", "2013-03-05T10:00:00Z", "", None),
        ("2013-12-23T23:15:00Z", "2013-12-23T23:15:00Z", "generated by python-docx", None),
        ("1601-01-01T00:00:00Z", "", "", None),
        ("1980-01-01T00:00:00Z", "1980-01-01T00:00:00Z", "", None),
    ],
)
def test_a_template_has_no_date(created: str, modified: str, more: str, date: str | None) -> None:
    core = (
        f"<dcterms:created>{created}</dcterms:created><dcterms:modified>{modified}</dcterms:modified>"
        f"<dc:description>{more}</dc:description>"
    )
    published = read_document("a.docx", docx(word("Words."), core=core)).published
    assert (published.value if published else None) == date


_RUNS = st.tuples(
    st.text(ODD.filter(lambda c: c.isprintable() or c in "\n\t"), max_size=12),
    st.sampled_from(["", "<w:b/>", BIG, '<w:vertAlign w:val="superscript"/>', "<w:vanish/>"]),
)
_PARAGRAPHS = st.lists(
    st.tuples(
        st.lists(_RUNS, max_size=4),
        st.sampled_from(["", "Titel", "berschrift1", "Mine"]),
        st.booleans(),
    ),
    max_size=12,
)


@pytest.mark.slow
@given(_PARAGRAPHS)
def test_the_offset_law_holds_for_any_document(
    paragraphs: list[tuple[list[tuple[str, str]], str, bool]],
) -> None:
    escape = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
    body = ""
    for runs, style, in_table in paragraphs:
        about = f'<w:pStyle w:val="{style}"/>' if style else ""
        made = paragraph(*(run(words.translate(escape), look) for words, look in runs), about=about)
        body += table(f"<w:tc>{made}</w:tc><w:tc>{made}</w:tc>") if in_table else made
    try:
        reading = read_docx(docx(body))
    except UnreadableError as error:
        assert str(error).startswith("no text (left out")
        return
    assert_lawful(reading.text, reading.blocks)
    if reading.title:
        titles = [reading.text[b.start : b.end] for b in reading.blocks if b.kind == "title"]
        assert " ".join(" ".join(titles).split()) == reading.title
