"""Parts of a page's main text that are removed again: bylines, its title, repetitions, captions.

Each function gets the leaves of a page and which of them are kept, and changes the latter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from itertools import islice

from qa.corpus import dates
from qa.corpus.formats.html.furniture import is_date, is_saying, names_of
from qa.corpus.formats.html.tree import HEADINGS, words_of
from qa.corpus.formats.markup import Element, local_name

SHORT = 25
_BYLINE = re.compile(
    r"(?:(?:written|posted|published|words|text|story|photographs?)\s+)?(?:by|von|por|par|di|door)\b:?\s+"
    r"(?-i:[^\W\d_a-zà-ÿ]).*|(?:words|text|author|autor)\s*:\s*\S.*",
    re.IGNORECASE,
)
_MAX_BYLINE = 90
ENDS = frozenset('.!?…”"’')
_CAPTIONS = frozenset("caption captions credit credits".split())
_MAX_CAPTION = 300
_CREDITED = re.compile(
    r"\((?:[^()]*\b)?(?:photos?|images?|pictures?|foto|bild|credit)\b[^()]*\)$|"
    r"^(?:photo(?:graph)?s?|images?|pictures?|credits?|foto|bild)(?: (?:by|credit))?\s*[:/]",
    re.IGNORECASE,
)
_SET_APART = frozenset({"blockquote", "aside", "figure"})
_MAX_QUOTES = 100


def drop_sayings(parts: Sequence[Element], kept: list[bool], prose: Sequence[int]) -> None:
    """Remove phrases of an interface, and, at the head, lines about the author and the time."""
    begun = 0
    for n, leaf in enumerate(parts):
        if not kept[n]:
            continue
        begun += bool(prose[n])
        if is_saying(leaf):
            kept[n] = False
        elif begun < 2 and not prose[n] and local_name(leaf) not in {*HEADINGS, "table", "pre"}:
            kept[n] = not _tells_of_it(words_of(leaf))
        elif not begun and local_name(leaf) in HEADINGS:
            kept[n] = not _BYLINE.fullmatch(words_of(leaf))


def _tells_of_it(words: str) -> bool:
    """Whether a line at the head gives the author and the time of the text."""
    # A price needs no letters.
    said = any(char.isalpha() or unicodedata.category(char) == "Sc" for char in words)
    if is_date(words) or not said:
        return True
    if len(words) > _MAX_BYLINE or words[-1] in ENDS:
        return False
    return bool(_BYLINE.fullmatch(words)) or (dates.at_end(words) is not None)


def drop_titles(
    parts: Sequence[Element], keys: Sequence[str], kept: list[bool], titles: Collection[str]
) -> None:
    """Remove the document's own title, and the titles of answers in a forum: ``"Re: ..."``."""
    seen = 0
    for n, leaf in enumerate(parts):
        if not kept[n]:
            continue
        seen += 1
        named = keys[n] in titles or keys[n].removeprefix("re") in titles
        if named and (local_name(leaf) in HEADINGS or seen <= 3):
            kept[n] = False


def drop_repeated(parts: Sequence[Element], keys: Sequence[str], kept: list[bool]) -> None:
    """Remove what a page repeats of its own text: pull quotes, a summary given twice.

    A repetition directly after the original is the author's and stays.
    """
    whole = {n: keys[n] for n in range(len(parts)) if kept[n]}
    joined = "\n".join(whole.values())
    quotes, seen = 0, dict[str, Element | None]()
    for n, key in whole.items():
        leaf = parts[n]
        around = {local_name(node) for node in (leaf, *leaf.iterancestors())}
        quote = bool(around & _SET_APART) and len(key) >= SHORT
        quotes += quote
        twice = quote and quotes <= _MAX_QUOTES and joined.count(key) > 1
        above = leaf.getparent()
        elsewhere = seen.setdefault(key, above) is not above
        if twice or (len(key) > 3 * SHORT and elsewhere):
            kept[n] = False


def drop_captions(parts: Sequence[Element], keys: Sequence[str], kept: list[bool]) -> None:
    """Remove the captions of pictures, unless most of the page is captions."""
    captions = [n for n, leaf in enumerate(parts) if is_caption(leaf)]
    said = sum(len(keys[n]) for n in captions)
    text = sum(len(key) for n, key in enumerate(keys) if kept[n] and n not in set(captions))
    for n in captions:
        kept[n] = len(captions) >= 3 and said > text


def is_caption(leaf: Element) -> bool:
    """Whether a leaf is the caption of a picture, by its elements, their classes, or a credit."""
    above = [leaf, *islice(leaf.iterancestors(), 3)]
    if any(local_name(node) == "figcaption" for node in above):
        return True
    if _CREDITED.search(words_of(leaf)[: _MAX_CAPTION + 1]):
        return len(words_of(leaf)) <= _MAX_CAPTION
    named = any(_CAPTIONS & set(names_of(node)) for node in above[:3])
    return named and len(words_of(leaf)) <= _MAX_CAPTION and local_name(leaf) != "table"


def settle_headings(parts: Sequence[Element], kept: list[bool]) -> None:
    """Remove headings at the end, which have no text after them."""
    for n in reversed(range(len(parts))):
        if kept[n]:
            if local_name(parts[n]) not in HEADINGS:
                return
            kept[n] = False
