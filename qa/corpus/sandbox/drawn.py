"""What a service and the process that draws for it say to each other; see ``frames``.

Pixels go as base64 in the JSON. What comes back is checked like any other input: sizes that fit the data,
a page that was asked for, boxes on the page.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from qa.corpus.pixels import Pixels
from qa.corpus.sandbox.frames import FrameError
from qa.corpus.sheets import Box, Marks, Sheet, Wanted

MAX_FRAME = 32_000_000
"""Bytes of a message: twice the pixels that a picture may have."""
_MAX_BOXES = 20_000
_SPARE = 100.0
"""Points that a box may reach over its page."""


def request_of(wanted: Wanted) -> Mapping[str, Any]:
    """Return the request for pages."""
    return {"draw": asdict(wanted)}


def wanted_of(request: Mapping[str, Any]) -> Wanted:
    """Return what a request wants."""
    fields = request["draw"]
    scanned = tuple((page, tuple(texts)) for page, texts in fields["scanned"])
    return Wanted(**{**fields, "pages": tuple(fields["pages"]), "scanned": scanned})


def message_of(found: Sheet | Marks) -> Mapping[str, Any]:
    """Return a page, or where words stand on it, as a message."""
    if isinstance(found, Marks):
        return {"marks": [found.page, found.width, found.height, found.boxes]}
    pixels = found.pixels
    data = base64.b64encode(pixels.data).decode("ascii")
    return {"sheet": [found.page, pixels.width, pixels.height, data]}


def found_of(message: Mapping[str, Any], wanted: Wanted) -> Sheet | Marks:
    """Return what a message says of a page. Raises FrameError where that makes no sense."""
    try:
        page, width, height, rest = message["marks" if "marks" in message else "sheet"]
        if page not in wanted.pages:
            raise ValueError("a page that nobody asked for")
        if "sheet" in message:
            data = base64.b64decode(rest, validate=True)
            return Sheet(int(page), Pixels(int(width), int(height), data))
        size = _length(width), _length(height)
        if len(rest) > _MAX_BOXES:
            raise ValueError("more boxes than a page has words")
        return Marks(int(page), *size, tuple(_box(box, *size) for box in rest))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FrameError("not what was agreed") from error


def _length(value: Any) -> float:
    length = float(value)
    if not (math.isfinite(length) and length > 0):
        raise ValueError("no length")
    return length


def _box(edges: Any, width: float, height: float) -> Box:
    x0, y0, x1, y1 = map(float, edges)
    if not (-_SPARE <= x0 < x1 <= width + _SPARE and -_SPARE <= y0 < y1 <= height + _SPARE):
        raise ValueError("a box that is not on its page")
    return x0, y0, x1, y1
