"""Tables of ten PDFs: how many rows are whole, each below its header.

Five are of other projects (``tables_pdf/README.md``), labelled from pictures of their pages; five are drawn here.
"""

from __future__ import annotations

import io
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

FLOORS = {"rows": 0.98}
HERE = Path(__file__).parent / "tables_pdf"
Cells = Sequence[str]
Table = tuple[bytes, Cells | None, list[Cells]]

HEAD = ("Pump", "Built", "Litres", "Village")
ROWS = (
    ("North pump", "1964", "40", "Orlaville"),
    ("South pump", "1978", "", "Millby"),
    ("East pump", "1982", "75", "Sundal"),
    ("West pump", "", "12", "Orlaville"),
)
XS = (72, 190, 270, 350)
TEXT = (
    "The council met in the old school and spoke for two hours about the third well, which is to be",
    "dug behind the mill before the frost. The miller lends his wagons, and the smith his tools.",
)


def canvas() -> tuple[Canvas, io.BytesIO]:
    """Return a page with a paragraph, and its file."""
    file = io.BytesIO()
    page = Canvas(file, pagesize=(595, 842), invariant=1)
    page.setFont("Times-Roman", 10)
    for n, line in enumerate(TEXT):
        page.drawString(72, 740 - 12 * n, line)
    return page, file


def cells(page: Canvas, row: Cells, y: float) -> None:
    """Draw a row without rules."""
    for cell, x in zip(row, XS, strict=True):
        page.drawString(x, y, cell)


def bare() -> Table:
    """No rules at all, and cells without text."""
    page, file = canvas()
    for n, row in enumerate((HEAD, *ROWS)):
        cells(page, row, 690 - 14 * n)
    page.drawString(72, 600, TEXT[0])
    page.save()
    return file.getvalue(), HEAD, list(ROWS)


def three_rules() -> Table:
    """A rule above, one below the header, one below the table, as books have them."""
    page, file = canvas()
    for n, row in enumerate((HEAD, *ROWS)):
        cells(page, row, 690 - 12 * n)
    for y in (702, 686, 638):
        page.line(70, y, 420, y)
    page.drawString(72, 600, TEXT[0])
    page.save()
    return file.getvalue(), HEAD, list(ROWS)


def spanned() -> Table:
    """Rules around each cell; one cell spans two rows, one two columns, and one has two lines."""
    page, file = canvas()
    for n in range(5):
        page.line(70 if n != 3 else 180, 700 - 30 * n, 420, 700 - 30 * n)
    for x in (70, 180, 260, 420):
        page.line(x, 700, x, 670)
        page.line(x, 670, x, 640)
    for x in (70, 180, 420):
        page.line(x, 640, x, 580)
    page.line(260, 610, 260, 580)
    for x, y, text in (
        (74, 682, "Village"), (184, 682, "Pump"), (264, 682, "Remarks"),
        (74, 652, "Orlaville"), (184, 652, "North"), (264, 656, "was mended in the"), (264, 645, "spring of 1971"),
        (74, 622, "Millby"), (184, 622, "none since the fire"),
        (184, 592, "South"), (264, 592, "is new"),
    ):  # fmt: skip
        page.drawString(x, y, text)
    page.save()
    return file.getvalue(), ("Village", "Pump", "Remarks"), [
        ("Orlaville", "North", "was mended in the spring of 1971"),
        ("Millby", "none since the fire", "none since the fire"),
        ("Millby", "South", "is new"),
    ]  # fmt: skip


def shaded() -> Table:
    """Every other row on a grey ground, figures at the right edge of their column."""
    page, file = canvas()
    rows = [
        (f"Well {name}", f"{n * 317:,}", f"{n * 7}.{n}") for n, name in enumerate("ABCDEF", start=1)
    ]
    for n, row in enumerate([("Well", "Litres", "Depth"), *rows]):
        y = 690 - 16 * n
        if n % 2:
            page.setFillGray(0.9)
            page.rect(70, y - 4, 300, 16, stroke=0, fill=1)
            page.setFillGray(0)
        page.drawString(74, y, row[0])
        page.drawRightString(240, y, row[1])
        page.drawRightString(360, y, row[2])
    page.save()
    return file.getvalue(), ("Well", "Litres", "Depth"), list(rows)


def landscape() -> Table:
    """A page that is turned, with the table running up its side."""
    page, file = canvas()
    page.showPage()
    page.setFont("Times-Roman", 10)
    page.rotate(90)
    for n, row in enumerate((HEAD, *ROWS)):
        for cell, x in zip(row, XS, strict=True):
            page.drawString(x + 40, -100 - 16 * n, cell)
        page.line(100, -88 - 16 * n, 480, -88 - 16 * n)
    page.line(100, -168, 480, -168)
    page.save()
    return file.getvalue(), HEAD, list(ROWS)


WRITTEN: dict[str, Callable[[], Table]] = {
    "bare": bare,
    "three rules": three_rules,
    "spanned": spanned,
    "shaded": shaded,
    "landscape": landscape,
}


def documents() -> Iterator[tuple[str, bytes, Cells | None, list[Cells]]]:
    """Yield the name, the bytes, the header and the rows of each document."""
    for line in (HERE / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        yield label["file"], (HERE / label["file"]).read_bytes(), label["header"], label["rows"]
    for name, make in WRITTEN.items():
        yield name, *make()


def told(row: Cells) -> str:
    """Return a row as it stands in a text."""
    return " ".join(" | ".join(row).split())


def measure() -> dict[str, float]:
    """Return the share of rows that are whole and have their header, each document counting alike."""
    from qa.corpus.formats.pdf import read_pdf

    shares = []
    for name, data, header, rows in documents():
        reading = read_pdf(data)
        texts = [(b.kind, b.start, reading.text[b.start : b.end]) for b in reading.blocks]
        heads = [(start, text) for kind, start, text in texts if kind == "header"]
        found: Counter[tuple[str | None, str]] = Counter()
        for kind, start, text in texts:
            if kind == "row" or (kind == "header" and header is None):
                n = bisect_right(heads, (start, "")) - 1
                found[heads[n][1] if n >= 0 and header else None, text] += 1
        wanted = Counter((told(header) if header else None, told(row)) for row in rows)
        shares.append((found & wanted).total() / wanted.total())
        if shares[-1] < 1:
            print(f"{name}: {shares[-1]:.2f}, without {next(iter(wanted - found))}")
    return {"rows": sum(shares) / len(shares), "worst": min(shares)}
