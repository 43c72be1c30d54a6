"""What the routes of one application share; nothing here is global."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from qa.api.access import caller_of
from qa.api.metrics import Metrics
from qa.api.questions import Questions
from qa.engine import Engine
from qa.errors import BusyError, ClientGoneError, IndexUnusableError, TooManyError
from qa.keys import Keyring
from qa.records import Answer, Question
from qa.settings import Settings
from qa.store import IndexFolder

RETRY_SECONDS = 3
"""After a failed opening, the next one is tried no sooner."""
LOOK_SECONDS = 1
"""How often a service looks whether another generation is live."""
OPEN_AGAIN_SECONDS = 60
"""A new generation that could not be opened is tried again no sooner, unless the pointer changes."""

log = logging.getLogger(__name__)


class EngineSlot:
    """The engine of an index that may not be there yet, be damaged, or be replaced at any time.

    A question takes the engine once and keeps it to its end: it is answered from one generation,
    also where another one takes its place meanwhile. What nobody uses any more is let go.
    """

    def __init__(self, index: Path, engine: Engine | None, *, max_wrong: int) -> None:
        self._index = index
        self._folder = IndexFolder(index)
        self._max_wrong = max_wrong
        self._engine = engine
        self._error: IndexUnusableError | None = None
        self._retry_at = 0.0
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] | None = None
        self._fault: str | None = None
        self._open_again_at = 0.0
        self.swaps = 0
        """How many times another generation took the place of the one that was open."""

    @property
    def current(self) -> Engine | None:
        """The engine if it is open; never opens it."""
        return self._engine

    @property
    def fault(self) -> str | None:
        """Why another generation than the live one answers, or none; None while all is well."""
        engine = self._engine
        return self._fault or (engine.fault if engine else None)

    def get(self) -> Engine:
        """Return the engine, opened if need be. Raises IndexUnusableError, which says why not."""
        if self._engine is not None:
            return self._engine
        with self._lock:
            if self._engine is not None:
                return self._engine
            if self._error is not None and time.monotonic() < self._retry_at:
                raise self._error.with_traceback(None)
            try:
                self._stamp = self._folder.stamp()
                self._engine = Engine.open(self._index, max_wrong=self._max_wrong)
            except IndexUnusableError as error:
                self._error, self._retry_at = error, time.monotonic() + RETRY_SECONDS
                raise
            return self._engine

    def look(self) -> None:
        """Open what has become live since, beside what answers; then let it answer.

        When it cannot be opened, what answers goes on, and ``fault`` says why. Only ever called
        from one thread at a time; never raises.
        """
        current = self._engine
        if current is None:
            with contextlib.suppress(IndexUnusableError):
                self.get()
            return
        # Taken before the pointer is read: what changes after it is seen the next time.
        stamp = self._folder.stamp()
        due = self._fault is not None and time.monotonic() >= self._open_again_at
        if stamp == self._stamp and not due:
            return
        self._stamp = stamp
        try:
            if self._folder.live().version == current.store.version:
                self._fault = None
                return
            engine = Engine.open(self._index, max_wrong=self._max_wrong, encoder=current.encoder)
        except IndexUnusableError as error:
            self._set_fault(error.message)
        except Exception as error:
            log.exception("the new generation of %s cannot be opened", self._index)
            self._set_fault(f"the new generation cannot be opened ({type(error).__name__})")
        else:
            self._take(engine)

    def _take(self, engine: Engine) -> None:
        """Let an engine answer, unless it is of the generation that answers already."""
        assert self._engine is not None  # once open, there is always one
        if engine.store.version != self._engine.store.version:
            self._engine = engine
            self.swaps += 1
            self._fault = None
        if engine.fault is not None:
            self._set_fault(engine.fault)

    def _set_fault(self, fault: str) -> None:
        if fault != self._fault:
            log.error("a new generation of %s is not served: %s", self._index, fault)
        self._fault = fault
        self._open_again_at = time.monotonic() + OPEN_AGAIN_SECONDS


@dataclass(frozen=True, slots=True)
class Service:
    """One application's parts, kept at ``app.state.service``."""

    settings: Settings
    engines: EngineSlot
    metrics: Metrics
    keyring: Keyring
    questions: Questions
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set once the process is asked to stop: what is under way completes, readiness ends."""

    async def ask(self, request: Request, question: Question) -> Answer:
        """Answer a question that came with a request; every route that asks goes through here.

        The limits of whoever asks hold, and nothing is computed for a client that has left.
        Raises QaError: what ``Engine.ask`` raises, TooManyError, BusyError, ClientGoneError.
        """
        try:
            return await self.questions.run(
                lambda: self.engines.get().ask(question),
                caller=caller_of(request.scope).limited,
                receive=request.receive,
            )
        except (TooManyError, BusyError, ClientGoneError) as error:
            self.metrics.refuse(error.name)
            raise

    def base(self, request: Request) -> str:
        """Return the address that links begin with: the setting, else what the client asked."""
        return (self.settings.public_url or str(request.base_url)).rstrip("/")


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    service: Service = request.app.state.service
    return service


def engine_of(request: Request) -> Engine:
    """Return the engine that answers a request. Raises IndexUnusableError."""
    return service_of(request).engines.get()
