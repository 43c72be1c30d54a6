"""What a service has cited of late, so that it can cite it again when its document is another by then."""

from __future__ import annotations

import threading
from collections import OrderedDict

from qa.records import Answer
from qa.search.cited import Place

MOST = 10_000
"""Citations that are remembered; the oldest go first. They take some 4 MB."""


class Given:
    """The places of citations by their ids, in memory and for as long as the process runs.

    Nothing of the questions or the words is kept. Safe to use from several threads.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, answer: Answer) -> None:
        """Remember the citations of an answer."""
        with self._lock:
            for result in answer.results:
                for one in (result.citation, *result.also):
                    place = Place(one.document_id, one.sha256, one.start, one.end)
                    self._places[one.id] = place
                    self._places.move_to_end(one.id)
            while len(self._places) > self._most:
                self._places.popitem(last=False)

    def place(self, id: str) -> Place | None:
        """Return the place of a citation that was given; None where it is not remembered."""
        with self._lock:
            return self._places.get(id)
