"""Limits how many questions the engine answers at once, queues some, and refuses the rest.

A question needs a processor for its whole time, so more of them at once only slow each other. As many
run as there are processors. A short queue takes a burst. The rest are told at once to come back. The
longer a question takes, the fewer may wait, so that those that wait are answered soon. If a client leaves,
its waiting question is dropped and never computed.
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
"""A full queue is empty again within this time."""
_WAIT_SECONDS = 0.75
"""No more questions wait than begin within this time, as long as ``_BURST`` allows that."""
_BURST = 4
"""So many may always wait for each place, however long a question takes."""
_LATEST = 0.1
"""The weight of the latest question in the mean time of a question."""


class Questions:
    """The questions that run and the questions that wait. Use it only from an event loop."""

    def __init__(
        self, *, waiting: int, each: int, seconds: float, running: int | None = None
    ) -> None:
        self._places = self._free = running or processors()
        self._waiting_at_most = waiting
        self._takes = 0.0  # mean seconds for which a question holds a place; 0: not known yet
        self._each = each
        self._seconds = seconds
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._callers: Counter[str] = Counter()

    async def run(self, work: Callable[[], T], *, caller: str | None, receive: Receive) -> T:
        """Return the result of ``work``, which runs in a thread when its turn comes.

        ``caller`` names who asks; None is a caller without a limit of its own. ``receive`` is the
        request's, and shows that its client left. Raises what ``admit`` raises, BusyError when the time
        is over, and ClientGoneError. A question that has begun always runs to its end, and keeps its
        place until then.
        """
        self.admit(caller)
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
        began = asyncio.get_running_loop().time()
        answer = asyncio.get_running_loop().run_in_executor(None, work)
        answer.add_done_callback(partial(self._leave, caller, began))
        try:
            return await _first(answer, gone, deadline)
        finally:
            gone.cancel()

    def admit(self, caller: str | None) -> None:
        """Return if a question of this caller may run or wait now.

        Raises TooManyError for a caller with too many questions at once, and BusyError when the queue is
        full.
        """
        if caller is not None and self._each and self._callers[caller] >= self._each:
            raise TooManyError(
                f"{self._each} of your questions are running already: wait for an answer",
                code="too_many_questions",
                retry_after=RETRY_SECONDS,
            )
        if not self._free and len(self._waiting) >= self._room():
            raise BusyError(
                "too many questions are waiting: ask again",
                retry_after=RETRY_SECONDS,
            )

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

    def _room(self) -> int:
        """Return how many questions may wait."""
        if not self._takes:
            return self._waiting_at_most
        soon = max(int(_WAIT_SECONDS * self._places / self._takes), _BURST * self._places)
        return min(soon, self._waiting_at_most)

    def _leave(self, caller: str | None, began: float, answer: asyncio.Future[T]) -> None:
        _seen(answer)
        took = asyncio.get_running_loop().time() - began
        self._takes += (took - self._takes) * (_LATEST if self._takes else 1)
        self._end(caller)
        self._hand_on()

    def _hand_on(self) -> None:
        """Give a free place to the question that has waited longest."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1


async def _first(wanted: asyncio.Future[T], gone: asyncio.Future[None], deadline: float) -> T:
    """Return the result of ``wanted``; raise if the client leaves or the time ends first."""
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
    """Read the exception of a future that nobody awaits any more, or asyncio would log it."""
    if not future.cancelled():
        future.exception()


async def _departure(receive: Receive) -> None:
    """Return when the client has left; ignore everything that it still sends."""
    while (await receive())["type"] != "http.disconnect":
        pass
