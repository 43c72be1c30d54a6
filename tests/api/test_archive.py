"""``/v1/archive``: the documents counted, by month and by folder."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings


def test_the_documents_are_counted_by_month_and_folder(client: TestClient) -> None:
    body = client.get("/v1/archive").json()
    index = client.get("/readyz").json()["index"]
    assert body == {
        "documents": 8,
        "dated": {"2004-03": 1, "2019-11": 1},
        "undated": 6,
        "folders": [{"name": "letters", "documents": 2}, {"name": "notes", "documents": 1}],
        "facets": [
            {
                "name": "published", "documents": 2, "distinct": 2,
                "values": [
                    {"value": "2004-03", "documents": 1}, {"value": "2019-11-23", "documents": 1},
                ],
            },
            {
                "name": "year", "documents": 2, "distinct": 2,
                "values": [{"value": 2004, "documents": 1}, {"value": 2019, "documents": 1}],
            },
        ],
        "judging": False,
        "name": None,
        "welcome": None,
        "examples": [],
        "skipped": [
            {
                "source": "tariff.txt",
                "reason": "read as cp1252, a guess (the setting encodings can name another)",
            }
        ],
        "skipped_total": 1,
        "index": index,
    }  # fmt: skip


def test_own_sample_questions_stand_in_place_of_those_of_the_documents(
    index: Path, engine: Engine
) -> None:
    questions = "Who pays a toll?\n\nWhat, <b>exactly</b>, does a cow pay?\n"
    app = create_app(index=index, settings=Settings(sample_questions=questions), engine=engine)
    body = TestClient(app).get("/v1/archive").json()
    assert body["examples"] == ["Who pays a toll?", "What, <b>exactly</b>, does a cow pay?"]
