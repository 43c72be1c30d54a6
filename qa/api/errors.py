"""The only place that turns failures into the error body.

    {"error": {"code": "question_too_long", "message": "…", "field": "question", "request_id": "…"}}

``code`` is for programs, ``message`` is one line for people, ``field`` is the wrong part of the
request, or null. ``request_id`` is also in a header and in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import HTTPException, RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from qa.api import schemas
from qa.api.guards.access import path_of
from qa.errors import QaError
from qa.present.wire import json_bytes
from qa.service.redact import redacted

RETRY_AFTER = "5"
_MAX_FIELD = 100
_DESCRIPTIONS = {
    400: "The body is not JSON",
    401: "There is no key, or it is not known",
    403: "The key's scope is not enough, or a page of another site asks",
    404: "There is no such document, or nothing of it that can be shown",
    408: "The body took too long to arrive",
    409: "The file has changed since it was cited, or read",
    413: "The body is too large",
    414: "The address is too long",
    415: "The content type is not JSON, or the body is encoded",
    422: "A value, or the name of a field, is wrong",
    429: "This key or address has reached a limit",
    431: "The headers are too long",
    500: "An unexpected fault of the service",
    507: "The file of judgements has no more room",
    503: "The index cannot be served, or the service is overloaded",
}
_OPENAI_PATHS = {
    "/v1/chat/completions": "messages",
    "/v1/responses": "input",
    "/v1/models": "messages",
}
"""Here an error also has ``type`` and ``param``, as OpenAI's clients expect; each with the field that has
the question."""
_OF_THE_QUESTION = ("question", "history")
_MCP_PATH = "/mcp"
"""Here an error is a JSON-RPC error, whose message clients show."""
_INVALID_REQUEST, _INTERNAL_ERROR = -32600, -32603
"""Codes of JSON-RPC."""
_CODES = {404: "not_found", 405: "method_not_allowed"}
_MESSAGES = {
    404: "there is nothing at this address: /openapi.json lists the routes",
    405: "this route does not take this method: /openapi.json lists the routes and their methods",
}


class RequestError(HTTPException):
    """A request that is refused before it reaches the engine."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, message)
        self.code = code


class JsonResponse(Response):
    """JSON that can always be encoded; see ``qa.present.wire.json_bytes``."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json_bytes(content)


def error_response(
    scope: Scope,
    status: int,
    code: str,
    message: str,
    *,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the error body; ``scope`` is the request's, which has its id. Keys are removed."""
    # The name of a field, or a library's message about a value, may contain a key.
    message, field = redacted(message), redacted(field) if field else field
    path = path_of(scope)
    openai = next((begin for begin in _OPENAI_PATHS if path.startswith(begin)), None)
    if openai:  # its clients expect 400 for any wrong request
        status = 400 if status == 422 else status
        field = _OPENAI_PATHS[openai] if field in _OF_THE_QUESTION else field
    error = {
        "code": code,
        "message": message,
        "field": field,
        "request_id": scope["state"]["request_id"],
    }
    if openai:
        error |= {"type": _openai_type(status), "param": field}
    wait = {"Retry-After": RETRY_AFTER} if status in (429, 503) else {}
    if status == 401:
        wait = {"WWW-Authenticate": 'Bearer realm="cited-qa"'}
    body = _rpc_body(status, error) if path == _MCP_PATH else {"error": error}
    return JsonResponse(body, status, headers={**wait, **(headers or {})})


def _rpc_body(status: int, error: Mapping[str, Any]) -> dict[str, Any]:
    """Return an error as a JSON-RPC answer; the id of the message is unknown here."""
    told = {
        "code": _INTERNAL_ERROR if status >= 500 else _INVALID_REQUEST,
        "message": error["message"],
        "data": {"code": error["code"], "request_id": error["request_id"]},
    }
    return {"jsonrpc": "2.0", "id": None, "error": told}


def _openai_type(status: int) -> str:
    """Return OpenAI's name for the kind of a failure."""
    if status >= 500:
        return "server_error"
    return "rate_limit_error" if status == 429 else "invalid_request_error"


def answer_to(scope: Scope, error: QaError) -> Response:
    """Return the answer to a known failure."""
    wait = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    message = scope["app"].state.service.engines.told(error.message)
    return error_response(scope, error.status, error.name, message, field=error.field, headers=wait)


def unknown_fault(scope: Scope) -> Response:
    """Return the answer to an unexpected exception."""
    message = "an unexpected fault: the operator finds it in the log by the request id"
    return error_response(scope, 500, "internal_error", message)


def add_error_handlers(app: FastAPI) -> None:
    """Make ``app`` answer every failure with the error body."""
    app.add_exception_handler(QaError, _named)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StarletteHTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _left)


def _named(request: Request, error: Exception) -> Response:
    assert isinstance(error, QaError)
    return answer_to(request.scope, error)


def _left(request: Request, error: Exception) -> Response:
    """Return what the log of requests counts for a client that left before its body ended."""
    return error_response(request.scope, 499, "client_left", "the client left")


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    status = error.status_code
    if isinstance(error, RequestError):
        code, message = error.code, error.detail
    else:
        phrase = HTTPStatus(status).phrase
        code = _CODES.get(status, phrase.lower().replace(" ", "_"))
        message = _MESSAGES.get(status, phrase)
    headers = dict(error.headers or {})
    if status == 405:
        headers["Allow"] = _allowed(request) or headers.get("Allow", "")
    return error_response(request.scope, status, code, message, headers=headers)


def _allowed(request: Request) -> str:
    """Return the methods of a route; a path with several handlers has several routes."""
    path = getattr(request.scope.get("route"), "path", None)
    methods = [method.upper() for method in request.app.openapi()["paths"].get(path, {})]
    return ", ".join([*methods, "HEAD"] if "GET" in methods else methods)


def _invalid(request: Request, error: Exception) -> Response:
    """Return the answer that names the first fault in a request's shape."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    kind, place = str(first["type"]), [str(part) for part in first["loc"][1:]]
    field = ".".join(place)[:_MAX_FIELD] or None
    status, code = 422, "invalid_value"
    if field is None:
        message = "the body must be a JSON object"
        if kind == "missing":
            status, code, message = 400, "invalid_json", "the body is empty: send a JSON object"
        elif kind == "string_unicode":
            code, message = schemas.NOT_TEXT, "the name of a field holds half a character"
    elif kind == "missing":
        code, message = "missing_field", f"{field} is missing"
    elif kind == "extra_forbidden":
        code = "unknown_field"
        message = f"there is no field {field!r}: /openapi.json lists the fields"
    else:
        code = schemas.NOT_TEXT if kind == schemas.NOT_TEXT else code
        message = f"{field}: {first['msg'][:1].lower()}{first['msg'][1:]}"
    return error_response(request.scope, status, code, message, field=field)


def responses(
    *statuses: int, page: bool = False, probe: bool = False
) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors that a route answers with.

    Errors are JSON even if the answer itself is not (``page``); FastAPI must be told so. Errors that
    come before a route is chosen are added. A ``probe`` is open to everybody.
    """
    statuses = (*statuses, 403, 414, 431, *(() if probe else (401, 429, 503)))
    if 400 in statuses:  # the route reads a body
        statuses = (*statuses, 408)
    reference = {"$ref": f"#/components/schemas/{schemas.ErrorBody.__name__}"}
    content = {"content": {"application/json": {"schema": reference}}}
    body: dict[str, Any] = content if page else {"model": schemas.ErrorBody}
    return {
        status: {**body, "description": _DESCRIPTIONS[status]} for status in sorted(set(statuses))
    }


def openai_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the errors of a route whose clients are OpenAI's."""
    # FastAPI would add its own 422, which this service never sends.
    other = {"model": schemas.ErrorBody, "description": "The request is refused"}
    return {**responses(*statuses), "4XX": other}
