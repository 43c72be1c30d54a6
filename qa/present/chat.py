"""A chat as a question, and an answer as a chat message, for both of OpenAI's interfaces.

``qa.present.completion`` and ``qa.present.response`` write a reply in the shapes of the two.

A message quotes what was found, each quote with its marker ``[1]``, and lists the citations; it adds no
statement of its own. If the archive answers, the words that answer come first, in their sentence. The
numbers are those of the listed citations. A message is Markdown, and text from documents must not become
markup: see ``qa.present.markdown``. The field ``cited_qa``, which is the body of ``/v1/ask``, has the
unchanged excerpts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qa.asking import is_askable
from qa.errors import UsageError
from qa.present.citations import citation_line, view_address
from qa.present.markdown import in_line, line_of, with_bold
from qa.present.shown import lead, note_lines, quoted, searched_otherwise, verdict_line, words_of
from qa.present.wire import answer_body
from qa.records import Answer, Filters, Highlight, Question, Result, ShortAnswer

MODEL = "cited-qa"
"""The only model."""
OFFSETS = "Unicode code points"
"""The unit of all offsets, in annotations and in citations."""
KEPT_TURNS = 20
"""How many earlier questions are passed on: a follow-up is about the last few."""

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w+|[^\w\s]")
_PARAGRAPH = re.compile(r"(?<=\n\n)")


class ChatError(UsageError):
    """A chat request that this service cannot fulfil."""

    code = "unsupported_value"


@dataclass(frozen=True, slots=True)
class Turn:
    """A user's message. ``place`` is its place among all messages; ``other`` is a kind of content
    that is not text."""

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
    """An answer in words. ``text[m.start:m.end]`` is the text of every marker ``m``."""

    text: str
    markers: tuple[Marker, ...]


# --- from a chat to a question ------------------------------------------------------------------


def question_of(
    turns: Sequence[Turn], *, k: int, filters: Filters, field: str = "messages"
) -> Question:
    """Return the question of a chat: its last turn, with the earlier ones as history.

    Turns that cannot be asked are left out of the history, because a client sends them again with every
    later turn. ``field`` is the field of the request that has the messages. Raises ChatError if there is
    no turn, or if the last one is not text.
    """
    if not turns:
        raise ChatError(
            "there is no message of the role user", field=field, code="question_missing"
        )
    *earlier, last = turns
    if last.other is not None:
        raise ChatError(
            f"content of the type {last.other[:40]!r} cannot be read: send text",
            field=f"{field}.{last.place}.content",
            code="unsupported_content",
        )
    history = [turn.text for turn in earlier if is_askable(turn.text)]
    return Question(last.text, k=k, history=tuple(history[-KEPT_TURNS:]), filters=filters)


def check_wanted(
    *,
    n: int | None = None,
    tool_choice: object,
    response_format: object,
    format_field: str = "response_format",
) -> None:
    """Raise ChatError for an option that would change the answer and is not supported.

    ``format_field`` is the field of the request that has ``response_format``.
    """
    if n not in (None, 1):
        raise ChatError(f"n is {n}: a question gets one answer", field="n")
    if tool_choice not in (None, "none", "auto"):
        raise ChatError("this model calls no tools: leave tool_choice out", field="tool_choice")
    if response_format not in (None, {"type": "text"}):
        raise ChatError(
            f"answers are text: leave {format_field} out, or ask /v1/ask for JSON",
            field=format_field,
        )


# --- from an answer to a message ----------------------------------------------------------------


def message_of(answer: Answer, base: str) -> Message:
    """Return an answer in words; ``base`` is the address of the service."""
    message, results = _Draft(), quoted(answer)
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
    """Return an excerpt as a block quote; the words that answer, or its best sentence, are in bold."""
    block = with_bold(result.excerpt, [_span(words.start, words.text)]) if words else ""
    if "**" not in block:
        block = with_bold(result.excerpt, sorted(result.highlights, key=lambda h: h.start))
    return "\n".join(f"> {line_of(line)}".rstrip() for line in block.strip().split("\n"))


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


# --- what both interfaces tell ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cited:
    """What a marker cites, and where the marker stands in the message, in code points."""

    url: str
    title: str
    start_index: int
    end_index: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer for OpenAI's clients. ``created`` is in seconds since 1970."""

    request_id: str
    created: int
    answer: Answer
    message: Message
    base: str
    asked: int
    """Words of the question and its history."""

    @property
    def pieces(self) -> list[str]:
        """The message in the parts that a stream sends."""
        return _PARAGRAPH.split(self.message.text)

    @property
    def citations(self) -> list[Cited]:
        """The citations, one for each marker, in the order of the message."""
        return [
            Cited(
                view_address(marker.result.citation, self.base),
                marker.result.citation.title or marker.result.citation.source,
                marker.start,
                marker.end,
            )
            for marker in self.message.markers
        ]

    @property
    def given(self) -> int:
        """How many words the message has."""
        return words_in(self.message.text)

    def cited_qa(self) -> dict[str, Any]:
        """Return the answer as ``/v1/ask`` gives it, with the unit of its offsets."""
        return {"offsets": OFFSETS, **answer_body(self.answer, self.base)}


def words_in(text: str) -> int:
    """Return the number of words and punctuation marks in a text; ``usage`` counts them as tokens."""
    return sum(1 for _ in _WORD.finditer(text))


def model_body() -> dict[str, Any]:
    """Return the model's entry in the list; the time when it was made is unknown."""
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
