"""Storage that stalls, is busy, or is gone: told in time, by name, and over when it is over."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.errors import IndexUnreachableError
from qa.records import Question
from qa.settings import Settings
from qa.store.lance import LanceIndex
from tests.buckets import BUCKET, KEY, SECRET, Server
from tests.fake import FakeEncoder
from tests.proxies import Mood, Proxy, proxied
from tests.store.contract import archive, build
from tests.store.lance import lance_index

pytestmark = pytest.mark.slow

PATIENT, LIMIT = 60.0, 120.0
"""Seconds within which each failure is told on a busy machine; what is held up is so for longer."""


@pytest.fixture
def proxy(s3: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy before the server, whose address is in the environment; every limit is short."""
    from qa.store.lance import connection

    short = {"connect_timeout": "5s", "timeout": "5s", "client_max_retries": "0"}
    monkeypatch.setattr(connection, "_OPTIONS", short | {"client_retry_timeout": "1"})
    monkeypatch.setattr(connection, "READ_SECONDS", PATIENT)
    with proxied(int(s3.endpoint.rsplit(":", 1)[1])) as made:
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{made.port}")
        yield made


@contextmanager
def trouble(proxy: Proxy, mood: Mood) -> Iterator[None]:
    """Let the proxy be in a mood for a while; what takes long is given up soon then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.store.lance.connection.READ_SECONDS", 0.5)
        proxy.mood = mood
        yield
    proxy.mood = "pass"


@pytest.fixture
def index(proxy: Proxy, tmp_path: Path) -> LanceIndex:
    """An index that is built, behind the proxy."""
    made = lance_index(f"s3://{BUCKET}/storage/{tmp_path.name}", tmp_path / "local")
    build(made, archive())
    return made


MOODS: dict[Mood, str] = {
    "stall": "gives no answer",
    "gone": "gives no answer",
    "busy": "gives no answer",
}


@pytest.mark.parametrize("mood", MOODS)
def test_it_is_told_in_time_and_is_over_when_it_is_over(
    mood: Mood, index: LanceIndex, proxy: Proxy, tmp_path: Path
) -> None:
    engine = Engine(store=index.open().store, encoder=FakeEncoder())
    usual = engine.ask(Question("Who dug the harbour?")).results
    assert usual
    other = lance_index(f"s3://{BUCKET}/storage/{tmp_path.name}", tmp_path / "local")
    stamp = index.stamp()
    ids = [one.id for one in engine.store.sample(3)]
    with trouble(proxy, mood):
        for act in (
            other.open,
            other.version,
            index.stamp,
            lambda: engine.store.fetch(ids, ("harbour",)),
        ):
            began = time.monotonic()
            with pytest.raises(IndexUnreachableError, match=MOODS[mood]) as told:
                act()
            assert time.monotonic() - began < LIMIT
            assert told.value.retry_after == 2
            assert SECRET not in str(told.value) and KEY not in str(told.value)
    assert index.stamp() == stamp
    assert engine.ask(Question("Who dug the harbour?")).results == usual


def test_a_service_says_so_and_is_ready_again(
    index: LanceIndex, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(store=index.open().store, encoder=FakeEncoder())
    monkeypatch.setattr("qa.service.slot.open_index", lambda place: index)
    monkeypatch.setattr("qa.service.probe.PROBE_SECONDS", PATIENT)
    app = create_app(index="s3://archive/any", settings=Settings(), engine=engine)
    client, slot = TestClient(app), app.state.service.engines
    slot.look()
    assert client.get("/readyz").status_code == 200
    with trouble(proxy, "gone"):
        slot.look()
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (503, False)
        answer = client.post("/v1/ask", json={"question": "Where do owls sleep at night?"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["error"]["code"] == "index_unreachable"
        assert BUCKET + "/" not in ready.text + answer.text
    slot.look()
    assert client.get("/readyz").status_code == 200
    assert client.post("/v1/ask", json={"question": "Where do owls sleep?"}).status_code == 200


def test_no_secret_is_written_or_said_anywhere(
    index: LanceIndex,
    proxy: Proxy,
    s3: Server,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == SECRET
    said = []
    for mood in MOODS:
        with trouble(proxy, mood):
            try:
                index.open()
            except IndexUnreachableError as error:
                said += [str(error), repr(error.__cause__), repr(error.__context__)]
    assert len(said) == 3 * len(MOODS)
    build(index, [*archive()[:2]])
    index.check()
    captured = capfd.readouterr()
    heard = "\n".join([*said, caplog.text, captured.out, captured.err])
    assert SECRET not in heard and KEY not in heard
    objects = s3.objects("storage/")
    assert objects
    for data in objects.values():
        assert SECRET.encode() not in data and KEY.encode() not in data
