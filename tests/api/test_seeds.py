"""The whole archive through HTTP, with the real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.checks import obeys_the_law, read_page
from tests.conftest import SEEDS


@pytest.fixture(scope="module")
def model_client(model_index: Path) -> Iterator[TestClient]:
    """A client of an application that opens its index itself."""
    with TestClient(create_app(index=model_index, settings=Settings())) as client:
        yield client


def test_the_statement_is_found_and_cited_exactly(model_client: TestClient) -> None:
    question = "Who declared herself acting president without a quorum?"
    best = model_client.post("/v1/ask", json={"question": question}).json()["results"][0]
    citation = best["citation"]
    assert citation["source"] == "004_4295f32904a35c45.txt"
    assert citation["published"] == "2019-11-23"
    assert "declared herself acting President" in best["excerpt"]
    with (SEEDS / citation["source"]).open(encoding="utf-8", newline="") as file:
        assert file.read()[citation["start"] : citation["end"]] == best["excerpt"]
    assert read_page(model_client.get(citation["url"]).text)[1] == best["excerpt"]


def test_every_excerpt_obeys_the_offset_law(model_index: Path, model_engine: Engine) -> None:
    # The reader chooses words of an excerpt; it changes none.
    settings = Settings(reading="off")
    with TestClient(create_app(index=model_index, settings=settings)) as client:
        obeys_the_law(client, model_engine, SEEDS)
