"""Words that are broken at the end of a line, and compounds with a hyphen of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from qa.corpus.formats.pdf.words import Words

_HYPHENS = "-\u00ad\u2010"
_LONGEST = 100
"""The most characters of a broken word: without this limit the time would grow with the square."""
_LAST_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*$")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NAME = 4
"""A name in capitals, "TCP-IP", has no more letters, and no more of them stand in a line."""
_FIRST = frozenset(
    """
    self well half cross vice long short high low ill full non large small wide deep hard open
    fast slow single double triple one two three four five six seven eight nine eleven twelve
    twenty thirty forty fifty sixty seventy eighty ninety first second third fourth fifth
    """.split()
)
"""First parts of English compounds that are written with a hyphen."""
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
"""Parts of words that are no words themselves."""
_SOLID = frozenset(
    "way ways light lights lighted land lands hand hands list lists fall cut cuts ware spread self".split()
)
"""Second parts that form one word with these: "highway", "widespread"."""
_AND = frozenset("und oder bzw sowie and or to et ou y e en of och og i".split())
"""Words after a hyphen that replaces a later part: "Ost- und Westseite"."""
_FRENCH = frozenset(
    "il ils elle elles on je tu nous vous ce ci là moi toi lui leur même mêmes être".split()
)
_SMALL_FRENCH = frozenset("le les des est une dans".split())


def vocabulary(lines: Iterable[str]) -> frozenset[str]:
    """Return the words that stand unbroken within a line; a compound counts as one word."""
    found: set[str] = set()
    for line in lines:
        text = line.lower()
        broken = _broken(text)
        found.update(WORD.findall(text[: -len(broken) - 1] if broken else text))
    return frozenset(found)


def _broken(line: str) -> str | None:
    """Return the word before the hyphen that ends a line."""
    if not line or line[-1] not in _HYPHENS:
        return None
    found = _LAST_WORD.search(line[-_LONGEST:-1])
    return found.group() if found else None


def between(above: str, below: str, words: frozenset[str]) -> str:
    """Return what joins two lines: " " between words, "- " or "-" if the hyphen stays, else ""."""
    broken, after = _broken(above), WORD.match(below)
    if not broken or not after:
        return " "
    if above[-1] != "\u00ad" and after.group().lower() in _AND:
        return "- "
    parts = broken, after.group()
    if _in_capitals(above, *parts):
        parts = broken.lower(), after.group().lower()
    return "-" if _keeps(above[-1], *parts, words) else ""


def _in_capitals(line: str, word: str, after: str) -> bool:
    """Whether a word is broken that stands in capitals as the text around it does, and is no short name."""
    if not (word.isupper() and after.isupper() and len(after) > 1):
        return False
    others = sum(map(str.isupper, line.split()))
    return len(word) > _NAME or (others > _NAME and 2 * others > len(line.split()))


def _keeps(mark: str, word: str, after: str, words: frozenset[str]) -> bool:
    """Whether the hyphen between two parts belongs to the word and not to the line break."""
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


_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""In a script without spaces between words."""


def run_on(lines: Sequence[Words], vocabulary: frozenset[str]) -> tuple[Words, list[int]]:
    """Return lines, none of them empty, as one text, and where each of them begins in it."""
    parts: list[Words] = []
    offsets: list[int] = []
    length = 0
    for words in lines:
        if parts:
            last = parts[-1].text
            link = between(last, words.text, vocabulary)
            if link == " " and _WIDE.match(words.text) and _WIDE.match(last[-1]):
                link = "-"  # nothing is inserted
            elif link == "- ":
                link = " "
            if link == "":
                parts[-1] = parts[-1].cut(0, -1)
                length -= 1
            elif link == " ":
                parts.append(Words.of(" "))
                length += 1
        offsets.append(length)
        parts.append(words)
        length += len(words)
    whole = Words("".join(part.text for part in parts), parts[0].marks[:0])
    for part in parts:
        whole.marks.extend(part.marks)
    return _without_soft(whole, offsets)


def _without_soft(words: Words, offsets: list[int]) -> tuple[Words, list[int]]:
    soft = "\u00ad"
    if soft not in words.text:
        return words, offsets
    moved = [offset - words.text.count(soft, 0, offset) for offset in offsets]
    return words.without(soft), moved
