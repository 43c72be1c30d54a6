"""A browser's session: its state, beginning it with a key, ending it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import Response

from qa.api import schemas
from qa.api.errors import JsonResponse, RequestError, responses
from qa.api.guards.access import caller_of
from qa.api.guards.signin import UNKNOWN, UNUSABLE, forget, remember, sign_in_page, signed_in
from qa.api.service import Service, service_of
from qa.errors import KeysUnusableError, SessionsUnusableError, UnauthorizedError

router = APIRouter(prefix="/v1/session", tags=["session"])

MAX_BODY = 20_000
"""The most bytes of a body: a key, and an address of at most 4,000 characters, percent-encoded."""

_FORM = "application/x-www-form-urlencoded"
_KEY = {"type": "string", "maxLength": 200}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"key": _KEY},
                    "required": ["key"],
                    "additionalProperties": False,
                }
            }
        },
    }
}


@router.get("", response_model=schemas.SessionResponse, responses=responses(500))
async def session(request: Request) -> JsonResponse:
    """Report whether a key is needed, and what the caller's key allows."""
    scope = caller_of(request.scope).scope
    return JsonResponse({"keys": _asked_for(service_of(request)), "scope": scope})


@router.post(
    "",
    status_code=204,
    response_class=Response,
    responses=responses(400, 413, 415, 422, 500, 503, page=True),
    openapi_extra=_BODY,
)
async def sign_in(request: Request) -> Response:
    """Exchange a key for a session, whose token the browser then sends by itself in a cookie.

    The token does not contain the key. The sign-in page sends a form and is redirected to its origin.
    """
    service = service_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", _FORM):
        raise RequestError(
            415,
            "unsupported_media_type",
            "the body must be JSON: send the header content-type: application/json",
        )
    body = await request.body()
    if len(body) > MAX_BODY:  # it is parsed on the event loop, for a caller without a key
        raise RequestError(413, "body_too_large", f"the body is larger than {MAX_BODY:,} bytes")
    fields = _fields(body, form=kind == _FORM)
    done = signed_in(fields.get("next", "/")) if kind == _FORM else Response(status_code=204)
    if not _asked_for(service):
        return done
    try:
        session = service.sessions.issue(service.keyring.find(fields["key"]).id)
    except (UnauthorizedError, SessionsUnusableError) as error:
        if kind != _FORM:
            raise
        trouble = UNKNOWN if isinstance(error, UnauthorizedError) else UNUSABLE
        to = fields.get("next", "/")
        return sign_in_page(request.scope, to=to, trouble=trouble, status=error.status)
    remember(done, session, request, service)
    return done


@router.delete("", status_code=204, response_class=Response, responses=responses(500, page=True))
async def sign_out(request: Request) -> Response:
    """Make this browser forget its session."""
    done = Response(status_code=204)
    forget(done, request, service_of(request))
    return done


def _asked_for(service: Service) -> bool:
    try:
        return service.keyring.on
    except KeysUnusableError:
        return True


def _fields(body: bytes, *, form: bool) -> dict[str, str]:
    """Return the fields of a body. Raises RequestError unless the key is among them."""
    try:
        if form:
            pairs = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10)
            fields: Any = {name: values[0] for name, values in pairs.items()}
        else:
            fields = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError(400, "invalid_json", "the body is not valid JSON") from None
    if not isinstance(fields, dict):
        raise RequestError(422, "invalid_value", "the body must be a JSON object")
    if fields.keys() - {"key", "next"}:  # the error does not name the field: it may be the key
        raise RequestError(422, "unknown_field", "there is another field: send only the key")
    if not isinstance(fields.get("key"), str):
        raise RequestError(422, "missing_field", "key is missing: send it as a text")
    return fields
