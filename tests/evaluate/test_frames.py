"""The frames, the small talk and the questions in several languages have the form their README describes."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

FRAMES = Path(__file__).parents[2] / "eval" / "frames"
GROUPS = {"frames.jsonl": "family", "smalltalk.jsonl": "asks", "languages.jsonl": "language"}
TEXTS = {"frames.jsonl": "frame", "smalltalk.jsonl": "message", "languages.jsonl": "question"}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FRAMES / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", GROUPS)
def test_ids_and_texts_stand_once_and_every_second_line_of_a_group_is_held(name: str) -> None:
    read = rows(name)
    assert len({row["id"] for row in read}) == len(read)
    assert len({row[TEXTS[name]].casefold() for row in read}) == len(read)
    for group, lines in groupby(read, key=lambda row: row[GROUPS[name]]):
        sets = [row["set"] for row in lines]
        assert sets == ["open", "held"] * (len(sets) // 2), group


def test_a_frame_has_one_place_for_the_question() -> None:
    frames = rows("frames.jsonl")
    for row in frames:
        assert row["frame"].count("{q}") == 1, row["id"]
        assert row["frame"] != "{q}", row["id"]
    families = Counter(row["family"] for row in frames)
    assert len(families) == 8
    assert min(families.values()) >= 6


def test_each_set_has_a_frame_with_a_long_text_before_the_question() -> None:
    before = {"open": 0, "held": 0}
    for row in rows("frames.jsonl"):
        words = len(row["frame"].split("{q}")[0].split())
        before[row["set"]] = max(before[row["set"]], words)
    assert min(before.values()) > 300


def test_as_many_messages_ask_as_do_not() -> None:
    assert Counter(row["asks"] for row in rows("smalltalk.jsonl")) == {True: 40, False: 40}


def test_the_languages_are_those_described() -> None:
    numbers = {"en": 60, "es": 12, "fr": 12, "de": 12, "pt": 12, "it": 12}
    assert Counter(row["language"] for row in rows("languages.jsonl")) == numbers
