"""Judgements as a judged set, and a judged set as judgements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa.engine import Engine
from qa.errors import DatasetError
from qa.evaluate.datasets import Gold, read_spans
from qa.judging.questions import as_lines, read_judgements
from qa.judging.told import Quoted, told_of
from tests.judging.made import WORDS, judgement

SAME: dict[str, Any] = {"question": "Where?", "searched": "Where do owls sleep?"}


def test_the_latest_judgement_of_an_excerpt_counts() -> None:
    (told,) = told_of(
        [
            judgement(1, kind="does_not", **SAME),
            judgement(2, kind="does_not", excerpt="Bees do not.", **SAME),
            judgement(3, kind="answers", **SAME),
            judgement(4, kind="marked", span=(0, 12), **SAME),
        ]
    )
    assert told.text == "Where do owls sleep?" and not told.nothing
    assert told.gold == [Quoted("owls.txt", WORDS), Quoted("owls.txt", WORDS[:12])]
    assert told.wrong == [Quoted("owls.txt", "Bees do not.")]


def test_nothing_answers_until_something_does() -> None:
    said = [judgement(1, **SAME), judgement(2, kind="nothing", **SAME)]
    (told,) = told_of(said)
    assert (told.nothing, told.gold) == (True, [])
    (told,) = told_of([*said, judgement(3, kind="does_not", **SAME)])
    assert (told.nothing, told.gold) == (True, [])
    (told,) = told_of([*said, judgement(3, **SAME)])
    assert (told.nothing, told.gold) == (False, [Quoted("owls.txt", WORDS)])


def test_a_judged_set_is_written(tmp_path: Path) -> None:
    said = [
        judgement(1, question="¿Dónde?", searched="¿Dónde duermen?"),
        judgement(2, kind="does_not"),
        judgement(3, kind="nothing"),
    ]
    (tmp_path / "questions.jsonl").write_bytes(as_lines(told_of(said)))
    found = read_spans(tmp_path).questions
    assert [(q.text, q.kind, q.gold, q.need) for q in found] == [
        ("¿Dónde duermen?", "judged", (Gold("owls.txt", WORDS),), "any"),
        ("Where do owls sleep (3)?", "judged", (), "any"),
    ]


def lines_of(path: Path, *entries: dict[str, Any]) -> Path:
    file = path / "questions.jsonl"
    file.write_text("".join(json.dumps({"id": n, "kind": "x", **entry}) + "\n"
                            for n, entry in enumerate(entries)), "utf-8")  # fmt: skip
    return file


def test_a_set_is_read_once_and_comes_back(engine: Engine, tmp_path: Path) -> None:
    source = next(iter(entry.source for entry in engine.documents(limit=1)))
    text = engine.document(engine.documents(limit=1)[0].id).text
    gold = [{"source": source, "quote": text[10:40]}, {"source": source, "quote": text[60:90]}]
    file = lines_of(tmp_path, {"question": "Who?", "gold": gold}, {"question": "Why?", "gold": []})
    made, again = read_judgements(file, engine, [])
    assert ([one.kind for one in made], again) == (["marked", "marked", "nothing"], 0)
    for one, piece in zip(made, gold, strict=False):
        assert one.judged and one.quote == piece["quote"] == text[slice(*one.place)]
        assert one.generation == engine.info.generation
    assert read_judgements(file, engine, made) == ([], 3)
    other = tmp_path / "again.jsonl"
    other.write_bytes(as_lines(told_of(made)))
    assert read_judgements(other, engine, made) == ([], 3)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"gold": [{"source": "none.txt", "quote": "a"}]}, "the index has no none.txt"),
        ({"gold": [{"source": "bridge.txt", "quote": "Nobody says this."}]}, "to the letter"),
        ({"history": ["Before?"]}, "a judgement keeps no history"),
        ({"filters": {"source": ["*.txt"]}}, "a judgement keeps no filters"),
        ({"need": "all"}, 'a judgement keeps no need "all"'),
        ({"gold": [{"source": "bridge.txt", "quote": "The", "grade": 2}]}, "keeps no grades"),
        ({"question": "x" * 2001}, "at most 2,000 are allowed"),
        ({"question": None}, '"question" is not a text'),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_named(
    engine: Engine, tmp_path: Path, entry: dict[str, Any], why: str
) -> None:
    file = lines_of(tmp_path, {"question": "Who?"}, {"question": "Who?", **entry})
    with pytest.raises(DatasetError, match=why) as refusal:
        read_judgements(file, engine, [])
    assert "questions.jsonl" in str(refusal.value)
