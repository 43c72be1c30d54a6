"""Ids for places in the archive that need no memory, and what is at a place.

    d0123456789abcdef                             a document
    d0123456789abcdef:120-640@4295f32904a35c45    characters 120 to 640 of one version of it

The version is the beginning of the SHA-256 of the source's bytes. So a place can be opened again without
anything being stored between calls or between runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from qa.errors import UsageError
from qa.present.citations import citation_line, document_address, view_address
from qa.records import MAX_EXCERPT, About, Citation, Document
from qa.search.citations import cite_span

MAX_TEXT, DEFAULT_TEXT = 100_000, 16_000
"""Characters of a document that one call returns: the most, and the default."""

CHANGED = (
    "the document has changed since it was found: this is its present text, and the words that "
    "were found may be elsewhere or gone"
)
_ID = re.compile(r"(d[0-9a-f]{16})(?::(\d{1,10})-(\d{1,10})@([0-9a-f]{16}))?", re.ASCII)


class PlaceError(UsageError):
    """An id that names no place."""

    code = "invalid_id"
    status = 422


@dataclass(frozen=True, slots=True)
class Place:
    """A document, or a span of one version of it."""

    document_id: str
    span: tuple[int, int] | None = None
    version: str = ""

    @classmethod
    def parse(cls, id: str) -> Place:
        """Return the place that an id names. Raises PlaceError."""
        match = _ID.fullmatch(id)
        if match is None:
            raise PlaceError(
                "this is not the id of a place: use the id of a result of search, or the document_id "
                "of a citation",
                field="id",
            )
        document_id, start, end, version = match.groups()
        return cls(document_id, (int(start), int(end)), version) if version else cls(document_id)


def id_of(citation: Citation) -> str:
    """Return the id of the place that a citation cites."""
    version = citation.sha256[:16]
    return f"{citation.document_id}:{citation.start}-{citation.end}@{version}"


def opened(
    document: Document,
    place: Place,
    base: str,
    offset: int | None = None,
    limit: int = DEFAULT_TEXT,
) -> dict[str, Any]:
    """Return a document's title, text, address and metadata, seen from a place in it.

    The text has at most ``limit`` characters: from ``offset``, else around the place. Unknown
    metadata is left out. Raises PlaceError for a span that the document does not have, and for an
    ``offset`` beyond its end.
    """
    if offset is not None and offset > len(document.text):
        raise PlaceError(
            f"the document ends before this: its text has {len(document.text):,} characters",
            field="offset",
        )
    changed = place.span is not None and not document.sha256.startswith(place.version)
    start, end = (0, 0) if place.span is None or changed else _checked(document, place.span)
    length = len(document.text)
    if offset is None:
        first, last = _window(length, start, end, limit)
    else:
        first, last = offset, min(offset + limit, length)
    # A listing entry has its own title and date; the document as a whole has its own too.
    whole = About(document.title, document.original_url, document.published)
    about = document.about(start) if end else whole
    title, url = about.title or document.source, document_address(document.id, base)
    metadata: dict[str, Any] = {
        "source": document.source,
        "published": about.published.value if about.published else None,
        "published_from": about.published.known_from if about.published else None,
        "original_url": about.url,
        "author": document.author_of(start) if end else document.author,
        "language": document.language,
        "sha256": document.sha256,
        "length": length,
        "truncated": last - first < length,
        "text_start": first,
        "text_end": last,
        "next_offset": last if last < length else None,
        "changed": changed,
        "note": CHANGED if changed else None,
    }
    if end:
        citation = cite_span(document, start, end)
        url = view_address(citation, base)
        metadata |= {
            "citation": citation_line(citation),
            "section": citation.section,
            "page": citation.page,
            "place": citation.place,
            "ocr_confidence": citation.ocr_confidence,
            "start": start,
            "end": end,
            "line_start": citation.line_start,
            "line_end": citation.line_end,
            "excerpt": document.text[start:end],
        }
    return {
        "title": title,
        "text": document.text[first:last],
        "url": url,
        "metadata": {name: value for name, value in metadata.items() if value is not None},
    }


def _checked(document: Document, span: tuple[int, int]) -> tuple[int, int]:
    start, end = span
    if not 0 <= start < end <= len(document.text) or end - start > MAX_EXCERPT:
        raise PlaceError(
            "the document has no excerpt at this place: use the id as search gave it", field="id"
        )
    return span


def _window(length: int, start: int, end: int, limit: int) -> tuple[int, int]:
    """Return the part of a text of ``length`` that is returned; the span is in its middle."""
    first = min((start + end - limit) // 2, length - limit)
    first = max(first, 0)
    return first, min(first + limit, length)
