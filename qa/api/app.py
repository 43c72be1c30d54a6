"""The application: routes, middleware and error handling put together, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from qa import __version__
from qa.api.errors import add_error_handlers
from qa.api.metrics import Metrics
from qa.api.middleware import middleware
from qa.api.routes import ask, documents, health, page
from qa.api.service import EngineSlot, Service
from qa.engine import Engine
from qa.errors import IndexUnusableError
from qa.settings import Settings

DESCRIPTION = """Ask an archive in plain words; get ranked, verbatim excerpts with exact citations.

Offsets are Unicode code points in a document's text, and `document.text[start:end]` is the
excerpt, always. Every failure has one body: `{"error": {"code", "message", "field",
"request_id"}}`."""


def create_app(*, index: Path, settings: Settings, engine: Engine | None = None) -> FastAPI:
    """Return the application that answers from the index folder ``index``.

    The engine, unless it is given, is opened when the application starts. An index that cannot
    be served does not keep it from starting: ``/readyz`` says why, every question gets 503, and
    opening is tried again from time to time.
    """
    service = Service(
        settings=settings,
        engines=EngineSlot(index, engine, max_wrong=settings.max_wrong),
        metrics=Metrics(),
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with contextlib.suppress(IndexUnusableError):  # readyz and every answer say it
            await run_in_threadpool(service.engines.get)
        yield

    app = FastAPI(
        title="cited-qa",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # their scripts come from another host
        redoc_url=None,
        redirect_slashes=False,
        routes=[page.static_files()],
        middleware=middleware(settings.max_body_bytes),
        lifespan=lifespan,
    )
    app.state.service = service
    add_error_handlers(app)
    for router in (page.router, ask.router, documents.router, health.router):
        app.include_router(router)
    return app
