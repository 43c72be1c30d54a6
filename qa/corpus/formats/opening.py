"""Chooses the title among the first lines of a plain text, if there is one.

Some texts have no title: a letter, a mail, a log, a page that begins with its contents or its first section.
These are cited by their file's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.corpus import dates
from qa.corpus.formats.names import is_no_title, is_numbered
from qa.records import BlockKind

_SALUTATION = re.compile(
    r"(?=.{2,80}$)(?:(?:dear|hi|hello|sehr geehrte[rs]?|liebe[rs]?|guten tag|madame|monsieur|messieurs|"
    r"chère?s?|bonjour|estimad[oa]s?|querid[oa]s?|muy señor\w*|egregi\w*|gentil[ei]|car[oaie]|spett\.?|"
    r"exm[oa]s?\.?|prezad[oa]s?|geachte|beste|уважаем\w+|дорог\w+|здравствуйте|шановн\w+|szanown\w+|drog[iea]|bästa|hej|kära|vážen\w+|"
    r"milí|sayın|merhaba)\b.*[,:!]|拝啓|前略|各位|尊敬的.*[:：]|敬启者|안녕하세요)\s*$",
    re.IGNORECASE,
)
_OPENING = 12
"""The salutation of a letter is among the first so many units."""
_FIELD = re.compile(r"\w[\w -]{0,20}:\s")
_STAMP = re.compile(r"\W?(?:\d{4}-\d\d-\d\d[T ]|\d\d:)\d\d:\d\d")
_COLUMNS = re.compile(r"\S(?:\s{3,}|\t)\S")
_CODE = re.compile(r"[#<{\[$\\%/;@=]|[\w.]+\s*[=(]|.*[;{}]$")
_COUNTED = re.compile(r"(\d{1,2})\s+\S")
_ROMAN = re.compile(r"[IVXLC]{1,6}[.)]\s")


def is_letter(words: Sequence[str]) -> bool:
    """Whether one of the first units of a text is the salutation of a letter."""
    return any(_SALUTATION.match(one) for one in words[:_OPENING])


def settle_title(words: Sequence[str], kinds: list[BlockKind]) -> None:
    """Make the heading at the start of a text its title, if it is one; a date beside it is no heading."""
    units = [n for n, kind in enumerate(kinds) if kind != "furniture"]
    if is_letter([words[n] for n in units[:_OPENING]]):
        for n in units[:_OPENING]:  # above the salutation are names and addresses
            if _SALUTATION.match(words[n]):
                return
            kinds[n] = "paragraph" if kinds[n] == "heading" else kinds[n]
    for place, n in enumerate(units):
        if kinds[n] != "heading":
            return
        if _is_dated(words[n]):
            kinds[n] = "paragraph"
            continue
        if not _names_the_text(words[n], words, kinds):
            return
        kinds[n] = "title"
        following = units[place + 1] if place + 1 < len(units) else None
        if following is not None and kinds[following] == "heading" and _is_dated(words[following]):
            kinds[following] = "paragraph"
        return


def _is_dated(words: str) -> bool:
    """Whether a line gives the time and place of writing, and nothing about the subject."""
    found = dates.from_lines([words], [])
    return found is not None and found.origin != "title"


def _names_the_text(words: str, all_words: Sequence[str], kinds: Sequence[BlockKind]) -> bool:
    if is_no_title(words) or is_numbered(words) or _ROMAN.match(words):
        return False
    if any(form.match(words) for form in (_FIELD, _STAMP, _CODE)) or _COLUMNS.search(words):
        return False
    counted = _COUNTED.match(words)
    if counted is None:
        return True
    # "1 Scope" is a section if "2 Terms" follows; "10 reasons for a well" has no eleventh.
    after = f"{int(counted[1]) + 1} "
    return not any(
        kind == "heading" and line.startswith(after)
        for line, kind in zip(all_words, kinds, strict=True)
    )
