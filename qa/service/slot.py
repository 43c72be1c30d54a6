"""The engine that answers while its index is built again, rolled back or purged."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Hashable, Sequence
from pathlib import Path

from qa.engine import Engine
from qa.errors import IndexUnusableError
from qa.service.probe import Probe
from qa.settings import Settings
from qa.store import Index, open_index

RETRY_SECONDS = 3
"""The least time between a failed opening and the next try."""
LOOK_SECONDS = 1
"""The time between two looks for another live generation."""
OPEN_AGAIN_SECONDS = 60
"""The least time before a new generation that failed is tried again, unless the pointer changes."""

log = logging.getLogger(__name__)


class EngineSlot:
    """The engine of an index, which may be missing, damaged, or replaced at any time.

    A question takes the engine once and uses it to its end: so one generation answers it, even if another
    becomes live meanwhile. An engine that nobody uses any more is released.
    """

    def __init__(
        self,
        index: Path | str | Index,
        engine: Engine | None,
        *,
        max_wrong: int,
        reading: str = Settings().reading,
    ) -> None:
        self._index = open_index(index) if isinstance(index, Path | str) else index
        self._probe = Probe(self._index.stamp)
        self._max_wrong = max_wrong
        self._reading = reading
        self._engine = engine
        self._error: IndexUnusableError | None = None
        self._retry_at = 0.0
        self._lock = threading.Lock()
        self._stamp: Hashable = None
        self._fault: str | None = None
        self._logged = ""
        self._open_again_at = 0.0
        self.swaps = 0
        """How often another generation replaced the open one."""

    @property
    def current(self) -> Engine | None:
        """The engine if it is open; never opens it."""
        return self._engine

    @property
    def fault(self) -> str | None:
        """Why the live generation does not answer; None if all is well.

        It is for clients, so it does not say where the index lies.
        """
        engine = self._engine
        fault = self._fault or (engine.fault if engine else None)
        return fault and self.told(fault)

    def get(self) -> Engine:
        """Return the engine; open it if necessary. Raises IndexUnusableError, which says why not."""
        if self._engine is not None:
            return self._engine
        with self._lock:
            if self._engine is not None:
                return self._engine
            if self._error is not None and time.monotonic() < self._retry_at:
                raise self._error.with_traceback(None)
            try:
                self._stamp = self._probe.stamp()
                self._engine = Engine.open(
                    self._index, max_wrong=self._max_wrong, reading=self._reading
                )
            except IndexUnusableError as error:
                self._log_once(error.message)
                self._error, self._retry_at = error, time.monotonic() + RETRY_SECONDS
                raise
            return self._engine

    def reached(self) -> Engine:
        """Return the engine if the place that holds its index responds; open it if necessary.

        Once it is open this takes a second or two at most. Raises IndexUnusableError, which says why not.
        """
        engine = self.get()
        self._probe.stamp(max_age=LOOK_SECONDS)
        return engine

    @property
    def ready(self) -> Engine | None:
        """The engine if it is open and the place that holds its index responded to the last request."""
        return None if self._probe.failed else self._engine

    def folders(self) -> Sequence[str]:
        """Return the folders that the index was built from. Raises IndexUnusableError."""
        return self._index.folders()

    def told(self, message: str) -> str:
        """Return a message in a form for clients: without the path of the index."""
        return self._index.told(message)

    def _log_once(self, message: str) -> None:
        if message != self._logged:
            self._logged = message
            log.error("the index cannot be served: %s", message)

    def look(self) -> None:
        """Open a generation that became live, beside the one that answers; then let the new one answer.

        If it cannot be opened, the old one still answers, and ``fault`` says why. The same happens if the
        place that holds the index does not respond; then ``reached`` says so. Called from one thread at a
        time; never raises.
        """
        current = self._engine
        if current is None:
            self._open_first()
            return
        try:
            # Taken before the pointer is read, so that a later change is seen the next time.
            stamp = self._probe.stamp()
        except IndexUnusableError as error:
            self._log_once(error.message)
            return
        except Exception:
            log.exception("%s cannot be looked at", self._index.name)
            return
        self._logged = ""
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
            pass  # whoever asks gets the error
        except Exception:
            log.exception("%s cannot be opened", self._index.name)

    def _take(self, engine: Engine) -> None:
        """Let an engine answer, unless its generation answers already."""
        assert self._engine is not None  # once it was open, there is always one
        if engine.store.version != self._engine.store.version:
            self._engine = engine
            self.swaps += 1
            self._fault = None
        if engine.fault is not None:
            self._set_fault(engine.fault)

    def _set_fault(self, fault: str, again: int | None = None) -> None:
        if fault != self._fault:
            log.error("a new generation of %s is not served: %s", self._index.name, fault)
        self._fault = fault
        self._open_again_at = time.monotonic() + (again or OPEN_AGAIN_SECONDS)
