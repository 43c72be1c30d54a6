from __future__ import annotations

from pathlib import Path

from qa.evaluate.datasets import read_spans
from qa.search.followup import resolve

ROOT = Path(__file__).parents[2]


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
