"""What stands on a page beside its text: running heads, page numbers, the numbers of lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qa.corpus.formats.pdf.fragments import Fragment
from qa.corpus.formats.pdf.layout import Line, lines_of, side_by_side
from qa.corpus.formats.pdf.letters import greets, is_dated
from qa.corpus.formats.pdf.pages import Page
from qa.corpus.furniture import is_certain

_EDGE = 0.13
"""Running heads and feet stand within this share of a page's height from its upper or lower edge."""
_EDGE_LINES = 3
_SENTENCE = 6
"""A running head of so many words is hardly a sentence."""
_CLOSE = 1.8
"""Lines of a paragraph are no further apart, in font sizes; a running head is."""
_NUMBER = re.compile(
    r"\W*(?:(?:page|página|seite|p\.?)\s*)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of|de|von)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_TERMINAL = re.compile(r"[.!?:;][\"'”’»)\]\d]*$")
_SAME_SIZE, _LARGER = 0.08, 1.12
_FEW_NUMBERS, _FEW_FIFTHS = 5, 3
_MANY_NUMBERS = 10
_NUMBERED = 0.6
"""This share of the lines between the first and the last numbered one has a number too."""


@dataclass(frozen=True, slots=True)
class Edges:
    """The lines of each page that are not part of the text, and whether each page is a letter."""

    lines: list[list[Line]]
    letters: bool


def running(pages: Sequence[Page]) -> Edges:
    """Return for each page the lines at its edges that are not part of the text."""
    rows = [lines_of(page.fragments) for page in pages]
    edges = [_edges(page, lines) for page, lines in zip(pages, rows, strict=True)]
    sayings: dict[tuple[str, int], list[str]] = {}
    for page_edges in edges:
        for key, words in {_key(line): line.text for line in page_edges}.items():
            sayings.setdefault(key, []).append(words)
    sizes = Counter[float]()
    for page in pages:
        for fragment in page.fragments:
            sizes[fragment.size] += len(fragment.text)
    body = sizes.most_common(1)[0][0] if sizes else 1.0
    wanted = min(3, max(2, len(pages)))

    def runs(page: Page, lines: Sequence[Line], line: Line) -> bool:
        if _NUMBER.fullmatch(line.text) or (is_certain(line.text) and len(line.text) < 40):
            return True
        said = sayings[_key(line)]
        return len(said) >= wanted and not _is_text(page, lines, line, said, body)

    found = [
        [line for line in page_edges if runs(page, lines, line)]
        for page, lines, page_edges in zip(pages, rows, edges, strict=True)
    ]
    return _with_letters(found)


def _with_letters(found: list[list[Line]]) -> Edges:
    """Keep on the first page the head that letters share: who writes, when, and to whom."""
    said = [{line.text for line in lines} for lines in found]
    shared = set.intersection(*said) if len(said) > 1 else set()
    greeted = any(map(greets, shared))
    if not greeted and not any(map(is_dated, shared)):
        return Edges(found, letters=False)
    first = [line for line in found[0] if line.text not in shared or _NUMBER.fullmatch(line.text)]
    return Edges([first, *found[1:]], letters=greeted)


def _is_text(
    page: Page, lines: Sequence[Line], line: Line, said: Sequence[str], body: float
) -> bool:
    """Whether a line that other pages repeat but for its figures belongs to the text all the same.

    Text that is deleted cannot be found, nor is what is left of its sentence what was written.
    """
    n = lines.index(line)
    above, below = lines[n - 1] if n else None, lines[n + 1] if n + 1 < len(lines) else None
    if (above and _continues(above, line)) or (below and _continues(line, below)):
        return True
    if below and _heads_table(page, line, below):
        return True
    if len(set(said)) == 1 or _has_number(page, line):
        return False
    if line.size >= _LARGER * body:  # "Minutes of 3 May": each page says something else
        return len(set(said)) == len(said)
    if abs(line.size - body) > _SAME_SIZE * body:
        return False
    at_top = line.y0 + line.y1 > page.top + page.bottom
    outermost = lines[0] if at_top else lines[-1]
    if outermost.size < (1 - _SAME_SIZE) * body:  # the running head is there, in small print
        return True
    opens = at_top and below is not None and abs(below.size - body) <= _SAME_SIZE * body
    sentence = len(line.text.split()) >= _SENTENCE and _TERMINAL.search(line.text) is not None
    return opens and sentence


def _heads_table(page: Page, line: Line, below: Line) -> bool:
    """Whether a line has several cells, each over one of the line right under it."""
    if not 0 < line.y0 - below.y1 < 0.5 * _CLOSE * line.size + 1:
        return False
    rows = [
        [f for f in page.fragments if row.y0 <= f.y0 and f.y1 <= row.y1] for row in (line, below)
    ]
    return len(rows[0]) == len(rows[1]) > 2 and all(
        min(one.x1, other.x1) > max(one.x0, other.x0)
        for one, other in zip(*(sorted(row, key=lambda f: f.x0) for row in rows), strict=True)
    )


def _continues(line: Line, below: Line) -> bool:
    """Whether a sentence runs from a line into the one right under it."""
    return (
        abs(line.size - below.size) <= _SAME_SIZE * line.size
        and 0 < line.y0 - below.y0 <= _CLOSE * line.size
        and _TERMINAL.search(line.text) is None
        and below.text[:1].islower()
    )


def _has_number(page: Page, line: Line) -> bool:
    """Whether a number stands apart on a line, as a page's number does in its head."""
    return any(
        line.y0 <= f.y0 and f.y1 <= line.y1 and _NUMBER.fullmatch(f.text) for f in page.fragments
    )


def _edges(page: Page, lines: Sequence[Line]) -> list[Line]:
    """Return the outermost lines of a page, near its upper and lower edge."""
    low, high = page.bottom + _EDGE * page.height, page.top - _EDGE * page.height
    heads = [line for line in lines[:_EDGE_LINES] if (line.y0 + line.y1) / 2 > high]
    feet = [line for line in lines[-_EDGE_LINES:] if (line.y0 + line.y1) / 2 < low]
    return heads + [line for line in feet if line not in heads]


def _key(line: Line) -> tuple[str, int]:
    """Name a line for what it says, whatever its figures, and about where it stands."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.lower()), round(line.y0 / 12)


def without(page: Page, heads: Sequence[Line]) -> list[Fragment]:
    """Return the fragments of a page that are not on one of these lines."""
    spans = [(line.y0 - 0.1, line.y1 + 0.1) for line in heads]
    return [f for f in page.fragments if not any(a <= f.y0 and f.y1 <= b for a, b in spans)]


def is_number(text: str) -> bool:
    """Whether a line is a page's number and nothing else."""
    return _NUMBER.fullmatch(text) is not None


# --- the numbers of lines ------------------------------------------------------------------------


def without_line_numbers(pages: Sequence[Page]) -> list[Page]:
    """Return the pages without the numbers that count the lines of a transcript or a law in the margin."""
    columns = [[_numbers(page, at) for page in pages] for at in (0, -1)]
    found = list(pages)
    for at, numbers in zip((0, -1), columns, strict=True):
        starts = Counter(
            (values[0], len(values)) for values in map(list, map(dict.values, numbers)) if values
        )
        again = any(count > 1 and many >= _MANY_NUMBERS for (_, many), count in starts.items())
        for n, rows in enumerate(numbers):
            if rows and (again or _is_running(found[n], rows, at)):
                found[n] = _cut(found[n], rows, at)
    return found


def _numbers(page: Page, at: int) -> dict[int, int]:
    """Return the numbers that count lines, by line; ``at`` is 0 for the left margin, -1 for the right."""
    lines = side_by_side(page.fragments)
    values = {n: value for n, line in enumerate(lines) if (value := _number(line, at)) is not None}
    if len(values) < _FEW_FIFTHS:
        return {}
    places = list(values.items())
    steps = Counter(after - before for (_, before), (_, after) in pairwise(places))
    step, often = steps.most_common(1)[0]
    if step not in (1, 5) or often < 0.9 * (len(values) - 1):
        return {}
    if len(values) < (_FEW_NUMBERS if step == 1 else _FEW_FIFTHS):
        return {}
    covered = places[-1][0] - places[0][0] + 1
    if step * len(values) < _NUMBERED * covered or (step == 5 and len(values) > covered):
        return {}
    return values if _stand_apart(lines, values, at) else {}


def _number(line: Sequence[Fragment], at: int) -> int | None:
    word = line[at].text.split(" ")[at]
    return int(word) if word.isdecimal() and word.isascii() and len(word) <= 4 else None


def _stand_apart(lines: Sequence[Sequence[Fragment]], values: dict[int, int], at: int) -> bool:
    """Whether all numbers stand outside the text; a number that is one fragment with it is its first word."""
    own = [lines[n][at] for n in values if " " not in lines[n][at].text]
    if 2 * len(own) < len(values):
        return True
    rest = [f for n in values for f in lines[n] if f not in own]
    if not rest:
        return False
    if at == 0:
        return max(f.x1 for f in own) <= min(f.x0 for f in rest) + 1
    return min(f.x0 for f in own) >= max(f.x1 for f in rest) - 1


def _is_running(page: Page, rows: dict[int, int], at: int) -> bool:
    """Whether what the numbers count is the lines of a text: many begin within a sentence."""
    texts = [text for n, text in _rests(page, at) if n in rows and text]
    if len(texts) < _FEW_FIFTHS:
        return False
    small = sum(text[0].islower() for text in texts)
    cased = any(char.islower() for text in texts for char in text)
    return small >= 0.25 * len(texts) if cased else len(texts) >= _MANY_NUMBERS


def _rests(page: Page, at: int) -> Iterator[tuple[int, str]]:
    for n, line in enumerate(side_by_side(page.fragments)):
        words = " ".join(f.text for f in line).split(" ")
        yield n, " ".join(words[1:] if at == 0 else words[:-1])


def _cut(page: Page, rows: dict[int, int], at: int) -> Page:
    found: list[Fragment] = []
    for n, line in enumerate(side_by_side(page.fragments)):
        if n not in rows:
            found += line
            continue
        fragment = line[at]
        rest = [f for f in line if f is not fragment]
        if " " in fragment.text:
            rest.append(_shortened(fragment, at))
        found += rest
    return replace(page, fragments=tuple(found))


def _shortened(fragment: Fragment, at: int) -> Fragment:
    """Return a fragment without its first or last word."""
    words = fragment.words
    if at == 0:
        cut = words.text.index(" ") + 1
        gap = next((g for g in fragment.gaps if g.at == cut - 1), None)
        gaps = tuple(replace(g, at=g.at - cut) for g in fragment.gaps if g.at >= cut)
        wide = (fragment.x1 - fragment.x0) / len(words)
        x0 = gap.x1 if gap else fragment.x0 + cut * wide
        return replace(fragment, words=words.cut(cut), x0=x0, gaps=gaps)
    cut = words.text.rindex(" ")
    gap = next((g for g in fragment.gaps if g.at == cut), None)
    gaps = tuple(g for g in fragment.gaps if g.at < cut)
    return replace(fragment, words=words.cut(0, cut), x1=gap.x0 if gap else fragment.x1, gaps=gaps)
