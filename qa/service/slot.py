"""The engine that answers, while the index beneath it is built anew, rolled back or purged."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Hashable
from pathlib import Path

from qa.engine import Engine
from qa.errors import IndexUnusableError
from qa.settings import Settings
from qa.store import open_index

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

    def __init__(
        self,
        index: Path | str,
        engine: Engine | None,
        *,
        max_wrong: int,
        reading: str = Settings().reading,
    ) -> None:
        self._index = open_index(index)
        self._max_wrong = max_wrong
        self._reading = reading
        self._engine = engine
        self._error: IndexUnusableError | None = None
        self._retry_at = 0.0
        self._lock = threading.Lock()
        self._stamp: Hashable = None
        self._fault: str | None = None
        self._away: str | None = None
        self._logged = ""
        self._open_again_at = 0.0
        self.swaps = 0
        """How many times another generation took the place of the one that was open."""

    @property
    def current(self) -> Engine | None:
        """The engine if it is open; never opens it."""
        return self._engine

    @property
    def fault(self) -> str | None:
        """Why another generation than the live one answers, or none; None while all is well.

        It is for clients: it does not say where the index lies.
        """
        engine = self._engine
        fault = self._fault or (engine.fault if engine else None)
        return fault and self.told(fault)

    @property
    def away(self) -> str | None:
        """Why what holds the index gave no answer at the last look, for clients; None where it did."""
        return self._away and self.told(self._away)

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
                self._stamp = self._index.stamp()
                self._engine = Engine.open(
                    self._index, max_wrong=self._max_wrong, reading=self._reading
                )
            except IndexUnusableError as error:
                self._log_once(error.message)
                self._error, self._retry_at = error, time.monotonic() + RETRY_SECONDS
                raise
            return self._engine

    def told(self, message: str) -> str:
        """Return a message as clients may read it: without where the index lies on this machine."""
        return self._index.told(message)

    def _log_once(self, message: str) -> None:
        if message != self._logged:
            self._logged = message
            log.error("the index cannot be served: %s", message)

    def look(self) -> None:
        """Open what has become live since, beside what answers; then let it answer.

        When it cannot be opened, what answers goes on, and ``fault`` says why. Only ever called
        from one thread at a time; never raises.
        """
        current = self._engine
        if current is None:
            self._open_first()
            return
        # Taken before the pointer is read: what changes after it is seen the next time.
        stamp = self._index.stamp()
        self._set_away(self._index.away)
        due = self._fault is not None and time.monotonic() >= self._open_again_at
        if stamp == self._stamp and not due:
            return
        self._stamp = stamp
        try:
            if self._index.version() == current.store.version:
                self._fault = None
                return
            engine = Engine.open(
                self._index,
                max_wrong=self._max_wrong,
                reading=self._reading,
                encoder=current.encoder,
            )
        except IndexUnusableError as error:
            self._set_fault(error.message, error.retry_after)
        except Exception as error:
            log.exception("the new generation of %s cannot be opened", self._index.name)
            self._set_fault(f"the new generation cannot be opened ({type(error).__name__})")
        else:
            self._take(engine)

    def _open_first(self) -> None:
        try:
            self.get()
        except IndexUnusableError:
            pass  # who asks is told
        except Exception:
            log.exception("%s cannot be opened", self._index.name)

    def _take(self, engine: Engine) -> None:
        """Let an engine answer, unless it is of the generation that answers already."""
        assert self._engine is not None  # once open, there is always one
        if engine.store.version != self._engine.store.version:
            self._engine = engine
            self.swaps += 1
            self._fault = None
        if engine.fault is not None:
            self._set_fault(engine.fault)

    def _set_away(self, why: str | None) -> None:
        if why != self._away:
            log.warning("%s", why or f"the store of the index {self._index.name} answers again")
        self._away = why

    def _set_fault(self, fault: str, again: int | None = None) -> None:
        if fault != self._fault:
            log.error("a new generation of %s is not served: %s", self._index.name, fault)
        self._fault = fault
        self._open_again_at = time.monotonic() + (again or OPEN_AGAIN_SECONDS)
