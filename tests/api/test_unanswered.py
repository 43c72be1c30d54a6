"""``/v1/unanswered``: the operator's list of questions, and that only the operator has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.checks import error_of
from tests.api.keyed import Keyed
from tests.api.test_access import ELSEWHERE

QUESTION = "How many ships were counted in the winter?"
PATH = "/v1/unanswered"


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "judged.jsonl"


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "unanswered.jsonl"


@pytest.fixture
def client(index: Path, engine: Engine, judged: Path, asked: Path) -> TestClient:
    """A client of a service that keeps judgements and questions. Its verdicts are "unsure"."""
    settings = Settings(judgements=str(judged), unanswered=str(asked))
    app = create_app(index=index, settings=settings, engine=engine)
    return TestClient(app, raise_server_exceptions=False)


def ask(client: TestClient, question: str = QUESTION, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/ask", json={"question": question, **more})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def judge(client: TestClient, kind: str, question: str = QUESTION) -> None:
    first = ask(client, question)["results"][0]
    given = {"citation": first["citation"], "excerpt": first["excerpt"]}
    body = {"kind": kind, "question": question, **(given if kind != "nothing" else {})}
    assert client.post("/v1/judgements", json=body).status_code == 201


def listed(client: TestClient, **query: Any) -> dict[str, Any]:
    response = client.get(PATH, params=query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def texts(client: TestClient) -> list[str]:
    return [one["question"] for one in listed(client)["questions"]]


@pytest.mark.parametrize("judging", [False, True])
def test_by_default_no_question_is_kept(
    index: Path, engine: Engine, tmp_path: Path, judging: bool
) -> None:
    place = tmp_path / "judged.jsonl"
    settings = Settings(judgements=str(place) if judging else "")
    client = TestClient(create_app(index=index, settings=settings, engine=engine))
    ask(client)
    ask(client, "Which spices go into a biryani?")
    assert list(tmp_path.iterdir()) == []
    if not judging:
        assert error_of(client.get(PATH), 404)["code"] == "judgements_off"
        assert error_of(client.delete(PATH), 404)["code"] == "judgements_off"
        return
    assert listed(client) == {
        "questions": [], "next_cursor": None, "total": 0, "asked": 0, "keeps_asked": False,
    }  # fmt: skip
    judge(client, "does_not")
    [one] = listed(client)["questions"]
    assert (one["question"], one["does_not"], one["unsure"]) == (QUESTION, 1, 0)


def test_a_question_is_on_the_disk_before_its_answer(client: TestClient, asked: Path) -> None:
    answer = ask(client, history=["Which owls?"])
    [line] = [json.loads(line) for line in asked.read_text().splitlines()]
    assert (line["question"], line["searched"]) == (QUESTION, answer["searched"])
    assert (line["verdict"], line["filtered"]) == (answer["verdict"], False)
    assert line["generation"] == answer["index"]["generation"]


def test_every_way_of_asking_counts(client: TestClient) -> None:
    ask(client, "one owl?", filters={"source": ["*.txt"]})
    client.get("/v1/ask", params={"question": "two owls?"})
    chat = {"messages": [{"role": "user", "content": "three owls?"}]}
    assert client.post("/v1/chat/completions", json=chat).status_code == 200
    found = listed(client)
    assert {one["question"]: one["filtered"] for one in found["questions"]} == {
        "one owl?": True, "two owls?": False, "three owls?": False,
    }  # fmt: skip
    assert (found["total"], found["asked"], found["keeps_asked"]) == (3, 3, True)


def test_what_the_page_asks_for_besides_counts_nothing(client: TestClient) -> None:
    ask(client)
    ask(client, k=15)  # more excerpts
    ask(client, explain=True)
    ask(client, "Why are owls so silent?", explain=True)
    assert [(one["question"], one["unsure"]) for one in listed(client)["questions"]] == [
        (QUESTION, 1)
    ]


def test_what_somebody_found_an_answer_to_is_not_listed(client: TestClient) -> None:
    judge(client, "does_not")
    assert texts(client) == [QUESTION]
    judge(client, "answers")
    assert texts(client) == []
    judge(client, "nothing", "Which bees?")
    assert texts(client) == ["Which bees?"]


def test_page_after_page_each_question_once(client: TestClient) -> None:
    questions = [f"How many owls are {n}?" for n in range(7)]
    for question in questions:
        ask(client, question)
    found, cursor = list[str](), ""
    while True:
        page = listed(client, limit=3, cursor=cursor)
        assert page["total"] == 7 and len(page["questions"]) <= 3
        found += [one["question"] for one in page["questions"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert sorted(found) == sorted(questions)
    last = [one["last"] for one in listed(client)["questions"]]
    assert last == sorted(last, reverse=True)


@pytest.mark.parametrize("cursor", ["?", "YQ", "x" * 99, "w7c"])
def test_a_cursor_of_somebody_else(client: TestClient, cursor: str) -> None:
    error = error_of(client.get(PATH, params={"cursor": cursor}), 422)
    assert (error["code"], error["field"]) == ("invalid_cursor", "cursor")


def test_the_exported_file(client: TestClient) -> None:
    ask(client, "Who counted «owls»?")
    response = client.get(f"{PATH}/questions.jsonl")
    assert response.status_code == 200
    assert response.headers["content-disposition"] == 'attachment; filename="questions.jsonl"'
    [one] = listed(client)["questions"]
    assert [json.loads(line) for line in response.text.splitlines()] == [
        {"id": one["id"], "question": "Who counted «owls»?", "kind": "unsure", "gold": [],
         "need": "any"}
    ]  # fmt: skip


def test_a_removed_question_is_gone(client: TestClient, judged: Path, asked: Path) -> None:
    judge(client, "does_not", "Which zyzzogeton?")
    ask(client)
    two, one = listed(client)["questions"]
    assert client.delete(f"{PATH}/{one['id']}").status_code == 204
    assert b"zyzzogeton" not in asked.read_bytes() + judged.read_bytes()
    assert texts(client) == [two["question"]]
    error_of(client.delete(f"{PATH}/{one['id']}"), 404)
    assert client.delete(PATH).status_code == 204
    assert texts(client) == [] and asked.read_bytes() == b""


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_page_of_another_site_removes_nothing(
    client: TestClient, headers: dict[str, str]
) -> None:
    ask(client)
    assert error_of(client.delete(PATH, headers=headers), 403)["code"] == "cross_site"
    assert texts(client) == [QUESTION]


@pytest.mark.parametrize("origins", ["*", "https://site.example"])
def test_a_page_that_may_ask_does_not_read_what_is_the_operators(
    index: Path, engine: Engine, judged: Path, asked: Path, origins: str
) -> None:
    settings = Settings(judgements=str(judged), unanswered=str(asked), cors_origins=origins)
    client = TestClient(create_app(index=index, settings=settings, engine=engine))
    page = {"origin": "https://site.example", "sec-fetch-site": "cross-site"}
    assert client.post("/v1/ask", json={"question": QUESTION}, headers=page).status_code == 200
    for method, path in (
        ("GET", PATH), ("GET", f"{PATH}/questions.jsonl"), ("GET", "/metrics"),
        ("DELETE", PATH), ("DELETE", f"{PATH}/q1"),
    ):  # fmt: skip
        answer = client.request(method, path, headers=page)
        assert error_of(answer, 403)["code"] == "cross_site"
    assert texts(client) == [QUESTION]
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/unanswered", headers=followed).status_code == 200  # a link to the page


def test_only_the_scope_admin_has_them(
    index: Path, engine: Engine, tmp_path: Path, judged: Path, asked: Path
) -> None:
    keyed = Keyed(tmp_path, index, engine, judgements=str(judged), unanswered=str(asked))
    ask(keyed.client("ask"))
    assert keyed.tokens["ask"].split("_")[1] not in asked.read_text()  # not who asked
    for path in (PATH, f"{PATH}/questions.jsonl", "/unanswered"):
        assert error_of(keyed.client().get(path), 401)["code"] == "key_missing"
        assert error_of(keyed.client("ask").get(path), 403)["code"] == "scope_missing"
        assert keyed.client("admin").get(path).status_code == 200
        assert keyed.browser("admin").get(path).status_code == 200
    for method, path in (("DELETE", PATH), ("DELETE", f"{PATH}/q1")):
        error_of(keyed.client("ask").request(method, path), 403)
    foreign = keyed.browser("admin").delete(PATH, headers=ELSEWHERE[0])
    assert error_of(foreign, 403)["code"] == "cross_site"
    assert len(asked.read_text().splitlines()) == 1


def test_a_browser_without_the_scope_is_asked_for_a_key_that_has_it(
    index: Path, engine: Engine, tmp_path: Path
) -> None:
    keyed = Keyed(tmp_path, index, engine)
    page = keyed.browser("ask").get("/unanswered", headers={"accept": "text/html"})
    assert page.status_code == 403 and "www-authenticate" not in page.headers
    assert "a key of the scope admin" in page.text and 'value="/unanswered"' in page.text
    token = keyed.tokens["admin"]
    form = {"key": token, "next": "/unanswered"}
    done = keyed.client().post("/v1/session", data=form, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "../unanswered")


def test_files_that_cannot_be_used_are_told_in_the_log_only(
    client: TestClient, asked: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked.mkdir(parents=True)
    ask(client)  # is answered all the same
    for response in (client.get(PATH), client.delete(PATH)):
        error = error_of(response, 503)
        assert error["code"] == "judgements_unusable" and str(asked) not in error["message"]
    assert str(asked) in caplog.text and QUESTION not in caplog.text


@pytest.mark.parametrize("path", ["/unanswered", "/unanswered/"])
def test_the_page_finds_what_it_loads(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.headers["content-type"].startswith("text/html")
    found = page.text.partition('<script type="module" src="')[2].partition('"')[0]
    assert client.get(str(page.url.join(found))).status_code == 200


# --- marking words of a document -------------------------------------------------------------------


def marked(client: TestClient, **changed: Any) -> tuple[dict[str, Any], str]:
    """Return a request that marks a sentence outside the first result, and the document's text."""
    cited = ask(client)["results"][0]["citation"]
    document = client.get(f"/v1/documents/{cited['document_id']}").json()
    text = document["text"]
    start = next(at for at in range(len(text)) if not cited["start"] <= at < cited["end"])
    place = {"document_id": document["id"], "sha256": document["sha256"],
             "start": start, "end": start + 9}  # fmt: skip
    body = {
        "kind": "marked",
        "question": QUESTION,
        "place": place,
        "excerpt": text[start : start + 9],
    }
    return body | changed, text


def test_any_words_of_a_document_can_be_marked(client: TestClient, judged: Path) -> None:
    sent, text = marked(client)
    assert client.post("/v1/judgements", json=sent).status_code == 201
    kept = json.loads(judged.read_text())
    start, end = sent["place"]["start"], sent["place"]["end"]
    assert (kept["span"], kept["judged"]["excerpt"]) == ([0, 9], text[start:end])
    assert (kept["judged"]["start"], kept["judged"]["end"]) == (start, end)
    cited = {name: kept["judged"][name] for name in ("id", "document_id", "source", "sha256")}
    holds = {"citation": {**cited, "start": start, "end": end}, "excerpt": text[start:end]}
    assert client.post("/v1/verify", json=holds).json()["holds"] is True
    assert texts(client) == []  # so the question has its answer


@pytest.mark.parametrize(
    ("change", "place", "code", "field"),
    [
        ({"excerpt": "something"}, {}, "quote_wrong", "excerpt"),
        ({}, {"sha256": "a" * 64}, "quote_wrong", "excerpt"),
        ({}, {"document_id": "d" + "0" * 16}, "quote_wrong", "excerpt"),
        ({}, {"start": 10_000_000, "end": 10_000_009}, "invalid_judgement", "place"),
        ({}, {"start": -9, "end": 0}, "invalid_judgement", "place"),
        ({"kind": "answers"}, {}, "invalid_judgement", "place"),
        ({"kind": "nothing"}, {}, "invalid_judgement", "place"),
        ({"excerpt": None}, {}, "invalid_judgement", "excerpt"),
        ({"excerpt": "x" * 1201}, {}, "invalid_judgement", "excerpt"),
        ({"span": {"start": 3, "end": 3}}, {}, "invalid_judgement", "span"),
    ],
    ids=str,
)
def test_what_cannot_be_marked(
    client: TestClient,
    judged: Path,
    change: dict[str, Any],
    place: dict[str, Any],
    code: str,
    field: str,
) -> None:
    sent, _ = marked(client, **change)
    sent["place"] |= place
    error = error_of(client.post("/v1/judgements", json=sent), 422)
    assert (error["code"], error["field"]) == (code, field)
    assert not judged.exists()
