"""The tools over standard input and output, for a client that starts the process itself."""

from __future__ import annotations

import asyncio
import os
import signal

from mcp.server.stdio import stdio_server

from qa.engine import Engine
from qa.mcp.server import make_server
from qa.mcp.tools import Access
from qa.records import Answer, Document, Question
from qa.service.slot import EngineSlot


def serve_stdio(engines: EngineSlot, base: str) -> None:
    """Answer on standard output until standard input ends, or SIGTERM or SIGINT comes.

    The generation that is live at that time answers each call.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    asyncio.run(_serve(engines, base))


def _leave(*_: object) -> None:
    # End at once: a thread waits for the next line of standard input, and a normal exit would
    # wait for that thread. Nothing is open for writing.
    os._exit(0)


async def _serve(engines: EngineSlot, base: str) -> None:
    # The loop's own handlers wake it. A normal handler runs only when the main thread runs Python
    # again, which may be never while it waits for the client.
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _leave)
    looking = asyncio.Lock()

    async def engine() -> Engine:
        async with looking:
            await asyncio.to_thread(engines.look)
        return engines.get()

    async def ask(question: Question) -> Answer:
        return await asyncio.to_thread((await engine()).ask, question)

    async def document(id: str) -> Document:
        return await asyncio.to_thread((await engine()).document, id)

    access = Access(ask, document, base, told=engines.told)
    server = make_server(lambda _: access)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
