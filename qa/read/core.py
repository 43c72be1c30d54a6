"""What a message asks, without what stands around it: greetings, instructions, thanks, marks."""

from __future__ import annotations

from collections.abc import Callable

from qa.read.protocol import Reader

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
