"""How many questions are in the engine at once, who waits, and who is sent away.

A question costs a processor for its whole time, so more of them at once only make each slower.
As many run as there are processors; a short queue takes up what comes in a burst; the rest is
told at once to come back. What waits is dropped when its client leaves, before it is computed.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from starlette.types import Receive

from qa.errors import BusyError, ClientGoneError, TooManyError
from qa.runtime import processors

T = TypeVar("T")
RETRY_SECONDS = 1
"""A full queue is empty again in less."""


class Questions:
    """The places in the engine and before it. Only ever touched from an event loop."""

    def __init__(
        self, *, waiting: int, each: int, seconds: float, running: int | None = None
    ) -> None:
        self._free = running or processors()
        self._waiting_at_most = waiting
        self._each = each
        self._seconds = seconds
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._callers: Counter[str] = Counter()

    async def run(self, work: Callable[[], T], *, caller: str | None, receive: Receive) -> T:
        """Return what ``work`` returns, run in a thread once it is its turn.

        ``caller`` names who asks, or is None for one without a limit of their own; ``receive`` is
        the request's, which tells that its client left. Raises TooManyError for a caller with
        too many questions under way, BusyError when the queue is full or the time is over, and
        ClientGoneError. What has begun runs to its end whatever happens, and keeps its place
        until then.
        """
        if caller is not None and self._each and self._callers[caller] >= self._each:
            raise TooManyError(
                f"{self._each} of your questions are under way already: wait for an answer",
                code="too_many_questions",
                retry_after=RETRY_SECONDS,
            )
        if not self._free and len(self._waiting) >= self._waiting_at_most:
            raise BusyError(
                "more questions wait than can be answered soon: ask again",
                retry_after=RETRY_SECONDS,
            )
        self._begin(caller)
        gone = asyncio.ensure_future(_departure(receive))
        gone.add_done_callback(_seen)
        deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            await self._turn(gone, deadline)
        except BaseException:
            gone.cancel()
            self._end(caller)
            raise
        answer = asyncio.get_running_loop().run_in_executor(None, work)
        answer.add_done_callback(partial(self._leave, caller))
        try:
            return await _first(answer, gone, deadline)
        finally:
            gone.cancel()

    def _begin(self, caller: str | None) -> None:
        if caller is not None:
            self._callers[caller] += 1

    def _end(self, caller: str | None) -> None:
        if caller is not None:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]

    async def _turn(self, gone: asyncio.Future[None], deadline: float) -> None:
        """Take a place in the engine, in the order of asking."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await _first(turn, gone, deadline)
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._hand_on()
            else:
                self._waiting.remove(turn)
            raise

    def _leave(self, caller: str | None, answer: asyncio.Future[T]) -> None:
        _seen(answer)
        self._end(caller)
        self._hand_on()

    def _hand_on(self) -> None:
        """Give a place that has become free to the one who waited longest."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1


async def _first(wanted: asyncio.Future[T], gone: asyncio.Future[None], deadline: float) -> T:
    """Return the result of ``wanted``, unless the client leaves or the time is over before."""
    left = deadline - asyncio.get_running_loop().time()
    either: set[asyncio.Future[Any]] = {wanted, gone}
    await asyncio.wait(either, timeout=left, return_when=asyncio.FIRST_COMPLETED)
    if gone.done():
        gone.result()
        raise ClientGoneError("the client left before it had its answer")
    if wanted.done():
        return wanted.result()
    raise BusyError(
        "the question took too long: ask again, or ask a shorter one",
        code="question_timeout",
        retry_after=RETRY_SECONDS,
    )


def _seen(future: asyncio.Future[Any]) -> None:
    """Take note of how it ended: nobody may be left to whom an exception could be told."""
    if not future.cancelled():
        future.exception()


async def _departure(receive: Receive) -> None:
    """Return once the client has left; what it still sends is not wanted."""
    while (await receive())["type"] != "http.disconnect":
        pass
