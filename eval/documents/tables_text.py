"""Tables of HTML, Markdown and CSV: are their rows whole, and read with their header?

A label is a table: its file, the cells of its header, and those of some of its rows. A row is right
where a passage holds it as one line with every cell in its place, empty ones too, and has the cells of
the header in its context or in its text. A row of a CSV file is right where a passage has its filled
cells as "column: value" lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa.build.passages import Splitting, split
from qa.corpus.contents import contents
from qa.corpus.reading import Options
from qa.records import Document, Passage

HERE = Path(__file__).parent / "tables_text"
FLOORS = {"rows whole, with header": 0.98}


def measure() -> dict[str, float]:
    """Return the share of labelled rows that are right."""
    right = total = 0
    for label in map(json.loads, (HERE / "labels.jsonl").read_text("utf-8").splitlines()):
        passages = list(_passages(label["file"]))
        for row in label["rows"]:
            total += 1
            right += any(_holds(passage, label["header"], row) for passage in passages)
    return {"rows whole, with header": right / total}


def _passages(name: str) -> Iterator[Passage]:
    with (HERE / name).open("rb") as file:
        for document in contents(name, file, Options()):
            if isinstance(document, Document):
                yield from split(document, Splitting(), _token_starts)


def _token_starts(text: str) -> list[int]:
    return [found.start() for found in re.finditer(r"\w{1,6}|[^\w\s]", text)]


def _holds(passage: Passage, header: Sequence[str], row: Sequence[str]) -> bool:
    lines = passage.text.splitlines()
    named = [f"{name}: {cell}" for name, cell in zip(header, row, strict=False) if cell]
    if all(line in lines for line in named):
        return True
    if list(map(_plain, row)) not in (_cells(line) for line in lines):
        return False
    read = _plain(f"{passage.context} {passage.text}")
    return all(_plain(name) in read for name in header)


def _cells(line: str) -> list[str]:
    """Return the cells of a row; a border before the first one and behind the last one is none's."""
    cells = re.split(r"(?<!\\)\|", line)
    if line.startswith("| ") and line.endswith(" |"):
        cells = cells[1:-1]
    return list(map(_plain, cells))


def _plain(words: str) -> str:
    return " ".join(words.split())
