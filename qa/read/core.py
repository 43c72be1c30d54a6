"""What a message asks, without what stands around it: greetings, instructions, thanks, marks."""

from __future__ import annotations

from qa.read.protocol import Reader

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
