"""A store that gives no answer: 503 with Retry-After, and questions are answered as soon as it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.errors import IndexUnreachableError
from qa.settings import Settings
from qa.store import Store
from tests.fake import FakeEncoder


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
