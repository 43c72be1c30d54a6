"""Questions with windows of sentences, for training the reader.

A window is a sentence, often with its neighbours. Of a question that its paragraph answers, one window
holds the answer and others do not: they stand near it, speak of the same things, or were altered so
that the answer is gone. Files are in the layout that ``README.md`` beside this describes.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from frames import Framed, frame, talk

from qa.text.sentences import sentence_spans

Span = tuple[int, int]

SHARES: Mapping[str, float] = {
    "reviews": 1.0, "forum": 1.0, "wiki-unanswerable": 2.0, "search": 2.0, "lists": 2.0,
    "wiki-more": 1.5, "written": 3.0,
}  # fmt: skip
"""How often a question of each file is taken in one pass."""
_DEV = 25
"""One paragraph in so many is kept for choosing, never trained on."""


@dataclass(slots=True)
class Paragraph:
    """A paragraph, its sentences and the questions about it."""

    key: str
    file: str
    title: str
    text: str
    sentences: list[Span]
    questions: list[Asked] = field(default_factory=list)
    dev: bool = False

    def piece(self, first: int, last: int) -> Span:
        """Return the span of sentences ``first`` to ``last``, the last one included."""
        return self.sentences[first][0], self.sentences[last][1]


@dataclass(slots=True)
class Asked:
    """A question with the spans that answer it, each a whole span of its paragraph's text."""

    text: str
    answers: list[Span]
    file: str
    spread: bool = False
    """Whether no sentence answers by itself."""
    near: list[tuple[int, int]] = field(default_factory=list)
    """Windows of other paragraphs that are about the same things: (paragraph, sentence)."""
    best: list[int] = field(default_factory=list)
    """Sentences of its own paragraph that hold no answer, the most alike first."""


class Example(NamedTuple):
    """One question beside one window; ``answer`` is a span of ``window``, ``own`` are spans of ``question``."""

    question: str
    own: tuple[Span, ...]
    window: str
    answers: bool
    answer: Span | None
    kind: str


def key_of(text: str) -> str:
    """Return the name of a paragraph, which decides whether it is kept for choosing."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def load(folder: Path, written: Sequence[Path] = ()) -> list[Paragraph]:
    """Read the paragraphs of a folder, and questions about them that stand in files of their own.

    A line of such a file is ``{"paragraph": "FILE:KEY", "question", "answers": ["verbatim", ...]}``.
    """
    found: dict[str, Paragraph] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            text = str(row["text"])
            key = f"{path.stem}:{key_of(text)}"
            paragraph = found.get(key)
            if paragraph is None:
                title = "" if path.stem in ("reviews", "forum") else str(row["title"])
                starts = row.get("sentence_starts")
                spans = _spans(text, starts) if starts else sentence_spans(text)
                paragraph = Paragraph(key, path.stem, title, text, spans)
                paragraph.dev = int(key_of(text), 16) % _DEV == 0
                found[key] = paragraph
            for asked in row["questions"]:
                spans = sorted({(s, s + len(a)) for s, a in asked["answers"]})
                spread = asked.get("sentences", "one") != "one"
                paragraph.questions.append(
                    Asked(" ".join(asked["question"].split()), spans, path.stem, spread)
                )
    for path in written:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            paragraph = found.get(row["paragraph"])
            if paragraph is None:
                continue
            spans = []
            for answer in row["answers"]:
                at = paragraph.text.find(answer)
                if at >= 0:
                    spans.append((at, at + len(answer)))
            if row["answers"] and not spans:
                continue
            paragraph.questions.append(Asked(" ".join(row["question"].split()), spans, "written"))
    return list(found.values())


def _spans(text: str, starts: Sequence[int]) -> list[Span]:
    edges = [*starts, len(text)]
    spans = []
    for start, end in pairwise(edges):
        piece = text[start:end].rstrip()
        if piece:
            spans.append((start, start + len(piece)))
    return spans


def answering(paragraph: Paragraph, asked: Asked) -> set[int]:
    """Return the numbers of the sentences that an answer touches."""
    return {
        n
        for n, (start, end) in enumerate(paragraph.sentences)
        if any(s < end and start < e for s, e in asked.answers)
    }


_NAME = re.compile(r"(?<=\s)(?:[A-Z][\w'’-]+)(?:\s+(?:of\s+|de\s+|the\s+)?[A-Z][\w'’-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_OPPOSITES = """
before after; first last; highest lowest; largest smallest; biggest smallest; most least; more
fewer; increase decrease; increased decreased; won lost; win lose; born died; begin end; began
ended; start finish; started finished; north south; east west; northern southern; eastern
western; old new; oldest newest; above below; male female; men women; man woman; husband wife;
father mother; son daughter; brother sister; king queen; bought sold; buy sell; arrive leave;
arrived left; support oppose; supported opposed; allowed forbidden; positive negative; advantage
disadvantage; advantages disadvantages; early late; minimum maximum; open close; opened closed;
rise fall; rose fell; import export; imports exports; cause effect; causes effects; strong weak;
like dislike; liked disliked; good bad; best worst; better worse; true false; public private;
richest poorest; longest shortest; tallest shortest; majority minority; former latter; cheap
expensive; hot cold; winter summer; inside outside; left right; up down; earliest latest; love
hate; same different; easy difficult; heavy light; fast slow; gain loss; gained lost; ancient
modern; urban rural; domestic foreign; military civilian; accepted rejected; approved rejected;
entered left; attacked defended;
""".strip().replace("\n", " ")
OPPOSITE = {
    a: b
    for pair in _OPPOSITES.split(";")
    if len(words := pair.split()) == 2
    for a, b in (tuple(words), tuple(reversed(words)))
}
_AUXILIARY = re.compile(
    r"\b(did|does|do|is|are|was|were|can|could|will|would|has|have)\b", re.IGNORECASE
)


class Sampler:
    """Draws examples; ``names`` and ``numbers`` of all paragraphs serve to alter questions."""

    def __init__(self, paragraphs: Sequence[Paragraph], dice: random.Random) -> None:
        self.paragraphs = paragraphs
        self.dice = dice
        self._sentences = [
            (n, s) for n, p in enumerate(paragraphs) if not p.dev for s in range(len(p.sentences))
        ]
        self._names = [name for p in paragraphs if not p.dev for name in _NAME.findall(p.text)[:4]]

    # Windows.

    def around(self, p: Paragraph, sentence: int, without: set[int], wide: bool = False) -> Span:
        """Return a window with a sentence in it, as its neighbours are or are not taken along."""
        most = 420
        left = right = sentence
        reach = self.dice.choice((0, 0, 1, 1, 2)) if not wide else 2
        for _ in range(reach):
            if left - 1 >= 0 and left - 1 not in without:
                s, e = p.piece(left - 1, right)
                if e - s <= most:
                    left -= 1
        reach = self.dice.choice((0, 1, 1, 1, 2)) if not wide else 2
        for _ in range(reach):
            if right + 1 < len(p.sentences) and right + 1 not in without:
                s, e = p.piece(left, right + 1)
                if e - s <= most:
                    right += 1
        return p.piece(left, right)

    def positive(self, p: Paragraph, asked: Asked) -> tuple[str, Span]:
        """Return a window that answers, and the answer in it."""
        spans = asked.answers
        start, end = (
            min(spans, key=lambda s: s[1] - s[0])
            if self.dice.random() < 0.7
            else self.dice.choice(spans)
        )
        touched = [n for n, (s, e) in enumerate(p.sentences) if s < end and start < e]
        if not touched:
            touched = [0]
        middle = touched[0]
        a, b = self.around(p, middle, set(), wide=asked.spread and self.dice.random() < 0.6)
        a, b = min(a, p.sentences[touched[0]][0]), max(b, p.sentences[touched[-1]][1])
        return p.text[a:b], (start - a, end - a)

    # Examples.

    def examples(self, p: Paragraph, asked: Asked) -> Iterator[Example]:
        """Yield the examples of one question for one pass."""
        if not asked.answers:
            yield from self.unanswered(p, asked)
            return
        window, answer = self.positive(p, asked)
        kind = "answers"
        if self.dice.random() < 0.06:
            window, answer = self.shortened(window, answer)
            kind = "answers, cut"
        yield self.made(asked, window, True, answer, kind)
        count = 2 if self.dice.random() < 0.35 else 1
        for _ in range(count):
            negative = self.negative(p, asked)
            if negative:
                yield negative

    def unanswered(self, p: Paragraph, asked: Asked) -> Iterator[Example]:
        """Yield the windows of its own paragraph that look most like an answer, and are none."""
        ranked = asked.best[:3] or list(range(len(p.sentences)))
        for _ in range(1 if self.dice.random() < 0.5 else 2):
            s, e = self.around(
                p, self.dice.choice(ranked[:2] if self.dice.random() < 0.7 else ranked), set()
            )
            yield self.made(asked, p.text[s:e], False, None, "unanswerable")

    def negative(self, p: Paragraph, asked: Asked) -> Example | None:
        """Return a window of one of the kinds that do not answer a question that has an answer."""
        roll = self.dice.random()
        held = answering(p, asked)
        if roll < 0.30 and asked.best:
            top = asked.best[: self.dice.choice((1, 1, 2, 4))]
            s, e = self.around(p, self.dice.choice(top), held)
            return self.made(asked, p.text[s:e], False, None, "same paragraph")
        # Of reviews and posts many a question ("What is the product?") is answered by any other one too.
        general = p.file in ("reviews", "forum") and self.dice.random() < 0.75
        if roll < 0.58 and asked.near and not general:
            n, sentence = self.dice.choice(asked.near[: self.dice.choice((2, 4, 12))])
            other = self.paragraphs[n]
            s, e = self.around(other, sentence, set())
            text = other.text[s:e]
            if not any(p.text[a:b].casefold() in text.casefold() for a, b in asked.answers):
                return self.made(asked, text, False, None, "near paragraph")
        if roll < 0.66 and len(held) < len(p.sentences):
            return self.without_sentence(p, asked, held)
        if roll < 0.78:
            return self.without_answer(p, asked)
        if roll < 0.92:
            altered = self.altered(p, asked)
            if altered:
                window, _ = self.positive(p, asked)
                return self.made(altered, window, False, None, "altered question")
        if roll < 0.96:
            return self.made(asked, self.no_statement(p, asked), False, None, "no statement")
        n, sentence = self.dice.choice(self._sentences)
        other = self.paragraphs[n]
        s, e = self.around(other, sentence, set())
        return self.made(asked, other.text[s:e], False, None, "any other")

    def without_sentence(self, p: Paragraph, asked: Asked, held: set[int]) -> Example:
        """The window that answers, its answering sentences cut out."""
        first, last = (
            max(0, min(held, default=0) - 2),
            min(len(p.sentences), max(held, default=0) + 3),
        )
        kept = [p.text[slice(*p.sentences[n])] for n in range(first, last) if n not in held]
        return self.made(asked, " ".join(kept)[:600], False, None, "sentence cut out")

    def without_answer(self, p: Paragraph, asked: Asked) -> Example | None:
        """The window that answers, without the words that do."""
        window, _ = self.positive(p, asked)
        changed = window
        for a, b in sorted(asked.answers, key=lambda s: s[0] - s[1]):
            words = p.text[a:b]
            if len(words) > 0.6 * len(window):
                return None
            changed = re.sub(
                r"(?:\b(?:in|on|at|by|to|from|for|of|about|around|the|a|an|called|named|until|since|during)\s+){0,2}"
                + re.escape(words),
                "",
                changed,
            )
        changed = " ".join(changed.split()).replace(" ,", ",").replace(" .", ".")
        if changed == window or len(changed) < 25:
            return None
        return self.made(asked, changed, False, None, "answer cut out")

    def shortened(self, window: str, answer: Span) -> tuple[str, Span]:
        """Take some other words out, so that a cut text does not tell that the answer is gone."""
        words = [(m.start(), m.end()) for m in re.finditer(r"\S+", window)]
        free = [n for n, (s, e) in enumerate(words) if e < answer[0] - 12 or s > answer[1] + 12]
        if len(free) < 6:
            return window, answer
        first = self.dice.choice(free[:-3])
        run = [n for n in range(first, first + self.dice.choice((1, 2, 3))) if n in free]
        if not run:
            return window, answer
        s, e = words[run[0]][0], words[run[-1]][1]
        while e < len(window) and window[e].isspace():
            e += 1
        cut = window[:s] + window[e:]
        moved = answer if answer[1] <= s else (answer[0] - (e - s), answer[1] - (e - s))
        return cut, moved

    def altered(self, p: Paragraph, asked: Asked) -> Asked | None:
        """Return the question changed so that its paragraph no longer answers it."""
        text = asked.text
        ways = [self._other_name, self._other_number, self._opposite, self._opposite, self._negated]
        self.dice.shuffle(ways)
        for way in ways:
            changed = way(p, text)
            if changed and changed != text:
                return Asked(changed, [], asked.file)
        return None

    def _other_name(self, p: Paragraph, text: str) -> str | None:
        names = _NAME.findall(text)
        if not names:
            return None
        name = self.dice.choice(names)
        near = [n for n in _NAME.findall(p.text) if n not in text and n not in name]
        pool = near if near and self.dice.random() < 0.5 else self._names
        other = self.dice.choice(pool)
        return text.replace(name, other) if other not in text else None

    def _other_number(self, p: Paragraph, text: str) -> str | None:
        numbers = _NUMBER.findall(text)
        if not numbers:
            return None
        number = self.dice.choice(numbers)
        digits = number.rstrip(".,")
        if not digits.isdigit():
            return None
        step = self.dice.choice((-30, -11, -4, -2, -1, 1, 2, 3, 5, 10, 20))
        return text.replace(digits, str(max(1, int(digits) + step)))

    def _opposite(self, p: Paragraph, text: str) -> str | None:
        words = [w for w in re.findall(r"\w+", text) if w.lower() in OPPOSITE]
        if not words:
            return None
        word = self.dice.choice(words)
        return re.sub(rf"\b{re.escape(word)}\b", OPPOSITE[word.lower()], text, count=1)

    def _negated(self, p: Paragraph, text: str) -> str | None:
        if self.dice.random() < 0.7:
            return None
        found = _AUXILIARY.search(text)
        if not found or text.lower().startswith(("how many", "how much")):
            return None
        rest = text[found.end() :].split()
        if len(rest) < 3:
            return None
        after = (
            0
            if found.start() > 0
            and rest[0][0].islower()
            and found.group().lower() in ("is", "are", "was", "were")
            else 1
        )
        rest.insert(
            min(after + (0 if rest[0].lower() not in ("the", "a", "an") else 1), len(rest) - 1),
            "not",
        )
        return text[: found.end()] + " " + " ".join(rest)

    def no_statement(self, p: Paragraph, asked: Asked) -> str:
        """Return a title, a heading, a question or a list of links: it names things and tells nothing."""
        roll = self.dice.random()
        if roll < 0.35:
            others = [q.text for q in p.questions if q is not asked]
            words = self.dice.choice(others) if others else asked.text
            return words if words.endswith("?") else f"{words}?"
        if roll < 0.5:
            return asked.text if asked.text.endswith("?") else f"{asked.text}?"
        names = _NAME.findall(p.text) or ["Contents"]
        if roll < 0.7:
            return p.title or self.dice.choice(names)
        if roll < 0.85:
            links = [
                *self.dice.sample(names, min(4, len(names))),
                "Home",
                "Contact",
                "Read more",
                "Share",
            ]
            return self.dice.choice((" | ", " · ", "\n", " » ")).join(links)
        return " ".join(re.findall(r"\w+", asked.text)[1:]).title()

    def made(
        self, asked: Asked, window: str, answers: bool, answer: Span | None, kind: str
    ) -> Example:
        """Return an example, its question styled and perhaps framed."""
        question = self.styled(asked.text)
        framed = Framed(question, ((0, len(question)),))
        if self.dice.random() < 0.22:
            framed = frame(question, self.dice)
        return Example(framed.text, framed.own, window, answers, answer, kind)

    def styled(self, text: str) -> str:
        """Return a question as some people type it."""
        roll = self.dice.random()
        if roll < 0.10:
            text = text.lower()
        if self.dice.random() < 0.15:
            text = text.rstrip("?. ")
        elif not text.endswith("?") and self.dice.random() < 0.3:
            text += "?"
        return text

    # Messages without a window, to tell a question from what stands around it.

    def message(self) -> Framed:
        """Return a message with the spans that are its question's own."""
        roll = self.dice.random()
        if roll < 0.10:
            return talk(self.dice)
        p = self.paragraphs[self.dice.choice(self._sentences)[0]]
        if roll < 0.14:  # a few words, as people search
            p = self.paragraphs[self.dice.choice(self._sentences)[0]]
            words = self.dice.choice(self._names)
            if self.dice.random() < 0.5:
                every = re.findall(r"\w+", p.text)
                at = self.dice.randrange(max(1, len(every) - 3))
                words = " ".join(every[at : at + self.dice.choice((1, 2, 2, 3))])
            words = self.styled(words) if self.dice.random() < 0.5 else words
            if self.dice.random() < 0.3:
                return frame(words, self.dice)
            return Framed(words, ((0, len(words)),))
        if roll < 0.22:  # a statement, or some of them, is asked as it is
            n = self.dice.randrange(len(p.sentences))
            last = min(len(p.sentences) - 1, n + self.dice.choice((0, 0, 0, 1)))
            s, e = p.piece(n, last)
            words = p.text[s:e]
            if self.dice.random() < 0.4:
                words = " ".join(words.split()[: self.dice.randint(1, 12)])
            if self.dice.random() < 0.5:
                return Framed(words, ((0, len(words)),))
            return frame(words, self.dice)
        if not p.questions:
            return talk(self.dice)
        question = self.styled(self.dice.choice(p.questions).text)
        if roll < 0.40:
            return Framed(question, ((0, len(question)),))
        if roll < 0.48:  # what stands before belongs to it when it speaks of the same things
            s, e = p.sentences[self.dice.randrange(len(p.sentences))]
            told = p.text[s:e]
            text = f"{told} {question}"
            return Framed(text, ((0, len(text)),))
        context: list[str] = []
        if self.dice.random() < 0.35:
            n, first = self.dice.choice(self._sentences)
            other = self.paragraphs[n]
            if other is not p:
                some = other.sentences[first : first + self.dice.choice((1, 1, 2, 3, 6))]
                context = [other.text[s:e] for s, e in some]
        return frame(question, self.dice, context)


def passes(paragraphs: Sequence[Paragraph], dice: random.Random) -> list[tuple[int, Asked]]:
    """Return the questions of one pass, each as often as its file's share says, in random order."""
    taken: list[tuple[int, Asked]] = []
    for n, p in enumerate(paragraphs):
        if p.dev:
            continue
        for asked in p.questions:
            share = SHARES[asked.file]
            times = int(share) + (dice.random() < share - int(share))
            taken += [(n, asked)] * times
    dice.shuffle(taken)
    return taken
