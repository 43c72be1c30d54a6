"""A child process for reading with readers that do what none should; ``START`` starts it."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from qa.corpus.readers import READERS
from qa.corpus.reading import Reading
from qa.corpus.sandbox import worker
from qa.records import Block

START = "import sys; sys.path[:] = sys.argv[1:]; from tests.corpus.traps import main; main()"


def said(text: str) -> Reading:
    """Return a reading of one paragraph."""
    return Reading(text, "utf-8", (Block("paragraph", 0, len(text)),))


def spin(data: bytes) -> Reading:
    while True:
        pass


def sleep(data: bytes) -> Reading:
    time.sleep(3600)
    return said("woken")


def swell(data: bytes) -> Reading:
    return said(str(len(bytearray(1 << 36))))


def crash(data: bytes) -> Reading:
    return said(str(ctypes.string_at(0)))


def leave(data: bytes) -> Reading:
    os._exit(3)


def fail(data: bytes) -> Reading:
    raise KeyError("a fault of a library")


def recurse(data: bytes) -> Reading:
    return recurse(data)


def talk(data: bytes) -> Reading:
    return said("x" * 5_000_000)


def lie(data: bytes) -> Reading:
    return Reading("short", "utf-8", (Block("paragraph", 0, 500),))


def connect(data: bytes) -> Reading:
    with socket.create_connection(("127.0.0.1", int(data)), timeout=5) as there:
        return said(there.recv(10).decode())


def look_up(data: bytes) -> Reading:
    return said(str(socket.getaddrinfo("localhost", 80)))


def look(data: bytes) -> Reading:
    return said(Path(data.decode()).read_text())


def write(data: bytes) -> Reading:
    return said(str(Path(data.decode()).write_text("written")))


def run(data: bytes) -> Reading:
    return said(subprocess.run(["true"], check=True).args[0])


def environment(data: bytes) -> Reading:
    return said(" ".join(sorted({*os.environ} - {"LC_CTYPE"})) or "nothing")


def main() -> None:
    """Serve as the real child does, with traps among the readers."""
    assert isinstance(READERS, dict)
    READERS.update(
        {
            f".{reader.__name__}": reader
            for reader in (
                *(spin, sleep, swell, crash, leave, fail, recurse, talk, lie, connect, look_up),
                *(look, write, run, environment),
            )
        }
    )
    sys.setrecursionlimit(500)
    worker.main()
