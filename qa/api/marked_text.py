"""The text of a document as HTML, with a span marked: each character once, in order, whatever is around it.

Plain text is shown as its lines stand; of other formats the headings, lists and tables are elements. What
only parts them, a bar between cells or an empty line, is in the page and not shown, so that the text of the
page is the document's and an offset in it counts the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from qa.present.structure import Part, structure_of
from qa.records import Document, Span
from qa.text.printable import as_text

_AT_ONCE = 65_536
"""How many characters of the text are written at once."""

# An HTML parser reads every raw CR as a line feed, and CR LF as one. A lone CR is a line end, so it
# becomes a line feed here. The CR of a CR LF is written as a character reference and so it survives.
# So the marked text in the browser is the excerpt, character for character.
_LONE_CR = re.compile("\r(?!\n)")
_DEEPEST = 6
_FIRST_MARK, _MARK = '<mark id="cited" class="cited" tabindex="-1">', '<mark class="cited">'
_GROUPS = {"item": "list", "header": "table", "row": "table"}
_OPENED = {"list": "<ul>", "table": '<div class="table"><table><tbody>'}
_CLOSED = {"list": "</ul>", "table": "</tbody></table></div>"}


def showable(text: str) -> str:
    """Return ``text`` with characters that a page cannot carry replaced, code point for code point."""
    return _LONE_CR.sub("\n", as_text(text))


def html(text: str) -> str:
    """Return ``text`` escaped for an element or a quoted attribute."""
    return escape(showable(text))


def text_pieces(document: Document, span: Span | None) -> Iterator[str]:
    """Yield the text as one element, the span in ``<mark class="cited">``, the first ``id="cited"``.

    Pages and places are named where they begin.
    """
    parts = structure_of(document)
    text = _Text(document, span)
    yield f'<div class="doc-text{" parts" if parts else ""}" dir="auto">'
    yield from (
        _structured(document.text, text, parts) if parts else text.shown(0, len(document.text))
    )
    yield "</div>"


class _Text:
    """Writes stretches of a text, each once and in order."""

    def __init__(self, document: Document, span: Span | None) -> None:
        self._text = document.text
        self._span = span or (0, 0)
        self._names = _leaf_names(document)
        self._leaves = sorted(self._names)
        self._mark = _FIRST_MARK

    def shown(self, first: int, last: int) -> Iterator[str]:
        """Yield what is seen; the first of it that is marked is what an address leads to."""
        if self._span[0] < last and first < self._span[1] and first < last:
            mark, self._mark = self._mark, _MARK
        else:
            mark = _MARK
        yield from self._marked(first, last, mark)

    def hidden(self, first: int, last: int) -> Iterator[str]:
        """Yield what only parts the text."""
        if first < last:
            yield '<span class="bar">'
            yield from self._marked(first, last, _MARK)
            yield "</span>"

    def _marked(self, first: int, last: int, mark: str) -> Iterator[str]:
        start, end = (min(max(edge, first), last) for edge in self._span)
        yield from self._written(first, start)
        if start < end:
            yield mark
            yield from self._written(start, end)
            yield "</mark>"
        yield from self._written(end, last)

    def _written(self, first: int, last: int) -> Iterator[str]:
        """Yield a stretch of the text, with an empty element where a page or a place begins.

        The style sheet shows the label, so that the text of the page is still the document's text.
        """
        leaves = self._leaves[bisect_left(self._leaves, first) : bisect_left(self._leaves, last)]
        within = set(leaves)
        for start, end in pairwise(sorted({first, *within, *range(first, last, _AT_ONCE), last})):
            if start in within:
                yield f'<span class="leaf" {self._names[start]}></span>'
            # What is shown depends on the next character, and has the same length.
            words = showable(self._text[start : end + 1])[: end - start]
            yield escape(words).replace("\r", "&#13;")


def _leaf_names(document: Document) -> dict[int, str]:
    """Return the labels at the beginnings of pages and places, by offset.

    A place in the middle of a paragraph, such as a time in a transcript, has no label.
    """
    blocks = {block.start for block in document.blocks}
    places = (place for place in document.places if place.label and place.start in blocks)
    return {
        **{start: f'data-page="{number}"' for number, start in enumerate(document.page_starts, 1)},
        **{place.start: f'data-place="{html(place.label)}"' for place in places},
    }


def _structured(whole: str, text: _Text, parts: Sequence[Part]) -> Iterator[str]:
    yield from text.hidden(0, parts[0].start)
    group = ""
    for n, part in enumerate(parts):
        following = parts[n + 1].start if n + 1 < len(parts) else len(whole)
        own = _GROUPS.get(part.kind, "")
        if group and (own != group or (own == "table" and not part.joined)):
            yield _CLOSED[group]
            group = ""
        if own and not group:
            yield _OPENED[own]
            group = own
        yield from _element(text, part, following)
    if group:
        yield _CLOSED[group]


def _element(text: _Text, part: Part, following: int) -> Iterator[str]:
    """Yield a part, and what parts it from the next one, which begins at ``following``."""
    if part.kind in ("header", "row"):
        yield "<tr>"
        yield from _cells(text, part, following)
        yield "</tr>"
        return
    names = {"heading": f"h{min(part.level + 1, _DEEPEST)}", "item": "li"}
    name = names.get(part.kind, "p")
    ((start, end),) = part.shown
    bullet = ' class="bullet"' if part.kind == "item" and start > part.start else ""
    yield f"<{name}{bullet}>"
    yield from text.hidden(part.start, start)
    yield from text.shown(start, end)
    yield from text.hidden(end, following)
    yield f"</{name}>"


def _cells(text: _Text, part: Part, following: int) -> Iterator[str]:
    name = "th" if part.kind == "header" else "td"
    upto = part.start
    ends = [*(start for start, _ in part.shown[1:]), following]
    for (start, end), behind in zip(part.shown, ends, strict=True):
        yield f"<{name}>"
        yield from text.hidden(upto, start)
        yield from text.shown(start, end)
        yield from text.hidden(end, behind)
        yield f"</{name}>"
        upto = behind
