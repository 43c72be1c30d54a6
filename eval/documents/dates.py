"""Whether a document has the date of publication that it gives, or none where it gives none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from qa.corpus.readers import read_document

FOLDER = Path(__file__).parent / "dates"
FLOORS = {"right": 0.98, "not false": 0.99}
"""A date is false that is another than the document's, or where it has none."""


def dated() -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each file with the date that it gives and the one that is found."""
    for line in (FOLDER / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        document = read_document(label["file"], (FOLDER / label["file"]).read_bytes())
        found = document.published
        yield label["file"], label["published"], found.value if found else None


def measure() -> dict[str, float]:
    """Return the share of documents whose date is right, and of those without a false one."""
    pairs = [(right, found) for _, right, found in dated()]
    false = sum(found is not None and found != right for right, found in pairs)
    right = sum(found == right for right, found in pairs)
    return {"right": right / len(pairs), "not false": 1 - false / len(pairs)}
