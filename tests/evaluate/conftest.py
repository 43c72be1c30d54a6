"""Two small judged sets: questions with quotes about the small archive, and a judged corpus."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from qa.settings import Settings

QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "fact-1",
        "question": "What does a steamer pay in the harbour?",
        "kind": "fact",
        "gold": [
            {
                "source": "notes/harbour.md",
                "quote": "A steamer pays forty crowns, and sixty in August.",
            }
        ],
        "need": "any",
    },
    {
        "id": "fact-2",
        "question": "How far did engineers move the iron bridge?",
        "kind": "fact",
        "gold": [
            {"source": "bridge.txt", "quote": "Engineers jacked the iron bridge eleven metres"},
            {
                "source": "copy of bridge.txt",
                "quote": "Engineers jacked the iron bridge eleven metres",
            },
        ],
        "need": "any",
    },
    {
        "id": "several-1",
        "question": "What do owls hunt, and what does a cow cost on the ferry?",
        "kind": "several",
        "gold": [
            {"source": "markup.txt", "quote": "Owls hunt voles at dusk."},
            {"source": "tariff.txt", "quote": "A cow crosses for £3"},
        ],
        "need": "all",
    },
    {
        "id": "spanish-1",
        "question": "¿Cuántos muelles tiene el puerto?",
        "kind": "spanish",
        "gold": [{"source": "notes/harbour.md", "quote": "The harbour of Vellmar was dug in 1872"}],
        "need": "any",
    },
    {
        "id": "near-1",
        "question": "Who painted the harbour lighthouse?",
        "kind": "near",
        "gold": [],
        "need": "any",
    },
    {
        "id": "off-1",
        "question": "Which planet has the most moons?",
        "kind": "off",
        "gold": [],
        "need": "any",
    },
]

CORPUS = {
    "bees": ("Bees", "Bees carry pollen from flower to flower. A hive holds fifty thousand bees."),
    "owls": ("Owls", "Owls hunt voles at night. An owl turns its head far round."),
    "ferry": ("", "The ferry crosses the river every hour, and a cow costs three pounds."),
    "empty": ("", " "),
    "title only": ("The lighthouse keeper", ""),
}
QUERIES = {
    "q1": "who hunts voles at night",
    "q2": "how many bees in a hive",
    "q3": "never judged above nought",
    "q4": "lighthouse keeper",
}
QRELS = [
    ("q1", "owls", 2),
    ("q1", "bees", 0),
    ("q2", "bees", 1),
    ("q2", "gone", 1),
    ("q3", "owls", 0),
    ("q4", "title only", 1),
    ("q9", "owls", 1),
]


def write_lines(file: Path, entries: Sequence[Mapping[str, Any]]) -> Path:
    """Write a JSON-lines file."""
    lines = [json.dumps(entry, ensure_ascii=False) for entry in entries]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def write_corpus(folder: Path) -> Path:
    """Write the judged corpus in BEIR layout."""
    folder.mkdir()
    write_lines(
        folder / "corpus.jsonl",
        [{"_id": id, "title": title, "text": text} for id, (title, text) in CORPUS.items()],
    )
    write_lines(
        folder / "queries.jsonl", [{"_id": id, "text": text} for id, text in QUERIES.items()]
    )
    rows = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in QRELS)]
    (folder / "qrels.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder


@pytest.fixture
def spans(tmp_path: Path) -> Path:
    """A folder with questions about the small archive."""
    folder = tmp_path / "small-questions"
    folder.mkdir()
    write_lines(folder / "questions.jsonl", QUESTIONS)
    (folder / "dataset.toml").write_text('apart = ["spanish"]\n', "utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with a judged corpus."""
    return write_corpus(tmp_path / "small-corpus")


@pytest.fixture
def settings(index: Path, tmp_path: Path) -> Settings:
    """Settings on the small archive's index, with the test's folder for data sets."""
    return Settings(index=str(index), datasets=str(tmp_path))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder without gates of its own."""
    monkeypatch.chdir(tmp_path)
