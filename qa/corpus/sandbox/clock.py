"""Waiting for a child process for so much of its processor time, and so much time on the wall.

The child sets itself no such limit, for what it can set it can lift, and the process that started it may
have no right to move one on: it looks at the child's clock instead, which needs none.
"""

from __future__ import annotations

import select
import socket
import sys
import time

_LOOK = 1.0
"""How often the clock is looked at, at least, in seconds: threads use it up faster than time passes."""


def wait(channel: socket.socket, process: int, *, seconds: float, deadline: float) -> None:
    """Return when there is something to receive, or nothing to come any more.

    Raises TimeoutError once the process has used so many ``seconds`` of a processor meanwhile, and past
    the ``deadline`` on the monotonic clock. Where no clock of another process is told, as on other systems
    than Linux, only the deadline holds.
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
