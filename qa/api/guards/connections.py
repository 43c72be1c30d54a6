"""Who is connected: how many connections an address may have, and which of them gives way."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from qa.api.guards.access import network_of

MAX_CONNECTIONS = 800
"""Below the 1,024 open files that a process usually may have."""
SILENT_SECONDS = 1.0
"""A connection whose client is waited for as long as this gives way to a new one of its address."""


class Connection(Protocol):
    """What is counted."""

    def look(self, now: float) -> None:
        """See whether the client has left; ``now`` is ``time.monotonic()``."""

    def hang_up(self) -> None:
        """Close the connection at once."""


class Connections:
    """The connections of a server. Only ever touched from its event loop.

    A connection is silent while its client is waited for: for a request, for the rest of one, or
    for the next one. Where there is no room, the one that has been silent longest gives way, so
    that whoever asks is let in, however many hold a connection and do not ask.

    ``each`` is how many an address may have, 0 is any number, and ``most`` how many all may have.
    Of a peer that ``is_proxy`` only the silent ones are counted: its requests are counted by the
    addresses that it names, where they are known.
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
        """Since when each is silent, that of the longest time first."""

    def __len__(self) -> int:
        return len(self._address)

    def enter(self, connection: Connection, peer: str) -> bool:
        """Take note of a new connection, or return False if there is no room for it."""
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
        """Take note that a request has come, whole: its client waits for us."""
        self._silent.pop(connection, None)

    def is_silent(self, connection: Connection) -> None:
        """Take note that the client of a connection is waited for."""
        if connection in self._address:
            self._silent.pop(connection, None)  # it is the last one now
            self._silent[connection] = self._clock()

    def look(self) -> None:
        """Have each connection look whether its client has left."""
        now = self._clock()
        for connection in list(self._address):
            connection.look(now)

    def _make_room(self, address: str, *, proxy: bool) -> bool:
        """Close what is silent and too many of an address; return whether one more may come."""
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
