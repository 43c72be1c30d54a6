"""A document as a page, with the cited span marked.

A citation is useful if it is easy to check: one click shows the cited words marked in their document.
The server makes the page, not the browser, for three reasons. The mark is exact: an offset is a code
point in Python, and in the text as it was indexed. The page works without JavaScript. And a link to it
can be stored. Text from documents is data: all of it is escaped. Characters that HTML or UTF-8 cannot
carry are replaced one for one, so that offsets stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from importlib import resources
from itertools import pairwise
from string import Template

from qa.records import Document, Published
from qa.search.citations import cite_span
from qa.text.printable import as_text

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_AT_ONCE = 65_536
"""How many characters of the text are written at once."""

# An HTML parser reads every raw CR as a line feed, and CR LF as one. A lone CR is a line end, so it
# becomes a line feed here. The CR of a CR LF is written as a character reference and so it survives.
# So the marked text in the browser is the excerpt, character for character.
_LONE_CR = re.compile("\r(?!\n)")


def view_pieces(
    document: Document,
    *,
    start: int | None,
    end: int | None,
    strong: tuple[int, int] | None = None,
    notice: str = "",
    citation: str = "",
    root: str = "../../../",
) -> Iterator[str]:
    """Yield ``document`` as a page in which ``text[start:end]`` is marked, in pieces.

    ``strong`` is the part of the span that is marked strongly. Without a span, or with a span outside the
    text (a citation of an older version), nothing is marked; ``notice`` is the caller's sentence about that.
    ``citation`` is shown as text, to be copied. ``root`` leads to the start page, and all links begin with
    it; it is relative to ``/v1/documents/{id}/view``, so that links work behind a proxy that adds a path.
    """
    span = None
    if start is not None and end is not None and 0 <= start < end <= len(document.text):
        span = (start, end)
    before, after = _template()
    yield before.substitute(
        title=_html(document.title or document.source),
        source=_source(document, span),
        author=_author(document.author_of(span[0]) if span else document.author),
        published=_published(document.published),
        section=_section(document, span[0]) if span else "",
        notice=f'<p class="note" role="note">{_html(notice)}</p>' if notice else "",
        citation=_citation(citation, marked=span is not None),
        root=_html(root),
    )
    yield from _body(document, span, strong)
    yield after


@cache
def _template() -> tuple[Template, str]:
    """Return the page's template up to the text, and what comes after it, read once."""
    page = resources.files("qa") / "web" / "view.html"
    before, _, after = page.read_text(encoding="utf-8").partition("$body")
    return Template(before), after


def _showable(text: str) -> str:
    """Return ``text`` with characters that a page cannot carry replaced, code point for code point."""
    return _LONE_CR.sub("\n", as_text(text))


def _html(text: str) -> str:
    """Return ``text`` escaped for an element or a quoted attribute."""
    return escape(_showable(text))


def _body(
    document: Document, span: tuple[int, int] | None, strong: tuple[int, int] | None
) -> Iterator[str]:
    """Yield the text as HTML, the span wrapped in ``<mark id="cited">``, pages and places named."""
    start, end = span or (0, 0)
    leaves = _leaf_names(document)
    yield from _leaves(document, leaves, 0, start)
    if span is not None:
        yield '<mark id="cited" tabindex="-1">'
        first, last = strong or (end, end)
        yield from _leaves(document, leaves, start, first)
        if first < last:
            yield '<strong class="answer">'
            yield from _leaves(document, leaves, first, last)
            yield "</strong>"
        yield from _leaves(document, leaves, last, end)
        yield "</mark>"
    yield from _leaves(document, leaves, end, len(document.text))


def _leaf_names(document: Document) -> dict[int, str]:
    """Return the labels at the beginnings of pages and places, by offset.

    A place in the middle of a paragraph, such as a time in a transcript, has no label.
    """
    blocks = {block.start for block in document.blocks}
    places = (place for place in document.places if place.label and place.start in blocks)
    return {
        **{start: f'data-page="{number}"' for number, start in enumerate(document.page_starts, 1)},
        **{place.start: f'data-place="{_html(place.label)}"' for place in places},
    }


def _leaves(document: Document, names: Mapping[int, str], first: int, last: int) -> Iterator[str]:
    """Yield a part of the text as HTML, with an empty element where a page or a place begins.

    The style sheet shows the label, so that the text of the page is still the document's text.
    """
    within = {place for place in names if first <= place < last}
    for start, end in pairwise(sorted({first, *within, *range(first, last, _AT_ONCE), last})):
        if start in within:
            yield f'<span class="leaf" {names[start]}></span>'
        # What is shown depends on the next character, and has the same length.
        shown = _showable(document.text[start : end + 1])[: end - start]
        yield escape(shown).replace("\r", "&#13;")


def _author(author: str | None) -> str:
    return f'<span class="author"><bdi>{_html(author)}</bdi></span>' if author else ""


def _published(published: Published | None) -> str:
    """Return the date in words, with only the parts that are known."""
    if published is None:
        return ""
    parts = published.value.split("-")
    words = parts[0]
    if len(parts) > 1:
        words = f"{_MONTHS[int(parts[1]) - 1]} {words}"
    if len(parts) > 2:
        words = f"{int(parts[2])} {words}"
    return f'<span><time datetime="{_html(published.value)}">{_html(words)}</time></span>'


def _section(document: Document, start: int) -> str:
    """Return the name of the innermost section that holds ``start``; empty without one."""
    around = [section for section in document.sections if section.start <= start < section.end]
    if not around:
        return ""
    return f"<span><bdi>{_html(around[-1].title)}</bdi></span>"


def _source(document: Document, span: tuple[int, int] | None) -> str:
    """Return the path, unless it is the page's heading, and a link to the original at the span."""
    pieces = []
    if document.title:
        pieces.append(f'<span class="path"><bdi>{_html(document.source)}</bdi></span>')
    original = cite_span(document, *span).original_url if span else document.original_url
    if original and original.startswith(("http://", "https://")):
        pieces.append(
            f'<span><a href="{_html(original)}" rel="noreferrer noopener">Original</a></span>'
        )
    return "".join(pieces)


def _citation(citation: str, *, marked: bool) -> str:
    """Return the citation as a line to copy, and a link to the mark."""
    if not citation and not marked:
        return ""
    words = f'<p id="citation">{_html(citation)}</p>' if citation else ""
    jump = '<a href="#cited">Go to the marked words</a>' if marked else ""
    return (
        '<aside class="cite" aria-label="Citation">'
        f'{words}<p class="cite-actions" id="cite-actions">{jump}</p></aside>'
    )
