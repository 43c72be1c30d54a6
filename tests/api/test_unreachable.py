"""A store that gives no answer: 503 with Retry-After, and questions are answered as soon as it does."""

from __future__ import annotations

import errno
import threading
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.errors import IndexUnreachableError
from qa.service import probe, slot
from qa.settings import Settings
from qa.store import FileIndex, Index, Store
from tests.fake import FakeEncoder
from tests.store.contract import archive as documents
from tests.store.contract import build as build_of
from tests.store.memory import MemoryIndex


class Away:
    """A store whose calls fail while it is ``away``."""

    def __init__(self, store: Store) -> None:
        self._store, self.away = store, False

    def __getattr__(self, name: str) -> Any:
        if self.away and name in ("candidates", "fetch", "statistics", "document"):
            raise IndexUnreachableError("the bucket gives no answer: ask again")
        return getattr(self._store, name)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/v1/ask", {"question": "owls"}), ("GET", "/v1/documents/d0", None)],
)
def test_it_is_told_and_recovers(
    index: Path, engine: Engine, method: str, path: str, body: dict[str, str] | None
) -> None:
    store = Away(engine.store)
    asked = Engine(store=cast(Store, store), encoder=FakeEncoder())
    client = TestClient(create_app(index=index, settings=Settings(), engine=asked))
    usual = client.request(method, path, json=body).status_code
    store.away = True
    response = client.request(method, path, json=body)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert response.json()["error"]["code"] == "index_unreachable"
    store.away = False
    assert client.request(method, path, json=body).status_code == usual


def test_what_is_of_another_kind_tells_no_time() -> None:
    assert IndexUnreachableError("away").retry_after == 2
    assert IndexUnreachableError("away", retry_after=9).retry_after == 9


# --- readiness of an index that is open ----------------------------------------------------------


@dataclass
class Remote(MemoryIndex):
    """An index in memory that may give no answer: an ``error``, or nothing while ``gate`` is closed."""

    error: Exception | None = None
    gate: threading.Event = field(default_factory=threading.Event)

    def stamp(self) -> Hashable:
        self.gate.wait(30)
        if self.error is not None:
            raise self.error
        return super().stamp()


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    """An index that is reached, and asked each time anew."""
    monkeypatch.setattr(slot, "LOOK_SECONDS", 0)
    index = Remote(tmp_path)
    index.gate.set()
    build_of(cast(Index, index), documents())
    return index


def service_on(index: Index) -> TestClient:
    """Return a client of a service on an index that is open. Nothing looks at it beside the client."""
    engine = Engine(store=index.open().store, encoder=FakeEncoder())
    return TestClient(create_app(index=index, settings=Settings(), engine=engine))


def readiness(client: TestClient) -> tuple[int, bool]:
    """Return the status of readiness, and whether the metrics say the same."""
    response = client.get("/readyz")
    ready = response.json()["ready"]
    assert (response.status_code == 200) is ready
    assert ready or int(response.headers["retry-after"]) > 0
    return response.status_code, f"qa_ready {float(ready)}" in client.get("/metrics").text


def test_an_index_that_is_away_is_not_ready_until_it_is_back(remote: Remote) -> None:
    client = service_on(cast(Index, remote))
    assert readiness(client) == (200, True)
    for _ in range(2):
        remote.error = IndexUnreachableError("the bucket gives no answer: ask again")
        assert readiness(client) == (503, True)
        assert client.get("/readyz").json() == {
            "ready": False,
            "index": None,
            "fault": "the bucket gives no answer: ask again",
        }
        # What is open goes on, where it can.
        assert client.post("/v1/ask", json={"question": "owls"}).status_code == 200
        remote.error = None
        assert readiness(client) == (200, True)


def test_an_index_that_hangs_is_not_waited_for(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = service_on(cast(Index, remote))
    monkeypatch.setattr(probe, "PROBE_SECONDS", 0.05)
    remote.gate.clear()
    try:
        before = threading.active_count()
        for _ in range(3):
            assert readiness(client) == (503, True)
        assert threading.active_count() <= before + 1
        assert client.get("/healthz").status_code == 200
    finally:
        remote.gate.set()
    monkeypatch.setattr(probe, "PROBE_SECONDS", 30)
    assert readiness(client) == (200, True)


def test_looking_at_one_that_is_away_changes_nothing(
    remote: Remote, caplog: pytest.LogCaptureFixture
) -> None:
    client = service_on(cast(Index, remote))
    engines = cast(Any, client.app).state.service.engines
    first = engines.get()
    for _ in range(2):
        caplog.clear()
        remote.error = IndexUnreachableError("the bucket gives no answer: ask again")
        engines.look()
        engines.look()
        assert caplog.text.count("the bucket gives no answer") == 1
        assert (engines.get(), engines.fault, engines.ready) == (first, None, None)
        remote.error = None
        engines.look()
        assert engines.ready is first


@pytest.mark.parametrize(
    ("number", "away"),
    [
        (errno.EIO, True),
        (errno.ESTALE, True),
        (errno.ENOTCONN, True),
        (errno.ENOENT, False),
        (errno.EACCES, False),
        (errno.ENAMETOOLONG, False),
    ],
)
def test_a_folder_whose_disk_is_away(
    index: Path, monkeypatch: pytest.MonkeyPatch, number: int, away: bool
) -> None:
    """A pointer that is gone leaves what is open as it is; a disk that is gone does not."""
    folder = FileIndex(index)
    usual = folder.stamp()
    look = Path.stat

    def fail(path: Path, **more: Any) -> Any:
        if path.name == "LIVE":
            raise OSError(number, "no answer", str(path))
        return look(path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", fail)
        if away:
            with pytest.raises(IndexUnreachableError, match="cannot be reached"):
                folder.stamp()
        else:
            assert folder.stamp() == ()
    assert folder.stamp() == usual
