"""Titles as printed forms have them: capitals as in English headlines, quotation marks that open and close."""

from __future__ import annotations

import re

# Articles, conjunctions and short prepositions: the Chicago Manual of Style, 18th edition, 8.160.
SMALL = frozenset(
    "a an and as at but by for from in into nor of on onto or over so the to up via with yet".split()
)
_ENDS = (".", "?", "!", ":", "—")
_OPENS = re.compile(r"(^|[\s(\[{—–/“‘])([\"'])")


def headline(title: str) -> str:
    """Return an English title with capitals as in a headline.

    A word that has a capital or a digit anywhere keeps its letters: "iPhone", "USSR".
    """
    words = title.split(" ")
    last = len(words) - 1
    return " ".join(
        _capital(word)
        if n in (0, last) or words[n - 1].endswith(_ENDS) or word.casefold().strip("\"'“”‘’(),;:") not in SMALL
        else word
        for n, word in enumerate(words)
    )  # fmt: skip


def _capital(word: str) -> str:
    """Return a word with its first letter, and that of each part after a hyphen, as a capital."""
    parts = re.split(r"([-–/])", word)
    return "".join(
        part if part in SMALL and n else re.sub(r"[^\W\d_]", lambda m: m[0].upper(), part, count=1)
        for n, part in enumerate(parts)
    ) if word == word.lower() and not re.search(r"\d|\w[.@]\w", word) else word  # fmt: skip


def curly(text: str) -> str:
    """Return a text whose straight quotation marks and apostrophes open and close."""
    opened = _OPENS.sub(lambda m: m[1] + ("“" if m[2] == '"' else "‘"), text)
    return opened.replace('"', "”").replace("'", "’")


def quoted(title: str) -> str:
    """Return a title in quotation marks, those within it single ones."""
    return f"“{curly(title).replace('“', '‘').replace('”', '’')}”"
