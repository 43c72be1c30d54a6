"""What the routes of one application share; nothing here is global."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from qa.api.metrics import Metrics
from qa.engine import Engine
from qa.errors import IndexUnusableError
from qa.settings import Settings

RETRY_SECONDS = 3
"""After a failed opening, the next one is tried no sooner."""


class EngineSlot:
    """The engine of an index that may not be there yet, or be damaged."""

    def __init__(self, index: Path, engine: Engine | None, *, max_wrong: int) -> None:
        self._index = index
        self._max_wrong = max_wrong
        self._engine = engine
        self._error: IndexUnusableError | None = None
        self._retry_at = 0.0
        self._lock = threading.Lock()

    @property
    def current(self) -> Engine | None:
        """The engine if it is open; never opens it."""
        return self._engine

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
                self._engine = Engine.open(self._index, max_wrong=self._max_wrong)
            except IndexUnusableError as error:
                self._error, self._retry_at = error, time.monotonic() + RETRY_SECONDS
                raise
            return self._engine


@dataclass(frozen=True, slots=True)
class Service:
    """One application's parts, kept at ``app.state.service``."""

    settings: Settings
    engines: EngineSlot
    metrics: Metrics

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
