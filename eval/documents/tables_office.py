"""Tables of DOCX, ODT and PPTX: are their rows whole, and read with their header?

A label is a table: its file, the cells of its header where it has one, and those of some of its rows,
spanned cells repeated. A row is right where a passage holds it as one line with every cell in its
place, empty ones too, and has the cells of the header in its context or in its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from qa.build.passages import Splitting, split
from qa.corpus import read_document
from qa.records import Passage

HERE = Path(__file__).parent / "tables_office"
_BORDER = re.compile(r"(?:^|(?<= ))\|(?= |$)")
FLOORS = {"rows whole": 0.98, "rows whole, with header": 0.98}


def measure() -> dict[str, float]:
    """Return the share of labelled rows that are whole, and of those that have their header besides."""
    whole = headed = total = 0
    for label in map(json.loads, (HERE / "labels.jsonl").read_text("utf-8").splitlines()):
        for row in label["rows"]:
            total += 1
            holding = [passage for passage in _passages(label["file"]) if _holds(passage, row)]
            whole += bool(holding)
            headed += any(_names(passage, label["header"]) for passage in holding)
    return {"rows whole": whole / total, "rows whole, with header": headed / total}


@cache
def _passages(name: str) -> tuple[Passage, ...]:
    document = read_document(name, (HERE / name).read_bytes())
    return tuple(split(document, Splitting(), _token_starts))


def _token_starts(text: str) -> list[int]:
    return [found.start() for found in re.finditer(r"\w{1,6}|[^\w\s]", text)]


def _holds(passage: Passage, row: Sequence[str]) -> bool:
    lines = (map(str.strip, _BORDER.split(line)) for line in passage.text.splitlines())
    return any(list(cells) == row for cells in lines)


def _names(passage: Passage, header: Sequence[str]) -> bool:
    read = f"{passage.context} {passage.text}"
    return all(name in read for name in header)
