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


_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in {
        "office": "office", "text": "text", "style": "style", "table": "table", "draw": "drawing",
        "fo": "xsl-fo-compatible", "form": "form", "meta": "meta",
    }.items()
)  # fmt: skip
ODF = (
    f'{_ODF} xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def odt(
    body: str,
    *,
    automatic: str = "",
    styles: str = "",
    masters: str = "",
    meta: str = "",
    before: str = "",
    **parts: str,
) -> bytes:
    """Make an OpenDocument text of the XML of its body."""
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"{before}<office:document-content {ODF}>"
            f"<office:automatic-styles>{automatic}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {ODF}><office:styles>{styles}</office:styles>"
            f"<office:master-styles>{masters}</office:master-styles></office:document-styles>",
            "meta.xml": f"<office:document-meta {ODF}><office:meta>{meta}</office:meta></office:document-meta>",
            **parts,
        },
        stored=["mimetype"],
    )


_PML = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def shape(*paragraphs: str, place: str = "") -> str:
    """Make a shape of a slide, the placeholder for ``place`` where it is one."""
    told = f'<p:ph type="{place}"/>' if place else ""
    words = "".join(f"<a:p><a:r><a:t>{words}</a:t></a:r></a:p>" for words in paragraphs)
    return f"<p:sp><p:nvSpPr><p:nvPr>{told}</p:nvPr></p:nvSpPr><p:txBody>{words}</p:txBody></p:sp>"


def pptx(slides: Sequence[str], *, notes: Mapping[int, str] | None = None, **parts: str) -> bytes:
    """Make a presentation of the shapes of its slides, with notes by the slide's number from 1.

    The slides' parts are numbered backwards: their order is what the presentation says.
    """
    count = len(slides)
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in range(count))
    relations = "".join(
        f'<Relationship Id="r{n}" Type="x/slide" Target="slides/s{count - n}.xml"/>'
        for n in range(count)
    )
    found = {
        "ppt/presentation.xml": f"<p:presentation {_PML}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": f"<Relationships>{relations}</Relationships>",
        **parts,
    }
    for n, shapes in enumerate(slides):
        tree = f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"
        found[f"ppt/slides/s{count - n}.xml"] = f"<p:sld {_PML}>{tree}</p:sld>"
        if notes and n + 1 in notes:
            target = f'<Relationship Id="n" Type="x/notesSlide" Target="../notesSlides/n{n}.xml"/>'
            found[f"ppt/slides/_rels/s{count - n}.xml.rels"] = (
                f"<Relationships>{target}</Relationships>"
            )
            tree = shape(notes[n + 1], place="body") + shape(str(n + 1), place="sldNum")
            found[f"ppt/notesSlides/n{n}.xml"] = f"<p:notes {_PML}>{tree}</p:notes>"
    return zipped(found)


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


_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Cell = str | int | float | bool | None
DAY = 1
"""The number of the style of a cell whose number is a day, in a workbook of ``xlsx``."""


def xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]] | str], *, core: str = "") -> bytes:
    """Make a workbook of sheets by name, each of its rows or of its XML; the first row is row 1."""
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    listed, related, parts = "", "", {}
    for n, (name, rows) in enumerate(sheets.items(), 1):
        listed += f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>'
        related += f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        xml = rows if isinstance(rows, str) else sheet_xml(rows)
        parts[f"xl/worksheets/sheet{n}.xml"] = xml
    related += f'<Relationship Id="rIdS" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    about = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
        f"{core}</cp:coreProperties>"
    )
    return zipped(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{rels}">{related}</Relationships>',
            "xl/styles.xml": f'<styleSheet xmlns="{_SHEET}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
            '<xf numFmtId="10"/></cellXfs></styleSheet>',
            "docProps/core.xml": about,
            **parts,
        }
    )


def sheet_xml(rows: Sequence[Sequence[Cell]], *, more: str = "") -> str:
    """Make the XML of a sheet; ``more`` stands behind its rows."""
    lines = "".join(
        f'<row r="{r}">{"".join(_cell(r, c, cell) for c, cell in enumerate(row))}</row>'
        for r, row in enumerate(rows, 1)
        if row
    )
    return f'<worksheet xmlns="{_SHEET}"><sheetData>{lines}</sheetData>{more}</worksheet>'


def _cell(row: int, column: int, cell: Cell) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{cell}</t></is></c>'
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'


def ods(sheets: Mapping[str, Sequence[Sequence[Cell]] | str]) -> bytes:
    """Make an OpenDocument workbook of sheets by name, each of its rows or of the XML of its rows."""
    tables = ""
    for name, rows in sheets.items():
        xml = rows if isinstance(rows, str) else "".join(map(_ods_row, rows))
        tables += f'<table:table table:name="{name}">{xml}</table:table>'
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f'<?xml version="1.0"?><office:document-content {spaces}><office:body>'
            f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:'
            'xmlns:manifest:1.0"/>',
        },
        stored=["mimetype"],
    )


def _ods_row(cells: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, str):
        return f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
    if isinstance(cell, bool):
        value = str(cell).lower()
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{value}"/>'
    return f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
