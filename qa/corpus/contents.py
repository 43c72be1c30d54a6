"""What one file holds: a document, or the rows of a table, or the files of an archive.

The source of a document within a file begins with the file's: ``talks.csv#id=17``,
``talks.csv#row=3``, ``backup.zip/2019/letter.pdf``.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from qa.corpus.archive import ARCHIVES, BombError, Budget, members
from qa.corpus.formats.rows import TABLES, read_rows
from qa.corpus.readers import READERS, ending_of, read_noted
from qa.corpus.reading import Options, Skipped, UnreadableError
from qa.records import Document

_DEPTH = 1
"""Archives within an archive are read, those within these are not."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Says which file of an archive is read next: the one to blame if its reader goes down."""

    number: int
    source: str


Item = Document | Skipped | Mark


def is_known(source: str) -> bool:
    """Whether there is a reader for a file of that name."""
    return ending_of(source) in (READERS.keys() | TABLES.keys() | ARCHIVES)


def no_reader(source: str) -> str:
    """Return why a file of another name is not read."""
    return f"no reader for {ending_of(source) or 'files without an ending'}"


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where reading goes on: behind file number ``after``, without the ``bad`` ones."""

    after: int = 0
    bad: Collection[int] = ()


def contents(
    source: str, file: IO[bytes], options: Options, resumed: Resumed | None = None
) -> Iterator[Item]:
    """Yield what a file holds, each thing read or accounted for.

    A reader's own failures, whatever they are, end in a Skipped; MemoryError passes.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    contents = _Contents(options, Budget(size, options.limits), resumed or Resumed())
    yield from contents.read(source, file, size)


class _Contents:
    """Reads one file, and numbers what is in it."""

    def __init__(self, options: Options, budget: Budget, resumed: Resumed) -> None:
        self._options = options
        self._limits = options.limits
        self._budget = budget
        self._resumed = resumed
        self._number = 0

    def read(self, source: str, file: IO[bytes], size: int, depth: int = 0) -> Iterator[Item]:
        try:
            yield from self._read(source, file, size, depth)
        except BombError as error:
            if depth:
                raise
            yield Skipped(source, str(error))
        except UnreadableError as error:
            yield Skipped(source, str(error))
        except MemoryError:
            raise
        except RecursionError:
            yield Skipped(source, "what is in it is nested too deeply")
        except Exception as error:
            # Whatever a library makes of a damaged file, the next file is read.
            yield Skipped(source, f"its reader failed ({type(error).__name__})")

    def _read(self, source: str, file: IO[bytes], size: int, depth: int) -> Iterator[Item]:
        ending = ending_of(source)
        if not size:
            raise UnreadableError("empty")
        if ending in READERS:
            # One byte more than it may have: a file may grow while it is read.
            data = file.read(self._limits.file_bytes + 1)
            if len(data) > self._limits.file_bytes:
                raise UnreadableError(too_large(self._limits.file_bytes))
            document, note = read_noted(source, data, self._options.encoding_of(source))
            yield document
            if note:
                yield Skipped(source, note)
        elif size > self._limits.archive_bytes:
            raise UnreadableError(too_large(self._limits.archive_bytes, "max_archive_bytes"))
        elif ending in TABLES:
            yield from read_rows(source, ending, file, self._options)
        elif depth > _DEPTH:
            raise UnreadableError("an archive within two others: unpack it first")
        else:
            yield from self._members(source, ending, file, depth)

    def _members(self, source: str, ending: str, file: IO[bytes], depth: int) -> Iterator[Item]:
        empty = True
        for member in members(ending, file, self._limits, self._budget):
            empty = False
            self._number += 1
            within = f"{source}/{member.name}"
            done = self._number <= self._resumed.after
            if self._number in self._resumed.bad or (done and ending_of(within) not in ARCHIVES):
                continue
            refusal = member.refusal or ("" if is_known(within) else no_reader(within))
            if member.read is None or refusal:
                yield Skipped(within, refusal)
                continue
            yield Mark(self._number, within)
            try:
                data = member.read()
            except BombError:
                raise
            except UnreadableError as error:
                yield Skipped(within, str(error))
                continue
            if len(data) > self._limits.file_bytes:
                yield Skipped(within, too_large(self._limits.file_bytes))
                continue
            yield from self.read(within, BytesIO(data), len(data), depth + 1)
        if empty:
            raise UnreadableError("an archive with no files in it")


def too_large(limit: int, setting: str = "max_file_bytes") -> str:
    """Return why a file is not read that is larger than a setting allows."""
    return f"larger than {limit:,} bytes (setting {setting})"
