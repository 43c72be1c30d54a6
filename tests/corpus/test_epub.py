"""EPUB: chapters in the order of the spine, with what the book says of itself."""

from __future__ import annotations

import pytest

from qa.corpus.formats.epub import read_epub
from qa.corpus.readers import read_document
from qa.corpus.reading import UnreadableError
from qa.records import Published
from tests.corpus.bombs import doctype
from tests.corpus.makers import epub, page, zipped
from tests.corpus.test_pdf import seen

_ABOUT = (
    "<dc:title>The harbour of Vellmar</dc:title><dc:creator>Ingrid Solvang</dc:creator>"
    "<dc:creator>Anselm Brück</dc:creator><dc:language>de-AT</dc:language>"
    "<dc:date>2019-11-23T00:00:00+00:00</dc:date><dc:source>https://example.org/harbour</dc:source>"
)


def test_a_book() -> None:
    chapters = {
        "b.xhtml": page("<h1>Two</h1><p>Later.</p>"),
        "a.xhtml": page("<h1>One</h1><p>First.</p>"),
    }
    document = read_document("a.epub", epub(chapters, about=_ABOUT, order=["a.xhtml", "b.xhtml"]))
    assert document.text == "One\n\nFirst.\n\nTwo\n\nLater."
    assert [section.title for section in document.sections] == ["One", "Two"]
    assert document.title == "The harbour of Vellmar"
    assert document.author == "Ingrid Solvang, Anselm Brück"
    assert document.language == "de"
    assert document.original_url == "https://example.org/harbour"
    assert document.published == Published(
        "2019-11-23", "2019-11-23T00:00:00+00:00", "book's description"
    )


def test_a_book_without_a_chapter_that_is_named() -> None:
    book = zipped({"META-INF/container.xml": "<container/>"})
    for data, reason in (
        (book, "damaged: the book's description is not in it"),
        (zipped({"a": "b"}), "damaged: no book is in it"),
        (b"", "damaged: it cannot be opened as a ZIP file"),
    ):
        with pytest.raises(UnreadableError, match=reason):
            read_epub(data)
    # A chapter that is missing or no XHTML does not take the others with it.
    data = epub({"a.xhtml": page("<p>One.</p>"), "b.xhtml": b"", "c.xhtml": "<p>Three<br>lines"})
    assert read_epub(data).text == "One.\n\nThree\nlines"


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("<p>A <b>bold</b>\n  word</p>", [("paragraph", "A bold word")]),
        (
            "text<p>one</p>tail",
            [("paragraph", "text"), ("paragraph", "one"), ("paragraph", "tail")],
        ),
        ("<p>one<br/>two</p>", [("paragraph", "one\ntwo")]),
        ("<p>one<br/><br/>two</p>", [("paragraph", "one"), ("paragraph", "two")]),
        ("<ul><li>one</li><li><p>two</p></li></ul>", [("item", "one"), ("item", "two")]),
        (
            "<ol><li>one<ol><li>inner</li></ol>rest</li></ol>",
            [("item", "one"), ("item", "inner"), ("item", "rest")],
        ),
        ("<pre>a\n  b</pre>", [("paragraph", "a\n  b")]),
        (
            "<table><tr><th>boat</th><th>fee</th></tr><tr><td><p>tug</p></td><td>9</td></tr></table>",
            [("header", "boat | fee"), ("row", "tug | 9")],
        ),
        ("<p>a&#160;b &amp; c</p>", [("paragraph", "a b & c")]),
        ("<script>x</script><p>one</p><style>y</style>", [("paragraph", "one")]),
        (
            "<h2>Fees</h2><div>one <span>two</span></div>",
            [("heading", "Fees"), ("paragraph", "one two")],
        ),
    ],
)
def test_blocks_of_a_page(body: str, blocks: list[tuple[str, str]]) -> None:
    assert seen(read_epub(epub({"a.xhtml": page(body)}))) == blocks


def test_characters_that_have_names() -> None:
    doctype = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://127.0.0.1:9/xhtml11.dtd">'
    for before in ("", doctype):
        data = epub({"a.xhtml": page("<p>caf&eacute;&nbsp;&mdash; open</p>", before=before)})
        assert read_epub(data).text == "café — open"


def test_entities_that_swell_are_not_expanded_and_their_list_is_not_text() -> None:
    text = read_epub(epub({"a.xhtml": page("<p>before &e9; after</p>", before=doctype())})).text
    assert text == "before &e9; after"


@pytest.mark.parametrize("mark", ["div", "ul", "table", "blockquote", "b"])
def test_nested_elements(mark: str) -> None:
    def text(depth: int) -> str:
        body = f"<p>before</p>{f'<{mark}>' * depth}words{f'</{mark}>' * depth}<p>after</p>"
        return read_epub(epub({"a.xhtml": page(body)})).text

    assert text(200) == "before\n\nwords\n\nafter"
    # Deeper than the parser goes: what stands before is kept.
    assert text(1000) == "before"


@pytest.mark.parametrize(
    ("dated", "value"),
    [
        # The publisher's day comes before the one on the title page.
        ("<dc:date>2011-05-03</dc:date>", "2011-05-03"),
        ("<dc:date>2011-05-03T00:00:00+00:00</dc:date>", "2011-05-03"),
        ('<dc:date opf:event="publication">2011-05-03T09:15:33Z</dc:date>', "2011-05-03"),
        ('<dc:date opf:event="original-publication">1911</dc:date>', "1911"),
        # A moment, or the day of the last change: a program wrote it, and the title page comes first.
        ("<dc:date>2021-05-03T09:15:33+00:00</dc:date>", "2019-03-04"),
        ('<dc:date opf:event="creation">2021-05-03</dc:date>', "2019-03-04"),
        (
            '<dc:date>2021-05-03</dc:date><meta property="dcterms:modified">2021-05-03T10:00:00Z</meta>',
            "2019-03-04",
        ),
        # A conversion and a change say nothing of the book.
        ('<dc:date opf:event="conversion">2021-05-03</dc:date>', "2019-03-04"),
        (
            '<dc:date opf:event="modification">2021-05-03</dc:date>'
            '<dc:date opf:event="publication">2011-05-03</dc:date>',
            "2011-05-03",
        ),
        # "Unknown" as converters write it.
        ("<dc:date>0101-01-01T00:00:00+00:00</dc:date>", "2019-03-04"),
        ("", "2019-03-04"),
    ],
)
def test_the_date_of_a_book(dated: str, value: str) -> None:
    about = dated.replace("<dc:date", '<dc:date xmlns:opf="http://www.idpf.org/2007/opf"')
    title_page = page("<h1>The well</h1><p>Published: 4 March 2019</p><p>The well is dug.</p>")
    document = read_document("a.epub", epub({"a.xhtml": title_page}, about=about))
    assert document.published is not None
    assert document.published.value == value
    assert document.published.known_from == ("text" if value == "2019-03-04" else "metadata")


@pytest.mark.parametrize(
    ("dated", "value"),
    [
        ("<dc:date>2021-05-03T09:15:33+00:00</dc:date>", "2021-05-03"),
        ("<dc:date>2021-05-03</dc:date>", "2021-05-03"),
        (
            "<dc:date>2021-05-03T09:15:33+00:00</dc:date>"
            '<meta property="dcterms:modified">2021-05-03T09:15:33Z</meta>',
            None,
        ),
        ('<dc:date opf:event="conversion">2021-05-03</dc:date>', None),
    ],
)
def test_the_date_of_a_book_that_only_its_description_gives(dated: str, value: str | None) -> None:
    about = dated.replace("<dc:date", '<dc:date xmlns:opf="http://www.idpf.org/2007/opf"')
    document = read_document("a.epub", epub({"a.xhtml": page("<p>The well.</p>")}, about=about))
    found = document.published
    assert (found and (found.value, found.known_from)) == (value and (value, "metadata"))
