"""SIGTERM while questions are under way: readiness goes first, answers complete, and it is over."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

# The real way in, with an engine whose answers take their time.
PROGRAM = """
import sys, time
from qa import engine
from qa.cli import serve
from qa.api import server
from qa.settings import Settings
from tests.fake import FakeEncoder

server.SHUTDOWN_SECONDS = float(sys.argv[4])
engine.load_encoder = lambda *_, **__: FakeEncoder()
ask = engine.Engine.ask

def slowly(self, question):
    time.sleep(float(sys.argv[2]))
    return ask(self, question)

engine.Engine.ask = slowly
serve.serve(
    Settings(index=sys.argv[1], port=0, drain_seconds=int(sys.argv[3]), keys_file="none.json"),
    announce=lambda engine, address: print(address, flush=True),
)
"""


@contextmanager
def serving(
    index: Path, seconds: float, drain: int, deadline: float = 10
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the service, each answer of which takes so many ``seconds``; give it and its address."""
    command = [sys.executable, "-c", PROGRAM, str(index), str(seconds), str(drain), str(deadline)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip().removeprefix("http://")
            assert address, process.communicate()
            yield process, address
        finally:
            process.kill()


def get(address: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_what_is_under_way_completes_and_readiness_goes_first(index: Path) -> None:
    answers: list[int] = []

    def ask() -> None:
        answers.append(get(address, "/v1/ask?question=owls")[0])

    with serving(index, 0.5, 1) as (process, address):
        assert get(address, "/readyz")[0] == 200
        askers = [threading.Thread(target=ask) for _ in range(8)]  # more than run at once
        for asker in askers:
            asker.start()
        process.send_signal(signal.SIGTERM)
        status, body = get(address, "/readyz")
        while status == 200:  # the signal is on its way
            status, body = get(address, "/readyz")
        assert status == 503
        assert json.loads(body) == {
            "ready": False,
            "index": None,
            "fault": "the service is stopping",
        }
        assert get(address, "/v1/ask?question=bees")[0] == 200  # whoever was sent here meanwhile
        for asker in askers:
            asker.join()
        out, err = process.communicate(timeout=30)
    assert answers == [200] * 8
    assert (process.returncode, out, err) == (0, "", "")


def test_a_second_signal_does_not_wait(index: Path) -> None:
    with serving(index, 0, 600) as (process, address):
        assert get(address, "/readyz")[0] == 200
        process.send_signal(signal.SIGTERM)
        while get(address, "/readyz")[0] == 200:
            pass
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_an_answer_that_never_comes_does_not_hold_the_process(index: Path) -> None:
    with serving(index, 3600, 0, 0.5) as (process, address):
        client = http.client.HTTPConnection(address, timeout=60)
        client.request("GET", "/v1/ask?question=owls")
        assert get(address, "/healthz")[0] == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        client.close()
    assert process.returncode == 70
