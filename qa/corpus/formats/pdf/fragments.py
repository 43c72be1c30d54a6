"""Characters side by side on one line, made into fragments of text."""

from __future__ import annotations

import ctypes
import math
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from qa.corpus.formats.pdf.chars import Char
from qa.corpus.formats.pdf.exponents import exponent, is_raised
from qa.corpus.formats.pdf.words import UNMARKED, Words

_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_BOLD = re.compile(r"bold|black|heavy|demi|medi(?!um)|cmbx|sfbx|ecbx|lmbx", re.IGNORECASE)
_BOLD_WEIGHT = 600
_RTL = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_WIDE_GAP = 1.0
"""A gap wider than this share of a line's height divides the line into two fragments."""
_CLOSE_GAP = 0.3
"""Where PDFium ends a line, a smaller gap divides it: only after an exponent does the line continue."""
_INITIAL = 1.7
"""A drop cap is at least so many times as high as the line that it begins."""
_SPACE, _LIKE_SPACE = 0.15, 0.7
"""A space is wider than the first share of a line's height and the second of its other spaces."""
_LONE_SPACE = 0.18
_CLEAR_GAP = 0.28
"""A space so wide, in line heights, may be the border of a cell or a column."""


class Gap(NamedTuple):
    """A wide space within a fragment: its place in the text, and its left and right edge."""

    at: int
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Fragment:
    """Characters side by side. ``y0`` is the lower edge; y grows upwards; units are points."""

    words: Words
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    gaps: tuple[Gap, ...] = ()

    @property
    def text(self) -> str:
        """The words without their marks."""
        return self.words.text


def is_leftward(text: str) -> bool:
    """Whether most letters of a text are of a script that runs to the left."""
    leftward = len(_RTL.findall(text))
    return leftward > 0 and 2 * leftward > sum(map(str.isalpha, text))


def fragments_of(chars: Sequence[Char | None], text: Any) -> Iterator[Fragment]:
    """Yield the runs of characters that stand side by side, each in the order of the file."""
    for strands in _stretches(_strands(chars)):
        yield _fragment(strands, text)


@dataclass(slots=True)
class _Strand:
    """Characters that each stand to the right of the one before, or each to the left of it."""

    chars: list[Char]
    spaced: list[bool]
    """Whether a space stands before each character."""
    after_break: bool
    leftward: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """What the characters cover."""
        first, last = self.chars[0], self.chars[-1]
        if self.leftward:
            first, last = last, first
        return first.x0, min(first.y0, last.y0), last.x1, max(first.y1, last.y1)


def _strands(chars: Sequence[Char | None]) -> Iterator[_Strand]:
    strand: _Strand | None = None
    space = broken = False
    for char in chars:
        if char is None:
            broken = True
            continue
        if char.char.isspace():
            space = True
            continue
        if strand and _goes_on(strand, char, broken):
            strand.chars.append(char)
            strand.spaced.append(space)
        else:
            if strand:
                yield strand
            strand = _Strand([char], [space], broken)
        space = broken = False
    if strand:
        yield strand


def _goes_on(strand: _Strand, char: Char, broken: bool) -> bool:
    before = strand.chars[-1]
    if before.y0 == char.y0 and not broken and not strand.leftward:  # the usual case
        high = char.y1 - char.y0
        if -0.2 * high < char.x0 - before.x1 < high == before.y1 - before.y0:
            return True
    if not strand.leftward or len(strand.chars) == 1:
        initial = broken and before.y1 - before.y0 > _INITIAL * (char.y1 - char.y0)
        if not initial and _adjoins(before, char, _CLOSE_GAP if broken else _WIDE_GAP):
            strand.leftward = False
            return True
    if broken or not (strand.leftward or len(strand.chars) == 1):
        return False
    if not (_RTL.match(char.char) or _RTL.match(before.char) or strand.leftward):
        return False
    if _adjoins(char, before):
        strand.leftward = True
        return True
    return False


def _adjoins(before: Char, after: Char, widest: float = _WIDE_GAP) -> bool:
    """Whether a character stands right of another, on its line."""
    if before[1:5] == after[1:5]:  # the letters of a ligature: each has the box of them all
        return True
    height = min(before.y1 - before.y0, after.y1 - after.y0)
    shared = min(before.y1, after.y1) - max(before.y0, after.y0)
    return shared >= 0.5 * height and -0.5 * height < after.x0 - before.x1 < widest * height


def _stretches(strands: Iterator[_Strand]) -> Iterator[list[_Strand]]:
    """Yield the strands of each fragment: one, or several on a line where two directions meet."""
    found: list[_Strand] = []
    left, right, mixed = 0.0, 0.0, False
    for strand in strands:
        x0, y0, x1, y1 = strand.box
        mixes = any(_RTL.match(char.char) for char in strand.chars)
        if found and (mixed or mixes) and not strand.after_break:
            _, floor, _, top = found[-1].box
            high = min(y1 - y0, top - floor)
            beside = min(y1, top) - max(y0, floor) >= 0.5 * high
            if beside and -0.5 * high < max(x0 - right, left - x1) < _WIDE_GAP * high:
                found.append(strand)
                left, right, mixed = min(left, x0), max(right, x1), True
                continue
        if found:
            yield found
        found, left, right, mixed = [strand], x0, x1, mixes
    if found:
        yield found


def _gaps(strands: Sequence[_Strand]) -> list[float]:
    """Return the gap before each character but the first, in heights of its line."""
    found: list[float] = []
    edges: tuple[float, float] | None = None
    for strand in strands:
        x0, _, x1, _ = strand.box
        if edges:
            high = max(strand.chars[0].y1 - strand.chars[0].y0, 0.1)
            found.append(max(x0 - edges[1], edges[0] - x1) / high)
        for before, after in pairwise(strand.chars):
            gap = before.x0 - after.x1 if strand.leftward else after.x0 - before.x1
            found.append(gap / max(after.y1 - after.y0, 0.1))
        edges = x0, x1
    return found


def _spaces(gaps: Sequence[float], spaced: Sequence[bool]) -> list[bool]:
    """Return before which characters a space stands, also if a gap is as wide as the line's spaces.

    PDFium misses spaces that are only gaps. The line's own spaces are the measure, so that letters with
    wide spacing or kerning are not separated into words. In a line without spaces, the usual gap between
    its letters is the measure.
    """
    known = [gap for gap, space in zip(gaps, spaced[1:], strict=True) if space]
    if known:
        wide = max(_SPACE, _LIKE_SPACE * median(known))
    else:
        wide = max(_LONE_SPACE, 3 * median(gaps)) if gaps else math.inf
    return [False, *(s or gap > wide for gap, s in zip(gaps, spaced[1:], strict=True))]


def _fragment(strands: Sequence[_Strand], text: Any) -> Fragment:
    run = [char for strand in strands for char in strand.chars]
    gaps = _gaps(strands)
    spaces = _spaces(gaps, [space for strand in strands for space in strand.spaced])
    # One word in another typeface, or the mark of a note, does not decide what the line is.
    letters = [char for char in run if char.char.isalpha()] or run
    samples = [letters[n].number for n in (0, len(letters) // 2, -1)]
    words, wide = _written(run, spaces, [0.0, *gaps], _raised(run, text))
    return Fragment(
        words=words,
        x0=min(char.x0 for char in run),
        y0=min(char.y0 for char in run),
        x1=max(char.x1 for char in run),
        y1=max(char.y1 for char in run),
        # Round to half points, so that type of one size has one value.
        size=max(round(2 * median(size_of(text, n) for n in samples)) / 2, 0.5),
        bold=all(_is_bold(text, n) for n in samples),
        gaps=wide if len(strands) == 1 and not strands[0].leftward else (),
    )


def _written(
    run: Sequence[Char], spaces: Sequence[bool], gaps: Sequence[float], up: Sequence[bool]
) -> tuple[Words, tuple[Gap, ...]]:
    """Return the text of characters, exponents as such, and where its wide spaces are."""
    texts: list[str] = []
    marks: list[int] = []
    wide: list[Gap] = []
    n = 0
    while n < len(run):
        if spaces[n]:
            if gaps[n] >= _CLEAR_GAP:
                wide.append(Gap(len(marks), run[n - 1].x1, run[n].x0))
            texts.append(" ")
            marks.append(UNMARKED)
        if up[n]:
            end = n + 1
            while end < len(run) and up[end] and not spaces[end]:
                end += 1
            part = exponent(_of(run[n:end]), " " if spaces[n] else texts[-1][-1])
            texts.append(part.text)
            marks += part.marks
            n = end
            continue
        char = run[n].char
        if char in _LIGATURES:
            char = _LIGATURES[char]
            marks += [run[n].number] * (len(char) - 1)
        texts.append(char)
        marks.append(run[n].number)
        n += 1
    return Words("".join(texts), array("i", marks)), tuple(wide)


def _of(chars: Sequence[Char]) -> Words:
    return Words("".join(char.char for char in chars), array("i", (c.number for c in chars)))


def _raised(run: Sequence[Char], text: Any) -> list[bool]:
    """Return which characters are smaller and higher than the character before them."""
    found = [False] * len(run)
    heights = [char.y1 - char.y0 for char in run]
    if min(heights) > 0.9 * max(heights):
        return found
    base = 0
    for n in range(1, len(run)):
        gap = run[n][1] - run[n - 1][3]
        up = is_raised(run[n][2], heights[n], run[base][2], heights[base], gap)
        found[n] = up and size_of(text, run[n].number) < 0.9 * size_of(text, run[base].number)
        if not found[n]:
            base = n
    return found


def size_of(text: Any, number: int) -> float:
    """Return the size of a character's font in points, as it is shown."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, number, ctypes.byref(matrix))
    return float(pdfium.FPDFText_GetFontSize(text, number) * math.hypot(matrix.c, matrix.d))


def _is_bold(text: Any, number: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(text, number) >= _BOLD_WEIGHT:
        return True
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text, number, name, len(name), None)
    return _BOLD.search(name.value.decode("utf-8", "replace")) is not None
