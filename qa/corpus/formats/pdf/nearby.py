"""Finds a citation's words on their pages without reading the whole file.

How a page is read depends on other pages: running heads are what pages share, and a broken word is joined as it
stands elsewhere. So the pages of the citation are read with a few beside them, and the text that the whole file gave
is the measure: where its words are not found again, and at one place alone, the whole file must be read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import takewhile

from qa.corpus.formats.pdf.boxes import Marked, boxes_of
from qa.corpus.formats.pdf.pages import open_pdf
from qa.corpus.formats.pdf.scans import Scanner
from qa.corpus.formats.pdf.text import Traced, read_traced

_BESIDE = 2
"""So many pages on either side: three pages with one running head, also if every other page has another one."""
_SURE = 40
"""A place is the right one if so many characters before the words, and after them, are as in the whole file's text."""


def nearby(
    data: bytes, pages: Sequence[int], around: str, start: int, end: int, scanner: Scanner
) -> tuple[Marked, ...]:
    """Return the places of ``around[start:end]`` on these pages, by number from 1, in order.

    ``around`` is a part of the text of the whole file, with what stands before and after the words. The result is
    empty if it is not certain where they stand. Raises UnreadableError if the bytes are no readable PDF.
    """
    with open_pdf(data) as pdf:
        count = len(pdf)
    if not pages or not 1 <= pages[0] <= pages[-1] <= count:
        return ()
    more = pages[-1] - pages[0] + 2 * _BESIDE
    first = max(0, min(pages[0] - 1 - _BESIDE, count - 1 - more))
    last = min(count - 1, max(pages[-1] - 1 + _BESIDE, first + more))
    traced = read_traced(data, scanner, only=range(first, last + 1), known=around)
    span = _place(traced, pages, around, start, end)
    return boxes_of(data, traced, *span) if span else ()


def _place(
    traced: Traced, pages: Sequence[int], around: str, start: int, end: int
) -> tuple[int, int] | None:
    """Return the span of the words in the text of some pages; None if there is none, or more than one."""
    text = traced.reading.text
    places = [n for n, char in enumerate(text) if not char.isspace()]
    bare = "".join(text[n] for n in places)
    before, words, after = map(_bare, (around[:start], around[start:end], around[end:]))
    found: list[tuple[int, tuple[int, int]]] = []
    for at in _occurrences(bare, words):
        upto = at + len(words)
        span = places[at], places[upto - 1] + 1
        on = [bisect_right(traced.reading.page_starts, n) for n in (span[0], span[1] - 1)]
        if on != [pages[0], pages[-1]]:
            continue
        same = (
            _common(reversed(before), reversed(bare[max(0, at - len(before)) : at])),
            _common(iter(after), iter(bare[upto : upto + len(after)])),
        )
        if same[0] >= min(_SURE, len(before)) and same[1] >= min(_SURE, len(after)):
            found.append((sum(same), span))
    found.sort(reverse=True)
    if not found or (len(found) > 1 and found[0][0] == found[1][0]):
        return None
    return found[0][1]


def _bare(text: str) -> str:
    return "".join(text.split())


def _occurrences(text: str, words: str) -> Iterator[int]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _common(one: Iterator[str], other: Iterator[str]) -> int:
    """Return how many characters two texts share from their beginnings on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
