"""Texts that are too dense for a structure: tiny lines or marks, more than people write.

To tell headings from lists costs some work and memory for each line and each mark. That is little for a
normal text, but too much for megabytes of ``- a``. Such a part is read without structure, as paragraphs
of some hundred characters, so that all of it can still be found and cited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.records import Block

BREAK = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]+")
_STRETCH = 512
_FREE_LINES, _CHARS_A_LINE = 20_000, 20
"""Any text may have so many lines, and one more for each so many characters."""


def is_crowded(text: str) -> bool:
    """Whether a text has more lines than real texts of its length, in any language."""
    most = _FREE_LINES + len(text) // _CHARS_A_LINE
    if len(text) < most:
        return False
    return sum(1 for _ in _LINE.finditer(text)) > most


def stretches(text: str, start: int, end: int) -> Iterator[Block]:
    """Yield the text between two places as paragraphs, or as furniture if it has no word.

    They end at line ends, and are longer than some hundred characters only if a line is longer.
    """
    while start < end:
        cut = end
        if start + _STRETCH < end:
            cut = 1 + max(text.rfind(mark, start, start + _STRETCH) for mark in "\r\n")
            if not cut:
                found = BREAK.search(text, start + _STRETCH, end)
                cut = found.end() if found else end
        piece = text[start:cut]
        words = piece.strip()
        if words:
            at = start + len(piece) - len(piece.lstrip())
            plain = any(char.isalnum() for char in words)
            yield Block("paragraph" if plain else "furniture", at, at + len(words))
        start = cut


def note(dense: int, length: int) -> str:
    """Return the note about a document with ``dense`` characters that are read without structure."""
    part = "it is" if dense >= length else f"{dense:,} of its {length:,} characters are"
    return f"{part} too dense with marks or lines for a text: read without headings and lists"
