"""One reader a format: bytes to a Document.

A reader turns bytes into exact text and its blocks; what every document has besides (id,
checksum, title, date) is settled here, once. To add a format, write a function of the type
Reader and name its endings in READERS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt

from qa.corpus import dates
from qa.corpus.decode import NotTextError, decode
from qa.corpus.structure import find_blocks
from qa.records import Block, BlockKind, Document, Published, document_id, heading_text


class UnreadableError(ValueError):
    """A file that cannot be read as its format; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader finds in a file: exact text, its blocks, and what the file says of itself."""

    text: str
    encoding: str
    blocks: tuple[Block, ...]
    title: str | None = None
    published: Published | None = None


Reader = Callable[[bytes], Reading]


def read_text(data: bytes) -> Reading:
    """Read a plain-text file of any encoding that ``decode`` knows."""
    text, encoding = decode(data)
    return Reading(text, encoding, find_blocks(text))


_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?\r?\n)?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_KEY = re.compile(r"\s*[\w-]+:")
_MAX_FRONT_MATTER = 32_768
# Only block structure is wanted: inline parsing is left out.
_MARKDOWN = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").disable("inline")
_CONTAINERS: Mapping[str, BlockKind] = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "list_item_open": "item",
    "blockquote_open": "paragraph",
    "fence": "paragraph",
    "code_block": "paragraph",
    "table_open": "paragraph",
    "html_block": "paragraph",
}


def read_markdown(data: bytes) -> Reading:
    """Read Markdown: the text is the file with its markup, the blocks are CommonMark's."""
    text, encoding = decode(data)
    front = _front_matter(text)
    body = front.end if front else 0
    starts = [body, *(m.end() for m in re.finditer(r"\r\n|\r|\n", text[body:]))]
    starts = [body, *(start + body for start in starts[1:]), len(text)]
    blocks: list[Block] = []
    inside = body
    for token in _MARKDOWN.parse(text[body:]):
        kind = _CONTAINERS.get(token.type)
        if kind is None or token.map is None:
            continue
        start, end = starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)]
        if start < inside:  # within a block that is already taken whole
            continue
        piece = text[start:end]
        start, end = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        if start < end:
            if token.type == "html_block" and _is_comment(text[start:end]):
                kind = "furniture"
            level = int(token.tag[1]) if kind == "heading" else 0
            blocks.append(Block(kind, start, end, level))
            inside = end
    whole = tuple(_with_gaps_filled(text, _with_title(blocks)))
    if front is None:
        return Reading(text, encoding, whole)
    return Reading(text, encoding, whole, front.title, front.published)


def _is_comment(html: str) -> bool:
    """Whether a block of HTML is nothing but comments; the last one may be left open."""
    *comments, rest = html.split("-->")
    opens = [part.lstrip().startswith("<!--") for part in comments]
    return all(opens) and (not rest.strip() or rest.lstrip().startswith("<!--"))


def _with_gaps_filled(text: str, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks, and as furniture what a page does not show: rules, link targets and such."""
    upto = 0
    for block in (*blocks, Block("furniture", len(text), len(text))):
        gap = text[upto : block.start]
        if gap.strip():
            start = upto + len(gap) - len(gap.lstrip())
            yield Block("furniture", start, upto + len(gap.rstrip()))
        if block.start < block.end:
            yield block
        upto = block.end


def _with_title(blocks: list[Block]) -> list[Block]:
    """Make a first heading the title when it opens the text."""
    for n, block in enumerate(blocks):
        if block.kind == "heading":
            blocks[n] = Block("title", block.start, block.end, block.level)
        if block.kind != "furniture":
            break
    return blocks


class _Front(NamedTuple):
    """A front matter: where it ends, and what it says."""

    end: int
    title: str | None
    published: Published | None


def _front_matter(text: str) -> _Front | None:
    """Return the front matter that opens a text; None when it opens with a rule instead."""
    found = _FRONT_MATTER.match(text, 0, _MAX_FRONT_MATTER)
    if found is None:
        return None
    source = found[1] or ""
    try:
        # Without types: everything is a string or a collection of strings. A safe loader would
        # follow merge keys, a few hundred bytes of which can stand for gigabytes.
        fields: Any = yaml.load(source, yaml.BaseLoader)  # noqa: S506 - makes no objects
    except (yaml.YAMLError, RecursionError):
        return _Front(found.end(), None, None) if _KEY.match(source) else None
    if not isinstance(fields, dict):
        return None if source.strip() else _Front(found.end(), None, None)
    title, words = (_string(fields.get(name)) for name in ("title", "date"))
    value = dates.parse_date(words) if words else None
    published = Published(value, words, "front matter") if words and value else None
    return _Front(found.end(), title, published)


def _string(value: object) -> str | None:
    value = value.strip() if isinstance(value, str) else ""
    return None if value in ("", "~", "null") else value


READERS: Mapping[str, Reader] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
}

_EDGE_LINES = 8


def read_document(source: str, data: bytes) -> Document:
    """Return the document that ``data``, the bytes of the file at ``source``, holds.

    Raises UnreadableError, with the reason, for a format without a reader, a binary or
    undecodable file, and one that holds no text.
    """
    ending = PurePosixPath(source).suffix.lower()
    reader = READERS.get(ending)
    if reader is None:
        raise UnreadableError(f"no reader for {ending or 'files without an ending'}")
    if not data.strip():
        raise UnreadableError("empty")
    try:
        reading = reader(data)
    except NotTextError as error:
        raise UnreadableError(str(error)) from error
    return make_document(
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
        reading=reading,
    )


def make_document(*, source: str, sha256: str, reading: Reading) -> Document:
    """Settle what every document has: id, title and date, from its reading and its name."""
    text, blocks = reading.text, reading.blocks
    if all(block.kind == "furniture" for block in blocks):
        raise UnreadableError("no text but page furniture" if text.strip() else "empty")
    lines = [
        line
        for block in blocks
        if block.kind != "furniture"
        for line in text[block.start : block.end].splitlines()
        if line.strip()
    ]
    title = reading.title or next(
        (heading_text(text[b.start : b.end]) or None for b in blocks if b.kind == "title"), None
    )
    published = (
        reading.published
        or dates.from_lines(lines[:_EDGE_LINES], lines[-_EDGE_LINES:])
        or dates.from_name(source)
    )
    return Document(
        id=document_id(source),
        source=source,
        sha256=sha256,
        encoding=reading.encoding,
        text=text,
        title=title,
        published=published,
        blocks=blocks,
    )
