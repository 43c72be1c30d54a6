"""A process that serves, and clients who mean it no good: memory stays level, others are answered.

What stands in the suite is short; ``make faults`` lets each go on for ``CONNECTION_SECONDS``.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from qa.keys import Keyring
from tests.faults.service import LONG, SECONDS, Address, get, growth, serving

CONNECTIONS = 800
LEVEL = 30_000_000 if LONG else 10_000_000
"""Bytes by which memory may grow; where a connection is not bounded it is as much each second."""


@pytest.fixture(scope="module")
def service(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Address]]:
    with serving(index, tmp_path_factory.mktemp("keys") / "none.json") as service:
        yield service


@pytest.fixture(scope="module")
def keyed(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Address]]:
    keys = tmp_path_factory.mktemp("keys") / "keys.json"
    Keyring(keys).make("somebody else")
    with serving(index, keys) as service:
        yield service


def pipeline(address: Address, path: str, stop: threading.Event, *, reads: bool) -> None:
    """Send requests without end, and read the answers or not; again where the service hangs up."""
    requests = f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode() * 500
    while not stop.is_set():
        with suppress(ConnectionError), socket.create_connection(address) as connection:
            connection.setblocking(False)
            unsent = b""
            while not stop.is_set():
                unsent = unsent or requests
                with suppress(BlockingIOError):
                    unsent = unsent[connection.send(unsent) :]
                    continue
                if reads:
                    with suppress(BlockingIOError):
                        if connection.recv(1 << 20):
                            continue
                        break
                time.sleep(0.001)


@pytest.mark.parametrize("reads", [True, False], ids=["read", "not read"])
@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("service", "/v1/archive"),
        ("service", "/static/chat.css"),
        ("keyed", "/v1/archive"),
    ],
    ids=["open", "static", "refused"],
)
def test_requests_without_end_fill_no_memory(
    kind: str, path: str, reads: bool, request: pytest.FixtureRequest
) -> None:
    pid, address = request.getfixturevalue(kind)
    for _ in range(100):
        get(address, path)
    stop = threading.Event()
    client = threading.Thread(target=pipeline, args=(address, path, stop), kwargs={"reads": reads})
    client.start()
    try:
        grown = growth(pid, SECONDS)
        assert get(address, "/healthz") == 200
    finally:
        stop.set()
        client.join()
    print(f"{path}, read: {reads}: {grown / 1e6:.1f} MB more in {SECONDS:.0f} s")
    assert grown < LEVEL


def hold(address: Address, source: str, stop: threading.Event) -> None:
    """Hold as many connections as there may be, half silent and half dripping; anew where one ends."""
    held: list[socket.socket] = []
    while not stop.is_set():
        alive = []
        for number, connection in enumerate(held):
            try:
                if number % 2:
                    connection.send(b"a")
                closed = connection.recv(1) == b""
            except BlockingIOError:
                closed = False
            except OSError:
                closed = True
            if closed:
                connection.close()
            else:
                alive.append(connection)
        held = alive
        while len(held) < CONNECTIONS and not stop.is_set():
            with suppress(OSError):
                connection = socket.create_connection(address, source_address=(source, 0))
                connection.setblocking(False)
                held.append(connection)
                connection.send(b"GET / HTTP/1.1\r\nx: " if len(held) % 2 else b"")
        stop.wait(0.1)
    for connection in held:
        connection.close()


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"], ids=["as a proxy", "directly"])
def test_one_address_does_not_hold_every_connection(
    service: tuple[int, Address], source: str
) -> None:
    _, address = service
    stop = threading.Event()
    holder = threading.Thread(target=hold, args=(address, source, stop))
    holder.start()
    statuses: list[int] = []
    try:
        time.sleep(1)  # all of them are there
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for other in ("127.0.0.1", "127.0.0.3"):
                for path in ("/healthz", "/v1/ask?question=owls"):
                    statuses.append(get(address, path, source=other))
            time.sleep(0.02)
    finally:
        stop.set()
        holder.join()
    print(
        f"{CONNECTIONS} connections of {source}: {len(statuses)} requests of others, all answered"
    )
    assert set(statuses) == {200}
    assert len(statuses) >= 4
