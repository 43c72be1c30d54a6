"""Following a folder: when it has changed and settled, it is built."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from qa.corpus import Stamp, stamps
from qa.errors import QaError

AGAIN_SECONDS = 60
"""A build that failed is tried again after so long, or as soon as the folder changes."""
_PAUSE = 20
"""Between two looks there is so many times as much time as a look takes."""


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

    It looks every so many seconds, and builds once two looks in turn found the same: files that are
    still being written are waited for. A build that fails is told of, in one line, and what it would
    have done is tried again. What ``sleep`` raises ends it.
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
        # A large folder is looked at less often: a look takes its time as well.
        sleep(max(every, _PAUSE * (looked - began)))
