"""Three and ten times the questions that a service can answer, for minutes: what do people still get?

Starts `qa serve` on an index, and clients in a process of their own. First two clients for each processor
ask as fast as answers come: the answers in a second are the capacity. Then questions come at random times,
at rates that do not wait for answers: seven tenths of the capacity, which the service carries, three times,
and ten times. After each, one client asks until it has had five answers in a row. The time of an answer counts
from the moment at which its question was due, so that clients which are late hide nothing.

No limit for an address is set, since these clients stand for many people; the limits of the whole service
hold. Clients and service share the machine's processors, so that the true capacity is higher.

Prints one JSON line for each rate: answers in a second, times of answers and of refusals, what was refused
and whether each refusal says when to come back, and the memory of the service.

    python eval/bench/overload.py [--index DIR] [--seconds 60] [--rates 0.7 3 10]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from statistics import quantiles
from typing import Any

from start import QUESTIONS, ask, free_port, status_of

CAPACITY_SECONDS = 20.0
MOST_CLIENTS = 1000
LATE_SECONDS = 60.0
UNLIMITED = {
    "QA_REQUESTS_PER_MINUTE": "0",
    "QA_CONCURRENT_QUESTIONS": "0",
    "QA_CONNECTIONS_PER_ADDRESS": "0",
    "QA_KEYS_FILE": "no-such-folder/keys.json",
}


@dataclass(slots=True)
class Outcomes:
    """What came back: seconds of each answer and of each refusal, and how many of which status."""

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    without_wait: int = 0
    """Refusals that do not say when to come back."""
    began: float = field(default_factory=time.perf_counter)
    last_sent: float = 0.0
    """When the last question was sent, by the machine's clock, which processes share."""

    def add(self, status: str, seconds: float, waits: bool) -> None:
        """Count one."""
        self.statuses[status] += 1
        if status == "200":
            self.answered.append(seconds)
        elif status in ("429", "503"):
            self.refused.append(seconds)
            self.without_wait += not waits

    def figures(self, ended: float) -> dict[str, Any]:
        """Return rates and times; ``ended`` is when the last answer came."""
        return {
            "sent_per_s": round(self.statuses.total() / (self.last_sent - self.began), 1),
            "answers_per_s": round(len(self.answered) / (ended - self.began), 1),
            "answered_ms": told(self.answered),
            "refused_ms": told(self.refused),
            "statuses": dict(self.statuses),
            "refused_without_retry_after": self.without_wait,
        }


class Clients:
    """Connections to the service that are kept open; a question takes a free one, or opens one."""

    def __init__(self, port: int, questions: list[str]) -> None:
        self._port = port
        self._requests = [request(question) for question in questions]
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._open = 0

    async def ask(self, outcomes: Outcomes, due: float | None = None) -> None:
        """Ask any question once, and count what comes back."""
        outcomes.last_sent = time.perf_counter()
        began = due or outcomes.last_sent
        if not self._free and self._open >= MOST_CLIENTS:
            outcomes.add("no client was free", 0.0, waits=True)
            return
        connection = None
        self._open += 1
        try:
            while self._free and connection is None:
                connection = self._free.pop()
                if connection[0].at_eof():  # the service has closed it, idle
                    connection[1].close()
                    connection = None
            if connection is None:
                connection = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = connection
            writer.write(random.choice(self._requests))
            async with asyncio.timeout(LATE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                headers = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
                await reader.readexactly(int(headers[b"content-length"]))
        except Exception as error:  # whatever it is, it is counted
            outcomes.add(type(error).__name__, time.perf_counter() - began, waits=True)
            if connection is not None:
                connection[1].close()
            return
        finally:
            self._open -= 1
        status = lines[0].split(b" ", 2)[1].decode()
        outcomes.add(status, time.perf_counter() - began, b"retry-after" in headers)
        if headers.get(b"connection") == b"close":
            writer.close()
        else:
            self._free.append(connection)

    async def closed(self, at_once: int, seconds: float) -> Outcomes:
        """Let so many clients ask, each when it has its answer."""
        outcomes = Outcomes()
        until = time.perf_counter() + seconds

        async def one() -> None:
            while time.perf_counter() < until:
                await self.ask(outcomes)

        await asyncio.gather(*(one() for _ in range(at_once)))
        return outcomes

    async def steady(self, rate: float, seconds: float) -> Outcomes:
        """Ask at random times, so many in a second in the mean, whatever comes back."""
        outcomes = Outcomes()
        running = set()
        now = time.perf_counter()
        until = now + seconds
        while now < until:
            await asyncio.sleep(max(0.0, now - time.perf_counter()))
            task = asyncio.ensure_future(self.ask(outcomes, due=now))
            running.add(task)
            task.add_done_callback(running.discard)
            now += random.expovariate(rate)
        await asyncio.gather(*running)
        return outcomes


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", default="index/default")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each rate")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.7, 3.0, 10.0])
    options = parser.parse_args()
    with QUESTIONS.open(encoding="utf-8") as lines:
        questions = [json.loads(line)["question"] for line in lines]
    port = free_port()
    command = [sys.executable, "-m", "qa", "serve", "--port", str(port), "--index", options.index]
    service = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **UNLIMITED})
    try:
        deadline = time.monotonic() + 60
        while not ask(port, questions[0]):
            if time.monotonic() > deadline or service.poll() is not None:
                raise SystemExit("qa serve does not answer")
            time.sleep(0.05)
        measure(service.pid, port, questions, options.seconds, options.rates)
    finally:
        service.terminate()
        try:
            service.wait(30)
        except subprocess.TimeoutExpired:
            service.kill()


def measure(
    service: int, port: int, questions: list[str], seconds: float, rates: list[float]
) -> None:
    """Print the figures."""
    at_once = 2 * len(os.sched_getaffinity(0))
    run(service, port, questions, "closed", at_once, CAPACITY_SECONDS / 4)  # warms up
    outcomes, ended, _ = run(service, port, questions, "closed", at_once, CAPACITY_SECONDS)
    capacity = len(outcomes.answered) / (ended - outcomes.began)
    print(json.dumps({"bench": "overload", "capacity_per_s": round(capacity, 1)}), flush=True)
    for rate in rates:
        outcomes, ended, memory = run(service, port, questions, "steady", rate * capacity, seconds)
        figures = {
            "times_capacity": rate,
            **outcomes.figures(ended),
            "rss_anon_mb": memory,
            "recovered_s": recovered(port, questions, since=outcomes.last_sent),
        }
        print(json.dumps(figures), flush=True)


def run(
    service: int, port: int, questions: list[str], kind: str, rate: float, seconds: float
) -> tuple[Outcomes, float, dict[str, float]]:
    """Let a process of clients ask; return the outcomes, when they ended, and memory before and at most."""
    ours, theirs = multiprocessing.Pipe()
    before = status_of(service)["RssAnon"]
    most = before
    client = multiprocessing.Process(
        target=clients, args=(theirs, port, questions, kind, rate, seconds)
    )
    client.start()
    try:
        while not ours.poll(0.2):
            most = max(most, status_of(service)["RssAnon"])
            if not client.is_alive() and not ours.poll():
                raise SystemExit("the clients ended without an outcome")
        outcomes, ended = ours.recv()
    finally:
        client.join(30)
    return outcomes, ended, {"before": round(before, 1), "most": round(most, 1)}


def clients(
    told_to: Connection, port: int, questions: list[str], kind: str, rate: float, seconds: float
) -> None:
    """Ask in this process, and send the outcomes."""
    limit = threading.Timer(2 * seconds + LATE_SECONDS, os._exit, (1,))
    limit.daemon = True
    limit.start()
    asking = Clients(port, questions)
    work = asking.closed(int(rate), seconds) if kind == "closed" else asking.steady(rate, seconds)
    told_to.send((asyncio.run(work), time.perf_counter()))
    told_to.close()


def recovered(port: int, questions: list[str], *, since: float) -> float | None:
    """Return the seconds since the load until one client has had five answers in a row; None after 30."""
    row = 0
    while row < 5:
        row = row + 1 if ask(port, questions[row]) else 0
        if time.perf_counter() - since > 30:
            return None
    return round(time.perf_counter() - since, 2)


def request(question: str) -> bytes:
    """Return a question as the bytes of a request."""
    body = json.dumps({"question": question}).encode()
    head = (
        "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def told(seconds: list[float]) -> dict[str, float] | None:
    """Return how many there are, and their middle, slow and slowest, in milliseconds."""
    if len(seconds) < 2:
        return None
    cuts = quantiles(seconds, n=100)
    return {
        "count": len(seconds),
        "p50": round(1000 * cuts[49], 1),
        "p99": round(1000 * cuts[98], 1),
        "most": round(1000 * max(seconds), 1),
    }


if __name__ == "__main__":
    main()
