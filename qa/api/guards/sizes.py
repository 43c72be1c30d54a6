"""Limits on the size and time of what a client sends: the head of a request, and its body.

Headers that two programs on a request's way could understand differently are refused too.
"""

from __future__ import annotations

import asyncio
import re
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.api.errors import RequestError, error_response
from qa.settings import Settings

MAX_TARGET = 32_768
"""Bytes of a path with its query: the longest question fits, percent-encoded."""
MAX_HEADERS = 32_768
"""Bytes of all headers together, names included."""

ONCE = ("host", "content-encoding")
"""Headers that a request has once at most. Of two, a proxy may use the other one."""
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~%-]{1,255})?(?::[0-9]{0,5})?")

_SHOWN = 50
"""How many characters of an encoding's name an error repeats."""


class HeadLimit:
    """Refuses an address or headers that are too long, and a Host header that names no host."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (error := self._refusal(scope)):
            await _refuse(error, scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> RequestError | None:
        path = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
        if len(path) + len(scope["query_string"]) > MAX_TARGET:
            message = f"the address is longer than {MAX_TARGET:,} bytes: ask with POST"
            return _counted(scope, RequestError(414, "address_too_long", message))
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
            message = f"the headers are longer than {MAX_HEADERS:,} bytes"
            return _counted(scope, RequestError(431, "headers_too_long", message))
        headers = Headers(scope=scope)
        for name in ONCE:
            if len(headers.getlist(name)) > 1:
                message = f"the header {name} came more than once: send it once"
                return _counted(scope, RequestError(400, "header_repeated", message))
        if not _HOST.fullmatch(headers.get("host", "")):
            message = (
                "the header host names no host: send a name or an address, with a port or without"
            )
            return _counted(scope, RequestError(400, "invalid_host", message))
        return None


class BodyLimit:
    """Refuses a body that is too large, by its announced length or when it becomes so; or too slow.

    An encoded body is refused too, because its real size shows only after decoding.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.max_bytes = settings.max_body_bytes
        self.seconds = settings.body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "")
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity") and (
            announced.strip("0") or "transfer-encoding" in headers
        ):
            await _refuse(self._encoded(scope, encoding), scope, receive, send)
            return
        if announced.isdecimal() and int(announced[:20]) > self.max_bytes:
            await _refuse(self._too_large(scope), scope, receive, send)
            return
        received, whole = 0, False
        deadline = time.monotonic() + self.seconds

        async def limited() -> Message:
            nonlocal received, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout(max(deadline - time.monotonic(), 0)):
                    message = await receive()
            except TimeoutError:
                raise self._too_slow(scope) from None
            whole = not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise self._too_large(scope)
            return message

        await self.app(scope, limited, send)

    def _encoded(self, scope: Scope, encoding: str) -> RequestError:
        message = f"the body is encoded ({encoding[:_SHOWN]!a}): send it without content-encoding"
        error = RequestError(415, "unsupported_encoding", message)
        error.headers = {"Accept-Encoding": "identity"}
        return _counted(scope, error)

    def _too_large(self, scope: Scope) -> RequestError:
        message = f"the body is larger than {self.max_bytes:,} bytes (setting max_body_bytes)"
        return _counted(scope, RequestError(413, "body_too_large", message))

    def _too_slow(self, scope: Scope) -> RequestError:
        message = f"the body took longer than {self.seconds} seconds (setting body_seconds)"
        error = RequestError(408, "body_too_slow", message)
        error.headers = {"Connection": "close"}
        return _counted(scope, error)


def _counted(scope: Scope, error: RequestError) -> RequestError:
    scope["app"].state.service.metrics.refuse(error.code)
    return error


async def _refuse(error: RequestError, scope: Scope, receive: Receive, send: Send) -> None:
    response = error_response(
        scope, error.status_code, error.code, error.detail, headers=error.headers
    )
    await response(scope, receive, send)
