"""What happens to every request, outermost first: see ``middleware`` at the end.

All of it is plain ASGI: nothing here buffers a body or changes threads.
"""

from __future__ import annotations

import logging
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.api.errors import RequestError, error_response, unknown_fault
from qa.api.service import Service

log = logging.getLogger("qa.api")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # An answer, a page and its scripts are asked for again each time: all of them may change.
    "Cache-Control": "no-cache",
}


class RequestId:
    """Give every request an id, in ``scope["state"]`` and as a header of its answer."""

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


class SecurityHeaders:
    """Add the headers that every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded)


class Counting:
    """Count every answer by its route and status."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            service: Service = scope["app"].state.service
            # A path that is no route is the client's invention and must not become a label.
            route = getattr(scope.get("route"), "path", None) or "other"
            service.metrics.count(route, status, time.perf_counter() - began)


class Faults:
    """Answer an exception that nobody foresaw with a plain 500; its traceback goes to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            log.exception("request %s failed", scope["state"]["request_id"])
            await unknown_fault(scope)(scope, receive, send)


class BodyLimit:
    """Refuse a body that is too large: by its announced length, else as soon as it is."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self.max_bytes:
            error = self._error()
            response = error_response(scope, error.status_code, error.code, error.detail)
            await response(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise self._error()
            return message

        await self.app(scope, limited, send)

    def _error(self) -> RequestError:
        message = f"the body is larger than {self.max_bytes:,} bytes (setting max_body_bytes)"
        return RequestError(413, "body_too_large", message)


def middleware(max_body_bytes: int) -> list[Middleware]:
    """Return what stands before the routes, outermost first."""
    return [
        Middleware(RequestId),
        Middleware(SecurityHeaders),
        Middleware(Counting),
        Middleware(Faults),
        Middleware(BodyLimit, max_bytes=max_body_bytes),
    ]
