"""Files that are small and would take a machine down: a bomb of each kind, by the name it is read under.

Made anew at each call, and none is large on the disk: what they unpack to is what they are about.
"""

from __future__ import annotations

import copy
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from tests.corpus.makers import docx, epub, ods, odt, page, pptx, shape, word, xlsx, zipped

_MB = 1_000_000


def of_ratio() -> bytes:
    """Make a ZIP of a few kilobytes with 12 MB in it."""
    return zipped({f"{n}.txt": b" " * (_MB - 1) for n in range(12)})


def of_count() -> bytes:
    """Make a ZIP of very many files."""
    return zipped({f"{n}.txt": "x" for n in range(500)})


def of_nesting() -> bytes:
    """Make a ZIP within a ZIP within a ZIP, and so on."""
    inner = zipped({"bottom.txt": "x"})
    for n in range(20):
        inner = zipped({f"{n}.zip": inner})
    return inner


def of_overlap() -> bytes:
    """Make a ZIP whose members are all the same bytes, each under a name of its own."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("0.txt", b" " * _MB)
        for n in range(1, 40):
            again = copy.copy(opened.filelist[0])
            again.filename = f"{n}.txt"
            opened.filelist.append(again)
    return file.getvalue()


def of_gzip() -> bytes:
    """Make a TAR.GZ of 60 MB in 60 kB, all of it a file that nobody would read."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as opened:
        info = tarfile.TarInfo("picture.png")
        info.size = 60 * _MB
        opened.addfile(info, _Zeros(info.size))
    return file.getvalue()


class _Zeros(io.RawIOBase):
    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        taken = min(size, self._left)
        self._left -= taken
        return bytes(taken)


def doctype() -> str:
    """Return a document type whose last entity is a billion words, if it were expanded."""
    entities = '<!ENTITY e0 "lol">' + "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)
    )
    return f"<!DOCTYPE bomb [{entities}]>"


def docx_of_entities() -> bytes:
    """Make a Word document that says a billion words by entities."""
    return docx(word("&e9;"), before=doctype())


def docx_of_size() -> bytes:
    """Make a Word document whose one part unpacks to 150 MB."""
    return docx(word(" " * (150 * _MB)))


def docx_of_depth() -> bytes:
    """Make a Word document of tables in tables, 50,000 deep."""
    n = 50_000
    return docx("<w:tbl><w:tr><w:tc>" * n + word("bottom") + "</w:tc></w:tr></w:tbl>" * n)


def odt_of_entities() -> bytes:
    """Make an OpenDocument text that says a billion words by entities."""
    return odt("<text:p>&e9;</text:p>", before=doctype())


def odt_of_repeats() -> bytes:
    """Make an OpenDocument text of a few cells and spaces that are to be repeated a million times each."""
    many = 'table:number-columns-repeated="999999" table:number-rows-spanned="999999"'
    cell = f"<table:table-cell {many}><text:p>again</text:p></table:table-cell>"
    row = f'<table:table-row table:number-rows-repeated="999999">{cell * 50}</table:table-row>'
    spaces = '<text:p>a<text:s text:c="999999"/>b</text:p>' * 1_000
    return odt(f"<table:table>{row * 100}</table:table>{spaces}")


def pptx_of_size() -> bytes:
    """Make a presentation whose one slide unpacks to 150 MB."""
    return pptx([shape(" " * (150 * _MB))])


def pptx_of_slides() -> bytes:
    """Make a presentation that shows one slide a hundred thousand times."""
    ids = "<p:sldId r:id='r0'/>" * 100_000
    uri = "http://schemas.openxmlformats.org"
    show = (
        f'<p:presentation xmlns:p="{uri}/presentationml/2006/main" '
        f'xmlns:r="{uri}/officeDocument/2006/relationships"><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>'
    )
    parts: dict[str, Any] = {"ppt/presentation.xml": show}
    return pptx([shape("A slide. " * 1_000)], **parts)


def rtf_of_depth() -> bytes:
    """Make a rich text of 200,000 groups within one another."""
    return b"{\\rtf1 " + b"{" * 200_000


def rtf_of_cells() -> bytes:
    """Make a rich text of rows with ever more borders, none of them in line with another."""
    rows = (
        b"\\trowd" + b"".join(b"\\cellx%d" % (n * c) for c in range(1, 50)) for n in range(60, 560)
    )
    return (
        b"{\\rtf1 "
        + b"".join(row + b"\\intbl a\\cell\\row" for row in rows)
        + b"\\pard The words behind it.}"
    )


def epub_of_entities() -> bytes:
    """Make a book whose chapter is a billion words by entities."""
    return epub({"a.xhtml": page("<p>&e9;</p>", before=doctype())})


def epub_of_spine() -> bytes:
    """Make a book whose order of reading names one chapter ten thousand times."""
    return epub({"a.xhtml": page(f"<p>{'Again. ' * 9000}</p>")}, order=["a.xhtml"] * 10_000)


def html_of_depth() -> bytes:
    """Make a page of 100,000 elements within one another."""
    return b"<html><body>" + b"<div>" * 100_000 + b"bottom</body></html>"


def html_of_attributes() -> bytes:
    """Make a page of one element with 100,000 attributes."""
    return b"<p " + b" ".join(b"a%d=x" % n for n in range(100_000)) + b">An end.</p>"


def mhtml_of_depth() -> bytes:
    """Make a saved page of parts within parts, ten thousand deep."""
    parts = [
        b'Content-Type: multipart/related; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(10_000)
    ]
    return b"".join(parts) + b"Content-Type: text/html\r\n\r\n<p>Bottom.</p>\r\n"


def yaml() -> bytes:
    """Make a Markdown file whose front matter is a billion values by reference."""
    levels = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 8)}]\n"
        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    return f"---\n{levels}date: *j\n---\n\nThe words behind a front matter.\n".encode()


def json_of_depth() -> bytes:
    """Make a row of 100,000 lists within one another, and a good one."""
    return b'{"text": ' + b"[" * 100_000 + b'\n{"text": "The row behind it."}\n'


def json_value_of_depth() -> bytes:
    """Make a value of 500,000 lists within one another."""
    return b"[" * 500_000 + b"]" * 500_000


def csv_of_quote() -> bytes:
    """Make a table whose last cell is never closed, and takes all that follows."""
    return b'id,text\n1,The row before it.\n2,"' + b"3,more\n" * 300_000


def eml_of_depth() -> bytes:
    """Make a message of parts within parts, ten thousand deep."""
    parts = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(10_000)
    )
    return f"From: a@example.org\n{parts}\nThe bottom.".encode()


def eml_of_ratio() -> bytes:
    """Make a message with a ZIP of a few kilobytes attached that unpacks to 12 MB."""
    made = EmailMessage()
    made["From"] = "a@example.org"
    made.set_content("Packed.")
    made.add_attachment(of_ratio(), maintype="application", subtype="zip", filename="ratio.zip")
    return made.as_bytes()


def xlsx_of_a_corner() -> bytes:
    """Make a workbook of two cells that lie 17 thousand million cells apart."""
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return xlsx({"P": f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'})


def xlsx_of_size() -> bytes:
    """Make a workbook whose sheet unpacks to 240 MB."""
    return xlsx({"P": "<worksheet>" + " " * 240 * _MB})


def ods_of_rows() -> bytes:
    """Make a workbook of one cell that is said to be a thousand million ones."""
    cell = (
        '<table:table-cell table:number-columns-repeated="16000" office:value-type="string">'
        "<text:p>x</text:p></table:table-cell>"
    )
    return ods(
        {"P": f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'}
    )


def pdf_of(objects: Sequence[str | bytes], *, trailer: str = "") -> bytes:
    """Make a PDF of objects, the first of which is its catalogue."""
    file, places = bytearray(b"%PDF-1.7\n"), []
    for number, thing in enumerate(objects, start=1):
        places.append(len(file))
        body = thing if isinstance(thing, bytes) else thing.encode()
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    file += f"trailer\n<</Size {len(places) + 1} /Root 1 0 R {trailer}>>\n".encode()
    return bytes(file) + b"startxref\n%d\n%%%%EOF\n" % at


CATALOGUE = "<</Type /Catalog /Pages 2 0 R>>"
ONE_PAGE = "<</Type /Pages /Kids [3 0 R] /Count 1>>"
_FONT = "/Font <</F1 <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>"


def a_page(more: str = "") -> str:
    """Return a page whose content is object 4."""
    return (
        "<</Type /Page /Parent 2 0 R /MediaBox [0 0 14400 14400] /Contents 4 0 R "
        f"/Resources <<{_FONT} {more}>>>>"
    )


def stream(data: bytes, about: str = "") -> bytes:
    """Return a stream that is packed."""
    packed = zlib.compress(data)
    head = f"<<{about} /Filter /FlateDecode /Length {len(packed)}>>".encode()
    return head + b"\nstream\n" + packed + b"\nendstream"


def pdf_of_loop() -> bytes:
    """Make a PDF whose tree of pages holds itself, and says that it has a billion."""
    return pdf_of([CATALOGUE, "<</Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000000>>"])


def pdf_of_forms() -> bytes:
    """Make a PDF whose page draws a form that draws ten forms, and so on: a billion texts."""
    text = b"BT /F1 9 Tf 9 9 Td (lol) Tj ET"
    forms = []
    for n in range(10):
        inner = f"/XObject <</X {6 + n} 0 R>>" if n < 9 else ""
        about = f"/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources <<{_FONT} {inner}>>"
        forms.append(stream(b"/X Do " * 10 if n < 9 else text, about))
    return pdf_of([CATALOGUE, ONE_PAGE, a_page("/XObject <</X 5 0 R>>"), stream(b"/X Do"), *forms])


def pdf_of_size() -> bytes:
    """Make a PDF whose page unpacks to 300 MB."""
    packing = zlib.compressobj(1)
    blank = b" " * _MB
    packed = b"".join(packing.compress(blank) for _ in range(300)) + packing.flush()
    content = b"<</Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream" % (len(packed), packed)
    return pdf_of([CATALOGUE, ONE_PAGE, a_page(), content])


def pdf_of_words() -> bytes:
    """Make a PDF of some kilobytes whose page has four million letters below one another."""
    lines = b"BT /F1 1 Tf 1 TL 9 14000 Td\n" + (b"(" + b"word " * 200 + b") '\n") * 4000 + b"ET"
    return pdf_of([CATALOGUE, ONE_PAGE, a_page(), stream(lines)])


def pdf_of_pages() -> bytes:
    """Make a PDF of one page, 100,000 times."""
    tree = f"<</Type /Pages /Kids [{'3 0 R ' * 100_000}] /Count 100000>>"
    return pdf_of([CATALOGUE, tree, a_page(), stream(b"BT /F1 9 Tf 9 9 Td (A page) Tj ET")])


def text_of_a_line() -> bytes:
    """Make a text of one line of a million characters."""
    return b"ab " * 333_333


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "ratio.zip": of_ratio,
    "count.zip": of_count,
    "nesting.zip": of_nesting,
    "overlap.zip": of_overlap,
    "unpacked.tar.gz": of_gzip,
    "entities.docx": docx_of_entities,
    "size.docx": docx_of_size,
    "depth.docx": docx_of_depth,
    "entities.odt": odt_of_entities,
    "repeats.odt": odt_of_repeats,
    "size.pptx": pptx_of_size,
    "slides.pptx": pptx_of_slides,
    "depth.rtf": rtf_of_depth,
    "cells.rtf": rtf_of_cells,
    "depth.json": json_value_of_depth,
    "depth.eml": eml_of_depth,
    "ratio.eml": eml_of_ratio,
    "corner.xlsx": xlsx_of_a_corner,
    "size.xlsx": xlsx_of_size,
    "rows.ods": ods_of_rows,
    "entities.epub": epub_of_entities,
    "spine.epub": epub_of_spine,
    "depth.html": html_of_depth,
    "attributes.html": html_of_attributes,
    "depth.mhtml": mhtml_of_depth,
    "front matter.md": yaml,
    "depth.jsonl": json_of_depth,
    "loop.pdf": pdf_of_loop,
    "forms.pdf": pdf_of_forms,
    "size.pdf": pdf_of_size,
    "words.pdf": pdf_of_words,
    "pages.pdf": pdf_of_pages,
    "quote.csv": csv_of_quote,
    "line.txt": text_of_a_line,
}
