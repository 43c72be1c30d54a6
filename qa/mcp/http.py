"""The tools over streamable HTTP: one POST, one JSON answer, no session."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import INVALID_REQUEST

from qa.mcp.server import Reach, make_server
from qa.service.redact import redacted

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Entrance = Callable[[bytes, Scope, Receive, Send], Awaitable[None]]


def make_entrance(reach: Reach) -> Entrance:
    """Return an ASGI application that answers a POST, given its whole body.

    A call leaves nothing behind: a restart in the middle of a conversation changes nothing, and any of
    several processes can answer. So a session manager exists for one request, and ends with it or when
    the client leaves. The guard has already checked the caller, host, origin and body size.
    """
    server = make_server(reach)

    async def enter(body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        if _has_wrong_id(body):
            await _refuse(send)
            return
        unread: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body}]

        async def receive_again() -> MutableMapping[str, Any]:
            return unread.pop() if unread else await receive()

        manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=len(body) + 1
        )
        async with manager.run():
            await manager.handle_request(scope, receive_again, _discreet(send))

    return enter


_WRONG_ID = {
    "code": INVALID_REQUEST,
    "message": "the id of a request is a text or a whole number: send one of these, or a notification "
    "without an id",
}


def _has_wrong_id(body: bytes) -> bool:
    """Whether a body is a request whose id the protocol does not allow: null, a fraction, a list …

    The official package takes such a request for a notification, which gets no answer.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return False  # the package says what is wrong
    if not isinstance(message, dict) or not {"method", "id"} <= message.keys():
        return False
    return not isinstance(message["id"], str | int) or isinstance(message["id"], bool)


async def _refuse(send: Send) -> None:
    """Answer a request with a wrong id; as the id cannot be repeated, it is null (JSON-RPC 2.0, 5)."""
    body = json.dumps({"jsonrpc": "2.0", "id": None, "error": _WRONG_ID}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MALFORMED = "the message is not one of JSON-RPC 2.0 and of this protocol: see its specification"


def _discreet(send: Send) -> Send:
    """Return a ``send`` whose errors do not repeat the client's words, as the package's errors do."""
    start: MutableMapping[str, Any] = {}
    parts: list[bytes] = []

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):  # an answer is one JSON value
            return
        body = _without_input(b"".join(parts))
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return sending


def _without_input(body: bytes) -> bytes:
    """Return an answer; if it is an error, without the client's own words."""
    if b'"error":' not in body:
        return body
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    if not isinstance(answer, dict) or not isinstance(error := answer.get("error"), dict):
        return body
    message, data = str(error.get("message", "")), error.pop("data", None)
    quoting = "input_value=" in message or "\n" in message  # as a validation error quotes
    error["message"] = _MALFORMED if quoting else redacted(message)
    if isinstance(data, dict) and "supported" in data:  # versions of the protocol
        asked = str(data.get("requested", ""))
        known = {"requested": asked} if _VERSION.fullmatch(asked) else {}
        error["data"] = {"supported": data["supported"], **known}
    return json.dumps(answer, separators=(",", ":")).encode()
