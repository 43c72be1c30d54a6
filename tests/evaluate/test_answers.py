"""The shortest answers and the mistyped questions of eval/seeds hold to the archive and its questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "eval" / "seeds"
TEXTS = {path.name: path.read_bytes().decode("utf-8") for path in (ROOT / "seeds").glob("*.txt")}


def rows(name: str) -> dict[str, dict[str, Any]]:
    lines = (SEEDS / name).read_text(encoding="utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    assert len({row["id"] for row in read}) == len(read), f"{name}: an id stands twice"
    return {row["id"]: row for row in read}


def places(question: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Source, start and end of each gold quote, in code points."""
    found = []
    for gold in question["gold"]:
        start = TEXTS[gold["source"]].index(gold["quote"])
        found.append((gold["source"], start, start + len(gold["quote"])))
    return found


def within(answer: dict[str, Any], place: tuple[str, int, int]) -> bool:
    source, start, end = place
    stop = answer["start"] + len(answer["text"])
    return bool(answer["source"] == source and start <= answer["start"] and stop <= end)


def test_every_shortest_answer_stands_in_its_document_to_the_letter() -> None:
    for name, row in rows("answers.jsonl").items():
        spots = set()
        for answer in row["answers"]:
            text, start = answer["text"], answer["start"]
            assert text.strip() == text != "", name
            assert TEXTS[answer["source"]][start : start + len(text)] == text, (name, text)
            spots.add((answer["source"], start, len(text)))
        assert len(spots) == len(row["answers"]), name


def test_a_shortest_answer_begins_and_ends_with_a_whole_word() -> None:
    for name, row in rows("answers.jsonl").items():
        for answer in row["answers"]:
            document, start = TEXTS[answer["source"]], answer["start"]
            stop = start + len(answer["text"])
            for left, right in ((start - 1, start), (stop - 1, stop)):
                if left >= 0 and right < len(document):
                    cut = document[left].isalnum() and document[right].isalnum()
                    assert not cut, (name, answer["text"])


def test_the_answerable_questions_and_no_others_have_shortest_answers() -> None:
    answered = {name for name, row in rows("answers.jsonl").items() if row["answers"]}
    questions = rows("questions.jsonl")
    assert answered == {name for name, question in questions.items() if question["gold"]}
    assert answered == set(rows("answers.jsonl"))


def test_shortest_answers_stand_in_the_quotes_that_the_questions_want() -> None:
    answers = rows("answers.jsonl")
    for name, question in rows("questions.jsonl").items():
        held = [
            any(within(answer, place) for answer in answers[name]["answers"])
            for place in places(question)
        ]
        if held:
            assert all(held) if question["need"] == "all" else any(held), name


def test_a_mistyped_question_differs_from_its_own_in_one_word() -> None:
    questions = rows("questions.jsonl")
    known = {
        word.strip("\"'?¿.,:;()“”").casefold()
        for word in " ".join(
            [
                *TEXTS.values(),
                *(row["question"] for row in questions.values() if row["kind"] != "typo"),
            ]
        ).split()
    }
    for name, row in rows("typos.jsonl").items():
        asked = questions[name]["question"]
        assert row["word"] in asked, name
        assert row["question"] == asked.replace(row["word"], row["typo"], 1) != asked, name
        assert row["typo"].casefold() not in known, name


def test_each_answerable_question_that_is_not_about_spelling_is_mistyped_once() -> None:
    wanted = {
        name
        for name, question in rows("questions.jsonl").items()
        if question["gold"] and question["kind"] not in {"typo", "name"}
    }
    assert set(rows("typos.jsonl")) == wanted
