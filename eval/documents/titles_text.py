"""Whether a plain text has the title that it gives itself, or none where it gives none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from qa.corpus.readers import read_document

FOLDER = Path(__file__).parent / "titles_text"
FLOORS = {"right": 0.95}


def titled() -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each file with the title that it gives and the one that is found."""
    for line in (FOLDER / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        document = read_document(label["file"], (FOLDER / label["file"]).read_bytes())
        yield label["file"], label["title"], document.title


def measure() -> dict[str, float]:
    """Return the share of texts whose title, or whose having none, is right."""
    pairs = [(right, found) for _, right, found in titled()]
    return {"right": sum(right == found for right, found in pairs) / len(pairs)}
