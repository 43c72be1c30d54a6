"""DOCX: the text in order, with headings, lists, tables and notes."""

from __future__ import annotations

import pytest

from qa.corpus.formats.docx import read_docx
from qa.corpus.readers import read_document
from qa.corpus.reading import UnreadableError
from qa.records import Published
from tests.corpus.bombs import doctype
from tests.corpus.makers import OLE, W, docx, word, zipped
from tests.corpus.test_pdf import seen
from tests.corpus.test_structure import assert_lawful


def cell(words: str) -> str:
    return f"<w:tc>{word(words)}</w:tc>"


_BODY = (
    word("The harbour", style="Titel")
    + word("Fees", style="berschrift1")
    + "<w:p><w:r><w:t>A fishing boat </w:t></w:r><w:del><w:r><w:delText>never </w:delText></w:r></w:del>"
    '<w:ins><w:r><w:t xml:space="preserve">always </w:t></w:r></w:ins><w:r><w:t>pays</w:t><w:br/>'
    "<w:t>twelve</w:t><w:tab/><w:t>crowns.</w:t></w:r></w:p>"
    + word("In August", style="Mine")
    + word("Sixty.", listed=True)
    + word("Seventy.", listed=True)
    + f"<w:tbl><w:tr>{cell('boat')}{cell('crowns')}</w:tr><w:tr>{cell('tug')}{cell('9')}</w:tr></w:tbl>"
    + "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden.</w:t></w:r><w:r><w:t>Shown.</w:t></w:r></w:p>"
    + "<w:p><w:r><mc:AlternateContent><mc:Choice><w:t>Once.</w:t></mc:Choice>"
    "<mc:Fallback><w:t>Twice.</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    + word("Around.", style="Loop")
)
_NOTES = (
    f'<w:footnotes {W}><w:footnote w:type="separator"><w:p><w:r><w:t>---</w:t></w:r></w:p></w:footnote>'
    f"<w:footnote>{word('See the tariff of 1872.')}</w:footnote></w:footnotes>"
)


def test_a_document_in_order() -> None:
    reading = read_docx(docx(_BODY, footnotes=_NOTES))
    assert seen(reading) == [
        ("title", "The harbour"),
        ("heading", "Fees"),
        ("paragraph", "A fishing boat always pays\ntwelve crowns."),
        ("heading", "In August"),
        ("item", "Sixty."),
        ("item", "Seventy."),
        ("header", "boat | crowns"),
        ("row", "tug | 9"),
        ("paragraph", "Shown."),
        ("paragraph", "Once."),
        ("paragraph", "Around."),
        ("paragraph", "See the tariff of 1872."),
    ]
    assert [b.level for b in reading.blocks if b.kind == "heading"] == [1, 2]
    assert_lawful(reading.text, reading.blocks)


def test_properties() -> None:
    core = (
        "<dc:title>The harbour</dc:title><dc:creator>Ingrid Solvang</dc:creator>"
        "<dc:language>en-GB</dc:language><dcterms:created>2019-11-23T10:00:00Z</dcterms:created>"
    )
    document = read_document("a.docx", docx(word("The harbour") + word("Words."), core=core))
    assert (document.title, document.author, document.language) == (
        "The harbour",
        "Ingrid Solvang",
        "en",
    )
    assert document.published == Published(
        "2019-11-23", "2019-11-23T10:00:00Z", "document properties"
    )
    named = read_document("2001-05.docx", docx(word("Words."), core=core))
    assert named.published == Published("2001-05", "2001-05", "file name")
    assert named.title is None  # a template's, as the text does not have it


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK", "damaged: it cannot be opened as a ZIP file"),
        (zipped({"a.txt": "x"}), "damaged: no Word document is in it"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted: it needs a password"),
        (OLE + "WordDocument".encode("utf-16-le"), "an older format under this name"),
        (zipped({"word/document.xml": "<w:document"}), "damaged: not well-formed XML"),
        (docx(word("&e9;"), before=doctype()), "its XML expands or nests without limit: a bomb"),
        (docx(_BODY)[:-200], "damaged: it cannot be opened as a ZIP file"),
    ],
)
def test_what_is_damaged_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_docx(data)
    assert str(refusal.value).startswith(reason)


def test_a_part_whose_bytes_changed_is_damaged() -> None:
    data = bytearray(docx(word("words " * 500)))
    place = data.index(b"word/document.xml") + 30
    data[place] ^= 0xFF
    with pytest.raises(UnreadableError, match="damaged"):
        read_docx(bytes(data))
