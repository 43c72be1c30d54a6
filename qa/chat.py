"""An answer as a message of a chat, in the shapes of OpenAI's chat completions.

A message quotes what was found, each quote with its marker ``[1]``, and lists the citations; it
asserts nothing of its own. The numbers are those of the emitted list. A message is Markdown, and
what comes from documents must not become markup: see ``as_text``. The excerpts stand untouched in
the field ``cited_qa``, which is the body of ``/v1/ask``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qa.engine import MAX_QUESTION
from qa.errors import UsageError
from qa.records import Answer, Filters, Question, Result
from qa.wire import SURROGATE, answer_body, citation_line, found_line, printable, view_address

MODEL = "cited-qa"
"""The one model there is."""
OFFSETS = "Unicode code points"
"""What the offsets count: those of the annotations, and those of the citations."""
KEPT_TURNS = 20
"""Earlier questions that are passed on: a follow-up is about the last few."""

# In the middle of a line these begin markup, an entity, a formula or a link.
_INLINE = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*[~|$^@"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}
# So do these, but an underscore within a word, as names of files have it, does not.
_BETWEEN = re.compile(r":(?=//)|(?<=www)\.|(?<![^\W_])_|_(?![^\W_])")
# At the beginning of one these make a heading, a list, or a heading of the line before.
_LINE = re.compile(r"^([-+=#:]|\d+(?=[.)]))(.?)")
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
    readable = "\0" not in text and not SURROGATE.search(text)
    return bool(text.strip()) and len(text) <= MAX_QUESTION and readable


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
    text = f"{found_line(answer)}\n"
    if answer.searched != answer.question.strip():
        text = f"Searched for: {_in_line(answer.searched)}\n\n{text}"
    markers = []
    for result in answer.results:
        text += f"\n{_quote(result)} "
        marker = f"[{result.rank}]"
        markers.append(Marker(result, len(text), len(text) + len(marker)))
        text += f"{marker}\n"
    if answer.results:
        text += "\nSources\n\n" + "\n".join(_source(result, base) for result in answer.results)
    return Message(text.rstrip("\n"), tuple(markers))


def _quote(result: Result) -> str:
    """Return an excerpt as a block quote, with its best sentence in bold."""
    excerpt, pieces, at = result.excerpt, [], 0
    for highlight in sorted(result.highlights, key=lambda h: h.start):
        marked = excerpt[highlight.start : highlight.end].rstrip()
        start = highlight.start + len(marked) - len(marked := marked.lstrip())
        if marked and _can_be_bold(excerpt, start, start + len(marked)):
            pieces += [as_text(excerpt[at:start]), f"**{as_text(marked)}**"]
            at = start + len(marked)
    pieces.append(as_text(excerpt[at:]))
    lines = "".join(pieces).strip().split("\n")
    return "\n".join(f"> {_line(line)}".rstrip() for line in lines)


def _can_be_bold(text: str, start: int, end: int) -> bool:
    """Whether Markdown takes two asterisks around a span for bold, whatever stands in it."""
    around = text[start - 1 : start] + text[end : end + 1]
    return not around.strip() and not re.search(r"(\n|\r\n?)[ \t]*[\n\r]", text[start:end])


def _source(result: Result, base: str) -> str:
    citation = result.citation
    said = _in_line(citation_line(citation))
    return f"- [{result.rank}] {said} – [open]({view_address(citation, base)})"


def as_text(text: str) -> str:
    """Return a text from elsewhere so that Markdown and HTML show it and see no markup in it.

    What could mean something is written as a character reference: ``html.unescape`` gives the
    text back. Characters that steer a terminal or turn the direction of writing are replaced.
    """
    text = printable(text).translate(_INLINE)
    return _BETWEEN.sub(lambda match: f"&#{ord(match.group())};", text)


def _line(text: str) -> str:
    """Return a line of a text whose beginning is no markup either."""

    def neutral(match: re.Match[str]) -> str:
        first, second = match.groups()
        if first.isdigit():
            return f"{first}&#{ord(second)};"
        return f"&#{ord(first)};{second}"

    return _LINE.sub(neutral, text.lstrip(), count=1)


def _in_line(text: str) -> str:
    return as_text(" ".join(text.split()))


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
            yield from (_open_webui_event(result, self.base) for result in self.answer.results)
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
