"""Makes the exact citation of an excerpt, from the first passage in it or from its document."""

from __future__ import annotations

from qa.records import About, Citation, Document, Highlight, Span, citation_id, line_of
from qa.store import StoredPassage
from qa.text.links import at_words
from qa.text.sentences import sentence_spans

_Lines = tuple[int, int] | tuple[None, None]


def cite_passage(
    first: StoredPassage, section: str | None, text: str, said: Highlight | None
) -> Citation:
    """Return the citation of an excerpt that begins with a passage."""
    return _citation(
        document=(first.document_id, first.source, first.sha256),
        span=(first.start, first.start + len(text)),
        lines=_lines(first.line, text),
        section=section,
        page=first.page,
        place=first.place,
        about=first.about,
        author=first.author,
        ocr=first.ocr_confidence,
        text=text,
        said=(said.start, said.end) if said else None,
    )


def cite_span(document: Document, start: int, end: int) -> Citation:
    """Return the citation of any span of a document; its section is the innermost one."""
    around = [section for section in document.sections if section.start <= start < section.end]
    return _citation(
        document=(document.id, document.source, document.sha256),
        span=(start, end),
        lines=_lines(document.line_of(start), document.text[start:end]),
        section=around[-1].title if around else None,
        page=document.page_of(start),
        place=document.place_of(start),
        about=document.about(start),
        author=document.author_of(start),
        ocr=document.ocr_confidence(start, end),
        text=document.text[start:end],
        said=None,
    )


def _citation(
    *,
    document: tuple[str, str, str],
    span: Span,
    lines: _Lines,
    section: str | None,
    page: int | None,
    place: str | None,
    about: About,
    author: str | None,
    ocr: float | None,
    text: str,
    said: Span | None,
) -> Citation:
    """Return a citation of a ``document``, given as id, source and SHA-256.

    If the document has an address on the web, the link opens at the sentence ``said``, a span of
    ``text``; without ``said`` it opens at the first sentence.
    """
    id, source, sha256 = document
    return Citation(
        id=citation_id(id, sha256, *span),
        document_id=id,
        source=source,
        title=about.title,
        section=section,
        author=author,
        published=about.published.value if about.published else None,
        published_from=about.published.known_from if about.published else None,
        page=page,
        place=place,
        start=span[0],
        end=span[1],
        line_start=lines[0],
        line_end=lines[1],
        sha256=sha256,
        ocr_confidence=ocr,
        original_url=at_words(about.url, _sentence(text, said)) if about.url else None,
    )


def _sentence(text: str, said: Span | None) -> str:
    first, last = said or next(iter(sentence_spans(text)), (0, len(text)))
    return text[first:last]


def _lines(first: int | None, text: str) -> _Lines:
    """Return the lines in which a text begins and ends; ``first`` is None if the source has no lines."""
    return (None, None) if first is None else (first, first + line_of(text, len(text) - 1) - 1)
