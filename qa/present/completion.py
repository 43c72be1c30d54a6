"""A reply in the shapes of OpenAI's chat completions: in one piece, or as the events of a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qa.present.chat import MODEL, Reply
from qa.present.citations import view_address
from qa.present.shown import quoted
from qa.records import Result


def completion_body(reply: Reply) -> dict[str, Any]:
    """Return a reply in one piece."""
    message = {
        "role": "assistant",
        "content": reply.message.text,
        "refusal": None,
        "annotations": _annotations(reply),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {
        **_head(reply, "chat.completion"),
        "choices": [choice],
        "usage": _usage(reply),
        "cited_qa": reply.cited_qa(),
    }


def completion_events(reply: Reply, *, usage: bool, sources: bool) -> Iterator[dict[str, Any]]:
    """Yield a reply as the events of a stream.

    With ``usage`` a last event counts the words. With ``sources`` Open WebUI's own events replace
    the annotations; with both it would show every source twice.
    """
    yield _chunk(reply, {"role": "assistant", "content": ""}, usage)
    for piece in reply.pieces:
        yield _chunk(reply, {"content": piece}, usage)
    if sources:
        yield from (_open_webui_event(result, reply.base) for result in quoted(reply.answer))
    annotations = [] if sources else _annotations(reply)
    yield {
        **_chunk(reply, {"annotations": annotations}, usage),
        "cited_qa": reply.cited_qa(),
    }
    yield _chunk(reply, {}, usage, finish="stop")
    if usage:
        yield {**_head(reply, "chat.completion.chunk"), "choices": [], "usage": _usage(reply)}


def _head(reply: Reply, kind: str) -> dict[str, Any]:
    id = f"chatcmpl-{reply.request_id}"
    return {"id": id, "object": kind, "created": reply.created, "model": MODEL}


def _chunk(
    reply: Reply, delta: dict[str, Any], usage: bool, finish: str | None = None
) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    head = {**_head(reply, "chat.completion.chunk"), "choices": [choice]}
    return {**head, "usage": None} if usage else head


def _annotations(reply: Reply) -> list[dict[str, Any]]:
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": cited.url,
                "title": cited.title,
                "start_index": cited.start_index,
                "end_index": cited.end_index,
            },
        }
        for cited in reply.citations
    ]


def _usage(reply: Reply) -> dict[str, int]:
    return {
        "prompt_tokens": reply.asked,
        "completion_tokens": reply.given,
        "total_tokens": reply.asked + reply.given,
    }


def _open_webui_event(result: Result, base: str) -> dict[str, Any]:
    """Return a source in Open WebUI's form.

    Open WebUI joins sources with the same ``source``, and numbers the rest. So each one has its own
    address there; otherwise ``[2]`` could be another quote than ours. It shows ``distances`` as
    percentages, which our scores are not.
    """
    url = view_address(result.citation, base)
    name = result.citation.title or result.citation.source
    data = {
        "source": {"name": name, "url": url},
        "document": [result.excerpt],
        "metadata": [{"source": url, "name": name}],
    }
    return {"event": {"type": "source", "data": data}}
