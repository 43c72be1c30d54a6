"""The origins whose pages may read answers, from the setting ``cors_origins``, and those that may not.

A browser keeps the answer to a page of an unlisted origin from that page, and the page learns no reason.
So the log names the origin, and the setting that would allow it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.api.guards.access import path_of, required
from qa.errors import UsageError

log = logging.getLogger("qa.api")

TOLD_EACH_HOUR = 10
"""Origins that the log names in an hour; anybody can send any number of made-up ones."""
_HOUR = 3600.0
_SHOWN = 100

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


def parse_origins(setting: str) -> tuple[str, ...]:
    """Return the origins in the setting, separated by commas or spaces; ``*`` means every origin.

    Raises UsageError for what no browser would send: a path, a final slash, a wildcard in a name.
    """
    origins = tuple(setting.replace(",", " ").split())
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise UsageError(
                f"setting cors_origins has {origin!r}: write an origin such as "
                "https://www.example.org, in small letters, without a path"
            )
    return origins


class RefusedOrigins:
    """Knows which requests come from pages of other sites, and logs which origins are refused.

    ``listed``: the origins that are allowed. ``public_url``: the address under which others reach the
    service. An origin is logged once an hour, and not more than TOLD_EACH_HOUR of them.
    """

    def __init__(
        self,
        listed: Collection[str],
        public_url: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listed = frozenset(listed)
        self._public = urlsplit(public_url).netloc.lower()
        self._clock = clock
        self._told: set[str] = set()
        self._since = clock()

    def lists(self, headers: Headers) -> bool:
        """Whether a request comes from a page of an origin that is allowed."""
        origin = headers.get("origin")
        return origin is not None and not self._listed.isdisjoint(("*", origin))

    def is_foreign(self, headers: Headers) -> bool:
        """Whether a page of another site sent a request, as far as its headers tell."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        # An old browser, or no browser at all.
        origin = headers.get("origin")
        own = {headers.get("host", "").lower(), self._public} - {""}
        return origin is not None and origin.partition("://")[2].lower() not in own

    def tell(self, headers: Headers) -> None:
        """Log the origin of a request that was refused; nothing if it has none, or one that is allowed."""
        origin = headers.get("origin")
        if origin is None or self.lists(headers) or not self._is_new(origin[:_SHOWN]):
            return
        if len(self._told) > TOLD_EACH_HOUR:
            log.warning(
                "pages of further origins were refused: they are not named within this hour"
            )
        elif len(origin) <= _SHOWN and _ORIGIN.fullmatch(origin):
            log.warning(
                "a page of %s asked and was refused: to allow pages of this origin, add %s to the "
                "setting cors_origins",
                origin,
                origin,
            )
        elif origin == "null":
            log.warning(
                "a page without an origin asked and was refused: it was opened as a file or in a "
                "sandboxed frame; serve it over HTTP, and add its origin to the setting cors_origins"
            )
        else:
            log.warning("a request was refused whose Origin header is %a", origin[:_SHOWN])

    def _is_new(self, origin: str) -> bool:
        now = self._clock()
        if now - self._since >= _HOUR:
            self._told.clear()
            self._since = now
        if origin in self._told or len(self._told) > TOLD_EACH_HOUR:
            return False
        self._told.add(origin)
        return True


class Unlisted:
    """Tells of requests whose answers a browser keeps from the page that asked.

    Those that change something the guard refuses, and tells of; here are the questions before them
    (preflight requests), and what a page reads.
    """

    def __init__(self, app: ASGIApp, refused: RefusedOrigins) -> None:
        self.app = app
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and required(path_of(scope)) is not None:
            headers = Headers(scope=scope)
            if _is_read_by_a_page(scope, headers) and self._refused.is_foreign(headers):
                self._refused.tell(headers)
        await self.app(scope, receive, send)


def _is_read_by_a_page(scope: Scope, headers: Headers) -> bool:
    preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
    return preflight or headers.get("sec-fetch-mode") == "cors"
