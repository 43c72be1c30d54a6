"""Passages that are read only when they are used: of forty, few become results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from qa.records import PassageId
from qa.store.protocol import StoredPassage


class StoredPassages(Sequence[StoredPassage]):
    """Passages that are read only when they are used: of forty, few become results."""

    def __init__(
        self,
        read: Callable[[PassageId, int], StoredPassage],
        found: Sequence[tuple[PassageId, int]],
    ) -> None:
        self._read = read
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> StoredPassage: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[StoredPassage]: ...

    def __getitem__(self, place: int | slice) -> StoredPassage | Sequence[StoredPassage]:
        if isinstance(place, slice):
            return StoredPassages(self._read, self._found[place])
        return self._read(*self._found[place])
