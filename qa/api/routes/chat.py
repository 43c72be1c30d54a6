"""The archive as a model behind OpenAI's interface, for the many clients that use it."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from qa.api import completions, schemas
from qa.api.errors import JsonResponse, openai_responses
from qa.api.json_route import JsonRoute
from qa.api.service import service_of
from qa.errors import NotFoundError
from qa.present.chat import MODEL, Completion, message_of, model_body, words_in
from qa.present.wire import json_bytes

router = APIRouter(prefix="/v1", route_class=JsonRoute, tags=["openai"])

_STREAM = {"text/event-stream": {"schema": {"type": "string"}}}


@router.post(
    "/chat/completions",
    response_model=completions.ChatResponse,
    responses={
        200: {"content": _STREAM, "description": "The answer; as events if a stream was asked for"},
        **openai_responses(400, 413, 415, 500),
    },
)
async def complete(body: completions.ChatRequest, request: Request) -> Response:
    """Answer the last message of a chat with quotes and citations."""
    service = service_of(request)
    question = body.to_question()
    answer = await service.ask(request, question)
    base = service.base(request)
    completion = Completion(
        id=f"chatcmpl-{request.state.request_id}",
        created=int(time.time()),
        answer=answer,
        message=message_of(answer, base),
        base=base,
        asked=sum(map(words_in, (question.text, *question.history))),
    )
    if not body.stream:
        return JsonResponse(completion.body())
    sources = service.settings.open_webui_sources == "on"
    events = [json_bytes(e) for e in completion.events(usage=body.counted, sources=sources)]
    # In one piece: the whole answer is ready before its first word can be sent.
    lines = b"".join(b"data: " + event + b"\n\n" for event in (*events, b"[DONE]"))
    return Response(lines, media_type="text/event-stream")


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
