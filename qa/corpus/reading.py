"""What a format reader finds in a file, and how it builds the text of formats other than plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from qa.corpus.decode import READ_AS, codec_of
from qa.errors import UsageError
from qa.records import About, Block, BlockKind, Facets, Place, Published, Scan
from qa.settings import Settings
from qa.text.folding import fold_name
from qa.text.printable import encodable


class UnreadableError(ValueError):
    """A file that cannot be read as its format; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format reader finds in a file: exact text, its blocks, and what the file says of itself.

    ``made`` is weak evidence of a date, such as the time when a file was written: it counts only if
    neither the text nor the name gives a date of publication. ``note`` says in a few words what the
    reader left out; None if nothing. ``has_lines``: the text is the decoded file.
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
    has_lines: bool = False
    facets: Facets = ()
    scans: tuple[Scan, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not indexed, or a document that is not read completely, and why."""

    source: str
    reason: str

    @property
    def is_whole(self) -> bool:
        """Whether no text is missing: then the reason only says how the file was read, or names facets."""
        return all(part.startswith(_OF_WHOLE) for part in self.reason.split("; "))


_LEFT_OUT = "facets left out: "
_OF_WHOLE = (READ_AS, _LEFT_OUT)
_NAMED, _NAMED_CHARS = 5, 60


def facets_note(left_out: Sequence[str]) -> str | None:
    """Return what is said of facets of which something was left out; ``left_out`` are their names."""
    if not left_out:
        return None
    names = ", ".join(
        " ".join(name.replace(";", ",").split())[:_NAMED_CHARS] for name in left_out[:_NAMED]
    )
    more = f" and {len(left_out) - _NAMED:,} more" if len(left_out) > _NAMED else ""
    return f"{_LEFT_OUT}{names}{more}"


def joined(*notes: str | None) -> str | None:
    """Return notes as one; None where there is none."""
    return "; ".join(filter(None, notes)) or None


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for reading one file.

    ``file_bytes``: for a file, and for each file in an archive file. ``archive_bytes``: for archive files
    and tables, and for what they unpack to. ``output_bytes``: for the text of a document as its reader
    returns it. ``seconds``: processor time, for each document of a file.
    """

    file_bytes: int = 32_000_000
    archive_bytes: int = 4_000_000_000
    archive_files: int = 100_000
    seconds: int = 60
    memory_bytes: int = 1_000_000_000
    output_bytes: int = 100_000_000


@dataclass(frozen=True, slots=True)
class Ocr:
    """How pages without text are read: by ``engine``, "off" or "tesseract".

    ``languages`` are Tesseract's names, with "+" between; ``seconds`` bound a page, ``pages`` a document.
    """

    engine: str = "off"
    languages: str = "eng"
    seconds: int = 30
    pages: int = 1_000

    @property
    def on(self) -> bool:
        """Whether anything is read by OCR."""
        return self.engine != "off"

    @property
    def names(self) -> tuple[str, ...]:
        """The languages, one by one."""
        return tuple(name for name in self.languages.split("+") if name)


@dataclass(frozen=True, slots=True)
class Columns:
    """The column names for each field of a table; the first name that a table has is used."""

    text: tuple[str, ...] = ("text", "body", "content")
    title: tuple[str, ...] = ("title", "headline", "name")
    date: tuple[str, ...] = ("date", "published")
    url: tuple[str, ...] = ("url", "link")
    id: tuple[str, ...] = ("id", "_id")
    author: tuple[str, ...] = ("author", "creator")


@dataclass(frozen=True, slots=True)
class Options:
    """How files are read: the limits, and the meaning of a table's columns.

    ``encodings`` gives the codec of files by glob; the first glob that a source matches is used.
    ``confinement`` is "kernel" if nothing may be read unless the kernel confines the readers' process.
    """

    limits: Limits = field(default_factory=Limits)
    columns: Columns = field(default_factory=Columns)
    confinement: str = "best"
    encodings: tuple[tuple[str, str], ...] = ()
    ocr: Ocr = field(default_factory=Ocr)

    @classmethod
    def of(cls, settings: Settings) -> Options:
        """Return the options in the settings; raises UsageError for an unknown encoding."""

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
            tuple(map(_encoding, names(settings.encodings))),
            _ocr(settings),
        )

    def encoding_of(self, source: str) -> str | None:
        """Return the codec that the settings give for a source; None if they give none."""
        name = fold_name(source)
        return next((codec for glob, codec in self.encodings if fnmatchcase(name, glob)), None)

    @property
    def results(self) -> Mapping[str, Any]:
        """The options that affect a reader's result, in the form that JSON gives back."""
        columns = {name: list(names) for name, names in asdict(self.columns).items()}
        encodings = [list(pair) for pair in self.encodings]
        return {"limits": asdict(self.limits), "columns": columns, "encodings": encodings}


_OCR_LANGUAGES = re.compile(r"[A-Za-z_]{3,40}(?:\+[A-Za-z_]{3,40}){0,9}")


def _ocr(settings: Settings) -> Ocr:
    languages = settings.ocr_languages.strip()
    if not _OCR_LANGUAGES.fullmatch(languages):
        raise UsageError(
            f"setting ocr_languages is {settings.ocr_languages!r}: Tesseract's names are wanted, as in "
            "eng or deu+fra"
        )
    return Ocr(settings.ocr, languages, settings.ocr_seconds, settings.ocr_pages)


def _encoding(words: str) -> tuple[str, str]:
    """Return the glob and the codec of ``"*.txt=cp850"``."""
    glob, _, name = words.rpartition("=")
    codec = codec_of(name.strip())
    if not glob.strip() or codec is None:
        raise UsageError(
            f"setting encodings has {words!r}: write GLOB=ENCODING, such as *.txt=cp850, "
            "with an encoding that Python knows"
        )
    return fold_name(glob.strip()), codec


Reader = Callable[[bytes], Reading]


@dataclass(frozen=True, slots=True)
class Version:
    """What may change the documents from the same bytes: a number that we raise, and the ``libraries``.

    ``libraries`` are names of distributions, separated by spaces.
    """

    number: int
    libraries: str = ""

    def __str__(self) -> str:
        """Return the number and each library with its own version: ``"1 lxml 6.0.2"``."""
        found = (f"{name} {_installed(name)}" for name in self.libraries.split())
        return " ".join([str(self.number), *found])


@cache
def _installed(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


class TextBuilder:
    """Builds a text block by block, with a blank line between two, and gives each block's offsets."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._in_table = False

    def add(
        self,
        kind: BlockKind,
        words: str,
        level: int = 0,
        about: About | None = None,
        *,
        same_table: bool = False,
    ) -> int | None:
        """Append a block; return its start, or None if ``words`` are blank.

        ``same_table``: the row belongs to the same table as the block before it.
        """
        words = whole_characters(words).strip()
        if not words:
            return None
        if self._parts:
            # The items of a list, and the rows of a table, have no blank line between them.
            close = kind == self._blocks[-1].kind == "item" or self._in_table or same_table
            self._append("\n" if close else "\n\n")
        start = self._length
        self._append(words)
        self._blocks.append(Block(kind, start, self._length, level, about))
        return start

    def add_table(self, header: Sequence[Sequence[str]], rows: Iterable[Sequence[str]]) -> None:
        """Append the rows of one table, each as the texts of its cells; empty cells are empty texts.

        ``header`` are the rows that name the columns, if there are any.
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


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")


def whole_characters(words: str) -> str:
    """Join halves of characters that a format stores apart; replace a half without its other half."""
    if encodable(words) == words:
        return words
    return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def web_address(words: object) -> str | None:
    """Return ``words`` if they are an absolute web address and nothing else."""
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
