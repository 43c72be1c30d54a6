"""Finds what a message asks, and leaves out what is around it: greetings, instructions, thanks, marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from qa.read.protocol import Reader
from qa.text.sentences import sentence_spans

_MARK = re.compile("[?\uff1f\u061f][\\s\"\u00bb\u201c\u201d')\\]]*\\Z")

_EARLIER_CHARS = 2000
"""The most characters that are read of all earlier messages: as many as one question may have."""
_REST = re.compile(r"[^.!?\n\uff1f\u061f]{0,200}[?\uff1f\u061f]")
_PASTED = 60
"""A message of more words has a text pasted around its question."""
_SMALL_TALK = 12
"""A message of more words is always a question, even if the reader finds none in it."""
_LEANINGS = (1.0, 2.0, 3.0, 4.0)
"""If the reader finds no question, it tries again with these values, in logits, added in favour of a question;
the smallest that finds something is used."""


def core(reader: Reader | None, message: str, knows: Callable[[str], bool] | None = None) -> str:
    """Return the words of a message that ask; without a reader the whole message.

    The result is empty for a short message that is no question. ``knows`` says whether the archive has a
    word of a text: a word alone ("owls") may be a question or a phrase of courtesy, and the archive decides.
    """
    whole = message.strip()
    if reader is None:
        return whole
    asked = _own(reader, message, 0.0)
    long = len(whole.split()) > _SMALL_TALK
    if not asked and long and (marked := _last_question(whole)):
        own = reader.own_words(marked)
        asked = marked[own[0][0] :] if own else marked
    if not asked and (long or (knows is not None and knows(whole))):
        asked = next(filter(None, (_own(reader, message, lean) for lean in _LEANINGS)), "")
    return asked or (whole if long else "")


def _last_question(message: str) -> str:
    """Return the last sentence with a question mark, if there are other sentences beside it."""
    if not any(mark in message for mark in "?\uff1f\u061f"):
        return ""
    sentences = [message[start:end] for start, end in sentence_spans(message)]
    found = [sentence for sentence in sentences if _MARK.search(sentence)]
    return found[-1] if len(sentences) > 1 and found else ""


def _own(reader: Reader, message: str, leaning: float) -> str:
    spans = reader.own_words(message, leaning=leaning)
    if spans and len(message.split()) > _PASTED and (rest := _REST.match(message, spans[-1][1])):
        # In such a long text the reader sometimes takes the end of a question for part of the frame.
        spans[-1] = (spans[-1][0], rest.end())
    asked = " ".join(message[start:end] for start, end in spans)
    return asked if any(char.isalnum() for char in asked) else ""


def cores(reader: Reader | None, earlier: Sequence[str]) -> list[str]:
    """Return what earlier messages ask, oldest first; a message that is no question stays whole.

    The latest are read first. A message that exceeds the limit together with the later ones stays whole.
    """
    left = _EARLIER_CHARS
    found: list[str] = []
    for message in reversed(earlier):
        is_read = len(message) <= left
        if is_read:
            left -= len(message)
        found.append((core(reader, message) if is_read else "") or message)
    return found[::-1]
