"""Who asks, and what they may do: the one table of what is open to whom.

A path that is in neither list needs a key of the scope ``admin``. So a new route is closed until
somebody opens it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Literal, cast

from starlette.types import Scope

from qa.service.hosts import is_loopback, parse_address

PUBLIC = ("/", "/static", "/healthz", "/readyz", "/v1/session")
"""Open to everybody: the page (which holds nothing of the archive), health checks, signing in."""

ASK = (
    "/v1/ask",
    "/v1/verify",
    "/v1/cite",
    "/v1/archive",
    "/v1/documents",
    "/v1/judgements",
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/models",
    "/mcp",
)
"""Open to a key of the scope ``ask``, with everything below. All other paths are for ``admin``."""

QUESTIONS = {
    "/v1/ask": ("GET", "POST"),
    "/v1/chat/completions": ("POST",),
    "/v1/responses": ("POST",),
}
"""Paths and methods whose requests are questions: refused before their body is read while too many wait."""

PAGES = ("/unanswered",)
"""Pages that a person opens: whoever's key allows too little is asked for another one."""

PROBES = ("/healthz", "/readyz")
"""Always answered, whatever the load, because monitoring depends on it."""

_ADDRESS_CHARS = 64


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request."""

    scope: str | None
    """What the caller may do; None for a caller without a key if keys are needed."""
    limited: str | None
    """The name under which limits are counted; None if only the limits of the whole service apply."""
    key: Literal["header", "cookie"] | None = None
    """How the key came. A browser sends a cookie by itself, even for a page of another site."""
    key_id: str | None = None
    """Whose key it is, as ``qa keys list`` names it."""


def caller_of(scope: Scope) -> Caller:
    """Return the sender of a request that the guard has let in."""
    return cast(Caller, scope["state"]["caller"])


def path_of(scope: Scope) -> str:
    """Return the path that is matched with routes."""
    path, root = scope["path"], scope.get("root_path", "")
    return str(path.removeprefix(root) if path.startswith(f"{root}/") else path)


def required(path: str) -> str | None:
    """Return the scope that a path needs, or None if it is public."""
    if _stands_in(path, PUBLIC):
        return None
    return "ask" if _stands_in(path, ASK) else "admin"


def _stands_in(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or (place != "/" and path.startswith(f"{place}/")) for place in places)


def address_of(scope: Scope) -> str:
    """Return the name under which a request's address is counted; see ``network_of``."""
    client = scope.get("client")
    return network_of(client[0]) if client else "here"


def network_of(host: str) -> str:
    """Return the name under which an address, as text, is counted: for IPv6 its /64, which has one owner."""
    address = parse_address(host)
    if address is None:
        return host[:_ADDRESS_CHARS]
    if isinstance(address, IPv6Address) and not address.is_loopback:
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


def comes_from_here(scope: Scope) -> bool:
    """Whether a request comes from this machine."""
    client = scope.get("client")
    return not client or is_loopback(client[0])
