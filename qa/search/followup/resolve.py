"""The question that is searched: a follow-up, made to stand on its own.

    What did he say?    after  Who is Ada Lovelace?      What did Ada Lovelace say?
    And in 2019?        after  Who won in 2015?          Who won in 2019?
    And Chile?          after  Does Peru have a navy?    Does Chile have a navy?
    Why not?            after  Was the bridge opened?    Was the bridge opened? Why not?

A pronoun is replaced where one thing alone can be meant, a fragment takes the one place that it
fits, and everything else that leans on what came before is searched together with it: a doubt
costs focus and never invents a meaning. A question that stands on its own is left as it is. The
result is a question that a person can read, since it is shown and can be edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.search.followup.pointers import BEFORE, owns, pointers
from qa.search.followup.reading import Name, Reading, Word, is_content, read
from qa.search.followup.table import (
    ARTICLES,
    AUXILIARIES,
    BESIDES,
    CLAUSES,
    DEFINITION,
    ELSE,
    INTERROGATIVES,
    LEAD,
    MEANS,
    PERSONAL,
    PLACES,
    POSSESSIVES,
    PREPOSITIONS,
    REMAINING,
    THINGS,
    WHO,
)

MAX_CHARS = 2000
"""The longest result; what was asked last is never cut."""
TURNS = 8
"""How many earlier questions are looked at."""
_NEAR = 3
"""How many of them may hold whom a pronoun means."""
_CLAUSES = 3
"""How many questions are searched together at most."""
_FOCUS = 6
"""How many words may name what a question is about."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a turn of the conversation came to: questions that are searched together.

    ``open`` tells that the last of them says too little to be built upon ("Why?").
    """

    parts: tuple[str, ...]
    open: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.parts)

    @property
    def base(self) -> tuple[str, ...]:
        """The questions that the next one goes with."""
        return self.parts[:-1] if self.open and len(self.parts) > 1 else self.parts


def resolve(question: str, history: Sequence[str]) -> str:
    """Return the question to search: ``question`` itself, or what it means after ``history``.

    ``history`` holds the earlier questions, oldest first. The result has at most 2,000
    characters where the question has.
    """
    turns: list[_Turn] = []
    for earlier in history[-TURNS:]:
        if earlier.strip():
            turns.append(_turn(" ".join(earlier.split()), turns))
    question = question.strip()
    return _turn(question, turns).text if turns else question


def _turn(text: str, before: Sequence[_Turn]) -> _Turn:
    """Resolve one question after the turns ``before`` it."""
    alone = _Turn((text,))
    if not before or not read(text).words:
        return alone
    lead = LEAD.match(text)
    rest = text[lead.end() :] if lead else text
    filled = _filled(text, lead.end(), before[-1]) if lead else None
    if filled and len(filled) <= MAX_CHARS:
        return _Turn((filled,))
    asked = read(text)
    back = list(pointers(asked))
    if back:
        replaced = _replaced(asked, back, before)
        says_enough = len(asked.content) + len(back) > BEFORE
        if replaced and (says_enough or _focus(before[-1])[1]):
            return _Turn((replaced,))
        return _together(replaced or text, before[-1])
    if _leans(read(rest), bool(lead)) or (lead and _is_fragment(read(rest))):
        return _together(text, before[-1])
    return alone


def _together(text: str, last: _Turn) -> _Turn:
    """Return ``text`` with the questions that it goes with, within the limits."""
    base = last.base if len(last.base) < _CLAUSES else (last.base[0], last.base[-1])
    parts = [*(_closed(part) for part in base), text]
    while len(parts) > 1 and len(" ".join(parts)) > MAX_CHARS:
        del parts[0]
    return _Turn(tuple(parts), open=not read(text).content)


def _closed(text: str) -> str:
    return text if text[-1] in "?!.…" else text + "?"


# --- does it stand on its own? -----------------------------------------------------------------


def _leans(asked: Reading, led: bool) -> bool:
    """Whether a question without a pronoun still needs what came before it."""
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


def _is_fragment(asked: Reading) -> bool:
    return not any(word.low in INTERROGATIVES | AUXILIARIES for word in asked.words)


def _says_little(asked: Reading) -> bool:
    return len(asked.content) < 2 and not asked.names


# --- words that point back ---------------------------------------------------------------------


def _replaced(asked: Reading, back: Sequence[int], before: Sequence[_Turn]) -> str | None:
    """Return the question with its pronouns replaced, None when one could mean several things."""
    text, shift, used = asked.text, 0, set[str]()
    for n in back:
        word = asked.words[n]
        meant = _meant(asked, n, before)
        if meant is None:
            return None
        if meant in used:  # "Did Ada say that she ...": once is enough
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
        return _first(_place(turn) for turn in reversed(before[-_NEAR:]))
    if word in PERSONAL or word in ("his", "her"):
        return _first(_person(turn) for turn in reversed(before[-_NEAR:]))
    if word in THINGS or word in ("its", "their"):
        return _thing(before[-1])
    return None


def _first(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one), None)


def _person(turn: _Turn) -> str | None:
    """Return who a "he" or "she" means: whom the question is about, or its only possible person."""
    asks, focus = _focus(turn)
    if focus and asks in WHO:
        return focus
    return _only([name for name in _names(turn) if name.may_be_a_person])


def _thing(turn: _Turn) -> str | None:
    """Return what an "it" or "they" means: only what the question defines is sure to be meant."""
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
    """Return the one name there is, or the one that is the subject."""
    texts = {name.text for name in names}
    subjects = {name.text for name in names if name.subject}
    found = texts if len(texts) == 1 else subjects
    return found.pop() if len(found) == 1 else None


def _focus(turn: _Turn) -> tuple[str, str | None]:
    """Return the first word and the X of a question "What is X?"; no X for other questions."""
    match = DEFINITION.fullmatch(turn.base[-1])
    if match is None:
        return "", None
    asks, what = match["asks"].lower(), match["what"].strip()
    words = read(what).words
    if not words or len(words) > _FOCUS or any(word.low in CLAUSES for word in words):
        return asks, None
    article = words[0].low in ARTICLES and len(words) > 1
    name = words[0].text[0].isupper()
    # Typed without capitals: "who is ada lovelace", but not "who was wounded".
    typed = what == what.lower() and len(words) > 1 and all(map(is_content, words))
    typed = typed and not any(word.low.endswith(("ing", "ed")) for word in words)
    return asks, what if article or name or typed else None


# --- fragments ---------------------------------------------------------------------------------


def _filled(text: str, begins: int, last: _Turn) -> str | None:
    """Return the last question with a fragment in its place; None when it has not just one.

    ``begins`` is where the fragment begins in ``text``, after "and" or "what about".
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
    """Return the last question, asked of what belongs to the one that it was about."""
    owner = _person(last) if words[0].low in ("his", "her") else _thing(last)
    held = [name for name in base.names if name.text == owner]
    if not owner or len(held) != 1 or any(word.low in AUXILIARIES for word in words):
        return None
    belonging = f"{_owning(owner, words[0].low)} {text[words[1].start : words[-1].end]}"
    return base.text[: held[0].start] + belonging + base.text[held[0].end :]
