"""Limits how many requests a key or an address may make."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from qa.errors import TooManyError

CALLERS = 10_000
"""How many callers are remembered. The ones seen longest ago are forgotten and begin again."""


class Rate:
    """A token bucket for each caller: it holds the tokens of a minute, and fills evenly."""

    def __init__(
        self,
        per_minute: int,
        *,
        callers: int = CALLERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._callers = callers
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, caller: str | None) -> None:
        """Count a request. Raises TooManyError, which says when to ask again.

        A caller None has no limit, and a rate of 0 means no limit.
        """
        if caller is None or not self._per_minute:
            return
        now, full = self._clock(), float(self._per_minute)
        left, since = self._buckets.pop(caller, (full, now))
        left = min(full, left + (now - since) * full / 60)
        self._buckets[caller] = (max(left - 1, 0.0) if left >= 1 else left, now)
        if len(self._buckets) > self._callers:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooManyError(
                f"more than {self._per_minute} requests in a minute (setting requests_per_minute)",
                retry_after=math.ceil((1 - left) * 60 / full),
            )
