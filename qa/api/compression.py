"""Answers in gzip, for clients that accept it.

What is compressed tells by its length how much of it repeats. Where a page of another site can have a
visitor's browser ask, and somebody sees how long the answers are, words that the page puts into its
questions can be tried until they stand in what the visitor may read (BREACH, Gluck, Harris and Prado,
2013). Only a cookie goes along with such a request, so an answer to one that a cookie let in is
compressed only where the browser says that no other site had it asked.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.api.guards.access import caller_of

LEAST = 1000
"""Bytes of an answer that is compressed: of a shorter one, a packet is sent either way."""
LEVEL = 6
"""Of zlib: higher ones take twice the time for a hundredth less."""
_STREAM = "text/event-stream"
_OWN_SITE = ("same-origin", "none")


class Compression:
    """Compresses answers. Stands within the guard, which settles who asks.

    Events are sent as they come, and so are parts of a file. The ``ETag`` of what may be sent in two
    forms is a weak one (RFC 9110, 8.8.1): it still tells that nothing has changed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def varied(message: Message) -> None:
            if message["type"] == "http.response.start":
                _tell_of_forms(MutableHeaders(scope=message))
            await send(message)

        headers, app = Headers(scope=scope), self.app
        if _accepted(headers) and _is_safe(scope, headers):
            app = GZipResponder(app, LEAST, LEVEL)
        await app(scope, receive, varied)


def _accepted(headers: Headers) -> bool:
    """Whether a client takes gzip: it names it, and not with a weight of nothing."""
    for entry in headers.get("accept-encoding", "").lower().split(","):
        coding, *parameters = (part.strip() for part in entry.split(";"))
        if coding == "gzip":
            weights = [p.removeprefix("q=") for p in parameters if p.startswith("q=")]
            return not any(set(weight) <= {"0", "."} for weight in weights)
    return False


def _is_safe(scope: Scope, headers: Headers) -> bool:
    by_cookie = caller_of(scope).key == "cookie"
    return not by_cookie or headers.get("sec-fetch-site") in _OWN_SITE


def _tell_of_forms(headers: MutableHeaders) -> None:
    if headers.get("content-type", "").startswith(_STREAM):
        return
    if "accept-encoding" not in headers.get("vary", "").lower():
        headers.add_vary_header("Accept-Encoding")
    etag = headers.get("etag")
    if etag is not None and not etag.startswith("W/"):
        headers["etag"] = f"W/{etag}"
