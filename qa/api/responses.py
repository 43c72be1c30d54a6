"""The shapes of OpenAI's Responses interface: the fields that are read. All others are ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from qa import records
from qa.api import schemas
from qa.api.completions import MAX_MESSAGES, Cited, Content, Lenient, UrlCitation, turns_of
from qa.present import chat
from qa.present.response import check_stateless

_TEXTS = frozenset({"input_text", "output_text", "text"})
"""The types of parts that have text."""
_MESSAGE = (None, "message")


def _as_items(value: Any) -> Any:
    """Return the input as a list of items."""
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if not isinstance(value, list):
        raise PydanticCustomError("not_input", "Input must be a text or a list of items")
    return value


class InputItem(Lenient):
    """A message, or another item. Only messages of the role ``user`` are read."""

    type: str | None = None
    role: str | None = None
    content: Content = Field(default_factory=list)


class TextOptions(Lenient):
    """How the answer's text is wanted."""

    format: Annotated[Any, Field(description='{"type": "text"}, if it is given')] = None


class ResponseRequest(Lenient):
    """A chat. The last message of the role ``user`` is the question, earlier ones its history.

    Nothing is stored, whatever ``store`` says. The one model answers, whatever ``model`` says;
    ``instructions``, ``temperature``, ``tools`` and all other fields are accepted and ignored.
    """

    input: Annotated[
        list[InputItem],
        Field(max_length=MAX_MESSAGES),
        BeforeValidator(_as_items),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "array",
                        "maxItems": MAX_MESSAGES,
                        "items": {"$ref": f"#/components/schemas/{InputItem.__name__}"},
                    },
                ],
                "description": "the question, or the messages of a chat",
            }
        ),
    ]
    stream: bool | None = None
    previous_response_id: Annotated[Any, Field(description="null: nothing is stored")] = None
    conversation: Annotated[Any, Field(description="null: nothing is stored")] = None
    prompt: Annotated[Any, Field(description="null: nothing is stored")] = None
    background: Annotated[bool | None, Field(description="false, if it is given")] = None
    tool_choice: Annotated[Any, Field(description='"none" or "auto", if it is given')] = None
    text: TextOptions | None = None
    k: schemas.K = 5
    filters: schemas.Filters | None = None

    def to_question(self) -> records.Question:
        """Return the question for the engine. Raises ChatError."""
        check_stateless(
            previous_response_id=self.previous_response_id,
            conversation=self.conversation,
            prompt=self.prompt,
            background=self.background,
        )
        chat.check_wanted(
            tool_choice=self.tool_choice,
            response_format=self.text.format if self.text else None,
            format_field="text.format",
        )
        contents = [(i.role if i.type in _MESSAGE else None, i.content) for i in self.input]
        filters = self.filters or schemas.Filters()
        return chat.question_of(
            [*turns_of(contents, _TEXTS)], k=self.k, filters=filters.to_filters(), field="input"
        )


class FlatCitation(UrlCitation):
    """A marker such as ``[1]``."""

    type: Literal["url_citation"]


class OutputText(BaseModel):
    """The answer in Markdown: quotes with markers, then the list of citations."""

    type: Literal["output_text"]
    text: str
    annotations: list[FlatCitation]
    logprobs: list[Any]


class OutputMessage(BaseModel):
    """The only item."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    status: Literal["completed"]
    content: list[OutputText]


class InputDetails(BaseModel):
    """Nothing is cached."""

    cached_tokens: Literal[0]
    cache_write_tokens: Literal[0]


class OutputDetails(BaseModel):
    """Nothing is generated."""

    reasoning_tokens: Literal[0]


class ResponseUsage(BaseModel):
    """Words and punctuation marks: of the question with its history, and of the text."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class Reasoning(BaseModel):
    """There is none."""

    effort: None
    summary: None


class TextFormat(BaseModel):
    """Answers are text."""

    type: Literal["text"]


class TextConfig(BaseModel):
    """How the text is written."""

    format: TextFormat


class OpenAiResponse(BaseModel):
    """A response."""

    id: str
    object: Literal["response"]
    created_at: int
    completed_at: int
    status: Literal["completed"]
    background: Literal[False]
    error: None
    incomplete_details: None
    instructions: None
    max_output_tokens: None
    metadata: dict[str, str]
    model: str
    output: list[OutputMessage]
    parallel_tool_calls: Literal[False]
    previous_response_id: None
    reasoning: Reasoning
    store: Literal[False]
    temperature: None
    text: TextConfig
    tool_choice: Literal["none"]
    tools: list[Any]
    top_p: None
    truncation: Literal["disabled"]
    usage: ResponseUsage
    cited_qa: Cited
