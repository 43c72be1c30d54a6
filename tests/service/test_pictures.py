"""Pictures of pages: kept while the index stays, drawn a few at once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from qa.corpus.pixels import Pixels
from qa.corpus.readers import read_document
from qa.corpus.reading import UnreadableError
from qa.corpus.sandbox import process
from qa.corpus.sheets import Marks, Sheet, Wanted
from qa.errors import BusyError, OriginalChangedError, OriginalError
from qa.records import Document
from qa.service import pictures
from qa.service.pictures import Pictures
from qa.settings import Settings
from tests.corpus.makers import COLUMN, pdf

DATA = pdf([" ".join(COLUMN), "The second page is about the lighthouse."])


class Drawer:
    """Stands for the sandbox: draws white pages, as slowly as ``go`` says, and counts."""

    def __init__(self) -> None:
        self.drawn: list[Wanted] = []
        self.go = threading.Event()
        self.go.set()
        self.begun = threading.Semaphore(0)
        self.fault = ""

    def __call__(self, *_: object, **__: object) -> Drawer:
        return self

    def __enter__(self) -> Drawer:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def draw(self, file: IO[bytes], wanted: Wanted) -> Iterator[Sheet | Marks]:
        assert hashlib.sha256(file.read()).hexdigest() == wanted.sha256
        self.drawn.append(wanted)
        self.begun.release()
        assert self.go.wait(30)
        for page in wanted.pages:
            yield Sheet(page, Pixels(40, 30, bytes([255]) * 3600))
        if self.fault:
            raise UnreadableError(self.fault)
        for page in wanted.pages:
            yield Marks(page, 400, 300, ((10, 20, 30, 40),))


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    found = Drawer()
    monkeypatch.setattr(process, "Sandbox", found)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "harbour.pdf").write_bytes(DATA)
    return tmp_path


@pytest.fixture
def document() -> Document:
    return read_document("harbour.pdf", DATA)


def made(folders: Sequence[Path], **settings: object) -> Pictures:
    return Pictures(Settings(**settings), lambda: [str(folder) for folder in folders])  # type: ignore[arg-type]  # settings of a test


def test_a_span_is_drawn_once_and_forgotten_with_the_index(
    drawer: Drawer, folder: Path, document: Document
) -> None:
    """A purge makes another version: what was drawn of its document leaves the memory."""
    found = made([folder])
    found.settle("one")
    first = found.of_span(document, 0, 20)
    assert [picture.page for picture in first.pictures] == [1]
    assert first.pictures[0].boxes == ((10, 20, 30, 40),)
    assert found.of_span(document, 0, 20) is first
    found.settle("one")
    assert found.of_span(document, 0, 20) is first
    found.settle("two")
    assert found.of_span(document, 0, 20) is not first
    assert len(drawer.drawn) == 2


def test_what_was_begun_for_an_older_index_is_not_kept(
    drawer: Drawer, folder: Path, document: Document
) -> None:
    found = made([folder])
    found.settle("one")
    drawer.go.clear()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(found.of_span, document, 0, 20)
        assert drawer.begun.acquire(timeout=30)
        found.settle("two")
        drawer.go.set()
        assert late.result(30)
    assert found.of_span(document, 0, 20)
    assert len(drawer.drawn) == 2


def test_memory_is_bounded(
    drawer: Drawer, folder: Path, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture that nobody has looked at for longest goes first."""
    found = made([folder])
    one = len(found.of_span(document, 0, 1).pictures[0].png)
    monkeypatch.setattr(pictures, "_CACHED_BYTES", 3 * one)
    for end in (2, 3):
        found.of_span(document, 0, end)
    found.of_span(document, 0, 1)
    found.of_span(document, 0, 4)
    drawn = len(drawer.drawn)
    for end in (1, 3, 4):
        found.of_span(document, 0, end)
    assert len(drawer.drawn) == drawn
    found.of_span(document, 0, 2)
    assert len(drawer.drawn) == drawn + 1


def test_a_few_are_drawn_at_once_and_the_same_one_once(
    drawer: Drawer, folder: Path, document: Document
) -> None:
    found = made([folder])
    drawer.go.clear()
    with ThreadPoolExecutor(pictures.DRAWERS + 1) as pool:
        under_way = [
            pool.submit(found.of_span, document, 0, n + 1) for n in range(pictures.DRAWERS)
        ]
        for _ in under_way:
            assert drawer.begun.acquire(timeout=30)
        same = pool.submit(found.of_span, document, 0, 1)
        with pytest.raises(BusyError) as told:
            found.of_span(document, 0, 9)
        assert (told.value.name, told.value.status) == ("pictures_busy", 503)
        assert told.value.retry_after
        drawer.go.set()
        assert same.result(30) is under_way[0].result(30)
    assert len(drawer.drawn) == pictures.DRAWERS
    assert found.of_span(document, 0, 9)


def test_a_span_over_a_page_s_end_has_both_pages(
    drawer: Drawer, folder: Path, document: Document
) -> None:
    start = document.page_starts[1] - 5
    assert [p.page for p in made([folder]).of_span(document, start, start + 20).pictures] == [1, 2]


def test_words_that_cannot_be_found_in_time_are_not_marked(
    drawer: Drawer, folder: Path, document: Document
) -> None:
    drawer.fault = "took more than 20 s (setting picture_seconds)"
    drawn = made([folder]).of_span(document, 0, 20)
    assert [picture.boxes for picture in drawn.pictures] == [()]
    assert drawn.note is not None
    assert "too long" in drawn.note


def test_why_there_is_no_picture(
    drawer: Drawer, folder: Path, document: Document, tmp_path: Path
) -> None:
    assert made([folder]).refusal(document) is None
    assert "switched off" in str(made([folder], pictures="off").refusal(document))
    assert "does not know the folder" in str(made([]).refusal(document))
    (folder / "harbour.pdf").write_bytes(DATA + b"\n")
    assert "has changed" in str(made([folder]).refusal(document))
    with pytest.raises(OriginalChangedError):
        made([folder]).of_span(document, 0, 20)
    with pytest.raises(OriginalError, match="switched off"):
        made([folder], pictures="off").of_span(document, 0, 20)
    text = read_document("a.txt", b"Owls hunt voles at dusk.")
    assert "only pages of PDFs" in str(made([folder]).refusal(text))
    assert drawer.drawn == []
