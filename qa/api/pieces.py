"""Large answers: made in a thread and sent in pieces, so that nobody waits for the whole of one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import anyio
from anyio.to_thread import run_sync
from starlette.responses import Response, StreamingResponse

WHOLE = 262_144
"""Bytes of an answer that is sent in one piece, with its length."""
PIECE = 65_536
"""Bytes of a piece of a larger one: making it holds Python's lock for a millisecond or less."""
AT_ONCE = 2
"""Threads that make answers. More would wait for Python's lock, and the event loop among them."""


async def in_pieces(
    make: Callable[[], Iterator[bytes]], media_type: str, limiter: anyio.CapacityLimiter
) -> Response:
    """Return the answer that consists of what ``make`` yields.

    ``make`` is called, and what it returns is drawn from, in threads that ``limiter`` counts. What
    it raises before its first piece is raised here. The client's pace is kept: a piece is made once
    most of those before it are on their way, and none for a client that has left.
    """

    def begin() -> tuple[bytes, Iterator[bytes]]:
        pieces = make()
        return _some(pieces, WHOLE), pieces

    async def all_of_them() -> AsyncIterator[bytes]:
        piece = first
        while piece:
            yield piece
            piece = await run_sync(_some, pieces, PIECE, limiter=limiter)

    first, pieces = await run_sync(begin, limiter=limiter)
    if len(first) < WHOLE:
        return Response(first, media_type=media_type)
    return StreamingResponse(all_of_them(), media_type=media_type)


def _some(pieces: Iterator[bytes], least: int) -> bytes:
    """Return the next pieces together: ``least`` bytes or more, unless they end before."""
    found, size = [], 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size >= least:
            break
    return b"".join(found)
