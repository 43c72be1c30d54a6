"""The messages between a build and the child process that reads for it: JSON with its length before it.

The child reads files that anyone may have made, so its messages are checked like any other input.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from qa.corpus.contents import Item, Mark
from qa.corpus.reading import Columns, Limits, Ocr, Options, Skipped
from qa.facets import bounded
from qa.records import About, Block, BlockKind, Document, Place, Published, Scan, document_id

_LENGTH = struct.Struct(">Q")
_KINDS = frozenset(get_args(BlockKind))


class FrameError(ValueError):
    """A message that breaks the protocol."""


class TooLongError(FrameError):
    """A message that is longer than allowed."""


def send(
    channel: socket.socket, message: Mapping[str, Any], *, files: tuple[int, ...] = ()
) -> None:
    """Send a message; open files go with its first bytes."""
    # As UTF-8, so that a limit on a text's bytes means the same in every script.
    text = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
    body = text.encode("utf-8", "surrogatepass")
    head = _LENGTH.pack(len(body))
    if files:
        socket.send_fds(channel, [head], files)
        head = b""
    channel.sendall(head + body)


def receive(
    channel: socket.socket, *, limit: int, deadline: float | None = None
) -> Mapping[str, Any] | None:
    """Return the next message; None when the other side is gone.

    Raises TooLongError for a message of more than ``limit`` bytes, FrameError for one that is no JSON
    object, TimeoutError after the ``deadline`` on the monotonic clock.
    """
    head = _exactly(channel, _LENGTH.size, deadline)
    return None if head is None else _body(channel, head, limit, deadline)


def receive_with_file(
    channel: socket.socket, *, limit: int
) -> tuple[Mapping[str, Any], int] | None:
    """Return the next message and the file that came with it; None when the other side is gone."""
    head, files, _, _ = socket.recv_fds(channel, _LENGTH.size, 1)
    if not head or not files:
        return None
    rest = _exactly(channel, _LENGTH.size - len(head), None)
    message = None if rest is None else _body(channel, head + rest, limit, None)
    return None if message is None else (message, files[0])


def _body(
    channel: socket.socket, head: bytes, limit: int, deadline: float | None
) -> Mapping[str, Any] | None:
    (length,) = _LENGTH.unpack(head)
    if length > limit:
        raise TooLongError(f"{length:,} bytes")
    body = _exactly(channel, length, deadline)
    if body is None:
        return None
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FrameError("not JSON") from error
    if not isinstance(message, dict):
        raise FrameError("not a JSON object")
    return message


def _exactly(channel: socket.socket, count: int, deadline: float | None) -> bytes | None:
    body = bytearray()
    while len(body) < count:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
        piece = channel.recv(min(count - len(body), 1 << 20))
        if not piece:
            return None
        body += piece
    return bytes(body)


def options_of(fields: Mapping[str, Any]) -> Options:
    """Return the options from the mapping that ``asdict`` made."""
    columns = {name: tuple(names) for name, names in fields["columns"].items()}
    encodings = tuple((glob, codec) for glob, codec in fields["encodings"])
    limits, ocr = Limits(**fields["limits"]), Ocr(**fields["ocr"])
    return Options(limits, Columns(**columns), encodings=encodings, ocr=ocr)


def message_of(item: Item) -> Mapping[str, Any]:
    """Return an item as a message."""
    if isinstance(item, Mark):
        return {"mark": [item.number, item.source]}
    if isinstance(item, Skipped):
        return {"skipped": [item.source, item.reason]}
    fields = {name: getattr(item, name) for name in _PLAIN}
    fields["published"] = _plain(item.published)
    fields["blocks"] = [
        [block.kind, block.start, block.end, block.level, _plain(block.about)]
        for block in item.blocks
    ]
    fields["places"] = [[place.start, place.label, place.part] for place in item.places]
    fields["facets"] = item.facets
    fields["scans"] = [[scan.start, scan.end, scan.confidence] for scan in item.scans]
    return {"document": fields}


_PLAIN = (
    "source", "sha256", "encoding", "text", "title", "original_url", "author", "language",
    "page_starts", "has_lines",
)  # fmt: skip


def _plain(value: Published | About | None) -> Mapping[str, Any] | None:
    return asdict(value) if value else None


def item_of(message: Mapping[str, Any], source: str) -> Item | None:
    """Return the item in a message about the file ``source``; None at the end of the file.

    Raises FrameError if it breaks the rules for readers: spans are in order and within the text, and the
    source is the file's or within it.
    """
    try:
        if "end" in message:
            return None
        item = _item(message)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FrameError("not what was agreed") from error
    if item.source != source and not item.source.startswith((f"{source}#", f"{source}/")):
        raise FrameError("a source of another file")
    return item


def _item(message: Mapping[str, Any]) -> Item:
    if "mark" in message:
        number, place = message["mark"]
        return Mark(int(number), str(place))
    if "skipped" in message:
        place, reason = message["skipped"]
        return Skipped(str(place), str(reason))
    fields = message["document"]
    text = _text(fields["text"])
    for name in ("title", "original_url", "author", "language"):
        if fields[name] is not None:
            _text(fields[name])
    return Document(
        id=document_id(_text(fields["source"])),
        source=fields["source"],
        sha256=_text(fields["sha256"]),
        encoding=_text(fields["encoding"]),
        text=text,
        title=fields["title"],
        published=_published(fields["published"]),
        blocks=_blocks(fields["blocks"], len(text)),
        original_url=fields["original_url"],
        author=fields["author"],
        language=fields["language"],
        page_starts=_ascending(fields["page_starts"], len(text)),
        places=_places(fields["places"], len(text)),
        has_lines=_flag(fields["has_lines"]),
        facets=bounded(fields["facets"]),
        scans=_scans(fields["scans"], len(text)),
    )


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _published(fields: Mapping[str, Any] | None) -> Published | None:
    return Published(**{name: _text(value) for name, value in fields.items()}) if fields else None


def _about(fields: Mapping[str, Any] | None) -> About | None:
    if not fields:
        return None
    title, url = (None if fields[n] is None else _text(fields[n]) for n in ("title", "url"))
    return About(title, url, _published(fields["published"]))


def _blocks(rows: list[list[Any]], length: int) -> tuple[Block, ...]:
    blocks, upto = [], 0
    for kind, start, end, level, about in rows:
        if kind not in _KINDS or not upto <= int(start) < int(end) <= length:
            raise ValueError("a block out of place")
        blocks.append(Block(kind, int(start), int(end), int(level), _about(about)))
        upto = int(end)
    return tuple(blocks)


def _places(rows: list[list[Any]], length: int) -> tuple[Place, ...]:
    places = tuple(Place(start, _text(label), part) for start, label, part in rows)
    _ascending([place.start for place in places], length)
    parts = [place.part for place in places]
    if any(type(part) is not int for part in parts) or parts != sorted(parts):
        raise ValueError("parts out of order")
    return places


def _scans(rows: list[list[Any]], length: int) -> tuple[Scan, ...]:
    scans, upto = [], 0
    for start, end, confidence in rows:
        if not upto <= int(start) < int(end) <= length or not 0 <= float(confidence) <= 1:
            raise ValueError("a scan out of place")
        scans.append(Scan(int(start), int(end), float(confidence)))
        upto = int(end)
    return tuple(scans)


def _ascending(starts: list[int], length: int) -> tuple[int, ...]:
    if any(type(start) is not int for start in starts) or starts != sorted(starts):
        raise ValueError("pages or places out of order")
    if starts and not 0 <= starts[0] <= starts[-1] <= length:
        raise ValueError("pages or places outside the text")
    return tuple(starts)
