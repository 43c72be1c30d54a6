"""What a reader finds in a file, and how it builds the text of a format that is not plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from qa.records import About, Block, BlockKind, Place, Published
from qa.settings import Settings


class UnreadableError(ValueError):
    """A file that cannot be read as its format; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader finds in a file: exact text, its blocks, and what the file says of itself.

    ``made`` is weak evidence of a date, such as when a file was written: it counts only where
    nothing in the text or the name says when it was published. ``note`` tells in a few words what
    the reader passed over, None where that is nothing.
    """

    text: str
    encoding: str
    blocks: tuple[Block, ...]
    title: str | None = None
    published: Published | None = None
    original_url: str | None = None
    author: str | None = None
    language: str | None = None
    page_starts: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()
    made: Published | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not indexed, or a document that is not read in full, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take.

    ``file_bytes`` bounds a file, and each one in an archive; ``archive_bytes`` bounds archives and
    tables, and what they unpack to; ``output_bytes`` the text of a document as it leaves its reader.
    ``seconds`` are of processor time, for each document of a file.
    """

    file_bytes: int = 32_000_000
    archive_bytes: int = 4_000_000_000
    archive_files: int = 100_000
    seconds: int = 60
    memory_bytes: int = 1_000_000_000
    output_bytes: int = 100_000_000


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns of a table that say each thing, the first that a table has being taken."""

    text: tuple[str, ...] = ("text", "body", "content")
    title: tuple[str, ...] = ("title", "headline", "name")
    date: tuple[str, ...] = ("date", "published")
    url: tuple[str, ...] = ("url", "link")
    id: tuple[str, ...] = ("id", "_id")
    author: tuple[str, ...] = ("author", "creator")


@dataclass(frozen=True, slots=True)
class Options:
    """How files are read: within which limits, and which columns of tables mean what.

    ``confinement`` is "kernel" where nothing may be read unless the kernel holds the reader's process.
    """

    limits: Limits = field(default_factory=Limits)
    columns: Columns = field(default_factory=Columns)
    confinement: str = "best"

    @classmethod
    def of(cls, settings: Settings) -> Options:
        """Return what the settings say of reading."""

        def names(words: str) -> tuple[str, ...]:
            return tuple(name.strip() for name in words.split(",") if name.strip())

        return cls(
            Limits(
                file_bytes=settings.max_file_bytes,
                archive_bytes=settings.max_archive_bytes,
                archive_files=settings.archive_files,
                seconds=settings.reader_seconds,
                memory_bytes=settings.reader_memory_bytes,
                output_bytes=settings.reader_output_bytes,
            ),
            Columns(
                text=names(settings.row_text),
                title=names(settings.row_title),
                date=names(settings.row_date),
                url=names(settings.row_url),
                id=names(settings.row_id),
                author=names(settings.row_author),
            ),
            settings.reader_confinement,
        )

    @property
    def results(self) -> Mapping[str, Any]:
        """What of the options decides what a reader gives."""
        return {"limits": asdict(self.limits), "columns": asdict(self.columns)}


Reader = Callable[[bytes], Reading]


class TextBuilder:
    """Builds a text block by block, with a blank line between two and no offset to work out later."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._in_table = False

    def add(
        self, kind: BlockKind, words: str, level: int = 0, about: About | None = None
    ) -> int | None:
        """Append a block; return where it begins, or None when ``words`` are blank."""
        words = whole_characters(words).strip()
        if not words:
            return None
        if self._parts:
            # The entries of a list, and the rows of a table, stand on lines of their own.
            close = kind == self._blocks[-1].kind == "item" or self._in_table
            self._append("\n" if close else "\n\n")
        start = self._length
        self._append(words)
        self._blocks.append(Block(kind, start, self._length, level, about))
        return start

    def add_table(self, header: Sequence[Sequence[str]], rows: Iterable[Sequence[str]]) -> None:
        """Append the rows of one table, each the texts of its cells, an empty one where nothing is said.

        ``header`` are the rows that name the columns, none where no row does.
        """
        kind: BlockKind = "header"
        for n, cells in enumerate(chain(header, rows)):
            if n == len(header):
                kind = "row"
            if any(cell.strip() for cell in cells):
                self.add(kind, " ".join(" | ".join(cells).split()))
                self._in_table = True
        self._in_table = False

    @property
    def length(self) -> int:
        """How many characters the text has so far."""
        return self._length

    def result(self, *, titled: bool = True) -> tuple[str, tuple[Block, ...]]:
        """Return the text and its blocks; a heading that opens a ``titled`` text is its title."""
        blocks = self._blocks
        if titled and blocks and blocks[0].kind == "heading":
            first = blocks[0]
            blocks = [Block("title", first.start, first.end, first.level), *blocks[1:]]
        return "".join(self._parts), tuple(blocks)

    def _append(self, words: str) -> None:
        self._parts.append(words)
        self._length += len(words)


_SURROGATE = re.compile("[\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")


def whole_characters(words: str) -> str:
    """Join the halves of characters that a format keeps apart; a half without its other is replaced."""
    if not _SURROGATE.search(words):
        return words
    return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def web_address(words: object) -> str | None:
    """Return ``words`` when they are an absolute address on the web, and nothing else."""
    words = words.strip() if isinstance(words, str) else ""
    if len(words) > 2000 or any(char <= " " or char in '<>"' for char in words):
        return None
    try:
        parts = urlsplit(words)
    except ValueError:
        return None
    return words if parts.scheme in ("http", "https") and parts.hostname else None


def language_code(words: object) -> str | None:
    """Return the language of a tag such as ``"es-BO"``: ``"es"``."""
    words = words.strip() if isinstance(words, str) else ""
    if not _LANGUAGE.fullmatch(words):
        return None
    return re.split("[-_]", words)[0].lower()
