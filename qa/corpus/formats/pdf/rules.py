"""The straight lines that are drawn on a page: the rules of its tables."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2.raw as pdfium

from qa.corpus.formats.pdf.chars import Box

_THIN = 3.0
"""Points: what is no thicker is a line and not an area."""
_SHORT = 5.0
_MAX_OBJECTS, _MAX_SEGMENTS, _MAX_DEPTH = 20_000, 4_000, 3
"""A page with more is a drawing: it has no tables that its lines would show."""
_LINE_TO, _MOVE_TO = 0, 2

Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1, 0, 0, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a page: each has a place on one axis, and two ends on the other."""

    across: tuple[tuple[float, float, float], ...] = ()
    """y, left end, right end."""
    down: tuple[tuple[float, float, float], ...] = ()
    """x, lower end, upper end."""

    def mirrored(self) -> Rules:
        """Return the rules as they are seen from behind the page."""
        return Rules(
            tuple((y, -x1, -x0) for y, x0, x1 in self.across),
            tuple((-x, y0, y1) for x, y0, y1 in self.down),
        )


NO_RULES = Rules()


def boxes_of_rules(page: Any) -> list[Box]:
    """Return what the lines of a page cover, the edges of rectangles among them."""
    budget = _Budget()
    try:
        return list(_of_objects(page, budget))
    except _TooManyError:
        return []


def as_rules(boxes: list[Box]) -> Rules:
    """Return boxes as rules, parts of one line joined."""
    across, down = [], []
    for x0, y0, x1, y1 in boxes:
        if x1 - x0 >= y1 - y0:
            across.append(((y0 + y1) / 2, x0, x1))
        else:
            down.append(((x0 + x1) / 2, y0, y1))
    return Rules(tuple(_joined(across)), tuple(_joined(down)))


def _joined(parts: list[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    """Yield each line once, of one piece: many programs draw the sides of each cell."""
    lines: list[list[tuple[float, float, float]]] = []
    for part in sorted(parts):
        if lines and part[0] - lines[-1][0][0] <= 2:
            lines[-1].append(part)
        else:
            lines.append([part])
    for line in lines:
        place = sum(part[0] for part in line) / len(line)
        pieces = sorted((start, end) for _, start, end in line)
        first, last = pieces[0]
        for start, end in pieces[1:]:
            if start > last + 3:
                if last - first >= _SHORT:
                    yield place, first, last
                first = start
            last = max(last, end)
        if last - first >= _SHORT:
            yield place, first, last


class _TooManyError(Exception):
    """More on a page than a table has."""


@dataclass(slots=True)
class _Budget:
    objects: int = _MAX_OBJECTS
    segments: int = _MAX_SEGMENTS

    def take(self, segments: int) -> None:
        self.objects -= 1
        self.segments -= segments
        if self.objects < 0 or self.segments < 0:
            raise _TooManyError


def _of_objects(page: Any, budget: _Budget) -> Iterator[Box]:
    for n in range(pdfium.FPDFPage_CountObjects(page)):
        yield from _of(pdfium.FPDFPage_GetObject(page, n), _SAME, budget, 0)


def _of(thing: Any, outer: Matrix, budget: _Budget, depth: int) -> Iterator[Box]:
    kind = pdfium.FPDFPageObj_GetType(thing)
    budget.take(0)
    if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MAX_DEPTH:
        inner = _times(_matrix(thing), outer)
        for n in range(pdfium.FPDFFormObj_CountObjects(thing)):
            yield from _of(pdfium.FPDFFormObj_GetObject(thing, n), inner, budget, depth + 1)
    elif kind == pdfium.FPDF_PAGEOBJ_PATH:
        segments = pdfium.FPDFPath_CountSegments(thing)
        budget.take(segments)
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDFPath_GetDrawMode(thing, ctypes.byref(mode), ctypes.byref(stroke))
        if mode.value or stroke.value:
            yield from _of_path(thing, segments, _times(_matrix(thing), outer), bool(stroke.value))


def _matrix(thing: Any) -> Matrix:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(thing, ctypes.byref(found)):
        return _SAME
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s,
        e * p + f * r + t, e * q + f * s + u,
    )  # fmt: skip


def _of_path(path: Any, segments: int, matrix: Matrix, stroked: bool) -> Iterator[Box]:
    """Yield the straight edges of a path; of an area that is as thin as a line only its length."""
    points: list[tuple[float, float]] = []
    for n in range(segments):
        segment = pdfium.FPDFPath_GetPathSegment(path, n)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == _MOVE_TO:
            yield from _edges(points, stroked)
            points = []
        elif kind != _LINE_TO:  # a curve: no table has one
            return
        x, y = ctypes.c_float(), ctypes.c_float()
        pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        a, b, c, d, e, f = matrix
        points.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
        if pdfium.FPDFPathSegment_GetClose(segment) and len(points) > 2:
            points.append(points[0])
    yield from _edges(points, stroked)


def _edges(points: list[tuple[float, float]], stroked: bool) -> Iterator[Box]:
    if len(points) < 2:
        return
    xs, ys = [x for x, _ in points], [y for _, y in points]
    box = min(xs), min(ys), max(xs), max(ys)
    wide, high = box[2] - box[0], box[3] - box[1]
    if min(wide, high) <= _THIN:
        if max(wide, high) >= 1:
            yield box
        return
    if not stroked and len(points) < 4:
        return
    for (x, y), (to_x, to_y) in pairwise(points):
        if abs(x - to_x) < 1 or abs(y - to_y) < 1:
            yield min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y)
