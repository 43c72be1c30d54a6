"""CSV and JSON Lines: each row is a document of its own.

A table is read as a stream, and so may be far larger than memory. Its columns are known by their
names. A row that gives no document is counted, and the counts are told in one line at the end.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from typing import IO, Any

from qa.corpus import dates
from qa.corpus.decode import NotTextError, codec_of_file, guessed
from qa.corpus.formats.plain import find_blocks
from qa.corpus.readers import make_document
from qa.corpus.reading import (
    Columns,
    Options,
    Reading,
    Skipped,
    UnreadableError,
    web_address,
    whole_characters,
)
from qa.records import Document, Published

Row = Mapping[str, Any]
Numbered = tuple[int, Row | str]
"""A row's number, from 1, with the row, or with why it is none."""

_SHOWN = 5
_MAX_ID = 200


def read_rows(
    source: str, ending: str, file: IO[bytes], options: Options
) -> Iterator[Document | Skipped]:
    """Yield a document for each row of a table, and at the end one Skipped for those that give none.

    Raises UnreadableError where the whole table cannot be read.
    """
    given = options.encoding_of(source)
    try:
        codec = given or codec_of_file(file)
    except NotTextError as error:
        raise UnreadableError(str(error)) from error
    text = TextIOWrapper(file, encoding=codec, errors="replace", newline="")
    lines = _lines(text, options.limits.file_bytes)
    bad: dict[str, list[int]] = {}
    names, count = _Names(source, options.columns), 0
    try:
        for number, row in TABLES[ending](lines, options):
            count = number
            if isinstance(row, str):
                bad.setdefault(row, []).append(number)
                continue
            try:
                yield _document(names.of(number, row), row, options.columns)
            except UnreadableError as error:
                bad.setdefault(str(error), []).append(number)
    except (_TableEndsError, UnicodeDecodeError) as error:
        why = "not valid text" if isinstance(error, UnicodeDecodeError) else str(error)
        bad.setdefault(f"{why}, and what follows is not read", []).append(count + 1)
    finally:
        text.detach()
    guess = None if given else guessed(codec)
    if bad or guess:
        yield Skipped(source, "; ".join(filter(None, (guess, _summed(bad)))))
    elif not count:
        raise UnreadableError("no rows")


class _TableEndsError(ValueError):
    """A row after which nothing can be told apart any more."""


def _summed(bad: Mapping[str, Sequence[int]]) -> str:
    """Return one line for all rows that give no document."""
    parts = []
    for reason, rows in bad.items():
        shown = ", ".join(f"{number:,}" for number in rows[:_SHOWN])
        more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
        parts.append(f"row{'s' if len(rows) > 1 else ''} {shown}{more}: {reason}")
    return "; ".join(parts)


def _lines(text: IO[str], limit: int) -> Iterator[str]:
    while line := text.readline(limit + 1):
        if len(line) > limit:
            raise _TableEndsError(f"longer than {limit:,} characters (setting max_file_bytes)")
        yield line


def _csv_rows(lines: Iterator[str], options: Options) -> Iterator[Numbered]:
    yield from _separated(lines, options, None)


def _tsv_rows(lines: Iterator[str], options: Options) -> Iterator[Numbered]:
    yield from _separated(lines, options, "\t")


def _separated(lines: Iterator[str], options: Options, delimiter: str | None) -> Iterator[Numbered]:
    limit = options.limits.file_bytes
    csv.field_size_limit(limit)
    first = next(lines, "")
    delimiter = delimiter or max(",;\t|", key=lambda mark: _outside_quotes(first).count(mark))

    def again() -> Iterator[str]:
        yield first
        yield from lines

    table = csv.reader(again(), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(table, [])]
        _refuse_without_text(header, options.columns)
        number = 0
        for cells in table:
            if not any(cell.strip() for cell in cells):
                continue
            number += 1
            if sum(map(len, cells)) > limit:
                yield number, f"longer than {limit:,} characters (setting max_file_bytes)"
            else:
                yield number, dict(zip(header, cells, strict=False))
    except csv.Error as error:
        raise _TableEndsError(f"damaged ({error})") from None


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _refuse_without_text(header: Sequence[str], columns: Columns) -> None:
    if not {name.lower() for name in header} & {name.lower() for name in columns.text}:
        shown = ", ".join(name[:40] for name in header[:12])
        raise UnreadableError(
            f"no column named {' or '.join(columns.text)}: its columns are {shown}; "
            "name the one with the text in the setting row_text"
        )


def _json_rows(lines: Iterator[str], options: Options) -> Iterator[Numbered]:
    number = 0
    for line in lines:
        if not line.strip():
            continue
        number += 1
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "not JSON"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


TABLES: Mapping[str, Callable[[Iterator[str], Options], Iterator[Numbered]]] = {
    ".csv": _csv_rows,
    ".tsv": _tsv_rows,
    ".jsonl": _json_rows,
    ".ndjson": _json_rows,
}


class _Names:
    """Names rows by their id where it is theirs alone, and else by their number."""

    def __init__(self, source: str, columns: Columns) -> None:
        self._source = source
        self._columns = columns
        self._seen: set[int] = set()

    def of(self, number: int, row: Row) -> str:
        """Return the source of a row's document."""
        key, _ = _first(row, self._columns.id)
        if key and len(key) <= _MAX_ID and key.isprintable() and hash(key) not in self._seen:
            self._seen.add(hash(key))
            return f"{self._source}#id={key}"
        return f"{self._source}#row={number}"


def _document(source: str, row: Row, columns: Columns) -> Document:
    text, _ = _first(row, columns.text)
    if text is None:
        raise UnreadableError("no text")
    words, column = _first(row, columns.date)
    value = dates.parse_date(words) if words else None
    title, _ = _first(row, columns.title)
    return make_document(
        source=source,
        sha256=hashlib.sha256(_canonical(row)).hexdigest(),
        reading=Reading(
            text,
            "utf-8",
            find_blocks(text),
            title=" ".join(title.split()) if title else None,
            published=Published(value, words, f"column {column}") if value and words else None,
            original_url=web_address(_first(row, columns.url)[0]),
            author=_first(row, columns.author)[0],
        ),
    )


def _canonical(row: Row) -> bytes:
    """Return a row's bytes: a JSON object in UTF-8, in the order of the columns, without white space."""
    words = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return words.encode("utf-8", "surrogatepass")


def _first(row: Row, names: Sequence[str]) -> tuple[str | None, str]:
    """Return what the first of the columns ``names`` that says anything says, and its name."""
    known = {name.lower(): name for name in reversed([*row])}
    for wanted in names:
        name = known.get(wanted.lower())
        words = _words(row[name]) if name is not None else None
        if name is not None and words:
            return words, name
    return None, ""


def _words(value: object) -> str | None:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = "\n\n".join(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    words = whole_characters(str(value))
    return words if words.strip() else None
