"""Pages of originals as pictures, the words of a citation marked on them: drawn when they are asked for.

A page is drawn by a process of its own, which is held as a build's readers are, and which ends with it: what
one file may do to it reaches no other. A few are at work at once, whoever comes on top of these is sent
away. What was drawn is kept in memory for as long as the same generation answers, up to a limit, and
nowhere else.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import TYPE_CHECKING

from qa.errors import BusyError, ConfinementError, IndexUnusableError, OriginalError
from qa.records import Document
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.corpus.pixels import Pixels
    from qa.corpus.sheets import Marks, Wanted

DRAWERS = 2
"""Pictures that are drawn at once. Each has a process, with the memory that a reader may have."""
WAITING = 8
"""Requests that wait for pictures, those that others asked for too."""
MAX_PAGES = 3
"""Pages that are drawn of one citation, which may begin at the foot of one."""
_CACHED_BYTES = 32_000_000
_MOST_SCANNED = 1_500_000
"""Characters of scanned pages that a drawer is told; of a longer scan no words are marked."""
_RETRY_SECONDS = 2
_UNSURE = "where these words stand on the page is not sure: they are not marked"
_TOO_LONG = "finding these words on the page takes too long: they are not marked"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of an original as a PNG file.

    ``width`` and ``height`` are in points, 0 where nothing is marked; ``boxes`` are the words that are
    marked: left, lower, right, upper edge in points from the page's lower left corner.
    """

    page: int
    png: bytes
    width: float = 0.0
    height: float = 0.0
    boxes: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pages that were asked for; ``note`` says why words are not marked on them, where that is so."""

    pictures: tuple[Picture, ...]
    note: str | None = None


def pages_of(document: Document, start: int, end: int) -> tuple[int, ...]:
    """Return the numbers, from 1, of the pages that are drawn of a span."""
    pages = range(document.page_of(start) or 1, (document.page_of(end - 1) or 1) + 1)
    return tuple(pages[:MAX_PAGES])


def too_many() -> BusyError:
    """Return what whoever comes on top of those that can be served is told."""
    return BusyError(
        "as many pages are drawn as can be at once: ask again",
        code="pictures_busy",
        retry_after=_RETRY_SECONDS,
    )


_Key = tuple[str, str, int, int, tuple[int, ...]]


class Pictures:
    """Draws pages. Safe to use from several threads.

    ``folders`` returns those that the index was built from.
    """

    def __init__(self, settings: Settings, folders: Callable[[], Sequence[str]]) -> None:
        self._settings = settings
        self._folders = folders
        self._lock = threading.Lock()
        self._version = ""
        self._cache: OrderedDict[_Key, Drawn] = OrderedDict()
        self._under_way: dict[_Key, Future[Drawn]] = {}
        self._waiting = 0

    def settle(self, version: str) -> None:
        """Forget what was drawn for another version of the index: a document may be gone for good."""
        with self._lock:
            if version != self._version:
                self._version = version
                self._cache.clear()

    @contextmanager
    def original(self, document: Document) -> Iterator[BufferedReader]:
        """Open the file of a document. Raises OriginalError, OriginalChangedError."""
        # What opens documents is needed by few who serve an index.
        from qa.corpus.originals import open_original

        try:
            folders = self._folders()
        except IndexUnusableError:
            folders = ()
        with open_original(document, folders, most=self._settings.max_file_bytes) as file:
            yield file

    def refusal(self, document: Document) -> str | None:
        """Return why no page of a document can be drawn, in a few words; None where one can."""
        try:
            self._refuse(document)
            with self.original(document):
                return None
        except OriginalError as error:
            return error.message

    def _refuse(self, document: Document) -> None:
        if self._settings.pictures != "on":
            raise OriginalError("pictures are switched off here (setting pictures)")
        if not document.page_starts:
            raise OriginalError("only pages of PDFs and scans are drawn")

    def of_span(self, document: Document, start: int, end: int) -> Drawn:
        """Return the pages that a span of a document stands on, its words marked.

        Raises OriginalError, OriginalChangedError, and BusyError where too many are drawn already.
        """
        return self._drawn(document, pages_of(document, start, end), start, end)

    def of_page(self, document: Document, page: int) -> Drawn:
        """Return a page, from 1, with nothing marked. Raises as ``of_span`` does."""
        return self._drawn(document, (page,), 0, 0)

    def _drawn(self, document: Document, pages: tuple[int, ...], start: int, end: int) -> Drawn:
        self._refuse(document)
        key = (document.id, document.sha256, start, end, pages)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
            version, future = self._version, self._under_way.get(key)
            mine = future is None
            if (mine and len(self._under_way) >= DRAWERS) or self._waiting >= WAITING:
                raise too_many()
            if future is None:
                future = self._under_way[key] = Future()
            self._waiting += 1
        try:
            if mine:
                self._make(key, version, future, document)
            return future.result()
        finally:
            with self._lock:
                self._waiting -= 1

    def _make(self, key: _Key, version: str, future: Future[Drawn], document: Document) -> None:
        """Draw, and let those who wait have it; it is kept unless the index has changed meanwhile."""
        try:
            found = self._draw(document, *key[2:])
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            future.set_exception(error)
            return
        with self._lock:
            del self._under_way[key]
            if version == self._version:
                self._cache[key] = found
                while sum(map(_size, self._cache.values())) > _CACHED_BYTES:
                    self._cache.popitem(last=False)
        future.set_result(found)

    def _draw(self, document: Document, start: int, end: int, pages: tuple[int, ...]) -> Drawn:
        from qa.corpus.reading import Options, UnreadableError
        from qa.corpus.sandbox.process import Sandbox
        from qa.corpus.sheets import Marks, scanned_pages, wanted_of_span

        wanted = wanted_of_span(document, pages, start, end)
        if start < end and sum(scan.end - scan.start for scan in document.scans) < _MOST_SCANNED:
            wanted = replace(wanted, scanned=scanned_pages(document))
        options = Options.of(self._settings)
        limits = replace(options.limits, seconds=self._settings.picture_seconds)
        options = replace(options, limits=limits)
        pixels: dict[int, Pixels] = {}
        marks: dict[int, Marks] = {}
        fault = None
        with self.original(document) as file:
            try:
                with Sandbox(options, clock="picture_seconds", patient=True) as sandbox:
                    for found in sandbox.draw(file, wanted):
                        if isinstance(found, Marks):
                            marks[found.page] = found
                        else:
                            pixels[found.page] = found.pixels
            except UnreadableError as error:
                fault = str(error)
            except ConfinementError as error:
                log.error("no picture is drawn: %s", error.message)
                raise OriginalError("the kernel does not hold what would draw it") from None
        if len(pixels) < len(pages):
            raise OriginalError(f"the page cannot be drawn: {fault or 'its reader left it out'}")
        return _finished(wanted, pixels, marks, fault)


def _finished(
    wanted: Wanted, pixels: Mapping[int, Pixels], marks: Mapping[int, Marks], fault: str | None
) -> Drawn:
    pictures = []
    for page in wanted.pages:
        found = marks.get(page)
        if found is None:
            pictures.append(Picture(page, pixels[page].png()))
        else:
            png = found.on(pixels[page]).png()
            pictures.append(Picture(page, png, found.width, found.height, found.boxes))
    note = None
    if wanted.start < wanted.end and not marks:
        note = _TOO_LONG if fault else _UNSURE
    return Drawn(tuple(pictures), note)


def _size(drawn: Drawn) -> int:
    return sum(len(picture.png) for picture in drawn.pictures)
