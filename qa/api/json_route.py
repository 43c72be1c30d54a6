"""Routes that take JSON; anything else is refused with a message that says what to send."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from qa.api.errors import RequestError

MAX_VALUES = 20_000
"""The most values in a body, in all its lists and objects. More of them, and their errors, would take
so long to check that other requests would wait."""


class JsonRequest(Request):
    """A request whose body is JSON; reading any other body raises RequestError."""

    async def json(self) -> Any:
        """Return the body, parsed."""
        body = await self.body()
        try:
            value = json.loads(body, parse_constant=_refuse)
        except RecursionError:
            raise RequestError(400, "invalid_json", "the body is nested too deep") from None
        except ValueError as error:
            # The parser's own message may quote the body, so only the place is repeated.
            place = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
            message = f"the body is not valid JSON{place}"
            raise RequestError(400, "invalid_json", message) from None
        if _has_more_than(MAX_VALUES, value):
            message = f"the body has more than {MAX_VALUES:,} values in its lists and objects"
            raise RequestError(422, "too_many_values", message)
        return value


class JsonRoute(APIRoute):
    """A route whose body, if it takes one, is JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler with a check of the content type before it."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def checked(request: Request) -> Response:
            _require_json(request.headers.get("content-type", ""))
            return await handle(JsonRequest(request.scope, request.receive))

        return checked


def _has_more_than(most: int, value: Any) -> bool:
    """Whether the lists and objects of a value, at any depth, have more than ``most`` members."""
    found, within = 0, [value]
    while within:
        one = within.pop()
        if isinstance(one, dict | list):
            found += len(one)
            if found > most:
                return True
            within.extend(one.values() if isinstance(one, dict) else one)
    return False


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _require_json(content_type: str) -> None:
    """Raise RequestError unless a content type is JSON."""
    message = Message()
    message["content-type"] = content_type
    kind = message.get_content_type()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise RequestError(
            415,
            "unsupported_media_type",
            "the body must be JSON: send the header content-type: application/json",
        )
