"""The application over the small archive, in process and over a real connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.serve import listen
from qa.settings import Settings
from tests.api.keyed import Keyed


@pytest.fixture(scope="session")
def app(index: Path, engine: Engine) -> FastAPI:
    """The application with the settings as they are by default."""
    return create_app(index=index, settings=Settings(), engine=engine)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of the application, in process; it sees what a client sees of an exception."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def keyed(tmp_path: Path, index: Path, engine: Engine) -> Keyed:
    """An application that asks for keys."""
    return Keyed(tmp_path, index, engine)


@pytest.fixture(scope="session")
def address(app: FastAPI) -> Iterator[str]:
    """``host:port`` of a real server on the loopback interface."""
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        host, port = listener.getsockname()
        thread.start()
        try:
            yield f"{host}:{port}"
        finally:
            server.should_exit = True
            thread.join()
