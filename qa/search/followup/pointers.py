"""Which words of a question mean something that was said before it."""

from __future__ import annotations

from collections.abc import Iterator

from qa.search.followup.reading import Reading, is_content
from qa.search.followup.table import (
    ARTICLES,
    AUXILIARIES,
    BEINGS,
    BESIDES,
    CLAUSES,
    DEICTIC,
    EXPLETIVE,
    HAVES,
    INTERROGATIVES,
    PERSONAL,
    PLACES,
    POINTING,
    POSSESSIVES,
    PREPOSITIONS,
    SUBJECTS,
    THERE_IS,
    THINGS,
)

BEFORE, _ENOUGH = 2, 6
"""A pronoun after more words of substance means one of them; so many stand on their own."""
_LONG = 100
"""Nor does a question of more words lean on another; each word is looked at with those before it."""


def pointers(asked: Reading) -> Iterator[int]:
    """Yield the numbers of the words that mean something outside the question."""
    words, told = asked.words, 0
    if len(words) > _LONG or len(asked.content) > _ENOUGH or _announces(asked):
        return
    for n, word in enumerate(words):
        before = words[n - 1].low if n else ""
        after = words[n + 1].low if n + 1 < len(words) else ""
        told += is_content(word)
        if told > BEFORE:  # what is meant has been said
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
    """Whether an "it" stands for nothing: "is it true that", "is it wise to", "did it take for"."""
    after = [word.low for word in asked.words[n + 1 : n + 3]]
    being = n > 0 and asked.words[n - 1].low in BEINGS
    if len(after) < 2:
        return False
    return after[0] in EXPLETIVE or (being and after[1] in ("to", "that", "when", "how", "whether"))


def _announces(asked: Reading) -> bool:
    """Whether a phrase before the question points forward: "In his letters what did Nobel ..."."""
    words = [word.low for word in asked.words]
    asks = next((n for n, low in enumerate(words) if low in INTERROGATIVES | AUXILIARIES), 0)
    return (
        bool(POSSESSIVES & set(words[:asks]))
        and words[0] in PREPOSITIONS | BESIDES | {"other"}
        and any(name.start > asked.words[asks].start for name in asked.names)
    )


def owns(asked: Reading, n: int) -> bool:
    """Whether a word is a possessive; "her" is one before a word of substance."""
    word = asked.words[n].low
    if word != "her":
        return word in POSSESSIVES
    after = asked.words[n + 1].low if n + 1 < len(asked.words) else ""
    return bool(after) and after not in PREPOSITIONS | CLAUSES | AUXILIARIES | ARTICLES


def _within(asked: Reading, n: int) -> bool:
    """Whether a pronoun in a clause of its own can mean what stands before the clause."""
    words = asked.words
    clause = next((m for m in range(n - 1, 0, -1) if words[m].low in CLAUSES), 0)
    after = words[n + 1].low if n + 1 < len(words) else ""
    subject = words[n].low in SUBJECTS or after in AUXILIARIES
    if subject and words[n - 1].low not in PREPOSITIONS:  # "Why does Ada say she ..."
        clause = clause or n
    return any(is_content(word) for word in words[:clause])


def _owner_within(asked: Reading, n: int) -> bool:
    """Whether what a possessive means can stand before it in the question."""
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
