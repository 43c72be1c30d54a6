"""Finds what a message asks, and leaves out what is around it: greetings, instructions, thanks, marks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import itemgetter

from qa.read.protocol import Reader, Span
from qa.text.sentences import sentence_spans

_MARKS = tuple("?\uff1f\u061f")
_MARK = re.compile("[?\uff1f\u061f][\\s\"\u00bb\u201c\u201d')\\]]*\\Z")

_PAIRS = (
    ('"', '"'),
    ("\u201c", "\u201d"),
    ("\u201e", "\u201c"),
    ("\xab", "\xbb"),
    ("(", ")"),
    ("[", "]"),
)

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
_SHORT_LEANINGS = _LEANINGS[:3]
"""The same for a short message: words of courtesy ("thanks", "hello", "sorry") take 4 or more, most subjects less."""
_FILE_NAME = re.compile(
    r"(?<![\w/.\\-])(?=[\w./\\-]*[\d_/\\-])[\w./\\-]*[\w-]\.(?=\d*[a-z])[a-z\d]{2,5}(?![\w/\\-])",
    re.IGNORECASE,
)
_PLAIN_NAME = "report.txt"
"""What the reader sees for a file's name: numbers and paths look to it like words that ask."""


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
        leanings = _LEANINGS if long else _SHORT_LEANINGS
        asked = next(filter(None, (_own(reader, message, lean) for lean in leanings)), "")
    return _without_pair(asked) or (whole if long else "")


def _without_pair(asked: str) -> str:
    """Return words without the quotation marks or brackets around all of them, also where one is missing."""
    for first, last in _PAIRS:
        inner = asked.removeprefix(first).removesuffix(last)
        if inner != asked and first not in inner and last not in inner:
            return inner.strip()
    return asked


def _last_question(message: str) -> str:
    """Return the last sentence with a question mark, if there are other sentences beside it."""
    if not any(mark in message for mark in "?\uff1f\u061f"):
        return ""
    sentences = [message[start:end] for start, end in sentence_spans(message)]
    found = [sentence for sentence in sentences if _MARK.search(sentence)]
    return found[-1] if len(sentences) > 1 and found else ""


def _own(reader: Reader, message: str, leaning: float) -> str:
    spans = _own_spans(reader, message, leaning)
    if spans and len(message.split()) > _PASTED and (rest := _REST.match(message, spans[-1][1])):
        # In such a long text the reader sometimes takes the end of a question for part of the frame.
        spans[-1] = (spans[-1][0], rest.end())
    if spans and message[spans[-1][1] - 1] not in _MARKS and message[spans[-1][1] :][:1] in _MARKS:
        # Of several marks the reader takes none. One is what the same question has without a frame.
        spans[-1] = (spans[-1][0], spans[-1][1] + 1)
    asked = " ".join(message[start:end] for start, end in spans)
    return asked if any(char.isalnum() for char in asked) else ""


def _own_spans(reader: Reader, message: str, leaning: float) -> list[Span]:
    """Return the spans that ask, as the reader finds them with plain names for files."""
    plain, ends = "", [(0, 0)]
    for name in _FILE_NAME.finditer(message):
        plain += message[ends[-1][1] : name.start()] + _PLAIN_NAME
        ends.append((len(plain), name.end()))
    if len(ends) > 1:
        plain += message[ends[-1][1] :]
        if spans := reader.own_words(plain, leaning=leaning):
            return [(_origin(start, ends), _origin(end, ends)) for start, end in spans]
    return reader.own_words(message, leaning=leaning)


def _origin(at: int, ends: Sequence[Span]) -> int:
    """Return the place in a message of a place in its plain form; a place in a name is the name's beginning."""
    number = bisect_right(ends, at, key=itemgetter(0)) - 1
    plain, origin = ends[number]
    if number + 1 < len(ends):
        begins = ends[number + 1][0] - len(_PLAIN_NAME)
        if at > begins:
            return origin + begins - plain
    return origin + at - plain


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
