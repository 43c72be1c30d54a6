"""Order of the lines of 20 PDFs: how many neighbours of a page are neighbours in the text.

Ten pages are of other projects (``pdf_order/README.md``); their labels are the lines in the order in which a
person reads them, an empty one where no neighbour is judged. Ten are drawn here, each with a trap.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

FLOORS = {"neighbours": 0.97}
HERE = Path(__file__).parent / "pdf_order"
Drawn = tuple[bytes, list[str]]

LEFT = (
    "The council of Orlaville met in the old school and spoke for two hours about the third well, which "
    "is to be dug behind the mill before the frost. The miller lends his wagons, the smith his tools, and "
    "every house gives a man for nine days. What the rope costs was left to the next meeting."
)
RIGHT = (
    "The bridge over the river was built of oak in the year of the flood, and the toll was taken by an old "
    "widow who let nobody pass for nothing. Even the bishop paid, though he had a horse and a carriage. She "
    "died in the great frost and lies beside her bridge, where her stone can still be seen today."
)
THIRD = (
    "Nobody remembers who sold the pumps. They stood for thirty years, each looked after by the family that "
    "lived beside it, and when the last one broke the water had to be fetched from the spring below the "
    "vineyard, an hour on foot, until the county paid for a new one in the spring of the next year."
)


def set_in_lines(text: str, width: float, size: float = 10) -> list[str]:
    """Return a text in lines that are no wider, in points."""
    found = [""]
    for word in text.split():
        longer = f"{found[-1]} {word}".strip()
        if pdfmetrics.stringWidth(longer, "Times-Roman", size) > width:
            found.append(word)
        else:
            found[-1] = longer
    return found


def canvas() -> tuple[Canvas, io.BytesIO]:
    """Return an empty page and its file."""
    file = io.BytesIO()
    page = Canvas(file, pagesize=(595, 842), invariant=1)
    page.setFont("Times-Roman", 10)
    return page, file


def done(page: Canvas, file: io.BytesIO, *columns: Sequence[str]) -> Drawn:
    """Return the file and its lines, none judged beside those of the next column."""
    page.save()
    return file.getvalue(), [line for column in columns for line in (*column, "")]


def across(columns: Sequence[Sequence[str]], xs: Sequence[float], step: float = 12) -> Drawn:
    """Draw columns line by line over all of them."""
    page, file = canvas()
    for n in range(max(map(len, columns))):
        for column, x in zip(columns, xs, strict=True):
            if n < len(column):
                page.drawString(x, 700 - step * n, column[n])
    page.save()
    return file.getvalue(), [line for column in columns for line in column]


def two_columns() -> Drawn:
    """Two columns, a gutter as narrow as a line is high."""
    return across([set_in_lines(LEFT * 2, 200), set_in_lines(RIGHT * 2, 200)], [72, 284])


def three_columns() -> Drawn:
    """Three narrow columns."""
    texts = (LEFT, RIGHT, THIRD)
    return across([set_in_lines(text, 140) for text in texts], [60, 218, 376])


def hanging() -> Drawn:
    """Lines that hang into the gutter from both sides."""
    page, file = canvas()
    left, right = set_in_lines(LEFT * 2, 200), set_in_lines(RIGHT * 2, 200)
    for n, line in enumerate(left):
        page.drawString(72, 700 - 12 * n, line + (" -" if n % 5 == 2 else ""))
    for n, line in enumerate(right):
        page.drawString(290 - (4 if n % 6 == 3 else 0), 700 - 12 * n, line)
    return done(page, file, left + right)


def crossed() -> Drawn:
    """Two columns with a caption over both in the middle: above it and below it they are read apart."""
    page, file = canvas()
    texts = [set_in_lines(text, 210) for text in (LEFT, RIGHT, THIRD, LEFT)]
    for text, x, y in zip(texts, (72, 300, 72, 300), (700, 700, 480, 480), strict=True):
        for n, line in enumerate(text):
            page.drawString(x, y - 12 * n, line)
    page.drawString(
        120,
        520,
        "Figure 3. The bridge, the mill and the three wells as they stood before the flood",
    )
    return done(page, file, texts[0] + texts[1], texts[2] + texts[3])


def numbered() -> Drawn:
    """A transcript whose lines are counted in the margin."""
    page, file = canvas()
    lines = set_in_lines(LEFT + " " + RIGHT, 380)
    for n, line in enumerate(lines):
        page.drawRightString(80, 700 - 20 * n, str(n + 1))
        page.drawString(100, 700 - 20 * n, line)
    return done(page, file, lines)


def twice() -> Drawn:
    """A text that is drawn twice, a hair apart, as a printer makes it bold."""
    page, file = canvas()
    lines = set_in_lines(LEFT + " " + THIRD, 380)
    for shift in (0.0, 0.35):
        for n, line in enumerate(lines):
            page.drawString(72 + shift, 700 - 12 * n, line)
    return done(page, file, lines)


def mirrored() -> Drawn:
    """Text that is seen from behind, as on a foil that is printed on its back."""
    page, file = canvas()
    lines = set_in_lines(RIGHT, 380)
    page.transform(-1, 0, 0, 1, 595, 0)
    for n, line in enumerate(lines):
        page.drawString(72, 700 - 12 * n, line)
    return done(page, file, lines)


def drawn_before(name: str) -> Callable[[], Drawn]:
    """Return a page that is kept with its lines, because its font is not on every machine."""

    def read() -> Drawn:
        lines = (HERE / f"{name}.txt").read_text("utf-8").splitlines()
        return (HERE / f"{name}.pdf").read_bytes(), lines

    return read


WRITTEN: dict[str, Callable[[], Drawn]] = {
    "two columns": two_columns,
    "three columns": three_columns,
    "hanging": hanging,
    "crossed": crossed,
    "numbered": numbered,
    "twice": twice,
    "mirrored": mirrored,
    "hebrew": drawn_before("hebrew"),
    "arabic": drawn_before("arabic"),
    "vertical": drawn_before("vertical"),
}


def documents() -> Iterator[tuple[str, bytes, list[str]]]:
    """Yield the name, the bytes and the lines of each document."""
    for line in (HERE / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        yield label["file"], (HERE / label["file"]).read_bytes(), label["lines"]
    for name, make in WRITTEN.items():
        yield name, *make()


def bare(text: str) -> str:
    """Return the letters and digits of a text, so that broken words and spaces make no difference."""
    return "".join(filter(str.isalnum, text))


def measure() -> dict[str, float]:
    """Return the share of neighbouring lines that are neighbours in the text, each document counting alike."""
    from qa.corpus.formats.pdf import read_pdf

    shares = []
    for name, data, lines in documents():
        text = bare(read_pdf(data).text)
        pairs = [(one, other) for one, other in pairwise(map(bare, lines)) if one and other]
        right = [one + other in text for one, other in pairs]
        shares.append(sum(right) / len(right))
        if not all(right):
            wrong = [pair for pair, ok in zip(pairs, right, strict=True) if not ok]
            print(f"{name}: {len(wrong)} of {len(pairs)} apart, such as {wrong[0]}")
    return {"neighbours": sum(shares) / len(shares), "worst": min(shares)}
