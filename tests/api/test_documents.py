"""``/v1/documents``: listing, one document, and the page with the span marked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app, marked_text, pieces, schemas
from qa.api.viewer import view_pieces
from qa.corpus.readers import make_document, read_document
from qa.corpus.reading import Reading
from qa.engine import Engine
from qa.present.citations import citation_line
from qa.present.wire import json_bytes, json_pieces
from qa.records import Block, Document, Place, document_id
from qa.search.citations import cite_span
from qa.settings import Settings
from tests.api.checks import obeys_the_law, read_page
from tests.archive import ARCHIVE
from tests.store.reads import passages_of

CRLF_SOURCE, MARKUP_SOURCE = "bridge.txt", "markup.txt"


def text_of(source: str) -> str:
    return ARCHIVE[source][0]


def view(client: TestClient, source: str, query: str = "") -> str:
    response = client.get(f"/v1/documents/{document_id(source)}/view?{query}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 1000])
def test_a_listing_goes_through_all_documents(client: TestClient, limit: int) -> None:
    found: list[dict[str, Any]] = []
    query = f"limit={limit}"
    for _ in range(-(-len(ARCHIVE) // limit)):
        page = client.get(f"/v1/documents?{query}").json()
        assert set(page) == {"documents", "next_cursor", "total"}
        assert page["total"] == len(ARCHIVE)
        assert len(page["documents"]) <= limit
        found += page["documents"]
        query = f"limit={limit}&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert [document["source"] for document in found] == sorted(ARCHIVE)
    assert {document["length"] for document in found} == {len(t) for t, _ in ARCHIVE.values()}


def test_an_entry_says_what_is_known(client: TestClient) -> None:
    entries = {d["source"]: d for d in client.get("/v1/documents").json()["documents"]}
    assert entries["notes/harbour.md"] == {
        "id": document_id("notes/harbour.md"),
        "source": "notes/harbour.md",
        "title": "The harbour of Vellmar",
        "published": "2019-11-23",
        "length": len(text_of("notes/harbour.md")),
        "passages": 3,
    }
    assert entries["bridge.txt"]["published"] == "2004-03"
    assert entries["letters/Œnone to Anselm.txt"]["title"] is None


@pytest.mark.parametrize("source", sorted(ARCHIVE))
def test_a_document_is_what_the_file_holds(client: TestClient, archive: Path, source: str) -> None:
    body = client.get(f"/v1/documents/{document_id(source)}").json()
    schemas.DocumentResponse.model_validate(body, strict=True)
    assert (body["source"], body["text"]) == (source, text_of(source))
    assert body["length"] == len(body["text"])
    assert body["sha256"] == hashlib.sha256((archive / source).read_bytes()).hexdigest()
    with (archive / source).open(encoding=body["encoding"], newline="") as file:
        assert file.read() == body["text"]


def test_a_date_comes_with_its_evidence(client: TestClient) -> None:
    body = client.get(f"/v1/documents/{document_id('bridge.txt')}").json()
    assert body["published"] == "2004-03"
    evidence = body["published_evidence"]
    assert (evidence["value"], evidence["precision"]) == ("2004-03", "month")
    assert "March 2004" in evidence["evidence"]
    undated = client.get(f"/v1/documents/{document_id(MARKUP_SOURCE)}").json()
    assert (undated["published"], undated["published_evidence"]) == (None, None)


def test_sections_lie_where_their_headings_are(client: TestClient) -> None:
    body = client.get(f"/v1/documents/{document_id('notes/harbour.md')}").json()
    begins = [body["text"][s["start"] :].split("\n")[0] for s in body["sections"]]
    assert begins == ["## Fees", "## The lighthouse"]
    assert [section["title"] for section in body["sections"]] == ["Fees", "The lighthouse"]


# --- the law, over the whole archive ------------------------------------------------------------


def test_every_excerpt_obeys_the_offset_law(
    client: TestClient, engine: Engine, archive: Path
) -> None:
    obeys_the_law(client, engine, archive)


# --- the page -----------------------------------------------------------------------------------


def test_the_mark_is_the_excerpt(client: TestClient, engine: Engine) -> None:
    for passage in passages_of(engine.store):
        results = client.post("/v1/ask", json={"question": passage.text}).json()["results"]
        for result in results:
            text, marked, note = read_page(client.get(result["citation"]["url"]).text)
            assert marked == result["excerpt"]
            assert text == text_of(result["citation"]["source"])
            assert note == ""


@pytest.mark.parametrize("source", sorted(ARCHIVE))
def test_any_span_is_marked_exactly(client: TestClient, source: str) -> None:
    text = text_of(source)
    for start, end in ((0, 1), (0, len(text)), (len(text) - 1, len(text)), (5, 20)):
        assert read_page(view(client, source, f"start={start}&end={end}"))[1] == text[start:end]


def test_markup_in_a_document_is_text(client: TestClient) -> None:
    html = view(client, MARKUP_SOURCE, "start=0&end=36")
    assert read_page(html)[:2] == (text_of(MARKUP_SOURCE), "Owls <script>alert('title')</script>")
    assert html.count("<script") == 1  # the page's own


def test_a_page_without_a_span_marks_nothing(client: TestClient) -> None:
    text, marked, note = read_page(view(client, CRLF_SOURCE))
    assert (text, marked, note) == (text_of(CRLF_SOURCE), "", "")


def test_a_citation_of_another_version_opens_and_says_so(client: TestClient) -> None:
    html = view(client, CRLF_SOURCE, f"start=0&end=5&version={'0' * 64}")
    text, marked, note = read_page(html)
    assert (text, marked) == (text_of(CRLF_SOURCE), "")
    assert "This document has changed since it was cited" in note
    far = view(client, CRLF_SOURCE, f"start=0&end=99999999&version={'0' * 64}")
    assert "changed since" in read_page(far)[2]


def test_the_page_offers_the_citation_to_copy(client: TestClient) -> None:
    start = text_of("notes/harbour.md").index("The lighthouse on")
    line = 1 + text_of("notes/harbour.md")[:start].count("\n")
    html = view(client, "notes/harbour.md", f"start={start}&end={start + 14}")
    place = f"“The harbour of Vellmar”, section “The lighthouse”, notes/harbour.md:{line}, "
    assert place in html
    assert f"characters {start}-{start + 14}" in html
    assert f"http://localhost/v1/documents/{document_id('notes/harbour.md')}/view" in html


def test_odd_parameters_of_a_link_do_no_harm(client: TestClient) -> None:
    assert read_page(view(client, CRLF_SOURCE, "start=0&end=3&utm_source=mail"))[1] == "The"


# --- text that UTF-8 cannot carry ---------------------------------------------------------------


def test_half_a_character_in_a_document_is_replaced() -> None:
    assert json.loads(json_bytes({"text": "a\ud800b"})) == {"text": "a\ufffdb"}
    lines = {"text": "a\u2028b\u2029c\x85d\x0ce\r\n", "a\u2028b": 1}
    assert json.loads(json_bytes(lines)) == lines
    assert len(json_bytes(lines).decode().splitlines()) == 1
    assert json_bytes({"text": "né 🥄"}) == '{"text":"né 🥄"}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"a": 1, "b": None, "text": ""},
        {"text": 'né 🥄\u2028\ud800"\\\n\x00' * 30_000, "z": [1, 2]},
        {"long": [{"a": n} for n in range(1501)], "empty": [], "text": "x" * 131_072},
    ],
)
def test_a_body_in_pieces_is_the_same_body(body: dict[str, Any]) -> None:
    found = list(json_pieces(body))
    assert b"".join(found) == json_bytes(body)
    assert max(map(len, found)) < 1_000_000


def page(document: Document, *, start: int | None, end: int | None) -> str:
    """Return a document's page."""
    return "".join(view_pieces(document, start=start, end=end))


def test_a_long_page_says_every_character(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is cut: between the characters of a line end too."""
    text = "One\r\ntwo\rthree\n\r<four>\r\r\nfive" * 3
    reading = Reading(text, "utf-8", (Block("paragraph", 0, len(text)),))
    document = make_document(source="a.txt", sha256="0" * 64, reading=reading)
    wholes = [page(document, start=at, end=at + 9) for at in range(len(text) - 9)]
    for size in (1, 2, 3, 7):
        monkeypatch.setattr(marked_text, "_AT_ONCE", size)
        for at, whole in enumerate(wholes):
            assert page(document, start=at, end=at + 9) == whole
    shown, marked, _ = read_page(wholes[3])  # begins between CR and LF
    assert shown == re.sub("\r(?!\n)", "\n", text)
    assert len(marked) <= 9


def test_words_within_the_span_are_marked_strongly(client: TestClient) -> None:
    listing = client.get("/v1/documents").json()["documents"]
    (one,) = [entry for entry in listing if entry["source"] == "tariff.txt"]
    text = client.get(f"/v1/documents/{one['id']}").json()["text"]
    start, end = text.index("A cow"), text.index(" – dogs")
    strong = text.index("£3"), text.index("£3") + 2
    address = f"/v1/documents/{one['id']}/view?start={start}&end={end}"
    plain = client.get(address).text
    found = client.get(f"{address}&strong_start={strong[0]}&strong_end={strong[1]}").text
    assert found.count('<strong class="answer">£3</strong>') == 1
    assert found.replace('<strong class="answer">£3</strong>', "£3") == plain
    for bad in ((start - 1, end), (start, end + 1), (start, start), (start, None), (None, end)):
        named = zip(("strong_start", "strong_end"), bad, strict=True)
        query = "".join(f"&{name}={at}" for name, at in named if at is not None)
        refused = client.get(address + query)
        assert refused.status_code == 422
        assert "strong_start" in refused.text


def test_words_marked_strongly_may_stand_in_several_elements() -> None:
    """In a list or a table too, every character of the page stays the document's."""
    text = "# Fees\n\n- A cow pays two pounds.\n- A dog pays nothing.\n\n| Cow | £2 |\n|---|---|\n| Dog | <0> |\n"
    document = read_document("fees.md", text.encode())
    start, end = text.index("A cow"), text.index(" |\n", text.index("<0>"))
    plain = page(document, start=start, end=end)
    for strong in (
        (text.index("two"), text.index("nothing") + 7),
        (text.index("pounds"), text.index("<0>") + 2),
        (start, end),
    ):
        pieces = view_pieces(document, start=start, end=end, strong=strong)
        found = "".join(pieces)
        assert read_page(found) == read_page(plain)
        shown = re.findall('<strong class="answer">(.*?)</strong>', found, re.DOTALL)
        assert unescape("".join(shown)) == text[slice(*strong)]
        assert re.sub("</?strong[^>]*>", "", found) == plain


class LargeEngine:
    """An engine whose one document is large; notes in which threads it is asked for it."""

    fault = None

    def __init__(self, text: str) -> None:
        reading = Reading(text, "utf-8", (Block("paragraph", 0, len(text)),))
        self.large = make_document(source="a.txt", sha256="0" * 64, reading=reading)
        self.threads: set[int] = set()

    def document(self, id: str) -> Document:
        self.threads.add(threading.get_ident())
        return self.large


@pytest.mark.parametrize("path", ["", "/view", "/view?start=600000&end=700000"])
def test_a_large_document_is_made_in_pieces_beside_the_event_loop(
    index: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    engine = LargeEngine("The owls <met>.\n" * 62_500)
    app = create_app(index=index, settings=Settings(), engine=engine)  # type: ignore[arg-type]  # it has what this page asks for
    made: list[tuple[int, int]] = []
    some = pieces._some

    def noted(*args: Any) -> bytes:
        found = some(*args)
        made.append((threading.get_ident(), len(found)))
        return found

    monkeypatch.setattr(pieces, "_some", noted)
    loops: set[int] = set()
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        loops.add(threading.get_ident())
        sent.append(message)

    where, _, query = f"/v1/documents/d0123456789abcdef{path}".partition("?")
    scope = {
        "type": "http", "method": "GET", "path": where, "raw_path": where.encode(), "root_path": "",
        "query_string": query.encode(), "headers": [(b"host", b"localhost")], "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("localhost", 80), "http_version": "1.1",
        "asgi": {"version": "3.0", "spec_version": "2.3"}, "state": {},
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    if path:
        assert read_page(body.decode())[0] == engine.large.text
    else:
        assert json.loads(body)["text"] == engine.large.text
    assert loops.isdisjoint(engine.threads | {thread for thread, _ in made})
    assert max(len(message.get("body", b"")) for message in sent) < pieces.WHOLE + 3 * pieces.PIECE
    assert len(made) > 8


def test_the_original_opens_where_the_view_is_marked() -> None:
    document = make_document(
        source="a.md",
        sha256="0" * 64,
        reading=Reading(
            "Boats pay. Otters row free.",
            "utf-8",
            (Block("paragraph", 0, 27),),
            original_url="https://example.org/fees",
        ),
    )
    marked = page(document, start=11, end=27)
    assert 'href="https://example.org/fees#:~:text=Otters%20row%20free."' in marked
    assert 'href="https://example.org/fees"' in page(document, start=None, end=None)


def test_a_citation_is_one_line_whatever_a_file_is_called() -> None:
    document = Document("d", "a.txt\n\n[2] b\u2028.txt", "0", "utf-8", "owls", None, None, ())
    assert citation_line(cite_span(document, 0, 4)) == "a.txt [2] b .txt, characters 0-4"


def test_the_beginnings_of_pages_are_marked_and_are_no_text() -> None:
    text = "One.\n\nTwo & a half.\n\nFour."
    reading = Reading(text, "utf-8", (Block("paragraph", 0, len(text)),))
    document = replace(
        make_document(source="a.pdf", sha256="0" * 64, reading=reading),
        # The third page has no text and begins where the fourth does.
        page_starts=(0, 6, text.index("Four"), text.index("Four")),
    )
    for start, end in ((None, None), (6, 20), (0, len(text)), (8, 10)):
        html = page(document, start=start, end=end)
        shown, marked, _ = read_page(html)
        assert shown == text
        assert marked == ("" if start is None else text[start:end])
        pages = re.findall(r'data-page="(\d)"></span>(\w*)', html)
        assert pages == [("1", "One"), ("2", "Two" if start != 8 else "Tw"), ("4", "Four")]


def test_places_are_named_where_blocks_begin_and_are_no_text() -> None:
    text = "A & b: 1\n\nC: 2. D: 3."
    second = text.index("C")
    reading = Reading(
        text,
        "utf-8",
        (Block("item", 0, 8), Block("item", second, len(text))),
        places=(
            Place(0, 'P & "q", row 2', 0),
            Place(second, "row 3", 1),
            Place(text.index("D"), "later", 1),
        ),
    )
    document = make_document(source="a.xlsx", sha256="0" * 64, reading=reading)
    for start, end in ((None, None), (0, 8), (second + 1, len(text))):
        html = page(document, start=start, end=end)
        shown, marked, _ = read_page(html)
        assert shown == text
        assert marked == ("" if start is None else text[start:end])
        places = re.findall(r'data-place="([^"]*)"></span>(\w)', html)
        assert places == [("P &amp; &quot;q&quot;, row 2", "A"), ("row 3", "C")]


def test_a_citation_in_one_line_names_its_place() -> None:
    reading = Reading("Owls.", "utf-8", (Block("item", 0, 5),), places=(Place(0, "Pumps, row 2"),))
    document = make_document(source="a.xlsx", sha256="0" * 64, reading=reading)
    assert citation_line(cite_span(document, 0, 5)) == "a.xlsx, Pumps, row 2, characters 0-5"
