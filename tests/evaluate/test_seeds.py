from __future__ import annotations

from pathlib import Path

import pytest

from qa.engine import Engine
from qa.evaluate.datasets import read_spans
from qa.evaluate.gates import GATES_FILE, check, fallen, gates_for, read_gates
from qa.evaluate.run import evaluate_spans
from qa.search.followup import resolve

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("dataset", ["eval/seeds", "eval/conversations"])
def test_the_project_holds_its_own_gates(
    dataset: str, model_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    gates = gates_for(read_gates(GATES_FILE), dataset, "")
    assert gates
    evaluation = evaluate_spans(read_spans(Path(dataset)), model_engine)
    assert fallen(check(gates, evaluation)) == ""


def test_the_conversations_quote_the_archive_to_the_letter() -> None:
    dataset = read_spans(ROOT / "eval/conversations")
    for question in dataset.questions:
        assert 1 <= len(question.history) <= 2, question.id
        assert question.gold, question.id
        for gold in question.gold:
            text = (ROOT / "seeds" / gold.source).read_bytes().decode("utf-8")
            assert text.count(gold.quote) == 1, question.id
            assert 60 <= len(gold.quote) <= 400, question.id
    assert sum(question.kind != "spanish" for question in dataset.questions) >= 30


def test_a_history_does_not_drag_questions_that_stand_on_their_own() -> None:
    questions = read_spans(ROOT / "eval/seeds").questions
    texts = [question.text for question in questions]
    dragged = [
        text
        for before, last, text in zip(texts[-2:] + texts, texts[-1:] + texts, texts, strict=False)
        if resolve(text, [before, last]).question != text
    ]
    assert len(dragged) <= len(texts) / 100
