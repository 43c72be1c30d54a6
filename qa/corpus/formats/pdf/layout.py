"""The lines of a printed page in the order in which they are read.

A page of a PDF is a set of characters at places. ``fragments`` joins characters side by side on one line to
fragments; this module joins fragments to lines, column by column. A gutter is a left edge that several
fragments share, with text side by side on both sides of it. Most of this text must be long enough to be running
text. The columns of a table are not, so a table is read row by row. A fragment that crosses a gutter (a title, a
picture's caption) cuts the columns into bands, which are read from the top down; one that only extends a little
into it does not. A page whose text runs to the left is mirrored first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise
from statistics import median

from qa.corpus.formats.pdf.exponents import exponent, is_raised
from qa.corpus.formats.pdf.fragments import Fragment, Gap, is_leftward
from qa.corpus.formats.pdf.grids import Grid, grids
from qa.corpus.formats.pdf.rules import NO_RULES, Rules
from qa.corpus.formats.pdf.tables import Row, aligned, split_at
from qa.corpus.formats.pdf.words import Words

_COLUMN_CHARS = 18
"""The least mean number of characters of a column's lines; a table's cells have fewer."""
_PAIRS, _FEW_PAIRS = 3, 2
"""So many lines must stand side by side in two columns; fewer if no line of the right one is short."""
_LONG = 30
_HANG = 0.7
"""A fragment may cross the edge of its column by so many font sizes, into the gutter."""
_RIVER = 8
"""In a text, wide spaces stand below each other in at most so many lines."""
_INITIAL = 1.8
"""A drop cap is at least so many times as large as the text that it begins."""
_MAX_FRAGMENTS = 5000
"""A page with more fragments is a drawing; its text is taken in the order of the file."""
_NARROW = 0.5
"""The least width of a gutter, in heights of a line."""
_SPACE = 0.15


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and the left and right edge of the column that it stands in.

    ``table`` numbers the tables of a page from 1 and is 0 for other lines; a row has ``cells`` columns, and
    ``header`` says that it names them.
    """

    words: Words
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    left: float
    right: float
    column: int
    table: int = 0
    cells: int = 0
    header: bool = False

    @property
    def row(self) -> bool:
        """Whether it is the row of a table."""
        return self.table > 0

    @property
    def text(self) -> str:
        """The words without their marks."""
        return self.words.text


def reading_order(fragments: Sequence[Fragment], rules: Rules = NO_RULES) -> list[Line]:
    """Return the lines of a page in reading order; ``column`` numbers the runs of lines."""
    leftward = is_leftward("".join(f.text for f in fragments))
    if leftward:
        fragments, rules = [_from_behind(f) for f in fragments], rules.mirrored()
    if len(fragments) > _MAX_FRAGMENTS:
        return lines_of(fragments)
    rest, tables = grids(fragments, rules)
    found: list[Line] = []
    numbers = count(1)
    for number, part in enumerate(_columns([*_with_initials(rest), *tables], depth=0)):
        found += _lines(part, number, rules, numbers, leftward=leftward)
    return found


def _from_behind(fragment: Fragment) -> Fragment:
    gaps = tuple(Gap(gap.at, -gap.x1, -gap.x0) for gap in fragment.gaps)
    return replace(fragment, x0=-fragment.x1, x1=-fragment.x0, gaps=gaps)


def _with_initials(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Put each drop cap before the uppermost line beside it."""
    found = list(fragments)
    usual = median(f.size for f in fragments) if fragments else 0.0
    for initial in fragments:
        if len(initial.text) != 1 or initial.size < _INITIAL * usual or not initial.text.isupper():
            continue
        beside = [
            f
            for f in found
            if initial.size >= _INITIAL * f.size
            and initial.y0 < (f.y0 + f.y1) / 2 < initial.y1
            and initial.x0 - 1 < f.x0 < initial.x1 + f.size
        ]
        first = max(beside, key=lambda f: f.y1, default=None)
        if first is not None and len(beside) > 1 and first.text[0].isalpha():
            found.remove(initial)
            # It gets the indent of the lines below it, so that the second line begins no paragraph.
            found[found.index(first)] = replace(
                first,
                words=initial.words + first.words,
                x0=max(first.x0, initial.x1),
                gaps=tuple(gap._replace(at=gap.at + 1) for gap in first.gaps),
            )
    return found


def lines_of(fragments: Sequence[Fragment], column: int = 0) -> list[Line]:
    """Return the lines of one column, from the top; fragments side by side are one line."""
    if not fragments:
        return []
    left, right = min(f.x0 for f in fragments), max(f.x1 for f in fragments)
    return [_line(row, left, right, column) for row in side_by_side(fragments)]


def side_by_side(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Return fragments as lines, from the top, each from the left; a table is by itself."""
    rows: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda f: (-(f.y0 + f.y1), f.x0)):
        alone = isinstance(fragment, Grid) or (rows and isinstance(rows[-1][0], Grid))
        if rows and not alone and _beside(rows[-1][0], fragment):
            rows[-1].append(fragment)
        else:
            rows.append([fragment])
    return [sorted(row, key=lambda f: f.x0) for row in rows]


def _lines(
    fragments: Sequence[Fragment],
    column: int,
    rules: Rules,
    numbers: Iterator[int],
    *,
    leftward: bool,
) -> Iterator[Line]:
    """Yield the lines of a column, its tables row by row."""
    if not fragments:
        return
    left, right = min(f.x0 for f in fragments), max(f.x1 for f in fragments)

    def rows(of: Sequence[Row]) -> Iterator[Line]:
        number = next(numbers)
        for row in of:
            yield Line(
                words=row.words, x0=row.x0, y0=row.y0, x1=row.x1, y1=row.y1, size=row.size,
                bold=row.bold, left=left, right=right, column=column, table=number,
                cells=len(row.cells), header=row.header,
            )  # fmt: skip

    def told(lines: Sequence[Sequence[Fragment]]) -> Iterator[Line]:
        for line in lines:
            if isinstance(line[0], Grid):
                yield from rows(line[0].rows)
            else:
                turned = is_leftward("".join(f.text for f in line)) != leftward
                yield _line(line, left, right, column, turned=turned)

    lines = side_by_side(fragments)
    done = 0
    for table in aligned(lines, rules.across):
        yield from told(lines[done : table.start])
        yield from rows(table.rows)
        done = table.end
    yield from told(lines[done:])


def _line(
    row: Sequence[Fragment], left: float, right: float, column: int, *, turned: bool = False
) -> Line:
    """Return fragments as a line; ``turned``: it runs in the other direction than its page."""
    words = row[-1 if turned else 0].words
    for before, after in pairwise(row[::-1] if turned else row):
        gap = before.x0 - after.x1 if turned else after.x0 - before.x1
        apart = gap > _SPACE * after.size
        part = after.words
        high, base = after.y1 - after.y0, before.y1 - before.y0
        small = not apart and after.size < before.size
        if small and is_raised(after.y0, high, before.y0, base, gap):
            part = exponent(part, words.text[-1])
        words += Words.of(" ") + part if apart else part
    main = max(row, key=lambda f: len(f.text))
    return Line(
        words=words.squeezed(),
        x0=row[0].x0,
        y0=min(f.y0 for f in row),
        x1=max(f.x1 for f in row),
        y1=max(f.y1 for f in row),
        size=main.size,
        bold=all(f.bold for f in row),
        left=left,
        right=right,
        column=column,
    )


def _beside(one: Fragment, other: Fragment) -> bool:
    """Whether two fragments stand on one line: they share half of the lower one's height."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared >= 0.5 * min(one.y1 - one.y0, other.y1 - other.y0)


def _columns(fragments: Sequence[Fragment], depth: int) -> Iterator[list[Fragment]]:
    gutter = _gutter(fragments) if depth < 6 else None
    if gutter is None:
        yield list(fragments)
        return
    lefts, rights, crossing = _sides(fragments, gutter)
    crossing.sort(key=lambda f: -(f.y0 + f.y1))
    borders = [f.y0 + f.y1 for f in crossing]

    def band(side: Sequence[Fragment], number: int) -> list[Fragment]:
        above = borders[number - 1] if number else float("inf")
        below = borders[number] if number < len(borders) else float("-inf")
        return [f for f in side if below <= f.y0 + f.y1 < above]

    across: list[Fragment] = []
    for number in range(len(crossing) + 1):
        left, right = band(lefts, number), band(rights, number)
        if left and right:
            if across:
                yield across
            left, across = _split_last(left, right) if number < len(crossing) else (left, [])
            yield from _columns(left, depth + 1)
            yield from _columns(right, depth + 1)
        else:  # for example the short last line of a text over the whole width
            across += left + right
        across += crossing[number : number + 1]
    if across:
        yield across


def _split_last(
    left: list[Fragment], right: Sequence[Fragment]
) -> tuple[list[Fragment], list[Fragment]]:
    """Take the last line of a left column if it stands alone: it is a heading for what crosses below."""
    last = min(left, key=lambda f: f.y0)
    above = [f for f in left if not _beside(last, f)]
    floor = min((f.y0 for f in [*above, *right]), default=last.y0)
    if not above or floor - last.y1 < last.y1 - last.y0:
        return left, []
    return above, [f for f in left if _beside(last, f)]


def _gutter(fragments: Sequence[Fragment]) -> float | None:
    """Return the left edge that divides the most lines into two columns; None if none does."""
    counts: dict[int, int] = {}
    for fragment in fragments:
        for x in (fragment.x0, *(gap.x1 for gap in fragment.gaps)):
            counts[round(x / 2)] = counts.get(round(x / 2), 0) + 1
    best, most = None, _FEW_PAIRS - 1
    likely = sorted(counts, key=lambda place: -counts[place])[:12]
    for place in likely:
        if counts[place] < _FEW_PAIRS:
            continue
        edge = 2.0 * place - 2
        left, right, crossing = _sides(fragments, edge)
        lefts, rights = _facing(left, right), _facing(right, left)
        # A fragment across a gutter stands alone; the words of a middle column have others beside them.
        pairs = min(len(lefts), len(rights)) - len(_facing(crossing, [*lefts, *rights]))
        few = pairs < _PAIRS and any(len(f.text) < _LONG for f in rights)
        if pairs <= most or few or not (_runs_on(lefts) and _runs_on(rights)):
            continue
        if _is_river(fragments, edge, [*lefts, *rights], crossing):
            continue
        best, most = edge, pairs
    return best


def _is_river(
    fragments: Sequence[Fragment],
    edge: float,
    sides: Sequence[Fragment],
    crossing: Sequence[Fragment],
) -> bool:
    """Whether an edge divides the lines of one text whose wide spaces happen to stand there."""
    top, bottom = max(f.y1 for f in sides), min(f.y0 for f in sides)
    left, size = min(f.x0 for f in sides), median(f.size for f in sides)
    if len(sides) < 2 * _RIVER and any(
        abs(f.size - size) < 1
        and abs(f.x0 - left) < size
        and min(abs(f.y0 - top), abs(bottom - f.y1)) < 0.4 * (f.y1 - f.y0)
        for f in crossing
    ):
        return True
    whole = {id(fragment) for fragment in fragments}
    divided = [f for f in sides if id(f) not in whole]
    if 2 * len(divided) <= len(sides):
        return False
    top, bottom = max(f.y1 for f in divided), min(f.y0 for f in divided)
    among = sum(bottom < f.y0 < top for f in crossing)
    return len(divided) < 2 * _RIVER or 10 * among > len(divided)


def _runs_on(side: Sequence[Fragment]) -> bool:
    """Whether most of the text of a side is in fragments as long as a column's lines.

    Characters are counted, not fragments: the wide gaps of a justified line make each word a fragment,
    and many headings are short. Figures count as a table's.
    """
    texts = [f.text for f in side if not isinstance(f, Grid)]
    long = [text for text in texts if len(text) >= _COLUMN_CHARS]
    words = [text for text in long if sum(map(str.isalpha, text)) >= sum(map(str.isdigit, text))]
    return 2 * sum(map(len, words)) >= sum(map(len, texts))


def _sides(
    fragments: Sequence[Fragment], edge: float
) -> tuple[list[Fragment], list[Fragment], list[Fragment]]:
    """Return what stands left of an edge, right of it, and across it.

    PDFium joins lines across a narrow gutter; such a line is divided there.
    """
    lefts, rights, crossing = [], [], []
    for fragment in split_at(fragments, [edge], _NARROW):
        hang = _HANG * fragment.size
        over_left, over_right = edge - fragment.x0, fragment.x1 - edge
        if over_right <= 0 or (over_right <= hang and over_left > 3 * hang):
            lefts.append(fragment)
        elif over_left <= 0 or (over_left <= hang and over_right > 3 * hang):
            rights.append(fragment)
        else:
            crossing.append(fragment)
    return lefts, rights, crossing


def _facing(one: Sequence[Fragment], other: Sequence[Fragment]) -> list[Fragment]:
    """Return the fragments beside text of the other side: only these can be mixed up with it."""
    middles = sorted((f.y0 + f.y1) / 2 for f in other)

    def faces(fragment: Fragment) -> bool:
        spare = 0.4 * (fragment.y1 - fragment.y0)  # the lines of two columns may be staggered
        n = bisect_left(middles, fragment.y0 - spare)
        return n < len(middles) and middles[n] <= fragment.y1 + spare

    return [f for f in one if faces(f)]
