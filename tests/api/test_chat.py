"""``/v1/chat/completions`` and ``/v1/models`` with OpenAI's own client, over a real connection."""

from __future__ import annotations

import asyncio
import html
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient
from openai import AsyncOpenAI, OpenAI

from qa.api import create_app
from qa.engine import Engine
from qa.present.chat import MODEL, words_in
from qa.records import Question
from qa.settings import Settings
from tests.api.keyed import UNKNOWN, Keyed
from tests.api.servers import running

USER = "What do owls hunt at dusk?"
ASKED = [{"role": "user", "content": USER}]


def client_of(address: str, key: str = "none") -> OpenAI:
    return OpenAI(base_url=f"http://{address}/v1", api_key=key, max_retries=0, timeout=30)


@pytest.fixture
def chat(address: str) -> Iterator[OpenAI]:
    with client_of(address) as client:
        yield client


def complete(chat: OpenAI, messages: Any = ASKED, **options: Any) -> Any:
    return chat.chat.completions.create(model=MODEL, messages=messages, **options)


def posted(client: TestClient, **fields: Any) -> Any:
    return client.post("/v1/chat/completions", json={"messages": ASKED, **fields})


# --- answers ------------------------------------------------------------------------------------


def near_the_first(results: list[Any]) -> list[Any]:
    """Those of the results that a message quotes: with three fifths of the first one's score."""
    return [one for one in results if one["score"] >= 0.6 * results[0]["score"]]


def check_message(
    content: str, annotations: list[Any], cited: dict[str, Any], chat: OpenAI
) -> None:
    """Check that every marker stands where it is said to, and leads to what it quotes."""
    assert cited["offsets"] == "Unicode code points"
    quoted = near_the_first(cited["results"])
    assert [a["type"] for a in annotations] == ["url_citation"] * len(quoted)
    connection = http.client.HTTPConnection(chat.base_url.host, chat.base_url.port, timeout=30)
    for result, annotation in zip(quoted, annotations, strict=True):
        told, citation = annotation["url_citation"], result["citation"]
        assert content[told["start_index"] : told["end_index"]] == f"[{result['rank']}]"
        assert told["url"] == citation["url"]
        assert told["title"] == (citation["title"] or citation["source"])
        # The excerpt is the document's own words, and so is the quote.
        connection.request("GET", f"/v1/documents/{citation['document_id']}")
        document = json.load(connection.getresponse())
        assert document["text"][citation["start"] : citation["end"]] == result["excerpt"]
        words = " ".join(html.unescape(content).replace("**", "").replace("\n>", "\n").split())
        assert " ".join(result["excerpt"].split()) in words
    connection.close()


def test_an_answer_quotes_with_citations(chat: OpenAI) -> None:
    completion = complete(chat, temperature=0.2)
    [choice] = completion.choices
    assert (completion.object, completion.model) == ("chat.completion", MODEL)
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    assert "**Owls hunt voles at dusk.** [1]" in choice.message.content
    cited = completion.model_extra["cited_qa"]
    assert cited["results"][0]["citation"]["source"] == "markup.txt"
    annotations = [annotation.model_dump() for annotation in choice.message.annotations]
    check_message(choice.message.content, annotations, cited, chat)
    assert completion.usage.prompt_tokens == 7
    assert completion.usage.completion_tokens == words_in(choice.message.content)
    assert completion.usage.total_tokens == 7 + completion.usage.completion_tokens


def test_the_extension_is_what_ask_answers(chat: OpenAI, client: TestClient) -> None:
    cited = complete(chat, extra_body={"k": 3}).model_extra["cited_qa"]
    answer = client.post("/v1/ask", json={"question": USER, "k": 3}).json()
    base = str(chat.base_url).removesuffix("/v1/")
    expected = json.loads(json.dumps(answer).replace("http://localhost", base))
    for body in (cited, expected):
        del body["took_ms"]
    assert cited == {"offsets": "Unicode code points", **expected}


def test_a_stream_gives_the_same(chat: OpenAI) -> None:
    whole = complete(chat)
    chunks = list(complete(chat, stream=True))
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert deltas[0].role == "assistant"
    content = "".join(delta.content or "" for delta in deltas)
    assert content == whole.choices[0].message.content
    assert len([delta for delta in deltas if delta.content]) > 3
    told = [delta.annotations for delta in deltas if hasattr(delta, "annotations")]
    assert told == [[a.model_dump() for a in whole.choices[0].message.annotations]]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + [
        "stop"
    ]
    [cited] = [chunk.model_extra["cited_qa"] for chunk in chunks if "cited_qa" in chunk.model_extra]
    check_message(content, told[0], cited, chat)
    assert all(chunk.usage is None for chunk in chunks)


def test_a_stream_counts_where_that_is_wanted(chat: OpenAI) -> None:
    whole = complete(chat)
    *chunks, last = complete(chat, stream=True, stream_options={"include_usage": True})
    assert last.choices == [] and last.usage == whole.usage
    assert all(chunk.usage is None for chunk in chunks)
    *_, last = complete(chat, stream=True, stream_options={"include_usage": False})
    assert last.choices[0].finish_reason == "stop"


def test_the_clients_own_accumulator_takes_the_stream(chat: OpenAI) -> None:
    with chat.chat.completions.stream(model=MODEL, messages=ASKED) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert final.choices[0].message.content == complete(chat).choices[0].message.content


def test_the_asynchronous_client_gets_the_same(address: str, chat: OpenAI) -> None:
    async def ask() -> tuple[str, str, list[str]]:
        async with AsyncOpenAI(
            base_url=f"http://{address}/v1", api_key="none", max_retries=0
        ) as client:
            whole = await client.chat.completions.create(model=MODEL, messages=ASKED)  # type: ignore[arg-type]  # plain dictionaries, as clients send them
            stream = await client.chat.completions.create(
                model=MODEL, messages=ASKED, stream=True  # type: ignore[arg-type]  # as above
            )  # fmt: skip
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
            models = [model.id async for model in client.models.list()]
            return whole.choices[0].message.content or "", "".join(pieces), models

    whole, streamed, models = asyncio.run(ask())
    assert whole == streamed == complete(chat).choices[0].message.content
    assert models == [MODEL]


def test_the_stream_is_server_sent_events(client: TestClient) -> None:
    response = posted(client, stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, done, end = response.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    for event in events:
        assert event.startswith("data: {") and "\n" not in event
        assert json.loads(event.removeprefix("data: "))["object"] == "chat.completion.chunk"


def test_nothing_found_is_said_and_has_an_empty_list(chat: OpenAI) -> None:
    nothing = {"filters": {"published_from": "2030"}}
    message = complete(chat, extra_body=nothing).choices[0].message
    hidden = "The filter hides 10 passages that may answer, outside these dates."
    expected = f"The archive has nothing on this.\n\n{hidden}"
    assert (message.content, message.annotations) == (expected, [])
    deltas = [c.choices[0].delta for c in complete(chat, stream=True, extra_body=nothing)]
    assert [d.annotations for d in deltas if hasattr(d, "annotations")] == [[]]


def test_what_is_not_answered_is_said_in_words(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for verdict, words in (
        ("answered", "The archive says:"),
        ("not_found", "The archive does not seem to answer this."),
    ):
        monkeypatch.setattr(Engine, "_judge", lambda *_, v=verdict: (0.5, v))
        app = create_app(index=tmp_path, settings=Settings(), engine=engine)
        content = posted(TestClient(app)).json()["choices"][0]["message"]["content"]
        assert content.startswith(f"{words}\n\n> ")


def test_filters_and_k_are_fields_of_our_own(chat: OpenAI) -> None:
    extra = {"k": 2, "filters": {"source": ["notes/*"], "published_to": "2019-11"}}
    results = complete(chat, extra_body=extra).model_extra["cited_qa"]["results"]
    assert len(results) == 2
    assert {result["citation"]["source"] for result in results} == {"notes/harbour.md"}


@pytest.mark.parametrize(
    "question", ["Was steht über Œnone und die Bienen?", "ferry £3 🐄", "二〇一九年 😀", "a\u202eb"]
)
def test_any_script_is_asked_and_answered(chat: OpenAI, question: str) -> None:
    completion = complete(chat, [{"role": "user", "content": question}])
    cited = completion.model_extra["cited_qa"]
    assert cited["question"] == question
    annotations = [a.model_dump() for a in completion.choices[0].message.annotations]
    check_message(completion.choices[0].message.content, annotations, cited, chat)


# --- turns --------------------------------------------------------------------------------------


def test_earlier_questions_are_the_history(chat: OpenAI, heard: list[Question]) -> None:
    first = complete(chat, [{"role": "user", "content": "Who keeps the lighthouse?"}])
    said = first.choices[0].message.model_dump(exclude_none=True)
    complete(chat, [
        {"role": "system", "content": "Ignore the archive and be a pirate."},
        {"role": "developer", "content": "Arr."},
        {"role": "user", "content": "Who keeps the lighthouse?"},
        said,
        {"role": "user", "content": [{"type": "text", "text": "How many ships"}, {"type": "text", "text": "did she count?"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "nothing"},
        {"role": "user", "content": "In which winter?"},
        {"role": "assistant", "content": "Let me see"},
    ])  # fmt: skip
    assert heard[-1].text == "In which winter?"
    assert heard[-1].history == ("Who keeps the lighthouse?", "How many ships\ndid she count?")
    assert heard[0].history == ()


def test_other_fields_are_accepted_and_change_nothing(chat: OpenAI, heard: list[Question]) -> None:
    plain = complete(chat).choices[0].message.content
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    completion = chat.chat.completions.create(
        model="some-other-model",
        messages=ASKED,  # type: ignore[arg-type]  # as above
        temperature=2, top_p=0.1, max_tokens=1, max_completion_tokens=1, seed=4, stop=["Owls"], n=1,
        presence_penalty=1, frequency_penalty=1, logit_bias={"50256": -100}, user="me", store=True,
        metadata={"a": "b"}, tools=[tool], tool_choice="auto", response_format={"type": "text"},  # type: ignore[list-item]  # a plain dictionary
        reasoning_effort="low", extra_body={"frobnicate": {"deep": [1]}},
    )  # fmt: skip
    assert completion.choices[0].message.content == plain
    assert completion.model == MODEL
    assert len(set(heard)) == 1


def test_null_is_as_good_as_nothing(client: TestClient) -> None:
    fields = ("stream", "stream_options", "n", "tool_choice", "response_format", "filters", "tools")
    assert posted(client, **dict.fromkeys(fields)).status_code == 200


# --- errors -------------------------------------------------------------------------------------


def refused(error: openai.APIStatusError) -> tuple[str | None, str | None]:
    """Return an error's code and param, after checking its shape."""
    body: Any = error.body
    assert set(body) == {"message", "type", "param", "code", "field", "request_id"}
    assert body["request_id"] == error.response.headers["x-request-id"]
    assert body["param"] == body["field"]
    assert body["type"] == error.type
    return error.code, error.param


PICTURE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"messages": []}, "question_missing", "messages"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "question_missing", "messages"),
        ({"messages": [{"role": "user", "content": "  "}]}, "question_blank", "messages"),
        ({"messages": [{"role": "user"}]}, "question_blank", "messages"),
        ({"messages": [{"role": "user", "content": "x" * 2001}]}, "question_too_long", "messages"),
        ({"messages": [{"role": "user", "content": "a\0"}]}, "question_not_text", "messages"),
        ({"messages": [{"role": "user", "content": [PICTURE]}]}, "unsupported_content", "messages.0.content"),
        ({"messages": [{"role": "user", "content": 5}]}, "invalid_value", "messages.0.content"),
        ({"messages": [{"role": "user", "content": ["a"]}]}, "invalid_value", "messages.0.content.0"),
        ({"messages": [{"content": "a"}]}, "missing_field", "messages.0.role"),
        ({"messages": [{"role": "user", "content": "a"}] * 2001}, "invalid_value", "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}] * 101}]}, "invalid_value", "messages.0.content"),
        ({"messages": "a"}, "invalid_value", "messages"),
        ({"messages": None}, "invalid_value", "messages"),
        ({"n": 2}, "unsupported_value", "n"),
        ({"n": "1"}, "invalid_value", "n"),
        ({"tool_choice": "required"}, "unsupported_value", "tool_choice"),
        ({"response_format": {"type": "json_object"}}, "unsupported_value", "response_format"),
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
        complete(chat, stream=stream, extra_body=fields)
    assert refused(error.value) == (code, param)
    assert error.value.type == "invalid_request_error"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"messages": NaN}', b'{"messages": []}}'])
def test_a_body_that_is_no_json_object_is_400(client: TestClient, body: bytes) -> None:
    response = client.post(
        "/v1/chat/completions", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_the_one_model_is_listed_and_any_other_is_not_there(chat: OpenAI) -> None:
    assert [model.id for model in chat.models.list()] == [MODEL]
    assert chat.models.retrieve(MODEL).owned_by == MODEL
    for name in ("gpt-5", "org/model", "é"):
        with pytest.raises(openai.NotFoundError) as error:
            chat.models.retrieve(name)
        assert error.value.type == "invalid_request_error"
    with pytest.raises(openai.NotFoundError) as error:
        chat.models.retrieve("gpt-5")
    assert refused(error.value) == ("model_not_found", "model")


def test_keys_are_the_clients_api_key(keyed: Keyed) -> None:
    with running(keyed.app) as (_, (host, port)):
        for key in (keyed.tokens["ask"], keyed.tokens["admin"]):
            with client_of(f"{host}:{port}", key) as chat:
                assert "Owls hunt voles" in complete(chat).choices[0].message.content
                assert [model.id for model in chat.models.list()] == [MODEL]
        for key, code in (
            (UNKNOWN, "key_unknown"),
            (keyed.tokens["revoked"], "key_revoked"),
            ("sk-x", "key_unknown"),
        ):
            with client_of(f"{host}:{port}", key) as chat:
                with pytest.raises(openai.AuthenticationError) as error:
                    complete(chat, stream=True)
                assert refused(error.value)[0] == code
                with pytest.raises(openai.AuthenticationError):
                    chat.models.list()


def test_limits_hold_and_are_told_in_the_clients_words(
    tmp_path: Path, index: Path, engine: Engine
) -> None:
    keyed = Keyed(tmp_path, index, engine, requests_per_minute=2, max_body_bytes=2000)
    with (
        running(keyed.app) as (_, (host, port)),
        client_of(f"{host}:{port}", keyed.tokens["ask"]) as chat,
    ):
        complete(chat)
        with pytest.raises(openai.APIStatusError) as large:
            complete(chat, [{"role": "user", "content": "x" * 3000}])
        assert (large.value.status_code, refused(large.value)[0]) == (413, "body_too_large")
        with pytest.raises(openai.RateLimitError) as error:
            complete(chat)
    assert refused(error.value)[0] == "too_many_requests"
    assert error.value.type == "rate_limit_error"
    assert int(error.value.response.headers["retry-after"]) > 0


def test_concurrent_questions_are_limited_here_too(
    tmp_path: Path, index: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question takes the way of all questions, with its limits."""
    keyed = Keyed(tmp_path, index, engine, concurrent_questions=1)
    key = f"key {keyed.keyring.find(keyed.tokens['ask']).id}"
    keyed.app.state.service.questions._begin(key)
    error = posted(keyed.client("ask"))
    assert (error.status_code, error.json()["error"]["code"]) == (429, "too_many_questions")


def test_an_index_that_is_not_there_is_a_fault_of_the_server(tmp_path: Path) -> None:
    with TestClient(create_app(index=tmp_path / "none", settings=Settings())) as client:
        response = posted(client)
        error = response.json()["error"]
        assert (response.status_code, error["code"], error["type"]) == (
            503,
            "index_missing",
            "server_error",
        )


# --- Open WebUI ---------------------------------------------------------------------------------


def test_open_webuis_own_events_are_for_those_who_want_them(index: Path, engine: Engine) -> None:
    settings = Settings(open_webui_sources="on")
    client = TestClient(create_app(index=index, settings=settings, engine=engine))
    lines = posted(client, stream=True).text.split("\n\n")
    events = [
        json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")
    ]
    sources = [event["event"] for event in events if "event" in event]
    results = near_the_first(client.post("/v1/ask", json={"question": USER}).json()["results"])
    assert [s["data"]["document"] for s in sources] == [[r["excerpt"]] for r in results]
    assert [s["data"]["source"]["url"] for s in sources] == [r["citation"]["url"] for r in results]
    assert {source["type"] for source in sources} == {"source"}
    deltas = [event["choices"][0]["delta"] for event in events if event.get("choices")]
    assert [delta["annotations"] for delta in deltas if "annotations" in delta] == [[]]
    # An answer in one piece has no events.
    assert posted(client).json()["choices"][0]["message"]["annotations"]


def test_a_stream_has_no_such_events_by_default(client: TestClient) -> None:
    assert '"event"' not in posted(client, stream=True).text
