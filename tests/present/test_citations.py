"""A citation has what a footnote needs: who, what, when, where it stood, and where it stands here."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.cli.terminal import show_answer
from qa.engine import Engine
from qa.present.chat import message_of
from qa.present.citations import citation_line, citation_text, original_address
from qa.records import Citation
from qa.settings import Settings
from qa.store import IndexFolder
from tests.answers import cited
from tests.conftest import Build
from tests.fake import FakeEncoder

BASE = "http://archive.example"
FRONT = """---
title: The ferry stops for the winter
date: 2021-11-02
author: Ines Okafor
---

# The ferry stops for the winter

The ferry between Marstrand and Lund will not run before the first of March.
"""
SAVED = """<!doctype html><html lang="en"><head><title>Harbour toll doubled</title>
<link rel="canonical" href="https://courier.example/2023/05/harbour-toll">
<meta name="author" content="Petra Lindqvist">
<meta property="article:published_time" content="2023-05-17T09:30:00+02:00"></head><body><article>
<h1>Harbour toll doubled</h1><p>The toll for yachts in the bay was doubled to 25 kroner a night by the
port board on Tuesday, against the votes of its two fishermen.</p></article></body></html>"""


@pytest.fixture
def engine(tmp_path: Path, build: Build, encoder: FakeEncoder) -> Engine:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "ferry.md").write_text(FRONT, "utf-8")
    (folder / "saved.html").write_text(SAVED, "utf-8")
    (folder / "2020-06-01-owls.txt").write_text("Owls sleep by day in the old mill.\n", "utf-8")
    build(folder, tmp_path / "index")
    return Engine(store=IndexFolder(tmp_path / "index").open().generation, encoder=encoder)


def cites(engine: Engine, question: str, source: str) -> Citation:
    found = [result.citation for result in engine.ask(question).results]
    return next(one for one in found if one.source == source)


@pytest.mark.parametrize(
    ("question", "source", "author", "published", "told_by", "original"),
    [
        ("When does the ferry run?", "ferry.md", "Ines Okafor", "2021-11-02", "metadata", None),
        ("What is the toll for yachts?", "saved.html", "Petra Lindqvist", "2023-05-17", "metadata",
         "https://courier.example/2023/05/harbour-toll"),
        ("Where do owls sleep?", "2020-06-01-owls.txt", None, "2020-06-01", "file name", None),
    ],
)  # fmt: skip
def test_what_a_file_says_of_itself_stands_in_its_citation(
    engine: Engine, question: str, source: str, author: str | None, published: str,
    told_by: str, original: str | None,
) -> None:  # fmt: skip
    citation = cites(engine, question, source)
    assert (citation.author, citation.published, citation.published_from) == (
        author, published, told_by,
    )  # fmt: skip
    assert original_address(citation) == original
    assert citation.original_url is None or ":~:text=" in citation.original_url


def test_every_face_shows_the_author_and_the_original(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question, address = (
        "What is the toll for yachts?",
        "https://courier.example/2023/05/harbour-toll",
    )
    answer = engine.ask(question)
    citation = cites(engine, question, "saved.html")
    text = citation_text(citation, BASE)
    assert text.startswith("Petra Lindqvist, “Harbour toll doubled”, ")
    assert f". {address} {BASE}/v1/documents/" in text

    show_answer(answer, BASE, colour=False)
    printed = capsys.readouterr().out
    assert "Petra Lindqvist, “Harbour" in printed and f"original: {address}\n" in printed

    message = message_of(answer, BASE).text
    assert "Petra Lindqvist, “Harbour" in message and f", [original]({address}#:~:text=" in message

    client = TestClient(
        create_app(index=tmp_path / "index", settings=Settings(), engine=engine),
        base_url="http://localhost",
    )
    sent = client.post("/v1/ask", json={"question": question}).json()
    told = next(r["citation"] for r in sent["results"] if r["citation"]["source"] == "saved.html")
    assert told["author"] == "Petra Lindqvist" and told["published_from"] == "metadata"
    assert client.post("/v1/verify", json={
        "citation": told, "excerpt": next(r["excerpt"] for r in sent["results"] if r["citation"] == told),
    }).json()["holds"]  # fmt: skip
    page = client.get(told["url"].removeprefix("http://localhost")).text
    assert '<span class="author"><bdi>Petra Lindqvist</bdi></span>' in page
    assert "Petra Lindqvist, “Harbour toll doubled”" in page


def test_a_line_has_only_what_is_known() -> None:
    bare = cited(1, "Owls", title=None).citation
    assert citation_line(bare) == "a.txt:1, characters 0-4"
    assert original_address(bare) is None
    assert citation_text(bare, BASE).startswith(f"a.txt:1, characters 0-4. {BASE}/v1/documents/d1")
    named = cited(1, "Owls", author="A.\nB.", published="2019", page=2, section="C").citation
    assert citation_line(named) == (
        "A. B., “A title”, section “C”, a.txt:1, 2019, page 2, characters 0-4"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/b", "https://a.example/b"),
        ("https://a.example/b#:~:text=one,two", "https://a.example/b"),
        ("https://a.example/b#fees:~:text=one", "https://a.example/b#fees"),
        ("https://a.example/b#fees", "https://a.example/b#fees"),
    ],
)
def test_an_address_is_shown_without_the_words_that_it_opens_at(url: str, shown: str) -> None:
    assert original_address(cited(1, "Owls", original_url=url).citation) == shown
