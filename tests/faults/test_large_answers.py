"""Large documents, many of them at once, and clients that do not read them: others are answered."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from qa.records import document_id
from tests.conftest import Build
from tests.faults.service import LONG, PATIENCE, SECONDS, Address, get, growth, serving

pytestmark = pytest.mark.slow

CHARACTERS = 8_000_000 if LONG else 800_000
TEXT = "".join(f"Paragraph {n} tells of owls & of <herons>.\n\n" for n in range(CHARACTERS // 43))
LARGE = f"/v1/documents/{document_id('large.txt')}"
CLIENTS = 6
UNREAD = 50


@pytest.fixture(scope="module")
def service(
    build: Build, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, Address]]:
    folder = tmp_path_factory.mktemp("large")
    texts = folder / "texts"
    texts.mkdir()
    (texts / "large.txt").write_text(TEXT)
    (texts / "small.txt").write_text("The owls met on the bridge.\n")
    build(texts, folder / "index")
    with serving(folder / "index", folder / "none.json") as service:
        yield service


# A process of their own, so that what they do with an answer keeps nobody else waiting.
READERS = """
import sys, threading, time
from http.client import HTTPConnection

host, port, path, readers, seconds = sys.argv[1:]
end, sizes = time.monotonic() + float(seconds), []

def read():
    while time.monotonic() < end:
        connection = HTTPConnection(host, int(port), timeout=60)
        connection.request("GET", path)
        sizes.append(len(connection.getresponse().read()))
        connection.close()

threads = [threading.Thread(target=read) for _ in range(int(readers))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(sizes), *sorted(set(sizes)))
"""


def health(address: Address, end: float) -> list[float]:
    """Return how long each health check takes until then, in milliseconds, the longest last."""
    took = []
    while time.monotonic() < end:
        began = time.perf_counter()
        assert get(address, "/healthz") == 200
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.01)
    return sorted(took)


@pytest.mark.parametrize("path", [LARGE, f"{LARGE}/view"], ids=["text", "page"])
def test_others_are_answered_while_many_ask_for_a_large_document(
    service: tuple[int, Address], path: str
) -> None:
    _, address = service
    alone = health(address, time.monotonic() + SECONDS / 2)
    command = [sys.executable, "-c", READERS, *map(str, address), path, str(CLIENTS), str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as readers:
        took = health(address, time.monotonic() + SECONDS)
        asked, *sizes = map(int, readers.communicate(timeout=PATIENCE * 5)[0].split())
    p99 = took[-1 - len(took) // 100]
    print(
        f"{path[-5:]}: {asked} answers of {sizes} bytes; /healthz p99 {p99:.0f} ms, at most "
        f"{took[-1]:.0f}; without them {alone[-1 - len(alone) // 100]:.0f}, {alone[-1]:.0f}"
    )
    assert asked >= CLIENTS
    assert len(sizes) == 1 and sizes[0] > len(TEXT)  # each is whole
    if LONG:  # on a machine that does nothing else
        assert p99 < 100


def test_answers_that_are_not_read_fill_no_memory(service: tuple[int, Address]) -> None:
    """Of a large document only as much is written as its client takes."""
    pid, address = service
    get(address, LARGE)
    request = f"GET {LARGE} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
    held = []
    try:
        for _ in range(UNREAD):
            connection = socket.create_connection(address)
            connection.sendall(request * 10)
            held.append(connection)
        grown = growth(pid, SECONDS)
        assert get(address, "/healthz") == 200
    finally:
        for connection in held:
            connection.close()
    print(f"{UNREAD} answers that nobody reads: {grown / 1e6:.1f} MB more")
    assert grown < 60_000_000


def test_many_streams_of_one_client(service: tuple[int, Address]) -> None:
    """They wait for their turn, and nobody else for them."""
    _, address = service
    body = json.dumps({"messages": [{"role": "user", "content": "owls"}], "stream": True})
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    streams = [socket.create_connection(address, PATIENCE * 3) for _ in range(50)]
    try:
        for stream in streams:
            stream.sendall(f"{head}{body}".encode())
        assert get(address, "/healthz") == 200
        for stream in streams:
            with stream.makefile("rb") as answer:
                said = answer.read()
            assert said.startswith(b"HTTP/1.1 200 ") and b"[DONE]" in said[-20:]
    finally:
        for stream in streams:
            stream.close()
