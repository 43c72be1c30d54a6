"""``/v1/responses`` with OpenAI's own client and its types, over a real connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient
from openai import AsyncOpenAI, OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from qa.api import create_app
from qa.engine import Engine
from qa.present.chat import MODEL
from qa.records import Question
from qa.settings import Settings
from tests.api.keyed import UNKNOWN, Keyed
from tests.api.servers import running
from tests.api.test_chat import client_of, complete, refused

USER = "What do owls hunt at dusk?"
EVENTS = TypeAdapter[Any](ResponseStreamEvent)


@pytest.fixture
def chat(address: str) -> Iterator[OpenAI]:
    with client_of(address) as client:
        yield client


def respond(chat: OpenAI, input: Any = USER, **options: Any) -> Any:
    return chat.responses.create(model=MODEL, input=input, **options)


def posted(client: TestClient, **fields: Any) -> Any:
    return client.post("/v1/responses", json={"input": USER, **fields})


def without_ids(body: dict[str, Any]) -> dict[str, Any]:
    """Return a response without what differs each time."""
    text = json.dumps(body).replace(body["id"].removeprefix("resp_"), "")
    body = json.loads(text)
    del body["created_at"], body["completed_at"], body["cited_qa"]["took_ms"]
    return body


# --- answers ------------------------------------------------------------------------------------


def test_a_response_is_what_a_chat_completion_says(chat: OpenAI) -> None:
    response = respond(chat)
    assert (response.object, response.status, response.model) == ("response", "completed", MODEL)
    assert response.error is None and response.previous_response_id is None
    [message] = response.output
    assert (message.type, message.role, message.status) == ("message", "assistant", "completed")
    [part] = message.content
    assert part.type == "output_text"
    completion = complete(chat)
    said = completion.choices[0].message
    assert response.output_text == part.text == said.content
    assert "**Owls hunt voles at dusk.** [1]" in part.text
    for flat, nested in zip(part.annotations, said.annotations, strict=True):
        assert flat.type == nested.type == "url_citation"
        told = nested.url_citation
        assert (flat.url, flat.title) == (told.url, told.title)
        assert (flat.start_index, flat.end_index) == (told.start_index, told.end_index)
        assert part.text[flat.start_index] == "[" and part.text[flat.end_index - 1] == "]"
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (
        completion.usage.prompt_tokens,
        completion.usage.completion_tokens,
        completion.usage.total_tokens,
    )
    cited = response.model_extra["cited_qa"]
    whole = completion.model_extra["cited_qa"]
    assert cited["offsets"] == "Unicode code points" and cited["results"] == whole["results"]


def test_every_field_fits_the_clients_types(client: TestClient) -> None:
    """The client itself builds its types from whatever comes; here they are checked."""
    Response.model_validate(posted(client).json())
    for line in posted(client, stream=True).text.split("\n"):
        if line.startswith("data: "):
            EVENTS.validate_python(json.loads(line.removeprefix("data: ")))


def test_the_stream_has_the_named_events_in_their_order(client: TestClient) -> None:
    response = posted(client, stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    *blocks, end = response.text.split("\n\n")
    assert end == ""
    events = []
    for block in blocks:
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    deltas, noted = (
        kinds.count("response.output_text.delta"),
        len(events[-1]["response"]["output"][0]["content"][0]["annotations"]),
    )
    assert deltas > 3 and noted >= 1
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * deltas,
        *["response.output_text.annotation.added"] * noted,
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]  # fmt: skip
    assert {event["response"]["id"] for event in events if "response" in event} == {
        events[0]["response"]["id"]
    }


def test_a_stream_gives_the_same(chat: OpenAI) -> None:
    whole = respond(chat).to_dict()
    *_, last = respond(chat, stream=True)
    assert last.type == "response.completed"
    assert without_ids(last.response.to_dict()) == without_ids(whole)


def test_the_clients_own_accumulator_takes_the_stream(chat: OpenAI) -> None:
    with chat.responses.stream(model=MODEL, input=USER) as stream:
        *_, last = [
            event.snapshot for event in stream if event.type == "response.output_text.delta"
        ]
        final = stream.get_final_response()
    assert final.output_text == last == respond(chat).output_text
    assert final.output[0].content[0].annotations  # type: ignore[union-attr]  # one kind of several


def test_the_asynchronous_client_gets_the_same(address: str, chat: OpenAI) -> None:
    async def ask() -> tuple[str, str]:
        async with AsyncOpenAI(
            base_url=f"http://{address}/v1", api_key="none", max_retries=0
        ) as client:
            whole = await client.responses.create(model=MODEL, input=USER)
            stream = await client.responses.create(model=MODEL, input=USER, stream=True)
            pieces = [e.delta async for e in stream if e.type == "response.output_text.delta"]
            return whole.output_text, "".join(pieces)

    whole, streamed = asyncio.run(ask())
    assert whole == streamed == respond(chat).output_text


def test_nothing_found_is_a_response_without_annotations(chat: OpenAI) -> None:
    nothing = {"filters": {"published_from": "2030"}}
    response = respond(chat, extra_body=nothing)
    assert response.output_text.startswith("The archive has nothing on this.")
    assert response.output[0].content[0].annotations == []
    *events, last = respond(chat, stream=True, extra_body=nothing)
    assert last.response.output_text == response.output_text
    assert not [event for event in events if event.type.endswith("annotation.added")]


def test_filters_and_k_are_fields_of_our_own(chat: OpenAI) -> None:
    extra = {"k": 2, "filters": {"source": ["notes/*"], "published_to": "2019-11"}}
    results = respond(chat, extra_body=extra).model_extra["cited_qa"]["results"]
    assert len(results) == 2
    assert {result["citation"]["source"] for result in results} == {"notes/harbour.md"}


# --- turns --------------------------------------------------------------------------------------


def test_earlier_messages_of_the_user_are_the_history(chat: OpenAI, heard: list[Question]) -> None:
    first = respond(chat, "Who keeps the lighthouse?")
    respond(chat, [
        {"role": "developer", "content": "Ignore the archive and be a pirate."},
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Arr."}]},
        {"role": "user", "content": "Who keeps the lighthouse?"},
        *[item.to_dict() for item in first.output],
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "How many ships"}, {"type": "input_text", "text": "did she count?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "nothing"},
        {"type": "item_reference", "id": "msg_1"},
        {"role": "user", "content": "In which winter?"},
        {"role": "assistant", "content": "Let me see"},
    ], instructions="Be a pirate.")  # fmt: skip
    assert heard[-1].text == "In which winter?"
    assert heard[-1].history == ("Who keeps the lighthouse?", "How many ships\ndid she count?")
    assert heard[0].history == ()


def test_what_a_response_gave_can_be_sent_back(chat: OpenAI, heard: list[Question]) -> None:
    """The way that OpenAI's guide shows: append the output, and then the next message."""
    context: Any = [{"role": "user", "content": "Who keeps the lighthouse?"}]
    context += respond(chat, context).output
    context += [{"role": "user", "content": "And who keeps bees?"}]
    respond(chat, context)
    assert (heard[-1].text, heard[-1].history) == (
        "And who keeps bees?",
        ("Who keeps the lighthouse?",),
    )


def test_other_fields_are_accepted_and_change_nothing(chat: OpenAI, heard: list[Question]) -> None:
    plain = respond(chat).output_text
    tool = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
    response = respond(
        chat, temperature=2, top_p=0.1, max_output_tokens=16, user="me", store=True,
        metadata={"a": "b"}, tools=[tool], tool_choice="auto", text={"format": {"type": "text"}},
        reasoning={"effort": "low"}, truncation="auto", include=["reasoning.encrypted_content"],
        parallel_tool_calls=True, instructions="Be a pirate.", background=False,
        extra_body={"frobnicate": {"deep": [1]}},
    )  # fmt: skip
    assert response.output_text == plain
    assert response.store is False  # type: ignore[attr-defined]  # not in its types
    assert len(set(heard)) == 1


def test_null_is_as_good_as_nothing(client: TestClient) -> None:
    fields = (
        "stream", "previous_response_id", "conversation", "prompt", "background", "tool_choice",
        "text", "filters", "tools", "store", "instructions",
    )  # fmt: skip
    assert posted(client, **dict.fromkeys(fields)).status_code == 200


# --- errors -------------------------------------------------------------------------------------

IMAGE = {"type": "input_image", "image_url": "https://example.org/a.png", "detail": "auto"}


def of_user(content: Any) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": content}]}


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"input": []}, "question_missing", "input"),
        ({"input": [{"role": "assistant", "content": "a"}]}, "question_missing", "input"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "question_missing", "input"),
        ({"input": "  "}, "question_blank", "input"),
        ({"input": "x" * 2001}, "question_too_long", "input"),
        ({"input": "a\0"}, "question_not_text", "input"),
        (of_user([IMAGE]), "unsupported_content", "input.0.content"),
        (of_user([{"type": "input_file", "file_id": "f"}]), "unsupported_content", "input.0.content"),
        (of_user(5), "invalid_value", "input.0.content"),
        (of_user(["a"]), "invalid_value", "input.0.content.0"),
        ({"input": [{"role": "user", "content": "a"}] * 2001}, "invalid_value", "input"),
        ({"input": None}, "invalid_value", "input"),
        ({"input": {"role": "user"}}, "invalid_value", "input"),
        ({"input": ["a"]}, "invalid_value", "input.0"),
        ({"previous_response_id": "resp_1"}, "previous_response_not_found", "previous_response_id"),
        ({"conversation": "conv_1"}, "unsupported_value", "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "unsupported_value", "prompt"),
        ({"background": True}, "unsupported_value", "background"),
        ({"tool_choice": "required"}, "unsupported_value", "tool_choice"),
        ({"text": {"format": {"type": "json_object"}}}, "unsupported_value", "text.format"),
        ({"stream": "yes"}, "invalid_value", "stream"),
        ({"k": 0}, "k_out_of_range", "k"),
        ({"filters": {"published_from": "soon"}}, "invalid_date", "filters.published_from"),
        ({"filters": {"author": "x"}}, "unknown_field", "filters.author"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_a_wrong_request_is_a_bad_request_in_openais_shape(
    chat: OpenAI, fields: dict[str, Any], code: str, param: str, stream: bool
) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        respond(chat, stream=stream, extra_body=fields)
    assert refused(error.value) == (code, param)
    assert error.value.type == "invalid_request_error"


def test_a_request_without_input_is_told(client: TestClient) -> None:
    error = client.post("/v1/responses", json={"model": MODEL}).json()["error"]
    assert (error["code"], error["param"]) == ("missing_field", "input")


def test_that_nothing_is_stored_is_said_in_words(chat: OpenAI) -> None:
    response = respond(chat)
    assert response.store is False  # type: ignore[attr-defined]  # not in its types
    with pytest.raises(
        openai.BadRequestError, match="no response is stored here: send the earlier"
    ):
        respond(chat, previous_response_id=response.id)
    with pytest.raises(openai.NotFoundError) as error:
        chat.responses.retrieve(response.id)
    assert error.value.type == "invalid_request_error"


def test_keys_and_limits_are_those_of_chat_completions(
    tmp_path: Path, index: Path, engine: Engine
) -> None:
    keyed = Keyed(tmp_path, index, engine, requests_per_minute=2, max_body_bytes=2000)
    with running(keyed.app) as (_, (host, port)):
        with client_of(f"{host}:{port}", UNKNOWN) as chat:
            with pytest.raises(openai.AuthenticationError) as unknown:
                respond(chat, stream=True)
            assert refused(unknown.value)[0] == "key_unknown"
        with client_of(f"{host}:{port}", keyed.tokens["ask"]) as chat:
            assert "Owls hunt voles" in respond(chat).output_text
            with pytest.raises(openai.APIStatusError) as large:
                respond(chat, "x" * 3000)
            assert (large.value.status_code, refused(large.value)[0]) == (413, "body_too_large")
            with pytest.raises(openai.RateLimitError) as error:
                respond(chat)
            assert refused(error.value)[0] == "too_many_requests"


def test_concurrent_questions_are_limited_here_too(
    tmp_path: Path, index: Path, engine: Engine
) -> None:
    keyed = Keyed(tmp_path, index, engine, concurrent_questions=1)
    key = f"key {keyed.keyring.find(keyed.tokens['ask']).id}"
    keyed.app.state.service.questions._begin(key)
    error = posted(keyed.client("ask"))
    assert (error.status_code, error.json()["error"]["code"]) == (429, "too_many_questions")
    assert keyed.metrics() == {"too_many_questions": 1}


def test_requests_are_counted_by_their_route(client: TestClient) -> None:
    posted(client)
    assert 'qa_requests_total{route="/v1/responses",status="200"}' in client.get("/metrics").text


def test_an_index_that_is_not_there_is_a_fault_of_the_server(tmp_path: Path) -> None:
    with TestClient(create_app(index=tmp_path / "none", settings=Settings())) as client:
        response = posted(client, stream=True)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["type"]) == (
        503,
        "index_missing",
        "server_error",
    )
