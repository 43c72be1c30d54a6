"""A page of an origin that is not listed: the log says which one, and what would let it in."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from qa.api import create_app
from qa.api.guards.origins import TOLD_EACH_HOUR, RefusedOrigins
from qa.engine import Engine
from qa.settings import Settings
from tests.api.keyed import Keyed

PAGE = "https://www.example.org"
PREFLIGHT = {
    "origin": PAGE,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
}


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    caplog.set_level(logging.WARNING, "qa.api")
    return caplog.messages


def client_of(index: Path, engine: Engine, **settings: str) -> TestClient:
    return TestClient(create_app(index=index, settings=Settings(**settings), engine=engine))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("listed", ["", "https://intranet.example.org"])
def test_a_preflight_from_an_unlisted_origin_is_told_with_the_setting(
    index: Path, engine: Engine, told: list[str], caplog: pytest.LogCaptureFixture, listed: str
) -> None:
    client = client_of(index, engine, cors_origins=listed)
    for _ in range(3):
        response = client.options("/v1/ask", headers=PREFLIGHT)
        assert "access-control-allow-origin" not in response.headers
    [message] = caplog.messages
    assert message == (
        f"a page of {PAGE} asked and was refused: to allow pages of this origin, add {PAGE} to the "
        "setting cors_origins"
    )


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {"sec-fetch-site": "cross-site"}),
        ("POST", {}),  # of a browser that does not tell
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}),
        ("GET", {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}),
    ],
)
def test_other_requests_of_such_a_page_are_told(
    index: Path, engine: Engine, caplog: pytest.LogCaptureFixture, told: list[str],
    method: str, headers: dict[str, str],
) -> None:  # fmt: skip
    client = client_of(index, engine)
    response = client.request(
        method,
        "/v1/ask?question=owls",
        json={"question": "owls"},
        headers={"origin": PAGE, **headers},
    )
    assert response.status_code == (403 if method == "POST" else 200)
    assert "access-control-allow-origin" not in response.headers
    [message] = caplog.messages
    assert PAGE in message and "cors_origins" in message


def test_what_is_no_refusal_is_not_told(
    tmp_path: Path, index: Path, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    open_one = client_of(index, engine, cors_origins=PAGE)
    keyed = Keyed(tmp_path, index, engine)
    own = {"origin": "http://localhost", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}
    cross = {"origin": PAGE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    assert open_one.options("/v1/ask", headers=PREFLIGHT).status_code == 200
    assert open_one.post("/v1/ask", json={"question": "owls"}, headers=cross).status_code == 200
    assert open_one.post("/v1/ask", json={"question": "owls"}, headers=own).status_code == 200
    closed = client_of(index, engine)
    assert closed.post("/v1/ask", json={"question": "owls"}, headers=own).status_code == 200
    assert closed.get("/static/chat.css", headers=cross).status_code == 200  # for every page
    assert closed.get("/readyz", headers=cross).status_code == 200
    # A program that names an origin, with a key of its own.
    sent = keyed.client("ask").post("/v1/ask", json={"question": "owls"}, headers={"origin": PAGE})
    assert sent.status_code == 200
    assert caplog.messages == []


def test_a_listed_page_that_uses_a_cookie_is_not_told_to_be_listed(
    tmp_path: Path, index: Path, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    keyed = Keyed(tmp_path, index, engine, cors_origins=PAGE)
    cross = {"origin": PAGE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    response = keyed.browser("ask").post("/v1/ask", json={"question": "owls"}, headers=cross)
    assert response.status_code == 403
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("null", "a page without an origin asked"),
        ("x\x1b[2J", "whose Origin header is 'x\\x1b[2J'"),
        ("https://a.example\tb", "whose Origin header is 'https://a.example\\tb'"),
        ("y" * 5000, "whose Origin header is '" + "y" * 100 + "'"),
    ],
)
def test_whatever_an_origin_holds_it_is_one_short_line(
    caplog: pytest.LogCaptureFixture, origin: str, words: str
) -> None:
    refused = RefusedOrigins((), "")
    refused.tell(Headers({"origin": origin}))
    [message] = caplog.messages
    assert words in message and message.isprintable() and len(message) < 300


def test_a_flood_of_origins_is_a_few_lines_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    refused = RefusedOrigins((), "", clock=lambda: now[0])

    def flood() -> int:
        caplog.clear()
        for number in range(5000):
            refused.tell(Headers({"origin": f"https://{number}.example"}))
        return len(caplog.messages)

    assert flood() == TOLD_EACH_HOUR + 1
    assert "further origins" in caplog.messages[-1]
    assert flood() == 0
    now[0] = 3600.0
    assert flood() == TOLD_EACH_HOUR + 1
    assert len(refused._told) <= TOLD_EACH_HOUR + 1
