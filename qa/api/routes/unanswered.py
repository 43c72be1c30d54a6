"""The questions without an answer, for the operator: a list, a file, and removing them for good."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, TypeVar

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from qa.api import schemas
from qa.api.errors import JsonResponse, responses
from qa.api.routes.documents import SpanError
from qa.api.routes.judgements import judgements_of
from qa.api.service import Service, service_of
from qa.errors import JudgementsUnusableError, NotFoundError
from qa.judging.unanswered import OpenQuestion, forget, open_questions

log = logging.getLogger("qa.api")

T = TypeVar("T")

router = APIRouter(prefix="/v1/unanswered", tags=["judging"])

_JSON_LINES = "application/x-ndjson"


class ListQuery(BaseModel):
    """Which questions."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Query(ge=1, le=1000)] = 50
    cursor: schemas.Text = ""


@router.get(
    "", response_model=schemas.UnansweredResponse, responses=responses(404, 413, 422, 500, 503)
)
async def unanswered(query: Annotated[ListQuery, Query()], request: Request) -> JsonResponse:
    """List the questions without an answer, the latest first, some at a time.

    They were judged not to be answered. Where the operator keeps them (setting unanswered), those whose
    verdict was "unsure" or "not_found" are listed too. A question that somebody judged to be answered is
    not listed.
    """
    service = service_of(request)
    after = _after(query.cursor)
    found = await _kept(service, lambda: _open(service))
    rest = [one for one in found if after is None or (one.last, one.id) < after]
    shown = rest[: query.limit]
    return JsonResponse(
        {
            "questions": [
                {
                    "id": one.id,
                    "question": one.text,
                    **{name: value for name, value in asdict(one).items() if name != "text"},
                }
                for one in shown
            ],
            "next_cursor": _cursor(shown[-1]) if len(rest) > len(shown) else None,
            "total": len(found),
            "asked": sum(one.unsure + one.not_found for one in found),
            "keeps_asked": service.unanswered is not None,
        }
    )


@router.get(
    "/questions.jsonl",
    response_class=Response,
    responses={
        200: {
            "description": "A question in each line, as a judged set has them, without quotes",
            "content": {_JSON_LINES: {"schema": {"type": "string"}}},
        },
        **responses(404, 500, 503, page=True),
    },
)
async def export(request: Request) -> Response:
    """Return all of them as the ``questions.jsonl`` of a judged set, without quotes.

    In a judged set a question without a quote is one that the archive does not answer.
    """
    service = service_of(request)
    lines = await _kept(service, lambda: b"".join(one.line() for one in _open(service)))
    return Response(
        lines,
        media_type=_JSON_LINES,
        headers={"Content-Disposition": 'attachment; filename="questions.jsonl"'},
    )


@router.delete(
    "/{id}",
    status_code=204,
    response_class=Response,
    responses=responses(404, 422, 500, 503, page=True),
)
async def remove(id: schemas.Text, request: Request) -> Response:
    """Remove a question for good, with the judgements that nothing answers it."""
    service = service_of(request)

    def work() -> None:
        texts = [one.text for one in _open(service) if one.id == id]
        if not texts:
            raise NotFoundError("there is no such question: it was removed, or never there")
        _forget(service, texts)

    await _kept(service, work)
    return Response(status_code=204)


@router.delete(
    "", status_code=204, response_class=Response, responses=responses(404, 500, 503, page=True)
)
async def remove_all(request: Request) -> Response:
    """Remove all of them for good, with the judgements that nothing answers them."""
    service = service_of(request)
    await _kept(service, lambda: _forget(service, None))
    return Response(status_code=204)


def _open(service: Service) -> list[OpenQuestion]:
    asked = service.unanswered.kept.entries() if service.unanswered else []
    return open_questions(asked, judgements_of(service).entries())


def _forget(service: Service, texts: list[str] | None) -> None:
    kept = service.unanswered.kept if service.unanswered else None
    forget(texts, judgements_of(service), kept)


async def _kept(service: Service, work: Callable[[], T]) -> T:
    """Do what reads or changes the files; what is wrong with them is told in the log only."""
    try:
        return await anyio.to_thread.run_sync(work, limiter=service.keeping)
    except JudgementsUnusableError as error:
        log.error("%s", error.message)
        raise JudgementsUnusableError(
            "what is kept cannot be used until the operator mends it: the log says what is wrong"
        ) from error


def _cursor(one: OpenQuestion) -> str:
    return base64.urlsafe_b64encode(f"{one.last} {one.id}".encode()).decode().rstrip("=")


def _after(cursor: str) -> tuple[str, str] | None:
    """Return the place after which a list continues. Raises SpanError."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        last, id = text.split(" ")
    except (binascii.Error, ValueError):
        raise SpanError(
            "this service did not make the cursor: begin again without it",
            field="cursor",
            code="invalid_cursor",
        ) from None
    return last, id
