"""What is answered as something else is: HEAD, a slash at the end; and a body that is encoded."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from qa.engine import Engine
from qa.records import Question
from tests.api.checks import error_of
from tests.api.keyed import Keyed
from tests.api.servers import connect, post, read_all
from tests.conftest import ROOT

CHAT = {"messages": [{"role": "user", "content": "owls"}]}
MCP = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-03-26",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    },
}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/ask": {"question": "owls"},
    "/v1/verify": {},
    "/v1/judgements": {},
    "/v1/chat/completions": CHAT,
    "/v1/responses": {"input": "owls"},
    "/mcp": MCP,
    "/v1/session": {"key": "qa_none"},
}
ACCEPT = {"accept": "application/json, text/event-stream"}
_CHANGES = ("x-request-id", "date")


def routes(method: str) -> list[str]:
    """Return the paths that take a method, as they are described, and those that are not."""
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    other = {"GET": ["/openapi.json", "/static/chat.css"], "POST": ["/mcp"]}
    return [path for path, item in paths.items() if method.lower() in item] + other[method]


def filled(path: str, engine: Engine) -> str:
    """Return an address of a route."""
    if path == "/v1/cite":
        return f"{path}?id={engine.ask(Question('owls')).results[0].citation.id}"
    id = "cited-qa" if "models" in path else engine.documents(limit=1)[0].id
    return path.replace("{id}", id) + ("?question=owls" if path == "/v1/ask" else "")


def told(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in _CHANGES}


@pytest.mark.parametrize("path", ["/", *routes("GET"), "/nothing", "/v1/documents/nothing"])
def test_head_is_get_without_the_body(client: TestClient, engine: Engine, path: str) -> None:
    address = filled(path, engine)
    whole, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    if path in ("/v1/ask", "/metrics"):  # one tells its time, the other what was asked before
        assert set(told(head)) == set(told(whole))
    else:
        assert told(head) == told(whole)


def test_head_of_what_takes_no_get(client: TestClient) -> None:
    response = client.head("/v1/chat/completions")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_head_over_a_connection_sends_no_body(address: str) -> None:
    host, _, port = address.partition(":")
    begin = "HEAD /v1/archive HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    with connect((host, int(port)), begin.encode()) as connection:
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"\r\ncontent-length: " in head
    assert body == b""


def test_head_needs_the_key_that_get_needs(keyed: Keyed) -> None:
    assert keyed.client().head("/v1/documents").status_code == 401
    assert keyed.client("ask").head("/v1/documents").status_code == 200
    assert keyed.client("ask").head("/metrics").status_code == 403


OF_THE_FILE = ("/pages", "/pages/{page}", "/original", "/unanswered", "/questions.jsonl")
"""Below a document, whose file is not at hand here; and what is not kept here."""


@pytest.mark.parametrize("path", [path for path in routes("GET") if path != "/metrics"])
def test_a_slash_at_the_end_of_an_address(client: TestClient, engine: Engine, path: str) -> None:
    plain, _, query = filled(path, engine).partition("?")
    one, other = client.get(f"{plain}?{query}"), client.get(f"{plain}/?{query}")
    assert other.status_code == one.status_code
    assert (one.status_code == 200) != path.endswith(OF_THE_FILE)
    if one.status_code != 200:
        assert other.json()["error"]["code"] == one.json()["error"]["code"]
    elif path.endswith("/view"):  # its links lead up once more
        assert other.text.replace("../../../../", "../../../") == one.text != other.text
    elif path != "/v1/ask":
        assert other.content == one.content


@pytest.mark.parametrize("path", routes("POST"))
def test_a_slash_at_the_end_of_what_takes_a_body(client: TestClient, path: str) -> None:
    one, other = (
        client.post(address, json=BODIES[path], headers=ACCEPT) for address in (path, f"{path}/")
    )
    assert one.status_code == other.status_code != 404
    assert set(one.content[:1]) == set(other.content[:1])


def test_a_slash_at_the_end_opens_nothing(keyed: Keyed) -> None:
    for path in ("/v1/ask/", "/mcp/", "/metrics/", "/v1/documents/", "/openapi.json/"):
        assert keyed.client().get(path).status_code == 401
    assert keyed.client("ask").get("/metrics/").status_code == 403
    assert keyed.client("admin").get("/metrics/").status_code == 200
    assert keyed.client("admin").get("/metrics//").status_code == 404


@pytest.mark.parametrize("path", routes("POST"))
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, GZIP", "x" * 500])
def test_an_encoded_body_is_refused_by_its_encoding(
    client: TestClient, path: str, encoding: str
) -> None:
    response = client.post(
        path,
        content=gzip.compress(json.dumps(BODIES[path]).encode()),
        headers={"content-type": "application/json", "content-encoding": encoding, **ACCEPT},
    )
    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "identity"
    error = response.json()["error"]
    assert encoding.lower()[:50] in error["message"] and len(error["message"]) < 200
    if path == "/mcp":
        assert error["data"]["code"] == "unsupported_encoding"
    elif path not in ("/v1/chat/completions", "/v1/responses"):
        assert error_of(response, 415)["code"] == "unsupported_encoding"


def test_a_body_in_chunks_is_refused_too(address: str) -> None:
    host, _, port = address.partition(":")
    request = post(b"", "connection: close", "content-encoding: gzip", "transfer-encoding: chunked")
    request = request.replace(b"content-length: 0\r\n", b"") + b"0\r\n\r\n"
    with connect((host, int(port)), request) as connection:
        assert read_all(connection).startswith(b"HTTP/1.1 415 ")


def test_what_is_not_encoded_and_what_has_no_body_is_answered(client: TestClient) -> None:
    plain = {"content-encoding": "identity"}
    assert client.post("/v1/ask", json=BODIES["/v1/ask"], headers=plain).status_code == 200
    assert client.get("/healthz", headers={"content-encoding": "gzip"}).status_code == 200


def test_a_page_with_a_slash_at_its_end_finds_what_it_loads(
    client: TestClient, engine: Engine, archive: Path
) -> None:
    id = engine.documents(limit=1)[0].id
    for end in ("", "/"):
        page = client.get(f"/v1/documents/{id}/view{end}")
        found = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert client.get(str(page.url.join(found))).status_code == 200
