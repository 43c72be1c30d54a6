"""A cache of the documents that were read last, limited by the size of their texts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from qa.records import Document


class RecentDocuments:
    """Reads documents by place and keeps the last ones: ``characters`` of text, but at least one.

    Several threads may use it: if several need the same document, one reads it.
    """

    def __init__(self, read: Callable[[int], Document], *, characters: int) -> None:
        self._read = read
        self._room = characters
        self._kept: OrderedDict[int, Document] = OrderedDict()
        self._lock = threading.Lock()
        self._reading: dict[int, threading.Lock] = {}

    def __call__(self, place: int) -> Document:
        """Return the document at ``place``."""
        with self._lock:
            found = self._find(place)
            if found is not None:
                return found
            turn = self._reading.setdefault(place, threading.Lock())
        with turn:
            with self._lock:
                found = self._find(place)
            if found is None:
                found = self._read(place)
                with self._lock:
                    self._keep(place, found)
            with self._lock:
                self._reading.pop(place, None)
        return found

    def _find(self, place: int) -> Document | None:
        found = self._kept.get(place)
        if found is not None:
            self._kept.move_to_end(place)
        return found

    def _keep(self, place: int, document: Document) -> None:
        if place not in self._kept:
            self._kept[place] = document
            self._room -= len(document.text)
        while self._room < 0 and len(self._kept) > 1:
            self._room += len(self._kept.popitem(last=False)[1].text)
