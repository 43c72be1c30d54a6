"""Large answers: a thread makes them, and they are sent in pieces, so that others need not wait."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import anyio
from anyio.to_thread import run_sync
from starlette.responses import Response, StreamingResponse

WHOLE = 262_144
"""The most bytes of an answer that is sent in one piece, with its length."""
PIECE = 65_536
"""Bytes of a piece of a larger answer: to make it holds Python's lock for a millisecond or less."""
AT_ONCE = 2
"""Threads that make answers. More threads would slow the event loop: all wait for Python's lock."""


async def in_pieces(
    make: Callable[[], Iterator[bytes]], media_type: str, limiter: anyio.CapacityLimiter
) -> Response:
    """Return the answer that consists of the pieces that ``make`` yields.

    ``make`` runs in threads that ``limiter`` counts. An error before the first piece is raised here.
    The client sets the pace: a piece is made when most of the earlier ones were sent, and none is made
    for a client that has left.
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
    """Return the next pieces together: at least ``least`` bytes, unless the pieces end earlier."""
    found, size = [], 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size >= least:
            break
    return b"".join(found)
