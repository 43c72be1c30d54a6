"""The documents that were read last."""

from __future__ import annotations

from qa.records import Document
from qa.store.recent import RecentDocuments


def test_documents_are_kept_while_their_texts_fit() -> None:
    reads: list[int] = []

    def read(place: int) -> Document:
        reads.append(place)
        return Document(str(place), "a", "0", "utf-8", "x" * 10 * place, None, None, ())

    recent = RecentDocuments(read, characters=50)
    assert [len(recent(place).text) for place in (1, 2, 1, 2)] == [10, 20, 10, 20]
    assert reads == [1, 2]
    recent(3)  # 60 characters: the one that nobody asked for longest goes
    recent(2)
    recent(3)
    assert reads == [1, 2, 3]
    recent(1)
    assert reads == [1, 2, 3, 1]
    recent(9)  # larger than all the room: kept alone
    recent(9)
    recent(1)
    assert reads == [1, 2, 3, 1, 9, 1]
