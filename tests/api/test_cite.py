"""``/v1/cite``: a citation in each style, by its id, also when its document is another by then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.present.citing import STYLES
from qa.records import MAX_EXCERPT, document_id
from qa.search.cited import CitedSpans, Place, place_in
from qa.service.given import Given
from qa.settings import Settings
from qa.store import Spans
from tests.answers import answer, cited
from tests.conftest import Build
from tests.fake import FakeEncoder

TYPES = {
    "chicago": "text/plain; charset=utf-8",
    "apa": "text/plain; charset=utf-8",
    "exact": "text/plain; charset=utf-8",
    "bibtex": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl-json": "application/vnd.citationstyles.csl+json",
}


def asked(client: TestClient, question: str) -> list[dict[str, Any]]:
    found = client.post("/v1/ask", json={"question": question, "k": 10}).json()["results"]
    return [result["citation"] for result in found]


@pytest.mark.parametrize("style", TYPES)
def test_a_style_has_its_media_type(client: TestClient, style: str) -> None:
    citation = asked(client, "How many ships were counted?")[0]
    response = client.get("/v1/cite", params={"id": citation["id"], "style": style})
    assert response.status_code == 200
    assert response.headers["content-type"] == TYPES[style]
    assert "vellmar" in response.text.casefold()
    by_address = client.get("/v1/cite", params={"id": citation["url"], "style": style})
    assert by_address.text == response.text
    assert client.head(f"/v1/cite?id={citation['id']}&style={style}").status_code == 200


def test_all_styles_are_tested() -> None:
    assert list(TYPES) == list(STYLES)


def test_without_a_style_it_is_a_footnote(client: TestClient) -> None:
    citation = asked(client, "Who moved the bridge?")[0]
    first, last = citation["line_start"], citation["line_end"]
    lines = f"line {first}" if first == last else f"lines {first}–{last}"
    assert client.get("/v1/cite", params={"id": citation["id"]}).text == (
        f"“The Bridge That Moved,” March 2004, {lines}, {citation['source']}."
    )


def test_every_id_is_found_by_a_service_that_gave_none(
    client: TestClient, index: Path, engine: Any
) -> None:
    other = TestClient(create_app(index=index, settings=Settings(), engine=engine))
    for question in ("ships", "bridge", "bees", "owls", "furnace", "cow"):
        for citation in asked(client, question):
            got = other.get("/v1/cite", params={"id": citation["id"], "style": "exact"})
            assert f"characters {citation['start']}-{citation['end']}" in got.text
            assert citation["sha256"] in got.text


@pytest.mark.parametrize("id", ["c" + "0" * 16, "c", "", "d" + "0" * 16, "é", "x" * 900])
def test_an_id_that_is_none_is_not_found(client: TestClient, id: str) -> None:
    response = client.get("/v1/cite", params={"id": id})
    assert response.status_code == (404 if id else 422)
    if id:
        assert response.json()["error"]["code"] == "citation_not_found"


def test_an_address_beyond_the_document_is_not_found(client: TestClient) -> None:
    url = asked(client, "Who moved the bridge?")[0]["url"].replace("end=", "end=999")
    assert client.get("/v1/cite", params={"id": url}).status_code == 404


def test_an_unknown_style_is_refused_with_those_there_are(client: TestClient) -> None:
    error = client.get("/v1/cite?id=c0&style=mla").json()["error"]
    assert (error["code"], error["field"]) == ("unknown_style", "style")
    assert all(style in error["message"] for style in STYLES)


def test_a_citation_of_an_older_version_says_so(
    tmp_path: Path, build: Build, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.engine.load_encoder", lambda *_, **__: encoder)
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "owls.txt").write_text("Owls of the mill\n\nOwls sleep by day in the old mill.\n")
    build(folder, tmp_path / "index")
    app = create_app(index=tmp_path / "index", settings=Settings(reading="off"))
    with TestClient(app) as client:
        service = app.state.service
        service.engines.get()
        (citation, *_) = asked(client, "Where do owls sleep?")
        (folder / "owls.txt").write_text("Owls of the mill\n\nThe owls have left.\n")
        build(folder, tmp_path / "index")
        service.engines.look()
        assert service.engines.get().document(citation["document_id"]).sha256 != citation["sha256"]
        for id in (citation["id"], citation["url"]):
            for style in STYLES:
                said = client.get("/v1/cite", params={"id": id, "style": style})
                assert said.status_code == 200
                assert "the document has changed since it was cited" in said.text
            (item,) = client.get("/v1/cite", params={"id": id, "style": "csl-json"}).json()
            assert citation["sha256"] in item["note"] and citation["url"] in item["note"]


def test_a_service_remembers_the_latest_citations_only() -> None:
    given = Given(most=3)
    given.remember(answer(*(cited(n, "Owls") for n in range(5))))
    assert [given.place(f"c{n}") is None for n in range(5)] == [True, True, False, False, False]
    assert given.place("c4") == Place("d4", "0" * 64, 0, 4)


def test_spans_are_passages_and_their_neighbours_as_long_as_an_excerpt_may_be() -> None:
    from qa.records import citation_id

    starts, ends = [0, 500, 1000, 2000], [490, 990, 1190, 3300]
    spans = CitedSpans([Spans("d1", "a" * 64, starts, ends), Spans("d2", "b" * 64, [], [])])
    for start in starts:
        for end in ends:
            id = citation_id("d1", "a" * 64, start, end)
            there = start < end and end - start <= MAX_EXCERPT
            assert spans.find(id) == (Place("d1", "a" * 64, start, end) if there else None)
    assert CitedSpans([]).find(id) is None


def test_a_place_is_read_from_an_address_alone() -> None:
    path = f"/documents/{document_id('a')}/view?start=3&end=7&version={'a' * 64}"
    place = Place(document_id("a"), "a" * 64, 3, 7)
    assert place_in(f"https://h.example/archive/v1{path}#cited") == place
    assert place_in(path.replace("&version", "&v")) is None


def test_lines_are_told_of_sources_that_have_some(
    tmp_path: Path, build: Build, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.engine.load_encoder", lambda *_, **__: encoder)
    folder = tmp_path / "archive"
    folder.mkdir()
    words = "Owls sleep by day in the old mill, and hunt the voles of the meadow at night."
    texts = {
        "a.txt": words, "b.md": f"# Owls\n\n{words}", "c": words,
        "d.html": f"<html><body><article><p>{words}</p></article></body></html>",
        "e.csv": f"title,text\nOwls,{words}\n", "f.json": json.dumps([{"text": words}]),
        "g.srt": f"1\n00:00:01,000 --> 00:00:04,000\n{words}\n",
        "h.rtf": r"{\rtf1 " + words + "}", "i.eml": f"From: a@b.example\nSubject: Owls\n\n{words}\n",
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    build(folder, tmp_path / "index")
    app = create_app(index=tmp_path / "index", settings=Settings(reading="off"))
    with TestClient(app) as client:
        for document in client.get("/v1/documents").json()["documents"]:
            source = document["source"]
            text = client.get(f"/v1/documents/{document['id']}").json()["text"]
            start = text.index("Owls sleep")
            body = {"excerpt": text[start : start + 10], "source": source}
            citation = client.post("/v1/verify", json=body).json()["citation"]
            has = source in ("a.txt", "b.md", "c")
            line = 1 + text[:start].count("\n") if has else None
            assert (citation["line_start"], citation["line_end"]) == (line, line), source


# --- printed, and checked again ---------------------------------------------------------------


def verified(client: TestClient, excerpt: str, footnote: str) -> dict[str, Any]:
    response = client.post("/v1/verify", json={"excerpt": excerpt, "footnote": footnote})
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("question", ["What does a steamer pay?", "Who moved the bridge?", "bees"])
def test_what_a_style_prints_is_verified(client: TestClient, style: str, question: str) -> None:
    found = client.post("/v1/ask", json={"question": question}).json()["results"][0]
    citation, excerpt = found["citation"], found["excerpt"]
    printed = client.get("/v1/cite", params={"id": citation["id"], "style": style}).text
    told = verified(client, excerpt, printed)
    assert told["holds"]
    assert told["citation"]["id"] == citation["id"]
    assert told["reason"] is None or style in ("chicago", "apa")
    # A part of what was cited, as it is printed.
    words = " ".join(excerpt.split())[20:60]
    part = verified(client, words, f"  12. {printed} Accessed in May.")
    assert part["holds"] and part["citation"]["source"] == citation["source"]
    assert not verified(client, "Nobody ever said this.", printed)["holds"]


def test_what_was_folded_in_a_footnote_is_said(client: TestClient) -> None:
    note = "See “The Bridge That Moved,” March 2004."
    told = verified(client, "a cafe\u0301  spoon", note)
    assert told["holds"]
    assert told["reason"] == (
        "the words hold, but differ in spaces; its name holds, but differs in capitals"
    )
    assert told["citation"]["title"] == "The bridge that moved"


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("Nobody, “Nothing,” 1999.", "the footnote names no document of the archive"),
        ("xbridge.txtx, lines 1–2.", "the footnote names no document of the archive"),
        ("bridge.txt, lines 1–2.", "the document does not say this"),
    ],
)
def test_why_a_footnote_does_not_hold(client: TestClient, note: str, why: str) -> None:
    told = verified(client, "The harbour was dug in 1872", note)
    assert (told["holds"], told["reason"], told["citation"]) == (False, why, None)


def test_a_footnote_of_an_older_version_does_not_hold(client: TestClient) -> None:
    found = client.post("/v1/ask", json={"question": "Who moved the bridge?"}).json()["results"][0]
    other = found["citation"]["url"].replace(found["citation"]["sha256"], "a" * 64)
    told = verified(client, found["excerpt"], f"The bridge. {other}")
    assert told["reason"] == "the document has changed since it was cited"
    beyond = found["citation"]["url"].replace("end=", "end=9999")
    assert "outside" in verified(client, found["excerpt"], beyond)["reason"]


def test_a_footnote_has_its_limit(client: TestClient) -> None:
    body = {"excerpt": "Owls", "footnote": "x" * 20_001}
    assert client.post("/v1/verify", json=body).status_code == 422
