"""Signing in from a browser, which cannot send a header when a person follows a link.

A session travels in a cookie. No script can read it. No page of another site can make a browser send it
with a POST, but if a person follows a link on another site, the browser sends it. Every address here is
relative, so that all of it works behind a proxy that adds a path, and a redirect stays on this service.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib import resources
from string import Template
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from qa.api.guards.credentials import COOKIE
from qa.api.service import Service
from qa.service.redact import redacted

UNKNOWN = "The service does not know this key, or it was revoked."
SCOPE_MISSING = "Your key does not allow this page: it needs a key of the scope admin."
UNUSABLE = "Nobody can sign in until the operator repairs the secret of sessions."

# Printable ASCII, as browsers send a path and its query. Two slashes would begin a host's name.
_ADDRESS = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,4000}")


def sign_in_page(
    scope: Scope, *, to: str | None = None, trouble: str = "", status: int = 401
) -> Response:
    """Return the page that asks for a key and then leads to ``to``, where the visitor was."""
    address = _address(scope)
    page = _template().substitute(
        root="../" * (address.partition("?")[0].count("/") - 1) or "./",
        next=escape(_checked(address if to is None else to)),
        trouble=escape(trouble),
    )
    headers = {"WWW-Authenticate": 'Bearer realm="cited-qa"'} if status == 401 else {}
    return HTMLResponse(page, status, headers=headers)


def signed_in(to: str) -> Response:
    """Return a redirect to a page of this service, for a form sent to ``/v1/session``."""
    to = _checked(to)
    # Only the browser knows the address of an open page; a document's page has a fixed one.
    mark = "#cited" if to.partition("?")[0].endswith("/view") else ""
    return Response(status_code=303, headers={"Location": f"..{to}{mark}"})


def remember(response: Response, session: str, request: Request, service: Service) -> None:
    """Make the browser send a session from now on."""
    response.set_cookie(
        COOKIE,
        session,
        max_age=service.sessions.seconds,
        path=_cookie_path(service),
        httponly=True,
        samesite="lax",
        secure=_is_secure(request, service),
    )


def forget(response: Response, request: Request, service: Service) -> None:
    """Make the browser stop sending a session."""
    response.delete_cookie(
        COOKIE,
        path=_cookie_path(service),
        httponly=True,
        samesite="lax",
        secure=_is_secure(request, service),
    )


def _cookie_path(service: Service) -> str:
    """Return the path below which browsers reach this service; other paths may be other services."""
    # Without a final slash it matches the path itself and everything below it.
    return (
        quote(urlsplit(service.settings.public_url).path.rstrip("/"), safe="/%~!$&'()*+,:=@") or "/"
    )


def _is_secure(request: Request, service: Service) -> bool:
    """Whether browsers reach this service over https, as the service or a trusted proxy says."""
    return request.url.scheme == "https" or service.base(request).lower().startswith("https:")


@cache
def _template() -> Template:
    """Return the page's template, read once."""
    page = resources.files("qa") / "web" / "key.html"
    return Template(page.read_text(encoding="utf-8"))


def _address(scope: Scope) -> str:
    """Return the path and the query of a request as they were sent."""
    raw = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    path = raw.decode("latin-1").removeprefix(scope.get("root_path", ""))
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _checked(address: str) -> str:
    """Return an address on this service; its start page for anything else. Keys are removed."""
    return redacted(address) if _ADDRESS.fullmatch(address) else "/"
