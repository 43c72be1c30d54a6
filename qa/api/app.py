"""The application: routes, middleware and error handling put together, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
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
from qa.api.routes import archive, ask, chat, documents, health, mcp, page, session
from qa.api.service import Service
from qa.engine import Engine
from qa.errors import IndexUnusableError
from qa.runtime import processors
from qa.service.hosts import stays_here
from qa.service.keys import Keyring
from qa.service.sessions import Sessions
from qa.service.slot import LOOK_SECONDS, EngineSlot
from qa.settings import Settings

DESCRIPTION = """Ask an archive in plain words; get ranked, verbatim excerpts with exact citations.

Offsets are Unicode code points in a document's text, and `document.text[start:end]` is the
excerpt, always. Every failure has one body: `{"error": {"code", "message", "field",
"request_id"}}`."""


async def _follow(service: Service) -> None:
    """Let the service answer from each generation that becomes live."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await run_in_threadpool(service.engines.look)


def create_app(*, index: Path | str, settings: Settings, engine: Engine | None = None) -> FastAPI:
    """Return the application that answers from ``index``, a folder or an address.

    The engine, unless it is given, is opened when the application starts. An index that cannot
    be served does not keep it from starting: ``/readyz`` says why, every question gets 503, and
    opening is tried again from time to time. A generation that becomes live later takes the place
    of the one that is open, without a question being dropped. Keys are asked for once there are any, and always
    where ``settings.host`` can be reached from other machines.
    """
    service = Service(
        settings=settings,
        engines=EngineSlot(index, engine, max_wrong=settings.max_wrong, reading=settings.reading),
        metrics=Metrics(),
        keyring=Keyring(settings.keys_file, required=not stays_here(settings.host)),
        sessions=Sessions(settings.keys_file, seconds=3600 * settings.session_hours),
        questions=Questions(
            waiting=settings.queued_questions,
            each=settings.concurrent_questions,
            seconds=settings.question_seconds,
        ),
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with contextlib.suppress(IndexUnusableError):  # readyz and every answer say it
            await run_in_threadpool(service.engines.get)
        # Of the routes that make copies of a document's text, however large it is.
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2 * processors() + 2
        following = asyncio.create_task(_follow(service))
        yield
        following.cancel()

    app = FastAPI(
        title="cited-qa",
        version=__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # their scripts come from another host
        redoc_url=None,
        redirect_slashes=False,
        routes=[page.static_files()],
        middleware=middleware(service, parse_origins(settings.cors_origins)),
        lifespan=lifespan,
    )
    app.state.service = service
    add_error_handlers(app)
    for router in (
        page.router,
        ask.router,
        archive.router,
        documents.router,
        health.router,
        session.router,
        chat.router,
        mcp.router,
    ):
        app.include_router(router)
    return app
