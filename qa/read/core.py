"""What a message asks, without what stands around it: greetings, instructions, thanks, marks."""

from __future__ import annotations

from collections.abc import Sequence

from qa.read.protocol import Reader

_EARLIER_CHARS = 2000
"""Characters of earlier messages that are read in all: as many as one question may have."""
_SMALL_TALK = 12
"""A message of more words asks something, whatever the reader makes of it."""


def core(reader: Reader | None, message: str) -> str:
    """Return the words of a message that ask; the whole message without a reader.

    Empty for a short message that asks nothing.
    """
    whole = message.strip()
    if reader is None:
        return whole
    spans = reader.own_words(message)
    asked = " ".join(message[start:end] for start, end in spans)
    if any(char.isalnum() for char in asked):
        return asked
    return whole if len(whole.split()) > _SMALL_TALK else ""


def cores(reader: Reader | None, earlier: Sequence[str]) -> list[str]:
    """Return what earlier messages ask, oldest first; one that asks nothing stays whole.

    The latest are read first. What is too long to be read with those after it stays whole too.
    """
    left = _EARLIER_CHARS
    found: list[str] = []
    for message in reversed(earlier):
        is_read = len(message) <= left
        if is_read:
            left -= len(message)
        found.append((core(reader, message) if is_read else "") or message)
    return found[::-1]
