"""What the routes of one application share; nothing here is global."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request

from qa.api.guards.access import address_of, caller_of
from qa.api.metrics import Metrics
from qa.api.pieces import AT_ONCE
from qa.api.questions import Questions
from qa.engine import Engine
from qa.errors import BusyError, ClientGoneError, TooManyError
from qa.judging.kept import Judgements
from qa.judging.unanswered import Keeper
from qa.records import Answer, Question
from qa.service.access_log import AccessLog
from qa.service.given import Given
from qa.service.keys import Keyring
from qa.service.pictures import WAITING, Pictures, too_many
from qa.service.sessions import Sessions
from qa.service.slot import EngineSlot
from qa.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Service:
    """One application's parts, kept at ``app.state.service``."""

    settings: Settings
    engines: EngineSlot
    metrics: Metrics
    keyring: Keyring
    sessions: Sessions
    questions: Questions
    pictures: Pictures
    writers: CapacityLimiter = field(default_factory=partial(CapacityLimiter, AT_ONCE))
    """Threads that read documents and write them, see ``qa.api.pieces``."""
    judgements: Judgements | None = None
    """What people judged; None if nothing is kept."""
    unanswered: Keeper | None = None
    """What keeps questions without an answer; None if none are kept."""
    keeping: CapacityLimiter = field(default_factory=partial(CapacityLimiter, 1))
    """The thread that keeps judgements: each waits for the disk."""
    given: Given = field(default_factory=Given)
    """What the citations of late answers stand for."""
    drawers: CapacityLimiter = field(default_factory=partial(CapacityLimiter, WAITING))
    """Threads in which pages are drawn, or waited for."""
    access_log: AccessLog | None = None
    """Gets a line for each request; None if there is no such log."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process is asked to stop: running requests complete, and readiness ends."""

    async def ask(self, request: Request, question: Question) -> Answer:
        """Answer a question of a request; every route that asks uses this.

        The caller's limits apply, and nothing is computed for a client that has left. A question without
        an answer is kept where the operator wants that; asking for the stages of a score asks nothing new.
        Raises QaError: the errors of ``Engine.ask``, TooManyError, BusyError, ClientGoneError.
        """
        if self.settings.log_questions == "on":
            request.state.question = question.text
        caller = caller_of(request.scope)

        def work() -> Answer:
            answer = self.engines.get().ask(question)
            if self.unanswered is not None and not question.explain:
                who = (caller.key_id, address_of(request.scope))
                self.unanswered.note(answer, filtered=bool(question.filters), caller=who)
            return answer

        try:
            answer = await self.questions.run(
                work,
                caller=caller.limited,
                receive=request.receive,
            )
        except (TooManyError, BusyError, ClientGoneError) as error:
            self.metrics.refuse(error.name)
            raise
        self.given.remember(answer)
        return answer

    async def draw(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, which draws pages. Raises what it raises, and BusyError."""
        try:
            if not self.drawers.available_tokens:
                raise too_many()
            return await run_sync(work, limiter=self.drawers)
        except BusyError as error:
            self.metrics.refuse(error.name)
            raise

    def base(self, request: Request) -> str:
        """Return the address that links begin with: the setting, else the address of the request."""
        return (self.settings.public_url or str(request.base_url)).rstrip("/")


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    service: Service = request.app.state.service
    return service


def engine_of(request: Request) -> Engine:
    """Return the engine that answers a request. Raises IndexUnusableError."""
    return service_of(request).engines.get()
