"""Whether what holds an index gives an answer: asked seldom, and never waited for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future

from qa.errors import IndexUnreachableError

PROBE_SECONDS = 2.0
"""What has not answered by then counts as unreachable."""


class Probe:
    """Asks an index for its stamp, in a thread of its own. Safe to use from several threads.

    One call is under way at most: where it hangs, nobody else hangs with it, and the first one that
    comes after its end asks again.
    """

    def __init__(self, ask: Callable[[], Hashable]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._call: Future[Hashable] | None = None
        self._began = 0.0

    def stamp(self, *, max_age: float = 0.0) -> Hashable:
        """Return the index's stamp, asked for at most ``max_age`` seconds ago.

        Raises IndexUnreachableError where it does not come within ``PROBE_SECONDS``, and what the
        index raises.
        """
        with self._lock:
            call = self._call
            if call is None or (call.done() and time.monotonic() - self._began >= max_age):
                call = self._call = Future()
                self._began = time.monotonic()
                threading.Thread(target=self._run, args=(call,), name="probe", daemon=True).start()
            left = self._began + PROBE_SECONDS - time.monotonic()
        try:
            return call.result(max(left, 0.0))
        except TimeoutError:
            raise IndexUnreachableError(
                f"what holds the index has not answered for {PROBE_SECONDS:g} seconds: ask again"
            ) from None

    @property
    def failed(self) -> bool:
        """Whether the last call got no answer, or not in time; asks nobody."""
        with self._lock:
            call, waited = self._call, time.monotonic() - self._began
        if call is None:
            return False
        return call.exception() is not None if call.done() else waited >= PROBE_SECONDS

    def _run(self, call: Future[Hashable]) -> None:
        try:
            call.set_result(self._ask())
        except BaseException as error:  # whoever waits is told
            call.set_exception(error)
