"""What a message quotes from another one; the other one's words show it, not marks alone."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from qa.records import Block

QUOTED = re.compile(r"[ \t]*>")
_QUOTE_MARKS = re.compile(r"^[ \t>|]+", re.MULTILINE)
_MIN_COPIED_WORDS = 8
_REMEMBERED = 20_000_000
"""How many characters of earlier messages are kept for recognising quotations."""


class Earlier:
    """The words of the messages that were read, by their ids; the oldest are forgotten."""

    def __init__(self) -> None:
        self._words: OrderedDict[str, str] = OrderedDict()
        self._length = 0

    def add(self, message_id: str, words: str) -> None:
        """Keep what a message says."""
        if not message_id or message_id in self._words:
            return
        self._words[message_id] = words = _plain_words(words)
        self._length += len(words)
        while self._length > _REMEMBERED:
            _, words = self._words.popitem(last=False)
            self._length -= len(words)

    def said(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Return the words of those messages that are known."""
        return tuple(self._words[one] for one in ids if one in self._words)


def _plain_words(text: str) -> str:
    """Return the words of a text in order, without quotation marks and line breaks."""
    return f" {' '.join(_QUOTE_MARKS.sub(' ', text).casefold().split())} "


def without_quotations(
    text: str, blocks: Sequence[Block], started: int, replied: Sequence[str]
) -> Iterator[Block]:
    """Yield the blocks; a block that quotes a message that is answered becomes furniture.

    A short line without a quotation mark may be equal by chance, so it stays.
    """
    quotes = []
    for block in blocks:
        words = text[block.start : block.end]
        plain = _plain_words(words)
        long = len(plain.split()) >= _MIN_COPIED_WORDS
        marked = bool(QUOTED.match(words))
        quotes.append(
            block.start >= started and (marked or long) and any(plain in said for said in replied)
        )
    for n, block in enumerate(blocks):
        # "On Monday Anna wrote:" belongs to the quotation after it.
        opens = n + 1 < len(blocks) and quotes[n + 1] and text[: block.end].endswith(":")
        if block.start >= started and (quotes[n] or opens):
            yield Block("furniture", block.start, block.end)
        else:
            yield block
