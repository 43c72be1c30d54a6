"""The documents of the archive: a list, one with its text, one as a page."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from qa.api import schemas
from qa.api.errors import JsonResponse, responses
from qa.api.pieces import in_pieces
from qa.api.service import engine_of, service_of
from qa.api.viewer import view_pieces
from qa.errors import UsageError
from qa.present.citations import citation_text
from qa.present.wire import document_body, entry_body, json_pieces
from qa.records import Document
from qa.search.citations import cite_span
from qa.service.pictures import Pictures, pages_of

CHANGED = (
    "This document has changed since it was cited: the cited words are not marked, and may be gone."
)

router = APIRouter(prefix="/v1/documents", tags=["documents"])


class SpanError(UsageError):
    """A span outside its document, or a cursor that this service did not make."""

    code = "invalid_span"
    status = 422


class ListQuery(BaseModel):
    """Which documents."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Query(ge=1, le=1000)] = 100
    cursor: schemas.Text = ""


@router.get("", response_model=schemas.DocumentsResponse, responses=responses(413, 422, 500, 503))
def documents(query: Annotated[ListQuery, Query()], request: Request) -> JsonResponse:
    """List the documents by source, some at a time."""
    engine = engine_of(request)
    found = engine.documents(after=_source_of(query.cursor), limit=query.limit + 1)
    shown = found[: query.limit]
    return JsonResponse(
        {
            "documents": [entry_body(entry) for entry in shown],
            "next_cursor": _cursor_of(shown[-1].source) if len(found) > len(shown) else None,
            "total": engine.info.documents,
        }
    )


@router.get(
    "/{id}",
    response_model=schemas.DocumentResponse,
    responses=responses(404, 413, 422, 500, 503),
)
async def document(id: schemas.DocumentId, request: Request) -> Response:
    """Return a document with its text, exactly as it was read."""
    service = service_of(request)

    def make() -> Iterator[bytes]:
        found = service.engines.get().document(id)
        return json_pieces(document_body(found, service.base(request)))

    return await in_pieces(make, "application/json", service.writers)


@router.get(
    "/{id}/view",
    response_class=HTMLResponse,
    responses=responses(404, 413, 422, 500, 503, page=True),
)
async def view(
    id: schemas.DocumentId,
    request: Request,
    start: Annotated[int | None, Query(description="first character of the span")] = None,
    end: Annotated[int | None, Query(description="the character after the span")] = None,
    version: Annotated[
        schemas.Text, Query(description="SHA-256 of the version that was cited")
    ] = "",
) -> Response:
    """Show a document as a page with a span marked."""
    service = service_of(request)

    def make() -> Iterator[bytes]:
        found = service.engines.get().document(id)
        page = _page(found, start, end, version, service.base(request))
        page |= _pictures(service.pictures, found, page["start"], page["end"])
        root = "../" * (3 + request.scope.get("raw_path", b"").endswith(b"/"))
        return (piece.encode() for piece in view_pieces(found, **page, root=root))

    return await in_pieces(make, "text/html", service.writers)


def _page(
    document: Document, start: int | None, end: int | None, version: str, base: str
) -> dict[str, Any]:
    """Return the span to mark in a document, and the notice about it. Raises SpanError."""
    if version and version != document.sha256:
        return {"start": None, "end": None, "notice": CHANGED}
    if start is None and end is None:
        return {"start": None, "end": None}
    if start is None or end is None or not 0 <= start < end <= len(document.text):
        raise SpanError(
            f"start and end must be 0 <= start < end <= {len(document.text)} in this document",
            field="start" if start is None or end is not None else "end",
        )
    return {"start": start, "end": end, "citation": _citation(document, start, end, base)}


def _pictures(
    pictures: Pictures, document: Document, start: int | None, end: int | None
) -> dict[str, Any]:
    """Return which pages of the original are shown beside a span, or why none is."""
    if start is None or end is None or not document.page_starts:
        return {}
    refusal = pictures.refusal(document)
    return {"unseen": refusal} if refusal else {"pages": pages_of(document, start, end)}


def _citation(document: Document, start: int, end: int, base: str) -> str:
    """Return the citation of a span as one line with its addresses."""
    return citation_text(cite_span(document, start, end), base)


def _cursor_of(source: str) -> str:
    return base64.urlsafe_b64encode(source.encode()).decode().rstrip("=")


def _source_of(cursor: str) -> str:
    """Return the source after which a list continues. Raises SpanError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise SpanError(
            "this service did not make the cursor: begin again without it",
            field="cursor",
            code="invalid_cursor",
        ) from None
