"""Whether the process lives, whether it can answer, and how much it did."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from qa.api import schemas
from qa.api.errors import RETRY_AFTER, JsonResponse, responses
from qa.api.guards.access import caller_of
from qa.api.service import engine_of, service_of
from qa.errors import BusyError, IndexUnreachableError, IndexUnusableError, KeysUnusableError
from qa.present.wire import index_body

router = APIRouter(tags=["operation"])


@router.get("/healthz", response_model=schemas.HealthResponse, responses=responses(500, probe=True))
async def healthz() -> JsonResponse:
    """Tell that the process is alive."""
    return JsonResponse({"alive": True})


@router.get(
    "/readyz",
    response_model=schemas.ReadyResponse,
    responses={
        **responses(500, probe=True),
        503: {"model": schemas.ReadyResponse, "description": "Questions are not answered"},
    },
)
def readyz(request: Request) -> JsonResponse:
    """Tell whether questions are answered, from which index, and what is wrong."""
    service = service_of(request)
    try:
        if service.stopping.is_set():
            raise BusyError("the service is stopping")
        known = not service.keyring.on or caller_of(request.scope).scope is not None
        engine = engine_of(request)
        if service.engines.away is not None:
            raise IndexUnreachableError(service.engines.away)
    except (IndexUnusableError, KeysUnusableError, BusyError) as error:
        told = isinstance(error, BusyError) or caller_of(request.scope).scope is not None
        body = {
            "ready": False,
            "index": None,
            "fault": service.engines.told(error.message) if told else None,
        }
        return JsonResponse(body, 503, headers={"Retry-After": RETRY_AFTER})
    index, fault = (index_body(engine.info), service.engines.fault) if known else (None, None)
    return JsonResponse({"ready": True, "index": index, "fault": fault})


@router.get("/metrics", response_class=PlainTextResponse, responses=responses(500, page=True))
async def metrics(request: Request) -> PlainTextResponse:
    """Return counts in Prometheus's text format."""
    service = service_of(request)
    engines = service.engines
    text = service.metrics.text(engines.current, engines.fault, engines.swaps)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")
