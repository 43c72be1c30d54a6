"""A marked key and a marked word, asked with everywhere: found in nothing that is written or refused."""

from __future__ import annotations

import http.client
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import pytest

from qa.api.middleware import CutOffError, Faults
from qa.engine import Engine
from qa.errors import IndexDamagedError
from qa.service.keys import Keyring
from qa.service.redact import RedactedFormatter, redacted, told_in_log
from qa.service.sessions import Sessions
from tests.api.keyed import Keyed
from tests.api.routes import every
from tests.api.servers import connect, read_all, running
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

WORD = "zyzzogeton"
QUESTION = f"Which {WORD} saw the owls?"
WRONG = "qa_feedface_" + "MarkedSecret" * 3 + "Marked7"
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
HTML = {"accept": "text/html"}


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """What came back. ``refusal``: its body tells of a failure."""

    sent: Sent
    status: int
    headers: str
    body: str

    @property
    def refusal(self) -> bool:
        if self.status >= 400:
            return True
        told = json.loads(self.body) if self.sent.path.startswith("/mcp") and self.body else {}
        return "error" in told or bool(told.get("result", {}).get("isError"))


class Marks:
    """Keys and sessions, and what of them is secret."""

    def __init__(self, keyring: Keyring, sessions: Sessions) -> None:
        key, self.good = keyring.make("marked", "admin")
        self.session = sessions.issue(key.id)
        self.forged = self.session[:-10] + "ForgedMark"
        self.secrets = [self.good[-43:], WRONG[-43:], self.session[-43:], self.forged[-43:]]
        self.secrets += [self.good[-20:], WRONG[-20:]]  # as somebody might cut them short

    def found_in(self, text: str) -> list[str]:
        return [secret for secret in self.secrets if secret in text]


def callers(marks: Marks) -> Iterator[dict[str, str]]:
    yield {"authorization": f"Bearer {marks.good}"}
    yield {"authorization": f"Bearer {WRONG}"}
    yield {"cookie": f"qa_session={marks.session}"}
    yield {"cookie": f"qa_session={marks.forged}; other={WRONG}", "x-api-key": WRONG}
    named = ("user-agent", "referer", "origin", "x-forwarded-for", "x-request-id", "traceparent",
             "mcp-session-id", "mcp-protocol-version", "accept-language", "if-none-match", "range")  # fmt: skip
    yield {"authorization": f"Bearer {marks.good}", **dict.fromkeys(named, f"{WRONG} {WORD}")}


def queries() -> Iterator[str]:
    yield ""
    yield f"?question={quote(QUESTION)}&k=3"
    yield f"?question={quote(QUESTION)}&k={WRONG}"
    yield f"?question=owls&{WRONG}=1"
    yield f"?question={WORD * 300}"
    yield f"?limit={WORD}&cursor={WRONG}"
    yield f"?cursor={WORD}"
    yield f"?start={WRONG}&end={WORD}"
    yield f"?start=5&end=2&version={WORD}"
    yield f"?question=owls&source={WRONG}&published_from={WORD}"


def bodies() -> Iterator[dict[str, str] | bytes]:
    """Yield headers, and after them the bodies that are sent with these."""
    yield JSON
    values: list[Any] = [
        {"question": QUESTION}, {"question": QUESTION, "k": WRONG}, {"question": [WORD]},
        {"question": QUESTION, "history": [WORD, 5]}, {"question": QUESTION, WRONG: 1},
        {"question": QUESTION, "filters": {"published_from": WORD, "source": [WRONG]}},
        {"question": QUESTION, "filters": {"source": WORD}}, {"question": WORD * 300},
        [QUESTION, WRONG], QUESTION, {"question": {WRONG: {WORD: 1}}},
        {"citation": {"id": WRONG, "start": WORD}, "excerpt": WORD},
        {"messages": [{"role": "user", "content": QUESTION}]},
        {"messages": [{"role": "user", "content": QUESTION}], "stream": True},
        {"messages": [{"role": WORD, "content": QUESTION}], "stream": True},
        {"messages": [{"role": "user", "content": {WRONG: WORD}}]},
        {"messages": WORD, "model": WRONG}, {"messages": [], "model": WRONG},
        {"key": WRONG}, {"key": 5, WRONG: 5}, {"key": WRONG, "next": f"/{WORD}", WRONG: 1},
        *rpc(),
    ]  # fmt: skip
    yield from (json.dumps(value).encode() for value in values)
    yield json.dumps({"question": QUESTION, "key": WRONG}).encode()[:-1]
    yield f'{{"question": {WRONG}}}'.encode()
    yield f'{{"question": "{WORD}\\ud800 {WRONG}"}}'.encode()
    yield f'{{"question": "{WORD}'.encode() + b"\xff"
    yield f'{{"question": NaN, "{WORD}": 1}}'.encode()
    yield {"content-type": "application/x-www-form-urlencoded"}
    yield f"key={WRONG}&next=/v1/ask".encode()
    yield f"key={WRONG}&{WRONG}={WORD}".encode()
    yield f"key={WRONG}&next=/v1/documents?{WRONG}".encode()
    yield {"content-type": f"text/plain; {WRONG}"}
    yield QUESTION.encode()


def rpc() -> Iterator[Any]:
    """Messages of the Model Context Protocol, right and wrong."""
    about = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": WRONG, "version": WORD},
    }
    yield message("initialize", about)
    yield message("initialize", {**about, "protocolVersion": WRONG})
    yield message("initialize", {"clientInfo": WORD})
    yield message("tools/list", {"cursor": WRONG})
    for name, arguments in (
        ("ask", {"question": QUESTION}), ("ask", {"question": QUESTION, "k": WRONG}),
        ("ask", {"question": QUESTION, WRONG: WORD}), ("ask", {"question": WORD * 300}),
        ("ask", {"question": QUESTION, "published_from": WORD}), ("search", {"query": QUESTION}),
        ("search", {"query": {WORD: WRONG}}), ("fetch", {"id": WRONG}), ("fetch", {"id": WORD}),
        (WRONG, {"query": WORD}),
    ):  # fmt: skip
        yield message("tools/call", {"name": name, "arguments": arguments})
    yield message("tools/call", {"name": [WRONG], "arguments": WORD})
    yield message(f"{WRONG}/{WORD}", {})
    yield message("prompts/get", {"name": WRONG})
    yield message("resources/read", {"uri": f"file:///{WRONG}"})
    yield {"jsonrpc": "2.0", "method": f"notifications/{WRONG}", "params": {"a": WORD}}
    yield {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": [WRONG]}}
    yield {"jsonrpc": WRONG, "id": 1, "method": WORD}
    yield {"jsonrpc": "2.0", "id": {WRONG: WORD}, "method": "tools/list"}
    yield {"jsonrpc": "2.0", "id": 1, "result": {WRONG: WORD}}
    yield [message("tools/list", {WRONG: WORD})]


def message(method: str, params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def requests(routes: list[tuple[str, str]], marks: Marks, *, step: int = 1) -> Iterator[Sent]:
    """Yield everything, or each ``step``-th, as somebody with a good key; less as everybody else."""
    for number, caller in enumerate(callers(marks)):
        every_so_many = 7 * step if number else step
        for method, path in routes:
            yield from islice(variants(method, path, caller), 0, None, every_so_many)


def variants(method: str, path: str, caller: dict[str, str]) -> Iterator[Sent]:
    for query in queries():
        yield Sent(method, path + query, caller, b"")
    if method == "GET":
        yield Sent(method, f"{path}?{WRONG}={quote(QUESTION)}", caller | HTML, b"")
    headers: dict[str, str] = {}
    for part in bodies() if method == "POST" else ():
        if isinstance(part, dict):
            headers = part
        else:
            yield Sent(method, path, headers | caller, part)


def heads(marks: Marks) -> Iterator[bytes]:
    """Yield what is no request, or one of another kind."""
    for key in (marks.good, WRONG):
        yield f"GET /{key} HTTP/9.9\r\n{WORD}: {key}\r\n\r\n".encode()
        yield f"{key} {WORD}\r\n\r\n".encode()
        yield f"GET / HTTP/1.1\r\nhost: {key}\r\nbad header {WORD}\r\n\r\n".encode()
        yield f"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: {key}\r\n\r\n".encode()
        yield f"GET /v1/ask?question={WORD}{'x' * 40_000}{key} HTTP/1.1\r\nhost: a\r\n\r\n".encode()
        yield f"GET / HTTP/1.1\r\nhost: a\r\nx: {key}{'x' * 40_000}{WORD}\r\n\r\n".encode()
        yield f"GET /{key}/{WORD} HTTP/1.1\r\nhost: {key}\r\nconnection: close\r\n\r\n".encode()
        yield (
            f"GET /v1/ask HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            f"sec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n\r\n"
        ).encode()


def ask_everything(address: str, sent: Iterator[Sent], marks: Marks) -> list[Told]:
    """Send requests over real connections; return what came back."""
    host, port = address.rsplit(":", 1)
    told = []
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    for one in sent:
        connection.request(one.method, one.path, one.body or None, dict(one.headers))
        response = connection.getresponse()
        told.append(Told(one, response.status, str(response.headers), response.read().decode()))
    connection.close()
    for head in heads(marks):
        with connect((host, int(port)), head) as raw:
            raw.settimeout(0.2)
            try:
                answer = read_all(raw).decode("latin-1")
            except TimeoutError:
                answer = ""
            told.append(Told(Sent("RAW", "", {}, head), 400, "", answer))
    return told


def check(told: list[Told], marks: Marks, *places: Path) -> None:
    """See that no answer holds a key, a refusal no word of a question, and none a path of this machine."""
    machine = {str(ROOT), sys.prefix, sys.base_prefix, *map(str, places)}
    wrong = []
    for one in told:
        shown = one.headers + one.body
        begun = "set-cookie" in one.headers.lower()
        # The page that asks for a key leads to where one was. A path that is no route may be named.
        may_name = "text/html" in one.headers or WORD in one.sent.path.partition("?")[0]
        if (
            marks.found_in(one.headers)
            or any(path in shown for path in machine)
            or (begun and (WORD in one.headers or not one.sent.path.startswith("/v1/session")))
            or (one.refusal and marks.found_in(one.body))
            or (one.refusal and WORD in one.body and not may_name)
        ):
            wrong.append(one)
    assert wrong == []
    statuses = {one.status for one in told}
    assert statuses >= {200, 204, 400, 401, 403, 404, 405, 413, 415, 422} - {403, 405, 413}, (
        statuses
    )


def check_files(marks: Marks, *folders: Path) -> None:
    """See that nothing was written into files."""
    seen = 0
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                seen += 1
                assert not marks.found_in(content.decode("latin-1")), path
                assert WORD.encode() not in content, path
                assert WRONG.encode() not in content, path
    assert seen > 10


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """All that is logged by anybody, from DEBUG on, as a handler of the root would write it."""
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {logging.Formatter().format(record)}")

    root, handler = logging.getLogger(), Keeping(logging.DEBUG)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(before)
    root.removeHandler(handler)


def test_nothing_of_a_key_or_a_question_is_written(
    keyed: Keyed, index: Path, everything: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    marks = Marks(keyed.keyring, keyed.sessions)
    routes = every(keyed.app) + every(keyed.app, part=WORD) + every(keyed.app, part=WRONG)
    routes = sorted(
        {*routes, ("GET", f"/{WRONG}"), ("PATCH", f"/v1/{WORD}"), ("OPTIONS", "/v1/ask")}
    )
    with running(keyed.app) as (_, (host, port)):
        told = ask_everything(f"{host}:{port}", requests(routes, marks), marks)
        metrics = keyed.client("admin").get("/metrics").text
    assert len(told) > 500
    check(told, marks, index, keyed.keyring.path.parent)
    out, err = capfd.readouterr()
    written = "\n".join([*everything, out, err, metrics])
    assert any("mcp complains" in line for line in everything)  # the log is heard
    assert not marks.found_in(written)
    assert [line for line in written.splitlines() if WORD in line or "feedface_M" in line] == []
    check_files(marks, index, keyed.keyring.path.parent)


def test_a_fault_tells_nobody_what_was_asked(
    keyed: Keyed, index: Path, everything: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every exception here quotes the question, the key and a place on this machine."""
    marks = Marks(keyed.keyring, keyed.sessions)
    raised: list[BaseException] = [
        RuntimeError(f"{QUESTION} {marks.good} {index}"),
        KeyError(WORD),
        UnicodeEncodeError("utf-8", f"{WORD}\ud800", 10, 11, WRONG),
        ExceptionGroup(WORD, [ValueError(WORD), ExceptionGroup(WRONG, [OSError(2, WORD, WRONG)])]),
        IndexDamagedError(
            f"the index file {index}/generations/1-a/texts.bin is damaged: run qa build"
        ),
    ]

    def fail(*_: object, **__: object) -> None:
        try:
            raise ValueError(f"before it: {QUESTION} {marks.good}")
        except ValueError:
            raise raised[0]  # noqa: B904 - the exception before it is to be in its context

    for name in ("ask", "document", "documents", "archive", "verify"):
        whole = property(fail) if name == "archive" else fail
        monkeypatch.setattr(Engine, name, whole)
    path = "/v1/documents/d0123456789abcdef"
    sent = [
        Sent("POST", "/v1/ask", JSON, json.dumps({"question": QUESTION}).encode()),
        Sent("GET", f"/v1/ask?question={quote(QUESTION)}", {}, b""),
        Sent("GET", "/v1/documents", {}, b""), Sent("GET", path, {}, b""),
        Sent("GET", f"{path}/view", {}, b""), Sent("GET", "/v1/archive", {}, b""),
        *(Sent("POST", place, JSON, json.dumps(body).encode()) for place, body in (
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}]}),
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}], "stream": True}),
            ("/mcp", message("tools/call", {"name": "ask", "arguments": {"question": QUESTION}})),
            ("/mcp", message("tools/call", {"name": "search", "arguments": {"query": QUESTION}})),
            ("/mcp", message("tools/call", {"name": "fetch", "arguments": {"id": "d0123456789abcdef"}})),
        )),
    ]  # fmt: skip
    key = {"authorization": f"Bearer {marks.good}"}
    with running(keyed.app) as (_, (host, port)):
        connection = http.client.HTTPConnection(host, port, timeout=30)
        while raised:
            for one in sent:
                connection.request(one.method, one.path, one.body or None, {**one.headers, **key})
                response = connection.getresponse()
                body = response.read().decode()
                told = Told(one, response.status, str(response.headers), body)
                assert told.refusal, told
                assert (
                    response.status == 200 if one.path == "/mcp" else response.status in (500, 503)
                )
                for secret in (*marks.secrets, WORD, str(index)):
                    assert secret not in body + told.headers, told
            raised.pop(0)
        connection.close()
    written = "\n".join(everything)
    assert "test_discretion.py" in written  # it says where
    assert "RuntimeError" in written and "FileNotFoundError" in written  # and what
    assert not marks.found_in(written)
    assert [line for line in everything if WORD in line] == []


# The real way in, with an encoder that needs no model.
PROGRAM = """
import logging, sys
from qa import engine
from qa.cli import serve
from qa.settings import Settings
from tests.fake import FakeEncoder

engine.load_encoder = lambda *_, **__: FakeEncoder()

def announce(engine, address):
    logging.getLogger().setLevel(logging.DEBUG)
    print(address, flush=True)

serve.serve(
    Settings(index=sys.argv[1], keys_file=sys.argv[2], port=0, drain_seconds=0, requests_per_minute=0),
    announce=announce,
)
"""


def test_a_real_process_writes_nothing_of_them(keyed: Keyed, index: Path, tmp_path: Path) -> None:
    marks, errors = Marks(keyed.keyring, keyed.sessions), tmp_path / "stderr"
    command = [sys.executable, "-c", PROGRAM, str(index), str(keyed.keyring.path)]
    with (
        errors.open("wb") as stderr,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=ROOT
        ) as process,
    ):
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip().removeprefix("http://")
            assert address, errors.read_text()
            told = ask_everything(address, requests(every(keyed.app), marks, step=3), marks)
            process.send_signal(signal.SIGTERM)
            out = process.communicate(timeout=60)[0]
        finally:
            process.kill()
    assert process.returncode == 0
    check(told, marks, index, tmp_path)
    written = errors.read_text() + out
    assert "DEBUG" in written  # the log is heard
    assert not marks.found_in(written)
    assert WORD not in written
    check_files(marks, index, tmp_path)


def test_an_answer_that_is_cut_off_tells_no_more(caplog: pytest.LogCaptureFixture) -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError(QUESTION)

    async def nothing(*_: Any) -> None:
        return None

    scope = {"type": "http", "state": {"request_id": "abc123"}}
    with pytest.raises(CutOffError, match="abc123") as raised:
        anyio.run(Faults(half, whole=False), scope, nothing, nothing)
    # What the server writes of it, and what we do.
    shown = logging.Formatter().formatException((raised.type, raised.value, raised.tb))
    assert WORD not in shown + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_handler_of_ours_writes_no_key() -> None:
    session = "qs1.0123abcd.1767225600.1769817600." + "A" * 43
    record = logging.LogRecord("a", logging.ERROR, "b", 1, "%s, %s.", (WRONG, session), None)
    assert RedactedFormatter().format(record) == "qa_feedface***, qs1.0123abcd***"
    assert redacted("qa_build, qa_0123abc_x, an qs1 and QA_KEYS_FILE") == (
        "qa_build, qa_0123abc_x, an qs1 and QA_KEYS_FILE"
    )


def test_a_traceback_is_told_whole_where_it_is_wanted() -> None:
    try:
        try:
            raise KeyError(WORD)
        except KeyError as first:
            raise RuntimeError(f"{QUESTION} {WRONG}") from first
    except RuntimeError as error:
        few, whole = told_in_log(error), told_in_log(error, whole=True)
    assert WORD not in few
    assert "builtins.KeyError\nand then\n" in few
    assert few.endswith("builtins.RuntimeError")
    assert QUESTION in whole
    assert WRONG[-43:] not in whole
