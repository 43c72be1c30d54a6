"""Who may ask: every route with every kind of key, browsers, and pages of other sites."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.api.guards import access
from qa.engine import Engine
from qa.errors import UsageError
from qa.service.keys import Keyring
from qa.settings import Settings
from tests.api.checks import error_of
from tests.api.keyed import UNKNOWN, Keyed
from tests.api.routes import every
from tests.conftest import ROOT

# What everybody may have. Written down a second time on purpose: a path is opened in two places.
PUBLIC = {"/", "/static/chat.css", "/healthz", "/readyz", "/v1/session"}
ADMIN = {
    "/metrics",
    "/openapi.json",
    "/unanswered",
    "/v1/unanswered",
    "/v1/unanswered/questions.jsonl",
    "/v1/unanswered/some",
}


class Untouched:
    """A request that fails the test as soon as somebody reads its body."""

    def __init__(self, app: FastAPI, method: str, path: str, token: str | None) -> None:
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        self.app, self.sent = app, list[Any]()
        self.scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "headers": headers, "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1), "state": {},
        }  # fmt: skip

    async def receive(self) -> Any:
        raise AssertionError("the body was read")

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    def status(self) -> int:
        anyio.run(self.app, self.scope, self.receive, self.send)
        return int(self.sent[0]["status"])


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as soon as the engine is reached."""

    def reached(*_: object) -> None:
        raise AssertionError("the engine was reached")

    monkeypatch.setattr("qa.service.slot.EngineSlot.get", reached)


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize("kind", ["none", "unknown", "revoked", "ask"])
def test_every_route_refuses_before_any_side_effect(keyed: Keyed, kind: str) -> None:
    token = {"none": None, "unknown": UNKNOWN}.get(kind) or keyed.tokens.get(kind)
    refused = 0
    for method, path in every(keyed.app):
        if path in PUBLIC or (kind == "ask" and path not in ADMIN):
            continue
        expected = 403 if kind == "ask" else 401
        assert Untouched(keyed.app, method, path, token).status() == expected, (method, path)
        refused += 1
    assert refused >= (2 if kind == "ask" else 10)


@pytest.mark.parametrize("kind", ["ask", "admin"])
def test_every_route_lets_the_right_key_in(keyed: Keyed, kind: str) -> None:
    client = keyed.client(kind)
    for method, path in every(keyed.app):
        if kind == "ask" and path in ADMIN:
            continue
        assert client.request(method, path).status_code not in (401, 403), (method, path)


def test_the_wire_formats_of_others_stand_under_the_same_rule(keyed: Keyed) -> None:
    routes = {
        ("POST", "/mcp"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/responses"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/some"),
    }
    assert routes <= set(every(keyed.app))
    assert {access.required(path) for _, path in routes} == {"ask"}


def test_the_open_paths_are_open(keyed: Keyed) -> None:
    paths = {path for _, path in every(keyed.app)}
    assert paths >= PUBLIC | ADMIN
    for path in PUBLIC:
        assert keyed.client().get(path).status_code == 200, path


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize(
    "path",
    ["/nope", "/v1", "/v1/", "/v1/new", "/v1/askew", "/static", "/statics", "/docs", "//", "//v1/ask",
     "/v1/sessions", "/v1/session/x/../../ask", "/healthz/x/../metrics", "/METRICS", "/mcp/"],
)  # fmt: skip
def test_what_nobody_opened_is_closed(keyed: Keyed, path: str) -> None:
    """Closed, or public without being a route: never something of the archive."""
    for method in ("GET", "POST", "OPTIONS", "HEAD"):
        status = Untouched(keyed.app, method, path, None).status()
        assert status == 401 or (access.required(path) is None and status == 404), (method, path)


def test_the_documentation_has_the_same_table() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    everybody, ask = re.findall(r"^\| (`/.*?) \| .*\|$", text, re.MULTILINE)[:2]
    for paths, row in ((access.PUBLIC, everybody), (access.ASK, ask)):
        shown = [name.rstrip("/…") or "/" for name in re.findall("`(.*?)`", row)]
        assert sorted(shown) == sorted(paths)
    settings = "".join(
        re.findall(r"^\| limit \| setting \|.*?\n\n", text, re.MULTILINE | re.DOTALL)
    )
    assert settings
    for name in re.findall(r"\| `([a-z_]+)` \|", settings):
        assert hasattr(Settings(), name), name


def test_a_refusal_says_why_and_how(keyed: Keyed) -> None:
    for kind, code in ((None, "key_missing"), ("revoked", "key_revoked")):
        response = keyed.client(kind).get("/v1/documents")
        assert error_of(response, 401)["code"] == code
        assert response.headers["www-authenticate"].startswith("Bearer ")
    headers = {"authorization": f"Bearer {UNKNOWN}"}
    response = keyed.client().get("/v1/documents", headers=headers)
    assert error_of(response, 401)["code"] == "key_unknown"
    assert error_of(keyed.client("ask").get("/metrics"), 403)["code"] == "scope_missing"
    assert keyed.metrics() == {
        "key_missing": 1, "key_revoked": 1, "key_unknown": 1, "scope_missing": 1,
    }  # fmt: skip


def test_openais_clients_get_their_own_fields_besides(keyed: Keyed) -> None:
    error = keyed.client().post("/v1/chat/completions", json={}).json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", None)
    assert error["code"] == "key_missing"


@pytest.mark.parametrize("kind", ["bearer", "BEARER", "Bearer "])
def test_bearer_is_written_in_any_way(keyed: Keyed, kind: str) -> None:
    headers = {"authorization": f"{kind} {keyed.tokens['ask']}"}
    assert keyed.client().get("/v1/documents", headers=headers).status_code == 200


def test_a_key_is_taken_from_nowhere_else(keyed: Keyed) -> None:
    token = keyed.tokens["admin"]
    for attempt in (
        {"headers": {"authorization": f"Basic {token}"}},
        {"headers": {"authorization": token}},
        {"headers": {"x-api-key": token}},
        {"params": {"key": token, "question": "owls"}},
        {"headers": {"cookie": f"key={token}"}},
        {"headers": {"cookie": f"qa_session={token}"}},
        {"headers": {"authorization": f"Bearer {keyed.session('admin')}"}},
    ):
        client = keyed.client()
        error_of(client.get("/v1/ask", **attempt), 401)  # type: ignore[arg-type]  # keywords out of a table


def test_a_running_service_notices_keys(index: Path, engine: Engine, tmp_path: Path) -> None:
    settings = Settings(keys_file=str(tmp_path / "keys.json"))
    app = create_app(index=index, settings=settings, engine=engine)
    client = TestClient(app)
    assert client.get("/v1/documents").status_code == 200
    key, token = Keyring(settings.keys_file).make("a")
    error_of(client.get("/v1/documents"), 401)
    headers = {"authorization": f"Bearer {token}"}
    assert client.get("/v1/documents", headers=headers).status_code == 200
    Keyring(settings.keys_file).revoke(key.id)
    error_of(client.get("/v1/documents", headers=headers), 401)


@pytest.mark.parametrize("content", [None, "{", '{"format": 1, "keys": []}'])
def test_a_damaged_key_file_refuses_everybody(
    keyed: Keyed, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert keyed.client("ask").get("/v1/documents").status_code == 200
    keyed.keyring.path.unlink()
    if content is not None:
        keyed.keyring.path.write_text(content)
    for kind in (None, "ask", "admin"):
        for path in ("/v1/documents", "/v1/ask?question=owls", "/metrics", "/nope"):
            response = keyed.client(kind).get(path)
            error = error_of(response, 503)
            assert error["code"] == "keys_unusable"
            assert str(keyed.keyring.path.parent) not in response.text
            assert int(response.headers["retry-after"]) > 0
        assert keyed.client(kind).get("/healthz").status_code == 200
        assert keyed.client(kind).get("/readyz").json() == {
            "ready": False, "index": None, "fault": None,
        }  # fmt: skip
    [told] = caplog.messages
    assert str(keyed.keyring.path) in told


def test_a_service_for_other_machines_asks_for_a_key_whatever_happens(
    index: Path, engine: Engine, tmp_path: Path
) -> None:
    settings = Settings(host="0.0.0.0", keys_file=str(tmp_path / "none.json"))
    client = TestClient(create_app(index=index, settings=settings, engine=engine))
    error_of(client.get("/v1/documents"), 401)


def test_strangers_learn_nothing_from_readiness(keyed: Keyed) -> None:
    assert keyed.client().get("/readyz").json() == {"ready": True, "index": None, "fault": None}
    assert keyed.client("revoked").get("/readyz").json()["index"] is None
    assert keyed.client("ask").get("/readyz").json()["index"]["documents"] == 8


# --- a browser ----------------------------------------------------------------------------------

BROWSER = {"accept": "text/html,application/xhtml+xml", "sec-fetch-site": "none"}
SAME = {"sec-fetch-site": "same-origin", "origin": "http://localhost"}


def test_the_session_says_what_is_asked_for(keyed: Keyed, client: TestClient) -> None:
    assert client.get("/v1/session").json() == {"keys": False, "scope": "admin"}
    assert keyed.client().get("/v1/session").json() == {"keys": True, "scope": None}
    assert keyed.client("revoked").get("/v1/session").json() == {"keys": True, "scope": None}
    assert keyed.client("ask").get("/v1/session").json() == {"keys": True, "scope": "ask"}


def test_a_browser_signs_in_and_out(keyed: Keyed) -> None:
    browser = keyed.client()
    error_of(browser.get("/v1/documents"), 401)
    response = browser.post("/v1/session", json={"key": keyed.tokens["ask"]}, headers=SAME)
    assert (response.status_code, response.content) == (204, b"")
    value, *attributes = response.headers["set-cookie"].split("; ")
    # 720 hours, the default of the setting.
    assert attributes == ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=lax"]
    assert re.fullmatch(r"qa_session=qs1\.[0-9a-f]{8}\.\d+\.\d+\.[\w-]{43}", value)
    assert keyed.tokens["ask"].split("_", 2)[2] not in response.headers["set-cookie"]
    assert browser.get("/v1/documents").status_code == 200
    assert browser.post("/v1/ask", json={"question": "owls"}, headers=SAME).status_code == 200
    assert browser.get("/v1/session").json() == {"keys": True, "scope": "ask"}
    error_of(browser.get("/metrics"), 403)
    assert browser.delete("/v1/session", headers=SAME).status_code == 204
    error_of(browser.get("/v1/documents"), 401)


def test_the_cookie_is_for_https_where_there_is_https(
    index: Path, engine: Engine, tmp_path: Path
) -> None:
    keyed = Keyed(tmp_path, index, engine, public_url="https://archive.example.org")
    response = keyed.client().post("/v1/session", json={"key": keyed.tokens["ask"]})
    assert "; Secure" in response.headers["set-cookie"]
    secure = TestClient(keyed.app, base_url="https://localhost")
    assert secure.get("/").headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in keyed.client().get("/").headers


@pytest.mark.parametrize("kind", ["revoked", "unknown"])
def test_a_wrong_key_signs_nobody_in(keyed: Keyed, kind: str) -> None:
    token = keyed.tokens.get(kind, UNKNOWN)
    response = keyed.client().post("/v1/session", json={"key": token}, headers=SAME)
    assert error_of(response, 401)["code"] == f"key_{kind}"
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[" * 20_000, "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"key": 5}', "application/json", 422),
        (b'{"key": "a", "more": 1}', "application/json", 422),
        (b'{"key": "a"}', "text/plain", 415),
        (b"key=a&" * 50, "application/x-www-form-urlencoded", 400),
        (b"\xff", "application/x-www-form-urlencoded", 400),
        (b"next=/", "application/x-www-form-urlencoded", 422),
    ],
)
def test_a_wrong_sign_in_is_refused(keyed: Keyed, content: bytes, kind: str, status: int) -> None:
    headers = {"content-type": kind}
    error_of(keyed.client().post("/v1/session", content=content, headers=headers), status)


def test_without_keys_there_is_nothing_to_sign_in_to(client: TestClient) -> None:
    response = client.post("/v1/session", json={"key": "anything"})
    assert response.status_code == 204
    assert "set-cookie" not in response.headers


def form_of(page: str) -> tuple[str, str]:
    """Return where the sign-in form is sent, and where it leads then."""
    action, to = (
        re.search(r'action="([^"]+)"', page),
        re.search(r'name="next" value="([^"]*)"', page),
    )
    assert action and to
    return action.group(1), to.group(1).replace("&amp;", "&")


@pytest.mark.parametrize("prefix", ["", "/behind/a/proxy"])
def test_a_link_that_is_opened_asks_for_the_key_and_then_leads_there(
    keyed: Keyed, prefix: str
) -> None:
    """``prefix``: what a proxy takes from the front of the path, and only the browser knows."""
    document = keyed.client("ask").get("/v1/documents").json()["documents"][0]["id"]
    path = f"/v1/documents/{document}/view?start=0&end=3"
    browser = keyed.client()
    asked = browser.get(path, headers=BROWSER)
    assert asked.status_code == 401
    assert asked.headers["content-type"] == "text/html; charset=utf-8"
    assert asked.headers["www-authenticate"].startswith("Bearer ")
    assert "<script" not in asked.text
    opened = f"http://localhost{prefix}{path}"
    for style in re.findall(r'rel="stylesheet" href="([^"]+)"', asked.text):
        address = urljoin(opened, style)
        assert address.startswith(f"http://localhost{prefix}/static/")
        assert browser.get(address.replace(prefix, "")).status_code == 200
    action, to = form_of(asked.text)
    sent_to = urljoin(opened, action)
    assert sent_to == f"http://localhost{prefix}/v1/session"

    wrong = browser.post("/v1/session", data={"key": UNKNOWN, "next": to}, headers=SAME)
    assert wrong.status_code == 401
    assert "does not know this key" in wrong.text
    assert form_of(wrong.text) == ("../v1/session", to)

    fields = {"key": keyed.tokens["ask"], "next": to}
    done = browser.post("/v1/session", data=fields, headers=SAME, follow_redirects=False)
    assert done.status_code == 303
    assert urljoin(sent_to, done.headers["location"]) == f"{opened}#cited"
    assert 'id="cited"' in browser.get(path, headers=BROWSER).text


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "evil", "",
     "/a\r\nset-cookie: b", "/\t/evil.example", "/é", "/" + "a" * 5000, "\\\\evil.example"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(keyed: Keyed, to: str) -> None:
    fields = {"key": keyed.tokens["ask"], "next": to}
    done = keyed.client().post("/v1/session", data=fields, headers=SAME, follow_redirects=False)
    assert done.status_code == 303
    assert urljoin("http://localhost/v1/session", done.headers["location"]) == "http://localhost/"


def test_an_address_is_shown_as_text(keyed: Keyed) -> None:
    page = keyed.client().get('/v1/documents?"><script>alert(1)</script>', headers=BROWSER).text
    assert "<script" not in page


def test_programs_get_no_page(keyed: Keyed) -> None:
    error_of(keyed.client().get("/v1/documents", headers={"accept": "*/*"}), 401)
    error_of(keyed.client().post("/v1/ask", headers={"accept": "text/html"}), 401)
    error_of(keyed.client("ask").get("/metrics", headers=BROWSER), 403)


# --- pages of other sites -----------------------------------------------------------------------

ELSEWHERE = [
    {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    {"sec-fetch-site": "same-site", "origin": "https://other.localhost"},
    {"origin": "https://evil.example"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "http://localhost:9000"},
    {"origin": "null"},
    {"origin": ""},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
@pytest.mark.usefixtures("no_engine")
def test_a_page_elsewhere_cannot_use_the_cookie(keyed: Keyed, headers: dict[str, str]) -> None:
    browser = keyed.browser("admin")
    for method, path in (("POST", "/v1/ask"), ("DELETE", "/v1/session"), ("POST", "/v1/session")):
        response = browser.request(method, path, json={"question": "owls"}, headers=headers)
        assert error_of(response, 403)["code"] == "cross_site"
        assert "set-cookie" not in response.headers


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
@pytest.mark.usefixtures("no_engine")
def test_a_page_elsewhere_cannot_ask_where_no_key_is_asked_for(
    client: TestClient, headers: dict[str, str]
) -> None:
    response = client.post("/v1/ask", json={"question": "owls"}, headers=headers)
    assert error_of(response, 403)["code"] == "cross_site"


@pytest.mark.parametrize("headers", [SAME, {"origin": "http://localhost"}, {}], ids=str)
def test_our_own_page_and_programs_can(
    client: TestClient, keyed: Keyed, headers: dict[str, str]
) -> None:
    browser = keyed.browser("ask")
    for asker in (client, browser):
        response = asker.post("/v1/ask", json={"question": "owls"}, headers=headers)
        assert response.status_code == 200


def test_our_own_page_behind_a_proxy_can(index: Path, engine: Engine) -> None:
    settings = Settings(public_url="https://archive.example.org/qa")
    client = TestClient(create_app(index=index, settings=settings, engine=engine))
    body, origin = {"question": "owls"}, {"origin": "https://archive.example.org"}
    assert client.post("/v1/ask", json=body, headers=origin).status_code == 200
    named = {"host": "archive.example.org"}
    assert client.post("/v1/ask", json=body, headers=named).status_code == 200


def test_a_key_in_the_header_comes_from_any_page(keyed: Keyed) -> None:
    response = keyed.client("ask").post("/v1/ask", json={"question": "owls"}, headers=ELSEWHERE[0])
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("127.8.9.1", 200),
        ("[::1]:8000", 200),
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("192.0.2.1", 403),
        ("0.0.0.0", 403),
        ("", 403),
        ("[", 400),
        ("@localhost@evil.example", 400),
        ("localhost evil.example", 400),
        ("localhost, evil.example", 400),
        ("localhost:80, evil.example", 400),
        ("localhost:8000:9000", 400),
        ("localhost/evil", 400),
    ],
)
def test_a_name_that_was_made_to_point_here_is_refused(
    client: TestClient, host: str, status: int
) -> None:
    for path in ("/v1/documents", "/", "/v1/ask?question=owls"):
        response = client.get(path, headers={"host": host})
        assert response.status_code == status
        if status != 200:
            code = "host_unknown" if status == 403 else "invalid_host"
            assert error_of(response, status)["code"] == code


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_told_under_any_name(client: TestClient, path: str) -> None:
    # A probe names a machine by its own name for it, or in HTTP/1.0 by none.
    for host in ("probe.internal", "10.0.0.7:8000", ""):
        assert client.get(path, headers={"host": host}).status_code == 200


@pytest.mark.parametrize("name", ["host", "content-encoding"])
@pytest.mark.parametrize("path", ["/v1/documents", "/healthz", "/mcp"])
def test_a_header_that_may_come_once_comes_once(client: TestClient, name: str, path: str) -> None:
    value = "localhost" if name == "host" else "identity"
    headers = [(name, value), (name, value)]
    response = client.get(path, headers=headers)
    assert response.status_code == 400
    assert f"the header {name} came more than once" in response.text


def test_with_keys_the_name_does_not_matter(keyed: Keyed) -> None:
    response = keyed.client("ask").get("/v1/documents", headers={"host": "archive.example"})
    assert response.status_code == 200


# --- pages that are allowed ---------------------------------------------------------------------

WIDGET = "https://www.example.org"


def shared(index: Path, engine: Engine, folder: Path, origins: str) -> Keyed:
    return Keyed(folder, index, engine, cors_origins=origins)


def test_by_default_no_page_elsewhere_may_read(keyed: Keyed) -> None:
    response = keyed.client("ask").get("/v1/documents", headers={"origin": WIDGET})
    assert not [name for name in response.headers if name.startswith("access-control")]
    preflight = {"origin": WIDGET, "access-control-request-method": "POST"}
    error_of(keyed.client().options("/v1/ask", headers=preflight), 401)


def test_a_listed_origin_may_read_with_a_key(index: Path, engine: Engine, tmp_path: Path) -> None:
    keyed = shared(index, engine, tmp_path, f"https://a.example, {WIDGET}")
    asked = {
        "origin": WIDGET,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    preflight = keyed.client().options("/v1/ask", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == WIDGET
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in preflight.headers
    answer = keyed.client("ask").post(
        "/v1/ask",
        json={"question": "owls"},
        headers={"origin": WIDGET, "sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 200
    for response in (answer, keyed.client().get("/v1/documents", headers={"origin": WIDGET})):
        assert response.headers["access-control-allow-origin"] == WIDGET
        assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://www.example.org", "https://www.example.org:444",
     "https://www.example.org.evil.example", "https://xwww.example.org", "null"],
)  # fmt: skip
def test_another_origin_may_not(index: Path, engine: Engine, tmp_path: Path, origin: str) -> None:
    keyed = shared(index, engine, tmp_path, WIDGET)
    preflight = {"origin": origin, "access-control-request-method": "POST"}
    refused = keyed.client().options("/v1/ask", headers=preflight)
    assert refused.status_code == 400
    read = keyed.client("ask").get("/v1/documents", headers={"origin": origin})
    for response in (refused, read):
        assert "access-control-allow-origin" not in response.headers


def test_a_listed_origin_may_not_use_the_cookie(
    index: Path, engine: Engine, tmp_path: Path
) -> None:
    keyed = shared(index, engine, tmp_path, f"{WIDGET} *")
    browser = keyed.browser("ask")
    response = browser.post("/v1/ask", json={"question": "owls"}, headers={"origin": WIDGET})
    assert error_of(response, 403)["code"] == "cross_site"


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_session_is_begun_by_no_long_body(keyed: Keyed, kind: str) -> None:
    headers = SAME | {"content-type": kind}
    response = keyed.client().post("/v1/session", content=b"[" * 20_001, headers=headers)
    assert error_of(response, 413)["code"] == "body_too_large"


def test_a_listed_origin_may_not_sign_its_visitors_in(
    index: Path, engine: Engine, tmp_path: Path
) -> None:
    keyed = shared(index, engine, tmp_path, f"{WIDGET} *")
    browser = keyed.client()
    form = {"key": keyed.tokens["ask"], "next": "/"}
    headers = {"origin": WIDGET, "sec-fetch-site": "cross-site"}
    response = browser.post("/v1/session", data=form, headers=headers)
    assert error_of(response, 403)["code"] == "cross_site"
    assert not browser.cookies


@pytest.mark.parametrize("origins", [WIDGET, "*"])
def test_where_no_key_is_asked_for_a_listed_origin_may_ask(
    index: Path, engine: Engine, origins: str
) -> None:
    settings = Settings(cors_origins=origins)
    client = TestClient(create_app(index=index, settings=settings, engine=engine))
    headers = {"origin": WIDGET, "sec-fetch-site": "cross-site"}
    response = client.post("/v1/ask", json={"question": "owls"}, headers=headers)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] in (WIDGET, "*")


@pytest.mark.parametrize(
    "origins",
    ["www.example.org", "https://www.example.org/", "https://*.example.org", "https://Example.org",
     "ftp://example.org", "https://a.example;https://b.example", "null"],
)  # fmt: skip
def test_a_wrong_list_of_origins_is_refused(index: Path, engine: Engine, origins: str) -> None:
    with pytest.raises(UsageError, match="setting cors_origins has"):
        create_app(index=index, settings=Settings(cors_origins=origins), engine=engine)


def test_the_widgets_files_are_for_every_page(keyed: Keyed) -> None:
    headers = keyed.client().get("/static/chat.css", headers={"origin": WIDGET}).headers
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["access-control-allow-origin"] == "*"
    own = keyed.client("ask").get("/v1/documents").headers
    assert own["cross-origin-resource-policy"] == "same-origin"
    assert own["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in own["permissions-policy"]
