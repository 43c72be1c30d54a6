"""The lines that a letter begins with."""

from __future__ import annotations

import re

from qa.corpus import dates

_MAX_DATED = 60
_SALUTATION = re.compile(
    r"(?:dear|sehr\s+geehrte|to\s+whom\s+it)\b.{0,80}|"
    r"(?:liebe|guten\s+tag|hallo|estimad|querid|señor|muy\s+señor|ch[eè]re?s?|madame|monsieur|gentil|egregi|"
    r"spettabil|car[oaie]|prezad|beste|geachte|kære|kjære|hej|hei|bästa|szanown|drog[ai]|vážen|уважаем|"
    r"дорог|αγαπητ|sayın)\w*(?:\s.{0,80})?[,:!]",
    re.IGNORECASE,
)


def greets(line: str) -> bool:
    """Whether a line is the salutation of a letter: ``Dear neighbours,``."""
    return _SALUTATION.fullmatch(line) is not None


def is_dated(line: str) -> bool:
    """Whether a line is a date, or a short one that ends in a date: ``Orlaville, 4 March 2019``."""
    return len(line) <= _MAX_DATED and bool(dates.parse_date(line) or dates.at_end(line))
