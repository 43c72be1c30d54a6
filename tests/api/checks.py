"""What holds for many answers."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from qa.engine import Engine
from tests.store.reads import passages_of


def error_of(response: Response, status: int) -> dict[str, Any]:
    """Return the error of an answer, after checking that it has the one shape of all errors."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"code", "message", "field", "request_id"}
    assert error["request_id"] == response.headers["x-request-id"]
    assert error["message"] and "\n" not in error["message"]
    assert "Traceback" not in response.text
    return error


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict[str, str | None]]] = []
        self.marked: list[str] = []
        self.text: list[str] = []
        self.note: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "input", "br", "img"):
            self.stack.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if any(attributes.get("class") == "cited" for _, attributes in self.stack):
            self.marked.append(data)
        if any(
            (attributes.get("class") or "").startswith("doc-text") for _, attributes in self.stack
        ):
            self.text.append(data)
        if any(attributes.get("role") == "note" for _, attributes in self.stack):
            self.note.append(data)


def read_page(html: str) -> tuple[str, str, str]:
    """Return (the document's text, the marked words, the notice) of a document's page."""
    page = _Page()
    # A parser of HTML turns the line ends of the source into line feeds before all else.
    page.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
    page.close()
    assert page.stack == []
    return "".join(page.text), "".join(page.marked), "".join(page.note)


def obeys_the_law(client: TestClient, engine: Engine, archive: Path) -> None:
    """Ask for every passage, and compare each excerpt with the document and with the file."""
    texts: dict[str, str] = {}
    for passage in passages_of(engine.store):
        question = {"question": passage.text[:200], "k": 5}
        results = client.post("/v1/ask", json=question).json()["results"]
        found = False
        for result in results:
            for citation in (result["citation"], *result["also"]):
                id, start, end = citation["document_id"], citation["start"], citation["end"]
                if id not in texts:
                    document = client.get(f"/v1/documents/{id}").json()
                    texts[id] = document["text"]
                    file = archive / citation["source"]
                    with file.open(encoding=document["encoding"], newline="") as opened:
                        assert opened.read() == texts[id]
                place = (passage.document_id, passage.start, passage.end)
                found = found or (id == place[0] and start <= place[1] and place[2] <= end)
            citation = result["citation"]
            text = texts[citation["document_id"]]
            assert text[citation["start"] : citation["end"]] == result["excerpt"]
            # Lines are told as an editor counts them.
            before = text[: citation["start"]].replace("\r\n", "\n").replace("\r", "\n")
            assert citation["line_start"] == 1 + before.count("\n")
        assert found, f"its own words do not find {passage}"
