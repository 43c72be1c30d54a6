"""Signing in from a browser, which cannot send a header where a person follows a link.

A session travels in a cookie that no script can read and that no other site's page can make a
browser send along with a POST; a link from elsewhere that a person follows does have it sent. Every
address here is relative, so that all of it works behind a proxy that adds a path, and a redirect
can lead nowhere else.
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
UNUSABLE = "Nobody can sign in until the operator puts the secret of sessions right."

# Printable ASCII, as a path and its query are sent; two slashes would begin another host's name.
_ADDRESS = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,4000}")


def sign_in_page(
    scope: Scope, *, to: str | None = None, trouble: str = "", status: int = 401
) -> Response:
    """Return the page that asks for a key, and then leads to ``to``: where the visitor was."""
    address = _address(scope)
    page = _template().substitute(
        root="../" * (address.partition("?")[0].count("/") - 1) or "./",
        next=escape(_checked(address if to is None else to)),
        trouble=escape(trouble),
    )
    headers = {"WWW-Authenticate": 'Bearer realm="cited-qa"'} if status == 401 else {}
    return HTMLResponse(page, status, headers=headers)


def signed_in(to: str) -> Response:
    """Return the way back to a page of this service, for a form sent to ``/v1/session``."""
    to = _checked(to)
    # What a page is opened at is known to the browser alone; a document's page has one place.
    mark = "#cited" if to.partition("?")[0].endswith("/view") else ""
    return Response(status_code=303, headers={"Location": f"..{to}{mark}"})


def remember(response: Response, session: str, request: Request, service: Service) -> None:
    """Have the browser send a session from now on."""
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
    """Have the browser send no session any more."""
    response.delete_cookie(
        COOKIE,
        path=_cookie_path(service),
        httponly=True,
        samesite="lax",
        secure=_is_secure(request, service),
    )


def _cookie_path(service: Service) -> str:
    """Return the path below which browsers reach this service; other services may have the rest."""
    # Without a slash at its end it is the path itself and what lies below, and no more.
    return (
        quote(urlsplit(service.settings.public_url).path.rstrip("/"), safe="/%~!$&'()*+,:=@") or "/"
    )


def _is_secure(request: Request, service: Service) -> bool:
    """Whether browsers reach this service over https, as it or a proxy that is believed says."""
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
    """Return an address on this service, or its start page for anything else. Keys are left out."""
    return redacted(address) if _ADDRESS.fullmatch(address) else "/"
