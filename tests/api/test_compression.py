"""Answers in gzip: which, for whom, and that nothing else changes."""

from __future__ import annotations

import gzip
import http.client
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.keyed import Keyed
from tests.conftest import ROOT

QUESTION = "/v1/ask?question=How+much+does+a+steamer+pay+in+August"
PLAIN = {"accept-encoding": "identity"}
GZIP = {"accept-encoding": "gzip"}
STATIC = "/static/chat.js"


def raw(address: str, path: str, method: str = "GET", **headers: str) -> tuple[Any, bytes]:
    """Return the headers and the bytes of an answer, as they came over the connection."""
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        return response.headers, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", [STATIC, "/", QUESTION, "/v1/documents", "/metrics"])
def test_who_accepts_it_gets_the_same_in_fewer_bytes(address: str, path: str) -> None:
    _, plain = raw(address, path)
    headers, packed = raw(address, path, accept_encoding="br;q=1.0, GZIP;q=0.8, *;q=0.1")
    assert headers["content-encoding"] == "gzip"
    assert headers["content-length"] in (None, str(len(packed)))
    assert len(packed) < len(plain)
    if path in (STATIC, "/"):
        file = "index.html" if path == "/" else STATIC.removeprefix("/")
        assert gzip.decompress(packed) == plain == (ROOT / "qa" / "web" / file).read_bytes()


@pytest.mark.parametrize(
    "accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000, identity", "x-gzipped"]
)
@pytest.mark.parametrize("path", [STATIC, QUESTION])
def test_who_does_not_gets_it_plain(address: str, path: str, accepted: str) -> None:
    headers, body = raw(address, path, accept_encoding=accepted)
    assert headers["content-encoding"] is None
    assert headers["content-length"] == str(len(body))
    assert headers["vary"].lower().count("accept-encoding") == 1


def test_a_short_answer_is_sent_as_it_is(address: str) -> None:
    headers, body = raw(address, "/healthz", accept_encoding="gzip")
    assert headers["content-encoding"] is None
    assert body == b'{"alive":true}'


def test_events_are_never_held_back(client: TestClient) -> None:
    message = {"role": "user", "content": "How much does a steamer pay in August?"}
    body = {"model": "cited-qa", "messages": [message], "stream": True}
    answer = client.post("/v1/chat/completions", json=body, headers=GZIP)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert len(answer.content) > 1000
    assert "content-encoding" not in answer.headers
    plain = client.post("/v1/chat/completions", json=body | {"stream": False}, headers=GZIP)
    assert plain.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("accepted", [GZIP, PLAIN])
def test_a_file_that_has_not_changed_is_not_sent_again(
    client: TestClient, accepted: dict[str, str]
) -> None:
    first = client.get(STATIC, headers=accepted)
    etag = first.headers["etag"]
    assert etag.startswith('W/"')  # two forms of it have the same one
    again = client.get(STATIC, headers={**accepted, "if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert again.headers["vary"].lower() == "accept-encoding"
    other = client.get(STATIC, headers={**accepted, "if-none-match": 'W/"another"'})
    assert other.status_code == 200


def test_a_part_of_a_file_is_a_part_of_its_bytes(client: TestClient) -> None:
    answer = client.get(STATIC, headers={**GZIP, "range": "bytes=0-1999"})
    assert answer.status_code == 206
    assert "content-encoding" not in answer.headers
    assert answer.content == (ROOT / "qa" / "web" / "static" / "chat.js").read_bytes()[:2000]


def test_asking_for_the_head_alone_gives_the_same_head(address: str) -> None:
    headers, body = raw(address, STATIC, "HEAD", accept_encoding="gzip")
    shown, _ = raw(address, STATIC, accept_encoding="gzip")
    assert body == b""
    for name in ("content-encoding", "content-length", "content-type", "etag", "vary"):
        assert headers[name] == shown[name]


# --- where its length could tell what stands in it -------------------------------------------


@pytest.mark.parametrize(
    ("site", "packed"),
    [
        ("same-origin", True),
        ("none", True),
        ("cross-site", False),
        ("same-site", False),
        (None, False),
    ],
)
def test_what_a_cookie_lets_another_site_ask_is_not_compressed(
    keyed: Keyed, site: str | None, packed: bool
) -> None:
    headers = GZIP | ({"sec-fetch-site": site} if site else {})
    answer = keyed.browser("ask").get(QUESTION, headers=headers)
    assert answer.status_code == 200
    assert (answer.headers.get("content-encoding") == "gzip") is packed


def test_a_key_in_a_header_is_sent_by_no_other_site(keyed: Keyed) -> None:
    answer = keyed.client("ask").get(QUESTION, headers=GZIP | {"sec-fetch-site": "cross-site"})
    assert answer.headers["content-encoding"] == "gzip"
