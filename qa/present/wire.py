"""Answers and documents as the JSON that leaves this program.

The HTTP interface and the command line share these functions, so that ``qa ask --json`` prints
what ``/v1/ask`` returns. Their shapes are described in ``docs/openapi.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from qa.records import Answer, Citation, Document, IndexInfo, Note, Result
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.store import DocumentEntry

SURROGATE = re.compile("[\ud800-\udfff]")
# What Unicode calls the end of a line, and many a client does too that reads events line by line.
_UNSAFE = re.compile("[\x85\u2028\u2029\ud800-\udfff]")
_ESCAPES = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
# All control characters but tab and line feed, and those that turn the direction of writing.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_END = re.compile("\r\n|\r")
_TEXT_AT_ONCE, _VALUES_AT_ONCE = 65_536, 500
_BREAK = re.compile("[\n\r\t\v\f\x85\u2028\u2029]+")


def json_bytes(value: object) -> bytes:
    """Return ``value`` as compact JSON in UTF-8, in one line whoever reads lines.

    A lone surrogate, which UTF-8 cannot carry, becomes U+FFFD: one code point as well, so that
    no offset moves.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: _ESCAPES.get(match[0], "\ufffd"), text).encode()


def json_pieces(body: Mapping[str, object]) -> Iterator[bytes]:
    """Yield what ``json_bytes`` returns for ``body``, a little at a time, however long a member is.

    Encoding holds Python's lock from its beginning to its end, so that a large text or list would
    hold up every other thread.
    """
    mark = b"{"
    for name, value in body.items():
        yield mark + json_bytes(name) + b":"
        mark = b","
        if isinstance(value, str) and len(value) > _TEXT_AT_ONCE:
            yield b'"'
            for at in range(0, len(value), _TEXT_AT_ONCE):
                yield json_bytes(value[at : at + _TEXT_AT_ONCE])[1:-1]
            yield b'"'
        elif isinstance(value, list) and len(value) > _VALUES_AT_ONCE:
            for at in range(0, len(value), _VALUES_AT_ONCE):
                yield (b"," if at else b"[") + json_bytes(value[at : at + _VALUES_AT_ONCE])[1:-1]
            yield b"]"
        else:
            yield json_bytes(value)
    yield b"}" if body else b"{}"


def printable(text: str) -> str:
    """Return ``text`` as it may be shown where nothing in it may steer what shows it."""
    return _CONTROLS.sub("\ufffd", _LINE_END.sub("\n", text))


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


def citation_body(citation: Citation, base: str) -> dict[str, Any]:
    """Return a citation with the address that opens it."""
    body = asdict(citation)
    original = body.pop("original_url")
    return {**body, "url": view_address(citation, base), "original_url": original}


def index_body(info: IndexInfo) -> dict[str, Any]:
    """Return which generation answers."""
    return asdict(info)


def answer_body(answer: Answer, base: str) -> dict[str, Any]:
    """Return the body of ``/v1/ask``; ``base`` is the address of the service."""
    return {
        "question": answer.question,
        "searched": answer.searched,
        "verdict": answer.verdict,
        "confidence": answer.confidence,
        "notes": [note_body(note) for note in answer.notes],
        "results": [_result(result, base) for result in answer.results],
        "filtered_out_undated": answer.filtered_out_undated,
        "index": index_body(answer.index),
        "took_ms": answer.took_ms,
    }


def note_body(note: Note) -> dict[str, Any]:
    """Return a note: its code, its message, and what the message names."""
    return {"code": note.code, "message": note.message, **note.details}


def _result(result: Result, base: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "rank": result.rank,
        "score": round(result.score, 6),
        "excerpt": result.excerpt,
        "highlights": [asdict(highlight) for highlight in result.highlights],
        "answer": asdict(result.answer) if result.answer else None,
        "citation": citation_body(result.citation, base),
        "also": [citation_body(citation, base) for citation in result.also],
    }
    return body if result.explain is None else {**body, "explain": dict(result.explain)}


def entry_body(entry: DocumentEntry) -> dict[str, Any]:
    """Return a document of a listing, without its text."""
    return {
        "id": entry.id,
        "source": entry.source,
        "title": entry.title,
        "published": entry.published,
        "length": entry.characters,
        "passages": entry.passages,
    }


def document_body(document: Document, base: str) -> dict[str, Any]:
    """Return a document with its text and all that is known of it."""
    published = document.published
    evidence = asdict(published) | {"precision": published.precision} if published else None
    return {
        "id": document.id,
        "source": document.source,
        "sha256": document.sha256,
        "encoding": document.encoding,
        "title": document.title,
        "published": published.value if published else None,
        "published_evidence": evidence,
        "original_url": document.original_url,
        "author": document.author,
        "language": document.language,
        "pages": len(document.page_starts) or None,
        "url": document_address(document.id, base),
        "length": len(document.text),
        "sections": [asdict(section) for section in document.sections],
        "text": document.text,
    }


def citation_line(citation: Citation) -> str:
    """Return a citation in one line of text, enough to find the very words again."""
    lines = f"{citation.line_start}"
    if citation.line_end != citation.line_start:
        lines += f"-{citation.line_end}"
    parts = (
        f"“{citation.title}”" if citation.title else None,
        f"section “{citation.section}”" if citation.section else None,
        f"{citation.source}:{lines}",
        citation.published,
        f"page {citation.page}" if citation.page else None,
        citation.place,
        f"characters {citation.start}-{citation.end}",
    )
    return in_line(", ".join(part for part in parts if part))


def in_line(words: str) -> str:
    """Return words with each line break and tab, which a file's name may have, shown as a space."""
    return _BREAK.sub(" ", words)
