"""Workbooks: each row under its header, cited by sheet and row."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.build.passages import Splitting, split
from qa.corpus.readers import read_document, read_noted
from qa.corpus.reading import UnreadableError
from qa.records import Document, Published
from tests.corpus.makers import OLE, Cell, ods, sheet_xml, xlsx, zipped
from tests.corpus.test_structure import assert_lawful

_PUMPS: Sequence[Sequence[Cell]] = [["Pump", "Litres"], ["South", 55], ["North", 1.5]]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def lines(document: Document) -> list[tuple[str | None, str]]:
    """Return the rows of a workbook, each with its place."""
    return [
        (document.place_of(b.start), document.text[b.start : b.end])
        for b in document.blocks
        if b.kind == "row"
    ]


@pytest.mark.parametrize(("name", "make"), [("a.xlsx", xlsx), ("a.ods", ods)])
def test_a_row_is_cited_by_its_sheet_and_number(name: str, make: type) -> None:
    document = read_document(name, make({"Wells": [["Depth of the well"]], "Pumps": _PUMPS}))
    assert_lawful(document.text, document.blocks)
    assert lines(document) == [
        ("Wells, row 1", "Depth of the well"),
        ("Pumps, row 2", "Pump: South | Litres: 55"),
        ("Pumps, row 3", "Pump: North | Litres: 1.5"),
    ]
    assert [section.title for section in document.sections] == ["Wells", "Pumps"]


def test_a_row_under_a_header_is_a_passage_that_says_its_columns() -> None:
    document = read_document("a.xlsx", xlsx({"Sheet1": _PUMPS}))
    passages = split(document, Splitting(), lambda text: range(0, len(text), 4))
    assert [p.text for p in passages] == ["Pump: South | Litres: 55", "Pump: North | Litres: 1.5"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Rows and columns before the table; an empty row within it.
        ([[], [None, "Pump", "Litres"], [None, "South", 5], [], [None, "North", 6]],
         [(3, "Pump: South | Litres: 5"), (5, "Pump: North | Litres: 6")]),
        # Words alone, under a header that names each column; an empty cell.
        ([["Day", "Opens", "Closes"], ["Monday", None, "late"], ["Sunday", "noon", "early"]],
         [(2, "Day: Monday | Closes: late"), (3, "Day: Sunday | Opens: noon | Closes: early")]),
        # A form: what stands on the left is no header.
        ([["Name", "Anna Lind"], ["Born in", "Oslo"]], [(1, "Name | Anna Lind"), (2, "Born in | Oslo")]),
        # No header: empty cells keep their place.
        ([[1, None, 3], [4, 5, None]], [(1, "1 | | 3"), (2, "4 | 5")]),
        # Two tables below one another, each with its header.
        ([["Pump", "Litres"], ["South", 5], [], ["Year", "Rain"], [2018, 7]],
         [(2, "Pump: South | Litres: 5"), (5, "Year: 2018 | Rain: 7")]),
        # A column that the header does not name.
        ([["Pump", "Litres"], ["South", 5, "old"]], [(2, "Pump: South | Litres: 5 | old")]),
        # One name twice is no header.
        ([["Pump", "Pump"], ["South", 5]], [(1, "Pump | Pump"), (2, "South | 5")]),
        # A header alone is a row.
        ([["Pump", "Litres", "Year"]], [(1, "Pump | Litres | Year")]),
        ([["Text of  one\ncell."], ["And another."]], [(1, "Text of one cell."), (2, "And another.")]),
    ],
)  # fmt: skip
def test_rows(rows: Sequence[Sequence[Cell]], expected: list[tuple[int, str]]) -> None:
    document = read_document("a.xlsx", xlsx({"P": [*rows], "Q": [["x"]]}))
    assert lines(document)[:-1] == [(f"P, row {number}", words) for number, words in expected]


def test_a_caption_is_the_section_of_its_table() -> None:
    rows: list[list[Cell]] = [["Pumps of the harbour"], *map(list, _PUMPS)]
    document = read_document("a.xlsx", xlsx({"Sheet1": rows}))
    assert [section.title for section in document.sections] == ["Pumps of the harbour"]
    first, second = split(document, Splitting(), lambda text: range(0, len(text), 4))
    # The first row is read with its caption, and cited by its own number.
    assert first.text == "Pumps of the harbour\n\nPump: South | Litres: 55"
    assert [document.place_of(p.start) for p in (first, second)] == [
        "Sheet1, row 3",
        "Sheet1, row 4",
    ]
    assert second.section == "Pumps of the harbour"


def test_a_cell_that_spans_rows_stands_in_each() -> None:
    rows: list[list[Cell]] = [["Year", "Pump", "Litres"], [2019, "South", 55], [None, "North", 6]]
    merged = '<mergeCells count="2"><mergeCell ref="A2:A3"/><mergeCell ref="B9:C9"/></mergeCells>'
    document = read_document("a.xlsx", xlsx({"P": sheet_xml(rows, more=merged)}))
    assert lines(document)[1] == ("P, row 3", "Year: 2019 | Pump: North | Litres: 6")


def test_cells_are_shown_as_one_reads_them() -> None:
    cells = (
        '<c r="A1" s="1"><v>43528</v></c><c r="B1"><v>0.1</v></c><c r="C1"><v>1931</v></c>'
        '<c r="D1" t="b"><v>1</v></c><c r="E1" t="str"><f>A1</f><v>a result</v></c>'
        '<c r="F1"><v>0.30000000000000004</v></c><c r="G1" s="1"><v>43528.75</v></c>'
    )
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1">{cells}</row></sheetData></worksheet>'
    )
    document = read_document("a.xlsx", xlsx({"P": sheet}))
    (row,) = lines(document)
    assert row[1] == "2019-03-04 | 0.1 | 1931 | TRUE | a result | 0.3 | 2019-03-04 18:00"


def test_what_a_workbook_says_of_itself() -> None:
    core = (
        "<dc:title>Pumps of Vellmar</dc:title><dc:creator>Anna Lind</dc:creator>"
        "<dcterms:created>2019-03-04T10:00:00Z</dcterms:created>"
    )
    document = read_document("a.xlsx", xlsx({"P": _PUMPS}, core=core))
    assert (document.title, document.author) == ("Pumps of Vellmar", "Anna Lind")
    made = Published("2019-03-04", "2019-03-04T10:00:00Z", "document properties")
    assert document.published == made


def test_hidden_sheets_are_left_out_and_counted() -> None:
    data = xlsx({"P": _PUMPS, "Lists": [["secret"]]})
    parts = {info: zipfile.ZipFile(io.BytesIO(data)).read(info) for info in _names(data)}
    book = parts["xl/workbook.xml"].replace(b'name="Lists"', b'name="Lists" state="hidden"')
    document, note = read_noted("a.xlsx", zipped({**parts, "xl/workbook.xml": book}))
    assert "secret" not in document.text
    assert note == "hidden sheets: 1, not read"


def _names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\3\4 cut", "damaged: it cannot be opened as a ZIP file"),
        (zipped({"a.txt": "no workbook"}), "damaged: it cannot be opened as a workbook"),
        (xlsx({"P": "<worksheet"}), "damaged: "),
        (OLE, "damaged: it cannot be opened as a workbook"),
        (b"a\tb\n", "text under the name of a workbook"),
        (xlsx({"P": []}), "empty"),
    ],
)
def test_what_is_no_workbook_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{reason}"):
        read_document("a.xlsx", data)


_CELLS = st.one_of(
    st.none(),
    st.integers(-10_000, 10_000),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="<&>")
    ),
)


@given(st.lists(st.lists(_CELLS, max_size=5), min_size=1, max_size=9))
def test_the_law_holds_and_no_cell_is_lost(rows: list[list[Cell]]) -> None:
    try:
        document = read_document("a.xlsx", xlsx({"P": rows}))
    except UnreadableError as error:
        assert str(error) == "empty"
        return
    assert_lawful(document.text, document.blocks)
    for cell in (cell for row in rows for cell in row if cell is not None):
        # A mark between cells at the edge of a row is not told from one that is a cell.
        assert " ".join(str(cell).split()).strip(" |:") in document.text
