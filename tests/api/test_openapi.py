"""The description of the interface: committed, complete, and true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api import completions, responses, schemas
from tests.conftest import ROOT

CHAT = {"messages": [{"role": "user", "content": "owls"}]}
COMMITTED = ROOT / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def description(client: TestClient) -> dict[str, Any]:
    body: dict[str, Any] = client.get("/openapi.json").json()
    return body


def test_the_committed_description_is_current(description: dict[str, Any], tmp_path: Path) -> None:
    current = tmp_path / "openapi.json"
    current.write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert json.loads(COMMITTED.read_text("utf-8")) == description, (
        f"the interface changed: if that is meant, copy {current} to {COMMITTED}"
    )


def test_the_routes_are_those_of_the_contract(description: dict[str, Any]) -> None:
    routes = {(m.upper(), path) for path, item in description["paths"].items() for m in item}
    assert routes == {
        ("POST", "/v1/ask"),
        ("GET", "/v1/ask"),
        ("GET", "/v1/cite"),
        ("POST", "/v1/judgements"),
        ("GET", "/v1/unanswered"),
        ("DELETE", "/v1/unanswered"),
        ("GET", "/v1/unanswered/questions.jsonl"),
        ("DELETE", "/v1/unanswered/{id}"),
        ("POST", "/v1/verify"),
        ("GET", "/v1/archive"),
        ("GET", "/v1/documents"),
        ("GET", "/v1/documents/{id}"),
        ("GET", "/v1/documents/{id}/view"),
        ("GET", "/v1/documents/{id}/pages"),
        ("GET", "/v1/documents/{id}/pages/{page}"),
        ("GET", "/v1/documents/{id}/original"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/responses"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/{id}"),
        ("GET", "/v1/session"),
        ("POST", "/v1/session"),
        ("DELETE", "/v1/session"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
    }


def test_every_route_is_described_with_its_errors(description: dict[str, Any]) -> None:
    error = {"$ref": "#/components/schemas/ErrorBody"}
    for path, item in description["paths"].items():
        for method, operation in item.items():
            assert operation["description"], (method, path)
            done = {"200", "201", "204"} & set(operation["responses"])
            expected = {"500", *done} | ({"503"} if path.startswith("/v1") else set())
            wrong = "4XX" if "openai" in operation.get("tags", ()) else "422"
            expected |= {wrong} if operation.keys() & {"parameters", "requestBody"} else set()
            assert len(done) == 1 and expected <= set(operation["responses"]), (method, path)
            for status, response in operation["responses"].items():
                if status not in done and (path, status) != ("/readyz", "503"):
                    assert response["content"]["application/json"]["schema"] == error


def test_every_answer_and_error_fits_its_schema(client: TestClient) -> None:
    document = client.get("/v1/documents").json()["documents"][0]["id"]
    result = client.get("/v1/ask?question=owls").json()["results"][0]
    verify = {"citation": result["citation"], "excerpt": result["excerpt"]}
    for method, path, body, model in (
        ("POST", "/v1/ask", {"question": "owls"}, schemas.AskResponse),
        ("GET", "/v1/archive", None, schemas.ArchiveResponse),
        ("GET", "/v1/documents", None, schemas.DocumentsResponse),
        ("GET", f"/v1/documents/{document}", None, schemas.DocumentResponse),
        ("POST", "/v1/verify", verify, schemas.VerifyResponse),
        ("POST", "/v1/chat/completions", CHAT, completions.ChatResponse),
        ("POST", "/v1/chat/completions", {}, schemas.ErrorBody),
        ("POST", "/v1/responses", {"input": "owls"}, responses.OpenAiResponse),
        ("POST", "/v1/responses", {}, schemas.ErrorBody),
        ("GET", "/v1/models", None, completions.Models),
        ("GET", "/v1/models/cited-qa", None, completions.Model),
        ("GET", "/v1/session", None, schemas.SessionResponse),
        ("GET", "/healthz", None, schemas.HealthResponse),
        ("GET", "/readyz", None, schemas.ReadyResponse),
        ("GET", "/v1/documents/none", None, schemas.ErrorBody),
    ):
        answer = client.request(method, path, json=body).json()
        # Nothing is left out, and nothing is in it that is not described.
        parsed = model.model_validate(answer, strict=True)
        assert parsed.model_dump(exclude_unset=True) == answer


def test_a_new_application_describes_itself_alike(app: FastAPI) -> None:
    assert app.openapi() == json.loads(COMMITTED.read_text("utf-8"))
