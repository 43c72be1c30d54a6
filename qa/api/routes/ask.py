"""Asking a question, citing an excerpt, and checking a citation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from qa.api import schemas
from qa.api.errors import JsonResponse, responses
from qa.api.json_route import JsonRoute
from qa.api.routes.documents import SpanError
from qa.api.service import engine_of, service_of
from qa.present.citing import DEFAULT, STYLES, style_named
from qa.present.wire import answer_body, citation_body
from qa.records import Question
from qa.text.printable import encodable

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["ask"])


@router.post(
    "/ask",
    response_model=schemas.AskResponse,
    responses=responses(400, 413, 415, 422, 500, 503),
)
async def ask(body: schemas.AskRequest, request: Request) -> JsonResponse:
    """Ask a question: ranked, verbatim excerpts with exact citations."""
    return await _answer(body.to_question(), request)


@router.get("/ask", response_model=schemas.AskResponse, responses=responses(413, 422, 500, 503))
async def ask_by_address(
    query: Annotated[schemas.AskQuery, Query()], request: Request
) -> JsonResponse:
    """Ask a question from a browser's address bar: the same as POST."""
    return await _answer(query.to_question(), request)


async def _answer(question: Question, request: Request) -> JsonResponse:
    service = service_of(request)
    answer = await service.ask(request, question)
    return JsonResponse(answer_body(answer, service.base(request)))


@router.get(
    "/cite",
    response_class=Response,
    responses={
        200: {
            "description": "The citation in that style",
            "content": {
                style.media_type: {"schema": {"type": "string"}} for style in STYLES.values()
            },
        },
        **responses(404, 413, 422, 500, 503, page=True),
    },
)
def cite(
    id: Annotated[
        schemas.Text, Query(description="id of a citation, or the url that opens it", min_length=1)
    ],
    request: Request,
    style: Annotated[schemas.Text, Query(description=f"one of: {', '.join(STYLES)}")] = DEFAULT,
) -> Response:
    """Return a citation as a footnote, or for a reference manager.

    Where the document has changed since it was cited, the form says so.
    """
    service, form = service_of(request), style_named(style)
    cited = engine_of(request).cite(id, service.given.place(id))
    words = form.write(cited, service.base(request))
    return Response(encodable(words), media_type=form.media_type)


@router.post(
    "/verify",
    response_model=schemas.VerifyResponse,
    responses=responses(400, 413, 415, 422, 500, 503),
)
def verify(body: schemas.VerifyRequest, request: Request) -> JsonResponse:
    """Check that a citation, or a printed footnote, still holds for an excerpt, word for word."""
    engine = engine_of(request)
    if body.citation:
        found = engine.verify(body.citation.to_citation(), body.excerpt)
    elif body.footnote:
        found = engine.verify_footnote(body.excerpt, body.footnote)
    elif not (body.source or body.title):
        raise SpanError(
            "send a citation, a footnote, a source or a title with the excerpt",
            field="citation",
            code="origin_missing",
        )
    else:
        found = engine.verify_printed(
            body.excerpt, source=body.source or "", title="" if body.source else body.title or ""
        )
    base = service_of(request).base(request)
    cited = citation_body(found.citation, base) if found.citation else None
    return JsonResponse({"holds": found.holds, "reason": found.reason, "citation": cited})
