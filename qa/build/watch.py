"""Watches a folder, and builds when its files have changed and then stayed the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from qa.corpus import Stamp, stamps
from qa.errors import QaError

AGAIN_SECONDS = 60
"""A failed build is tried again after so many seconds, or as soon as the folder changes."""
_PAUSE = 20
"""The pause between two looks is this many times as long as a look."""


def watch(
    paths: Sequence[Path],
    build: Callable[[], object],
    *,
    every: float,
    complain: Callable[[str], object],
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Call ``build`` now, and whenever the files under ``paths`` have changed; never returns.

    It looks every few seconds, and builds when two looks in a row found the same changes: so it waits
    for files that are still being written. If a build fails, it shows one line and tries again. It ends
    when ``sleep`` raises.
    """
    built: Mapping[str, Stamp] | None = None
    seen: Mapping[str, Stamp] | None = None
    failed: Mapping[str, Stamp] | None = None
    told, again_at = "", 0.0
    while True:
        began = looked = clock()
        try:
            now = stamps(paths)
            looked = clock()
            settled = seen is None or now == seen
            due = now != failed or clock() >= again_at
            seen = now
            if settled and due and now != built:
                failed, again_at = now, clock() + AGAIN_SECONDS
                build()
                built, failed, told = now, None, ""
        except (QaError, OSError) as error:
            if str(error) != told:
                told = str(error)
                complain(told)
        # A large folder is looked at less often, because each look takes time.
        sleep(max(every, _PAUSE * (looked - began)))
