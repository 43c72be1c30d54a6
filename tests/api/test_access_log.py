"""What the access log says of a request, and what it never says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.keyed import UNKNOWN, Keyed
from tests.conftest import ROOT

WORD = "zyzzogeton"
FIELDS = ["time", "method", "route", "status", "bytes", "ms", "key", "peer", "request_id"]

Logged = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


@pytest.fixture
def logging_app(tmp_path: Path, index: Path, engine: Engine, path: Path) -> Keyed:
    return Keyed(tmp_path, index, engine, access_log=str(path))


def lines_of(keyed: Keyed, path: Path) -> list[dict[str, Any]]:
    """Return the log's lines so far."""
    keyed.app.state.service.access_log.close()
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_a_request_is_one_line_with_the_described_fields(logging_app: Keyed, path: Path) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    response = logging_app.client("ask").post("/v1/ask", json={"question": f"owls {WORD}"})
    [line] = lines_of(logging_app, path)
    assert list(line) == FIELDS
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/ask", 200)
    assert response.headers["content-encoding"] == "gzip"
    assert str(line["bytes"]) == response.headers["content-length"]  # as it was sent
    assert line["key"] == logging_app.tokens["ask"].split("_")[1]
    assert line["peer"] == "127.0.0.1"
    assert line["request_id"] == response.headers["x-request-id"]
    assert 0 < line["ms"] < 60_000
    assert before <= datetime.fromisoformat(line["time"]) <= datetime.now(UTC)
    told = path.read_text()
    assert WORD not in told and logging_app.tokens["ask"].split("_", 2)[2] not in told


def test_every_kind_of_request_has_its_line(logging_app: Keyed, path: Path) -> None:
    ask, nobody = logging_app.client("ask"), logging_app.client()
    document = ask.get("/v1/documents?limit=1").json()["documents"][0]["id"]
    ask.get(f"/v1/documents/{document}")
    ask.head(f"/v1/documents/{document}")
    ask.get(f"/v1/documents/{WORD}")
    ask.get(f"/{WORD}")
    nobody.get("/v1/documents")
    nobody.get("/v1/documents", headers={"authorization": f"Bearer {UNKNOWN}"})
    ask.get("/metrics")
    nobody.get("/static/chat.css", headers={"accept-encoding": "identity"})
    nobody.get("/healthz")
    ask.post("/v1/responses", json={"input": f"owls {WORD}", "stream": True})
    ask.post("/v1/ask", content=b"{", headers={"content-type": "application/json"})
    lines = lines_of(logging_app, path)
    assert [(one["method"], one["route"], one["status"], one["key"] is not None) for one in lines] == [
        ("GET", "/v1/documents", 200, True),
        ("GET", "/v1/documents/{id}", 200, True),
        ("HEAD", "/v1/documents/{id}", 200, True),
        ("GET", "/v1/documents/{id}", 404, True),
        ("GET", "other", 403, True),
        ("GET", "other", 401, False),
        ("GET", "other", 401, False),
        ("GET", "other", 403, True),
        ("GET", "other", 200, False),
        ("GET", "/healthz", 200, False),
        ("POST", "/v1/responses", 200, True),
        ("POST", "/v1/ask", 400, True),
    ]  # fmt: skip
    assert lines[2]["bytes"] == 0 < lines[1]["bytes"]
    assert lines[8]["bytes"] == (ROOT / "qa" / "web" / "static" / "chat.css").stat().st_size
    assert len({one["request_id"] for one in lines}) == len(lines)
    assert WORD not in path.read_text()


def test_what_a_client_sends_cannot_forge_a_line(logging_app: Keyed, path: Path) -> None:
    client = logging_app.client("ask")
    forged = '\n{"time":"2026"}\n'
    client.get("/v1/documents/%0A%7B%22time%22%3A1%7D%0A")
    client.get("/v1/documents", headers={"user-agent": "x\x1b[2J", "referer": "y"})
    client.post("/v1/ask", json={"question": forged})
    client.request("BREW", "/v1/ask")
    lines = lines_of(logging_app, path)
    assert len(lines) == 4
    assert all(list(line) == FIELDS for line in lines)


def test_questions_stand_there_only_where_the_setting_says_so(
    tmp_path: Path, index: Path, engine: Engine, path: Path
) -> None:
    keyed = Keyed(tmp_path, index, engine, access_log=str(path), log_questions="on")
    question = f"owls {WORD}\n{keyed.tokens['admin']} " + "x" * 1000
    for address, body in (
        ("/v1/ask", {"question": question}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": question}]}),
        ("/v1/responses", {"input": question}),
        ("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": question}}}),
        ("/v1/archive", None),
    ):  # fmt: skip
        headers = {"accept": "application/json, text/event-stream"}
        method = "POST" if body else "GET"
        response = keyed.client("ask").request(method, address, json=body, headers=headers)
        assert response.status_code == 200
    lines = lines_of(keyed, path)
    *asked, other = lines
    assert "question" not in other
    id = keyed.tokens["admin"].split("_")[1]
    for line in asked:
        assert line["question"].startswith(f"owls {WORD}\nqa_{id}*** xxx")
        assert len(line["question"]) == 500


def test_the_address_is_the_one_that_a_trusted_proxy_names(logging_app: Keyed, path: Path) -> None:
    for client, told in (
        (("203.0.113.7", 1), "203.0.113.7"),
        (("::ffff:203.0.113.7", 1), "203.0.113.7"),
        (("2001:db8::1", 1), "2001:db8::1"),
        (("no address\n" * 20, 1), ("no address\n" * 20)[:64]),
    ):
        TestClient(logging_app.app, client=client).get("/healthz")
        *_, line = lines_of(logging_app, path)
        assert line["peer"] == told


def test_without_the_setting_there_is_no_log(index: Path, engine: Engine) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    assert app.state.service.access_log is None


def test_an_application_that_stops_has_written_every_line(
    index: Path, engine: Engine, path: Path
) -> None:
    settings = Settings(access_log=str(path), requests_per_minute=0)
    with TestClient(create_app(index=index, settings=settings, engine=engine)) as client:
        for _ in range(50):
            client.get("/healthz")
    assert len(path.read_text().splitlines()) == 50


def test_the_documentation_names_the_fields() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    table = text.partition("| field | |\n")[2].partition("\n\n")[0]
    named = [line.split("`")[1] for line in table.splitlines()[1:]]
    assert named == [*FIELDS, "question"]
