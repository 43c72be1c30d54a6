"""What ``explain`` says can be checked against the answer and the store."""

from __future__ import annotations

import pytest

from qa.engine import Engine
from qa.records import Question


def test_it_is_given_when_it_is_asked_for(engine: Engine) -> None:
    assert engine.ask(Question("owls at night")).results[0].explain is None


def test_stages_words_and_spans_are_those_of_the_result(engine: Engine) -> None:
    answer = engine.ask(Question("the owls at night", explain=True, k=3))
    hits = {hit.id: hit for hit in engine.rank("the owls at night", depth=40)}
    places = []
    for result in answer.results:
        found = result.explain
        assert found is not None
        places.append(found["place"])
        spans = [(span["start"], span["end"]) for span in found["merged"]]
        assert min(start for start, _ in spans) == result.citation.start
        assert max(end for _, end in spans) == result.citation.end
        assert len(found["copies"]) == len(result.also)
        stages = found["stages"]
        total = sum(stage["weight"] for stage in stages.values())
        ceiling = sum({word["term"]: word["ceiling"] for word in found["words"]}.values())
        share = stages["lexical"]["score"] / ceiling
        mean = (
            stages["dense"]["weight"] * stages["dense"]["score"]
            + stages["lexical"]["weight"] * share
            + stages["late"]["weight"] * stages["late"]["score"]
            + stages["sentence"]["weight"] * stages["sentence"]["score"]
        ) / total
        assert mean == pytest.approx(result.score, abs=1e-3)
        shares = sum({word["term"]: word["share"] for word in found["words"]}.values())
        assert shares == pytest.approx(stages["lexical"]["score"], abs=1e-3)
        assert all(1 <= stage["rank"] <= found["candidates"] for stage in stages.values())
    assert places == sorted(places) and places[0] == 1
    assert [word["word"] for word in answer.results[0].explain["words"]] == ["owls", "night"]
    assert hits
