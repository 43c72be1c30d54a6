"""Keeping what people judge of answers, where the operator has turned it on."""

from __future__ import annotations

import logging

import anyio.to_thread
from fastapi import APIRouter, Request

from qa.api import schemas
from qa.api.errors import JsonResponse, responses
from qa.api.guards.access import caller_of
from qa.api.json_route import JsonRoute
from qa.api.service import Service, service_of
from qa.errors import JudgementsUnusableError, NotFoundError
from qa.judging.judgement import Judgement, Marked, accept
from qa.judging.kept import Judgements
from qa.service.redact import redacted

log = logging.getLogger("qa.api")

router = APIRouter(prefix="/v1/judgements", route_class=JsonRoute, tags=["judging"])


@router.post(
    "",
    status_code=201,
    response_model=schemas.JudgementResponse,
    responses=responses(400, 404, 413, 415, 422, 500, 503, 507),
)
async def judge(body: schemas.JudgementRequest, request: Request) -> JsonResponse:
    """Keep a judgement; it is on the disk when the answer comes.

    Only an excerpt that the index holds to the letter can be judged. Where the operator keeps no
    judgements, this is 404 and nothing is stored.
    """
    service = service_of(request)
    kept = judgements_of(service)

    def keep() -> Judgement:
        judgement = accept(
            service.engines.get(),
            kind=body.kind,
            question=redacted(body.question),
            searched=redacted(body.searched) if body.searched else None,
            citation=body.citation.to_citation() if body.citation else None,
            excerpt=body.excerpt,
            span=(body.span.start, body.span.end) if body.span else None,
            place=Marked(**body.place.model_dump()) if body.place else None,
            key=caller_of(request.scope).key_id,
        )
        _add(kept, judgement)
        return judgement

    judgement = await anyio.to_thread.run_sync(keep, limiter=service.keeping)
    return JsonResponse(
        {
            "id": judgement.id,
            "time": judgement.time,
            "kind": judgement.kind,
            "generation": judgement.generation,
        },
        status_code=201,
    )


def judgements_of(service: Service) -> Judgements:
    """Return the judgements that a service keeps. Raises NotFoundError if it keeps none."""
    if service.judgements is None:
        raise NotFoundError(
            "this archive keeps no judgements: its operator names a file for them in the setting "
            "judgements",
            code="judgements_off",
        )
    return service.judgements


def _add(kept: Judgements, judgement: Judgement) -> None:
    """Keep a judgement; what is wrong with the file is told in the log only."""
    try:
        kept.add(judgement)
    except JudgementsUnusableError as error:
        log.error("%s", error.message)
        raise JudgementsUnusableError(
            "the judgement cannot be kept until the operator mends the file: the log says what is wrong"
        ) from error
