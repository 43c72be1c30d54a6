"""What one question over HTTP costs in calls of the store, each of which may be one over a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from qa.store import IndexFolder, Store
from tests.conftest import Build
from tests.fake import FakeEncoder
from tests.store.counting import CALLS, CountingStore

pytestmark = pytest.mark.usefixtures("few_references")

THREE = ["statistics", "candidates", "fetch"]


@pytest.fixture(scope="module")
def counted(
    archive: Path, build: Build, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, CountingStore]]:
    """A service on a calibrated index whose store counts, and that store."""
    index = tmp_path_factory.mktemp("counted") / "index"
    build(archive, index, calibrated=True)
    store = CountingStore(IndexFolder(index).open().generation)
    engine = Engine(store=cast(Store, store), encoder=FakeEncoder())
    app = create_app(index=index, settings=Settings(), engine=engine)
    yield TestClient(app), store


def asked(
    counted: tuple[TestClient, CountingStore], **body: Any
) -> tuple[dict[str, Any], list[str]]:
    """Ask a question; return the answer, and the calls that it cost."""
    client, store = counted
    store.calls.clear()
    response = client.post("/v1/ask", json=body)
    assert response.status_code == 200, response.text
    return response.json(), list(store.calls)


def test_what_is_counted_is_the_protocol() -> None:
    assert {
        *THREE,
        "document",
        "listing",
        "sample",
        "similar",
        "summary",
        "extracts",
        "spans",
    } == CALLS


@pytest.mark.parametrize(
    "body",
    [
        {"question": "What does a steamer pay in August?"},
        {"question": "What does a steamer pay in August?", "k": 1},
        {"question": "the harbour, the bridge and the bees", "k": 50, "explain": True},
        {"question": "And in August?", "history": ["What does a steamer pay?"]},
        {"question": "Who is Ingrid Solvnag of the zeppelin?"},
        {"question": "¿Cuántas personas murieron en el puerto?"},
        {"question": "owls", "filters": {"source": ["markup.txt", "nix/*"]}},
    ],
)
def test_a_question_costs_three_calls(
    counted: tuple[TestClient, CountingStore], body: dict[str, Any]
) -> None:
    asked(counted, question="owls")  # the first one looks at the languages of the archive
    answer, calls = asked(counted, **body)
    assert answer["results"]
    assert calls == THREE


def test_the_first_question_of_a_generation_looks_at_its_languages_too(
    counted: tuple[TestClient, CountingStore], index: Path
) -> None:
    _, store = counted
    engine = Engine(store=cast(Store, store), encoder=FakeEncoder())
    app = create_app(index=index, settings=Settings(), engine=engine)
    _, calls = asked((TestClient(app), store), question="owls")
    assert sorted(calls) == sorted([*THREE, "extracts"])


def test_a_filter_that_hides_the_answer_is_looked_behind(
    counted: tuple[TestClient, CountingStore],
) -> None:
    asked(counted, question="owls")
    hidden = {"source": ["tariff.txt"]}
    answer, calls = asked(
        counted, question="Who counted 1,204 ships in the winter?", filters=hidden
    )
    assert "filtered_out" in [note["code"] for note in answer["notes"]]
    assert calls == [*THREE, "candidates", "fetch"]


def test_a_filter_that_leaves_nothing(counted: tuple[TestClient, CountingStore]) -> None:
    answer, calls = asked(counted, question="owls", filters={"source": ["nix/*"]})
    assert answer["results"] == []
    assert calls[:2] == THREE[:2]
    assert len(calls) <= 4


def test_a_document_is_one_call(counted: tuple[TestClient, CountingStore]) -> None:
    answer, _ = asked(counted, question="owls")
    client, store = counted
    store.calls.clear()
    citation = answer["results"][0]["citation"]
    assert client.get(f"/v1/documents/{citation['document_id']}").status_code == 200
    assert store.calls == ["document"]
