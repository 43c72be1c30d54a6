"""JSON: a list of objects is a table, an object with a text is a document, anything else "path: value".

Files named JSON that have an object on each line are read as JSON Lines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

from qa.corpus.decode import NotTextError, decode, told
from qa.corpus.formats.records import json_of, shown
from qa.corpus.formats.rows import read_rows, row_document
from qa.corpus.readers import make_document
from qa.corpus.reading import (
    Columns,
    Options,
    Reading,
    Skipped,
    TextBuilder,
    UnreadableError,
    whole_characters,
)
from qa.records import Document

_MAX_PATH = 200
_LINES_EACH = 20
"""The most lines of an object in one paragraph."""


def read_json(
    source: str, data: bytes, options: Options, declared: str | None = None
) -> Iterator[Document | Skipped]:
    """Yield the documents of a JSON file. Raises UnreadableError if it is no JSON.

    ``declared`` is the encoding that a mail gives for it; the one in the settings comes first.
    """
    given = options.encoding_of(source) or declared
    try:
        text, codec = (data.decode(given, "replace"), given) if given else decode(data)
        text = text.removeprefix("\ufeff")
    except NotTextError as error:
        raise UnreadableError(str(error)) from error
    if not text.strip():
        raise UnreadableError("empty")
    try:
        value = json_of(text)
    except ValueError as error:
        if not _is_object(text.lstrip().splitlines()[0]):
            raise UnreadableError(f"not JSON ({error})") from None
        yield from read_rows(source, ".jsonl", BytesIO(data), options, declared)
        return
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield from read_rows(source, ".json", BytesIO(data), options, declared)
        return
    sha256 = hashlib.sha256(data).hexdigest()
    if isinstance(value, dict) and _has_text(value, options.columns):
        yield replace(row_document(source, value, options.columns), sha256=sha256)
    else:
        builder = TextBuilder()
        for lines in _paragraphs(value):
            builder.add("paragraph", "\n".join(lines))
        words, blocks = builder.result(titled=False)
        yield make_document(source=source, sha256=sha256, reading=Reading(words, "utf-8", blocks))
    note = told(data, codec, given=given is not None)
    if note:
        yield Skipped(source, note)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json_of(line), dict)
    except (ValueError, RecursionError):
        return False


def _has_text(row: dict[str, Any], columns: Columns) -> bool:
    wanted = {name.lower() for name in columns.text}
    return any(
        name.lower() in wanted and isinstance(value, str) and value.strip()
        for name, value in row.items()
    )


def _paragraphs(value: Any) -> Iterator[list[str]]:
    """Yield the lines of each object and list in a value; nested ones are named by their paths."""
    lines: list[str] = []
    holder = ""
    for within, path, words in _leaves(value):
        if lines and (within != holder or len(lines) == _LINES_EACH):
            yield lines
            lines = []
        holder = within
        lines.append(f"{path}: {words}" if path else words)
    if lines:
        yield lines


def _leaves(value: Any) -> Iterator[tuple[str, str, str]]:
    """Yield, for each value that is not empty, its container's path, its own path, and its text.

    Items of a list are numbered from 1.
    """
    waiting = [("", "", value)]
    while waiting:
        within, path, one = waiting.pop()
        if isinstance(one, dict | list):
            named = one.items() if isinstance(one, dict) else enumerate(one, 1)
            waiting += reversed(
                [
                    (path, f"{path}.{name}"[-_MAX_PATH:] if path else f"{name}"[:_MAX_PATH], inner)
                    for name, inner in named
                ]
            )
        elif isinstance(one, str):
            words = shown(whole_characters(one)).strip()
            if words:
                yield within, whole_characters(path), words
        elif one is not None:
            yield within, whole_characters(path), json.dumps(one)
