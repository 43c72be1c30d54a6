"""What one caller, and all together, may take: requests, questions, bytes and time."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api import create_app, protocol, server
from qa.api.guards import guard
from qa.api.guards.limits import Rate
from qa.api.questions import Questions
from qa.engine import Engine
from qa.errors import BusyError, ClientGoneError, TooManyError
from qa.records import Answer, Question
from qa.settings import Settings
from tests.api.checks import error_of
from tests.api.keyed import Keyed
from tests.api.servers import PATIENCE, connect, post, read_all, running

# --- the rate -----------------------------------------------------------------------------------


def taken(rate: Rate, caller: str, times: int) -> int:
    """Return how many of so many requests are let through."""
    passed = 0
    for _ in range(times):
        try:
            rate.take(caller)
            passed += 1
        except TooManyError:
            pass
    return passed


def test_a_minute_has_so_many_requests_and_fills_evenly() -> None:
    now = 0.0
    rate = Rate(60, clock=lambda: now)
    assert taken(rate, "a", 100) == 60
    assert taken(rate, "b", 100) == 60  # another's share is another's
    now = 10.5
    assert taken(rate, "a", 100) == 10
    with pytest.raises(TooManyError) as refusal:
        rate.take("a")
    assert refusal.value.retry_after == 1  # half a token is there
    now = 1000.0
    assert taken(rate, "a", 100) == 60  # never more than a minute's


def test_a_slow_rate_says_how_long_to_wait() -> None:
    rate = Rate(2, clock=lambda: 0.0)
    assert taken(rate, "a", 5) == 2
    with pytest.raises(TooManyError) as refusal:
        rate.take("a")
    assert refusal.value.retry_after == 30


def test_callers_without_a_limit_and_a_rate_of_none() -> None:
    rate, none = Rate(1), Rate(0)
    for _ in range(10):
        rate.take(None)
        none.take("a")
    assert len(rate) == len(none) == 0


def test_the_table_of_callers_is_bounded() -> None:
    rate = Rate(1, callers=100, clock=lambda: 0.0)
    for n in range(1000):
        rate.take(f"address {n}")
        taken(rate, "busy", 1)  # heard of all the time, so never forgotten
    assert len(rate) == 100
    assert taken(rate, "busy", 5) == 0
    assert taken(rate, "address 0", 5) == 1


def test_each_key_and_each_address_has_a_share(index: Path, engine: Engine, tmp_path: Path) -> None:
    keyed = Keyed(tmp_path, index, engine, requests_per_minute=3)
    ask, admin = keyed.client("ask"), keyed.client("admin")
    statuses = [ask.get("/v1/documents").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    response = ask.get("/v1/documents")
    assert error_of(response, 429)["code"] == "too_many_requests"
    assert 1 <= int(response.headers["retry-after"]) <= 20
    assert [admin.get("/v1/documents").status_code for _ in range(2)] == [200, 200]
    # Without a key the address counts, whether it is let in or not: guessing is slow.
    strangers = [keyed.client("revoked").get(p).status_code for p in ("/", "/v1/ask", "/v1/x", "/")]
    assert strangers == [200, 401, 401, 429]
    elsewhere = TestClient(keyed.app, client=("198.51.100.7", 1))
    assert elsewhere.get("/").status_code == 200
    for client in (ask, keyed.client(), elsewhere):
        assert [client.get("/healthz").status_code for _ in range(5)] == [200] * 5
    text = keyed.app.state.service.metrics.text(None)
    assert 'qa_refusals_total{reason="key_revoked"} 2.0\n' in text
    assert 'qa_refusals_total{reason="too_many_requests"} 4.0\n' in text


def test_a_network_is_one_address(index: Path, engine: Engine, tmp_path: Path) -> None:
    keyed = Keyed(tmp_path, index, engine, requests_per_minute=2)
    for addresses in (
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:3::9"),
        ("198.51.100.9", "::ffff:198.51.100.9", "198.51.100.9"),
    ):
        clients = [TestClient(keyed.app, client=(address, 1)) for address in addresses]
        assert [client.get("/").status_code for client in clients] == [200, 200, 429]
    assert TestClient(keyed.app, client=("2001:db8:1:3::1", 1)).get("/").status_code == 200


def test_this_machines_own_users_have_the_services_limits_alone(
    index: Path, engine: Engine
) -> None:
    settings = Settings(requests_per_minute=1)
    app = create_app(index=index, settings=settings, engine=engine)
    client = TestClient(app)
    assert [client.get("/v1/documents").status_code for _ in range(5)] == [200] * 5
    # Whom a proxy of this machine names is somebody else.
    other = TestClient(app, client=("198.51.100.7", 1))
    assert [other.get("/v1/documents").status_code for _ in range(2)] == [200, 429]


# --- questions at once --------------------------------------------------------------------------


class Engines:
    """Work that waits until it is told to go on, and counts how often it began."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = threading.Event()

    def __call__(self) -> str:
        self.begun += 1
        assert self.go.wait(PATIENCE)
        return "answer"


async def stays() -> Any:
    await asyncio.Event().wait()


class Leaver:
    """A client that leaves when it is told to."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.001)


def in_a_loop(test: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await test()

    asyncio.run(run())


def questions(**limits: Any) -> Questions:
    return Questions(**({"running": 2, "waiting": 3, "each": 0, "seconds": PATIENCE} | limits))


def test_some_run_some_wait_and_the_rest_is_told_to_come_back() -> None:
    async def test() -> None:
        places, work = questions(), Engines()
        tasks = [
            asyncio.create_task(places.run(work, caller=None, receive=stays)) for _ in range(5)
        ]
        await until(lambda: work.begun == 2)
        for _ in range(3):
            with pytest.raises(BusyError) as refusal:
                await places.run(work, caller=None, receive=stays)
            assert refusal.value.retry_after == 1
        assert work.begun == 2
        work.go.set()
        assert await asyncio.gather(*tasks) == ["answer"] * 5
        assert work.begun == 5
        assert await places.run(work, caller=None, receive=stays) == "answer"

    in_a_loop(test)


@pytest.mark.parametrize(("takes", "room"), [(0.05, 15), (0.01, 50), (1.0, 4), (0.0, 50)])
def test_the_longer_a_question_takes_the_fewer_wait(takes: float, room: int) -> None:
    """In .75 s begin 15 questions of .05 s; but 4 may always wait for a place, and never more than 50."""

    async def test() -> None:
        places, work = questions(running=1, waiting=50), Engines()
        places._takes = takes
        tasks = [
            asyncio.create_task(places.run(work, caller=None, receive=stays)) for _ in range(60)
        ]
        await until(lambda: work.begun == 1)
        assert len(places._waiting) == room
        work.go.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(one, BusyError) for one in ended) == 59 - room
        assert ended.count("answer") == 1 + room

    in_a_loop(test)


def test_how_long_questions_take_is_learned() -> None:
    async def test() -> None:
        places = questions(running=1)
        for _ in range(3):
            await places.run(lambda: time.sleep(0.05), caller=None, receive=stays)
        slow = places._takes
        assert slow >= 0.05
        for _ in range(50):
            await places.run(lambda: None, caller=None, receive=stays)
        assert places._takes < slow

    in_a_loop(test)


def test_they_run_in_the_order_of_asking() -> None:
    async def test() -> None:
        places, first, order = questions(running=1), Engines(), list[int]()
        tasks = [asyncio.create_task(places.run(first, caller=None, receive=stays))]
        await until(lambda: first.begun == 1)
        for number in range(3):
            run = places.run(lambda n=number: order.append(n), caller=None, receive=stays)
            tasks.append(asyncio.create_task(run))  # type: ignore[arg-type]  # what is awaited is a coroutine
            await asyncio.sleep(0)
        first.go.set()
        await asyncio.gather(*tasks)
        assert order == [0, 1, 2]

    in_a_loop(test)


def test_each_caller_has_a_share_of_the_places() -> None:
    async def test() -> None:
        places, work = questions(each=2), Engines()
        mine = [asyncio.create_task(places.run(work, caller="a", receive=stays)) for _ in range(2)]
        await until(lambda: work.begun == 2)
        with pytest.raises(TooManyError) as refusal:
            await places.run(work, caller="a", receive=stays)
        assert refusal.value.name == "too_many_questions"
        other = asyncio.create_task(places.run(work, caller="b", receive=stays))
        await asyncio.sleep(0.01)
        work.go.set()
        assert await asyncio.gather(*mine, other) == ["answer"] * 3
        assert await places.run(work, caller="a", receive=stays) == "answer"
        assert not places._callers  # nobody is remembered for ever

    in_a_loop(test)


def test_whoever_leaves_while_waiting_is_not_computed() -> None:
    async def test() -> None:
        places, work, leaver = questions(each=1), Engines(), Leaver()
        running = [asyncio.create_task(places.run(work, caller=n, receive=stays)) for n in "ab"]
        await until(lambda: work.begun == 2)
        gone = asyncio.create_task(places.run(work, caller="c", receive=leaver.receive))
        waits = asyncio.create_task(places.run(work, caller="d", receive=stays))
        await asyncio.sleep(0.01)
        leaver.left.set()
        with pytest.raises(ClientGoneError):
            await gone
        work.go.set()
        assert await asyncio.gather(*running, waits) == ["answer"] * 3
        assert work.begun == 3
        assert await places.run(work, caller="c", receive=stays) == "answer"

    in_a_loop(test)


def test_whoever_leaves_while_being_answered_keeps_the_place_until_then() -> None:
    async def test() -> None:
        places, work, leaver = questions(running=1, waiting=0, each=1), Engines(), Leaver()
        task = asyncio.create_task(places.run(work, caller="a", receive=leaver.receive))
        await until(lambda: work.begun == 1)
        leaver.left.set()
        with pytest.raises(ClientGoneError):
            await task
        with pytest.raises(TooManyError):
            await places.run(work, caller="a", receive=stays)
        with pytest.raises(BusyError):
            await places.run(work, caller="b", receive=stays)
        work.go.set()
        await until(lambda: not places._callers)
        assert await places.run(work, caller="a", receive=stays) == "answer"

    in_a_loop(test)


def test_a_question_has_its_time_waiting_included() -> None:
    async def test() -> None:
        places, work = questions(running=1, seconds=0.05), Engines()
        tasks = [
            asyncio.create_task(places.run(work, caller=None, receive=stays)) for _ in range(2)
        ]
        for task in tasks:
            with pytest.raises(BusyError) as refusal:
                await task
            assert refusal.value.name == "question_timeout"
        assert work.begun == 1
        work.go.set()
        await until(lambda: places._free == 1)

    in_a_loop(test)


def test_a_failure_is_told_and_frees_the_place() -> None:
    async def test() -> None:
        places = questions(running=1, waiting=0, each=1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await places.run(lambda: 1 // 0, caller="a", receive=stays)
        assert await places.run(lambda: 1, caller="a", receive=stays) == 1

    in_a_loop(test)


def test_a_request_that_is_cancelled_gives_its_place_up() -> None:
    async def test() -> None:
        places, work = questions(running=1, each=1), Engines()
        first = asyncio.create_task(places.run(work, caller="a", receive=stays))
        await until(lambda: work.begun == 1)
        second = asyncio.create_task(places.run(work, caller="b", receive=stays))
        await asyncio.sleep(0.01)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        work.go.set()
        assert await first == "answer"
        assert (work.begun, places._free, len(places._callers)) == (1, 1, 0)

    in_a_loop(test)


# --- over a real connection ---------------------------------------------------------------------


class SlowEngine:
    """An engine that answers when it is told to."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.work = Engines()
        self.fault = None
        self.info = engine.info

    def ask(self, question: Question) -> Answer:
        self.work()
        return self.engine.ask(question)


def wait(holds: Callable[[], bool]) -> None:
    """Wait until something holds, and fail if it never does."""
    pause = threading.Event()
    for _ in range(PATIENCE * 200):
        if holds():
            return
        pause.wait(0.005)
    raise AssertionError("it never held")


@pytest.fixture
def slow(engine: Engine) -> Iterator[SlowEngine]:
    slow = SlowEngine(engine)
    yield slow
    slow.work.go.set()


QUESTION = b'{"question": "owls"}'


NEXT = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "behind",
    [b"", NEXT, NEXT[:-9], post(QUESTION), NEXT * 2000, post(QUESTION + b" " * 90_000)],
    ids=["nothing", "a request", "half a request", "a question", "many requests", "a long body"],
)
def test_clients_that_leave_are_not_computed(index: Path, slow: SlowEngine, behind: bytes) -> None:
    """Whatever they sent behind the question: of much, not all is read, but the system has it."""
    app = create_app(index=index, settings=Settings(), engine=slow)  # type: ignore[arg-type]  # it has what a question asks for
    places: Questions = app.state.service.questions
    at_once = places._free
    with running(app) as (_, address):
        answered = [connect(address, post(QUESTION, "connection: close")) for _ in range(at_once)]
        wait(lambda: slow.work.begun == at_once)
        leavers = [connect(address, post(QUESTION)) for _ in range(20)]
        stayer = connect(address, post(QUESTION, "connection: close"))
        wait(lambda: len(places._waiting) == 21)
        for leaver in leavers:
            leaver.sendall(behind)
            leaver.close()
        wait(lambda: len(places._waiting) == 1)
        slow.work.go.set()
        for connection in (*answered, stayer):
            assert b" 200 OK" in read_all(connection)[:20]
            connection.close()
    assert slow.work.begun == at_once + 1
    refused = app.state.service.metrics.text(None)
    assert 'qa_refusals_total{reason="client_gone"} 20' in refused


@contextmanager
def full_service(
    index: Path, slow: SlowEngine
) -> Iterator[tuple[FastAPI, server.Server, tuple[str, int]]]:
    """Run a service all of whose places are taken; afterwards it must answer the questions that took them."""
    settings = Settings(queued_questions=0)
    app = create_app(index=index, settings=settings, engine=slow)  # type: ignore[arg-type]  # as above
    at_once = app.state.service.questions._free
    with running(app) as (server, address):
        busy = [connect(address, post(QUESTION, "connection: close")) for _ in range(at_once)]
        wait(lambda: slow.work.begun == at_once)
        yield app, server, address
        slow.work.go.set()
        for connection in busy:
            assert b" 200 OK" in read_all(connection)[:20]
            connection.close()


def test_a_full_service_says_so_and_recovers(index: Path, slow: SlowEngine) -> None:
    with full_service(index, slow) as (_, _, address):
        with connect(address, post(QUESTION, "connection: close")) as connection:
            head, _, body = read_all(connection).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 1\r\n" in head
        assert json.loads(body)["error"]["code"] == "busy"


def test_a_full_service_refuses_before_it_reads_a_question(index: Path, slow: SlowEngine) -> None:
    with full_service(index, slow) as (app, _, address):
        for path in ("/v1/ask", "/v1/chat/completions", "/v1/responses"):
            head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 100\r\n\r\n"
            with connect(address, head.encode()) as connection:
                assert read_all(connection).startswith(b"HTTP/1.1 503 ")
        assert TestClient(app).get("/v1/models").status_code == 200
    told = app.state.service.metrics.text(None)
    assert 'qa_refusals_total{reason="busy"} 3.0\n' in told
    assert 'qa_requests_total{route="/v1/ask",status="503"} 1.0\n' in told


@pytest.mark.slow
def test_a_connection_whose_body_came_after_its_answer_is_not_kept_for_ever(
    index: Path, slow: SlowEngine
) -> None:
    with full_service(index, slow) as (_, server, address):
        server.config.timeout_keep_alive = 1
        head, end, body = post(QUESTION).partition(b"\r\n\r\n")

        def refused() -> socket.socket:
            """Return a connection whose question is refused before its body is sent."""
            connection = connect(address, head + end)
            answer = b""
            while not answer.endswith(b"}}"):
                answer += connection.recv(1 << 16)
            assert answer.startswith(b"HTTP/1.1 503 ") and b"connection: close" not in answer
            return connection

        with refused() as connection:
            connection.sendall(body)
            assert read_all(connection) == b""  # until the service closes it
        with refused() as connection:
            connection.sendall(body + b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def test_requests_under_way_are_bounded(index: Path, engine: Engine) -> None:
    """Each may hold a body, so that there must not be any number of them."""
    app = create_app(index=index, settings=Settings(), engine=engine)
    entry: Any = next(m for m in app.user_middleware if m.cls is guard.Guard)
    entry.kwargs["at_once"] = 2
    with running(app) as (_, address):
        client = TestClient(app)
        assert client.get("/v1/documents").status_code == 200
        door: Any = app.middleware_stack
        while not isinstance(door, guard.Guard):
            door = door.app
        halves = [connect(address, post(b"{", length=20)) for _ in range(2)]
        wait(lambda: door._free == 0)
        response = client.get("/v1/documents")
        assert error_of(response, 503)["code"] == "busy"
        assert client.get("/healthz").status_code == 200
        for half in halves:
            half.close()
        wait(lambda: client.get("/v1/documents").status_code == 200)


def test_no_answer_waits_for_an_acknowledgement(index: Path, engine: Engine) -> None:
    """Head and body of an answer are sent apart; the body must not wait for news of the head."""
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (server, address), connect(address, post(QUESTION)) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
        [served] = server.server_state.connections
        ours = served.transport.get_extra_info("socket")  # type: ignore[union-attr]  # it is connected
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# --- a client that dawdles ----------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "GRACE_SECONDS", 0.2)


def drip(connection: Any, pieces: Iterator[bytes]) -> bytes:
    """Send a piece every now and then until the other side closes; return what it said."""
    pause = threading.Event()
    try:
        for piece in pieces:
            connection.sendall(piece)
            pause.wait(0.02)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return read_all(connection)


def endless(piece: bytes) -> Iterator[bytes]:
    for _ in range(PATIENCE * 50):
        yield piece
    raise AssertionError("the connection stayed open")


CHUNKED = b"\r\n".join(
    [
        b"POST /v1/ask HTTP/1.1",
        b"host: localhost",
        b"content-type: application/json",
        b"transfer-encoding: chunked",
        b"",
        b"1\r\n{\r\n",
    ]
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("begun", "piece"),
    [(post(b"{", length=1000), b" "), (CHUNKED, b"1\r\n \r\n")],
    ids=["announced", "chunked"],
)
def test_a_body_that_drips_is_refused_and_hung_up_on(
    index: Path, engine: Engine, begun: bytes, piece: bytes
) -> None:
    app = create_app(index=index, settings=Settings(body_seconds=1), engine=engine)
    with running(app) as (_, address), connect(address, begun) as connection:
        said = drip(connection, endless(piece))
    assert said == b"" or said.startswith(b"HTTP/1.1 408 ")  # a reset may overtake it
    assert 'qa_refusals_total{reason="body_too_slow"} 1' in app.state.service.metrics.text(None)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"", b"\r\n"),
        (b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\n", b"x: y\r\n"),
        (b"GET /", b"a"),
    ],
)
def test_a_head_that_drips_is_hung_up_on(
    index: Path, engine: Engine, begin: bytes, piece: bytes
) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, address), connect(address, begin) as connection:
        assert drip(connection, endless(piece)) == b""


@pytest.mark.usefixtures("impatient")
def test_a_connection_that_says_nothing_is_hung_up_on(index: Path, engine: Engine) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, address), connect(address) as connection:
        assert read_all(connection) == b""


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_body_that_nobody_waits_for_is_hung_up_on(
    index: Path, engine: Engine, tmp_path: Path
) -> None:
    """Refused at once; the rest of the body would keep the connection for ever."""
    keyed = Keyed(tmp_path, index, engine, body_seconds=1)
    with (
        running(keyed.app) as (_, address),
        connect(address, post(b"{", length=900_000)) as connection,
    ):
        assert connection.recv(12) == b"HTTP/1.1 401"
        drip(connection, endless(b" "))


def test_a_head_without_end_is_hung_up_on(index: Path, engine: Engine) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, address), connect(address, b"GET / HTTP/1.1\r\n") as connection:
        assert drip(connection, endless(b"x: " + b"y" * 50_000 + b"\r\n")) == b""


@pytest.mark.usefixtures("impatient")
def test_a_connection_serves_one_request_after_another(index: Path, engine: Engine) -> None:
    """The limits begin anew with each."""
    app = create_app(index=index, settings=Settings(), engine=engine)
    pause = threading.Event()
    with running(app) as (_, address), connect(address) as connection:
        for _ in range(4):
            connection.sendall(post(QUESTION, "x: " + "y" * 30_000))
            assert connection.recv(12) == b"HTTP/1.1 200"
            connection.settimeout(0.1)
            while True:
                try:
                    connection.recv(65536)
                except TimeoutError:
                    break
            connection.settimeout(PATIENCE)
            pause.wait(0.1)


def test_a_long_body_may_come_in_one_piece_with_its_head(index: Path, engine: Engine) -> None:
    """As it does on a connection whose window has grown: what is read at once is no head."""
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, address), connect(address) as connection:
        for _ in range(8):
            connection.sendall(post(QUESTION + b" " * 900_000))
            with HTTPResponse(connection) as response:
                response.begin()
                assert response.status == 200
                assert json.loads(response.read())["results"]


@pytest.mark.parametrize("begun", [b"", b"GET / HTT", post(b"{", length=20)])
def test_who_is_waited_for_gives_way_to_others(
    index: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, address):
        silent = [connect(address, begun) for _ in range(2)]
        for _ in range(2):
            with connect(address, post(QUESTION, "connection: close")) as connection:
                assert b" 200 OK" in read_all(connection)[:20]
        assert read_all(silent[0]) == b""
        for connection in silent:
            connection.close()


def test_who_waits_for_an_answer_keeps_the_connection(
    index: Path, slow: SlowEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    app = create_app(index=index, settings=Settings(), engine=slow)  # type: ignore[arg-type]  # it has what a question asks for
    with running(app) as (_, address):
        asking = [connect(address, post(QUESTION, "connection: close")) for _ in range(2)]
        wait(lambda: slow.work.begun == 2 or len(app.state.service.questions._waiting) == 1)
        with connect(address, post(QUESTION)) as connection:
            assert read_all(connection) == b""
        slow.work.go.set()
        for connection in asking:
            assert b" 200 OK" in read_all(connection)[:20]
            connection.close()


def test_an_address_has_so_many_connections(index: Path, engine: Engine) -> None:
    settings = Settings(connections_per_address=3, proxies="")
    app = create_app(index=index, settings=settings, engine=engine)
    health = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    with running(app) as (_, address):
        kept = [connect(address) for _ in range(3)]
        for connection in kept:  # they are taken in this order
            connection.sendall(b"GET ")
        with connect(address, health) as excess:
            assert read_all(excess) == b""
        other = socket.create_connection(address, PATIENCE, source_address=("127.0.0.2", 0))
        with other:
            other.sendall(health)
            assert b" 200 OK" in read_all(other)[:20]
        kept.pop().close()
        wait(lambda: b" 200 OK" in asked(address, health)[:20])
        for connection in kept:
            connection.close()


def asked(address: tuple[str, int], data: bytes) -> bytes:
    with connect(address) as connection:
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return b""
        return read_all(connection)


def test_who_comes_by_a_proxy_is_counted_by_the_address_that_it_names(
    index: Path, slow: SlowEngine
) -> None:
    settings = Settings(connections_per_address=2, concurrent_questions=0)
    app = create_app(index=index, settings=settings, engine=slow)  # type: ignore[arg-type]  # as above
    many, other = "x-forwarded-for: 198.51.100.7", "x-forwarded-for: 198.51.100.8"
    close = "connection: close"
    with running(app) as (_, address):
        asking = [connect(address, post(QUESTION, many, close)) for _ in range(2)]
        wait(lambda: slow.work.begun + len(app.state.service.questions._waiting) == 2)
        head, _, body = asked(address, post(QUESTION, many, close)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 ") and b"\r\nretry-after: 1\r\n" in head
        assert json.loads(body)["error"]["code"] == "too_many_connections"
        probe = f"GET /healthz HTTP/1.1\r\nhost: localhost\r\n{many}\r\n{close}\r\n\r\n"
        assert b" 200 OK" in asked(address, probe.encode())[:20]
        asking += [connect(address, post(QUESTION, named, close)) for named in (other, "x: y")]
        wait(lambda: slow.work.begun + len(app.state.service.questions._waiting) == 4)
        slow.work.go.set()
        for connection in asking:
            assert b" 200 OK" in read_all(connection)[:20]
            connection.close()
        assert b" 200 OK" in asked(address, post(QUESTION, many, close))[:20]


# --- the size of a head -------------------------------------------------------------------------


def test_a_long_address_and_long_headers_are_refused(keyed: Keyed) -> None:
    client = keyed.client("ask")
    question = "%F0%9F%A6%89" * 2000  # owls: as long a question as there may be
    assert client.get(f"/v1/ask?question={question}").status_code == 200
    response = client.get(f"/v1/ask?question=owls&source={'x' * 40_000}")
    assert error_of(response, 414)["code"] == "address_too_long"
    response = client.get("/v1/documents", headers={"x": "y" * 40_000})
    assert error_of(response, 431)["code"] == "headers_too_long"
    refused = keyed.metrics()
    assert (refused["address_too_long"], refused["headers_too_long"]) == (1, 1)
