"""The application: it puts routes, middleware and error handling together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from qa import __version__
from qa.api.errors import add_error_handlers
from qa.api.guards.origins import parse_origins
from qa.api.metrics import Metrics
from qa.api.middleware import middleware
from qa.api.questions import Questions
from qa.api.routes import (
    archive,
    ask,
    chat,
    documents,
    health,
    judgements,
    mcp,
    originals,
    page,
    session,
    unanswered,
)
from qa.api.service import Service
from qa.engine import Engine
from qa.errors import IndexUnusableError
from qa.judging.kept import Judgements
from qa.judging.unanswered import Keeper, Unanswered
from qa.runtime import processors
from qa.service.access_log import AccessLog
from qa.service.hosts import stays_here
from qa.service.keys import Keyring
from qa.service.pictures import Pictures
from qa.service.sessions import Sessions
from qa.service.slot import LOOK_SECONDS, EngineSlot
from qa.settings import Settings
from qa.store import Index

DESCRIPTION = """Ask an archive in plain words; get ranked, verbatim excerpts with exact citations.

Offsets are Unicode code points in a document's text; `document.text[start:end]` is always the
excerpt. Every failure has the same body: `{"error": {"code", "message", "field",
"request_id"}}`."""


# Their routes go into the application as they are: a router that is included is built again for it, at the
# first request, which then takes 70 ms longer. So what is set for a whole application, such as its
# dependencies, does not reach them.
ROUTERS = (
    page.router,
    ask.router,
    archive.router,
    documents.router,
    originals.router,
    judgements.router,
    unanswered.router,
    health.router,
    session.router,
    chat.router,
    mcp.router,
)


async def _follow(service: Service) -> None:
    """Make the service answer from each generation that becomes live."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await run_in_threadpool(service.engines.look)
        if service.engines.current is not None:
            service.pictures.settle(service.engines.current.store.version)


def create_app(
    *, index: Path | str | Index, settings: Settings, engine: Engine | None = None
) -> FastAPI:
    """Return the application that answers from ``index``: an index, its folder or its address.

    The engine, unless it is given, is opened when the application starts. If the index cannot be
    served, the application starts anyway: ``/readyz`` says why, every question gets 503, and
    opening is tried again from time to time. When another generation becomes live, it replaces
    the open one, and no question is dropped. Keys are needed as soon as there is one, and always
    if ``settings.host`` can be reached from other machines.
    """
    here = replace(settings, index=str(index)) if isinstance(index, Path) else settings
    kept = Judgements.of(here)
    if kept is not None:
        kept.mend()
    missed = Unanswered.of(here)
    if missed is not None:
        missed.mend()
    engines = EngineSlot(index, engine, max_wrong=settings.max_wrong, reading=settings.reading)
    service = Service(
        settings=settings,
        engines=engines,
        metrics=Metrics(),
        keyring=Keyring(settings.keys_file, required=not stays_here(settings.host)),
        sessions=Sessions(settings.keys_file, seconds=3600 * settings.session_hours),
        questions=Questions(
            waiting=settings.queued_questions,
            each=settings.concurrent_questions,
            seconds=settings.question_seconds,
        ),
        pictures=Pictures(settings, engines.folders),
        judgements=kept,
        unanswered=Keeper(missed) if missed is not None else None,
        access_log=AccessLog.of(here),
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with contextlib.suppress(IndexUnusableError):  # /readyz and every answer report it
            await run_in_threadpool(service.engines.get)
        # For the routes that copy a document's text, which may be large.
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2 * processors() + 2
        following = asyncio.create_task(_follow(service))
        yield
        following.cancel()
        if service.access_log is not None:
            await run_in_threadpool(service.access_log.close)

    app = FastAPI(
        title="cited-qa",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # these pages load scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        routes=[page.static_files(), *(route for router in ROUTERS for route in router.routes)],
        middleware=middleware(service, parse_origins(settings.cors_origins)),
        lifespan=lifespan,
    )
    app.state.service = service
    add_error_handlers(app)
    return app
