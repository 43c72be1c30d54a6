"""Waits for a child process, up to a limit of processor time and a limit of clock time.

The child cannot set itself a reliable limit, because it could lift it again. The process that started it
may have no right to change a limit later. So the parent reads the child's clock, which needs no right.
"""

from __future__ import annotations

import select
import socket
import sys
import time

_LOOK = 1.0
"""The longest pause between two looks at the clock, in seconds: threads use processor time faster."""


def wait(channel: socket.socket, process: int, *, seconds: float, deadline: float) -> None:
    """Return when there is something to receive, or when nothing more will come.

    Raises TimeoutError when the process has used ``seconds`` of processor time meanwhile, and after the
    ``deadline`` on the monotonic clock. On systems other than Linux, which do not give the clock of
    another process, only the deadline holds.
    """
    upto = _used(process) + seconds
    answer = select.poll()
    answer.register(channel, select.POLLIN)
    while True:
        left = min(_LOOK, deadline - time.monotonic(), upto - _used(process))
        if answer.poll(max(1000 * left, 0)):
            return
        if left <= 0:
            raise TimeoutError


def _used(process: int) -> float:
    """Return the processor time of another process in seconds.

    The clock's number is the one that clock_getcpuclockid(3) gives on Linux.
    """
    if sys.platform != "linux":
        return 0.0
    try:
        return time.clock_gettime(~process << 3 | 2)
    except OSError:
        return 0.0
