"""The service below ``/archive/`` of a site, behind nginx as ``deploy/nginx.conf`` sets it up."""

from __future__ import annotations

import gzip
import http.client
import json
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from qa.engine import Engine
from tests.conftest import ROOT
from tests.deploy.nginx import Proxied, proxied

QUESTION = "How much does a steamer pay in August?"
ELSEWHERE = "https://www.example.org"


@pytest.fixture(scope="module")
def behind(
    index: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("nginx")
    with proxied(folder, index, engine, cors_origins=ELSEWHERE) as found:
        yield found


def ask(
    behind: Proxied, path: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, Any, bytes]:
    """Return status, headers and bytes of an answer."""
    place = urlsplit(urljoin(f"{behind.address}/", path))
    connection = http.client.HTTPSConnection(place.netloc, context=behind.trusting, timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        if data:
            named["content-type"] = "application/json"
        target = f"{place.path}?{place.query}" if place.query else place.path
        connection.request(method, target, data, named)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def bearer(behind: Proxied) -> str:
    return f"Bearer {behind.keyed.tokens['ask']}"


def test_the_page_and_what_it_loads(behind: Proxied) -> None:
    status, headers, _ = ask(behind, "/archive")
    assert (status, urlsplit(headers["location"]).path) == (308, "/archive/")
    status, headers, page = ask(behind, "./", accept_encoding="gzip")
    assert status == 200
    assert headers["strict-transport-security"]
    page = gzip.decompress(page)
    assert page == (ROOT / "qa" / "web" / "index.html").read_bytes()
    loaded = re.findall(rb'(?:src|href)="(\./static/[^"]+)"', page)
    assert len(loaded) > 5
    for name in map(bytes.decode, loaded):
        status, headers, body = ask(behind, name, accept_encoding="gzip")
        assert status == 200
        plain = (ROOT / "qa" / "web" / name).read_bytes()
        assert (gzip.decompress(body) if headers["content-encoding"] else body) == plain
        etag = headers["etag"]
        again, _, _ = ask(behind, name, accept_encoding="gzip", if_none_match=etag)
        assert again == 304


def test_a_question_needs_a_key_and_its_citation_opens(behind: Proxied) -> None:
    status, _, _ = ask(behind, "v1/ask", "POST", {"question": QUESTION})
    assert status == 401
    status, _, body = ask(
        behind, "v1/ask", "POST", {"question": QUESTION}, authorization=bearer(behind)
    )
    assert status == 200
    result = json.loads(body)["results"][0]
    assert "A steamer pays forty crowns" in result["excerpt"]
    url = result["citation"]["url"]
    assert url.startswith(f"{behind.address}/v1/documents/")
    status, _, page = ask(behind, url, authorization=bearer(behind))
    assert status == 200
    assert b"A steamer pays forty crowns" in page


def test_a_browser_signs_in_below_the_path(behind: Proxied) -> None:
    key = {"key": behind.keyed.tokens["ask"]}
    same = {"sec_fetch_site": "same-origin"}
    status, headers, _ = ask(behind, "v1/session", "POST", key, **same)
    assert status == 204
    [(name, cookie)] = SimpleCookie(headers["set-cookie"]).items()
    assert cookie["secure"] and cookie["path"].rstrip("/") == "/archive"
    session = f"{name}={cookie.value}"
    status, headers, body = ask(
        behind, "v1/documents", cookie=session, accept_encoding="gzip", **same
    )
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert json.loads(gzip.decompress(body))["documents"]
    # Nor does the proxy compress what the service does not, though it does so elsewhere.
    crossing = {"sec_fetch_site": "cross-site"}
    status, headers, _ = ask(
        behind, "v1/documents", cookie=session, accept_encoding="gzip", **crossing
    )
    assert (status, headers["content-encoding"]) == (200, None)


def test_a_chats_events_come_as_they_are(behind: Proxied) -> None:
    body = {
        "model": "cited-qa",
        "messages": [{"role": "user", "content": QUESTION}],
        "stream": True,
    }
    status, headers, told = ask(
        behind, "v1/chat/completions", "POST", body,
        authorization=bearer(behind), accept_encoding="gzip",
    )  # fmt: skip
    assert status == 200
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["content-encoding"] is None
    events = [line.removeprefix("data: ") for line in told.decode().split("\n\n") if line]
    assert events.pop() == "[DONE]"
    said = "".join(
        choice["delta"].get("content") or ""
        for event in map(json.loads, events)
        for choice in event["choices"]
    )
    assert "forty crowns" in said
    assert f"{behind.address}/v1/documents/" in told.decode()


def test_a_responses_events_come_as_they_are(behind: Proxied) -> None:
    body = {"model": "cited-qa", "input": QUESTION, "stream": True}
    status, headers, told = ask(
        behind, "v1/responses", "POST", body,
        authorization=bearer(behind), accept_encoding="gzip",
    )  # fmt: skip
    assert status == 200
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["content-encoding"] is None
    events = [
        json.loads(block.partition("\ndata: ")[2]) for block in told.decode().split("\n\n") if block
    ]
    assert [event["sequence_number"] for event in events] == [*range(len(events))]
    said = "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta")
    assert "forty crowns" in said
    assert f"{behind.address}/v1/documents/" in said
    assert events[-1]["type"] == "response.completed"


def test_the_widget_of_another_site_may_load_and_ask(behind: Proxied) -> None:
    status, headers, _ = ask(behind, "static/qa-chat.js", origin=ELSEWHERE)
    assert (status, headers["access-control-allow-origin"]) == (200, ELSEWHERE)
    status, headers, _ = ask(
        behind, "v1/ask", "OPTIONS", origin=ELSEWHERE,
        access_control_request_method="POST",
        access_control_request_headers="authorization,content-type",
    )  # fmt: skip
    assert (status, headers["access-control-allow-origin"]) == (200, ELSEWHERE)
    status, headers, _ = ask(
        behind, "v1/ask", "POST", {"question": QUESTION},
        origin=ELSEWHERE, sec_fetch_site="cross-site", authorization=bearer(behind),
    )  # fmt: skip
    assert (status, headers["access-control-allow-origin"]) == (200, ELSEWHERE)


def test_what_a_client_says_of_itself_is_not_believed(behind: Proxied) -> None:
    crowd = [f"198.51.100.{n}" for n in range(3)]
    for address in crowd:
        status, _, _ = ask(
            behind, "v1/documents", x_forwarded_for=address, x_forwarded_proto="http"
        )
        assert status == 401
    _, headers, _ = ask(behind, "./", x_forwarded_proto="http")
    assert headers["strict-transport-security"]


def test_nginx_has_nothing_to_complain_of(behind: Proxied) -> None:
    assert (behind.folder / "error.log").read_text() == ""
