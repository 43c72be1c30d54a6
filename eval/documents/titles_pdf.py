"""Titles of 26 PDFs: how many are right, or rightly none.

Fourteen are of other projects (``titles_pdf/README.md``), their titles read from a picture of the first page;
twelve are drawn here, each with what is often taken for a title.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FLOORS = {"titles": 0.95}
HERE = Path(__file__).parent / "titles_pdf"
BODY = [
    "The council of Orlaville met in the old school and spoke for two hours about the",
    "third well, which is to be dug behind the mill before the frost. The miller lends",
    "his wagons, the smith his tools, and every house gives a man for nine days.",
]


class Sheet:
    """A PDF that is written line by line from the top."""

    def __init__(self, title: str = "") -> None:
        self._file = io.BytesIO()
        self.canvas = Canvas(self._file, pagesize=(595, 842), invariant=1)
        if title:
            self.canvas.setTitle(title)
        self._y = 760.0

    def line(
        self, text: str, size: float = 11, font: str = "Times-Roman", *, centred: bool = False
    ) -> Sheet:
        """Write a line."""
        self.canvas.setFont(font, size)
        self._y -= 1.25 * size
        if centred:
            self.canvas.drawCentredString(297, self._y, text)
        else:
            self.canvas.drawString(80, self._y, text)
        return self

    def body(self, times: int = 1) -> Sheet:
        """Write running text, a little below what is above it."""
        for _ in range(times):
            self._y -= 10
            for line in BODY:
                self.line(line)
            self._y -= 10
        return self

    def page(self) -> Sheet:
        """Begin the next page."""
        self.canvas.showPage()
        self._y = 760.0
        return self

    def data(self) -> bytes:
        """Return the file."""
        self.canvas.save()
        return self._file.getvalue()


BOLD = "Times-Bold"


def outlined() -> bytes:
    """Sections that the outline names, and no title."""
    sheet = Sheet()
    for name in ("Wells", "Pumps", "Fire"):
        sheet.canvas.bookmarkPage(name)
        sheet.canvas.addOutlineEntry(name, name, 0)
        sheet.line(name, 16, BOLD).body().page()
    return sheet.data()


def japanese() -> bytes:
    """A title without spaces."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    sheet = Sheet().line("新しい井戸の計画について", 20, "HeiseiKakuGo-W5", centred=True)
    for _ in range(4):
        sheet.line(
            "村の評議会は古い学校で集まり新しい井戸について二時間話しました。",
            11,
            "HeiseiKakuGo-W5",
        )
    return sheet.data()


def letter() -> bytes:
    """A letter, whose letterhead is no title."""
    sheet = Sheet("letter_2019.doc").line("Orlaville, 4 March 2019").line("")
    return sheet.line("Dear neighbours,").body(2).line("The council").data()


def minutes() -> bytes:
    """A title in bold of the text's size, over headings in the same bold."""
    sheet = Sheet().line("Minutes of the council of Orlaville", 11, BOLD, centred=True).body()
    for name in ("Wells", "Pumps"):
        sheet.line(name, 11, BOLD).body()
    return sheet.data()


WRITTEN: dict[str, tuple[str | None, Callable[[], bytes]]] = {
    "contents": (
        None,
        lambda: (
            Sheet().line("Contents", 18, BOLD).line("1 Wells ........ 2").line("2 Pumps ........ 3")
            .page().line("1 Wells", 16, BOLD).body().line("2 Pumps", 16, BOLD).body().data()
        ),
    ),
    "converter": (None, lambda: Sheet("Microsoft Word - minutes.doc").body(3).data()),
    "file name": (
        "The third well",
        lambda: Sheet("report_final_2").line("The third well", 18, BOLD).body(3).data(),
    ),
    "numbered": (
        None,
        lambda: (
            Sheet().line("1 Wells", 16, BOLD).body().line("2 Pumps", 16, BOLD).body()
            .line("3 Fire", 16, BOLD).body().data()
        ),
    ),
    "site": (
        "Third well to be dug",
        lambda: (
            Sheet().line("www.orlaville.example", 22, BOLD).line("Third well to be dug", 16, BOLD)
            .body(3).data()
        ),
    ),
    "two lines": (
        "The wells of Orlaville and of the villages on the upper Orla: a report to the county",
        lambda: (
            Sheet().line("The wells of Orlaville and of the villages", 18, BOLD, centred=True)
            .line("on the upper Orla: a report to the county", 18, BOLD, centred=True).body(2)
            .line("Wells", 14, BOLD).body().data()
        ),
    ),
    "minutes": ("Minutes of the council of Orlaville", minutes),
    "outline": (None, outlined),
    "figures": (
        "10 Ways to Save Water",
        lambda: Sheet().line("10 Ways to Save Water", 20, BOLD).body(2).data(),
    ),
    "japanese": ("新しい井戸の計画について", japanese),
    "metadata": (
        "The third well of Orlaville",
        lambda: Sheet("The third well of Orlaville").body(2).data(),
    ),
    "letter": (None, letter),
}  # fmt: skip


def documents() -> Iterator[tuple[str, bytes, str | None]]:
    """Yield the name, the bytes and the title of each document."""
    for line in (HERE / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        yield label["file"], (HERE / label["file"]).read_bytes(), label["title"]
    for name, (title, make) in WRITTEN.items():
        yield f"{name}.pdf", make(), title


def bare(title: str | None) -> str | None:
    """Return a title without the mark of its note, and whatever the case of its letters."""
    return title.rstrip("*∗† ").casefold() if title else None


def measure() -> dict[str, float]:
    """Return the share of documents whose title is right, or rightly none."""
    from qa.corpus.readers import read_document

    right = []
    for name, data, title in documents():
        found = read_document(name, data).title
        right.append(bare(found) == bare(title))
        if not right[-1]:
            print(f"{name}: {found!r} for {title!r}")
    return {"titles": sum(right) / len(right)}
