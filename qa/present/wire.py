"""Answers and documents as the JSON that leaves this program.

Every interface shares these functions, so that ``qa ask --json`` prints what ``/v1/ask`` returns. They
fill the shapes of ``qa.present.shapes``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from qa.present import shapes
from qa.present.citations import document_address, view_address
from qa.present.structure import structure_of
from qa.records import Answer, Citation, Document, IndexInfo, Note, Result
from qa.text.printable import REPLACEMENT, SURROGATES

if TYPE_CHECKING:
    from qa.store import DocumentEntry

# What Unicode calls the end of a line, and many a client does too that reads events line by line.
_UNSAFE = re.compile(f"[\x85\u2028\u2029{SURROGATES}]")
_ESCAPES = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_TEXT_AT_ONCE, _VALUES_AT_ONCE = 65_536, 500


def json_bytes(value: object) -> bytes:
    """Return ``value`` as compact JSON in UTF-8, in one line whoever reads lines.

    A lone surrogate, which UTF-8 cannot carry, becomes U+FFFD: one code point as well, so that
    no offset moves.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: _ESCAPES.get(match[0], REPLACEMENT), text).encode()


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


def _filled(shape: type[BaseModel], record: object, **given: Any) -> dict[str, Any]:
    """Return the fields of ``shape``, in its order, from ``given`` and else from ``record``.

    A field that neither has is an AttributeError, so that no shape promises what is not sent. A
    model of the shape would have to be made and dumped again; that takes several times as long.
    """
    return {
        name: given[name] if name in given else getattr(record, name) for name in shape.model_fields
    }


def citation_body(citation: Citation, base: str) -> dict[str, Any]:
    """Return a citation with the address that opens it; ``base`` is the address of the service."""
    return _filled(shapes.Citation, citation, url=view_address(citation, base))


def index_body(info: IndexInfo) -> dict[str, Any]:
    """Return which generation answers."""
    return _filled(shapes.Index, info)


def answer_body(answer: Answer, base: str) -> dict[str, Any]:
    """Return the body of ``/v1/ask``; ``base`` is the address of the service."""
    return _filled(
        shapes.Answer,
        answer,
        notes=[note_body(note) for note in answer.notes],
        results=[_result(result, base) for result in answer.results],
        index=index_body(answer.index),
    )


def note_body(note: Note) -> dict[str, Any]:
    """Return a note: its code, its message, and what the message names."""
    return {**_filled(shapes.Note, note), **note.details}


def _result(result: Result, base: str) -> dict[str, Any]:
    short, explain = result.answer, result.explain
    body = _filled(
        shapes.Result,
        result,
        score=round(result.score, 6),
        highlights=[_filled(shapes.Highlight, highlight) for highlight in result.highlights],
        answer=_filled(shapes.ShortAnswer, short) if short else None,
        citation=citation_body(result.citation, base),
        also=[citation_body(citation, base) for citation in result.also],
        explain=None if explain is None else dict(explain),
    )
    if explain is None:  # who did not ask for it is not sent the field
        del body["explain"]
    return body


def entry_body(entry: DocumentEntry) -> dict[str, Any]:
    """Return a document of a listing, without its text."""
    return _filled(shapes.DocumentEntry, entry, length=entry.characters)


def document_body(document: Document, base: str) -> dict[str, Any]:
    """Return a document with its text and all that is known of it."""
    published = document.published
    return _filled(
        shapes.Document,
        document,
        published=published.value if published else None,
        published_evidence=_filled(shapes.PublishedEvidence, published) if published else None,
        facets={name: list(values) for name, values in document.facets},
        pages=len(document.page_starts) or None,
        url=document_address(document.id, base),
        length=len(document.text),
        sections=[_filled(shapes.Section, section) for section in document.sections],
        structure=[_filled(shapes.Part, part) for part in structure_of(document)],
    )
