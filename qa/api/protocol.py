"""The server's side of a connection: one request at a time, and time limits for slow clients.

Data that a client sends after a request waits until that request is answered, and when much waits, no
more is read. The HTTP server uvicorn would queue everything. It also has a timer for idle connections
only. So without this module a connection would stay open for ever in three cases: the head of a request
never ends; the request was refused but its body still comes; or the client does not read its answer.
"""

from __future__ import annotations

import asyncio
import select
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from qa.api.guards.connections import Connections

HEAD_SECONDS = 10.0
"""The most time from the first byte of a request, or from connecting, to the end of the headers."""
GRACE_SECONDS = 5.0
"""Time after the limit for a body in which the application itself can answer with an error."""
UNREAD_SECONDS = 30.0
"""A client that reads nothing of its answer for this time counts as gone."""
MAX_HEAD = 131_072
"""The most bytes of an incomplete head. The application refuses smaller heads, with an error."""
READ_BYTES = 65_536
"""The most bytes in one read."""
HELD_BYTES = 16_384
"""When so many bytes wait behind a request, no more are read."""

# Only Linux has the first: it shows that a client has left even while nothing is read.
_LEFT = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR


class _Flow(FlowControl):
    """Stops reading while much data waits."""

    full = False

    def resume_reading(self) -> None:
        if not self.full:
            super().resume_reading()


class PatientProtocol(HttpToolsProtocol, asyncio.BufferedProtocol):
    """HTTP with time limits for slow clients. A subclass sets the first three attributes."""

    body_seconds: float
    room: Connections
    _buffer: memoryview
    """One connection fills it and it is emptied at once, so all of an event loop can share it."""

    flow: _Flow
    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0  # since the end of the last head or request
    _body_left = 0  # bytes of a body whose length was announced
    _in_head = True
    _unread = (0, 0.0)  # bytes of answers not sent yet, and since when this number is the same

    # asyncio calls it with a Transport; the base class says less. uvicorn narrows it in the same way.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport)
        self._held = bytearray()
        if not self.room.enter(self, self.client[0] if self.client else ""):
            transport.abort()
            return
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        self.room.leave(self)
        self._held.clear()
        super().connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._buffer[:nbytes]))

    def data_received(self, data: bytes) -> None:
        self._held += data
        self._feed()

    def _feed(self) -> None:
        """Parse the data that waits, up to the end of a request that has no answer yet."""
        while self._held and not self._answering and not self.transport.is_closing():
            size = self._body_left or _end_of_head(self._held)
            piece = bytes(self._held[:size])
            del self._held[:size]
            if self._timer is None:
                self._wait(HEAD_SECONDS)
            self._head_bytes += len(piece)
            super().data_received(piece)
            if self._in_head and self._head_bytes > MAX_HEAD:
                self.hang_up()
        full, self.flow.full = self.flow.full, len(self._held) >= HELD_BYTES
        if self.flow.full:
            self.flow.pause_reading()
        elif full:
            self.flow.resume_reading()

    @property
    def _answering(self) -> bool:
        """Whether a complete request has come and its answer is not complete."""
        return self._in_head and self.cycle is not None and not self.cycle.response_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # ignore trailers, the headers after a body
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        # The parser has checked: there is at most one, it is a number, and the body is not in chunks.
        self._body_left = int(dict(self.headers).get(b"content-length", 0))
        self._wait(self.body_seconds + GRACE_SECONDS)
        super().on_headers_complete()
        if self.parser.should_upgrade():  # the parser then takes a body for another protocol
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._body_left = max(self._body_left - len(body), 0)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes, self._body_left = True, 0, 0
        self._rest()
        if self._answering:
            self.room.asks(self)
        super().on_message_complete()
        # A request that was refused before its body was here: the body has ended the time for which uvicorn
        # keeps a silent connection, so it begins again.
        answered = self.cycle is not None and self.cycle.response_complete
        if answered and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        self.room.is_silent(self)
        super().on_response_complete()
        if self._held:
            self.loop.call_soon(self._feed)

    def look(self, now: float) -> None:
        """Close the connection of a client that has left or reads nothing; called repeatedly."""
        size = self.transport.get_write_buffer_size()
        if not size or size != self._unread[0]:
            self._unread = size, now
        stuck = now - self._unread[1] > UNREAD_SECONDS
        if stuck or (self.flow.read_paused and _has_left(self.transport)):
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection at once."""
        self._rest()
        self.transport.abort()

    def _wait(self, seconds: float) -> None:
        self._rest()
        self._timer = self.loop.call_later(seconds, self.hang_up)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def patient(body_seconds: float, room: Connections) -> type[Any]:
    """Return the protocol for a service that waits ``body_seconds`` for a body."""
    buffer = memoryview(bytearray(READ_BYTES))
    limits = {"body_seconds": body_seconds, "room": room, "_buffer": buffer}
    return type("Protocol", (PatientProtocol,), limits)


def _end_of_head(data: bytearray) -> int:
    """Return the end of the first empty line, which ends a head or the chunks; else of all data."""
    for line in (b"\r\n", b"\n"):  # the line before it may have come with earlier data
        if data.startswith(line):
            return len(line)
    places = ((data.find(mark), len(mark)) for mark in (b"\n\r\n", b"\n\n"))
    return min((place + size for place, size in places if place >= 0), default=len(data))


def _has_left(transport: asyncio.Transport) -> bool:
    """Whether the other side closed the connection, even if its data was not read yet."""
    poll = select.poll()
    poll.register(transport.get_extra_info("socket"), _LEFT)
    return bool(poll.poll(0))
