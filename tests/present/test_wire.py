"""Every face shows an answer in the one shape that is described."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from qa.api import schemas
from qa.integrations.found import metadata
from qa.mcp.schemas import ASK
from qa.present import shapes
from qa.present.chat import Reply, message_of
from qa.present.completion import completion_body
from qa.present.wire import answer_body, citation_body, json_bytes, json_pieces
from tests.answers import answer, cited, marked

BASE = "http://archive.example"


def sent(body: Any) -> Any:
    return json.loads(json_bytes(body))


def example(explain: dict[str, Any] | None = None) -> Any:
    other = cited(3, "Another copy.").citation
    return answer(replace(marked(1), also=(other,), explain=explain), cited(2, "Nothing."))


def test_a_body_is_its_shape_field_for_field_in_order() -> None:
    body = sent(answer_body(example({"terms": []}), BASE))
    assert list(body) == list(shapes.Answer.model_fields)
    assert list(body["results"][0]) == list(shapes.Result.model_fields)
    for citation in (body["results"][0]["citation"], *body["results"][0]["also"]):
        assert list(citation) == list(shapes.Citation.model_fields)
    parsed = shapes.Answer.model_validate(body, strict=True)
    assert parsed.model_dump(exclude_unset=True) == body


def test_who_does_not_ask_for_an_explanation_is_sent_no_field_for_it() -> None:
    body = answer_body(example(), BASE)
    assert "explain" not in body["results"][0]
    # This is what the tools promise, so that their schema has no such field.
    jsonschema.validate(sent(body), {**ASK, "additionalProperties": False})
    assert "explain" not in json.dumps(ASK)


def test_a_field_that_no_record_has_cannot_be_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    class More(shapes.Citation):
        shelf: str

    monkeypatch.setattr(shapes, "Citation", More)
    with pytest.raises(AttributeError, match="shelf"):
        answer_body(example(), BASE)


def test_every_face_has_every_field_of_a_citation() -> None:
    found = example()
    result = replace(found.results[0], citation=replace(found.results[0].citation, page=3))
    names = set(shapes.Citation.model_fields)
    body = citation_body(result.citation, BASE)
    assert set(body) == names

    assert set(schemas.CitationIn.model_fields) == names
    tool = ASK["properties"]["results"]["items"]["properties"]["citation"]
    assert set(tool["properties"]) == set(tool["required"]) == names
    message = message_of(found, BASE)
    chat = completion_body(Reply("c", 1, found, message, BASE, asked=1))["cited_qa"]
    assert chat == {"offsets": "Unicode code points", **answer_body(found, BASE)}

    renamed = {"id": "citation_id", "start": "start_index", "end": "end_index"}
    known = {renamed.get(n, n): value for n, value in body.items() if value is not None}
    assert known.items() <= metadata(found, result, BASE).items()


@pytest.mark.parametrize("text", ["a\ud800b", "a\u2028b", "line\nfeed", ""])
def test_json_is_one_line_whoever_reads_lines(text: str) -> None:
    data = json_bytes({"text": text, "of": [text]})
    assert len(data.decode().splitlines()) == 1
    assert json.loads(data)["text"] == text.replace("\ud800", "\ufffd")
    assert b"".join(json_pieces({"text": text, "of": [text]})) == data
