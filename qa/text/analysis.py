"""Text to index terms: folded, split into words, stop words left out, stemmed.

Words are folded as the model's texts are (``qa.text.folding``), and case and accents go too (Añez = Anez).
It is for matching only; nothing that is quoted is ever folded.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import Stemmer

from qa.text.folding import folded

VERSION, LIBRARIES = 1, "PyStemmer"
"""The number is raised when other terms are made of the same text; see ``tests/golden``."""

_ALGORITHMS = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
# Function words and the words that make a question one. Other languages go without a list:
# the weight of a term falls with its frequency anyway.
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
# A name of letters and a number gives its parts and the whole: F-16 is "f", "16" and "f16".
_WORD = re.compile(r"(?<!\w)(?P<name>[^\W\d_]++)-(?P<number>\d++(?:\.\d+)*+)(?!\w)|\w+(?:['.]\w+)*")
# Between two digits a stop makes a number: 8.5 is not 85.
_STOP = re.compile(r"(?<!\d)\.|\.(?!\d)")
_APOSTROPHES = str.maketrans("’`", "''")
_LONG_WORD = 64
"""Longer words are stemmed each time: kept, they would let whoever asks fill the memory."""


class _Unaccented(dict[int, str | None]):
    """For ``str.translate``: leaves accents out; looks each character of a script up once."""

    def __missing__(self, point: int) -> str | None:
        kept = None if unicodedata.combining(chr(point)) else chr(point)
        if point < _PLANES:
            self[point] = kept
        return kept


_PLANES = 0x20000
"""Below stand all accents. Above, somebody who asks with every character would fill the memory."""


_UNACCENTED = _Unaccented()

LANGUAGES = tuple(sorted(_ALGORITHMS))


def fold(text: str) -> str:
    """Return ``text`` as ``qa.text.folding`` folds it, in lower case, without accents."""
    text = folded(text).text.translate(_APOSTROPHES).casefold()
    if text.isascii():
        return text
    # Only decomposed are some letters seen to be capitals: ℌ is H.
    return unicodedata.normalize("NFKD", text).translate(_UNACCENTED).casefold()


class Analyzer:
    """Turns text into terms, for one language ("en", "es", ...; others are not stemmed)."""

    def __init__(self, language: str = "en") -> None:
        algorithm = _ALGORITHMS.get(language)
        # Its own cache holds whole words, however long: ours stands before it.
        self._stemmer = Stemmer.Stemmer(algorithm, 0) if algorithm else None
        self._stop_words = STOP_WORDS.get(language, frozenset())
        self._stem = lru_cache(maxsize=65536)(self._stem_word)

    def terms(self, text: str) -> list[str]:
        """Return the index terms of ``text`` in order, repetitions kept."""
        return [term for _, term in self.words(text)]

    def words(self, text: str) -> list[tuple[str, str]]:
        """Return (word as folded, term) for each word of ``text`` that is indexed."""
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
