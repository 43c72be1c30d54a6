"""The archive as tools, over the Model Context Protocol; see ``qa.mcp``."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from qa.api.service import engine_of, service_of
from qa.errors import ClientGoneError
from qa.records import Document

if TYPE_CHECKING:
    from qa.mcp.http import Entrance
    from qa.mcp.tools import Access

# OpenAPI does not describe it: the protocol describes itself to a client that sends tools/list.
router = APIRouter(include_in_schema=False)


@router.post("/mcp")
async def mcp(request: Request) -> Response:
    """Answer one message of the protocol."""
    try:
        body = await request.body()  # read it here, so that its limits give the usual errors
    except ClientDisconnect:
        raise ClientGoneError("the client left while it sent its message") from None
    return _Handed(await run_in_threadpool(_entrance), body)


class _Handed(Response):
    """The answer of the official package to a body that was read here."""

    def __init__(self, entrance: Entrance, body: bytes) -> None:
        super().__init__()
        self._entrance = entrance
        self._read = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._entrance(self._read, scope, receive, send)


@cache
def _entrance() -> Entrance:
    from qa.mcp.http import make_entrance  # takes half a second, so only if a tool is called

    return make_entrance(_reach)


def _reach(request: Request) -> Access:
    """Return how a call reaches the archive: through the limits of its caller."""
    from qa.mcp.tools import Access

    service = service_of(request)

    async def document(id: str) -> Document:
        return await run_in_threadpool(lambda: engine_of(request).document(id))

    return Access(
        partial(service.ask, request),
        document,
        service.base(request),
        told=service.engines.told,
        log_questions=service.settings.log_questions == "on",
    )
