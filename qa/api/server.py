"""The HTTP server around the application: its protocol, and how it stops."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from types import FrameType
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from qa.api.guards.connections import MAX_CONNECTIONS, Connections
from qa.api.protocol import patient
from qa.api.service import Service
from qa.settings import Settings

SHUTDOWN_SECONDS = 10
"""The most time for running answers after the server has closed to new connections."""
_CUT_OFF = 70
_LOOK_TICKS = 5
"""Ticks between two looks at each connection: half a second."""


def make_server(app: FastAPI, settings: Settings) -> Server:
    """Return the server of an application, to be run on a listening socket."""
    # This also decides whose forwarding headers are believed.
    proxies = ProxyHeadersMiddleware(cast(Any, app), settings.proxies).trusted_hosts
    room = Connections(
        each=settings.connections_per_address, most=MAX_CONNECTIONS, is_proxy=proxies.__contains__
    )
    config = uvicorn.Config(
        app,
        http=patient(settings.body_seconds, room),
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",  # clients could cause any number of warnings
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.proxies,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return Server(config, app.state.service, room, settings.drain_seconds)


class Server(uvicorn.Server):
    """A server that reports that it will stop before it stops.

    After SIGTERM ``/readyz`` answers 503, so that load balancers notice; everything else is still
    answered for ``drain_seconds``. Then no connection is accepted any more, and running requests
    complete. SIGINT, or a second SIGTERM, skips the first part.
    """

    def __init__(
        self, config: uvicorn.Config, service: Service, room: Connections, drain_seconds: float
    ) -> None:
        super().__init__(config)
        self._room = room
        self._stopping = service.stopping
        self._drain_seconds = drain_seconds
        self._leave_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._stopping.set()
        if sig == signal.SIGTERM and self._leave_at is None:
            self._leave_at = time.monotonic() + self._drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Check whether it is time to stop, and which clients have left; called ten times a second."""
        if counter % _LOOK_TICKS == 0:
            self._room.look()
        if self._leave_at is not None and time.monotonic() >= self._leave_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let running requests complete, within the limit."""
        if self._stopping.is_set():
            _leave_at_last(SHUTDOWN_SECONDS + 2)
        await super().shutdown(sockets)


def _leave_at_last(seconds: float) -> None:
    """End the process if it still runs then: a thread cannot be stopped, and waiting could take forever."""
    timer = threading.Timer(seconds, os._exit, [_CUT_OFF])
    timer.daemon = True
    timer.start()
