"""Boxes of the words of a citation: 50 spans of pages whose every word was put where it is known to stand.

The pages are drawn here, and what is right is what was drawn: the width of each word is reportlab's, or
that of the page's own font. Nothing of the code under test is asked. Half of the spans are of the kinds
that pages of other programs have: justified word by word, turned, cropped, in columns, drawn twice.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

FLOORS = {"boxes": 0.99}
SPANS = Path(__file__).parent / "pdf_boxes" / "labels.jsonl"
WIDTH, HEIGHT = 595.0, 842.0
_SLACK = 1.0
"""Points that an edge of a box may be off."""

Box = tuple[float, float, float, float]
Words = tuple[str, float, float, float, float]
"""A word, its left edge, its base line, its right edge, the size of its type."""


@dataclass
class Sheet:
    """A PDF that is drawn, and the words of each page where they stand as the page is shown."""

    file: io.BytesIO = field(default_factory=io.BytesIO)
    words: list[list[Words]] = field(default_factory=lambda: [[]])
    frame: Callable[[Box], Box] = lambda box: box
    """Turns a box as it is shown so that the words run to the right, as they were drawn."""

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.file, pagesize=(WIDTH, HEIGHT), invariant=1)

    def line(
        self, text: str, x: float, y: float, *, size: float = 11, font: str = "Times-Roman"
    ) -> None:
        """Draw a line in one piece."""
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, text)
        for word in text.split(" "):
            wide = pdfmetrics.stringWidth(word, font, size)
            self.words[-1].append((word, x, y, x + wide, size))
            x += wide + pdfmetrics.stringWidth(" ", font, size)

    def justified(self, text: str, x: float, y: float, width: float, *, size: float = 11) -> None:
        """Draw a line word by word, its spaces as wide as they have to be."""
        self.canvas.setFont("Times-Roman", size)
        parts = text.split(" ")
        wide = [pdfmetrics.stringWidth(part, "Times-Roman", size) for part in parts]
        gap = (width - sum(wide)) / max(len(parts) - 1, 1)
        for part, length in zip(parts, wide, strict=True):
            self.canvas.drawString(x, y, part)
            self.words[-1].append((part, x, y, x + length, size))
            x += length + gap

    def page(self) -> None:
        """Begin the next page."""
        self.canvas.showPage()
        self.words.append([])

    def data(self) -> bytes:
        """Return the file."""
        self.canvas.save()
        return self.file.getvalue()


TEXT = (
    "The council of Orlaville met in the old school and spoke for two hours about the third well, which "
    "is to be dug behind the mill before the frost. The miller lends his wagons, the smith his tools, and "
    "every house gives a man for nine days. What the rope costs was left to the next meeting."
).split()


def lines(words: Sequence[str], width: float, size: float = 11) -> Iterator[str]:
    """Yield words in lines that are no wider."""
    line: list[str] = []
    for word in words:
        if line and pdfmetrics.stringWidth(" ".join([*line, word]), "Times-Roman", size) > width:
            yield " ".join(line)
            line = []
        line.append(word)
    yield " ".join(line)


def plain() -> Sheet:
    """One column on two pages, a paragraph going on on the second."""
    sheet = Sheet()
    told = list(lines(TEXT, 380))
    for n, line in enumerate(told[:-1]):
        sheet.line(line, 72, 500 - 14 * n)
    sheet.page()
    sheet.line(told[-1], 72, 600)
    return sheet


def columns() -> Sheet:
    """Two columns, drawn line by line over both."""
    sheet = Sheet()
    left = list(lines(TEXT, 200))
    right = list(lines("Of the bridge nothing was said. ".split()[:-1] + TEXT[::-1], 200))
    for n in range(max(len(left), len(right))):
        for told, x in ((left, 72), (right, 300)):
            if n < len(told):
                sheet.line(told[n], x, 600 - 14 * n)
    return sheet


def wide_spaces() -> Sheet:
    """A justified column, drawn word by word."""
    sheet = Sheet()
    for n, line in enumerate(lines(TEXT, 230)):
        sheet.justified(line, 72, 600 - 14 * n, 240)
    return sheet


def turned() -> Sheet:
    """A page that is shown a quarter turn clockwise."""
    sheet = Sheet(frame=lambda box: (HEIGHT - box[3], box[0], HEIGHT - box[1], box[2]))
    sheet.canvas.setPageRotation(90)
    for n, line in enumerate(lines(TEXT, 380)):
        sheet.line(line, 72, 500 - 14 * n)
    return sheet


def cropped() -> Sheet:
    """A page of which only the middle is shown."""
    sheet = Sheet()
    sheet.canvas.setCropBox((50, 400, 500, 700))
    for n, line in enumerate(lines(TEXT, 300)):
        sheet.line(line, 72, 650 - 14 * n)
    sheet.words[-1] = [(w, x0 - 50, y - 400, x1 - 50, s) for w, x0, y, x1, s in sheet.words[-1]]
    return sheet


def broken() -> Sheet:
    """Words that a line's end breaks, and an exponent."""
    sheet = Sheet()
    sheet.line("The reservoir behind the mill was meas", 72, 600)
    sheet.line("-", sheet.words[-1][-1][3], 600)  # of the line, and of no word
    sheet.line("ured by the smith. It holds 10", 72, 586)
    x = sheet.words[-1][-1][3]
    sheet.line("6", x, 590, size=7)
    x = sheet.words[-1][-1][3] + 3
    sheet.line("litres in a well-", x, 586)
    sheet.line("known year.", 72, 572)
    return sheet


def table() -> Sheet:
    """Rows of cells with rules."""
    sheet = Sheet()
    rows = [
        ("Pump", "Built", "Village"),
        ("North pump", "1964", "Orlaville"),
        ("South pump", "1978", "Millby"),
        ("East pump", "1982", "Sundal"),
    ]
    for n, row in enumerate(rows):
        sheet.canvas.line(70, 595 - 20 * n, 400, 595 - 20 * n)
        for cell, x in zip(row, (72, 200, 300), strict=True):
            sheet.line(cell, x, 600 - 20 * n)
    return sheet


def twice() -> Sheet:
    """A heading made bold by drawing it twice."""
    sheet = Sheet()
    for shift in (0, 0.4):
        sheet.words[-1].clear()
        sheet.line("The third well of Orlaville", 72, 700, size=18)
        if shift == 0:
            sheet.canvas.translate(0.4, 0)
    sheet.canvas.translate(-0.4, 0)
    for n, line in enumerate(lines(TEXT, 380)):
        sheet.line(line, 72, 660 - 14 * n)
    return sheet


@dataclass
class Drawn(Sheet):
    """A page that was drawn before, and is kept because its font is not on every machine."""

    name: str = ""

    def __post_init__(self) -> None:
        told = json.loads((SPANS.parent / f"{self.name}.json").read_text("utf-8"))
        self.words = [[tuple(word) for word in told]]

    def data(self) -> bytes:
        """Return the file."""
        return (SPANS.parent / f"{self.name}.pdf").read_bytes()


def hebrew() -> Sheet:
    """Lines that run to the left, each word drawn where it stands."""
    return Drawn(name="hebrew")


def vertical() -> Sheet:
    """Lines that are written downwards, from the right; each character is a word."""
    return Drawn(name="vertical", frame=lambda box: (-box[3], box[0], -box[1], box[2]))


def scaled() -> Sheet:
    """A page whose text is drawn in another scale."""
    sheet = Sheet()
    sheet.canvas.saveState()
    sheet.canvas.transform(0.5, 0, 0, 0.5, 30, 300)
    for n, line in enumerate(lines(TEXT, 700, 22)):
        sheet.line(line, 72, 600 - 28 * n, size=22)
    sheet.canvas.restoreState()
    sheet.words[-1] = [
        (w, 30 + x0 / 2, 300 + y / 2, 30 + x1 / 2, s / 2) for w, x0, y, x1, s in sheet.words[-1]
    ]
    return sheet


SHEETS: dict[str, Callable[[], Sheet]] = {
    "plain": plain,
    "columns": columns,
    "wide spaces": wide_spaces,
    "turned": turned,
    "cropped": cropped,
    "broken": broken,
    "table": table,
    "twice": twice,
    "hebrew": hebrew,
    "vertical": vertical,
    "scaled": scaled,
}


def expected(words: Sequence[Words]) -> list[Words]:
    """Return the words of each line as one."""
    found: list[Words] = []
    for text, x0, y, x1, size in words:
        if found and abs(found[-1][2] - y) < 0.5 * max(size, found[-1][4]):
            before = found.pop()
            text, x0, y, x1 = (
                f"{before[0]} {text}",
                min(before[1], x0),
                min(before[2], y),
                max(before[3], x1),
            )
            size = max(before[4], size)
        found.append((text, x0, y, x1, size))
    return found


def covers(box: Box, words: Words) -> bool:
    """Whether a box begins and ends where the words do, and has their height."""
    _, x0, y, x1, size = words
    return (
        abs(box[0] - x0) <= _SLACK
        and abs(box[2] - x1) <= _SLACK
        and y - 0.6 * size <= box[1] <= y
        and y + 0.5 * size <= box[3] <= y + 1.4 * size
    )


def on_lines(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes of one line as one: a wide gap within a line may be marked or not."""
    found: list[Box] = []
    for x0, y0, x1, y1 in boxes:
        if found and min(y1, found[-1][3]) - max(y0, found[-1][1]) > 0.5 * (y1 - y0):
            left, low, right, high = found.pop()
            x0, y0, x1, y1 = min(left, x0), min(low, y0), max(right, x1), max(high, y1)
        found.append((x0, y0, x1, y1))
    return found


def measure() -> dict[str, float]:
    """Return the share of spans whose boxes cover exactly their words, on the right page."""
    from qa.corpus.formats.pdf.boxes import boxes_of
    from qa.corpus.formats.pdf.text import read_traced

    right = nothing = 0
    spans = [json.loads(line) for line in SPANS.read_text("utf-8").splitlines()]
    for name, make in SHEETS.items():
        sheet = make()
        data = sheet.data()
        traced = read_traced(data)
        for span in (span for span in spans if span["sheet"] == name):
            start = traced.reading.text.find(span["text"])
            found = boxes_of(data, traced, start, start + len(span["text"])) if start >= 0 else ()
            wanted: dict[int, list[Words]] = {}
            for page, first, last in span["words"]:
                wanted.setdefault(page, []).extend(sheet.words[page - 1][first : last + 1])
            told = {m.page: on_lines([sheet.frame(box) for box in m.boxes]) for m in found}
            lines = {page: expected(words) for page, words in wanted.items()}
            exact = told.keys() == lines.keys() and all(
                len(told[page]) == len(lines[page]) and all(map(covers, told[page], lines[page]))
                for page in lines
            )
            right += exact
            nothing += not found
            if not exact:
                print(f"not right: {name}, {span['text']!r}: {told} for {lines}")
    return {"boxes": right / len(spans), "without boxes": nothing / len(spans)}
