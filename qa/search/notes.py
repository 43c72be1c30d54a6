"""Notes: what a person should know about an answer, such as why nothing was found.

Each note is computed only if it can help: for an answered question, only the language is checked.
``docs/http.md`` has the table of codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

from qa.encode import Encoder
from qa.records import Filters, Hit, Note, PassageId, Question, Verdict
from qa.search.spelling import respelled
from qa.store import Candidates, NearWord, Store
from qa.text.analysis import Analyzer
from qa.text.language import NAMES, OF_NAMES, is_function_word, question_language, text_languages

CODES = (
    "greeting",
    "quotation_not_found",
    "glob_matches_nothing",
    "value_matches_nothing",
    "other_language",
    "did_you_mean",
    "filtered_out",
    "words_not_found",
)
"""All codes, in the order in which the notes of an answer stand."""

MOST_NOTES = 4
_RESPELLED = 2
"""How many words get a suggested spelling."""
_LOOKED_UP = 8
"""How many words are looked up; each look-up compares with a part of the archive's words."""
_NOT_FOUND = 8
"""How many words the note ``words_not_found`` names."""
_REPEATED = 100
"""How many characters of the words in quotation marks the note ``quotation_not_found`` repeats."""
_BETTER = 0.05
"""A hidden passage answers better if its support is higher by this much."""
_FIRST = 10
_LONG = 64
"""Longer words are not cached: clients could fill the memory with them."""
_DOCUMENTS, _SLICES, _SLICE = 24, 4, 600
"""The sample for detecting an archive's languages: documents, places in each, characters at each."""
_WORD = re.compile(r"(?:\w|[\u0300-\u036f])+(?:['’](?:\w|[\u0300-\u036f])+)*")


class Found(NamedTuple):
    """The facts about a question that the notes depend on.

    ``support`` is that of the first result; None without a result. ``recalled`` are the candidates that
    pass the question's filter; ``everywhere`` ranks without the filter. ``held`` are the terms of
    ``Advisor.terms`` that at least one passage has.
    """

    verdict: Verdict
    support: float | None
    recalled: Candidates
    everywhere: Callable[[], Sequence[Hit]]
    held: Collection[str]


class _Word(NamedTuple):
    """A word of a question: its place, its folded form, and whether the archive has its term.

    ``word`` is empty if the word does not count for lexical search.
    """

    start: int
    end: int
    word: str
    held: bool


def greeting() -> Note:
    """Return the note for a message that is no question, such as a greeting."""
    return Note("greeting", "Hello. Ask a question about the documents.")


def quotation_not_found(quotations: Sequence[str], *, filtered: bool) -> Note:
    """Return the note for words in quotation marks, or a figure, that no passage has."""
    told = ", ".join(f"“{_short(words)}”" for words in quotations)
    where = " that the filter allows" if filtered else ""
    all_of = " all of" if len(quotations) > 1 else ""
    message = (
        f"No passage{where} has{all_of} {told} word for word. The results are the nearest passages."
    )
    return Note("quotation_not_found", message, {"quotations": list(quotations)})


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _REPEATED else f"{words[:_REPEATED].rsplit(' ', 1)[0]} …"


class Advisor:
    """Writes the notes of answers from one generation. Safe to use from several threads."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store, self._encoder = store, encoder
        # The cache must not hold ``self``: a reference cycle would keep an unused store in memory.
        self._known = lru_cache(maxsize=4096)(partial(_term, store.analyzer))

    def terms(self, text: str) -> list[str]:
        """Return the terms for which ``notes`` must know whether a passage has them."""
        found = (self._term(word) for word in _WORD.findall(text))
        return [term for _, term in found if term]

    def notes(self, question: Question, asks: str, found: Found) -> tuple[Note, ...]:
        """Return the notes of an answer, the most useful first.

        ``asks``: the words that are the question itself, without greetings and instructions.
        """
        foreign = self._other_language(asks)
        others = [foreign] if foreign else []
        if found.verdict != "answered":
            about_words = self._about_words(question.text, asks, found.held, foreign is not None)
            hidden = self._filtered_out(question.filters, found)
            others += [note for note in about_words if note.code == "did_you_mean"]
            others += [hidden] if hidden else []
            others += [note for note in about_words if note.code == "words_not_found"]
        unmet = [*_globs(found.recalled), *_values(found.recalled)]
        room = max(1, MOST_NOTES - len(others))
        return tuple([*unmet[:room], *others][:MOST_NOTES])

    # --- filters -----------------------------------------------------------------------------

    def _filtered_out(self, filters: Filters, found: Found) -> Note | None:
        if not filters:
            return None
        # A filter only removes passages from the lists: a passage that passes it is still in them.
        inside: set[PassageId] = {*found.recalled.dense, *found.recalled.lexical}
        first = found.everywhere()[:_FIRST]
        outside = [hit for hit in first if hit.id not in inside]
        if not outside or outside[0] is not first[0]:
            return None
        support = outside[0].support or 0.0
        if found.support is not None and support < found.support + _BETTER:
            return None
        dated = bool(filters.published_from or filters.published_to)
        what = "this filter"
        if not filters.where and not (dated and filters.source):
            what = "these dates" if dated else "these sources"
        count = f"{len(outside)} passage{'s' if len(outside) > 1 else ''}"
        message = f"The filter hides {count} that may answer, outside {what}."
        return Note("filtered_out", message, {"passages": len(outside)})

    # --- language ----------------------------------------------------------------------------

    @cached_property
    def _languages(self) -> tuple[str, ...]:
        """The languages of the archive, detected from a sample."""
        return text_languages(self._store.extracts(_DOCUMENTS, _SLICES, _SLICE))

    def _other_language(self, asks: str) -> Note | None:
        code = question_language(asks, self._languages) if self._languages else None
        if code is None:
            return None
        message = (
            f"The question is in {NAMES[code]}, but the documents are in {NAMES[self._languages[0]]}: "
            "ask in that language to find more."
        )
        details = {"question_language": code, "archive_language": self._languages[0]}
        return Note("other_language", message, details)

    # --- words -------------------------------------------------------------------------------

    def _about_words(
        self, text: str, asks: str, held: Collection[str], foreign: bool
    ) -> list[Note]:
        """Return the notes about words. For a question in a foreign language, only names are looked up."""
        counted = {word for word, _ in self._store.analyzer.words(asks)}
        words = [self._word(match, held) for match in _WORD.finditer(text)]
        unknown = [n for n, one in enumerate(words) if one.word in counted and not one.held]
        if foreign:
            unknown = [n for n in unknown if n and text[words[n].start].isupper()]
        offers: dict[int, NearWord] = {}
        looked_up: dict[str, NearWord | None] = {}
        for n in unknown:
            if len({near.word for near in offers.values()}) == _RESPELLED:
                break
            word = words[n].word
            if word not in looked_up:
                if len(looked_up) == _LOOKED_UP:
                    break
                looked_up[word] = respelled(
                    self._store.spellings, word, common=self._is_common(word)
                )
            if near := looked_up[word]:
                offers[n] = near
        suggestion = _with(text, words, offers)
        notes = []
        for n, near in {words[n].word: (n, near) for n, near in reversed(offers.items())}.values():
            typed = text[words[n].start : words[n].end]
            details = {
                "word": typed,
                "spelling": _written(typed, near),
                "suggestion": suggestion,
            }
            name = _name(text, words, n, offers)
            notes.append(Note("did_you_mean", f"Did you mean “{name}”?", details))
        # Two misspelled words of one name give one note.
        notes = list({note.message: note for note in notes}.values())
        notes.reverse()
        missing = list(
            dict.fromkeys(text[words[n].start : words[n].end] for n in unknown if n not in offers)
        )[:_NOT_FOUND]
        if missing and not foreign:
            told = ", ".join(f"“{word}”" for word in missing)
            notes.append(Note("words_not_found", f"No passage has {told}.", {"words": missing}))
        return notes

    def _word(self, match: re.Match[str], held: Collection[str]) -> _Word:
        word, term = self._term(match.group())
        languages = {*self._languages, "en"}
        if len(word) < 2 or is_function_word(word, languages):
            word = ""
        return _Word(*match.span(), word, not word or term in held)

    def _term(self, word: str) -> tuple[str, str]:
        return (self._known if len(word) <= _LONG else partial(_term, self._store.analyzer))(word)

    def _is_common(self, word: str) -> bool:
        """Whether a word is one token of the model, which means that it is frequent."""
        return len(self._encoder.token_starts(word)) == 1


def _term(analyzer: Analyzer, word: str) -> tuple[str, str]:
    """Return a word's folded form and its term; both are empty if it has no term or several."""
    found = analyzer.words(word)
    return found[0] if len(found) == 1 else ("", "")


def _globs(recalled: Candidates) -> Iterator[Note]:
    for glob in recalled.unmatched:
        message = f"No source matches the pattern “{glob}”."
        yield Note("glob_matches_nothing", message, {"glob": glob})


def _values(recalled: Candidates) -> Iterator[Note]:
    for name, value in recalled.unmet:
        message = f"No document has “{value}” as {name}."
        yield Note("value_matches_nothing", message, {"name": name, "value": value})


def _written(typed: str, near: NearWord) -> str:
    """Return a word as the archive writes it; it keeps a capital letter that was typed."""
    written = near.written
    return written[0].upper() + written[1:] if typed[0].isupper() else written


def _with(text: str, words: Sequence[_Word], offers: dict[int, NearWord]) -> str:
    """Return a text with some of its words in the suggested spelling."""
    for n in sorted(offers, reverse=True):
        start, end = words[n].start, words[n].end
        text = text[:start] + _written(text[start:end], offers[n]) + text[end:]
    return text


def _name(text: str, words: Sequence[_Word], n: int, offers: dict[int, NearWord]) -> str:
    """Return a corrected word with the rest of the name that it belongs to: "Sánchez de Lozada"."""

    def typed(place: int) -> str:
        return text[words[place].start : words[place].end]

    def beside(step: int) -> int:
        """Return the place of the name's last word in one direction."""
        last, place = n, n + step
        while 0 <= place < len(words):
            left, right = min(place, place - step), max(place, place - step)
            if text[words[left].end : words[right].start] != " ":
                break
            if words[place].word and typed(place)[0].isupper():
                last = place
            elif typed(place) not in OF_NAMES:
                break
            place += step
        return last

    if not typed(n)[0].isupper():
        return _written(typed(n), offers[n])
    first, last = beside(-1), beside(1)
    own = {place - first: near for place, near in offers.items() if first <= place <= last}
    start = words[first].start
    inside = [w._replace(start=w.start - start, end=w.end - start) for w in words[first : last + 1]]
    return _with(text[start : words[last].end], inside, own)
