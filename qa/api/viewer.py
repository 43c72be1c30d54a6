"""A document as a page, with the cited span marked.

A citation is useful if it is easy to check: one click shows the cited words marked in their document.
The server makes the page, not the browser, for three reasons. The mark is exact: an offset is a code
point in Python, and in the text as it was indexed. The page works without JavaScript. And a link to it
can be stored. Text from documents is data: all of it is escaped. Characters that HTML or UTF-8 cannot
carry are replaced one for one, so that offsets stay the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from string import Template

from qa.api.marked_text import html, text_pieces
from qa.present.citations import READ_BY_OCR
from qa.records import Document, Published
from qa.search.citations import cite_span

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


def view_pieces(
    document: Document,
    *,
    start: int | None,
    end: int | None,
    notice: str = "",
    citation: str = "",
    root: str = "../../../",
    pages: Sequence[int] = (),
    unseen: str = "",
) -> Iterator[str]:
    """Yield ``document`` as a page in which ``text[start:end]`` is marked, in pieces.

    Without a span, or with a span outside the text (a citation of an older version), nothing is marked;
    ``notice`` is the caller's sentence about that. ``citation`` is shown as text, to be copied. ``root``
    leads to the start page, and all links begin with it; it is relative to ``/v1/documents/{id}/view``,
    so that links work behind a proxy that adds a path. ``pages`` are the pages of the original that are
    shown beside the text, as pictures. ``unseen`` says why there is none, if a reader may expect one.
    """
    span = None
    if start is not None and end is not None and 0 <= start < end <= len(document.text):
        span = (start, end)
    before, after = _template()
    yield before.substitute(
        title=html(document.title or document.source),
        source=_source(document, span),
        author=_author(document.author_of(span[0]) if span else document.author),
        published=_published(document.published),
        section=_section(document, span[0]) if span else "",
        ocr=_ocr(document, span),
        notice=f'<p class="note" role="note">{html(notice)}</p>' if notice else "",
        citation=_citation(citation, marked=span is not None),
        root=html(root),
        wide=" wide" if pages and span else "",
        pictures=_pictures(document, span, pages, root) if span else "",
        unseen=f'<p class="unseen">No picture of the page: {html(unseen)}.</p>' if unseen else "",
    )
    yield from text_pieces(document, span)
    yield after


@cache
def _template() -> tuple[Template, str]:
    """Return the page's template up to the text, and what comes after it, read once."""
    page = resources.files("qa") / "web" / "view.html"
    before, _, after = page.read_text(encoding="utf-8").partition("$body")
    return Template(before), after


def _author(author: str | None) -> str:
    return f'<span class="author"><bdi>{html(author)}</bdi></span>' if author else ""


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
    return f'<span><time datetime="{html(published.value)}">{html(words)}</time></span>'


def _section(document: Document, start: int) -> str:
    """Return the name of the innermost section that holds ``start``; empty without one."""
    around = [section for section in document.sections if section.start <= start < section.end]
    if not around:
        return ""
    return f"<span><bdi>{html(around[-1].title)}</bdi></span>"


def _ocr(document: Document, span: tuple[int, int] | None) -> str:
    """Return what is said of words that a scanned page was read as; of any where none are marked."""
    read = document.ocr_confidence(*(span or (0, len(document.text))))
    return (
        "" if read is None else f"<span>{READ_BY_OCR if span else f'partly {READ_BY_OCR}'}</span>"
    )


def _source(document: Document, span: tuple[int, int] | None) -> str:
    """Return the path, unless it is the page's heading, and a link to the original at the span."""
    pieces = []
    if document.title:
        pieces.append(f'<span class="path"><bdi>{html(document.source)}</bdi></span>')
    original = cite_span(document, *span).original_url if span else document.original_url
    if original and original.startswith(("http://", "https://")):
        pieces.append(
            f'<span><a href="{html(original)}" rel="noreferrer noopener">Original</a></span>'
        )
    return "".join(pieces)


def _citation(citation: str, *, marked: bool) -> str:
    """Return the citation as a line to copy, and a link to the mark."""
    if not citation and not marked:
        return ""
    words = f'<p id="citation">{html(citation)}</p>' if citation else ""
    jump = '<a href="#cited">Go to the marked words</a>' if marked else ""
    return (
        '<aside class="cite" aria-label="Citation">'
        f'{words}<p class="cite-actions" id="cite-actions">{jump}</p></aside>'
    )


def _pictures(document: Document, span: tuple[int, int], pages: Sequence[int], root: str) -> str:
    """Return the pages of the original as pictures; a browser asks for one when it comes into sight."""
    query = f"start={span[0]}&end={span[1]}&version={document.sha256}"
    figures = []
    for page in pages:
        address = f"{root}v1/documents/{document.id}/pages/{page}?{query}"
        figures.append(
            f'<figure><a href="{html(address)}"><img src="{html(address)}" loading="lazy" '
            f'alt="Page {page} of the original, the cited words marked"></a>'
            f"<figcaption>Page {page} of the original</figcaption></figure>"
        )
    if not figures:
        return ""
    return f'<aside class="pictures" aria-label="The original">{"".join(figures)}</aside>'
