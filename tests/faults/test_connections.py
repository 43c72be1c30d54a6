"""A process that serves, and clients who mean it no good: memory stays level, others are answered.

What stands in the suite is short; ``make faults`` lets each go on for ``CONNECTION_SECONDS``.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from qa.service.keys import Keyring
from tests.faults.service import LONG, SECONDS, Address, get, growth, serving

pytestmark = pytest.mark.slow

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


# A process of its own, so that the others are not kept waiting by what it does itself.
HOLDER = """
import socket, sys, time

host, port, source, number = sys.argv[1:]
held = []

def closed(connection, drips):
    try:
        if drips:
            connection.send(b"a")
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True

while True:
    for place, connection in reversed(list(enumerate(held))):
        if closed(connection, place % 2):
            held.pop(place).close()
    while len(held) < int(number):
        try:
            connection = socket.create_connection((host, int(port)), source_address=(source, 0))
            connection.setblocking(False)
            held.append(connection)
            connection.send(b"GET / HTTP/1.1\\r\\nx: ")
        except OSError:
            pass
    print("all of them", flush=True)
    time.sleep(0.1)
"""


@contextmanager
def held_by(address: Address, source: str) -> Iterator[None]:
    """Let somebody hold as many connections as there may be, silent and dripping, and anew."""
    command = [sys.executable, "-c", HOLDER, *map(str, address), source, str(CONNECTIONS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "all of them\n"
            yield
        finally:
            process.kill()


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"], ids=["as a proxy", "directly"])
def test_one_address_does_not_hold_every_connection(
    service: tuple[int, Address], source: str
) -> None:
    _, address = service
    took: list[float] = []
    with held_by(address, source):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for other in ("127.0.0.1", "127.0.0.3"):
                for path in ("/healthz", "/v1/ask?question=owls"):
                    began = time.perf_counter()
                    assert get(address, path, source=other) == 200
                    took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.02)
    took.sort()
    print(
        f"{CONNECTIONS} connections of {source}: {len(took)} requests of others, all answered, "
        f"p99 {took[-1 - len(took) // 100]:.0f} ms, at most {took[-1]:.0f}"
    )
