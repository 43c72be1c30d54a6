"""The words of a generation as its documents write them, for suggesting spellings of mistyped words.

The lexical index has stems without accents; this file keeps accents and capitals too. It has one word a
line, sorted by folded form: the folded form, the form that is written most often, and how often. It is
searched in place, so it needs no memory besides its bytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from qa.store.protocol import NearWord
from qa.text.analysis import Analyzer

WORDS = "words.txt"

_WRITTEN = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f]){3,32}")
_KEPT = 200_000
"""How many words are kept, the most frequent ones; they take some five megabytes."""
_CODING = ("utf-8", "surrogatepass")


class WordsWriter:
    """Counts the words of texts; makes the file."""

    def __init__(self) -> None:
        self._written: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Count the words of a text."""
        self._written.update(_WRITTEN.findall(text))

    def file(self, analyzer: Analyzer, terms: Collection[str]) -> Iterator[bytes]:
        """Yield the file: words that count for lexical search and whose term is in ``terms``."""
        counts: Counter[str] = Counter()
        best: dict[str, tuple[int, str]] = {}
        for written, count in self._written.items():
            found = analyzer.words(written)
            if len(found) != 1 or found[0][1] not in terms:
                continue
            word = found[0][0]
            counts[word] += count
            best[word] = max(best.get(word, (0, "")), (count, written))
        kept = sorted(counts, key=lambda word: (-counts[word], word))[:_KEPT]
        for word in sorted(kept, key=_key):
            yield f"{word}\t{best[word][1]}\t{counts[word]}\n".encode(*_CODING)


class Words:
    """Searches the file. ``data`` is empty for a generation without one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def near(self, word: str, distance: int) -> list[NearWord]:
        """Return the words within an edit distance of ``word``, a folded form, without ``word`` itself.

        Words with another first letter are found only within a distance of 1.
        """
        found = self._with_first_letter(word, distance) if word else []
        known = {word, *(near.word for near in found)}
        for other in _other_first_letters(word, self._letters()):
            if other not in known and (line := self._line(other)):
                found.append(_near(line, 1))
        return found

    def _with_first_letter(self, word: str, distance: int) -> list[NearWord]:
        first, last = self._place(word[0]), self._place(word[0] + "\U0010ffff")
        lines = self._data[first:last].decode(*_CODING).splitlines()
        words = [line.partition("\t")[0] for line in lines]
        matches = process.extract(
            word, words, scorer=OSA.distance, score_cutoff=distance, limit=None
        )
        return [_near(lines[n], int(apart)) for _, apart, n in matches if apart]

    def _letters(self) -> str:
        """Return the first letters of all words."""
        letters, at = [], 0
        while at < len(self._data):
            letters.append(self._data[at : at + 4].decode("utf-8", "ignore")[0])
            at = self._place(letters[-1] + "\U0010ffff")
        return "".join(letters)

    def _line(self, word: str) -> str | None:
        place = self._place(word)
        line = self._data[place : self._data.find(b"\n", place)].decode(*_CODING)
        return line if line.partition("\t")[0] == word else None

    def _place(self, word: str) -> int:
        """Return where the first line begins whose word is ``word`` or comes after it."""
        wanted, low, high = _key(word), 0, len(self._data)
        while low < high:
            start = self._data.rfind(b"\n", 0, (low + high) // 2) + 1
            end = self._data.find(b"\n", start) + 1
            if self._data[start : self._data.find(b"\t", start)] < wanted:
                low = end
            else:
                high = start
        return low


def _key(word: str) -> bytes:
    return word.encode(*_CODING)


def _near(line: str, distance: int) -> NearWord:
    word, written, count = line.split("\t")
    return NearWord(word, written, int(count), distance)


def _other_first_letters(word: str, letters: str) -> Iterator[str]:
    """Yield the words that one edit of the first letter gives."""
    if len(word) < 2:
        return
    yield word[1:]
    yield word[1] + word[0] + word[2:]
    for letter in letters:
        yield letter + word
        yield letter + word[1:]
