"""The documents that were read last."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

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


def test_of_many_threads_that_want_a_document_one_reads_it() -> None:
    reads: list[int] = []
    begun, go = threading.Semaphore(0), threading.Event()

    def read(place: int) -> Document:
        reads.append(place)
        begun.release()
        assert go.wait(20)
        if place == 3 and len(reads) == 3:
            raise OSError("once")
        return Document(str(place), "a", "0", "utf-8", "x", None, None, ())

    recent = RecentDocuments(read, characters=50)
    with ThreadPoolExecutor(8) as pool:
        wanted = [pool.submit(recent, place) for place in (1, 1, 1, 2, 1, 2)]
        assert begun.acquire(timeout=20) and begun.acquire(
            timeout=20
        )  # neither waits for the other
        go.set()
        assert [document.result().id for document in wanted] == ["1", "1", "1", "2", "1", "2"]
    assert sorted(reads) == [1, 2]
    with pytest.raises(OSError, match="once"):
        recent(3)
    assert recent(3).id == "3"
