"""Which language a question is in: told where it is sure, and only there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from qa.text.language import NAMES, is_function_word, question_language, text_languages
from tests.conftest import ROOT

FRAMES = [
    json.loads(line)
    for line in (ROOT / "eval" / "frames" / "languages.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("¿Cuántas personas murieron en la nevada?", "es"),
        ("cuantas personas murieron en la nevada", "es"),
        ("Wie viele Schiffe lagen im Hafen?", "de"),
        ("Combien de bateaux étaient dans le port ?", "fr"),
        ("Quanti pescatori vivono in questa casa?", "it"),
        ("Quantos barcos não voltaram ao porto?", "pt"),
        ("Hoeveel schepen lagen er in de haven?", "nl"),
        ("Kuinka monta laivaa oli satamassa?", "fi"),
        ("Сколько кораблей было в порту?", "ru"),
        ("港にはいくつの船がありましたか", "ja"),
        ("港口有多少艘船？", "zh"),
        ("항구에 배가 몇 척 있었나요?", "ko"),
        ("πόσα πλοία ήταν στο λιμάνι;", "el"),
        # Decomposed letters are the same letters.
        ("Combien de bateaux e\u0301taient dans le port ?", "fr"),
        ("How many ships lay in the harbour?", None),
        ("Who wrote 'Cien años de soledad'?", None),
        ("Who was the captain of the Reina de los Mares?", None),
        ("Does the Café de la Paix open on Sunday?", None),
        ("harbour fees", None),
        ("Solvang", None),
        ("", None),
        ("1872?", None),
    ],
)
def test_a_question_to_an_english_archive(question: str, language: str | None) -> None:
    assert question_language(question) == language


def test_the_archives_own_languages_are_never_told() -> None:
    assert question_language("¿Cuántas personas murieron?", ("es",)) is None
    assert question_language("¿Cuántas personas murieron?", ("en", "es")) is None
    assert question_language("How many people were there?", ("es",)) == "en"
    assert question_language("港口有多少艘船？", ("zh",)) is None


def test_the_open_questions_of_eval_frames() -> None:
    asked = [one for one in FRAMES if one["set"] == "open"]
    foreign = [one for one in asked if one["language"] != "en"]
    told = sum(question_language(one["question"]) is not None for one in foreign)
    named = sum(question_language(one["question"]) == one["language"] for one in foreign)
    assert told >= 0.95 * len(foreign)
    assert named >= 0.9 * len(foreign)
    assert not [
        one for one in asked if one["language"] == "en" and question_language(one["question"])
    ]


def test_an_archives_languages() -> None:
    english = "The harbour was dug by four hundred dockers, and it was the first of its kind there."
    spanish = "El puerto fue excavado por los obreros y no había otro como este en toda la costa."
    assert text_languages([english] * 3) == ("en",)
    assert text_languages([english] * 2 + [spanish]) == ("en", "es")
    assert text_languages([english] * 30 + [spanish]) == ("en",)
    assert text_languages(["港口有多少艘船"]) == ("zh",)
    assert text_languages(["12 34", "harbour", ""]) == ()


def test_function_words() -> None:
    assert is_function_word("cuantas", ("es",))
    assert not is_function_word("cuantas", ("en",))
    assert is_function_word("doesnt", ("en",))
    assert not is_function_word("harbour", NAMES)


@pytest.mark.skipif("QA_DATASETS" not in os.environ, reason="wants the data set xquad")
def test_xquad_in_two_languages() -> None:
    folder = Path(os.environ["QA_DATASETS"]) / "xquad"

    def told(name: str) -> float:
        lines = (folder / name).read_text("utf-8").splitlines()
        questions = [json.loads(line)["text"] for line in lines]
        return sum(question_language(one) is not None for one in questions) / len(questions)

    assert told("queries_es.jsonl") >= 0.99
    assert told("queries.jsonl") <= 0.002
