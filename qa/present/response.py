"""A reply in the shapes of OpenAI's Responses interface: in one piece, or as the events of a stream.

A response holds one message with one part, the text, whose annotations say what its markers cite. The
names of the events and their order are those of the interface; each has a number, counted from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from qa.present.chat import MODEL, ChatError, Reply

Status = Literal["in_progress", "completed"]
Event = dict[str, Any]


def check_stateless(
    *, previous_response_id: object, conversation: object, prompt: object, background: object
) -> None:
    """Raise ChatError for a request that needs something stored: here nothing is."""
    if previous_response_id is not None:
        raise ChatError(
            "no response is stored here: send the earlier messages in input, without "
            "previous_response_id",
            field="previous_response_id",
            code="previous_response_not_found",  # as clients know it
        )
    for field, given in (("conversation", conversation), ("prompt", prompt)):
        if given is not None:
            raise ChatError(f"no {field} is stored here: send every message in input", field=field)
    if background:
        raise ChatError(
            "no response is stored here that could be fetched later: leave background out",
            field="background",
        )


def response_body(reply: Reply) -> dict[str, Any]:
    """Return a reply in one piece."""
    message = _message(reply, "completed", [_part(reply.message.text, _annotations(reply))])
    return {
        **_response(reply, "completed", [message], _usage(reply)),
        "cited_qa": reply.cited_qa(),
    }


def response_events(reply: Reply) -> Iterator[Event]:
    """Yield a reply as the events of a stream, in order."""
    for number, event in enumerate(_events(reply)):
        yield {**event, "sequence_number": number}


def _events(reply: Reply) -> Iterator[Event]:
    begun = _response(reply, "in_progress", [], None)
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    item = {"output_index": 0}
    yield {
        "type": "response.output_item.added",
        **item,
        "item": _message(reply, "in_progress", []),
    }
    part = {"item_id": _message_id(reply), **item, "content_index": 0}
    text, annotations = reply.message.text, _annotations(reply)
    yield {"type": "response.content_part.added", **part, "part": _part("", [])}
    for piece in reply.pieces:
        yield {"type": "response.output_text.delta", **part, "delta": piece, "logprobs": []}
    for index, annotation in enumerate(annotations):
        yield {
            "type": "response.output_text.annotation.added",
            **part,
            "annotation_index": index,
            "annotation": annotation,
        }
    yield {"type": "response.output_text.done", **part, "text": text, "logprobs": []}
    whole = _part(text, annotations)
    yield {"type": "response.content_part.done", **part, "part": whole}
    yield {
        "type": "response.output_item.done",
        **item,
        "item": _message(reply, "completed", [whole]),
    }
    yield {"type": "response.completed", "response": response_body(reply)}


def _response(
    reply: Reply, status: Status, output: list[dict[str, Any]], usage: dict[str, Any] | None
) -> dict[str, Any]:
    """Return a response. What was asked for and changes nothing is told as not set."""
    return {
        "id": f"resp_{reply.request_id}",
        "object": "response",
        "created_at": reply.created,
        "completed_at": reply.created if status == "completed" else None,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": MODEL,
        "output": output,
        "parallel_tool_calls": False,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "none",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": usage,
    }


def _message_id(reply: Reply) -> str:
    return f"msg_{reply.request_id}"


def _message(reply: Reply, status: Status, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": _message_id(reply),
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def _part(text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def _annotations(reply: Reply) -> list[dict[str, Any]]:
    return [
        {
            "type": "url_citation",
            "url": cited.url,
            "title": cited.title,
            "start_index": cited.start_index,
            "end_index": cited.end_index,
        }
        for cited in reply.citations
    ]


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "input_tokens": reply.asked,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": reply.given,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": reply.asked + reply.given,
    }
