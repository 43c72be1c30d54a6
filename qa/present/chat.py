"""An answer as a message of a chat, in the shapes of OpenAI's chat completions.

A message quotes what was found, each quote with its marker ``[1]``, and lists the citations; it
asserts nothing of its own. Where the archive answers, its words come first, in their sentence. The
numbers are those of the emitted list. A message is Markdown, and
what comes from documents must not become markup: see ``qa.present.markdown``. The excerpts stand untouched in
the field ``cited_qa``, which is the body of ``/v1/ask``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qa.engine import MAX_QUESTION
from qa.errors import UsageError
from qa.present.citations import citation_line, view_address
from qa.present.markdown import in_line, line_of, with_bold
from qa.present.shown import lead, note_lines, searched_otherwise, shown, verdict_line, words_of
from qa.present.wire import answer_body
from qa.records import Answer, Filters, Highlight, Question, Result, ShortAnswer
from qa.text.printable import is_text

MODEL = "cited-qa"
"""The one model there is."""
OFFSETS = "Unicode code points"
"""What the offsets count: those of the annotations, and those of the citations."""
KEPT_TURNS = 20
"""Earlier questions that are passed on: a follow-up is about the last few."""

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w+|[^\w\s]")


class ChatError(UsageError):
    """A request of a chat that this service cannot do."""

    code = "unsupported_value"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a user wrote. ``place`` is that of its message; ``other`` a kind of content, not text."""

    place: int
    text: str
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """A ``[1]`` in a message, and where it stands, in code points."""

    result: Result
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Message:
    """An answer in words. ``text[m.start:m.end]`` is every marker ``m``."""

    text: str
    markers: tuple[Marker, ...]


# --- from a chat to a question ------------------------------------------------------------------


def question_of(turns: Sequence[Turn], *, k: int, filters: Filters) -> Question:
    """Return the question of a chat: its last turn, with those before as history.

    What could not be asked is left out of the history, since a client sends it again with every
    later turn. Raises ChatError where there is no turn, or the last one is not text.
    """
    if not turns:
        raise ChatError(
            "there is no message of the role user", field="messages", code="question_missing"
        )
    *earlier, last = turns
    if last.other is not None:
        raise ChatError(
            f"content of the type {last.other[:40]!r} cannot be read: send text",
            field=f"messages.{last.place}.content",
            code="unsupported_content",
        )
    history = [turn.text for turn in earlier if _askable(turn.text)]
    return Question(last.text, k=k, history=tuple(history[-KEPT_TURNS:]), filters=filters)


def _askable(text: str) -> bool:
    return bool(text.strip()) and len(text) <= MAX_QUESTION and is_text(text)


def check_wanted(*, n: int | None, tool_choice: object, response_format: object) -> None:
    """Raise ChatError for a wish that would change what comes back, and cannot be fulfilled."""
    if n not in (None, 1):
        raise ChatError(f"n is {n}: there is one answer to a question", field="n")
    if tool_choice not in (None, "none", "auto"):
        raise ChatError("this model calls no tools: leave tool_choice out", field="tool_choice")
    if response_format not in (None, {"type": "text"}):
        raise ChatError(
            "answers are text: leave response_format out, or ask /v1/ask for JSON",
            field="response_format",
        )


# --- from an answer to a message ----------------------------------------------------------------


def message_of(answer: Answer, base: str) -> Message:
    """Return an answer in words; ``base`` is the address of the service."""
    message, results = _Draft(), shown(answer)
    if searched_otherwise(answer):
        message.add(f"Searched for: {in_line(answer.searched)}\n\n")
    if short := lead(answer):
        before, after = (_SPACE.sub(" ", text) for text in short.around)
        words = _SPACE.sub(" ", short.words)
        message.add(with_bold(f"“{before}{words}{after}”", [_span(1 + len(before), words)]))
        message.mark(short.result)
    if verdict := verdict_line(answer):
        message.add(f"{verdict}\n\n")
    for note in note_lines(answer, searched_shown=True):
        message.add(f"{line_of(in_line(note))}\n\n")
    for result in results:
        message.add(_quote(result, words_of(answer, result)))
        message.mark(result)
    if results:
        message.add("Sources\n\n" + "\n".join(_source(result, base) for result in results))
    return Message(message.text.rstrip("\n"), tuple(message.markers))


class _Draft:
    """A message as it is written: its text so far, and the markers in it."""

    def __init__(self) -> None:
        self.text = ""
        self.markers: list[Marker] = []

    def add(self, text: str) -> None:
        self.text += text

    def mark(self, result: Result) -> None:
        """End a quote with its marker."""
        marker, start = f"[{result.rank}]", len(self.text) + 1
        self.text += f" {marker}\n\n"
        self.markers.append(Marker(result, start, start + len(marker)))


def _quote(result: Result, words: ShortAnswer | None) -> str:
    """Return an excerpt as a block quote: in bold the words that answer, or else its best sentence."""
    quoted = with_bold(result.excerpt, [_span(words.start, words.text)]) if words else ""
    if "**" not in quoted:
        quoted = with_bold(result.excerpt, sorted(result.highlights, key=lambda h: h.start))
    return "\n".join(f"> {line_of(line)}".rstrip() for line in quoted.strip().split("\n"))


def _span(start: int, words: str) -> Highlight:
    return Highlight(start, start + len(words))


def _source(result: Result, base: str) -> str:
    citation = result.citation
    said = in_line(citation_line(citation))
    links = f"[open]({view_address(citation, base)})"
    if citation.original_url:
        original = citation.original_url.replace("(", "%28").replace(")", "%29")
        links += f", [original]({original})"
    return f"- [{result.rank}] {said} – {links}"


# --- the shapes of completions ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer as OpenAI's clients read it, in one piece or as a stream."""

    id: str
    created: int
    answer: Answer
    message: Message
    base: str
    asked: int
    """Words of the question and its history."""

    def body(self) -> dict[str, Any]:
        """Return the answer in one piece."""
        message = {
            "role": "assistant",
            "content": self.message.text,
            "refusal": None,
            "annotations": self._annotations(),
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": self._usage(),
            "cited_qa": self._cited(),
        }

    def events(self, *, usage: bool, sources: bool) -> Iterator[dict[str, Any]]:
        """Yield the answer as the events of a stream.

        With ``usage`` a last event counts the words; with ``sources`` Open WebUI's own events
        stand for the annotations, which would show it every source twice.
        """
        yield self._chunk({"role": "assistant", "content": ""}, usage)
        for piece in re.split(r"(?<=\n\n)", self.message.text):
            yield self._chunk({"content": piece}, usage)
        if sources:
            quoted = shown(self.answer)
            yield from (_open_webui_event(result, self.base) for result in quoted)
        annotations = [] if sources else self._annotations()
        yield {**self._chunk({"annotations": annotations}, usage), "cited_qa": self._cited()}
        yield self._chunk({}, usage, finish="stop")
        if usage:
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": self._usage()}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": MODEL}

    def _chunk(
        self, delta: dict[str, Any], usage: bool, finish: str | None = None
    ) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        head = {**self._head("chat.completion.chunk"), "choices": [choice]}
        return {**head, "usage": None} if usage else head

    def _annotations(self) -> list[dict[str, Any]]:
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "url": view_address(marker.result.citation, self.base),
                    "title": marker.result.citation.title or marker.result.citation.source,
                    "start_index": marker.start,
                    "end_index": marker.end,
                },
            }
            for marker in self.message.markers
        ]

    def _usage(self) -> dict[str, int]:
        given = words_in(self.message.text)
        total = self.asked + given
        return {"prompt_tokens": self.asked, "completion_tokens": given, "total_tokens": total}

    def _cited(self) -> dict[str, Any]:
        return {"offsets": OFFSETS, **answer_body(self.answer, self.base)}


def words_in(text: str) -> int:
    """Return how many words and punctuation marks a text has: what ``usage`` counts as tokens."""
    return sum(1 for _ in _WORD.finditer(text))


def _open_webui_event(result: Result, base: str) -> dict[str, Any]:
    """Return a source as Open WebUI reads it.

    It takes sources with one ``source`` for one, and numbers what is left: so each has its own
    address there, or ``[2]`` would be another quote than ours. It shows ``distances`` as per cent
    of something, which no score of ours is.
    """
    url = view_address(result.citation, base)
    name = result.citation.title or result.citation.source
    data = {
        "source": {"name": name, "url": url},
        "document": [result.excerpt],
        "metadata": [{"source": url, "name": name}],
    }
    return {"event": {"type": "source", "data": data}}


def model_body() -> dict[str, Any]:
    """Return the one model as it is listed; when it was made is not known."""
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
