"""Signing in from a browser, which cannot send a header where a person follows a link.

The key travels in a cookie that no script can read and that no other site's page can make a
browser send along with a POST. Every address here is relative, so that all of it works behind
a proxy that adds a path, and a redirect can lead nowhere else.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib import resources
from string import Template

from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

COOKIE = "qa_key"
SECONDS = 30 * 24 * 3600
"""How long a browser remembers a key."""

UNKNOWN = "The service does not know this key, or it was revoked."

# Printable ASCII, as a path and its query are sent; two slashes would begin another host's name.
_ADDRESS = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,4000}")


def sign_in_page(scope: Scope, *, to: str | None = None, trouble: str = "") -> Response:
    """Return the page that asks for a key, and then leads to ``to``: where the visitor was."""
    address = _address(scope)
    page = _template().substitute(
        root="../" * (address.partition("?")[0].count("/") - 1) or "./",
        next=escape(_checked(address if to is None else to)),
        trouble=escape(trouble),
    )
    return HTMLResponse(page, 401, headers={"WWW-Authenticate": 'Bearer realm="cited-qa"'})


def signed_in(to: str) -> Response:
    """Return the way back to a page of this service, for a form sent to ``/v1/session``."""
    to = _checked(to)
    # What a page is opened at is known to the browser alone; a document's page has one place.
    mark = "#cited" if to.partition("?")[0].endswith("/view") else ""
    return Response(status_code=303, headers={"Location": f"..{to}{mark}"})


def remember(response: Response, key: str, *, secure: bool) -> None:
    """Have the browser send ``key`` from now on."""
    response.set_cookie(
        COOKIE, key, max_age=SECONDS, path="/", httponly=True, samesite="lax", secure=secure
    )


def forget(response: Response, *, secure: bool) -> None:
    """Have the browser send no key any more."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=secure)


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
    """Return an address on this service, or its start page for anything else."""
    return address if _ADDRESS.fullmatch(address) else "/"
