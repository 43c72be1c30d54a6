"""The files of a folder with their checksums, so that only changed ones are read again."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from qa.corpus import tesseract
from qa.corpus.beneath import Place
from qa.corpus.contents import CONTAINERS, is_one, kind_at
from qa.corpus.folder import read_file, sources
from qa.corpus.readers import IMAGE_VERSION, IMAGES, VERSIONS, ending_of, holds_no_text
from qa.corpus.reading import Ocr, Options, Skipped, UnreadableError
from qa.corpus.sandbox.process import Sandbox
from qa.corpus.side import MAX_SIDE
from qa.records import Document


class Stamp(NamedTuple):
    """Shows, without reading, whether a file has changed."""

    inode: int
    bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a folder. An empty ``sha256`` means that it will not be read at all."""

    source: str
    sha256: str
    stamp: Stamp
    place: Place

    def changed(self) -> bool:
        """Whether the file has changed since its checksum was taken."""
        return _stamp_at(self.place) != self.stamp


def stamps(paths: Sequence[Path]) -> dict[str, Stamp]:
    """Return the stamp of each file, by source. Raises CorpusError."""
    return {source: _stamp_at(place) for source, place in sources(paths)}


def scan(paths: Sequence[Path], options: Options) -> Iterator[Found]:
    """Yield every file under ``paths``, by source, with its checksum; raises CorpusError."""
    for source, place in sources(paths):
        yield look(source, place, options)


def look(source: str, place: Place, options: Options) -> Found:
    """Return a file as it is now, with its checksum."""
    limits = options.limits
    if not place.refusal and not holds_no_text(source, options.ocr):
        try:
            with place.open() as file:
                stamp, sha256 = _stamp_of(os.fstat(file.fileno())), ""
                one = is_one(kind_at(source, file, options.ocr))
                if stamp.bytes <= (limits.file_bytes if one else limits.archive_bytes):
                    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                if place.side:
                    sha256, stamp = sha256 and _described(sha256, place), _stamp_at(place)
                return Found(source, sha256, stamp, place)
        except (OSError, UnreadableError):
            pass
    return Found(source, "", _stamp_at(place), place)


def _described(sha256: str, place: Place) -> str:
    """Return one checksum for a file and its side file: a change of either changes the document."""
    try:
        file = place.open_side()
    except (OSError, UnreadableError):
        return sha256
    assert file is not None  # only called for a place with a side file
    with file:
        both = sha256.encode() + file.read(MAX_SIDE + 1)
    return hashlib.sha256(both).hexdigest()


def _stamp_at(place: Place) -> Stamp:
    """Return the stamp of a file and of its side file."""
    own = _stamp(place.path)
    if place.side is None:
        return own
    side = _stamp(place.side)
    return Stamp(own.inode ^ side.inode, own.bytes, own.modified_ns + side.modified_ns)


def _stamp(path: Path) -> Stamp:
    try:
        return _stamp_of(path.stat())
    except OSError:
        return Stamp(0, 0, 0)


def _stamp_of(found: os.stat_result) -> Stamp:
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


class FolderReader:
    """Reads files that ``scan`` found. Not for two threads at once.

    ``tell`` is called once with the missing parts of the readers' confinement; entering raises
    ConfinementError if the options demand all of them.
    """

    def __init__(self, options: Options, tell: Callable[[str], None] = lambda _: None) -> None:
        self._sandbox = Sandbox(options, tell)

    def __enter__(self) -> FolderReader:
        self._sandbox.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sandbox.__exit__(kind, error, trace)

    def read(self, found: Found) -> Iterator[Document | Skipped]:
        """Yield what is in a file; each thing is read, or named with the reason why not."""
        return read_file(found.source, found.place, self._sandbox)


def reader_versions(ocr: Ocr | None = None) -> dict[str, str]:
    """Return, for each ending, the version of its reader: all that may change a document's contents."""
    found = {ending: str(version) for ending, version in VERSIONS.items()}
    if ocr and ocr.on:
        read = f"{ocr.engine} {tesseract.version(ocr)} {ocr.seconds} {ocr.pages}"
        found[".pdf"] += f" {read}"
        found |= dict.fromkeys(IMAGES, f"{IMAGE_VERSION} {read}")
    return found


_PLAIN = ".txt"


def _is_of(endings: Collection[str], ending: str) -> bool:
    """Whether a format is among these; an ending without a reader counts as plain text."""
    return ending in endings or (_PLAIN in endings and ending not in VERSIONS)


def holds_any(endings: Collection[str], source: str, inside: Iterable[str]) -> bool:
    """Whether a file has one of the endings, or is an archive file that may contain such a file.

    ``inside`` are the sources that were found in it. A row of a table has the table's format.
    """
    ending = ending_of(source)
    if _is_of(endings, ending):
        return True
    if not endings or ending not in CONTAINERS:
        return False
    if _PLAIN in endings and any(_is_of(endings, ending_of(one.split("#")[0])) for one in inside):
        return True
    # A "#" begins the name of a row. A folder with such a name counts too: then a file is read again.
    pattern = re.compile(f"(?:{'|'.join(map(re.escape, endings))})(?:[#/]|$)")
    return any(pattern.search(one.lower()) for one in inside)


__all__ = [
    "FolderReader",
    "Found",
    "Stamp",
    "holds_any",
    "look",
    "reader_versions",
    "scan",
    "stamps",
]
