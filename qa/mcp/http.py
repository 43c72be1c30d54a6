"""The tools over streamable HTTP: one POST, one JSON answer, no session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from qa.mcp.server import Reach, make_server

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Entrance = Callable[[bytes, Scope, Receive, Send], Awaitable[None]]


def make_entrance(reach: Reach) -> Entrance:
    """Return what answers a POST, given its whole body, as an ASGI application does.

    No call leaves anything behind: a restart in the middle of a conversation goes unnoticed, and
    any of several processes can answer. So a session manager lives for one request, and ends
    with it when the client leaves. Who may ask, from which host and origin, and how large a body
    may be, is settled before.
    """
    server = make_server(reach)

    async def enter(body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        unread: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body}]

        async def receive_again() -> MutableMapping[str, Any]:
            return unread.pop() if unread else await receive()

        manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=len(body) + 1
        )
        async with manager.run():
            await manager.handle_request(scope, receive_again, send)

    return enter
