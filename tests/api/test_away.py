"""What holds the index gives no answer: ``/readyz`` says so, and is well again by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings


def test_readiness_ends_and_comes_back(
    index: Path, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    client, slot = TestClient(app), app.state.service.engines
    slot.look()
    assert client.get("/readyz").json()["ready"] is True
    slot._index.away = f"the store of the index {index} gives no answer: ask again"
    slot.look()
    slot.look()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.headers["retry-after"]
    told = response.json()
    assert told["ready"] is False
    assert told["fault"] == f"the store of the index {index.name} gives no answer: ask again"
    assert str(index.parent) not in response.text
    slot._index.away = None
    slot.look()
    assert client.get("/readyz").json()["ready"] is True
    said = [record.message for record in caplog.records if "the store of" in record.message]
    assert len(said) == 2 and said[1].endswith("answers again")
