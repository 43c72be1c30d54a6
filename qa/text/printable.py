"""Makes foreign text fit to be encoded, stored, printed and shown.

encodable        without lone surrogates, which no encoding can write
is_text          whether a text has neither a NUL nor a lone surrogate
as_text          without both
printable        without characters that control a terminal or change the direction of writing
in_line          in one line
printable_name   the name of a file, whatever bytes it has

Characters are replaced by U+FFFD, one code point for one, so that no offset moves.
"""

from __future__ import annotations

import os
import re

SURROGATES = "\ud800-\udfff"
"""Lone surrogates, as a part of a regular expression's class of characters."""
REPLACEMENT = "\ufffd"

_SURROGATE = re.compile(f"[{SURROGATES}]")
_NOT_TEXT = re.compile(f"[\0{SURROGATES}]")
# All control characters but tab and line feed, and those that turn the direction of writing.
_CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069{SURROGATES}]")
_LINE_END = re.compile("\r\n|\r")
_BREAK = re.compile("[\n\r\t\v\f\x85\u2028\u2029]+")


def encodable(text: str) -> str:
    """Return ``text`` with each lone surrogate replaced."""
    return _SURROGATE.sub(REPLACEMENT, text)


def is_text(text: str) -> bool:
    """Whether a text has neither a NUL nor a lone surrogate."""
    return _NOT_TEXT.search(text) is None


def as_text(text: str) -> str:
    """Return ``text`` with each NUL and each lone surrogate replaced."""
    return _NOT_TEXT.sub(REPLACEMENT, text)


def printable(text: str) -> str:
    """Return ``text`` in a form that cannot control the program that shows it.

    Tabs and line feeds stay; other line ends become line feeds.
    """
    return _CONTROLS.sub(REPLACEMENT, _LINE_END.sub("\n", text))


def in_line(words: str) -> str:
    """Return words with spaces instead of line breaks and tabs, which a file's name may have."""
    return _BREAK.sub(" ", words)


def printable_name(source: str) -> str:
    """Escape the bytes of a file's name that are not UTF-8, so that it can be stored and shown."""
    return os.fsencode(source).decode("utf-8", "backslashreplace")
