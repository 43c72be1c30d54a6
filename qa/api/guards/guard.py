"""Decides who may ask, for every request, before its body is read and before a route is chosen.

If there are keys, a request carries one as ``Authorization: Bearer …``, or a browser carries a session,
which was begun with a key, in a cookie. If there are no keys, the service listens on this machine alone,
and everybody who uses the machine may ask. Then the Host header must name this machine too. Otherwise a
page elsewhere could use DNS rebinding (its name is made to point to this machine) and read the archive
through its visitor's browser.
"""

from __future__ import annotations

import logging
from collections import Counter
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.api.errors import answer_to
from qa.api.guards.access import (
    PAGES,
    PROBES,
    QUESTIONS,
    Caller,
    address_of,
    comes_from_here,
    path_of,
    required,
)
from qa.api.guards.credentials import key_of
from qa.api.guards.limits import Rate
from qa.api.guards.origins import RefusedOrigins
from qa.api.guards.signin import SCOPE_MISSING, sign_in_page
from qa.api.service import Service
from qa.errors import (
    BusyError,
    ForbiddenError,
    KeysUnusableError,
    QaError,
    SessionsUnusableError,
    TooManyError,
    UnauthorizedError,
)
from qa.service.hosts import host_of, is_loopback
from qa.service.keys import SCOPES, allows

log = logging.getLogger("qa.api")

REQUESTS_AT_ONCE = 256
"""The most requests at once; each may hold a body in memory."""

_SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Lets in the callers that ``qa.api.guards.access`` allows; it answers all others itself."""

    def __init__(
        self,
        app: ASGIApp,
        service: Service,
        *,
        refused: RefusedOrigins,
        at_once: int = REQUESTS_AT_ONCE,
    ) -> None:
        self.app = app
        self._keyring = service.keyring
        self._sessions = service.sessions
        self._metrics = service.metrics
        self._questions = service.questions
        self._rate = Rate(service.settings.requests_per_minute)
        self._refused = refused
        public = urlsplit(service.settings.public_url).netloc.lower()
        self._hosts = {"localhost", host_of(public), service.settings.host.lower()}
        self._free = at_once
        self._each = service.settings.connections_per_address
        self._under_way: Counter[str] = Counter()
        self._logged = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        try:
            scope["state"]["caller"] = self._admit(scope, headers)
        except QaError as error:
            self._metrics.refuse(error.name)
            page = _wants_page(scope, headers)
            if page and isinstance(error, UnauthorizedError):
                response = sign_in_page(scope)
            elif page and error.name == "scope_missing" and path_of(scope) in PAGES:
                response = sign_in_page(scope, trouble=SCOPE_MISSING, status=error.status)
            else:
                response = answer_to(scope, error)
            await response(scope, receive, send)
            return
        address = address_of(scope)
        self._free -= 1
        self._under_way[address] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._free += 1
            self._under_way[address] -= 1
            if not self._under_way[address]:
                del self._under_way[address]

    def _admit(self, scope: Scope, headers: Headers) -> Caller:
        """Return who asks. Raises QaError if they may not."""
        path = path_of(scope)
        need = required(path)
        caller, refusal = self._identify(scope, headers, any_host=path in PROBES)
        scope["state"]["key_id"] = caller.key_id  # also of one that is refused further on
        if path in PROBES:
            return caller
        self._rate.take(caller.limited)
        if refusal is not None and need is not None:
            raise refusal
        if need is not None and not allows(caller.scope, need):
            raise ForbiddenError(
                f"this needs a key of the scope {need}, but yours has {caller.scope}",
                code="scope_missing",
            )
        self._check_sender(scope, headers, caller, need)
        if self._free <= 0:  # probes are never refused here, but they count
            raise BusyError("too many requests are running: ask again", retry_after=1)
        self._check_crowd(scope)
        if scope["method"] in QUESTIONS.get(path, ()):
            # Before the body is read: the more questions come, the less a refusal may cost.
            scope["state"]["route"] = path
            self._questions.admit(caller.limited)
        return caller

    def _identify(
        self, scope: Scope, headers: Headers, *, any_host: bool
    ) -> tuple[Caller, QaError | None]:
        """Return who asks, and what is wrong with their key if one is needed.

        ``any_host``: what monitors name a health check by is no matter, and it tells nothing of the archive.
        """
        stranger = Caller(None, f"address {address_of(scope)}")
        try:
            if not self._keyring.on:
                if not any_host:
                    self._check_host(headers)
                here = comes_from_here(scope)
                return Caller(SCOPES[-1], None if here else stranger.limited), None
            key, way = key_of(headers, self._keyring, self._sessions)
            return Caller(key.scope, f"key {key.id}", way, key.id), None
        except (UnauthorizedError, SessionsUnusableError) as error:
            return stranger, error
        except KeysUnusableError as error:
            return stranger, self._hidden(error)

    def _hidden(self, error: KeysUnusableError) -> KeysUnusableError:
        """Log for the operator, once, what is wrong; tell callers only that something is wrong."""
        if error.message != self._logged:
            self._logged = error.message
            log.error("%s", error.message)
        return KeysUnusableError(
            "the service lets nobody in until the operator repairs the keys: the log says what is wrong"
        )

    def _check_host(self, headers: Headers) -> None:
        named = headers.getlist("host")
        host = host_of(named[0]) if len(named) == 1 else None  # with two, a proxy may use the other
        if not host or not (host in self._hosts or is_loopback(host)):
            raise ForbiddenError(
                "this service only answers to the names of this machine: behind a proxy, set its "
                "address in the setting public_url",
                code="host_unknown",
            )

    def _check_crowd(self, scope: Scope) -> None:
        """Raise TooManyError if an address named by a proxy has its maximum of connections.

        Each of these connections has one request. Clients without a proxy are counted as they connect.
        """
        if not self._each or comes_from_here(scope):
            return
        if self._under_way[address_of(scope)] >= self._each:
            raise TooManyError(
                f"your address has {self._each} requests at once (setting connections_per_address)",
                code="too_many_connections",
                retry_after=1,
            )

    def _check_sender(
        self, scope: Scope, headers: Headers, caller: Caller, need: str | None
    ) -> None:
        """Raise ForbiddenError if a page of another site uses what a browser sends by itself.

        A listed origin may ask what needs no more than the scope ``ask``. It may neither change a visitor's
        session, which would make it ask with another key, nor do what is the operator's.
        """
        if caller.key == "header":
            return
        if scope["method"] in _SAFE:
            # The browser lets a page read the answer only if its origin is listed.
            if need != "admin" or not self._refused.lists(headers):
                return
        elif self._refused.lists(headers) and caller.key is None and need == "ask":
            return
        if self._refused.is_foreign(headers):
            self._refused.tell(headers)
            raise ForbiddenError(
                "a page of another site sent this: allow the site with the setting cors_origins; if "
                "keys are needed, the page must send one as a header",
                code="cross_site",
            )


def _wants_page(scope: Scope, headers: Headers) -> bool:
    return scope["method"] == "GET" and "text/html" in headers.get("accept", "")
