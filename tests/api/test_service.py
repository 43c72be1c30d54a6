"""What holds for every route: headers, limits, readiness, metrics, faults."""

from __future__ import annotations

import hashlib
import http.client
import json
import logging
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.api.guards.sizes import BodyLimit
from qa.engine import Engine
from qa.service import slot
from qa.settings import Settings
from tests.api.checks import error_of
from tests.conftest import Build
from tests.fake import FakeEncoder

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
JSON = {"content-type": "application/json"}


# --- headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/static/style.css"),
        ("GET", "/static/none.css"),
        ("GET", "/openapi.json"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/v1/documents"),
        ("GET", "/v1/ask?question=owls"),
        ("GET", "/v1/ask"),
        ("POST", "/v1/ask"),
        ("DELETE", "/v1/ask"),
        ("GET", "/nope"),
    ],
)
def test_every_answer_has_the_security_headers(client: TestClient, method: str, path: str) -> None:
    headers = client.request(method, path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert re.fullmatch("[0-9a-f]{16}", headers["x-request-id"])


def test_request_ids_differ(client: TestClient) -> None:
    ids = {client.get("/healthz").headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20


def test_the_page_and_its_files_are_served(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    local = re.findall(r'(?:src|href)="\./(static/[^"]+)"', page.text)
    assert local
    for name in local:
        kind = client.get(f"/{name}").headers["content-type"]
        assert ("css" if name.endswith(".css") else "javascript") in kind


# --- the size of a body -------------------------------------------------------------------------

TEN_MB = b'{"question":"' + b"x" * 10_000_000 + b'"}'


def test_a_large_body_is_413_by_its_announced_length(client: TestClient) -> None:
    for path in ("/v1/ask", "/v1/verify", "/nope", "/healthz"):
        error = error_of(client.post(path, content=TEN_MB, headers=JSON), 413)
        assert error["code"] == "body_too_large"
        assert "1,000,000" in error["message"]


def test_a_large_body_without_a_length_is_413(address: str) -> None:
    chunks = (TEN_MB[at : at + 65536] for at in range(0, len(TEN_MB), 65536))
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {**JSON, "transfer-encoding": "chunked"}
    connection.request("POST", "/v1/ask", body=chunks, headers=headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 413
    assert json.load(response)["error"]["code"] == "body_too_large"
    connection.close()


def test_a_small_body_without_a_length_is_read(address: str) -> None:
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {**JSON, "transfer-encoding": "chunked"}
    body = iter([b'{"question"', b":", b'"owls"}'])
    connection.request("POST", "/v1/ask", body=body, headers=headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 200
    assert json.load(response)["question"] == "owls"
    connection.close()


def test_a_body_is_refused_before_it_is_buffered(app: FastAPI) -> None:
    """An endless body: no more of it is taken than the limit and one piece."""
    taken, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 65536
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/v1/ask", "raw_path": b"/v1/ask", "query_string": b"",
        "root_path": "", "headers": [(b"content-type", b"application/json"), (b"host", b"127.0.0.1")],
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "state": {},
    }  # fmt: skip
    anyio.run(app, scope, receive, send)
    assert sent[0]["status"] == 413
    assert taken <= Settings().max_body_bytes + 65536


def test_the_limit_is_the_setting(index: Path, engine: Engine) -> None:
    app = create_app(index=index, settings=Settings(max_body_bytes=1000), engine=engine)
    with TestClient(app) as client:
        body = b'{"question": "owls"}'
        fits, over = body.ljust(1000), body.ljust(1001)
        assert client.post("/v1/ask", content=fits, headers=JSON).status_code == 200
        error_of(client.post("/v1/ask", content=over, headers=JSON), 413)


def test_a_connection_that_is_no_request_passes() -> None:
    passed = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    anyio.run(BodyLimit(inner, settings=Settings()), {"type": "lifespan"}, nothing, nothing)
    assert passed == ["lifespan"]


# --- readiness ----------------------------------------------------------------------------------


def test_a_service_that_can_answer_is_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    body = client.get("/readyz").json()
    assert (body["ready"], body["fault"]) == (True, None)
    assert (body["index"]["name"], body["index"]["documents"]) == ("small", 8)


def test_an_older_generation_that_is_served_is_reported(
    index: Path, engine: Engine, encoder: FakeEncoder
) -> None:
    older = Engine(store=engine.store, encoder=encoder, fault="vectors.faiss is damaged")
    with TestClient(create_app(index=index, settings=Settings(), engine=older)) as client:
        response = client.get("/readyz")
        assert response.status_code == 200
        assert response.json()["fault"] == "vectors.faiss is damaged"
        assert "qa_index_fault 1" in client.get("/metrics").text


@pytest.fixture
def broken(index: Path, tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Folders of indexes that cannot be served, by the code of their error."""
    missing, damaged, foreign = (tmp_path / name for name in ("none", "damaged", "newer"))
    for copy in (damaged, foreign):
        shutil.copytree(index, copy)
    vectors = next(damaged.glob("generations/*/vectors.faiss"))
    data = bytearray(vectors.read_bytes())
    data[len(data) // 2] ^= 1
    vectors.write_bytes(data)
    make_newer(foreign)
    yield {"index_missing": missing, "index_damaged": damaged, "index_foreign": foreign}


def make_newer(index: Path) -> None:
    """Make an index one of a later format version, its checksums in order."""
    manifest = next(index.glob("generations/*/manifest.json"))
    live = index / "LIVE"
    before = hashlib.sha256(manifest.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))
    after = hashlib.sha256(manifest.read_bytes()).hexdigest()
    live.write_text(live.read_text().replace(before, after))


@pytest.mark.parametrize("code", ["index_missing", "index_damaged", "index_foreign"])
def test_an_index_that_cannot_be_served_is_said_and_never_empty(
    broken: dict[str, Path], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(index=broken[code], settings=Settings())
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert int(ready.headers["retry-after"]) > 0
        assert ready.json()["ready"] is False
        assert broken[code].name in ready.json()["fault"]
        assert str(broken[code].parent) not in ready.text  # which is in the log
        assert str(broken[code]) in caplog.text
        for method, path, body in (
            ("POST", "/v1/ask", {"question": "owls"}),
            ("GET", "/v1/ask?question=owls", None),
            ("GET", "/v1/documents", None),
            ("GET", "/v1/documents/d", None),
            ("GET", "/v1/documents/d/view", None),
        ):
            response = client.request(method, path, json=body)
            error = error_of(response, 503)
            assert error["code"] == code
            assert "qa build" in error["message"]
            assert int(response.headers["retry-after"]) > 0
        metrics = client.get("/metrics").text
        assert "qa_ready 0" in metrics
        assert "qa_index_passages" not in metrics


def test_an_index_that_appears_is_opened(
    archive: Path,
    tmp_path: Path,
    build: Build,
    encoder: FakeEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = []

    def load(folder: Path, **_: Any) -> FakeEncoder:
        opened.append(folder)
        return encoder

    monkeypatch.setattr("qa.engine.load_encoder", load)
    now = 1000.0
    monkeypatch.setattr("qa.service.slot.time", SimpleNamespace(monotonic=lambda: now))
    with TestClient(create_app(index=tmp_path / "i", settings=Settings())) as client:
        assert client.get("/readyz").status_code == 503
        build(archive, tmp_path / "i")
        now += slot.RETRY_SECONDS - 0.1
        assert client.get("/readyz").status_code == 503  # not tried again yet
        now += 0.2
        assert client.get("/readyz").status_code == 200
        assert client.get("/v1/ask?question=owls").json()["results"]
        assert len(opened) == 1


# --- metrics ------------------------------------------------------------------------------------


def test_requests_are_counted_by_route_and_status(index: Path, engine: Engine) -> None:
    with TestClient(create_app(index=index, settings=Settings(), engine=engine)) as client:
        for path in ("/healthz", "/v1/ask?question=owls", "/v1/ask?question=bees", "/v1/ask",
                     "/v1/documents/a", "/v1/documents/b", "/made/up", "/made/up/too"):  # fmt: skip
            client.get(path)
        text = client.get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    counted = {key: value for key, value in lines.items() if key.startswith("qa_requests_total")}
    assert counted == {
        'qa_requests_total{route="/healthz",status="200"}': "1.0",
        'qa_requests_total{route="/v1/ask",status="200"}': "2.0",
        'qa_requests_total{route="/v1/ask",status="422"}': "1.0",
        'qa_requests_total{route="/v1/documents/{id}",status="404"}': "2.0",
        'qa_requests_total{route="other",status="404"}': "2.0",
    }
    assert lines['qa_question_seconds_bucket{le="+Inf"}'] == "2.0"
    assert lines["qa_question_seconds_count"] == "2.0"
    assert float(lines["qa_question_seconds_sum"]) > 0
    assert lines["qa_ready"] == "1.0"
    assert lines["qa_index_documents"] == "8.0"
    assert float(lines["qa_index_passages"]) == engine.info.passages
    buckets = [float(v) for k, v in lines.items() if k.startswith("qa_question_seconds_bucket")]
    assert buckets == sorted(buckets)


def test_metrics_are_in_the_format_of_prometheus(client: TestClient) -> None:
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert response.text.endswith("\n")
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? [0-9.]+')
    for line in response.text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line


# --- a fault of ours ----------------------------------------------------------------------------


@pytest.mark.parametrize("told", ["off", "on"])
def test_an_unknown_exception_is_a_plain_500(
    told: str,
    index: Path,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a secret of the machine")

    monkeypatch.setattr(Engine, "ask", fail)
    app = create_app(index=index, settings=Settings(log_questions=told), engine=engine)
    client = TestClient(app, raise_server_exceptions=False)
    with caplog.at_level(logging.ERROR, "qa.api"):
        response = client.post("/v1/ask", json={"question": "owls"})
    error = error_of(response, 500)
    assert error["code"] == "internal_error"
    assert "secret" not in response.text
    [record] = caplog.records
    assert error["request_id"] in record.getMessage()
    assert re.search(r"test_service.py\", line \d+, in fail\n", record.getMessage())
    assert "RuntimeError" in record.getMessage()
    assert ("RuntimeError: a secret of the machine" in record.getMessage()) == (told == "on")
    assert record.exc_info is None
    assert response.headers["content-security-policy"] == POLICY


def test_applications_share_nothing(index: Path, engine: Engine) -> None:
    first = create_app(index=index, settings=Settings(), engine=engine)
    second = create_app(index=index, settings=Settings(), engine=engine)
    with TestClient(first) as one, TestClient(second) as two:
        one.get("/v1/ask?question=owls")
        assert "qa_question_seconds_count 0" in two.get("/metrics").text


# --- a real connection --------------------------------------------------------------------------


def test_a_real_server_answers(address: str) -> None:
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("POST", "/v1/ask", b'{"question": "owls"}', JSON)
    body = json.load(connection.getresponse())
    assert body["results"][0]["citation"]["source"] == "markup.txt"
    assert body["results"][0]["citation"]["url"].startswith(f"http://{address}/v1/documents/")
    connection.close()


def test_a_client_that_leaves_does_no_harm(address: str) -> None:
    host, port = address.split(":")
    begun = b"POST /v1/ask HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    for half in (begun, begun + b"content-length: 50\r\n\r\n{"):
        with socket.create_connection((host, int(port))) as leaver:
            leaver.sendall(half)
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()
