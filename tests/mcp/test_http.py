"""``/mcp`` as part of the service: its keys and limits, its errors, and what it costs who never calls."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from mcp import Client, MCPError
from mcp.types import INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.keyed import UNKNOWN, Keyed
from tests.api.servers import connect, running
from tests.conftest import ROOT
from tests.mcp.conftest import call, over_http, talk

ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
LIST = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}


@pytest.fixture
def client(app: Any) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def keyed(tmp_path: Path, index: Path, engine: Engine) -> Keyed:
    return Keyed(tmp_path, index, engine)


def ask(question: str = "owls") -> dict[str, Any]:
    params = {"name": "ask", "arguments": {"question": question}}
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}


def error_of(response: Any, status: int) -> dict[str, Any]:
    """Return the error of an answer of ours, which is one of JSON-RPC."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert (set(body), body["jsonrpc"], body["id"]) == ({"jsonrpc", "id", "error"}, "2.0", None)
    error: dict[str, Any] = body["error"]
    assert set(error) == {"code", "message", "data"}
    assert error["data"]["request_id"] == response.headers["x-request-id"]
    return error


# --- keys ---------------------------------------------------------------------------------------


def bearer(token: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_key_opens_the_tools_and_nothing_else_does(keyed: Keyed, mode: str) -> None:
    with running(keyed.app) as (_, (host, port)):
        url = f"http://{host}:{port}/mcp"
        for kind in ("ask", "admin"):
            result = call(over_http(url, bearer(keyed.tokens[kind])), "ask", mode, question="owls")
            assert result.structured_content["results"]
        for token, words in (
            (None, "this archive asks for a key"),
            (UNKNOWN, "this key is not known"),
            (keyed.tokens["revoked"], "revoked"),
        ):
            with pytest.raises(MCPError, match=words):
                call(over_http(url, bearer(token)), "ask", mode, question="owls")


def test_a_refusal_is_an_error_of_json_rpc_with_its_status(keyed: Keyed) -> None:
    response = keyed.client().post("/mcp", json=LIST, headers=ACCEPT)
    error = error_of(response, 401)
    assert (error["code"], error["data"]["code"]) == (INVALID_REQUEST, "key_missing")
    assert response.headers["www-authenticate"].startswith("Bearer ")


def test_a_page_elsewhere_cannot_call_tools(client: TestClient) -> None:
    for headers in ({"origin": "https://evil.example"}, {"host": "evil.example"}):
        assert error_of(client.post("/mcp", json=LIST, headers=ACCEPT | headers), 403)


# --- limits -------------------------------------------------------------------------------------


def test_the_limits_of_the_service_hold(tmp_path: Path, index: Path, engine: Engine) -> None:
    keyed = Keyed(tmp_path, index, engine, requests_per_minute=2, max_body_bytes=2000)
    client = keyed.client("ask")
    assert client.post("/mcp", json=LIST, headers=ACCEPT).status_code == 200
    response = client.post("/mcp", json=ask("x" * 3000), headers=ACCEPT)
    assert error_of(response, 413)["data"]["code"] == "body_too_large"
    response = client.post("/mcp", json=LIST, headers=ACCEPT)
    assert error_of(response, 429)["data"]["code"] == "too_many_requests"
    assert int(response.headers["retry-after"]) > 0


def test_a_body_that_grows_beyond_the_limit_is_refused(client: TestClient) -> None:
    def pieces() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    response = client.post("/mcp", content=pieces(), headers=ACCEPT)
    assert error_of(response, 413)["data"]["code"] == "body_too_large"


@pytest.mark.slow
def test_a_body_that_does_not_arrive_is_given_up(index: Path, engine: Engine) -> None:
    app = create_app(index=index, settings=Settings(body_seconds=1), engine=engine)
    head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"
    with running(app) as (_, address), connect(address, head.encode()) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_questions_take_the_way_of_all_questions(
    tmp_path: Path, index: Path, engine: Engine
) -> None:
    keyed = Keyed(tmp_path, index, engine, concurrent_questions=1)
    key = f"key {keyed.keyring.find(keyed.tokens['ask']).id}"
    keyed.app.state.service.questions._begin(key)
    result = keyed.client("ask").post("/mcp", json=ask(), headers=ACCEPT).json()["result"]
    assert result["isError"] and "of your questions are running" in result["content"][0]["text"]
    assert keyed.metrics() == {"too_many_questions": 1}


def test_calls_are_counted_by_their_route(client: TestClient) -> None:
    client.post("/mcp", json=LIST, headers=ACCEPT)
    assert 'qa_requests_total{route="/mcp",status="200"}' in client.get("/metrics").text


# --- the protocol over HTTP -----------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH"])
def test_there_is_no_session_to_listen_to_or_to_end(client: TestClient, method: str) -> None:
    response = client.request(method, "/mcp", headers={"accept": "text/event-stream"})
    assert error_of(response, 405)["data"]["code"] == "method_not_allowed"
    assert response.headers["allow"] == "POST"


def test_a_call_needs_no_session_before_it(client: TestClient) -> None:
    response = client.post("/mcp", json=ask(), headers=ACCEPT)
    assert response.status_code == 200
    assert "mcp-session-id" not in response.headers
    body = response.json()
    assert (body["jsonrpc"], body["id"]) == ("2.0", 7)
    assert body["result"]["structuredContent"]["results"]


@pytest.mark.parametrize("version", [None, "2025-06-18", "2026-07-28"])
@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", PARSE_ERROR), (b"{", PARSE_ERROR), (b"\xff", PARSE_ERROR), (b"[" * 50_000, PARSE_ERROR), (b"[]", None),
     (b'{"jsonrpc": "1.0", "id": 1, "method": "x"}', None), (b'"a"', None)],
)  # fmt: skip
def test_what_is_no_message_is_an_error_of_json_rpc(
    client: TestClient, body: bytes, code: int | None, version: str | None
) -> None:
    headers = {"mcp-protocol-version": version} if version else {}
    response = client.post("/mcp", content=body, headers=ACCEPT | headers)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == code or code is None
    assert "Traceback" not in response.text


@pytest.mark.parametrize("version", [None, "2025-06-18", "2026-07-28"])
@pytest.mark.parametrize("id", ["null", "1.5", "-0.25", "true", "[]", '{"a": 1}'])
def test_an_id_that_the_protocol_does_not_allow_is_told(
    client: TestClient, id: str, version: str | None
) -> None:
    """A request's id is a text or a whole number, and not null (MCP, base protocol)."""
    headers = {"mcp-protocol-version": version} if version else {}
    body = f'{{"jsonrpc": "2.0", "id": {id}, "method": "tools/list"}}'
    response = client.post("/mcp", content=body, headers=ACCEPT | headers)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert (set(answer), answer["id"]) == ({"jsonrpc", "id", "error"}, None)
    assert answer["error"]["code"] == INVALID_REQUEST
    assert "a text or a whole number" in answer["error"]["message"]


@pytest.mark.parametrize("id", [0, -3, 2**53, "", "a", "1.5"])
def test_an_id_that_the_protocol_allows_is_repeated(client: TestClient, id: Any) -> None:
    response = client.post("/mcp", json={**LIST, "id": id}, headers=ACCEPT)
    assert response.status_code == 200 and response.json()["id"] == id


def test_a_notification_has_no_id_and_no_answer(client: TestClient) -> None:
    body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    response = client.post("/mcp", json=body, headers=ACCEPT)
    assert (response.status_code, response.content) == (202, b"")


def test_an_unknown_method_is_an_error_of_json_rpc(client: TestClient) -> None:
    body = {**LIST, "method": "resources/list"}
    error = client.post("/mcp", json=body, headers=ACCEPT).json()["error"]
    assert error["code"] == METHOD_NOT_FOUND


def test_nothing_listens_for_long(client: TestClient) -> None:
    """A subscription would hold a connection; there is nothing to subscribe to."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {
        **LIST,
        "method": "subscriptions/listen",
        "params": {"notifications": {}, "_meta": meta},
    }
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen"}
    response = client.post("/mcp", json=body, headers=ACCEPT | headers)
    assert response.json()["error"]["code"] == METHOD_NOT_FOUND


def test_many_calls_at_once_get_their_own_answers(endpoint: str) -> None:
    questions = [f"question {n} about owls" for n in range(12)]

    async def conversation(client: Client) -> list[str]:
        import anyio

        answered = dict.fromkeys(questions, "")

        async def one(question: str) -> None:
            result: Any = await client.call_tool("ask", {"question": question, "k": 1})
            answered[question] = result.structured_content["question"]

        async with anyio.create_task_group() as tasks:
            for question in questions:
                tasks.start_soon(one, question)
        return list(answered.values())

    assert talk(endpoint, conversation) == questions


def test_an_index_that_is_not_there_is_told(tmp_path: Path) -> None:
    with TestClient(create_app(index=tmp_path / "none", settings=Settings())) as client:
        for name, arguments in (("ask", {"question": "a"}), ("fetch", {"id": "d0123456789abcdef"})):
            body = {
                **LIST,
                "method": "tools/call",
                "params": {"name": name, "arguments": arguments},
            }
            result = client.post("/mcp", json=body, headers=ACCEPT).json()["result"]
            assert result["isError"] and "holds no index yet" in result["content"][0]["text"]


def test_links_begin_with_the_address_that_others_use(index: Path, engine: Engine) -> None:
    settings = Settings(public_url="https://archive.example.org/qa/")
    client = TestClient(create_app(index=index, settings=settings, engine=engine))
    body = {
        **LIST,
        "method": "tools/call",
        "params": {"name": "search", "arguments": {"query": "owls"}},
    }
    found = client.post("/mcp", json=body, headers=ACCEPT).json()["result"]["structuredContent"]
    assert all(
        r["url"].startswith("https://archive.example.org/qa/v1/documents/")
        for r in found["results"]
    )


# --- what it costs ------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_package_is_imported_with_the_first_call_and_not_before(tmp_path: Path) -> None:
    code = """
import json, sys
from pathlib import Path
from fastapi.testclient import TestClient
from qa.api import create_app
from qa.settings import Settings

app = create_app(index=Path(sys.argv[1]), settings=Settings())
loaded = lambda: sorted({"mcp", "mcp_types"} & set(sys.modules))
with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
    client.get("/healthz"), client.get("/v1/ask?question=owls"), client.get("/mcp")
    before = loaded()
    answer = client.post("/mcp", json=json.loads(sys.argv[2]), headers=json.loads(sys.argv[3]))
print(json.dumps([before, answer.status_code, loaded()]))
"""
    command = [sys.executable, "-c", code, str(tmp_path), json.dumps(LIST), json.dumps(ACCEPT)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert json.loads(done.stdout) == [[], 200, ["mcp", "mcp_types"]], done.stderr
