"""A proxy on loopback that passes requests on, lets them wait, refuses them, or is gone."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Mood = Literal["pass", "stall", "gone", "refuse", "busy"]

_ANSWERS = {
    "refuse": (403, "Forbidden", "AccessDenied"),
    "busy": (503, "Slow Down", "SlowDown"),
}


class Proxy:
    """Stands before a server; ``mood`` says what becomes of what is asked from now on.

    ``asked`` counts the requests by their first word: GET, PUT, HEAD.
    """

    def __init__(self, port: int) -> None:
        self.mood: Mood = "pass"
        self.asked: dict[str, int] = {}
        self._behind = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stop = threading.Event()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._stop.set()
        self._listener.close()
        for one in self._open:
            with suppress(OSError):  # closed by its thread, which alone closes it
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stop.is_set():
            with suppress(OSError):
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self._behind)) as behind,
            client,
            selectors.DefaultSelector() as ready,
        ):
            ready.register(client, selectors.EVENT_READ)
            ready.register(behind, selectors.EVENT_READ)
            while not self._stop.is_set():
                for key, _ in ready.select(0.1):
                    data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]  # what is registered are sockets
                    if not data:
                        return
                    if key.fileobj is behind:
                        client.sendall(data)
                    elif not self._passes(data, client):
                        return
                    else:
                        behind.sendall(data)

    def _passes(self, data: bytes, client: socket.socket) -> bool:
        word = data.split(b" ", 1)[0]
        if word in (b"GET", b"PUT", b"HEAD", b"POST", b"DELETE"):
            self.asked[word.decode()] = self.asked.get(word.decode(), 0) + 1
        if self.mood == "pass":
            return True
        if self.mood == "stall":
            self._stop.wait(600)
        elif self.mood in _ANSWERS:
            status, phrase, code = _ANSWERS[self.mood]
            body = f"<Error><Code>{code}</Code><AWSAccessKeyId>of whoever asks</AWSAccessKeyId></Error>"
            head = f"HTTP/1.1 {status} {phrase}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            client.sendall((head + body).encode())
        return False


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    """Put a proxy before a server on loopback."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
