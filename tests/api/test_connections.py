"""How many connections an address may have, and how what comes over one of them is cut."""

from __future__ import annotations

import json
import random
import socket
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from qa.api import create_app, protocol
from qa.api.guards.connections import SILENT_SECONDS, Connections
from qa.engine import Engine
from qa.settings import Settings
from tests.api.servers import PATIENCE, connect, post, read_all, running


class Clock:
    """Tells the time that it is told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class One:
    """A connection that notes whether it was closed."""

    closed = False

    def look(self, now: float) -> None:
        """Nothing to see."""

    def hang_up(self) -> None:
        self.closed = True


PROXIES = ("192.0.2.1",)


def room(clock: Clock, each: int = 3, most: int = 100) -> Connections:
    return Connections(each=each, most=most, is_proxy=PROXIES.__contains__, clock=clock)


def entered(place: Connections, peer: str, number: int = 1) -> list[One]:
    """Return those of so many new connections that are let in."""
    return [one for one in (One() for _ in range(number)) if place.enter(one, peer)]


def test_the_excess_of_an_address_is_refused() -> None:
    place = room(Clock())
    first = entered(place, "198.51.100.7", 10)
    assert len(first) == 3 and not any(one.closed for one in first)
    assert len(entered(place, "198.51.100.8", 10)) == 3
    place.leave(first[0])
    place.leave(first[0])  # as often as anybody likes
    assert len(entered(place, "198.51.100.7", 10)) == 1
    assert len(place) == 6


def test_any_number_where_none_is_set() -> None:
    assert len(entered(room(Clock(), each=0), "198.51.100.7", 50)) == 50


@pytest.mark.parametrize(
    "peers",
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:3::9", "2001:db8:1:2::1"),
        ("198.51.100.9", "::ffff:198.51.100.9", "198.51.100.9", "::ffff:c633:6409"),
    ],
)
def test_a_network_of_a_household_is_one_address(peers: tuple[str, ...]) -> None:
    place = room(Clock())
    assert [len(entered(place, peer)) for peer in peers] == [1, 1, 1, 0]
    assert len(entered(place, "2001:db8:1:3::1")) == 1


def test_the_one_silent_longest_gives_way_to_its_own_address() -> None:
    clock = Clock()
    place = room(clock)
    other = entered(place, "198.51.100.8")
    first, second, third = entered(place, "198.51.100.7", 3)
    clock.now += SILENT_SECONDS / 2
    place.asks(second)
    place.is_silent(third)  # it had an answer
    assert not entered(place, "198.51.100.7")  # nobody has been silent for long
    clock.now += SILENT_SECONDS / 2
    assert len(entered(place, "198.51.100.7")) == 1
    assert [first.closed, second.closed, third.closed, other[0].closed] == [True] + 3 * [False]
    clock.now += SILENT_SECONDS / 2
    assert len(entered(place, "198.51.100.7")) == 1
    assert (third.closed, second.closed) == (True, False)
    assert not entered(place, "198.51.100.7")


def test_of_a_proxy_only_those_that_are_silent_for_long_are_closed() -> None:
    clock = Clock()
    place = room(clock)
    [proxy] = PROXIES
    asking = entered(place, proxy, 20)
    for one in asking:
        place.asks(one)
    silent = entered(place, proxy, 20)
    assert len(silent) == 20
    clock.now += SILENT_SECONDS
    late = entered(place, proxy)
    assert len(late) == 1
    assert sum(one.closed for one in silent) == 18  # two and the new one are left
    assert [one.closed for one in silent[:18]] == [True] * 18
    assert not any(one.closed for one in asking)


def test_where_all_places_are_taken_the_silent_give_way() -> None:
    place = room(Clock(), most=4)
    asking = entered(place, "198.51.100.1", 2)
    for one in asking:
        place.asks(one)
    silent = entered(place, "198.51.100.2", 2)
    assert len(entered(place, "198.51.100.3")) == 1
    assert [one.closed for one in silent] == [True, False]
    [last] = entered(place, "198.51.100.4")
    assert silent[1].closed and len(place) == 4
    assert not any(one.closed for one in asking)
    for peer in range(5, 9):
        [last] = entered(place, f"198.51.100.{peer}")
        place.asks(last)
        if peer > 5:
            break
    assert not entered(place, "198.51.100.10")  # everybody waits for us
    place.is_silent(last)
    assert len(entered(place, "198.51.100.10")) == 1


# --- one request after another, however they are cut -----------------------------------------------

ASK = json.dumps({"question": "owls"}, indent=1).replace("\n", "\n\n").encode()
"""A body with empty lines."""
CHUNKED = (
    b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


def chunks(body: bytes, size: int, trailer: bytes = b"") -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n" + trailer + b"\r\n"


REQUESTS = [
    b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n",
    b"\r\n\r\nGET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n",
    post(ASK),
    CHUNKED + chunks(ASK, 3),
    CHUNKED + chunks(ASK, 1000, b"x: y\r\n"),
]


def answers(connection: socket.socket, number: int) -> list[Any]:
    """Return the bodies of so many answers."""
    found = []
    with connection.makefile("rb") as file:

        class Same:
            """What HTTPResponse reads from, which must not read ahead."""

            def makefile(self, mode: str) -> Any:
                return Unclosed(file)

        for _ in range(number):
            response = HTTPResponse(Same())  # type: ignore[arg-type]  # all that is asked of a socket
            response.begin()
            assert response.status == 200
            found.append(json.loads(response.read()))
    return found


class Unclosed:
    """A file that stays open."""

    def __init__(self, file: Any) -> None:
        self.read, self.readline, self.readinto = file.read, file.readline, file.readinto
        self.flush = file.flush

    def close(self) -> None:
        """Not the file."""


@pytest.mark.parametrize("seed", range(6))
def test_requests_are_answered_in_turn_however_they_are_cut(
    index: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    queued: list[int] = []
    begin = protocol.PatientProtocol.on_headers_complete

    def watched(self: protocol.PatientProtocol) -> None:
        begin(self)
        queued.append(len(self.pipeline))

    monkeypatch.setattr(protocol.PatientProtocol, "on_headers_complete", watched)
    chance = random.Random(seed)
    order = [chance.choice(REQUESTS) for _ in range(30)]
    data = b"".join(order)
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, address), connect(address) as connection:
        while data:
            size = chance.choice((1, 2, 7, 50, 5000))
            connection.sendall(data[:size])
            data = data[size:]
        found = answers(connection, len(order))
    for request, answer in zip(order, found, strict=True):
        assert ("alive" in answer) == (b"/healthz" in request)
    assert queued == [0] * len(order)  # nothing is parsed before its turn


def test_a_body_behind_a_wish_for_another_protocol_is_no_request(
    index: Path, engine: Engine
) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    asked = post(REQUESTS[0], "connection: upgrade", "upgrade: h2c")
    with running(app) as (_, address), connect(address, asked) as connection:
        assert read_all(connection).count(b"HTTP/1.1 ") == 1


@pytest.mark.slow
def test_an_answer_that_is_not_read_is_given_up(
    index: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", 0.2)
    app = create_app(index=index, settings=Settings(), engine=engine)
    page = b"GET /static/chat.css HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with running(app) as (server, address), socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect(address)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while True:  # it is read for as long as there are answers to be read
                connection.sendall(page * 100)
        assert not server.server_state.connections
