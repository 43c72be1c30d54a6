"""Words that a line's end breaks, and compounds whose hyphen is their own."""

from __future__ import annotations

import re
from collections.abc import Iterable

BROKEN = re.compile(r"(?P<word>[^\W_]+(?:['’-][^\W_]+)*)[-\u00ad\u2010]$")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_FIRST = frozenset(
    """
    self well half cross vice long short high low ill full non large small wide deep hard open
    fast slow single double triple one two three four five six seven eight nine eleven twelve
    twenty thirty forty fifty sixty seventy eighty ninety first second third fourth fifth
    """.split()
)
"""Of English: what stands first in compounds that are written with a hyphen."""
_LAST = frozenset(
    """
    term based free known called made making scale level year old date friendly related specific
    oriented driven aware dependent party border sized shaped coloured colored handed minded hearted
    eyed quality speed cost risk income range distance lasting standing running going looking paid
    educated dressed earned defined law laws called being
    """.split()
)
_ENDING = re.compile(
    r"(?:e?s|e?d|e?rs?|est|ings?|ly|ness(?:es)?|en(?:s|ed|ing)?|ages?|ish|y|ity|ments?|ful|less|ships?|"
    r"wards?|hood|dom|ths?|teen|ty|ton|ary|arily|itudes?|ions?|ies|ier|ied)"
)
"""Of a word, and none itself."""
_SOLID = frozenset(
    "way ways light lights lighted land lands hand hands list lists fall cut cuts ware spread self".split()
)
"""What makes one word with those: "highway", "widespread"."""
_AND = frozenset("und oder bzw sowie and or to et ou y e en of och og i".split())
"""Behind a hyphen that stands for what follows later: "Ost- und Westseite"."""
_FRENCH = frozenset(
    "il ils elle elles on je tu nous vous ce ci là moi toi lui leur même mêmes être".split()
)
_SMALL_FRENCH = frozenset("le les des est une dans".split())


def vocabulary(lines: Iterable[str]) -> frozenset[str]:
    """Return the words that stand unbroken within a line, compounds as one word."""
    found: set[str] = set()
    for line in lines:
        found.update(WORD.findall(BROKEN.sub("", line.lower())))
    return frozenset(found)


def between(above: str, below: str, words: frozenset[str]) -> str:
    """Return what joins two lines: " " between words, "- " and "-" for a hyphen that stays, else ""."""
    broken, after = BROKEN.search(above), WORD.match(below)
    if not broken or not after:
        return " "
    if above[-1] != "\u00ad" and after.group().lower() in _AND:
        return "- "
    return "-" if _keeps(above[-1], broken["word"], after.group(), words) else ""


def _keeps(mark: str, word: str, after: str, words: frozenset[str]) -> bool:
    """Whether the hyphen between two parts is the word's own and not the line's."""
    if mark == "\u00ad":
        return False
    if not after[0].islower() or not word[-1].isalpha():
        return True  # "Franco-Prussian", "1914-18"
    last = re.split(r"['’-]", word)[-1].lower()
    whole, compound = f"{word}{after}".lower(), f"{word}-{after}".lower()
    if whole in words or compound in words:
        return whole not in words
    if "-" in word:
        return True
    first = re.split(r"['’-]", after)[0].lower()
    if words >= _SMALL_FRENCH and first in _FRENCH:
        return len(first) == 2 or last[-1] in "td"
    if last == "ex":  # "ex-minister", but "ex-ample"
        return first in words
    if _ENDING.fullmatch(first):
        return False
    return (last in _FIRST and first not in _SOLID) or (first in _LAST and len(last) > 2)
