"""Whether the process lives, whether it can answer, and how much it did."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from qa.api import schemas
from qa.api.errors import RETRY_AFTER, JsonResponse, responses
from qa.api.service import engine_of, service_of
from qa.errors import IndexUnusableError
from qa.wire import index_body

router = APIRouter(tags=["operation"])


@router.get("/healthz", response_model=schemas.HealthResponse, responses=responses(500))
async def healthz() -> JsonResponse:
    """Tell that the process is alive."""
    return JsonResponse({"alive": True})


@router.get(
    "/readyz",
    response_model=schemas.ReadyResponse,
    responses={
        **responses(500),
        503: {"model": schemas.ReadyResponse, "description": "Questions are not answered"},
    },
)
def readyz(request: Request) -> JsonResponse:
    """Tell whether questions are answered, from which index, and what is wrong."""
    try:
        engine = engine_of(request)
    except IndexUnusableError as error:
        body = {"ready": False, "index": None, "fault": error.message}
        return JsonResponse(body, 503, headers={"Retry-After": RETRY_AFTER})
    return JsonResponse({"ready": True, "index": index_body(engine.info), "fault": engine.fault})


@router.get("/metrics", response_class=PlainTextResponse, responses=responses(500, page=True))
async def metrics(request: Request) -> PlainTextResponse:
    """Return counts in Prometheus's text format."""
    service = service_of(request)
    text = service.metrics.text(service.engines.current)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")
