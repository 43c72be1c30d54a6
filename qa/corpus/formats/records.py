"""The text of a table's row: its text column, or else each of its columns with its name."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from qa.corpus.formats.plain import find_blocks
from qa.corpus.reading import TextBuilder, whole_characters
from qa.facets import Gathered, gather
from qa.records import Block

Row = Mapping[str, Any]
Text = tuple[str, tuple[Block, ...]]
"""A text and its blocks."""

_MAX_DEPTH, _MAX_PATH, _MAX_DIGITS = 20, 200, 1_000
_TAGS = re.compile(
    r"</(?:p|div|span|a|b|i|u|em|strong|li|ul|ol|h[1-6]|blockquote|pre|code|table|td|tr|font|sup|sub)\s*>"
    r"|<br\s*/?>|<p>",
    re.IGNORECASE,
)
_MARKUP = re.compile("[<&]")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,6}|#[xX][0-9A-Fa-f]{2,6});")


def json_of(words: str) -> Any:
    """Return the value of a JSON text; a number with too many digits to count with is the text of its digits.

    Raises ValueError if it is no JSON, and RecursionError if it is nested too deeply.
    """
    try:
        return json.loads(words)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(words, parse_int=_number)


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def fields_of(row: Row) -> dict[str, Any]:
    """Return the fields of a row; nested fields are named by their paths: ``"author.name"``.

    A list of plain values is one field. A value that is nested too deeply is one field too, as JSON.
    """
    found: dict[str, Any] = {}
    waiting = [(str(name), value, 0) for name, value in reversed([*row.items()])]
    while waiting:
        path, value, depth = waiting.pop()
        inner: list[tuple[str, Any]] | None = None
        if isinstance(value, Mapping):
            inner = [(str(name), one) for name, one in value.items()]
        elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
            inner = [(str(n), one) for n, one in enumerate(value, 1)]
        if inner is not None and depth >= _MAX_DEPTH:
            value, inner = json.dumps(value, ensure_ascii=False), None
        if inner is None:
            found.setdefault(path, value)
        else:
            waiting += [
                (f"{path}.{name}"[-_MAX_PATH:], one, depth + 1) for name, one in reversed(inner)
            ]
    return found


def first_of(fields: Mapping[str, Any], names: Sequence[str]) -> tuple[str | None, str]:
    """Return the value of the first of the columns ``names`` that is not empty, and the column's name.

    A nested field is named by its path, or by its own name if no other field has it. A ``name`` is that of what
    it is in: ``"author.name"`` is the author.
    """
    known: dict[str, str | None] = {}
    for name in fields:
        within, _, own = name.lower().rpartition(".")
        if within and own == "name":
            own = within.rpartition(".")[2]
        if own != name.lower():
            known[own] = None if own in known else name
    known.update((name.lower(), name) for name in reversed([*fields]))
    for wanted in names:
        column = known.get(wanted.lower())
        words = words_of(fields[column]) if column is not None else None
        if column is not None and words:
            return words, column
    return None, ""


def facets_of(fields: Mapping[str, Any], used: Collection[str], author: str) -> Gathered:
    """Return the facets of a row: its fields but those that are ``used`` otherwise.

    ``author`` is the field of its authors, which are a facet of that name.
    """
    named = [("author", fields[author])] if author else []
    named += [(name, value) for name, value in fields.items() if name not in used]
    return gather((name, _plain(value)) for name, value in named)


def _plain(value: object) -> object:
    """Return a value with its markup gone."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return line_of_field(value) if isinstance(value, str) and _MARKUP.search(value) else value


def words_of(value: object, between: str = "\n\n") -> str | None:
    """Return a field's value as text; None if it is empty."""
    if isinstance(value, list):
        parts = (words_of(one, between) for one in value)
        value = between.join(filter(None, parts))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    words = whole_characters(str(value))
    return words if words.strip() else None


def says(value: object) -> bool:
    """Whether a field has something to read; "true" and "false" count."""
    return isinstance(value, bool) or words_of(value) is not None


def text_of_field(words: str) -> Text:
    """Return a field's text and its blocks; for HTML the text that it shows."""
    return _shown(words) if _TAGS.search(words) else _of_plain(_without_entities(words))


def line_of_field(words: str) -> str:
    """Return a field's text on one line, such as a title."""
    return " ".join(shown(words).split())


def shown(words: str) -> str:
    """Return the text that a field shows: without tags and entities if it is HTML."""
    return _shown(words)[0] if _TAGS.search(words) else _without_entities(words)


def lines_of(fields: Mapping[str, Any]) -> Text:
    """Return a row as lines, "column: value"; empty columns have none."""
    lines: list[str] = []
    blocks: list[Block] = []
    start = 0
    for name, value in fields.items():
        words = words_of(str(value).lower() if isinstance(value, bool) else value, ", ")
        if words is not None:
            lines.append(f"{whole_characters(name).strip()}: {shown(words).strip()}")
            blocks.append(Block("paragraph", start, start + len(lines[-1])))
            start = blocks[-1].end + 1
    return "\n".join(lines), tuple(blocks)


def _of_plain(words: str) -> Text:
    return words, tuple(find_blocks(words))


def _without_entities(words: str) -> str:
    return html.unescape(words) if _ENTITY.search(words) else words


def _shown(words: str) -> Text:
    # Imported late: few tables have HTML in them.
    from qa.corpus.formats.html.tree import make_plain, parse_page
    from qa.corpus.formats.markup import add_blocks

    root = parse_page(words)
    if root is None:
        return _of_plain(words)
    make_plain(root)
    builder = TextBuilder()
    add_blocks(root.find("body"), builder)
    text, blocks = builder.result(titled=False)
    return (text, blocks) if text else _of_plain(words)
