"""The credentials of a request: a key in a header, or a browser's session in a cookie."""

from __future__ import annotations

from typing import Literal

from starlette.datastructures import Headers

from qa.errors import SessionsUnusableError, UnauthorizedError
from qa.service.keys import Key, Keyring
from qa.service.sessions import Sessions

COOKIE = "qa_session"
MAX_COOKIES = 8
"""The most cookies of that name that are checked. Several services on one host, at several paths or
ports, each have one, and a browser sends all that fit an address."""

Way = Literal["header", "cookie"]


def key_of(headers: Headers, keyring: Keyring, sessions: Sessions) -> tuple[Key, Way]:
    """Return the key that a request presents, and how it came.

    Raises UnauthorizedError, KeysUnusableError, SessionsUnusableError.
    """
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return keyring.find(token.strip()), "header"
    refusal: UnauthorizedError | SessionsUnusableError = UnauthorizedError(
        "this archive asks for a key: send it as Authorization: Bearer KEY"
    )
    for session in _cookies(headers)[:MAX_COOKIES]:
        try:
            return keyring.by_id(sessions.key_of(session)), "cookie"
        except (UnauthorizedError, SessionsUnusableError) as error:
            refusal = error
    raise refusal


def _cookies(headers: Headers) -> list[str]:
    """Return the values of every cookie of our name, in the order in which they came."""
    pairs = (pair.partition("=") for line in headers.getlist("cookie") for pair in line.split(";"))
    return [value.strip() for name, _, value in pairs if name.strip() == COOKIE and value.strip()]
