"""The server's side of a connection: a client that dawdles is hung up on.

The HTTP server in use has a timer for idle connections alone. A head that never ends, or a body
that nobody waits for any more because the request was refused, would hold a connection for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
"""From the first byte of a request, or the opening of the connection, to the end of its headers."""
GRACE_SECONDS = 5.0
"""After the time for a body is over; the application itself answers then, with an error."""
MAX_HEAD = 131_072
"""Bytes of a head that is not complete. The application refuses smaller ones, with an error."""
MAX_CONNECTIONS = 800
"""Below the 1,024 open files that a process usually may have."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP with limits to its patience. ``body_seconds`` is set on a subclass."""

    body_seconds: float = 10.0
    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0  # since the last end of a head, or of a request
    _in_head = True

    # uvicorn narrows the argument of asyncio.Protocol in the same way.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= MAX_CONNECTIONS:
            transport.abort()
            return
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if self._timer is None:
            self._wait(HEAD_SECONDS)
        self._head_bytes += len(data)
        super().data_received(data)
        # Only now is it known whether this was a head: on a connection that was used before, a
        # whole request may come at once, its body too.
        if self._in_head and self._head_bytes > MAX_HEAD:
            self._hang_up()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes after a body is nothing that was waited for
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._wait(self.body_seconds + GRACE_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._rest()
        super().on_message_complete()

    def _wait(self, seconds: float) -> None:
        self._rest()
        self._timer = self.loop.call_later(seconds, self._hang_up)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self._rest()
        self.transport.abort()


def patient(body_seconds: float) -> type[Any]:
    """Return the protocol for a service that waits ``body_seconds`` for a body."""
    return type("Protocol", (PatientProtocol,), {"body_seconds": body_seconds})
