"""``/v1/judgements``: what people judge is kept where the operator wants it, and nowhere else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.engine import Engine
from qa.errors import UsageError
from qa.settings import Settings
from tests.api.checks import error_of
from tests.api.keyed import Keyed
from tests.api.test_access import ELSEWHERE

QUESTION = "How many ships were counted in the winter?"
PATH = "/v1/judgements"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "judged.jsonl"


@pytest.fixture
def judging(index: Path, engine: Engine, place: Path) -> TestClient:
    """A client of a service that keeps judgements."""
    settings = Settings(judgements=str(place))
    app = create_app(index=index, settings=settings, engine=engine)
    return TestClient(app, raise_server_exceptions=False)


def body(client: TestClient, kind: str = "answers", **changed: Any) -> dict[str, Any]:
    """Return a judgement of the first result of a question."""
    answer = client.post("/v1/ask", json={"question": QUESTION}).json()
    first = answer["results"][0]
    return {
        "kind": kind, "question": QUESTION, "searched": answer["searched"],
        "citation": first["citation"], "excerpt": first["excerpt"], **changed,
    }  # fmt: skip


def lines(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.read_text("utf-8").splitlines()]


def test_by_default_nothing_is_kept(client: TestClient, tmp_path: Path) -> None:
    before = sorted(os.listdir())
    refused = error_of(client.post(PATH, json=body(client)), 404)
    assert refused["code"] == "judgements_off" and "setting judgements" in refused["message"]
    assert client.get("/v1/archive").json()["judging"] is False
    assert sorted(os.listdir()) == before


def test_a_judgement_is_on_the_disk(judging: TestClient, place: Path, engine: Engine) -> None:
    assert judging.get("/v1/archive").json()["judging"] is True
    assert not place.exists()
    sent = body(judging, question="And in the winter?")
    response = judging.post(PATH, json=sent)
    assert response.status_code == 201
    told = response.json()
    (kept,) = lines(place)
    assert told == {name: kept[name] for name in ("id", "time", "kind", "generation")}
    assert (kept["question"], kept["searched"]) == ("And in the winter?", sent["searched"])
    assert kept["generation"] == engine.info.generation
    assert kept["time"].endswith("+00:00") and kept["key"] is None and kept["span"] is None
    cited = {name: sent["citation"][name] for name in
             ("id", "document_id", "source", "sha256", "start", "end")}  # fmt: skip
    assert kept["judged"] == {**cited, "excerpt": sent["excerpt"]}
    document = judging.get(f"/v1/documents/{cited['document_id']}").json()
    assert document["text"][cited["start"] : cited["end"]] == kept["judged"]["excerpt"]


def test_each_kind(judging: TestClient, place: Path) -> None:
    assert judging.post(PATH, json=body(judging, "does_not")).status_code == 201
    marked = body(judging, "marked", span={"start": 2, "end": 9})
    assert judging.post(PATH, json=marked).status_code == 201
    nothing = {"kind": "nothing", "question": "Which spices go into a biryani?"}
    assert judging.post(PATH, json=nothing).status_code == 201
    one, two, three = lines(place)
    assert (one["kind"], two["span"]) == ("does_not", [2, 9])
    assert (three["judged"], three["searched"]) == (None, nothing["question"])


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"excerpt": "Ships were never counted."}, "quote_wrong", "excerpt"),
        ({"question": " "}, "question_blank", "question"),
        ({"question": "x" * 2001}, "question_too_long", "question"),
        ({"searched": "x" * 2001}, "question_too_long", "searched"),
        ({"question": "\0"}, "not_text", "question"),
        ({"excerpt": "x" * 1201}, "invalid_judgement", "excerpt"),
        ({"excerpt": None}, "invalid_judgement", "excerpt"),
        ({"citation": None}, "invalid_judgement", "citation"),
        ({"kind": "nothing"}, "invalid_judgement", "citation"),
        ({"kind": "perhaps"}, "invalid_value", "kind"),
        ({"kind": "marked"}, "invalid_judgement", "span"),
        ({"kind": "marked", "span": {"start": 3, "end": 3}}, "invalid_judgement", "span"),
        ({"kind": "marked", "span": {"start": -1, "end": 3}}, "invalid_judgement", "span"),
        ({"kind": "marked", "span": {"start": 0, "end": 5000}}, "invalid_judgement", "span"),
        ({"span": {"start": 0, "end": 3}}, "invalid_judgement", "span"),
        ({"time": "2020-01-01"}, "unknown_field", "time"),
        ({"generation": "g"}, "unknown_field", "generation"),
    ],
    ids=str,
)
def test_what_is_not_kept(
    judging: TestClient, place: Path, changed: dict[str, Any], code: str, field: str
) -> None:
    error = error_of(judging.post(PATH, json=body(judging, **changed)), 422)
    assert (error["code"], error["field"]) == (code, field)
    assert not place.exists()


def test_a_quote_that_differs_by_a_space_is_not_kept(judging: TestClient, place: Path) -> None:
    sent = body(judging)
    for excerpt in (sent["excerpt"] + " ", sent["excerpt"].replace(" ", "\u00a0", 1)):
        error = error_of(judging.post(PATH, json={**sent, "excerpt": excerpt}), 422)
        assert error["code"] == "quote_wrong"
    for name, value in (("start", sent["citation"]["start"] + 1), ("sha256", "a" * 64),
                        ("source", "other.txt"), ("id", "c" + "0" * 16),
                        ("document_id", "d" + "0" * 16)):  # fmt: skip
        wrong = {**sent, "citation": {**sent["citation"], name: value}}
        assert error_of(judging.post(PATH, json=wrong), 422)["code"] == "quote_wrong"
    assert not place.exists()


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_page_of_another_site_cannot_judge(
    judging: TestClient, place: Path, headers: dict[str, str]
) -> None:
    response = judging.post(PATH, json=body(judging), headers=headers)
    assert error_of(response, 403)["code"] == "cross_site"
    assert not place.exists()


def test_keys_say_who_judged(index: Path, engine: Engine, tmp_path: Path, place: Path) -> None:
    keyed = Keyed(tmp_path, index, engine, judgements=str(place))
    sent = body(keyed.client("ask"))
    error_of(keyed.client().post(PATH, json=sent), 401)
    error_of(keyed.client("revoked").post(PATH, json=sent), 401)
    assert not place.exists()
    for client in (keyed.client("ask"), keyed.browser("ask"), keyed.client("admin")):
        assert client.post(PATH, json=sent).status_code == 201
    ids = {scope: token.split("_")[1] for scope, token in keyed.tokens.items()}
    assert [one["key"] for one in lines(place)] == [ids["ask"], ids["ask"], ids["admin"]]
    foreign = keyed.browser("ask").post(PATH, json=sent, headers=ELSEWHERE[0])
    assert error_of(foreign, 403)["code"] == "cross_site"
    assert len(lines(place)) == 3


def test_a_key_in_a_question_is_not_kept(judging: TestClient, place: Path) -> None:
    secret = "s" * 43
    sent = body(
        judging, question=f"qa_0123abcd_{secret} owls", searched=f"owls qa_0123abcd_{secret}"
    )
    assert judging.post(PATH, json=sent).status_code == 201
    assert secret not in place.read_text() and "qa_0123abcd***" in place.read_text()


def test_judging_has_the_limits_of_asking(
    index: Path, engine: Engine, tmp_path: Path, place: Path
) -> None:
    limits = {"requests_per_minute": 3, "judgements": str(place)}
    client = Keyed(tmp_path, index, engine, **limits).client("ask")
    sent = body(client)
    statuses = [client.post(PATH, json=sent).status_code for _ in range(4)]
    assert statuses == [201, 201, 429, 429] and len(lines(place)) == 2


def test_a_full_file_takes_no_more(index: Path, engine: Engine, place: Path) -> None:
    settings = Settings(judgements=str(place), judgements_bytes=10_000)
    client = TestClient(create_app(index=index, settings=settings, engine=engine))
    sent = body(client)
    while (response := client.post(PATH, json=sent)).status_code == 201:
        assert place.stat().st_size <= 10_000
    error = error_of(response, 507)
    assert error["code"] == "judgements_full" and "judgements_bytes" in error["message"]
    assert len(lines(place)) >= 5


def test_a_file_that_cannot_be_used_is_told_in_the_log_only(
    judging: TestClient, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place.mkdir(parents=True)
    error = error_of(judging.post(PATH, json=body(judging)), 503)
    assert error["code"] == "judgements_unusable" and str(place) not in error["message"]
    assert str(place) in caplog.text and QUESTION not in caplog.text


def test_a_service_mends_the_file_as_it_starts(index: Path, engine: Engine, place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(b'{"id": "j')
    settings = Settings(judgements=str(place))
    create_app(index=index, settings=settings, engine=engine)
    assert place.read_bytes() == b""


def test_a_service_refuses_a_wrong_place(index: Path, engine: Engine, archive: Path) -> None:
    for place, where in ((index, "index folder"), (archive, "archive")):
        settings = Settings(judgements=str(place / "judged.jsonl"))
        with pytest.raises(UsageError, match=f"which lies in the {where}"):
            create_app(index=index, settings=settings, engine=engine)
