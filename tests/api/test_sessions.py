"""Sessions of browsers over HTTP: their cookie, what ends them, and who may use them."""

from __future__ import annotations

import http.client
import json
import logging
import re
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.engine import Engine
from qa.service.sessions import Sessions
from tests.api.checks import error_of
from tests.api.keyed import UNKNOWN, Keyed
from tests.api.servers import running

SAME = {"sec-fetch-site": "same-origin"}
FROM_ELSEWHERE = {
    "accept": "text/html", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate",
    "referer": "https://other.example/",
}  # fmt: skip
FORM = "application/x-www-form-urlencoded"


def cookie_of(header: str) -> Morsel[str]:
    [(name, found)] = SimpleCookie(header).items()
    assert name == "qa_session"
    return found


def sign_in(keyed: Keyed, kind: str = "ask", **options: Any) -> Morsel[str]:
    client = TestClient(keyed.app, **options)
    answer = client.post("/v1/session", json={"key": keyed.tokens[kind]}, headers=SAME)
    assert answer.status_code == 204
    return cookie_of(answer.headers["set-cookie"])


def with_cookies(keyed: Keyed, *values: str) -> TestClient:
    client = keyed.client()
    client.headers["cookie"] = "; ".join(f"qa_session={value}" for value in values)
    return client


def test_the_key_never_comes_back(keyed: Keyed) -> None:
    key = keyed.tokens["ask"]
    secret = key.split("_", 2)[2]
    browser = keyed.client()
    body = {"key": key, "next": f"/v1/ask?question={key}"}
    answers = [
        browser.post("/v1/session", json={"key": key}, headers=SAME),
        browser.get("/v1/session"),
        browser.post("/v1/session", data={"key": key, "next": "/"}, headers=SAME, follow_redirects=False),
        browser.post("/v1/session", json={"key": key, "more": 1}, headers=SAME),
        browser.post("/v1/session", json={"key": key, key: 1}, headers=SAME),
        browser.post("/v1/session", content=json.dumps(body)[:-1], headers=SAME),
        browser.post("/v1/session", data={"key": f"{key}x", "next": "/"}, headers=SAME),
        browser.delete("/v1/session", headers=SAME),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [204, 200, 303, 422, 422, 415, 401, 204]
    for answer in answers:
        assert secret not in answer.text
        assert secret not in str(answer.headers)


# --- what ends a session ------------------------------------------------------------------------


def test_it_ends_at_once_with_its_key(keyed: Keyed) -> None:
    browser, other = keyed.browser("ask"), keyed.browser("admin")
    assert browser.get("/v1/documents").status_code == 200
    keyed.keyring.revoke(keyed.tokens["ask"].split("_")[1])
    assert error_of(browser.get("/v1/documents"), 401)["code"] == "key_revoked"
    assert browser.get("/v1/session").json() == {"keys": True, "scope": None}
    assert other.get("/v1/documents").status_code == 200


def test_it_has_what_its_key_may_and_no_more(keyed: Keyed) -> None:
    assert error_of(keyed.browser("ask").get("/metrics"), 403)["code"] == "scope_missing"
    assert keyed.browser("admin").get("/metrics").status_code == 200


def test_one_of_a_key_that_there_is_not_lets_nobody_in(keyed: Keyed) -> None:
    browser = with_cookies(keyed, keyed.sessions.issue("00000000"))
    assert error_of(browser.get("/v1/documents"), 401)["code"] == "key_unknown"


def test_it_ends_with_its_time(keyed: Keyed) -> None:
    path = keyed.keyring.path
    past = Sessions(path, seconds=1, clock=lambda: 1_700_000_000.0)
    browser = with_cookies(keyed, past.issue(keyed.tokens["admin"].split("_")[1]))
    assert error_of(browser.get("/v1/documents"), 401)["code"] == "session_ended"
    page = browser.get("/v1/documents", headers={"accept": "text/html"})
    assert page.status_code == 401 and "<form" in page.text


def test_its_length_is_a_setting(index: Path, engine: Engine, tmp_path: Path) -> None:
    keyed = Keyed(tmp_path, index, engine, session_hours=8)
    cookie = sign_in(keyed)
    assert cookie["max-age"] == "28800"
    _, _, issued, ends, _ = cookie.value.split(".")
    assert int(ends) - int(issued) == 28_800


def test_a_forged_one_lets_nobody_in(keyed: Keyed, tmp_path: Path) -> None:
    good = keyed.session("ask")
    admin = keyed.tokens["admin"].split("_")[1]
    stranger = Sessions(tmp_path / "other.json", seconds=3600)
    stranger.make_secret()
    prefix, id, issued, ends, mac = good.split(".")
    for forged in (
        ".".join((prefix, admin, issued, ends, mac)),
        ".".join((prefix, id, issued, str(int(ends) + 1), mac)),
        stranger.issue(admin),
        keyed.tokens["admin"],
        UNKNOWN,
    ):
        browser = with_cookies(keyed, forged)
        assert error_of(browser.get("/v1/documents"), 401)["code"] == "session_unknown", forged
    odd = [(b"cookie", b"qa_session=qs1.\xe9\xff")]
    error_of(keyed.client().get("/v1/documents", headers=odd), 401)


def test_signing_out_takes_the_cookie_away(index: Path, engine: Engine, tmp_path: Path) -> None:
    keyed = Keyed(tmp_path, index, engine, public_url="https://example.org/archive/")
    begun = sign_in(keyed)
    answer = keyed.browser("ask").delete("/v1/session", headers=SAME)
    ended = cookie_of(answer.headers["set-cookie"])
    assert (ended.value, ended["max-age"]) == ("", "0")
    # A browser takes a cookie away only under the path that it was set with.
    for attribute in ("path", "secure", "httponly", "samesite"):
        assert ended[attribute] == begun[attribute]


# --- where it is sent ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("public_url", "path", "secure"),
    [
        ("", "/", ""),
        ("http://example.org", "/", ""),
        ("https://example.org/", "/", True),
        ("https://example.org/archive", "/archive", True),
        ("https://example.org/a/b%20c/", "/a/b%20c", True),
        ("https://example.org/a;b c", "/a%3Bb%20c", True),
        ("HTTPS://example.org/archive", "/archive", True),
    ],
)
def test_the_cookie_is_for_our_path_and_for_https(
    index: Path, engine: Engine, tmp_path: Path, public_url: str, path: str, secure: bool | str
) -> None:
    cookie = sign_in(Keyed(tmp_path, index, engine, public_url=public_url))
    assert (cookie["path"], cookie["secure"]) == (path, secure)
    assert (cookie["httponly"], cookie["samesite"]) == (True, "lax")


def test_a_direct_connection_over_https_makes_it_secure(keyed: Keyed) -> None:
    assert sign_in(keyed, base_url="https://localhost")["secure"] is True


@pytest.mark.parametrize(("trusted", "secure"), [("127.0.0.1", True), ("192.0.2.1", "")])
def test_a_proxy_that_is_believed_makes_it_secure(
    index: Path, engine: Engine, tmp_path: Path, trusted: str, secure: bool | str
) -> None:
    keyed = Keyed(tmp_path, index, engine, proxies=trusted)
    with running(keyed.app) as (_, (host, port)):
        connection = http.client.HTTPConnection(host, port, timeout=20)
        headers = {"content-type": "application/json", "x-forwarded-proto": "https"}
        body = json.dumps({"key": keyed.tokens["ask"]})
        connection.request("POST", "/v1/session", body, headers)
        header = connection.getresponse().headers["set-cookie"]
        connection.close()
    assert cookie_of(header)["secure"] == secure


def test_of_several_cookies_any_may_be_ours(keyed: Keyed) -> None:
    """A browser sends those of a service at "/" and of one below it, in an order of its own."""
    ours, other = keyed.session("ask"), "qs1.00000000.1.2." + "A" * 43
    for values in ((ours, other), (other, ours), (other, other, ours)):
        assert with_cookies(keyed, *values).get("/v1/documents").status_code == 200
    beside = keyed.client()
    beside.headers["cookie"] = f"a=b; other={other};qa_session={ours} ; c"
    assert beside.get("/v1/documents").status_code == 200
    error_of(with_cookies(keyed, *[other] * 100, ours).get("/v1/documents"), 401)


def test_a_header_counts_before_the_cookie(keyed: Keyed) -> None:
    browser = keyed.browser("admin")
    answer = browser.get("/v1/documents", headers={"authorization": f"Bearer {UNKNOWN}"})
    assert error_of(answer, 401)["code"] == "key_unknown"


# --- pages of other sites -----------------------------------------------------------------------


def test_a_citation_that_is_opened_from_another_site_stays_signed_in(keyed: Keyed) -> None:
    browser = keyed.browser("ask")
    document = browser.get("/v1/documents").json()["documents"][0]["id"]
    opened = browser.get(f"/v1/documents/{document}/view?start=0&end=3", headers=FROM_ELSEWHERE)
    assert opened.status_code == 200
    assert 'id="cited"' in opened.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_changes_nothing(keyed: Keyed, site: str) -> None:
    browser = keyed.browser("ask")
    headers = {"sec-fetch-site": site, "origin": "https://other.example"}
    for method, path in (("POST", "/v1/ask"), ("POST", "/v1/session"), ("DELETE", "/v1/session"),
                         ("POST", "/mcp"), ("POST", "/v1/chat/completions")):  # fmt: skip
        answer = browser.request(method, path, json={"key": keyed.tokens["admin"]}, headers=headers)
        assert answer.status_code == 403
        assert "cross_site" in answer.text
        assert "set-cookie" not in answer.headers


# --- several services, and a secret that is not as it should be ---------------------------------


def test_services_with_the_same_files_share_sessions(
    index: Path, engine: Engine, tmp_path: Path, keyed: Keyed
) -> None:
    (tmp_path / "other").mkdir()
    other = Keyed(tmp_path / "other", index, engine)
    twin = Keyed(tmp_path / "other", index, engine, keys_file=str(keyed.keyring.path))
    session = sign_in(keyed).value
    for service, status in ((keyed, 200), (twin, 200), (other, 401)):
        browser = service.client()
        browser.headers["cookie"] = f"qa_session={session}"
        assert browser.get("/v1/documents").status_code == status
    keyed.keyring.revoke(keyed.tokens["ask"].split("_")[1])
    browser = twin.client()
    browser.headers["cookie"] = f"qa_session={session}"
    error_of(browser.get("/v1/documents"), 401)


@pytest.mark.parametrize("content", [None, b"", b"short", bytes(32)])
def test_without_a_good_secret_keys_still_work(
    keyed: Keyed, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    browser = keyed.browser("ask")
    keyed.sessions.path.unlink()
    if content is not None:
        keyed.sessions.path.write_bytes(content)
    with caplog.at_level(logging.DEBUG, "qa"):
        answer = browser.get("/v1/documents")
        key = {"key": keyed.tokens["ask"]}
        begun = keyed.client().post("/v1/session", json=key, headers=SAME)
        page = keyed.client().post("/v1/session", data=key, headers=SAME)
    for refused in (answer, begun):
        error = error_of(refused, 503)
        assert error["code"] == "sessions_unusable"
        assert "Authorization: Bearer KEY still works" in error["message"]
        assert int(refused.headers["retry-after"]) > 0
    assert page.status_code == 503
    assert "until the operator repairs the secret of sessions" in page.text
    assert re.search(r"<form.*v1/session", page.text)
    for refused in (answer, begun, page):
        assert str(keyed.sessions.path.parent) not in refused.text
        assert "set-cookie" not in refused.headers
    assert browser.get("/").status_code == 200
    assert keyed.client("ask").get("/v1/documents").status_code == 200
    [told] = [message for message in caplog.messages if "secret" in message]
    assert str(keyed.sessions.path) in told and "qa keys end-sessions" in told
    assert keyed.metrics() == {"sessions_unusable": 1}
    # Mended by the command that the log names, without a restart.
    keyed.sessions.end_all()
    assert keyed.client().post("/v1/session", json=key, headers=SAME).status_code == 204
    error_of(browser.get("/v1/documents"), 401)
