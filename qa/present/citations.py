"""A citation for people: the addresses that open it, and its line of text.

citation_line      one line, without addresses
original_address   the document's own address on the web, without the text fragment
citation_text      the exact form: the line with the version's SHA-256 and both addresses
"""

from __future__ import annotations

from urllib.parse import quote

from qa.records import Citation
from qa.settings import Settings
from qa.text.links import without_words
from qa.text.printable import in_line

READ_BY_OCR = "read by OCR"
"""What is said of words that a scanned page was read as, wherever they are cited."""


def base_address(settings: Settings) -> str:
    """Return the address under which the service is reached, as the settings say."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def view_address(citation: Citation, base: str) -> str:
    """Return the absolute address of the page that shows a citation's span marked."""
    span = f"start={citation.start}&end={citation.end}&version={citation.sha256}"
    return f"{document_address(citation.document_id, base)}?{span}#cited"


def document_address(document_id: str, base: str) -> str:
    """Return the absolute address of the page that shows a document."""
    return f"{base}/v1/documents/{quote(document_id)}/view"


def citation_line(citation: Citation) -> str:
    """Return a citation in one line of text, enough to find the words again.

    Line numbers are given if the source has lines.
    """
    return _joined(citation, citation.published)


def _joined(citation: Citation, published: str | None, *more: str) -> str:
    lines = "" if citation.line_start is None else f":{citation.line_start}"
    if lines and citation.line_end != citation.line_start:
        lines += f"-{citation.line_end}"
    parts = (
        citation.author,
        f"“{citation.title}”" if citation.title else None,
        f"section “{citation.section}”" if citation.section else None,
        f"{citation.source}{lines}",
        published,
        f"page {citation.page}" if citation.page else None,
        citation.place,
        READ_BY_OCR if citation.ocr_confidence is not None else None,
        f"characters {citation.start}-{citation.end}",
        *more,
    )
    return in_line(", ".join(part for part in parts if part))


def original_address(citation: Citation) -> str | None:
    """Return the document's own address on the web, short enough to be read; None without one."""
    return without_words(citation.original_url) if citation.original_url else None


def citation_text(citation: Citation, base: str) -> str:
    """Return a citation in its exact form: the exact words of one version of a document.

    It has the citation's line, where the date was found, the version's SHA-256, the document's own
    address, and ours.
    """
    published = citation.published
    if published and citation.published_from:
        published = f"{published} (date from the {citation.published_from})"
    original = original_address(citation)
    addresses = [*([original] if original else []), view_address(citation, base)]
    said = _joined(citation, published, f"SHA-256 {citation.sha256}")
    return f"{said}. {' '.join(addresses)}"
