"""What a message asks, without what stands around it: greetings, instructions, thanks, marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qa.read.protocol import Reader

_EARLIER_CHARS = 2000
"""Characters of earlier messages that are read in all: as many as one question may have."""
_SMALL_TALK = 12
"""A message of more words asks something, whatever the reader makes of it."""
_SURELY = 4.0
"""What the archive speaks of is asked for, unless the reader is as sure as this, in logits, that it is not."""


def core(reader: Reader | None, message: str, knows: Callable[[str], bool] | None = None) -> str:
    """Return the words of a message that ask; the whole message without a reader.

    Empty for a short message that asks nothing. ``knows`` tells whether the archive holds a word of a
    text: a word alone ("owls") may be a question or a manner of speaking, and the archive decides.
    """
    whole = message.strip()
    if reader is None:
        return whole
    asked = _own(reader, message, 0.0)
    if not asked and knows is not None and knows(whole):
        asked = _own(reader, message, _SURELY)
    if asked:
        return asked
    return whole if len(whole.split()) > _SMALL_TALK else ""


def _own(reader: Reader, message: str, leaning: float) -> str:
    spans = reader.own_words(message, leaning=leaning)
    asked = " ".join(message[start:end] for start, end in spans)
    return asked if any(char.isalnum() for char in asked) else ""


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
