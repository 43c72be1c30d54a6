"""Files of every format, written for the tests by other libraries than those that read them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4

COLUMN = (
    "The harbour of Vellmar was dug by four hundred dockers who lifted every stone by hand and "
    "carried it to the northern pier in wagons that the miller had lent them for the winter. "
).split()


def pdf(pages: Sequence[str], *, title: str = "", author: str = "", password: str = "") -> bytes:
    """Make a PDF with a paragraph a page."""
    file = io.BytesIO()
    lock = StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(file, pagesize=A4, encrypt=lock, invariant=1)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    for page in pages:
        write_lines(canvas, wrapped(page, 80), 72, HEIGHT - 100)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def wrapped(words: str, width: int) -> list[str]:
    """Break a text in lines of at most ``width`` characters."""
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def write_lines(
    canvas: Canvas,
    lines: Sequence[str],
    x: float,
    y: float,
    *,
    size: float = 10,
    font: str = "Times-Roman",
) -> float:
    """Write lines below one another; return where the next one would stand."""
    canvas.setFont(font, size)
    for line in lines:
        canvas.drawString(x, y, line)
        y -= 1.2 * size
    return y


def scanned_pdf(pages: int = 2) -> bytes:
    """Make a PDF that is pictures of pages."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    for _ in range(pages):
        canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, WIDTH, HEIGHT)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def zipped(parts: Mapping[str, str | bytes], *, stored: Sequence[str] = ()) -> bytes:
    """Make a ZIP file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in parts.items():
            method = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            opened.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
"""The beginning of a compound file, which a Word document with a password is, and one of before 2007."""

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STYLES = f"""<?xml version="1.0" encoding="UTF-8"?>
<w:styles {W}>
  <w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
  <w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
  <w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>
  <w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="berschrift2"/></w:style>
  <w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
</w:styles>"""


def word(words: str, *, style: str = "", listed: bool = False) -> str:
    """Make a paragraph of a Word document."""
    about = f'<w:pStyle w:val="{style}"/>' if style else ""
    about += '<w:numPr><w:ilvl w:val="0"/></w:numPr>' if listed else ""
    return f"<w:p><w:pPr>{about}</w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>"


def docx(
    body: str, *, core: str = "", before: str = "", relations: str = "", **parts: str
) -> bytes:
    """Make a Word document of the XML of its body; ``parts`` are ``footnotes`` and such."""
    about = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        f"{core}</cp:coreProperties>"
    )
    return zipped(
        {
            "word/document.xml": f"{before}<w:document {W} "
            'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            f"<w:body>{body}</w:body></w:document>",
            "word/styles.xml": STYLES,
            "docProps/core.xml": about,
            "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
            **{f"word/{name}.xml": xml for name, xml in parts.items()},
        }
    )


def epub(
    chapters: Mapping[str, str | bytes], *, about: str = "", order: Sequence[str] = ()
) -> bytes:
    """Make a book of chapters, each a whole XHTML page."""
    items = "".join(
        f'<item id="i{n}" href="text/{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(chapters)
    )
    names = list(chapters)
    spine = "".join(f'<itemref idref="i{names.index(name)}"/>' for name in order or names)
    book = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{about}</metadata>'
        f'<manifest>{items}<item id="nav" href="nav.xhtml" properties="nav" '
        f'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="nav"/>{spine}</spine></package>'
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/book.opf": book,
            "OEBPS/nav.xhtml": page("<nav><ol><li>A table of contents</li></ol></nav>"),
            **{f"OEBPS/text/{name}": chapter for name, chapter in chapters.items()},
        },
        stored=["mimetype"],
    )


def page(body: str, *, before: str = "") -> str:
    """Make an XHTML page."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{before}<html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title>Not the text</title></head><body>{body}</body></html>"
    )
