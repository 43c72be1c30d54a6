"""A question read without grammar: its words, and the names and dates that it is written with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa.search.followup.table import (
    ARTICLES,
    AUXILIARIES,
    DESCRIBING,
    EMPTY,
    INTERROGATIVES,
    LIGHT,
    LINKS,
    MONTHS,
    PLACE_PREPOSITIONS,
    WEEKDAYS,
)
from qa.text.analysis import Analyzer

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
_YEAR = r"(?:1[0-9]|20)\d\d"
_MONTH = "(?:" + "|".join(sorted(MONTHS - {"may", "mar"}, key=len, reverse=True)) + "|may|mar)"
_DAY = r"(?:the\s+|el\s+)?\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"\b(?:{_DAY}\s+(?:of\s+|de\s+)?{_MONTH}(?:,?\s+(?:de\s+)?{_YEAR})?"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+{_YEAR})?"
    rf"|{_MONTH}\s+(?:of\s+|de\s+)?{_YEAR}|{_YEAR})\b",
    re.IGNORECASE,
)
_terms = Analyzer("en").terms
_NO_SUBJECT = EMPTY | LIGHT | INTERROGATIVES | AUXILIARIES | ARTICLES


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question. ``low`` is in lower case, with straight apostrophes."""

    text: str
    low: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        """The word without the 's of possession."""
        return self.low.removesuffix("'s")


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words.

    ``subject``: it follows an auxiliary ("did Ada"). ``place``: it follows "in", "from", ...
    ``thing``: it has an article or is an acronym. ``describing``: it only qualifies a word.
    ``owns``: it has an 's, which is no part of ``text``.
    """

    text: str
    start: int
    end: int
    before: str
    subject: bool
    place: bool
    thing: bool
    owns: bool
    describing: bool

    @property
    def may_be_a_person(self) -> bool:
        """Whether "he" may mean it: not "in Oslo", "the Rhine", "Ada's father", "king of Spain"."""
        of = self.before in ("of", "de", "del")
        return not (self.place or self.thing or self.owns or of)


@dataclass(frozen=True, slots=True)
class Date:
    """A date, or a year, as it is written."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be told of a question."""

    text: str
    words: tuple[Word, ...]
    names: tuple[Name, ...]
    dates: tuple[Date, ...]

    @property
    def content(self) -> list[Word]:
        """The words that say what it is about."""
        return [word for word in self.words if is_content(word)]


@lru_cache(maxsize=64)  # of a conversation; a long question takes a quarter of a megabyte
def read(text: str) -> Reading:
    """Return the reading of a question."""
    words = tuple(
        Word(m[0], m[0].lower().replace("’", "'"), m.start(), m.end()) for m in _WORD.finditer(text)
    )
    dates = tuple(Date(m[0], m.start(), m.end()) for m in _DATE.finditer(text))
    return Reading(text, words, tuple(_names(text, words)), dates)


def is_content(word: Word) -> bool:
    """Whether a word carries a subject by itself: not a function word, not a general one."""
    if word.stem in _NO_SUBJECT:
        return False
    return bool(_terms(word.low))


def _names(text: str, words: Sequence[Word]) -> list[Name]:
    if text == text.upper() or text == text.lower():
        return []
    names, at = [], 0
    while at < len(words):
        last = _run(text, words, at)
        if last is None:
            at += 1
            continue
        names.append(_name(text, words, at, last))
        at = last + 1
    return names


def _run(text: str, words: Sequence[Word], first: int) -> int | None:
    """Return the number of the last word of the name that begins at ``first``, if one does."""
    if not _capital(words[first]) or (first == 0 and not _begins(text, words)):
        return None
    last = at = first
    while at + 1 < len(words) and not words[at].low.endswith("'s"):
        between = text[words[at].end : words[at + 1].start]
        if between not in (" ", "-", " “", " ‘", "” ", "’ ", "' ", ". "):
            break
        at += 1
        if _capital(words[at]):
            last = at
        elif words[at].low not in LINKS or at - last > 2:
            break
    # "People's Assembly" is one name, "Ada's Engine" is two.
    goes_on = words[last].stem in LIGHT and last + 1 < len(words)
    if goes_on and words[last].low.endswith("'s") and _capital(words[last + 1]):
        return _run(text, words, last + 1)
    return last


def _begins(text: str, words: Sequence[Word]) -> bool:
    """Whether a name begins the question: any first word has a capital."""
    word = words[0]
    if len(words) == 1 or not is_content(word) or word.low in LIGHT:
        return False
    acronym = len(word.text) > 1 and word.text.isupper()
    return acronym or (_capital(words[1]) and text[word.end : words[1].start] == " ")


def _capital(word: Word) -> bool:
    return (
        word.text[0].isupper()
        and word.low not in MONTHS | WEEKDAYS | INTERROGATIVES
        and word.text != "I"
    )


def _name(text: str, words: Sequence[Word], first: int, last: int) -> Name:
    start, end = words[first].start, words[last].end
    said = text[start:end]
    owns = words[last].low.endswith("'s")
    if owns:
        end -= 2
        said = said[:-2]
    before = words[first - 1].low if first else ""
    article = before in ARTICLES
    lead = words[first - 2].low if article and first > 1 else before
    following = words[last + 1] if last + 1 < len(words) else None
    return Name(
        text=text[words[first - 1].start : end] if article and before == "the" else said,
        start=words[first - 1].start if article and before == "the" else start,
        end=end,
        before=lead,
        subject=lead in AUXILIARIES,
        place=lead in PLACE_PREPOSITIONS,
        thing=article or (said.isupper() and len(said) > 1),
        owns=owns,
        describing=first == last
        and bool(DESCRIBING.fullmatch(words[first].low))
        and following is not None
        and is_content(following)
        and not _capital(following)
        and text[words[last].end : following.start] == " ",
    )
