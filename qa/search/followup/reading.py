"""Reads a question without a grammar: its words, names and dates, and the words that refer back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa.search.followup.table import (
    ARTICLES,
    AUXILIARIES,
    BEINGS,
    BESIDES,
    CLAUSES,
    DEFINITION,
    DEICTIC,
    DESCRIBING,
    ELSE,
    EMPTY,
    EXPLETIVE,
    HAVES,
    INTERROGATIVES,
    LIGHT,
    LINKS,
    MEANS,
    MONTHS,
    PERSONAL,
    PLACE_PREPOSITIONS,
    PLACES,
    POINTING,
    POSSESSIVES,
    PREPOSITIONS,
    REMAINING,
    SUBJECTS,
    THERE_IS,
    THINGS,
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
_PHRASE_WORDS = 8
_NO_SUBJECT = EMPTY | LIGHT | INTERROGATIVES | AUXILIARIES | ARTICLES


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question. ``low`` is its lower-case form, with straight apostrophes."""

    text: str
    low: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        """The word without a possessive 's."""
        return self.low.removesuffix("'s")


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words.

    ``subject``: it follows an auxiliary ("did Ada"). ``place``: it follows "in", "from", ...
    ``thing``: it has an article or is an acronym. ``describing``: it describes the word after it.
    ``owns``: it has a possessive 's, which is not in ``text``.
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
        """Whether "he" may refer to it: not "in Oslo", "the Rhine", "Ada's father", "king of Spain"."""
        of = self.before in ("of", "de", "del")
        return not (self.place or self.thing or self.owns or of)


@dataclass(frozen=True, slots=True)
class Date:
    """A date or a year, as the question writes it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be read from a question."""

    text: str
    words: tuple[Word, ...]
    names: tuple[Name, ...]
    dates: tuple[Date, ...]

    @property
    def content(self) -> list[Word]:
        """The words that say what the question is about."""
        return [word for word in self.words if is_content(word)]


@lru_cache(maxsize=64)  # for the questions of a conversation; a long one takes 250 kB
def read(text: str) -> Reading:
    """Return the reading of a question."""
    words = tuple(
        Word(m[0], m[0].lower().replace("’", "'"), m.start(), m.end()) for m in _WORD.finditer(text)
    )
    dates = tuple(Date(m[0], m.start(), m.end()) for m in _DATE.finditer(text))
    return Reading(text, words, tuple(_names(text, words)), dates)


def is_content(word: Word) -> bool:
    """Whether a word says something about the subject: no function word, and no very general word."""
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
    """Return the number of the last word of the name that begins at ``first``; None if none begins."""
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
    """Whether the question begins with a name: a capital letter is no proof at its first word."""
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


# --- words that refer to earlier questions ------------------------------------------------------

BEFORE, _ENOUGH = 2, 6
"""After more than ``BEFORE`` content words a pronoun refers to one of them. A question with more than
``_ENOUGH`` content words stands on its own."""
_LONG = 100
"""A question with more words stands on its own too. The limit bounds the time of ``pointers``."""


def pointers(asked: Reading) -> Iterator[int]:
    """Yield the numbers of the words that refer to something outside the question."""
    words, told = asked.words, 0
    if len(words) > _LONG or len(asked.content) > _ENOUGH or _announces(asked):
        return
    for n, word in enumerate(words):
        before = words[n - 1].low if n else ""
        after = words[n + 1].low if n + 1 < len(words) else ""
        told += is_content(word)
        if told > BEFORE:  # the question itself has named what the word refers to
            return
        if owns(asked, n):
            outside = before in AUXILIARIES - HAVES or not _owner_within(asked, n)
        elif word.low in PERSONAL | THINGS:
            outside = not (n and before not in AUXILIARIES and _within(asked, n))
            outside = outside and not (word.low == "it" and _is_nothing(asked, n))
        elif word.low in PLACES:
            outside = not {before, after} & THERE_IS
        elif word.low in POINTING:
            outside = not (n and after) or before in AUXILIARIES - HAVES | PREPOSITIONS
            outside = outside and after not in DEICTIC | CLAUSES | PREPOSITIONS
        else:
            outside = False
        if outside:
            yield n


def _is_nothing(asked: Reading, n: int) -> bool:
    """Whether an "it" refers to nothing: "is it true that", "is it wise to", "did it take for"."""
    after = [word.low for word in asked.words[n + 1 : n + 3]]
    being = n > 0 and asked.words[n - 1].low in BEINGS
    if len(after) < 2:
        return False
    return after[0] in EXPLETIVE or (being and after[1] in ("to", "that", "when", "how", "whether"))


def _announces(asked: Reading) -> bool:
    """Whether a phrase at the start refers forward: "In his letters what did Nobel ..."."""
    words = [word.low for word in asked.words]
    asks = next((n for n, low in enumerate(words) if low in INTERROGATIVES | AUXILIARIES), 0)
    return (
        bool(POSSESSIVES & set(words[:asks]))
        and words[0] in PREPOSITIONS | BESIDES | {"other"}
        and any(name.start > asked.words[asks].start for name in asked.names)
    )


def owns(asked: Reading, n: int) -> bool:
    """Whether a word is a possessive; "her" is a possessive before a content word."""
    word = asked.words[n].low
    if word != "her":
        return word in POSSESSIVES
    after = asked.words[n + 1].low if n + 1 < len(asked.words) else ""
    return bool(after) and after not in PREPOSITIONS | CLAUSES | AUXILIARIES | ARTICLES


def _within(asked: Reading, n: int) -> bool:
    """Whether a pronoun in a clause of its own can refer to something before the clause."""
    words = asked.words
    clause = next((m for m in range(n - 1, 0, -1) if words[m].low in CLAUSES), 0)
    after = words[n + 1].low if n + 1 < len(words) else ""
    subject = words[n].low in SUBJECTS or after in AUXILIARIES
    if subject and words[n - 1].low not in PREPOSITIONS:  # "Why does Ada say she ..."
        clause = clause or n
    return any(is_content(word) for word in words[:clause])


def _owner_within(asked: Reading, n: int) -> bool:
    """Whether a possessive can refer to something before it in the question."""
    words, many = asked.words, asked.words[n].low in ("their", "su", "sus")
    if any(name.end <= words[n].start for name in asked.names):
        return True
    for m in range(1, n):
        if is_content(words[m]):
            if many and m > 1:
                return True
            introduced = words[m - 1].low in ARTICLES or words[m - 1].low in ("which", "what")
            if introduced and not words[m].low.endswith("s"):
                return True
    return False


# --- does the question stand on its own? --------------------------------------------------------


def leans(asked: Reading, led: bool) -> bool:
    """Whether a question without a pronoun still needs the earlier questions."""
    words = [word.low for word in asked.words]
    for word, after in zip(words, [*words, ""][1:], strict=True):
        if word in REMAINING and (not after or after in PREPOSITIONS | AUXILIARIES):
            return True
    if asked.names:
        return False
    if led or (ELSE & set(words) and not BESIDES & set(words)):
        return True
    first = asked.words[0].low if asked.words else ""
    asks = first in INTERROGATIVES | AUXILIARIES | PREPOSITIONS
    if not asked.content:
        return True
    defines = words[-1] in MEANS or DEFINITION.fullmatch(asked.text)
    return asks and _says_little(asked) and not defines


def is_phrase(text: str) -> bool:
    """Whether a text is a few words that ask nothing, such as someone looks up in quotation marks."""
    words = re.findall(r"[^\W_]+", text.lower())
    asks = bool(words) and words[0] in INTERROGATIVES | AUXILIARIES
    return len(words) <= _PHRASE_WORDS and not asks and not re.search("[?\uff1f\u061f\xbf]", text)


def is_fragment(asked: Reading) -> bool:
    """Whether the text is no sentence that asks."""
    return not any(word.low in INTERROGATIVES | AUXILIARIES for word in asked.words)


def _says_little(asked: Reading) -> bool:
    return len(asked.content) < 2 and not asked.names
