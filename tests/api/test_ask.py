"""``/v1/ask`` and ``/v1/verify``: the shapes of the contract, and what they promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import ANY
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app, schemas
from qa.engine import Engine
from qa.records import citation_id, document_id
from qa.settings import Settings
from tests.api.checks import error_of
from tests.api.keyed import Keyed
from tests.archive import ARCHIVE

CITATION = {
    "id", "document_id", "source", "title", "section", "author", "published", "published_from", "page",
    "place", "ocr_confidence", "start", "end",
    "line_start", "line_end", "sha256", "url", "original_url",
}  # fmt: skip


def ask(client: TestClient, question: str, **more: Any) -> dict[str, Any]:
    response = client.post("/v1/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_an_answer_has_the_shape_of_the_contract(client: TestClient) -> None:
    body = ask(client, "Who keeps the lighthouse on the northern pier?", k=3)
    assert set(body) == {
        "question", "searched", "verdict", "confidence", "notes", "results", "filtered_out_undated",
        "index", "took_ms",
    }  # fmt: skip
    assert body["question"] == body["searched"] == "Who keeps the lighthouse on the northern pier?"
    assert (body["verdict"], body["confidence"]) == ("unsure", None)  # not calibrated
    assert body["filtered_out_undated"] == 0
    assert body["index"]["name"] == "small"
    assert {"name", "generation", "model", "passages"} <= set(body["index"])
    assert body["took_ms"] > 0
    assert [result["rank"] for result in body["results"]] == [1, 2, 3]
    scores = [result["score"] for result in body["results"]]
    assert scores == sorted(scores, reverse=True)
    for result in body["results"]:
        assert set(result) == {
            "rank", "score", "excerpt", "highlights", "answer", "citation", "also"
        }  # fmt: skip
        assert set(result["citation"]) == CITATION
        assert 0 < len(result["excerpt"]) <= 1200
        for highlight in result["highlights"]:
            assert 0 <= highlight["start"] < highlight["end"] <= len(result["excerpt"])


def test_the_first_citation_is_exact(client: TestClient) -> None:
    body = ask(client, "Who keeps the lighthouse on the northern pier?")
    best = body["results"][0]
    citation, text = best["citation"], ARCHIVE["notes/harbour.md"][0]
    start = text.index("## The lighthouse")
    assert best["excerpt"] == text[start:].strip()
    assert citation | {"url": None} == {
        "id": citation_id(citation["document_id"], citation["sha256"], start, citation["end"]),
        "document_id": document_id("notes/harbour.md"),
        "source": "notes/harbour.md",
        "title": "The harbour of Vellmar",
        "section": "The lighthouse",
        "author": None,
        "published": "2019-11-23",
        "published_from": "metadata",
        "page": None,
        "place": None,
        "ocr_confidence": None,
        "start": start,
        "end": len(text.rstrip()),
        "line_start": 1 + text[:start].count("\n"),
        "line_end": 1 + text.rstrip().count("\n"),
        "sha256": citation["sha256"],
        "url": None,
        "original_url": None,
    }
    sentence = "The lighthouse on the northern pier burns rapeseed oil."
    assert [best["excerpt"][h["start"] : h["end"]] for h in best["highlights"]] == [sentence]


def test_answers_fit_the_published_schema(client: TestClient) -> None:
    for question in ("the iron bridge", "owls", "😀", "of the and", "x" * 2000):
        body = client.post("/v1/ask", json={"question": question, "k": 50}).json()
        schemas.AskResponse.model_validate(body, strict=True)


def test_k_bounds_the_results(client: TestClient) -> None:
    assert len(ask(client, "the bridge", k=1)["results"]) == 1
    sources = {r["citation"]["source"] for r in ask(client, "the bridge", k=50)["results"]}
    copies = {"bridge.txt", "copy of bridge.txt"}
    assert sources | copies == set(ARCHIVE)  # all but one of the copies, which is in "also"


def test_a_copy_stands_beside_the_result(client: TestClient) -> None:
    best = ask(client, "How far was the iron bridge jacked downstream?")["results"][0]
    assert [set(citation) for citation in best["also"]] == [CITATION]
    shown = {best["citation"]["source"], best["also"][0]["source"]}
    assert shown == {"bridge.txt", "copy of bridge.txt"}


def test_get_does_the_same(client: TestClient) -> None:
    posted = ask(client, "the bees of the orchard", k=2, filters={"source": ["letters/*"]})
    query = {"question": "the bees of the orchard", "k": "2", "source": "letters/*"}
    got = client.get("/v1/ask", params=query).json()
    assert posted | {"took_ms": 0} == got | {"took_ms": 0}
    assert len(got["results"]) == 2


@pytest.mark.parametrize(
    ("where", "typed", "sources"),
    [
        ({"year": [2004, 2019]}, ["year=2004", "year=2019"], {"notes/harbour.md", "bridge.txt"}),
        ({"year>=": 2005}, ["year>=2005"], {"notes/harbour.md"}),
        ({"published<": "2004-03-15"}, ["published<2004-03-15"], {"bridge.txt"}),
        ({"year": ["1872"]}, ["year=1872"], set()),
    ],
)
def test_facets_are_filtered(
    client: TestClient, where: dict[str, Any], typed: list[str], sources: set[str]
) -> None:
    for body in (
        ask(client, "owls", k=50, filters={"where": where}),
        client.get("/v1/ask", params={"question": "owls", "k": "50", "where": typed}).json(),
    ):
        assert {result["citation"]["source"] for result in body["results"]} == sources
        assert body["filtered_out_undated"] == 0


def test_an_unknown_facet_lists_those_that_there_are(client: TestClient) -> None:
    asked = {"question": "owls", "filters": {"where": {"colour": ["red"]}}}
    response = client.post("/v1/ask", json=asked)
    assert response.status_code == 422
    message = response.json()["error"]["message"]
    assert message == "there is no facet 'colour': these are: published, year"


def test_an_empty_filter_of_a_form_is_none(client: TestClient) -> None:
    query = "question=owls&source=&published_from=&published_to=&where="
    assert client.get(f"/v1/ask?{query}").json()["results"]


@pytest.mark.parametrize(
    ("globs", "sources"),
    [
        (["letters/*"], {"letters/Œnone to Anselm.txt", "letters/1931 postcard.txt"}),
        (["markup.txt", "*.md"], {"markup.txt", "notes/harbour.md"}),
        (["letters/Œ*"], {"letters/Œnone to Anselm.txt"}),
        (["nowhere/*"], set()),
    ],
)
def test_sources_are_filtered_by_glob(
    client: TestClient, globs: list[str], sources: set[str]
) -> None:
    for body in (
        ask(client, "owls", k=50, filters={"source": globs}),
        client.get("/v1/ask", params={"question": "owls", "k": "50", "source": globs}).json(),
    ):
        assert {result["citation"]["source"] for result in body["results"]} == sources


@pytest.mark.parametrize(
    ("period", "sources"),
    [
        ({"published_from": "2019"}, {"notes/harbour.md"}),
        ({"published_from": "2019-11-23", "published_to": "2019-11-23"}, {"notes/harbour.md"}),
        ({"published_from": "2019-11-24"}, set()),
        ({"published_to": "2004"}, {"bridge.txt"}),
        ({"published_to": "2004-02"}, set()),
    ],
)
def test_dates_are_filtered_and_the_undated_counted(
    client: TestClient, period: dict[str, str], sources: set[str]
) -> None:
    undated = len(ARCHIVE) - 2  # only the harbour and one of the bridges have a date
    for body in (
        ask(client, "owls", k=50, filters=period),
        client.get("/v1/ask", params={"question": "owls", "k": "50", **period}).json(),
    ):
        assert {result["citation"]["source"] for result in body["results"]} == sources
        assert body["filtered_out_undated"] == undated


def test_history_is_what_a_follow_up_leans_on(client: TestClient) -> None:
    answer = ask(client, "and in 1872?", history=["Who dug the harbour in 1850?"])
    assert answer["question"] == "and in 1872?"
    assert answer["searched"] == "Who dug the harbour in 1872?"
    assert answer["results"] == ask(client, "Who dug the harbour in 1872?")["results"]
    query = {"question": "and in 1872?", "history": ["Who dug it?", "Who dug the harbour in 1850?"]}
    got = client.get("/v1/ask", params=query).json()
    assert (got["searched"], got["results"]) == (answer["searched"], answer["results"])


def test_links_follow_the_request(keyed: Keyed) -> None:
    response = keyed.client("ask").post(
        "/v1/ask", json={"question": "owls", "k": 1}, headers={"host": "archive.example:8443"}
    )
    result = response.json()["results"][0]
    citation = result["citation"]
    address = urlsplit(citation["url"])
    assert (address.scheme, address.netloc) == ("http", "archive.example:8443")
    assert address.path == f"/v1/documents/{citation['document_id']}/view"
    assert parse_qs(address.query) == {
        "start": [str(citation["start"])],
        "end": [str(citation["end"])],
        "version": [citation["sha256"]],
    }


def test_links_follow_a_path_prefix_and_the_setting(index: Path, engine: Engine) -> None:
    plain = create_app(index=index, settings=Settings(), engine=engine)
    with TestClient(plain, root_path="/archive") as client:
        url = ask(client, "owls")["results"][0]["citation"]["url"]
    assert url.startswith("http://localhost/archive/v1/documents/")
    settings = Settings(public_url="https://example.org/archive/")
    public = create_app(index=index, settings=settings, engine=engine)
    with TestClient(public) as client:
        url = ask(client, "owls")["results"][0]["citation"]["url"]
        document = client.get("/v1/documents").json()["documents"][0]["id"]
        page = client.get(f"/v1/documents/{document}").json()["url"]
    assert url.startswith("https://example.org/archive/v1/documents/")
    assert page == f"https://example.org/archive/v1/documents/{document}/view"


@pytest.mark.parametrize("host", ["evil example", "<script>", 'a"b', "a/b@c", "host:99999999"])
def test_a_wrong_host_header_makes_no_link(keyed: Keyed, host: str) -> None:
    response = keyed.client("ask").get("/v1/ask?question=owls&k=1", headers={"host": host})
    assert error_of(response, 400)["code"] == "invalid_host"
    assert host not in response.text


# --- verify -------------------------------------------------------------------------------------


def test_every_citation_of_an_answer_holds(client: TestClient) -> None:
    for result in ask(client, "the iron bridge", k=50)["results"]:
        body = {"citation": result["citation"], "excerpt": result["excerpt"]}
        response = client.post("/v1/verify", json=body)
        assert response.status_code == 200
        assert response.json() == {
            "holds": True,
            "reason": None,
            "citation": result["citation"] | {"section": ANY},
        }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"excerpt": "Owls are fish."}, "says something else"),
        ({"document_id": "d0000000000000000"}, "no such document"),
        ({"source": "elsewhere.txt"}, "another source"),
        ({"sha256": "0" * 64}, "has changed"),
        ({"end": 10**9}, "outside"),
        ({"start": -1}, "outside"),
        ({"id": "c0000000000000000"}, "id does not belong"),
    ],
)
def test_a_citation_that_was_tampered_with_does_not_hold(
    client: TestClient, change: dict[str, Any], reason: str
) -> None:
    result = ask(client, "owls")["results"][0]
    excerpt = change.pop("excerpt", result["excerpt"])
    body = {"citation": result["citation"] | change, "excerpt": excerpt}
    verdict = client.post("/v1/verify", json=body).json()
    assert verdict["holds"] is False
    assert reason in verdict["reason"]


@pytest.mark.parametrize("named", ["source", "file", "title"])
def test_a_printed_footnote_is_checked(client: TestClient, named: str) -> None:
    result = ask(client, "the iron bridge")["results"][0]
    cited = result["citation"]
    origin = {
        "source": {"source": cited["source"]},
        "file": {"source": cited["source"].rpartition("/")[2].upper()},
        "title": {"title": f" {cited['title'].upper()}"},
    }[named]
    printed = "\u00a0".join(result["excerpt"].split(" "))
    found = client.post("/v1/verify", json={"excerpt": printed, **origin}).json()
    assert found["holds"] is True and found["reason"] == "the words hold, but differ in spaces"
    assert found["citation"]["id"] == cited["id"]
    other = client.post("/v1/verify", json={"excerpt": "Never said.", **origin}).json()
    assert other == {"holds": False, "reason": "the document does not say this", "citation": None}


def test_a_footnote_of_nothing_does_not_hold_or_is_refused(client: TestClient) -> None:
    unknown = client.post("/v1/verify", json={"excerpt": "x", "source": "nowhere.txt"}).json()
    assert unknown["holds"] is False and "no such source" in unknown["reason"]
    refused = client.post("/v1/verify", json={"excerpt": "x"})
    assert refused.status_code == 422
    assert "a citation, a footnote, a source or a title" in refused.json()["error"]["message"]
