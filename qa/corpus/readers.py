"""One reader a format: bytes to a Document.

A reader turns bytes into exact text and its blocks; what every document has besides (id,
checksum, title, date) is settled here, once. To add a format, write a function of the type
Reader and name its endings in READERS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

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
    front = _FRONT_MATTER.match(text)
    body = front.end() if front else 0
    starts = [body, *(m.end() for m in re.finditer(r"\r\n|\r|\n", text[body:]))]
    starts = [body, *(start + body for start in starts[1:]), len(text)]
    blocks: list[Block] = [Block("furniture", 0, body)] if front and body else []
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
            if kind == "paragraph" and piece.lstrip().startswith("<!--"):
                kind = "furniture"
            level = int(token.tag[1]) if kind == "heading" else 0
            blocks.append(Block(kind, start, end, level))
            inside = end
    title, published = _front_matter(front.group(1) or "") if front else (None, None)
    return Reading(text, encoding, _with_title(blocks), title, published)


def _with_title(blocks: list[Block]) -> tuple[Block, ...]:
    """Make a first heading the title when it opens the text."""
    for n, block in enumerate(blocks):
        if block.kind == "heading":
            blocks[n] = Block("title", block.start, block.end, block.level)
        if block.kind != "furniture":
            break
    return tuple(blocks)


def _front_matter(source: str) -> tuple[str | None, Published | None]:
    try:
        fields: Any = yaml.safe_load(source)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None, None
    if not isinstance(fields, dict):
        return None, None
    title, words = fields.get("title"), str(fields.get("date", ""))
    value = dates.parse_date(words)
    published = Published(value, words, "front matter") if value else None
    return (title.strip() or None) if isinstance(title, str) else None, published


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
        (heading_text(text[b.start : b.end]) for b in blocks if b.kind == "title"), None
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
