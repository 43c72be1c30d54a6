"""Messages: EML and MBOX, read with the standard library's parser.

A message is a document: its subject is the title; then come sender, recipients and date, then its words. If
a message has a plain and an HTML form, the plain one is read, unless it has much less text. Attachments are
passed on as files. A quotation is boilerplate if the quoted message was read before and has these words; any
other quotation is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from importlib import import_module
from itertools import groupby
from typing import IO

from qa.corpus.decode import agreed
from qa.corpus.formats.headers import Words
from qa.corpus.formats.plain import find_blocks
from qa.corpus.formats.quotations import QUOTED, Earlier, without_quotations
from qa.corpus.reading import (
    Reading,
    TextBuilder,
    UnreadableError,
    facets_note,
    joined,
    web_address,
)
from qa.facets import Gathered, gather
from qa.records import Block, Place, Published

_MAX_SHOWN, _MAX_NAME = 1_000, 150
_STUB = 4
"""A plain form with less than a quarter of the HTML form's words only says that there is an HTML form."""
_FROM_LINE = re.compile(rb"From .{0,400}\d\d:\d\d.{0,60}\d{4}")
_ESCAPED = re.compile(rb">+From ")
_LINE = 1 << 20
_SOFT_BREAK = re.compile(r"(?<=[^\n]) \n(?=[^\s>-])")
_ENDINGS = {
    "text/plain": ".txt", "text/html": ".html", "application/pdf": ".pdf", "message/rfc822": ".eml",
    "text/csv": ".csv", "text/calendar": ".ics",
}  # fmt: skip


Header = Callable[[str], str]
"""Returns the value of a header by its name."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that is attached to a message; ``codec`` is the encoding that the message gives for it."""

    name: str
    data: bytes
    codec: str | None = None


def messages_of(file: IO[bytes], limit: int) -> Iterator[bytes | None]:
    """Yield the bytes of each message of a mail archive; None for one with more than ``limit`` bytes.

    Raises UnreadableError if the file does not begin with a message.
    """
    parts: list[bytes] | None = None
    size, blank = 0, True
    while line := file.readline(_LINE):
        if blank and _FROM_LINE.match(line):
            if parts is not None:
                yield b"".join(parts) if size <= limit else None
            parts, size = [], 0
        elif parts is None:
            raise UnreadableError("damaged: it does not begin with a message")
        else:
            size += len(line)
            if size <= limit:
                parts.append(line[1:] if _ESCAPED.match(line) else line)
        blank = not line.strip(b"\r\n")
    if parts is not None:
        yield b"".join(parts) if size <= limit else None


def read_message(
    data: bytes, place: str, earlier: Earlier | None = None, codec: str | None = None
) -> tuple[Reading, list[Attached]]:
    """Return what a message says, and its attachments.

    ``place`` is the place by which its words are cited. Its words are added to ``earlier``. ``codec`` is the
    encoding of what declares none; without it that is guessed.
    """
    message = message_from_bytes(data)
    if not message.keys():
        raise UnreadableError("damaged: no message is in it")
    decoded = Words(codec)
    plain, pages, attached = _parts(message, decoded)
    words = "\n\n".join(plain)
    shown, shown_blocks = _shown(pages) if pages else ("", ())
    if len(words.split()) * _STUB >= len(shown.split()):
        shown, shown_blocks = words, _blocks(words)

    def said(name: str) -> str:
        return decoded.of(message.get(name, ""))

    subject = said("subject")
    body = _Body()
    if subject:
        body.add(subject, (Block("title", 0, len(subject), 1),))
    about = _about(said)
    if about:
        body.add(about, (Block("paragraph", 0, len(about)),))
    started = body.length
    replied = earlier.said(_ids(said, "in-reply-to", "references")) if earlier else ()
    body.add(shown, shown_blocks)
    text, blocks = body.result()
    if replied:
        blocks = tuple(without_quotations(text, blocks, started, replied))
    if earlier is not None:
        earlier.add(next(iter(_ids(said, "message-id")), ""), text[started:])
    gathered = _facets(said)
    reading = Reading(
        text,
        "utf-8",
        blocks,
        title=subject or None,
        published=_published(said),
        original_url=web_address(said("archived-at").strip("<>")),
        author=_author(said),
        places=(Place(0, place),),
        note=joined(facets_note(gathered.left_out), *decoded.notes),
        facets=gathered.facets,
    )
    return reading, attached


class _Body:
    """Joins texts with a blank line between them, and moves their blocks accordingly."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._blocks: list[Block] = []
        self.length = 0

    def add(self, text: str, blocks: Sequence[Block]) -> None:
        """Append a text."""
        if not blocks:
            return
        start = self.length + 2 if self._texts else 0
        self._texts.append(text)
        self.length = start + len(text)
        self._blocks += [
            Block(b.kind, b.start + start, b.end + start, b.level, b.about) for b in blocks
        ]

    def result(self) -> tuple[str, tuple[Block, ...]]:
        """Return the text and its blocks."""
        return "\n\n".join(self._texts), tuple(self._blocks)


def _parts(message: Message, decoded: Words) -> tuple[list[str], list[str], list[Attached]]:
    """Return the plain texts of a message, its HTML texts, and its attachments."""
    plain: list[str] = []
    pages: list[str] = []
    attached: list[Attached] = []
    names: set[str] = set()
    waiting = [message]
    while waiting:
        part = waiting.pop()
        kind = part.get_content_type()
        content = part.get_payload()
        if part.is_multipart() and isinstance(content, list) and kind != "message/rfc822":
            waiting += [one for one in reversed(content) if isinstance(one, Message)]
            continue
        name = _file_name(part, decoded)
        apart = name or part.get_content_disposition() == "attachment"
        if kind in ("text/plain", "text/html") and not apart:
            words = decoded(_payload(part), _charset(part))
            if kind == "text/html":
                pages.append(words)
            else:
                plain.append(_plain_text(part, words))
        elif not (part.get("content-id") and part.get_content_maintype() == "image"):
            # The others are pictures of the HTML form, such as those of a signature.
            name = _free(name or f"attachment{_ENDINGS.get(kind, '')}", names)
            data = _payload(part)
            told = part.get_content_maintype() == "text" and kind != "text/html"
            attached.append(Attached(name, data, agreed(data, _charset(part)) if told else None))
    return [words for words in plain if words.strip()], pages, attached


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError, MessageError):
        return None


def _payload(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    inner = part.get_payload()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return inner[0].as_bytes()
    return b""


def _file_name(part: Message, decoded: Words) -> str:
    """Return the name of an attachment in a form that a file in a folder can have."""
    try:
        given = part.get_filename()
    except (ValueError, LookupError, MessageError):
        return ""
    name = " ".join(re.sub(r"[/\\\x00-\x1f\x7f]", "_", decoded.of(given or "")).split())
    if len(name) > _MAX_NAME:  # keep the ending
        name = name[:100] + name[-49:]
    return name.lstrip(".") or ""


def _free(name: str, names: set[str]) -> str:
    """Return a name that no other attachment of the message has."""
    stem, dot, ending = name.rpartition(".")
    found, number = name, 1
    while found in names:
        number += 1
        found = f"{stem} ({number}){dot}{ending}" if dot else f"{name} ({number})"
    names.add(found)
    return found


def _plain_text(part: Message, words: str) -> str:
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    if str(part.get_param("format", "")).lower() == "flowed":
        words = _SOFT_BREAK.sub(" ", words)
    return words.strip()


def _about(said: Header) -> str:
    """Return sender, recipients and date of a message, a line each."""
    lines = []
    for name in ("From", "To", "Cc", "Date"):
        words = said(name)
        if words:
            cut = len(words) > _MAX_SHOWN
            lines.append(f"{name}: {words[:_MAX_SHOWN]}{' …' if cut else ''}")
    return "\n".join(lines)


def _author(said: Header) -> str | None:
    name, address = parseaddr(said("from"))
    return name or address or None


def _facets(said: Header) -> Gathered:
    """Return who it is from, by address, who it is to, by name where there is one, its list and keywords."""
    people = {
        name: [found for found in getaddresses([said(name)]) if found[1]]
        for name in ("from", "to", "cc")
    }
    return gather(
        [
            ("from", [address for _, address in people["from"]]),
            *(
                (name, [called or address for called, address in people[name]])
                for name in ("to", "cc")
            ),
            ("list", said("list-id").rpartition("<")[2].rstrip(">")),
            ("keywords", said("keywords").split(",")),
        ]
    )


def _published(said: Header) -> Published | None:
    words = said("date")
    try:
        sent = parsedate_to_datetime(words)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if not 1970 < sent.year <= datetime.now(sent.tzinfo).year + 1:
        return None
    return Published(sent.date().isoformat(), words, "header Date")


def _ids(said: Header, *names: str) -> list[str]:
    return [one for name in names for one in re.findall(r"<[^<>\s]{1,500}>", said(name))]


def _shown(pages: Sequence[str]) -> tuple[str, tuple[Block, ...]]:
    """Return the text of the HTML forms of a message: the main text, or all of it if there is none."""
    page = "\n".join(pages)
    reading = import_module("qa.corpus.formats.html").extract(page)
    if reading.text:
        return reading.text, reading.blocks
    markup, builder = import_module("qa.corpus.formats.markup"), TextBuilder()
    root = markup.parse_xhtml(page.encode("utf-8", "replace"))
    if root is not None:
        markup.add_blocks(root, builder)
    return builder.result(titled=False)


def _blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a plain message: paragraphs, lists, and quotations on their own."""
    blocks: list[Block] = []
    at = 0
    lines = text.splitlines(keepends=True)
    for _, stretch in groupby(lines, key=lambda line: bool(QUOTED.match(line))):
        piece = "".join(stretch)
        for block in find_blocks(piece):
            # A line that looks like a heading in a letter is a greeting, a signature or a slogan.
            kind = block.kind if block.kind in ("item", "furniture") else "paragraph"
            blocks.append(Block(kind, block.start + at, block.end + at))
        at += len(piece)
    return tuple(blocks)
