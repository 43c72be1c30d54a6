"""The service in a process of its own, with the fake encoder, and what it is seen to do."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT

PATIENCE = 20
SECONDS = float(os.environ.get("CONNECTION_SECONDS", "2"))
"""How long a test of connections goes on."""
LONG = SECONDS > 10

PROGRAM = """
import sys
from qa import engine
from qa.cli import serve
from qa.settings import Settings
from tests.fake import FakeEncoder

engine.load_encoder = lambda *_, **__: FakeEncoder()
serve.serve(
    Settings(index=sys.argv[1], port=0, drain_seconds=0, keys_file=sys.argv[2]),
    announce=lambda engine, address: print(address, flush=True),
)
"""

Address = tuple[str, int]


@contextmanager
def serving(index: Path | str, keys: Path) -> Iterator[tuple[int, Address]]:
    """Run the service with the fake encoder; give its process id and its address."""
    command = [sys.executable, "-c", PROGRAM, str(index), str(keys)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            host, _, port = process.stdout.readline().strip().removeprefix("http://").partition(":")
            yield process.pid, (host, int(port))
        finally:
            process.kill()


def memory(pid: int) -> int:
    """Return the bytes of memory that a process has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def growth(pid: int, seconds: float) -> int:
    """Return by how much more memory than now a process has at most, in the seconds to come."""
    before, most = memory(pid), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
        most = max(most, memory(pid))
    return most - before


def get(address: Address, path: str, source: str = "127.0.0.1", timeout: float = PATIENCE) -> int:
    """Return the status of an answer to somebody at the address ``source``."""
    client = http.client.HTTPConnection(*address, timeout=timeout, source_address=(source, 0))
    try:
        client.request("GET", path)
        response = client.getresponse()
        response.read()
        return response.status
    finally:
        client.close()
