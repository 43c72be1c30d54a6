"""A real server of an application, in a thread, and raw connections to it."""

from __future__ import annotations

import faulthandler
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from qa.api.server import Server, make_server
from qa.cli.serve import listen
from qa.settings import Settings

PATIENCE = 20
"""Seconds after which a test that waits has failed."""


@contextmanager
def running(app: FastAPI) -> Iterator[tuple[Server, tuple[str, int]]]:
    """Run the application's server; give it with its address.

    A server that does not stop is told of and left behind: whether it does is for its own tests.
    """
    settings: Settings = app.state.service.settings
    with listen("127.0.0.1", 0) as listener:
        server = make_server(app, settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        address = listener.getsockname()
        thread.start()
        try:
            yield server, address
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            if thread.is_alive():
                server.force_exit = True
                print("a server does not stop:", file=sys.__stderr__)
                faulthandler.dump_traceback(sys.__stderr__)


def connect(address: tuple[str, int], data: bytes = b"") -> socket.socket:
    """Return a connection over which ``data`` was sent."""
    connection = socket.create_connection(address, timeout=PATIENCE)
    connection.sendall(data)
    return connection


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes. Fails if it does not."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


def post(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """Return a question as it is sent over a connection."""
    announced = len(body) if length is None else length
    lines = ["POST /v1/ask HTTP/1.1", "host: localhost", "content-type: application/json", *headers]
    return "\r\n".join([*lines, f"content-length: {announced}", "", ""]).encode() + body
