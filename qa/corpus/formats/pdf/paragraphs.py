"""Makes paragraphs, items and headings from lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from qa.corpus.formats.pdf.about import NUMBERED
from qa.corpus.formats.pdf.fronts import parts_title
from qa.corpus.formats.pdf.hyphens import run_on
from qa.corpus.formats.pdf.layout import Line
from qa.corpus.formats.pdf.letters import greets, is_dated
from qa.corpus.formats.pdf.pages import Bookmark
from qa.corpus.formats.pdf.words import Words

_TERMINAL = re.compile(r"[.!?:;。！？][\"'”’»)\]\d]*$")
_BULLET = re.compile(r"(?:[•‣▪◦·\uf0b7–—*-]\s+|\(?\d{1,3}[.)]\s+|\(?[a-z]\)\s+)(?=\S)")
_ENTRY = re.compile(r".+(?:\.{4,}|(?:\. ){4,}|…{2,})\s*(?:\d+|[ivxl]+)$")
"""In a list of contents."""
_SAME_SIZE, _LARGER = 0.08, 1.12
_HEAD_CHARS, _HEAD_LINES, _HEAD_STEP = 200, 4, 1.7

Face = tuple[float, bool]


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, each with the number of its page, from 0.

    ``level`` is the level of an entry of the outline, 0 for others; ``header``: it is the row that names a
    table's columns.
    """

    lines: list[tuple[int, Line]] = field(default_factory=list)
    item: bool = False
    level: int = 0

    @property
    def face(self) -> Face:
        """The size of its type, and whether that is bold."""
        line = self.lines[0][1]
        return line.size, line.bold

    @property
    def row(self) -> bool:
        """Whether it is the row of a table."""
        return self.lines[0][1].row

    def goes_on(self, before: Paragraph) -> bool:
        """Whether it is the next row of the table in the paragraph before it, even on the next page."""
        (page, above), (other, line) = before.lines[-1], self.lines[0]
        if not (above.row and line.row):
            return False
        if page == other:
            return (above.column, above.table) == (line.column, line.table)
        return above.cells == line.cells and not line.header

    @property
    def may_head(self) -> bool:
        """Whether it is short enough to be a heading."""
        text = " ".join(line.text for _, line in self.lines)
        short = len(text) <= _HEAD_CHARS and len(self.lines) <= _HEAD_LINES
        return short and not self.row and sum(map(str.isalpha, text)) >= 2

    @property
    def centred(self) -> bool:
        """Whether its first line is centred in its column."""
        return _is_centred(self.lines[0][1])


def paragraphs_of(
    lines: Sequence[tuple[int, Line]],
    headings: Mapping[int, tuple[int, int]],
    *,
    apart: bool,
    parted_by: Collection[int] = (),
) -> list[Paragraph]:
    """Return the paragraphs of lines.

    ``headings`` has, for the number of a line, the level of the heading that begins there and how many
    lines it has. With ``apart`` no paragraph continues on the next page. No paragraph continues on or after
    one of the pages ``parted_by``, whose text comes from elsewhere.
    """
    if not lines:  # notes alone
        return []
    leading, body = _leading(lines), _body(lines)
    found: list[Paragraph] = []
    before: tuple[int, Line] | None = None
    closed = 0  # the number of the first line after a heading of the outline
    for n, (number, line) in enumerate(lines):
        entry = line.row or _ENTRY.fullmatch(line.text) is not None
        bullet = entry or _BULLET.match(line.text) is not None
        if n in headings:
            level, count = headings[n]
            found.append(Paragraph(level=level))
            closed = n + count
        elif n >= closed and (
            before is None
            or bullet
            or n == closed
            or before[1].row
            or _ENTRY.fullmatch(before[1].text)
            or (apart and before[0] != number)
            or any(before[0] < page < number for page in parted_by)
            or _begins(before, (number, line), leading, body)
        ):
            found.append(Paragraph(item=bullet))
        found[-1].lines.append((number, line))
        before = number, line
    return found


def _body(lines: Sequence[tuple[int, Line]]) -> float:
    sizes = Counter[float]()
    for _, line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0]


def _leading(lines: Sequence[tuple[int, Line]]) -> float:
    """Return the usual distance of two lines of a paragraph, in font sizes."""
    steps = [
        (before.y0 - line.y0) / line.size
        for (page, before), (other, line) in pairwise(lines)
        if page == other
        and before.column == line.column
        and before.y0 > line.y0
        and not (before.row or line.row)
    ]
    return min(median(steps), 2.5) if steps else 1.2


def _is_centred(line: Line) -> bool:
    left, right = line.x0 - line.left, line.right - line.x1
    uneven = 0.25 * (line.right - line.left)  # for text whose lines do not reach the right edge
    return left > 2 * line.size and abs(left - right) < max(2 * line.size, uneven)


def _begins(before: tuple[int, Line], after: tuple[int, Line], leading: float, body: float) -> bool:
    """Whether a paragraph begins with the line ``after``."""
    (page, above), (other, line) = before, after
    if abs(line.size - above.size) > _SAME_SIZE * above.size:
        return True
    step = (above.y0 - line.y0) / line.size
    large = line.size >= _LARGER * body and 0 < step < max(_HEAD_STEP, 1.15 * leading)
    bold = line.bold and above.bold and 0 < step < leading * 1.3 + 0.1
    centred = _is_centred(above) and _is_centred(line)
    if page == other and (large or (bold and centred)):
        # The lines of a heading are uneven, and one of them may have no bold word.
        return (
            above.text[-1] in ".!?。"
            or NUMBERED.match(line.text) is not None
            or (centred and above.bold and not line.bold)
            or parts_title(above.text, line.text)
            or is_dated(line.text)
        )
    if line.bold != above.bold:
        return True
    ended = _TERMINAL.search(above.text) is not None
    if greets(above.text) or greets(line.text) or is_dated(line.text):
        return True
    if (page, above.column) != (other, line.column):
        return ended or above.bold or above.right - above.x1 > 0.5 * (above.right - above.left)
    if step > leading * 1.3 + 0.1:
        return True
    width = line.right - line.left
    indented = line.x0 - line.left > 0.8 * line.size
    if indented and above.x0 - above.left <= 0.5 * line.size and line.x0 - line.left < 0.3 * width:
        return True
    short = line.right - above.x1
    return short > (0.2 if ended else 0.5) * width


def joined_lines(
    lines: Sequence[tuple[int, Line]], vocabulary: frozenset[str]
) -> tuple[Words, list[int]]:
    """Return the lines as one text, and where each of them begins in it."""
    return run_on([line.words for _, line in lines], vocabulary)


def levels_of(paragraphs: Sequence[Paragraph]) -> dict[Face, int]:
    """Return a level for each typeface of headings: larger than the text, or bold if the text is not."""
    if not paragraphs:
        return {}
    body = _body([line for paragraph in paragraphs for line in paragraph.lines])
    written = Counter[Face]()
    for paragraph in paragraphs:
        if not paragraph.row:
            written[paragraph.face] += sum(len(line.text) for _, line in paragraph.lines)
    bold_body = written[body, True] > written[body, False]
    faces = [
        (size, bold)
        for size, bold in written
        if size >= _LARGER * body or (bold and not bold_body and size >= body)
    ]
    return {face: min(n, 6) for n, face in enumerate(sorted(faces, reverse=True), start=1)}


# --- the outline ---------------------------------------------------------------------------------


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _names(text: str) -> set[str]:
    """Return the names of a heading, with and without its number."""
    numbered = NUMBERED.match(text)
    return {_bare(text), _bare(text[numbered.end() :] if numbered else text)} - {""}


def outlined(
    lines: Sequence[tuple[int, Line]], outline: Sequence[Bookmark]
) -> dict[int, tuple[int, int]]:
    """Return the headings of the outline: for the number of a line, the level and how many lines."""
    found: dict[int, tuple[int, int]] = {}
    if not outline:
        return found
    places: dict[int, list[int]] = {}
    for n, (page, line) in enumerate(lines):
        if not line.row:
            places.setdefault(page, []).append(n)
    for entry in outline:
        names = _names(entry.title)
        for page in (entry.page, entry.page + 1):
            place = next(
                (
                    (n, count)
                    for n in places.get(page, ())
                    if n not in found and (count := _matches(lines, n, names))
                ),
                None,
            )
            if place:
                found[place[0]] = entry.level, place[1]
                break
    return found


def _matches(lines: Sequence[tuple[int, Line]], first: int, names: set[str]) -> int:
    """Return how many lines from the first on have the name of an entry; 0 if they have another name."""
    page, line = lines[first]
    text = ""
    for n in range(first, min(first + _HEAD_LINES, len(lines))):
        other, below = lines[n]
        if other != page or below.row or abs(below.size - line.size) > _SAME_SIZE * line.size:
            return 0
        text = f"{text} {below.text}".strip()
        said = _names(text)
        if said & names:
            return n - first + 1
        if not any(name.startswith(start) for name in names for start in said):
            return 0
    return 0
