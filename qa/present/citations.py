"""A citation for people: the addresses that open it, and its line of text.

citation_line      one line, without addresses
original_address   the document's own address on the web, without the words that it opens at
citation_text      the line with both addresses, to be copied
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
    """Return the address under which the service is reached, as far as the settings know."""
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
    """Return a citation in one line of text, enough to find the very words again.

    Lines are those of the text: a workbook or a film, whose place is told, has none.
    """
    lines = "" if citation.place else f":{citation.line_start}"
    if lines and citation.line_end != citation.line_start:
        lines += f"-{citation.line_end}"
    parts = (
        citation.author,
        f"“{citation.title}”" if citation.title else None,
        f"section “{citation.section}”" if citation.section else None,
        f"{citation.source}{lines}",
        citation.published,
        f"page {citation.page}" if citation.page else None,
        citation.place,
        READ_BY_OCR if citation.ocr_confidence is not None else None,
        f"characters {citation.start}-{citation.end}",
    )
    return in_line(", ".join(part for part in parts if part))


def original_address(citation: Citation) -> str | None:
    """Return the document's own address on the web, short enough to be read; None without one."""
    return without_words(citation.original_url) if citation.original_url else None


def citation_text(citation: Citation, base: str) -> str:
    """Return a citation as it is copied: its line, then the document's own address and ours."""
    original = original_address(citation)
    addresses = [*([original] if original else []), view_address(citation, base)]
    return f"{citation_line(citation)}. {' '.join(addresses)}"
