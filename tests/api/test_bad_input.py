"""Wrong requests: each has its status, its code, the field that is wrong, and one clear line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.checks import error_of

JSON = {"content-type": "application/json"}
CITATION = {
    "id": "c", "document_id": "d", "source": "s", "start": 0, "end": 1, "sha256": "0",
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"question": ""}, "question_blank", "question"),
        ({"question": " \n\t\u00a0"}, "question_blank", "question"),
        ({"question": "x" * 2001}, "question_too_long", "question"),
        ({"question": "a\0b"}, "not_text", "question"),
        ({"question": "a\ud800b"}, "not_text", "question"),
        ({"question": None}, "invalid_value", "question"),
        ({"question": ["a"]}, "invalid_value", "question"),
        ({}, "missing_field", "question"),
        ({"question": "a", "k": 0}, "k_out_of_range", "k"),
        ({"question": "a", "k": 51}, "k_out_of_range", "k"),
        ({"question": "a", "k": -(10**30)}, "k_out_of_range", "k"),
        ({"question": "a", "k": "5"}, "invalid_value", "k"),
        ({"question": "a", "k": 5.5}, "invalid_value", "k"),
        ({"question": "a", "k": True}, "invalid_value", "k"),
        ({"question": "a", "explain": "yes"}, "invalid_value", "explain"),
        ({"question": "a", "history": "b"}, "invalid_value", "history"),
        ({"question": "a", "history": ["b", ""]}, "question_blank", "history"),
        ({"question": "a", "history": ["b" * 2001]}, "question_too_long", "history"),
        ({"question": "a", "history": ["b\0"]}, "not_text", "history.0"),
        ({"question": "a", "history": ["b", "\udfff"]}, "not_text", "history.1"),
        ({"question": "a", "history": ["b"] * 51}, "invalid_value", "history"),
        ({"question": "a", "filters": []}, "invalid_value", "filters"),
        ({"question": "a", "filters": {"source": "b"}}, "invalid_value", "filters.source"),
        ({"question": "a", "filters": {"source": ["\0"]}}, "not_text", "filters.source.0"),
        ({"question": "a", "filters": {"source": ["\ud800"]}}, "not_text", "filters.source.0"),
        ({"question": "a", "filters": {"source": ["b"] * 21}}, "too_many_globs", "filters.source"),
        ({"question": "a", "filters": {"source": ["b" * 301]}}, "too_many_globs", "filters.source"),
        (
            {"question": "a", "filters": {"published_from": "19"}},
            "invalid_date",
            "filters.published_from",
        ),
        (
            {"question": "a", "filters": {"published_to": "2019-13"}},
            "invalid_date",
            "filters.published_to",
        ),
        (
            {"question": "a", "filters": {"published_to": "2019\0"}},
            "not_text",
            "filters.published_to",
        ),
        ({"question": "a", "filters": {"where": []}}, "invalid_value", "filters.where"),
        (
            {"question": "a", "filters": {"where": {"a": {"b": 1}}}},
            "invalid_where",
            "filters.where",
        ),
        ({"question": "a", "filters": {"where": {"a": [None]}}}, "invalid_where", "filters.where"),
        ({"question": "a", "filters": {"where": {"a": ["\0"]}}}, "invalid_where", "filters.where"),
        (
            {"question": "a", "filters": {"where": {"a": ["\ud800"]}}},
            "invalid_where",
            "filters.where",
        ),
        ({"question": "a", "filters": {"where": {"\ud800": 1}}}, "unknown_facet", "filters.where"),
        (
            {"question": "a", "filters": {"where": {"year>=": "x"}}},
            "invalid_where",
            "filters.where",
        ),
        ({"question": "a", "filters": {"where": {"colour": 1}}}, "unknown_facet", "filters.where"),
        (
            {"question": "a", "filters": {"where": {"a": ["b"] * 51}}},
            "invalid_where",
            "filters.where",
        ),
        ({"question": "a", "frobnicate": 1}, "unknown_field", "frobnicate"),
        ({"question": "a", "filters": {"author": 1}}, "unknown_field", "filters.author"),
        ({"question": "a", "x" * 5000: 1}, "unknown_field", "x" * 100),
        ({"question": "a", "\ud800": 1}, "not_text", None),
    ],
)
def test_a_wrong_field_is_named(
    client: TestClient, fields: dict[str, Any], code: str, field: str | None
) -> None:
    response = client.post("/v1/ask", content=json.dumps(fields), headers=JSON)
    error = error_of(response, 422)
    assert (error["code"], error["field"]) == (code, field)
    if code == "unknown_field":
        assert str(field) in error["message"]


@pytest.mark.parametrize("question", ["😀", "🐝🐝🐝", "the of and", "?", "x" * 2000, "\u202e", "ﷺ"])
def test_an_odd_question_is_answered(client: TestClient, question: str) -> None:
    response = client.post("/v1/ask", json={"question": question})
    assert response.status_code == 200
    assert response.json()["question"] == question


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'question': 'a'}",
        b'{"question": "a",}',
        b'{"question": "\xff"}',
        b'{"question": NaN}',
        b'{"question": "a", "k": Infinity}',
        b'{"question": "a", "k": ' + b"9" * 5000 + b"}",
        b'{"question": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("route", ["/v1/ask", "/v1/verify"])
def test_what_is_not_json_is_400(client: TestClient, route: str, body: bytes) -> None:
    assert error_of(client.post(route, content=body, headers=JSON), 400)["code"] == "invalid_json"


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b'"question"', b"[" * 500 + b"]" * 500])
def test_what_is_not_an_object_is_422(client: TestClient, body: bytes) -> None:
    error = error_of(client.post("/v1/ask", content=body, headers=JSON), 422)
    assert (error["code"], error["field"]) == ("invalid_value", None)


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "json", None]
)
def test_another_content_type_is_415(client: TestClient, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    error = error_of(client.post("/v1/ask", content=b'{"question": "a"}', headers=headers), 415)
    assert "application/json" in error["message"]


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/problem+json"]
)
def test_json_by_any_of_its_names_is_taken(client: TestClient, kind: str) -> None:
    body = b'{"question": "a"}'
    assert client.post("/v1/ask", content=body, headers={"content-type": kind}).status_code == 200


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "missing_field", "question"),
        ("question=", "question_blank", "question"),
        ("question=%20", "question_blank", "question"),
        (f"question={'x' * 2001}", "question_too_long", "question"),
        ("question=a%00", "not_text", "question"),
        ("question=a&k=0", "k_out_of_range", "k"),
        ("question=a&k=51", "k_out_of_range", "k"),
        ("question=a&k=five", "invalid_value", "k"),
        ("question=a&source=%00", "not_text", "source.0"),
        ("question=a&published_from=soon", "invalid_date", "filters.published_from"),
        ("question=a&where=author", "invalid_where", "filters.where"),
        ("question=a&where=colour=red", "unknown_facet", "filters.where"),
        ("question=a&where=%00=b", "not_text", "where.0"),
        ("question=a&q=b", "unknown_field", "q"),
    ],
)
def test_a_wrong_query_is_422(client: TestClient, query: str, code: str, field: str) -> None:
    error = error_of(client.get(f"/v1/ask?{query}"), 422)
    assert (error["code"], error["field"]) == (code, field)


def test_bytes_that_are_no_utf8_in_a_query_are_replaced(client: TestClient) -> None:
    for query in ("question=a%FF", "question=a%ED%A0%80"):
        assert "\ufffd" in client.get(f"/v1/ask?{query}").json()["question"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"excerpt": None}, "invalid_value", "excerpt"),
        ({"citation": "c"}, "invalid_value", "citation"),
        ({"citation": {}}, "missing_field", "citation.id"),
        ({"citation": CITATION | {"id": "\ud800"}}, "not_text", "citation.id"),
        ({"citation": CITATION | {"source": "\0"}}, "not_text", "citation.source"),
        ({"citation": CITATION | {"start": "0"}}, "invalid_value", "citation.start"),
        ({"citation": CITATION | {"colour": 1}}, "unknown_field", "citation.colour"),
        ({"more": 1}, "unknown_field", "more"),
    ],
)
def test_a_wrong_verification_is_422(
    client: TestClient, change: dict[str, Any], code: str, field: str
) -> None:
    body = json.dumps({"citation": CITATION, "excerpt": "a"} | change)
    error = error_of(client.post("/v1/verify", content=body, headers=JSON), 422)
    assert (error["code"], error["field"]) == (code, field)


@pytest.mark.parametrize("excerpt", ["a\0", "a\ud800"])
def test_any_characters_that_a_document_may_hold_can_be_verified(
    client: TestClient, excerpt: str
) -> None:
    body = json.dumps({"citation": CITATION, "excerpt": excerpt})
    response = client.post("/v1/verify", content=body, headers=JSON)
    assert response.status_code == 200
    assert response.json()["holds"] is False


@pytest.mark.parametrize("path", ["nope", "d0000000000000000", "%FF", "%ED%A0%80", "a%2Fb", "é"])
def test_an_unknown_document_is_404(client: TestClient, path: str) -> None:
    for address in (f"/v1/documents/{path}", f"/v1/documents/{path}/view?start=0&end=1"):
        error_of(client.get(address), 404)


def test_an_id_that_is_not_text_is_422(client: TestClient) -> None:
    for address in ("/v1/documents/a%00", "/v1/documents/a%00/view"):
        assert error_of(client.get(address), 422)["code"] == "not_text"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("cursor=%00", "cursor"),
        ("cursor=!!!", "cursor"),
        ("cursor=_w", "cursor"),  # base64 of a byte that is no UTF-8
        ("page=2", "page"),
    ],
)
def test_a_wrong_listing_is_422(client: TestClient, query: str, field: str) -> None:
    assert error_of(client.get(f"/v1/documents?{query}"), 422)["field"] == field


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=0", "end"),
        ("end=5", "start"),
        ("start=5&end=5", "start"),
        ("start=9&end=5", "start"),
        ("start=-1&end=5", "start"),
        ("start=0&end=99999999999999999999999", "start"),
        (f"start=0&end={'9' * 5000}", "end"),
        ("start=a&end=5", "start"),
        ("start=0&end=5&version=%00", "version"),
    ],
)
def test_a_span_that_the_document_does_not_have_is_422(
    client: TestClient, query: str, field: str
) -> None:
    document = client.get("/v1/documents").json()["documents"][0]["id"]
    response = client.get(f"/v1/documents/{document}/view?{query}")
    assert error_of(response, 422)["field"] == field


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/ask", {"GET", "HEAD", "POST"}),
        ("POST", "/v1/documents", {"GET", "HEAD"}),
        ("GET", "/v1/verify", {"POST"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("POST", "/", {"GET", "HEAD"}),
        ("POST", "/static/app.js", {"GET", "HEAD"}),
    ],
)
def test_another_method_is_405(
    client: TestClient, method: str, path: str, allowed: set[str]
) -> None:
    response = client.request(method, path)
    error_of(response, 405)
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "path", ["/nope", "/v1", "/v1/", "/v1/ask//", "/docs", "/redoc", "/static/", "/static/nope.js",
             "/static/..%2Findex.html", "/static/%2e%2e/view.html"],
)  # fmt: skip
def test_another_address_is_404(client: TestClient, path: str) -> None:
    response = client.get(path, follow_redirects=False)
    assert error_of(response, 404)["code"] == "not_found"


@pytest.mark.parametrize(
    "fields",
    [
        {"question": "a", "filters": {"source": [1] * 20_000}},
        {"question": "a"} | {f"{n}": 1 for n in range(20_000)},
        {"question": "a", "filters": [[[n] for n in range(10_000)]]},
    ],
)
@pytest.mark.parametrize("path", ["/v1/ask", "/v1/verify", "/v1/chat/completions"])
def test_a_body_of_too_many_values_is_refused_before_each_is_checked(
    client: TestClient, path: str, fields: dict[str, Any]
) -> None:
    response = client.post(path, json=fields)
    assert response.status_code == (400 if "chat" in path else 422)
    assert response.json()["error"]["code"] == "too_many_values"


def test_the_longest_chat_is_no_body_of_too_many_values(client: TestClient) -> None:
    message = {"role": "user", "content": [{"type": "text", "text": "owls"}]}
    response = client.post("/v1/chat/completions", json={"messages": [message] * 2000})
    assert response.status_code == 200
