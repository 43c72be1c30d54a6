"""CSV and JSON Lines: a row a document, columns by name, bad rows told in one line."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus.formats.rows import read_rows
from qa.corpus.reading import Columns, Limits, Options, Skipped, UnreadableError
from qa.records import Document, Published
from tests.corpus.test_structure import assert_lawful


def rows(
    data: bytes | str, ending: str = ".csv", options: Options | None = None
) -> tuple[list[Document], list[str]]:
    """Return the documents of a table, and the reasons for what gives none."""
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    found = list(read_rows(f"t{ending}", ending, file, options or Options()))
    return [d for d in found if isinstance(d, Document)], [
        s.reason for s in found if isinstance(s, Skipped)
    ]


def test_a_row_is_a_document() -> None:
    table = (
        "id,Title,Date,URL,Author,Text\n"
        'b7,The  flood,23 Nov 2019,https://example.org/b7,I. Solvang,"It rained, and\n\nrained."\n'
    )
    [document], reasons = rows(table)
    assert not reasons
    assert document.source == "t.csv#id=b7"
    assert document.text == "It rained, and\n\nrained."
    assert document.title == "The flood"
    assert document.published == Published("2019-11-23", "23 Nov 2019", "column Date")
    assert (document.original_url, document.author) == ("https://example.org/b7", "I. Solvang")
    cells = next(iter(csv.DictReader(io.StringIO(table))))
    canonical = json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
    assert document.sha256 == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    ("ending", "data"),
    [
        (".csv", b"title,text\nA,B\n"),
        (".csv", b"\xef\xbb\xbftitle,text\r\nA,B\r\n"),
        (".csv", "title;text\nA;B".encode("utf-16")),
        (".csv", b"title\ttext\nA\tB\n"),
        (".csv", b'"title, or name"|title|text\n|A|B\n'),
        (".tsv", b"title\ttext\nA\tB\n"),
        (".jsonl", b'{"title":"A","text":"B"}'),
        (".ndjson", b'\xef\xbb\xbf{"title":"A","text":"B"}\n\n'),
        (".jsonl", b'{"title":["A"],"text":["B"]}'),
    ],
)
def test_dialects(ending: str, data: bytes) -> None:
    [document], reasons = rows(data, ending)
    assert (document.title, document.text, reasons) == ("A", "B", [])
    assert document.source == f"t{ending}#row=1"


def test_encodings_that_only_a_late_byte_tells() -> None:
    body = f"{'plain words ' * 1000}\n" * 10  # more than is read at once
    [*_, last], _ = rows(f"text\n{body}caf\xe9\n".encode("cp1252"))
    assert last.text == "café"
    [*_, last], _ = rows(f"text\n{body}café\n".encode())
    assert last.text == "café"


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("character", ["é", "Г", "漢", "😀"])
def test_a_character_on_any_border_of_what_is_read_at_once(character: str, shift: int) -> None:
    body = f"Words {'x' * shift}{character * 70_000}"
    [document], skipped = rows(f"text\n{body}\n".encode())
    assert (document.text, skipped) == (body, [])


def test_columns_are_those_of_the_settings() -> None:
    columns = Columns(text=("Remarks", "note"), id=("key",), title=(), date=("day",))
    table = "key,title,text,note,remarks,day\n7,T,no,a note,,2019-11\n8,T,no,,the remarks,soon\n"
    found, _ = rows(table, options=Options(columns=columns))
    assert [(d.source, d.text, d.title) for d in found] == [
        ("t.csv#id=7", "a note", None),
        ("t.csv#id=8", "the remarks", None),
    ]
    assert [d.published.value if d.published else None for d in found] == ["2019-11", None]


def test_an_id_that_is_no_name_gives_way_to_the_number() -> None:
    ids = ["a", "a", "", "x" * 201, "new\nline", "b c/d#e"]
    table = "\n".join(json.dumps({"id": key, "text": "words"}) for key in ids)
    found, _ = rows(table, ".jsonl")
    assert [d.source.removeprefix("t.jsonl") for d in found] == [
        *("#id=a", "#row=2", "#row=3", "#row=4", "#row=5", "#id=b c/d#e"),
    ]
    numbers, _ = rows('{"_id": 17, "text": "words"}', ".jsonl")
    assert numbers[0].source == "t.jsonl#id=17"


def test_rows_that_give_no_document_are_told_in_one_line() -> None:
    good = '{"text": "words"}'
    bad = ["[1]", "nonsense", '{"text": ""}', '{"text": true}', '{"text": [" "]}', "9" * 5000]
    found, reasons = rows("\n".join([good, *bad, *["x"] * 2000, good]), ".jsonl")
    assert [d.source for d in found] == ["t.jsonl#row=1", "t.jsonl#row=2008"]
    assert reasons == [
        "rows 2, 7: not a JSON object; rows 3, 8, 9, 10, 11 and 1,996 more: not JSON; "
        "rows 4, 5, 6: no text"
    ]


@pytest.mark.parametrize(
    ("data", "ending", "reason"),
    [
        ("a,b\n", ".csv", "no rows"),
        ("", ".csv", "no rows"),
        ("text\n", ".csv", "no rows"),
        ("\n \n", ".jsonl", "no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\r", ".csv", "not valid utf-8 at byte 0"),
    ],
)
def test_a_table_that_is_none(data: str | bytes, ending: str, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        rows(data, ending)


@pytest.mark.parametrize(
    ("table", "texts"),
    [
        ("name,price\nSpade,19\nRake,\n", ["name: Spade\nprice: 19", "name: Rake"]),
        ("q,a\nWhen?,At seven.\n", ["q: When?\na: At seven."]),
        (",name,name\n0,A,B\n", ["column 1: 0\nname: A\nname (3): B"]),
        (
            "Spade,19.5\nRake,12\n",
            ["column 1: Spade\ncolumn 2: 19.5", "column 1: Rake\ncolumn 2: 12"],
        ),
        (
            "2019-03-04,Dug\n2020-01-02,Filled\n",
            ["column 1: 2019-03-04\ncolumn 2: Dug", "column 1: 2020-01-02\ncolumn 2: Filled"],
        ),
        ("land,2019,2020\nPeru,12,13\n", ["land: Peru\n2019: 12\n2020: 13"]),
        ("land,2019-01-01\nPeru,12\n", ["land: Peru\n2019-01-01: 12"]),
        ("sep=;\r\nid;text\r\n1;It rose, and fell.\r\n", ["It rose, and fell."]),
        ('"sep=|"\nid|text\n1|It rose.\n', ["It rose."]),
        ("sep=\t\nid\ttext\n1\tIt rose.\n", ["It rose."]),
        ("\n\nid,text\n1,It rose.\n", ["It rose."]),
        ('id, text\n1, "It rose, and fell."\n', ["It rose, and fell."]),
        ('id,text\n1,"She said \\"no\\", twice."\n', ['She said "no", twice.']),
        ('id,text\n1,"C:\\new\\"\n2,"D:\\"\n', ["C:\\new\\", "D:\\"]),
        ('id,text\n1,"a \\"b\\" C:\\\\new\\\\"\n2,c\n', ['a "b" C:\\new\\', "c"]),
        ("id,text\n1,It rose, fell, and rose.\n", ["It rose, fell, and rose."]),
        ("id,text\n1,It rose,fell.\n", ["It rose,fell."]),
        ("text,author\nIt rose, and fell,Ann\n", ["It rose, and fell"]),
        (
            "name,note,price\nSpade,Steel, of ash,19\n",
            ["name: Spade\nnote: Steel, of ash\nprice: 19"],
        ),
        ("id,text\n1,It rose.,,,\n", ["It rose."]),
    ],
)
def test_tables_as_people_write_them(table: str, texts: list[str]) -> None:
    found, reasons = rows(table)
    assert [d.text for d in found] == texts
    assert not reasons
    for document in found:
        assert_lawful(document.text, document.blocks)


def test_cells_that_no_column_has_are_read_and_told() -> None:
    found, reasons = rows("text,author\nIt rose,fell,Ann\nIt fell.,Jo\n")
    assert [d.text for d in found] == ["text: It rose\nauthor: fell\ncolumn 3: Ann", "It fell."]
    assert reasons == ["row 1: more cells than columns, read in full"]


def test_a_key_alone_is_no_text() -> None:
    found, reasons = rows('{"id": "eel", "date": "2019"}\n{"id": "cod", "fresh": false}', ".jsonl")
    assert [d.text for d in found] == ["id: cod\nfresh: false"]
    assert reasons == ["row 1: no text"]


def test_columns_beside_the_text_are_told() -> None:
    long = "x" * 201
    found, reasons = rows(f"id,text,kind,note\n1,It rose.,flood,{long}\n2,It fell.,,\n")
    assert [d.text for d in found] == ["It rose.", "It fell."]
    assert reasons == ["columns beside the text that are not read in full: note"]


@pytest.mark.parametrize(
    ("row", "title", "text"),
    [
        ({"doc": {"title": "A", "body": "It rose."}}, "A", "It rose."),
        ({"a": {"text": "one"}, "b": {"text": "two"}}, None, "a.text: one\nb.text: two"),
        ({"text": {"en": "It rose.", "n": 3}}, None, "text.en: It rose.\ntext.n: 3"),
        ({"who": [{"name": "Ann"}, {"name": "Jo"}], "tags": ["x", "y"], "ok": True, "no": None},
         None, "who.1.name: Ann\nwho.2.name: Jo\ntags: x, y\nok: true"),
        ({"title": "Mill &amp; bridge", "text": "<p>It burned&nbsp;<b>twice</b>.</p><p>a &lt; b</p>"},
         "Mill & bridge", "It burned twice.\n\na < b"),
        ({"text": "<ul><li>One</li><li>10<sup>6</sup></li></ul>"}, None, "One\n10⁶"),
        ({"title": "The <i>Orla</i>", "text": "R&D at a < b > c, List<String>"}, "The Orla",
         "R&D at a < b > c, List<String>"),
        ({"note": "Fish &amp; chips<br>daily"}, None, "note: Fish & chips\ndaily"),
    ],
)  # fmt: skip
def test_rows_of_json(row: dict[str, object], title: str | None, text: str) -> None:
    [document], _ = rows(json.dumps(row), ".jsonl")
    assert (document.text, document.title) == (text, title)
    assert_lawful(document.text, document.blocks)


def test_json_nested_without_end_is_text() -> None:
    [document], _ = rows('{"a":' * 200 + "1" + "}" * 200, ".jsonl")
    assert document.text.startswith("a.a.a.") and document.text.endswith("}}}")


def test_a_row_without_end_ends_the_table() -> None:
    options = Options(Limits(file_bytes=1000))
    for ending, head, row in ((".csv", "text\ngood\n", "x"), (".jsonl", '{"text":"good"}\n', "[")):
        found, reasons = rows(head + row * 2000, ending, options)
        assert [d.text for d in found] == ["good"]
        assert reasons == [
            "row 2: longer than 1,000 characters (setting max_file_bytes), "
            "and what follows is not read"
        ]
    found, reasons = rows('text\ngood\n"' + "x\n" * 900, options=options)
    assert [d.text for d in found] == ["good"]
    assert reasons == [
        "row 2: damaged (field larger than field limit (1000)), and what follows is not read"
    ]


_CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.just("\n"), max_size=20
)


@given(st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=6), st.sampled_from(",;\t"))
def test_no_character_of_a_row_is_lost(cells: list[tuple[str, str]], mark: str) -> None:
    cells = [(f"The harbour was dug in 1872. {text}", title) for text, title in cells]
    file = io.StringIO(newline="")
    table = csv.writer(file, delimiter=mark, quoting=csv.QUOTE_ALL)
    table.writerows([("text", "title"), *cells])
    found, reasons = rows(file.getvalue())
    assert [d.text for d in found] == [text for text, _ in cells]
    assert [d.title for d in found if d.title] == [
        " ".join(title.split()) for _, title in cells if title.split()
    ] or any(b.kind == "title" for d in found for b in d.blocks)
    assert not reasons
    for document in found:
        assert_lawful(document.text, document.blocks)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_no_character_of_a_json_row_is_lost(texts: list[str]) -> None:
    found, reasons = rows("\n".join(json.dumps({"text": text}) for text in texts), ".jsonl")
    wanted = [
        text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for text in texts
    ]
    assert [d.text for d in found] == [t for t in wanted if t in {d.text for d in found}]
    assert len(found) == len(texts) or reasons
    for document in found:
        assert_lawful(document.text, document.blocks)
