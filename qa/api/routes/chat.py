"""The archive as a model behind OpenAI's interface, for the many clients that use it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from fastapi import APIRouter, Request
from starlette.responses import Response

from qa.api import completions, responses, schemas
from qa.api.errors import JsonResponse, openai_responses
from qa.api.json_route import JsonRoute
from qa.api.service import service_of
from qa.errors import NotFoundError
from qa.present.chat import MODEL, Reply, message_of, model_body, words_in
from qa.present.completion import completion_body, completion_events
from qa.present.response import response_body, response_events
from qa.present.wire import json_bytes
from qa.records import Question

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["openai"])

_STREAM = {"text/event-stream": {"schema": {"type": "string"}}}
_DONE = "The answer; as events if a stream was asked for"


@router.post(
    "/chat/completions",
    response_model=completions.ChatResponse,
    responses={
        200: {"content": _STREAM, "description": _DONE},
        **openai_responses(400, 413, 415, 500),
    },
)
async def complete(body: completions.ChatRequest, request: Request) -> Response:
    """Answer the last message of a chat with quotes and citations."""
    reply = await _reply(request, body.to_question())
    if not body.stream:
        return JsonResponse(completion_body(reply))
    sources = service_of(request).settings.open_webui_sources == "on"
    events = completion_events(reply, usage=body.counted, sources=sources)
    return _stream([*(b"data: " + json_bytes(event) for event in events), b"data: [DONE]"])


@router.post(
    "/responses",
    response_model=responses.OpenAiResponse,
    responses={
        200: {"content": _STREAM, "description": _DONE},
        **openai_responses(400, 413, 415, 500),
    },
)
async def respond(body: responses.ResponseRequest, request: Request) -> Response:
    """Answer the last message of the input with quotes and citations; nothing is stored."""
    reply = await _reply(request, body.to_question())
    if not body.stream:
        return JsonResponse(response_body(reply))
    return _stream(
        b"event: %b\ndata: %b" % (event["type"].encode(), json_bytes(event))
        for event in response_events(reply)
    )


async def _reply(request: Request, question: Question) -> Reply:
    """Answer a question for OpenAI's clients. Raises QaError."""
    service = service_of(request)
    answer = await service.ask(request, question)
    base = service.base(request)
    return Reply(
        request_id=request.state.request_id,
        created=int(time.time()),
        answer=answer,
        message=message_of(answer, base),
        base=base,
        asked=sum(map(words_in, (question.text, *question.history))),
    )


def _stream(events: Iterable[bytes]) -> Response:
    """Return events in one piece: the whole answer is ready before its first word can be sent."""
    return Response(
        b"".join(event + b"\n\n" for event in events),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},  # a proxy such as nginx passes them on at once
    )


@router.get("/models", response_model=completions.Models, responses=openai_responses(413, 500))
async def models() -> JsonResponse:
    """List the one model."""
    return JsonResponse({"object": "list", "data": [model_body()]})


@router.get(
    "/models/{id}", response_model=completions.Model, responses=openai_responses(404, 413, 500)
)
async def model(id: schemas.Text) -> JsonResponse:
    """Return the one model by its id."""
    if id != MODEL:
        raise NotFoundError(
            f"there is no such model: {MODEL} is the only one",
            field="model",
            code="model_not_found",
        )
    return JsonResponse(model_body())
