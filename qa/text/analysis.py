"""From text to index terms: fold, split into words, leave out stop words, stem.

Words are folded as texts for the model are (``qa.text.folding``); case and accents are removed too
(Añez = Anez). Terms are for matching only; quoted text is never folded.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import Stemmer

from qa.text.folding import folded

VERSION, LIBRARIES = 1, "PyStemmer"
"""Raise the number when the same text gives other terms; see ``tests/golden``."""

_ALGORITHMS = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
# Function words, and words that only mark a question. Other languages have no list: frequent terms
# have a low weight anyway.
STOP_WORDS = {
    "en": frozenset(
        """
        a about after again all also am an and any are as at be because been before being both
        but by can could did do does doing done down during each either for from had has have
        having he her here hers herself him himself his how i if in into is it its itself just
        let may me might more most much must my myself neither no nor not of off on once only
        or other our ours ourselves out over own shall she should so some such than that the
        their theirs them themselves then there these they this those through to too under
        until up upon us very was we were what when where whether which while who whom whose
        why will with within without would you your yours yourself
        """.split()
    )
}
# A name of letters and a number gives its parts and the whole: F-16 gives "f", "16" and "f16".
_WORD = re.compile(
    r"(?<!\w)(?P<name>[^\W\d_]++)-(?P<number>\d++(?:\.\d+)*)(?!\w|\.\d)|\w+(?:['.]\w+)*"
)
# Between two digits a stop makes a number: 8.5 is not 85.
_STOP = re.compile(r"(?<!\d)\.|\.(?!\d)")
_LONG_WORD = 64
"""Longer words are not cached: clients could fill the memory with them."""


class _Unaccented(dict[int, str | None]):
    """For ``str.translate``: removes accents; it looks up each character of a script once."""

    def __missing__(self, point: int) -> str | None:
        kept = None if unicodedata.combining(chr(point)) else chr(point)
        if point < _PLANES:
            self[point] = kept
        return kept


_PLANES = 0x20000
"""All accents stand below this. Characters above are not cached, so that clients cannot fill the memory."""


_UNACCENTED = _Unaccented()

LANGUAGES = tuple(sorted(_ALGORITHMS))


def fold(text: str) -> str:
    """Return ``text`` as ``qa.text.folding`` folds it, in lower case, without accents."""
    return _plain(folded(text).text)


def fold_traced(text: str) -> tuple[str, list[int]]:
    """Return ``fold(text)``, and for each of its characters the place in ``text`` that it comes from."""
    first = folded(text)
    pieces = [_plain(character) for character in first.text]
    origins = [first.origin(at) for at, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), origins


def _plain(text: str) -> str:
    """Return ``text`` in lower case, without accents; each character gives the same as it does alone."""
    text = text.replace("’", "'").replace("`", "'").casefold()
    if text.isascii():
        return text
    # Some letters show that they are capitals only when they are decomposed: ℌ is H.
    return unicodedata.normalize("NFKD", text).translate(_UNACCENTED).casefold()


class Analyzer:
    """Turns text into terms, for one language ("en", "es", ...; others are not stemmed)."""

    def __init__(self, language: str = "en") -> None:
        algorithm = _ALGORITHMS.get(language)
        # The stemmer's own cache holds words of any length, so it is off and ours is used.
        self._stemmer = Stemmer.Stemmer(algorithm, 0) if algorithm else None
        self._stop_words = STOP_WORDS.get(language, frozenset())
        self._stem = lru_cache(maxsize=65536)(self._stem_word)

    def terms(self, text: str) -> list[str]:
        """Return the index terms of ``text`` in order, repetitions kept."""
        return [term for _, term in self.words(text)]

    def words(self, text: str) -> list[tuple[str, str]]:
        """Return (folded word, term) for each word of ``text`` that is indexed."""
        found = []
        for match in _WORD.finditer(fold(text)):
            name, number = match.group("name", "number")
            for word in (name, number, name + number) if name else (match.group(),):
                word = _STOP.sub("", word.removesuffix("'s").replace("'", ""))
                if word and word not in self._stop_words:
                    stem = self._stem if len(word) <= _LONG_WORD else self._stem_word
                    found.append((word, stem(word)))
        return found

    def _stem_word(self, word: str) -> str:
        return str(self._stemmer.stemWord(word)) if self._stemmer else word
