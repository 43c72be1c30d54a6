"""``/v1/archive``: the documents counted, by month and by folder."""

from __future__ import annotations

from fastapi.testclient import TestClient


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
