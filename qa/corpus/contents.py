"""What one file holds: a document, the rows of a table, the files of an archive file, messages.

The source of a document within a file begins with the file's source: ``talks.csv#id=17``,
``talks.csv#row=3``, ``backup.zip/2019/letter.pdf``, ``mail.mbox#message=3/letter.pdf``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from qa.corpus.archive import ARCHIVES, BombError, Budget, members
from qa.corpus.beside import described_by
from qa.corpus.formats.mail import messages_of, read_message
from qa.corpus.formats.quotations import Earlier
from qa.corpus.formats.rows import TABLES, read_rows
from qa.corpus.formats.values import read_json
from qa.corpus.private import own_file
from qa.corpus.readers import (
    IMAGES,
    READERS,
    ending_of,
    holds_no_text,
    kind_of,
    make_document,
    read_noted,
)
from qa.corpus.reading import Ocr, Options, Skipped, UnreadableError
from qa.corpus.sniff import HEAD
from qa.records import Document

_DEPTH = 1
"""Archive files are read inside one archive file, but not two levels down; so are mail attachments."""
_MESSAGE, _MESSAGES, _JSON = ".eml", ".mbox", ".json"


@dataclass(frozen=True, slots=True)
class Mark:
    """Says which inner file is read next: if the reader crashes, this one caused it."""

    number: int
    source: str


Item = Document | Skipped | Mark


CONTAINERS = ARCHIVES | {_MESSAGE, _MESSAGES}
_HOLDING_MANY = TABLES.keys() | CONTAINERS | {_JSON}
KNOWN = READERS.keys() | _HOLDING_MANY
"""Name endings that have a reader of their own."""


def kind_at(source: str, file: IO[bytes], ocr: Ocr | None = None) -> str:
    """Return the ending under which an open file is read, and rewind the file.

    The beginning of the file is looked at only if its name does not show its format. Raises
    UnreadableError for a file that no reader can read.
    """
    head = file.read(HEAD)
    file.seek(0)
    return kind_of(source, head, _HOLDING_MANY | (IMAGES if ocr and ocr.on else set()))


def is_one(kind: str) -> bool:
    """Whether a file of that kind is read into memory as a whole."""
    return kind in READERS or kind in IMAGES or kind in (_MESSAGE, _JSON)


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where reading continues: behind file number ``after``, without the ``bad`` ones."""

    after: int = 0
    bad: Collection[int] = ()


def contents(
    source: str,
    file: IO[bytes],
    options: Options,
    resumed: Resumed | None = None,
    alive: Callable[[], None] = lambda: None,
) -> Iterator[Item]:
    """Yield what a file holds; each thing is read, or named with the reason why not.

    ``alive`` is called after each part of a file that takes long to read. Any failure of a format reader
    becomes a Skipped; MemoryError is not caught.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    contents = _Contents(options, Budget(size, options.limits), resumed or Resumed(), alive)
    yield from contents.read(source, file, size)


class _Contents:
    """Reads one file, and numbers the files in it."""

    def __init__(
        self, options: Options, budget: Budget, resumed: Resumed, alive: Callable[[], None]
    ) -> None:
        self._options = options
        self._alive = alive
        self._limits = options.limits
        self._budget = budget
        self._resumed = resumed
        self._number = 0

    def read(
        self,
        source: str,
        file: IO[bytes],
        size: int,
        depth: int = 0,
        declared: str | None = None,
    ) -> Iterator[Item]:
        return self._guarded(source, self._read(source, file, size, depth, declared), depth)

    def _guarded(self, source: str, items: Iterator[Item], depth: int) -> Iterator[Item]:
        try:
            yield from items
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
            # Whatever error a library raises for a damaged file, the next file is read.
            yield Skipped(source, f"its reader failed ({type(error).__name__})")

    def _read(
        self, source: str, file: IO[bytes], size: int, depth: int, declared: str | None
    ) -> Iterator[Item]:
        if not size:
            raise UnreadableError("empty")
        refusal = own_file(source, file, size, self._limits.file_bytes)
        if refusal:
            raise UnreadableError(refusal)
        ending = kind_at(source, file, self._options.ocr)
        if is_one(ending):
            # Read one byte more than the limit: a file may grow while it is read.
            data = file.read(self._limits.file_bytes + 1)
            if len(data) > self._limits.file_bytes:
                raise UnreadableError(too_large(self._limits.file_bytes))
            if ending == _MESSAGE:
                codec = self._options.encoding_of(source)
                yield from self._message(source, data, "message", depth, codec)
                return
            if ending == _JSON:
                yield from read_json(source, data, self._options, declared)
                return
            codec = self._options.encoding_of(source) or declared
            document, note = read_noted(
                source, data, codec, ocr=self._options.ocr, alive=self._alive
            )
            yield document
            if note:
                yield Skipped(source, note)
        elif size > self._limits.archive_bytes:
            raise UnreadableError(too_large(self._limits.archive_bytes, "max_archive_bytes"))
        elif ending in TABLES:
            yield from read_rows(source, ending, file, self._options, declared)
        elif ending == _MESSAGES:
            yield from self._messages(source, file, depth)
        elif depth > _DEPTH:
            raise UnreadableError("an archive within two others: unpack it first")
        else:
            yield from self._members(source, ending, file, depth)

    def _members(self, source: str, ending: str, file: IO[bytes], depth: int) -> Iterator[Item]:
        empty = True
        for member in members(ending, file, self._limits, self._budget):
            empty = False
            within = f"{source}/{member.name}"
            if not self._is_next(within):
                continue
            refusal = member.refusal or holds_no_text(within, self._options.ocr)
            if not refusal and described_by(member.name):
                refusal = "a side file within an archive: not used"
            if member.read is None or refusal:
                yield Skipped(within, refusal or "")
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

    def _is_next(self, source: str) -> bool:
        """Number an inner file; return whether it is read, or contains the one that is."""
        self._number += 1
        done = self._number <= self._resumed.after
        return self._number not in self._resumed.bad and not (
            done and ending_of(source) not in CONTAINERS
        )

    def _messages(self, source: str, file: IO[bytes], depth: int) -> Iterator[Item]:
        earlier, codec = Earlier(), self._options.encoding_of(source)
        for n, data in enumerate(messages_of(file, self._limits.file_bytes), 1):
            within = f"{source}#message={n}"
            self._number += 1
            if self._number in self._resumed.bad:
                continue
            # Messages that were read are read again: later ones need their quotes and attachments.
            done = self._number <= self._resumed.after
            yield Mark(self._number, within)
            if data is None:
                yield Skipped(within, too_large(self._limits.file_bytes))
                continue
            items = self._message(within, data, f"message {n}", depth, codec, earlier, done=done)
            yield from self._guarded(within, items, depth + 1)

    def _message(
        self,
        source: str,
        data: bytes,
        place: str,
        depth: int,
        codec: str | None,
        earlier: Earlier | None = None,
        *,
        done: bool = False,
    ) -> Iterator[Item]:
        """Yield a message, unless it is ``done``, and its attachments.

        ``codec`` is the encoding of what declares none.
        """
        # If reading continues behind an attachment, the message itself was read before.
        done = done or 0 < self._resumed.after >= self._number
        reading, attached = read_message(data, place, earlier, codec)
        if not done:
            sha256 = hashlib.sha256(data).hexdigest()
            try:
                yield make_document(source=source, sha256=sha256, reading=reading)
                if reading.note:
                    yield Skipped(source, reading.note)
            except UnreadableError as error:
                yield Skipped(source, str(error))
        for file in attached:
            within = f"{source}/{file.name}"
            if not self._is_next(within):
                continue
            refusal = holds_no_text(within, self._options.ocr)
            if depth > _DEPTH:
                refusal = "attached to a message within two others: not read"
            if refusal:
                yield Skipped(within, refusal)
                continue
            yield Mark(self._number, within)
            try:
                self._budget.file()
                self._budget.take(len(file.data))
                yield from self.read(
                    within, BytesIO(file.data), len(file.data), depth + 1, file.codec
                )
            except BombError as error:  # messages never are; only attachments
                yield Skipped(within, str(error))


def too_large(limit: int, setting: str = "max_file_bytes") -> str:
    """Return the reason for skipping a file that is larger than a setting allows."""
    return f"larger than {limit:,} bytes (setting {setting})"
