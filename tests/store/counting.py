"""A store that writes down what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qa.store import Store

CALLS = frozenset(
    name for name, member in vars(Store).items() if callable(member) and not name.startswith("_")
)
"""The methods of the protocol, each of which may be a call over a network."""


class CountingStore:
    """Implements ``Store`` by another one; ``calls`` names the methods that were called, in turn."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._counted(name, found) if name in CALLS else found

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            return method(*arguments, **named)

        return call
