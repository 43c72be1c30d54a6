"""The files that documents were read from: pages as pictures, and the files where a setting serves them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from qa.api import schemas
from qa.api.errors import JsonResponse, responses
from qa.api.pieces import PIECE, in_pieces
from qa.api.routes.documents import SpanError
from qa.api.service import Service, service_of
from qa.errors import OriginalChangedError, OriginalError
from qa.records import Document
from qa.service.pictures import Drawn, Picture

router = APIRouter(prefix="/v1/documents", tags=["documents"])

Start = Annotated[int | None, Query(description="first character of the span")]
End = Annotated[int | None, Query(description="the character after the span")]
Version = Annotated[schemas.Text, Query(description="SHA-256 of the version that was cited")]
_UNKEPT = {"Cache-Control": "no-store"}
"""A picture is no longer to be had once its document is purged, from the caches of browsers neither."""
_ATTACHED = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    **_UNKEPT,
}


@router.get(
    "/{id}/pages",
    response_model=schemas.PagesResponse,
    responses=responses(404, 409, 413, 422, 500, 503),
)
async def pages(
    id: schemas.DocumentId, request: Request, start: int, end: int, version: Version = ""
) -> JsonResponse:
    """Say on which pages of its PDF a span stands, where, and under which addresses they are pictures."""
    service = service_of(request)
    drawn = await service.draw(lambda: _drawn(service, id, start, end, version))
    base = f"{service.base(request)}/v1/documents/{quote(id)}/pages"
    query = urlencode({"start": start, "end": end, **({"version": version} if version else {})})
    told = [_page_body(picture, f"{base}/{picture.page}?{query}") for picture in drawn.pictures]
    return JsonResponse({"pages": told, "note": drawn.note}, headers=_UNKEPT)


def _page_body(picture: Picture, url: str) -> dict[str, Any]:
    sized = bool(picture.boxes)
    return {
        "page": picture.page,
        "width": picture.width if sized else None,
        "height": picture.height if sized else None,
        "boxes": [list(box) for box in picture.boxes],
        "url": url,
    }


@router.get(
    "/{id}/pages/{page}",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
        **responses(404, 409, 413, 422, 500, 503, page=True),
    },
)
async def page(
    id: schemas.DocumentId,
    page: Annotated[int, Path(ge=1, le=1_000_000, description="number of the page, from 1")],
    request: Request,
    start: Start = None,
    end: End = None,
    version: Version = "",
) -> Response:
    """Draw a page of a PDF, a span of the document marked on it."""
    service = service_of(request)
    drawn = await service.draw(lambda: _drawn(service, id, start, end, version, page))
    found = next((picture for picture in drawn.pictures if picture.page == page), None)
    if found is None:
        raise OriginalError(f"the span is not on page {page}", field="page")
    return Response(found.png, media_type="image/png", headers=_UNKEPT)


def _drawn(
    service: Service,
    id: str,
    start: int | None,
    end: int | None,
    version: str,
    page: int | None = None,
) -> Drawn:
    document = _version_of(service, id, version)
    if start is None and end is None and page is not None:
        return service.pictures.of_page(document, page)
    length = len(document.text)
    if start is None or end is None or not 0 <= start < end <= length:
        raise SpanError(
            f"start and end must be 0 <= start < end <= {length} in this document", field="start"
        )
    return service.pictures.of_span(document, start, end)


def _version_of(service: Service, id: str, version: str) -> Document:
    """Return a document. Raises NotFoundError, and OriginalChangedError for one of another version."""
    document = service.engines.get().document(id)
    if version and version != document.sha256:
        raise OriginalChangedError("the file has changed since it was cited", field="version")
    return document


@router.get(
    "/{id}/original",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            }
        },
        **responses(404, 409, 413, 422, 500, 503, page=True),
    },
)
async def original(id: schemas.DocumentId, request: Request, version: Version = "") -> Response:
    """Send the file that a document was read from, to be saved; where the setting allows it."""
    service = service_of(request)
    named = ""

    def make() -> Iterator[bytes]:
        nonlocal named
        document = _version_of(service, id, version)
        if service.settings.serve_originals != "on":
            raise OriginalError(
                "originals are not served here (setting serve_originals)",
                code="originals_not_served",
            )
        with service.pictures.original(document) as file:
            data = file.read(service.settings.max_file_bytes)
        if hashlib.sha256(data).hexdigest() != document.sha256:
            raise OriginalChangedError("the file has changed since it was read")
        named = document.source.rpartition("/")[2]
        return (data[at : at + PIECE] for at in range(0, len(data), PIECE))

    answer = await in_pieces(make, "application/octet-stream", service.writers)
    answer.headers.update(_ATTACHED)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(named, safe='')}"
    return answer
