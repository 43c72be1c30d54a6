"""What Open WebUI and LibreChat send, as their own client code sent it: see ``tests/data/front_ends``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.records import Answer, Question
from qa.settings import Settings
from tests.conftest import ROOT

RECORDED = json.loads((ROOT / "tests" / "data" / "front_ends" / "requests.json").read_text("utf-8"))
ASKED = {
    "Open WebUI": ("And who keeps bees?", ("Who keeps the lighthouse?",)),
    "LibreChat": ("When did he resign?", ("Who was acting president?",)),
}


def told(path: str, stream: bool, response: Any) -> tuple[str, dict[str, Any]]:
    """Return the text and the answer that a client of either interface finds in a response."""
    if not stream:
        body = response.json()
        if path.endswith("completions"):
            return body["choices"][0]["message"]["content"], body["cited_qa"]
        return body["output"][0]["content"][0]["text"], body["cited_qa"]
    lines = [line[6:] for line in response.text.split("\n") if line.startswith("data: ")]
    if path.endswith("completions"):
        assert lines.pop() == "[DONE]"
        chunks = [json.loads(line) for line in lines]
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
        assert chunks[-1]["usage"]  # both ask for it
        [cited] = [chunk["cited_qa"] for chunk in chunks if "cited_qa" in chunk]
        return "".join(delta.get("content", "") for delta in deltas), cited
    events = [json.loads(line) for line in lines]
    text = "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta")
    return text, events[-1]["response"]["cited_qa"]


@pytest.mark.parametrize("sent", RECORDED, ids=lambda s: f"{s['client'][:9]}{s['path']}")
def test_a_front_end_is_answered(
    index: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch, sent: dict[str, Any]
) -> None:
    heard: list[Question] = []
    ask = Engine.ask

    def listen(self: Engine, question: Question) -> Answer:
        heard.append(question)
        return ask(self, question)

    monkeypatch.setattr(Engine, "ask", listen)
    client = TestClient(create_app(index=index, settings=Settings(), engine=engine))
    response = client.post(sent["path"], json=sent["body"], headers=sent["headers"])
    assert response.status_code == 200, response.text
    text, cited = told(sent["path"], bool(sent["body"].get("stream")), response)
    name = sent["client"].partition(" (")[0].partition(" 0")[0]
    [question] = heard
    assert (question.text, question.history) == ASKED[name]
    assert len(cited["results"]) >= 1
    for result in cited["results"][:2]:
        assert f"[{result['rank']}]" in text and result["citation"]["url"] in text


def test_both_front_ends_and_both_interfaces_were_recorded() -> None:
    assert len({(sent["client"], sent["path"]) for sent in RECORDED}) == 4
