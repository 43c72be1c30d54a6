"""Markdown: the text is the file with its markup, and the blocks are CommonMark's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

import yaml

from qa.corpus import dates
from qa.corpus.decode import decode
from qa.corpus.dense import note
from qa.corpus.formats.commonmark import markdown_blocks
from qa.corpus.formats.names import is_no_title, is_numbered
from qa.corpus.reading import Reading, facets_note, joined, language_code, web_address
from qa.facets import NO_FACETS, Gathered, gather
from qa.records import Block, Published, heading_text

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?\r?\n)?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_TOML_MATTER = re.compile(r"\+\+\+[ \t]*\r?\n(.*?\r?\n)?\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_KEY = re.compile(r"\s*[\w-]+\s*[:=]")
_MAX_FRONT_MATTER, _MOST_FIELDS = 32_768, 1_000


def read_markdown(data: bytes) -> Reading:
    """Read Markdown: the text is the file with its markup, and the blocks are CommonMark's."""
    text, encoding = decode(data)
    front = _front_matter(text)
    body = front.end if front else 0
    found = markdown_blocks(text, body)
    whole = tuple(_with_gaps_filled(text, _with_title(text, found.blocks)))
    told = note(found.dense, len(text)) if found.dense else None
    if front is None:
        return Reading(text, encoding, whole, note=told, has_lines=True)
    return Reading(
        text,
        encoding,
        whole,
        title=front.title,
        published=front.published,
        original_url=front.original_url,
        author=front.author,
        language=front.language,
        note=joined(told, facets_note(front.gathered.left_out)),
        facets=front.gathered.facets,
        has_lines=True,
    )


def _with_gaps_filled(text: str, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks, and as furniture the parts that a page does not show: rules, link targets."""
    upto = 0
    for block in (*blocks, Block("furniture", len(text), len(text))):
        gap = text[upto : block.start]
        if gap.strip():
            start = upto + len(gap) - len(gap.lstrip())
            yield Block("furniture", start, upto + len(gap.rstrip()))
        if block.start < block.end:
            yield block
        upto = block.end


def _with_title(text: str, blocks: list[Block]) -> list[Block]:
    """Make the first heading the title if the text begins with it, and if it says what the text is about."""
    for n, block in enumerate(blocks):
        if block.kind == "heading":
            words = heading_text(text[block.start : block.end])
            if is_no_title(words) or is_numbered(words):
                break
            blocks[n] = Block("title", block.start, block.end, block.level)
        if block.kind != "furniture":
            break
    return blocks


class _Front(NamedTuple):
    """A front matter: its end, and its fields."""

    end: int
    title: str | None = None
    published: Published | None = None
    original_url: str | None = None
    author: str | None = None
    language: str | None = None
    gathered: Gathered = NO_FACETS


_DATES = ("date", "published", "pubdate", "publish_date", "publication_date")
_ADDRESSES = ("canonical", "canonical_url", "original_url", "url", "link", "source", "permalink")
_AUTHORS = ("author", "authors", "creator", "by")
_LANGUAGES = ("lang", "language", "locale")


def _front_matter(text: str) -> _Front | None:
    """Return the front matter, YAML or TOML, at the beginning of a text; None if it is only a rule."""
    load = _yaml
    found = _FRONT_MATTER.match(text, 0, _MAX_FRONT_MATTER)
    if found is None:
        load = _toml
        found = _TOML_MATTER.match(text, 0, _MAX_FRONT_MATTER)
    if found is None:
        return None
    source = found[1] or ""
    try:
        fields = load(source)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError):
        # ValueError is from TOML; OverflowError and it also from an escape of an impossible character.
        return _Front(found.end()) if _KEY.match(source) else None
    if not isinstance(fields, dict):
        return None if source.strip() else _Front(found.end())
    others = dict(fields)

    def taken(names: Sequence[str], read: Callable[[object], Any]) -> Any:
        """Return what the first of some fields that says anything says, and take it out of the others."""
        for name in names:
            value = read(fields.get(name))
            if value:
                del others[name]
                return value
        return None

    title, published = taken(("title",), _string), taken(_DATES, _published)
    address, people = taken(_ADDRESSES, web_address), taken(_AUTHORS, _names) or []
    language = taken(_LANGUAGES, language_code)
    said = [one for one in islice(_fields(others), _MOST_FIELDS) if _says(one[1])]
    return _Front(
        end=found.end(),
        title=title,
        published=published,
        original_url=address,
        author=", ".join(people) or None,
        language=language,
        gathered=gather([("author", people), *said]),
    )


def _yaml(source: str) -> Any:
    # Without types: everything is a string or a collection of strings. A safe loader would
    # follow merge keys, and with these a few hundred bytes can stand for gigabytes.
    return yaml.load(source, yaml.BaseLoader)  # noqa: S506 - makes no objects


def _toml(source: str) -> Any:
    fields = tomllib.loads(source.replace("\r\n", "\n"))
    # TOML has a type for dates.
    return {name: str(v) if isinstance(v, date) else v for name, v in fields.items()}


def _published(value: object) -> Published | None:
    words = _string(value)
    value = dates.parse_date(words) if words else None
    return Published(value, words, "front matter") if words and value else None


def _names(value: object) -> list[str]:
    """Return the names of authors from a text, a list of texts, or mappings with a name."""
    many = value if isinstance(value, list) else [value]
    found = [_string(one.get("name") if isinstance(one, dict) else one) for one in many[:20]]
    return [name for name in found if name]


def _fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the fields of a front matter, those one level down by their paths.

    Deeper ones are left alone: by aliases a few hundred bytes of YAML stand for gigabytes.
    """
    for name, value in fields.items():
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict):
                yield from ((f"{name}.{inner}", held) for inner, held in one.items())
            else:
                yield str(name), one


def _says(value: object) -> bool:
    return not isinstance(value, str) or _string(value) is not None


def _string(value: object) -> str | None:
    value = value.strip() if isinstance(value, str) else ""
    return None if value in ("", "~", "null") else value
