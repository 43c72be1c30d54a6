"""Completes a follow-up question, so that it stands on its own.

    What did he say?    after  Who is Ada Lovelace?      What did Ada Lovelace say?
    And in 2019?        after  Who won in 2015?          Who won in 2019?
    And Chile?          after  Does Peru have a navy?    Does Chile have a navy?
    Why not?            after  Was the bridge opened?    Was the bridge opened? Why not?

``RULES`` says which of these is done, and when; ``table`` has the words that the rules use. A pronoun is
replaced if it can refer to one thing only. A fragment replaces the one part of the last question that it
fits. Every other question that needs the earlier ones is searched for together with them: then the search
is less exact, but no meaning is invented. A question that stands on its own is not changed. The result is
a question that a person can read, because it is shown and can be edited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from qa.search.followup.reading import (
    BEFORE,
    Name,
    Reading,
    Word,
    is_content,
    is_fragment,
    leans,
    owns,
    pointers,
    read,
)
from qa.search.followup.table import (
    ARTICLES,
    AUXILIARIES,
    CLAUSES,
    CORRECTION,
    DEFINITION,
    LEAD,
    PERSONAL,
    PLACES,
    POSSESSIVES,
    PREPOSITIONS,
    THINGS,
    WHO,
)

MAX_CHARS = 2000
"""The longest result, in characters; the last question is never cut."""
TURNS = 8
"""How many earlier questions are looked at."""
_NEAR = 3
"""In how many of them a pronoun may find the person it refers to."""
_CLAUSES = 3
"""At most so many questions are searched for together."""
_FOCUS = 6
"""At most so many words may name what a question is about."""


Why = Literal["alone", "filled", "replaced", "together"]
"""What was done with a question; see ``RULES``."""


class Searched(NamedTuple):
    """The question that is searched for, and what was done to get it."""

    question: str
    why: Why


@dataclass(frozen=True, slots=True)
class _Turn:
    """The result for one turn of the conversation: questions that are searched for together.

    ``open``: the last of them says too little to complete another question with it ("Why?").
    """

    parts: tuple[str, ...]
    open: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.parts)

    @property
    def base(self) -> tuple[str, ...]:
        """The questions with which the next one is searched for."""
        return self.parts[:-1] if self.open and len(self.parts) > 1 else self.parts


@dataclass(frozen=True)
class _Asked:
    """A question, with the turns ``before`` it."""

    text: str
    before: Sequence[_Turn]

    @cached_property
    def led(self) -> int:
        """Where the question begins after "and", "what about" or "no, I meant"; 0 without such words."""
        lead = self.corrects or LEAD.match(self.text)
        return lead.end() if lead else 0

    @cached_property
    def corrects(self) -> re.Match[str] | None:
        """The words that say that the last question was meant otherwise; None without them."""
        return CORRECTION.match(self.text)

    @cached_property
    def rest(self) -> Reading:
        """The part of the question after these words."""
        return read(self.text[self.led :])

    @cached_property
    def back(self) -> list[int]:
        """The numbers of the words that refer to earlier questions."""
        return list(pointers(read(self.text)))

    @cached_property
    def replaced(self) -> str | None:
        """The question with these words replaced; None if one of them could refer to several things."""
        return _replaced(read(self.text), self.back, self.before) if self.back else None

    def together(self, text: str) -> _Turn:
        """Return ``text`` with the questions before it."""
        return _together(text, self.before[-1])


def corrects(question: str) -> bool:
    """Whether a message says that the one before it was meant otherwise: "Sorry, I meant the bridge"."""
    return CORRECTION.match(question) is not None


def resolve(question: str, history: Sequence[str]) -> Searched:
    """Return the question to search for: ``question`` itself, or its completed form after ``history``.

    ``history`` holds the earlier questions, oldest first. The result has at most 2,000
    characters where the question has.
    """
    turns: list[_Turn] = []
    for earlier in history[-TURNS:]:
        if earlier.strip():
            turns.append(_turn(" ".join(earlier.split()), turns)[0])
    turn, why = _turn(question.strip(), turns)
    return Searched(turn.text, why)


def _turn(text: str, before: Sequence[_Turn]) -> tuple[_Turn, Why]:
    """Resolve one question after the turns ``before`` it, with the first rule that applies."""
    asked = _Asked(text, before)
    for rule in RULES:
        turn = rule.apply(asked)
        if turn is not None:
            return turn, rule.why
    return _Turn((text,)), "alone"


# --- the rules ----------------------------------------------------------------------------------


class Rule(NamedTuple):
    """A rule. ``apply`` returns the result for a question; None if the rule does not apply."""

    why: Why
    says: str
    apply: Callable[[_Asked], _Turn | None]


def _first(asked: _Asked) -> _Turn | None:
    return None if asked.before and read(asked.text).words else _Turn((asked.text,))


def _fragment(asked: _Asked) -> _Turn | None:
    filled = _filled(asked.text, asked.led, asked.before[-1]) if asked.led else None
    return _Turn((filled,)) if filled and len(filled) <= MAX_CHARS else None


def _correction(asked: _Asked) -> _Turn | None:
    """Return the fragment with the words that count of the last question, which was meant otherwise."""
    if not asked.corrects or not asked.rest.content or not is_fragment(asked.rest):
        return None
    last = asked.before[-1].base[-1]
    starts = [word.start for word in read(last).content]
    subject = [
        one.group().strip(",;:")
        for one in re.finditer(r"[^\s?!.¿¡]+(?:[.!?]\S+)*", last)
        if any(one.start() <= start < one.end() for start in starts)
    ]
    text = f"{asked.text[asked.led :].rstrip(' .!?')}: {' '.join(subject)}"
    return _Turn((text,)) if subject and len(text) <= MAX_CHARS else None


def _pronoun(asked: _Asked) -> _Turn | None:
    says_enough = len(read(asked.text).content) + len(asked.back) > BEFORE
    if asked.replaced and (says_enough or _focus(asked.before[-1])[1]):
        return _Turn((asked.replaced,))
    return None


def _doubt(asked: _Asked) -> _Turn | None:
    return asked.together(asked.replaced or asked.text) if asked.back else None


def _leaning(asked: _Asked) -> _Turn | None:
    if asked.corrects and not asked.rest.words:
        return None
    joined = bool(asked.led) and not asked.corrects  # "No, who built it?" may be another question
    needed = leans(asked.rest, joined) or (asked.led and is_fragment(asked.rest))
    return asked.together(asked.text) if needed else None


RULES = (
    Rule("alone", "There is no earlier question, or the question has no word.", _first),
    Rule("filled", 'A fragment after "and" replaces the one part that it fits.', _fragment),
    Rule(
        "together", 'A fragment after "no" or "I meant" comes before what was asked.', _correction
    ),
    Rule(
        "replaced", "Each pronoun can refer to one thing only, and the rest says enough.", _pronoun
    ),
    Rule("together", "A pronoun could refer to several things, or the rest says little.", _doubt),
    Rule("together", "The question has no pronoun and still needs the earlier ones.", _leaning),
)
"""The first rule that applies is used. If none does, the question stands on its own."""


def _together(text: str, last: _Turn) -> _Turn:
    """Return ``text`` with the questions it belongs to, within the limits."""
    base = last.base if len(last.base) < _CLAUSES else (last.base[0], last.base[-1])
    parts = [*(_closed(part) for part in base), text]
    while len(parts) > 1 and len(" ".join(parts)) > MAX_CHARS:
        del parts[0]
    return _Turn(tuple(parts), open=not read(text).content)


def _closed(text: str) -> str:
    return text if text[-1] in "?!.…" else text + "?"


# --- words that refer back ---------------------------------------------------------------------


def _replaced(asked: Reading, back: Sequence[int], before: Sequence[_Turn]) -> str | None:
    """Return the question with its pronouns replaced; None if one could refer to several things."""
    text, shift, used = asked.text, 0, set[str]()
    for n in back:
        word = asked.words[n]
        meant = _meant(asked, n, before)
        if meant is None:
            return None
        if meant in used:  # "Did Ada say that she ...": replace the first only
            continue
        used.add(meant)
        said = _owning(meant, word.low) if owns(asked, n) else meant
        text = text[: word.start + shift] + said + text[word.end + shift :]
        shift = len(text) - len(asked.text)
    return text if len(text) <= MAX_CHARS else None


def _owning(name: str, possessive: str) -> str:
    return f"{name}'" if possessive == "their" and name.endswith("s") else f"{name}'s"


def _meant(asked: Reading, n: int, before: Sequence[_Turn]) -> str | None:
    word = asked.words[n].low
    if word in PLACES:
        return _nearest(_place(turn) for turn in reversed(before[-_NEAR:]))
    if word in PERSONAL or word in ("his", "her"):
        return _nearest(_person(turn) for turn in reversed(before[-_NEAR:]))
    if word in THINGS or word in ("its", "their"):
        return _thing(before[-1])
    return None


def _nearest(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one), None)


def _person(turn: _Turn) -> str | None:
    """Return the person that "he" or "she" refers to: the question's subject, or its only person."""
    asks, focus = _focus(turn)
    if focus and asks in WHO:
        return focus
    return _only([name for name in _names(turn) if name.may_be_a_person])


def _thing(turn: _Turn) -> str | None:
    """Return the thing that "it" or "they" refers to: only what the question defines is certain."""
    _, focus = _focus(turn)
    if focus:
        return focus
    subjects = [name for name in _names(turn) if name.subject and name.thing]
    return subjects[0].text if len(_names(turn)) == len(subjects) == 1 else None


def _place(turn: _Turn) -> str | None:
    places = {name.text for name in _names(turn) if name.place}
    return f"in {places.pop()}" if len(places) == 1 else None


def _names(turn: _Turn) -> list[Name]:
    return [name for part in turn.base for name in read(part).names if not name.describing]


def _only(names: Sequence[Name]) -> str | None:
    """Return the only name; of several, the only one that is the subject."""
    texts = {name.text for name in names}
    subjects = {name.text for name in names if name.subject}
    found = texts if len(texts) == 1 else subjects
    return found.pop() if len(found) == 1 else None


def _focus(turn: _Turn) -> tuple[str, str | None]:
    """Return the first word and the X of a question "What is X?"; no X for any other question."""
    match = DEFINITION.fullmatch(turn.base[-1])
    if match is None:
        return "", None
    asks, what = match["asks"].lower(), match["what"].strip()
    words = read(what).words
    if not words or len(words) > _FOCUS or any(word.low in CLAUSES for word in words):
        return asks, None
    article = words[0].low in ARTICLES and len(words) > 1
    name = words[0].text[0].isupper()
    # A question without capitals: "who is ada lovelace", but not "who was wounded".
    typed = what == what.lower() and len(words) > 1 and all(map(is_content, words))
    typed = typed and not any(word.low.endswith(("ing", "ed")) for word in words)
    return asks, what if article or name or typed else None


# --- fragments ---------------------------------------------------------------------------------


def _filled(text: str, begins: int, last: _Turn) -> str | None:
    """Return the last question with one part replaced by a fragment; None unless exactly one part fits.

    ``begins``: where the fragment begins in ``text``, after "and" or "what about".
    """
    if len(last.parts) > 1:
        return None
    asked, base = read(text), read(last.parts[0])
    words = [word for word in asked.words if word.start >= begins]
    if not words:
        return None
    preposition = words[0] if words[0].low in PREPOSITIONS and len(words) > 1 else None
    start = words[1].start if preposition else words[0].start
    span = (start, words[-1].end)
    for date in asked.dates:
        if (date.start, date.end) == span:
            return _dated(base, preposition.text if preposition else "", date.text)
    for name in asked.names:
        if span[0] <= name.start <= span[0] + len("the ") and name.end == span[1] - name.owns * 2:
            return _renamed(base, preposition, name)
    if words[0].low in POSSESSIVES and 1 < len(words) <= _FOCUS:
        return _belonging(base, words, text, last)
    return None


def _dated(base: Reading, preposition: str, date: str) -> str | None:
    if len(base.dates) == 1:
        old = base.dates[0]
        return base.text[: old.start] + date + base.text[old.end :]
    if base.dates:
        return None
    preposition = preposition or ("in" if date.isdigit() else "on")
    return f"{base.text.rstrip(' ?!.')} {preposition} {date}?"


def _renamed(base: Reading, preposition: Word | None, name: Name) -> str | None:
    slots = [slot for slot in base.names if not slot.describing and slot.owns == name.owns]
    if preposition:
        same = [slot for slot in slots if slot.before == preposition.low]
        slots = same or [slot for slot in slots if slot.before in PREPOSITIONS]
    if len(slots) != 1:
        return None
    return base.text[: slots[0].start] + name.text + base.text[slots[0].end :]


def _belonging(base: Reading, words: Sequence[Word], text: str, last: _Turn) -> str | None:
    """Return the last question, asked about something that belongs to its subject."""
    owner = _person(last) if words[0].low in ("his", "her") else _thing(last)
    held = [name for name in base.names if name.text == owner]
    if not owner or len(held) != 1 or any(word.low in AUXILIARIES for word in words):
        return None
    belonging = f"{_owning(owner, words[0].low)} {text[words[1].start : words[-1].end]}"
    return base.text[: held[0].start] + belonging + base.text[held[0].end :]
