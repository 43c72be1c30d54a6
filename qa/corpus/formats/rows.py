"""CSV and JSON Lines: each row is a document of its own.

A table is read as a stream, so it may be far larger than memory. Its columns are found by their names; a
row without a text column is read with all of its columns, a line each. Rows that give no document are
counted, and one line at the end gives the counts.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from typing import IO

from qa.corpus import dates
from qa.corpus.decode import NotTextError, codec_of_file, guessed
from qa.corpus.formats.records import (
    Row,
    facets_of,
    fields_of,
    first_of,
    json_of,
    line_of_field,
    lines_of,
    says,
    text_of_field,
)
from qa.corpus.formats.separated import Separated
from qa.corpus.readers import make_document
from qa.corpus.reading import (
    Columns,
    Options,
    Reading,
    Skipped,
    UnreadableError,
    web_address,
)
from qa.records import Document, Published

Numbered = tuple[int, Row | str]
"""A row's number, from 1, with the row, or with the reason why it is none."""

_SHOWN = 5
_MANY = 1_000
_MAX_ID = 200


def read_rows(
    source: str, ending: str, file: IO[bytes], options: Options, declared: str | None = None
) -> Iterator[Document | Skipped]:
    """Yield a document for each row of a table, and at the end one Skipped for rows that give none.

    ``declared`` is the encoding that a mail gives for it; the one in the settings comes first. Raises
    UnreadableError where the whole table cannot be read.
    """
    given = options.encoding_of(source) or declared
    try:
        codec = given or codec_of_file(file)
    except NotTextError as error:
        raise UnreadableError(str(error)) from error
    text = TextIOWrapper(file, encoding=codec, errors="replace", newline="")
    lines = _lines(text, options.limits.file_bytes)
    bad: dict[str, list[int]] = {}
    unread: dict[str, None] = {}
    names, count = _Names(source, options.columns), 0
    try:
        for number, row in _READ[ending](lines, options):
            count = number
            if isinstance(row, str):
                bad.setdefault(row, []).append(number)
                continue
            try:
                document, left_out = _document(names.of(number, row), row, options.columns)
                yield document
                if len(unread) < _MANY:
                    unread.update(dict.fromkeys(left_out))
                if isinstance(row, _Unfit):
                    bad.setdefault("more cells than columns, read in full", []).append(number)
            except UnreadableError as error:
                bad.setdefault(str(error), []).append(number)
    except (_TableEndsError, UnicodeDecodeError) as error:
        why = "not valid text" if isinstance(error, UnicodeDecodeError) else str(error)
        bad.setdefault(f"{why}, and what follows is not read", []).append(count + 1)
    finally:
        text.detach()
    guess = None if given else guessed(codec)
    told = [part for part in (guess, _summed(bad) if bad else "") if part]
    if unread:
        more = f" and {len(unread) - _SHOWN:,} more" if len(unread) > _SHOWN else ""
        told.append(
            f"columns beside the text that are not read in full: {', '.join([*unread][:_SHOWN])}{more}"
        )
    if told:
        yield Skipped(source, "; ".join(told))
    elif not count:
        raise UnreadableError("no rows")


class _TableEndsError(ValueError):
    """After this row, rows cannot be separated any more."""


def _summed(bad: Mapping[str, Sequence[int]]) -> str:
    """Return one line for all rows that give no document."""
    parts = []
    for reason, rows in bad.items():
        shown = ", ".join(f"{number:,}" for number in rows[:_SHOWN])
        more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
        parts.append(f"row{'s' if len(rows) > 1 else ''} {shown}{more}: {reason}")
    return "; ".join(parts)


def _lines(text: IO[str], limit: int) -> Iterator[str]:
    first = True
    while line := text.readline(limit + 1):
        if len(line) > limit:
            raise _TableEndsError(f"longer than {limit:,} characters (setting max_file_bytes)")
        # An encoding that the settings name keeps the byte order mark.
        yield line.removeprefix("\ufeff") if first else line
        first = False


def _csv_rows(lines: Iterator[str], options: Options) -> Iterator[Numbered]:
    yield from _separated(lines, options, None)


def _tsv_rows(lines: Iterator[str], options: Options) -> Iterator[Numbered]:
    yield from _separated(lines, options, "\t")


def _separated(lines: Iterator[str], options: Options, delimiter: str | None) -> Iterator[Numbered]:
    limit = options.limits.file_bytes
    csv.field_size_limit(limit)
    number = 0
    try:
        table = Separated(lines, delimiter)
        names = [name.lower() for name in table.names]
        told = (names.index(one.lower()) for one in options.columns.text if one.lower() in names)
        for cells, surplus in table.records(next(told, None)):
            number += 1
            if sum(map(len, cells)) + sum(map(len, surplus)) > limit:
                yield number, f"longer than {limit:,} characters (setting max_file_bytes)"
                continue
            row = dict(zip(table.names, cells, strict=False))
            if surplus:
                more = {f"column {n}": cell for n, cell in enumerate(surplus, len(names) + 1)}
                yield number, _Unfit(row | more)
            else:
                yield number, row
    except csv.Error as error:
        raise _TableEndsError(f"damaged ({error})") from None


class _Unfit(dict[str, str]):
    """A row with more cells than columns, so that it is unknown which cell is the text."""


def _json_rows(lines: Iterator[str], options: Options) -> Iterator[Numbered]:
    number = 0
    for line in lines:
        if not line.strip():
            continue
        number += 1
        try:
            row = json_of(line)
        except (ValueError, RecursionError):
            yield number, "not JSON"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def _listed_rows(lines: Iterator[str], options: Options) -> Iterator[Numbered]:
    """Yield the rows of a JSON list, which is held in memory as a whole."""
    yield from enumerate(json_of("".join(lines)), 1)


TABLES: Mapping[str, Callable[[Iterator[str], Options], Iterator[Numbered]]] = {
    ".csv": _csv_rows,
    ".tsv": _tsv_rows,
    ".jsonl": _json_rows,
    ".ndjson": _json_rows,
}
"""Endings of tables, which are read as streams."""

_READ: Mapping[str, Callable[[Iterator[str], Options], Iterator[Numbered]]] = {
    **TABLES,
    ".json": _listed_rows,
}


class _Names:
    """Names rows by their id if it is unique, else by their number."""

    def __init__(self, source: str, columns: Columns) -> None:
        self._source = source
        self._columns = columns
        self._seen: set[int] = set()

    def of(self, number: int, row: Row) -> str:
        """Return the source of a row's document."""
        key, _ = first_of(row, self._columns.id)
        if key and len(key) <= _MAX_ID and key.isprintable() and hash(key) not in self._seen:
            self._seen.add(hash(key))
            return f"{self._source}#id={key}"
        return f"{self._source}#row={number}"


def row_document(source: str, row: Row, columns: Columns) -> Document:
    """Return the document of one row. Raises UnreadableError if it gives none."""
    return _document(source, row, columns)[0]


def _document(source: str, row: Row, columns: Columns) -> tuple[Document, Sequence[str]]:
    """Return the document of a row, and the columns of which something is in no part of it."""
    fields = fields_of(row)
    words, in_column = (None, "") if isinstance(row, _Unfit) else first_of(fields, columns.text)
    if words is not None:
        text, blocks = text_of_field(words)
    elif not isinstance(row, _Unfit) and _has_column(row, columns.text):
        raise UnreadableError("no text")
    else:
        text, blocks = lines_of(fields)
        # A key, an address and a date alone are no text.
        keys = {name.lower() for name in (*columns.id, *columns.url, *columns.date)}
        if not any(name.lower() not in keys and says(value) for name, value in fields.items()):
            raise UnreadableError("no text")
    date, dated_by = first_of(fields, columns.date)
    value = dates.parse_date(date) if date else None
    title, titled_by = first_of(fields, columns.title)
    address, at = first_of(fields, columns.url)
    author, by = first_of(fields, columns.author)
    used = {
        in_column,
        titled_by,
        dated_by if value else "",
        at,
        by,
        first_of(fields, columns.id)[1],
    }
    gathered = facets_of(fields, used, by)
    document = make_document(
        source=source,
        sha256=hashlib.sha256(_canonical(row)).hexdigest(),
        reading=Reading(
            text,
            "utf-8",
            blocks,
            title=line_of_field(title) if title else None,
            published=Published(value, date, f"column {dated_by}") if value and date else None,
            original_url=web_address(address),
            author=author,
            facets=gathered.facets,
        ),
    )
    # Without a column of text every column is in the text.
    return document, gathered.left_out if in_column else ()


def _has_column(row: Row, names: Sequence[str]) -> bool:
    """Whether a row has a column of one of these names, which could hold a text."""
    wanted = {name.lower() for name in names}
    return any(
        name.lower() in wanted and not isinstance(value, dict | list) for name, value in row.items()
    )


def _canonical(row: Row) -> bytes:
    """Return a row's bytes: a JSON object in UTF-8, in the order of the columns, without white space."""
    words = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return words.encode("utf-8", "surrogatepass")
