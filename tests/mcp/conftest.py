"""The tools over HTTP and over standard input and output, each with the official client."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.servers import running
from tests.conftest import ROOT

Talk = Callable[[Client], Awaitable[Any]]

# ``qa`` where the index was made by the fake encoder.
COMMAND = """
import sys
import qa.engine
from qa.cli.commands import main
from tests.fake import FakeEncoder
qa.engine.load_encoder = lambda *_, **__: FakeEncoder()
main(sys.argv[1:])
"""


def talk(server: Any, conversation: Talk, mode: str = "auto") -> Any:
    """Return what a conversation with a server comes to; raise what the client made of an error."""

    async def connect() -> Any:
        async with Client(server, mode=mode, read_timeout_seconds=60) as client:
            return await conversation(client)

    try:
        return asyncio.run(asyncio.wait_for(connect(), 120))
    except BaseExceptionGroup as group:  # of the client's own tasks
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            [error] = error.exceptions
        raise error from None


@asynccontextmanager
async def over_http(url: str, headers: dict[str, str]) -> AsyncIterator[Any]:
    """Give a client's way to ``url``, with headers of its own."""
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


def call(server: Any, tool: str, mode: str = "auto", **arguments: Any) -> Any:
    """Return what one call of a tool gives."""

    async def conversation(client: Client) -> Any:
        return await client.call_tool(tool, arguments)

    return talk(server, conversation, mode)


def command(index: Path) -> StdioServerParameters:
    """Return how a client starts ``qa mcp``."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    arguments = ["-c", COMMAND, "mcp", "--index", str(index)]
    return StdioServerParameters(
        command=sys.executable, args=arguments, cwd=str(ROOT), env=environment
    )


@pytest.fixture(scope="session")
def app(index: Path, engine: Engine) -> FastAPI:
    """The application with the settings as they are by default."""
    return create_app(index=index, settings=Settings(), engine=engine)


@pytest.fixture(scope="session")
def address(app: FastAPI) -> Iterator[str]:
    """Where a real server of it listens."""
    with running(app) as (_, (host, port)):
        yield f"http://{host}:{port}"


@pytest.fixture(scope="session")
def endpoint(address: str) -> str:
    """The address that is given to a client."""
    return f"{address}/mcp"
