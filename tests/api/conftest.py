"""The application over the small archive, in process and over a real connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.records import Answer, Question
from qa.settings import Settings
from tests.api.keyed import Keyed
from tests.api.servers import running


@pytest.fixture(scope="session")
def app(index: Path, engine: Engine) -> FastAPI:
    """The application with the settings as they are by default."""
    return create_app(index=index, settings=Settings(), engine=engine)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> TestClient:
    """A client of the application, in process; it sees what a client sees of an exception.

    The application is not started, and so has nothing to stop when the tests are over: its engine
    is open, and its index stays as it is.
    """
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def keyed(tmp_path: Path, index: Path, engine: Engine) -> Keyed:
    """An application that asks for keys."""
    return Keyed(tmp_path, index, engine)


@pytest.fixture(scope="session")
def address(app: FastAPI) -> Iterator[str]:
    """``host:port`` of a real server on the loopback interface."""
    with running(app) as (_, (host, port)):
        yield f"{host}:{port}"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """The questions that reach the engine."""
    found: list[Question] = []
    ask = Engine.ask

    def listen(engine: Engine, question: Question) -> Answer:
        found.append(question)
        return ask(engine, question)

    monkeypatch.setattr(Engine, "ask", listen)
    return found
