"""The middleware for every request, outermost first: see ``middleware`` at the end.

All of it is plain ASGI: it does not buffer bodies or change threads.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.api.accesses import Told, entry_of
from qa.api.compression import Compression
from qa.api.errors import unknown_fault
from qa.api.guards.access import path_of
from qa.api.guards.guard import Guard
from qa.api.guards.origins import RefusedOrigins, Unlisted
from qa.api.guards.sizes import BodyLimit, HeadLimit
from qa.api.service import Service
from qa.service.redact import told_in_log

log = logging.getLogger("qa.api")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data: blob:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Browsers ask for an answer, a page and its scripts again each time: all of them may change.
    "Cache-Control": "no-cache",
}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


class RequestId:
    """Gives every request an id, in ``scope["state"]`` and in a header of its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        await self.app(scope, receive, named)


_SENT_AS = "qa.method"
"""Where a scope has the method that was sent, if it is treated as another one."""


class Alike:
    """Treats HEAD as GET without the body, and a path with a final slash as the path without it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path.endswith("/") and not path.endswith("//") and path_of(scope) != "/":
            scope = {**scope, "path": path[:-1]}
        if scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET", _SENT_AS: "HEAD"}, receive, bare)


class SecurityHeaders:
    """Adds the headers that every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        secure = scope.get("scheme") == "https"
        wanted = HEADERS | HTTPS_ONLY if secure else HEADERS

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded)


class Counting:
    """Counts every answer by its route and status, and has it written into the access log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        at, began, status, sent = datetime.now(UTC), time.perf_counter(), 500, 0

        async def watched(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            service: Service = scope["app"].state.service
            seconds = time.perf_counter() - began
            # A path that is no route is the client's invention, so it must not become a label.
            # The guard names the route of a question that it refuses.
            route = getattr(scope.get("route"), "path", None) or scope.get("state", {}).get(
                "route", "other"
            )
            service.metrics.count(route, status, seconds)
            if service.access_log is not None:
                told = Told(at, scope.get(_SENT_AS, scope["method"]), route, status, sent, seconds)
                service.access_log.write(entry_of(told, scope))


class CutOffError(Exception):
    """An answer that had begun cannot be completed; the log says why."""


class Faults:
    """Answers an unexpected exception with a plain 500, and logs its traceback.

    Its message may quote a question, so it is logged only with the setting ``log_questions``.
    """

    def __init__(self, app: ASGIApp, *, whole: bool) -> None:
        self.app = app
        self.whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            request_id = scope["state"]["request_id"]
            log.error("request %s failed\n%s", request_id, told_in_log(error, whole=self.whole))
            if (
                started
            ):  # the server must close the connection, and would log the exception's message
                raise CutOffError(f"the answer to request {request_id} was cut off") from None
            await unknown_fault(scope)(scope, receive, send)


def middleware(service: Service, origins: Sequence[str]) -> list[Middleware]:
    """Return the middleware before the routes, outermost first.

    ``origins``: the origins whose pages may read answers. A browser's preflight request is answered
    before the guard: it has no key, and the browser learns only whether its origin is listed.
    """
    shared = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        allow_credentials=False,  # pages of other sites send a key as a header, never our cookie
        expose_headers=["X-Request-Id", "Retry-After", "Mcp-Session-Id"],
    )
    refused = RefusedOrigins(origins, service.settings.public_url)
    return [
        Middleware(Alike),
        Middleware(RequestId),
        Middleware(SecurityHeaders),
        Middleware(Counting),
        Middleware(Unlisted, refused=refused),
        *([shared] if origins else []),
        Middleware(Faults, whole=service.settings.log_questions == "on"),
        Middleware(HeadLimit),
        Middleware(Guard, service=service, refused=refused),
        Middleware(BodyLimit, settings=service.settings),
        Middleware(Compression),
    ]
