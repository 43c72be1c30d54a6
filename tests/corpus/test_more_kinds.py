"""More inputs of the kinds that people reported: titles that are none, hidden text, nested fields, letters."""

from __future__ import annotations

import io

import pytest

from qa.corpus import Options, Skipped
from qa.corpus.contents import contents
from qa.records import Document
from tests.corpus.makers import docx, epub, odt, page, pptx, shape, word, xlsx

_LONG = "The council met in the hall and talked about the well for three hours without any result."


def read(name: str, data: bytes | str) -> Document:
    file = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    found = [one for one in contents(name, file, Options()) if isinstance(one, Document)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("contents.md", f"# Contents\n\n- [Scope](#scope)\n\n# Scope\n\n{_LONG}\n"),
        ("numbered.md", f"## 1. Scope\n\n{_LONG}\n\n## 2. Terms\n\n{_LONG}\n"),
        ("inhalt.md", f"Inhaltsverzeichnis\n=====\n\n{_LONG}\n"),
        (
            "contents.docx",
            docx(
                word("Contents", style="Titel")
                + word("1 Scope")
                + word("1 Scope", style="berschrift1")
                + word(_LONG)
            ),
        ),
        (
            "untitled.pptx",
            pptx(
                [
                    shape("Untitled", place="ctrTitle"),
                    shape("Depth of the well", place="title") + shape(_LONG),
                ]
            ),
        ),
        (
            "slide.pptx",
            pptx([shape("Slide 1", place="title") + shape(_LONG), shape("Depth", place="title")]),
        ),
    ],
)
def test_what_says_nothing_of_a_document_is_not_its_title(name: str, data: bytes | str) -> None:
    document = read(name, data)
    assert document.title is None
    # But it is read: nobody misses a heading.
    assert any(block.kind == "heading" for block in document.blocks)


_PAGE = "<html><head><title>App</title></head><body>{}<script src=app.js></script><noscript>{}</noscript></body></html>"


@pytest.mark.parametrize("shown", ["<div id=root></div>", "<div id=root>Loading…</div>"])
def test_a_short_text_in_noscript_is_read_where_nothing_else_is(shown: str) -> None:
    hidden = "<h1>Opening hours</h1><p>The archive is open on Mondays. Bring your card.</p>"
    assert "Bring your card." in read("app.html", _PAGE.format(shown, hidden)).text


def test_a_page_that_only_asks_for_javascript_is_none() -> None:
    asked = "<p>You need to enable JavaScript to run this app.</p>"
    file = io.BytesIO(_PAGE.format("<div id=root></div>", asked).encode())
    [skipped] = contents("app.html", file, Options())
    assert isinstance(skipped, Skipped)
    assert skipped.reason.startswith("no main text")


def test_the_lines_of_a_letter_are_no_teasers() -> None:
    lines = ["Anna Lind", "Mill Lane 4", "4 March 2019", "Dear Mr Olsen,", _LONG, _LONG, "Yours,"]
    document = read("letter.txt", "\n\n".join([*lines, "Anna"]))
    assert {block.kind for block in document.blocks} <= {"paragraph", "item"}
    assert document.published is not None
    assert document.published.value == "2019-03-04"


def test_a_name_within_an_author_is_the_author_and_no_title() -> None:
    row = '{"text": "The weir is dry.", "meta": {"author": {"name": "Ann Lee"}, "place": {"name": "Vellmar"}}}'
    document = read("rows.jsonl", f"{row}\n")
    assert (document.title, document.author) == (None, "Ann Lee")
    assert ("meta.place.name", ("Vellmar",)) in document.facets


def test_html_in_any_json_is_text() -> None:
    value = '{"count": 1, "items": [{"title": "One", "body": "<p>First &amp; <b>best</b></p>"}, 3]}'
    assert "items.1.body: First & best" in read("wrapped.json", value).text


_CORE = "<cp:keywords>water; stone</cp:keywords><dc:subject>Weirs</dc:subject><cp:category>Reports</cp:category>"
_FACETS = (("category", ("Reports",)), ("keywords", ("water", "stone")), ("subject", ("Weirs",)))


@pytest.mark.parametrize(
    ("name", "data", "facets"),
    [
        ("a.docx", docx(word(_LONG), core=_CORE), _FACETS),
        ("a.xlsx", xlsx({"P": [["Buoy", "Laid"], ["Bell", 1911]]}, core=_CORE), _FACETS),
        (
            "a.rtf",
            rb"{\rtf1{\info{\keywords water, stone}{\subject Weirs}{\category Reports}}The weir.}",
            _FACETS,
        ),
        (
            "a.odt",
            odt(
                f"<text:p>{_LONG}</text:p>",
                meta="<meta:keyword>water</meta:keyword><meta:keyword>stone</meta:keyword>"
                "<dc:subject>Weirs</dc:subject>",
            ),
            _FACETS[1:],
        ),
        (
            "a.epub",
            epub({"a.xhtml": page("<p>The weir.</p>")}, about="<dc:subject>Weirs</dc:subject>"),
            _FACETS[2:],
        ),
    ],
)
def test_a_file_s_properties_are_facets(
    name: str, data: bytes, facets: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    assert read(name, data).facets == facets
