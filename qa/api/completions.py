"""The shapes of OpenAI's chat completions: the fields that are read. All others are ignored.

``qa.api.responses`` has those of OpenAI's other interface, which reads messages in the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from qa import records
from qa.api import schemas
from qa.present import chat

MAX_MESSAGES, MAX_PARTS = 2000, 100
_CONTENT: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "array",
            "maxItems": MAX_PARTS,
            "items": {
                "type": "object",
                "properties": {"type": {"type": "string"}, "text": {"type": "string"}},
                "required": ["type"],
            },
        },
        {"type": "null"},
    ],
    "description": "a text, or parts of the type text",
}


def _as_parts(content: Any) -> Any:
    """Return the content of a message as a list of parts."""
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise PydanticCustomError("not_content", "Content must be a text or a list of parts")
    return content


class Lenient(BaseModel):
    """What OpenAI's clients send: unknown fields are ignored."""

    model_config = ConfigDict(strict=True)


class Part(Lenient):
    """A part of a message's content."""

    type: str
    text: str | None = None


Content = Annotated[
    list[Part],
    Field(max_length=MAX_PARTS),
    BeforeValidator(_as_parts),
    WithJsonSchema(_CONTENT),
]


class ChatMessage(Lenient):
    """A message. Only messages of the role ``user`` are read."""

    role: str
    content: Content = []


def turns_of(
    contents: Sequence[tuple[str | None, list[Part]]], kinds: Collection[str]
) -> Iterator[chat.Turn]:
    """Yield the turns of the user among the messages of a chat, which are given as role and content.

    ``kinds`` are the types of the parts that have text.
    """
    for place, (role, parts) in enumerate(contents):
        if role == "user":
            yield chat.Turn(
                place,
                text="\n".join(part.text or "" for part in parts if part.type in kinds),
                other=next((part.type for part in parts if part.type not in kinds), None),
            )


class StreamOptions(Lenient):
    """Options of a stream."""

    include_usage: bool | None = None


class ChatRequest(Lenient):
    """A chat. The last message of the role ``user`` is the question, earlier ones its history.

    The one model answers, whatever ``model`` says. ``temperature``, ``max_tokens``, ``tools``
    and all other fields are accepted and ignored.
    """

    messages: Annotated[list[ChatMessage], Field(max_length=MAX_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, Field(description="1, if it is given")] = None
    tool_choice: Annotated[Any, Field(description='"none" or "auto", if it is given')] = None
    response_format: Annotated[Any, Field(description='{"type": "text"}, if it is given')] = None
    k: schemas.K = 5
    filters: schemas.Filters | None = None

    def to_question(self) -> records.Question:
        """Return the question for the engine. Raises ChatError."""
        chat.check_wanted(
            n=self.n, tool_choice=self.tool_choice, response_format=self.response_format
        )
        turns = turns_of([(m.role, m.content) for m in self.messages], {"text"})
        filters = self.filters or schemas.Filters()
        return chat.question_of([*turns], k=self.k, filters=filters.to_filters())

    @property
    def counted(self) -> bool:
        """Whether a stream reports the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


class UrlCitation(BaseModel):
    """Where a marker stands in the content, in Unicode code points, and what it cites."""

    url: str = Field(description="opens the document with the excerpt marked")
    title: str
    start_index: int
    end_index: int


class Annotation(BaseModel):
    """A marker such as ``[1]``."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class AssistantMessage(BaseModel):
    """The answer in Markdown: quotes with markers, then the list of citations."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The only choice."""

    index: Literal[0]
    message: AssistantMessage
    logprobs: None
    finish_reason: Literal["stop"]


class Usage(BaseModel):
    """Words and punctuation marks: of the question with its history, and of the content."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Cited(schemas.AskResponse):
    """The answer as ``/v1/ask`` gives it; result ``n`` belongs to the marker ``[n]``."""

    offsets: Literal["Unicode code points"] = Field(description="the unit of every offset")


class ChatResponse(BaseModel):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    cited_qa: Cited


class Model(BaseModel):
    """A model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(BaseModel):
    """The models."""

    object: Literal["list"]
    data: list[Model]
