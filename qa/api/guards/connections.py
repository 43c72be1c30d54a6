"""Limits the connections of each address and of all, and chooses which one is closed for a new one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from qa.api.guards.access import network_of

MAX_CONNECTIONS = 800
"""Below 1,024, the usual limit of open files of a process."""
SILENT_SECONDS = 1.0
"""A connection that is silent for this time is closed for a new connection of its address."""


class Connection(Protocol):
    """A connection that is counted."""

    def look(self, now: float) -> None:
        """Check whether the client has left; ``now`` is ``time.monotonic()``."""

    def hang_up(self) -> None:
        """Close the connection at once."""


class Connections:
    """The connections of a server. Use it only from the server's event loop.

    A connection is silent while the server waits for its client: for a request, for the rest of one, or
    for the next one. If there is no room, the connection that has been silent longest is closed. So
    clients that ask are let in, however many others hold a connection and do not ask.

    ``each`` is the most connections of one address, 0 means any number; ``most`` is the most in all. For
    a peer that ``is_proxy`` only silent connections are counted here; its requests are counted by the
    addresses that it names, in the guard.
    """

    def __init__(
        self,
        *,
        each: int,
        most: int,
        is_proxy: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._each = each
        self._is_proxy = is_proxy
        self._most = most
        self._clock = clock
        self._address: dict[Connection, str] = {}
        self._number: Counter[str] = Counter()
        self._silent: dict[Connection, float] = {}
        """Since when each connection is silent, the one with the longest time first."""

    def __len__(self) -> int:
        return len(self._address)

    def enter(self, connection: Connection, peer: str) -> bool:
        """Add a new connection; return False if there is no room for it."""
        address = network_of(peer)
        if self._each and not self._make_room(address, proxy=self._is_proxy(peer)):
            return False
        if len(self) >= self._most:
            oldest = next(iter(self._silent), None)
            if oldest is None:
                return False
            self._close(oldest)
        self._address[connection] = address
        self._number[address] += 1
        self._silent[connection] = self._clock()
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection, if it is known."""
        address = self._address.pop(connection, None)
        if address is not None:
            self._silent.pop(connection, None)
            self._number[address] -= 1
            if not self._number[address]:
                del self._number[address]

    def asks(self, connection: Connection) -> None:
        """Note that a complete request has come: now the client waits for the server."""
        self._silent.pop(connection, None)

    def is_silent(self, connection: Connection) -> None:
        """Note that the server now waits for the client of a connection."""
        if connection in self._address:
            self._silent.pop(connection, None)  # so that it becomes the last one
            self._silent[connection] = self._clock()

    def look(self) -> None:
        """Make each connection check whether its client has left."""
        now = self._clock()
        for connection in list(self._address):
            connection.look(now)

    def _make_room(self, address: str, *, proxy: bool) -> bool:
        """Close silent connections of an address that has too many; return whether one more may come."""
        number = len(self._silent) if proxy else self._number[address]
        if number < self._each:
            return True
        silent = [one for one in self._silent if self._address[one] == address]
        excess = (len(silent) if proxy else number) + 1 - self._each
        since = self._clock() - SILENT_SECONDS
        closed = [one for one in silent if self._silent[one] <= since][: max(excess, 0)]
        for one in closed:
            self._close(one)
        return proxy or len(closed) >= excess

    def _close(self, connection: Connection) -> None:
        self.leave(connection)
        connection.hang_up()
