"""Whether the characters of a plain text are read right, whatever encoding it is in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from qa.corpus.decode import NotTextError, decode

FOLDER = Path(__file__).parent / "text_encodings"
FLOORS = {"right": 0.99}


def wrong() -> Iterator[tuple[str, str, str]]:
    """Yield the file, its codec and the one that was told, for each text that is read wrong."""
    for line in (FOLDER / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        data = (FOLDER / label["file"]).read_bytes()
        try:
            text, codec = decode(data)
        except NotTextError as error:
            text, codec = "", str(error)
        if text != data.decode(label["codec"], "replace"):
            yield label["file"], label["codec"], codec


def measure() -> dict[str, float]:
    """Return the share of the texts whose every character is right."""
    labels = (FOLDER / "labels.jsonl").read_text("utf-8").splitlines()
    return {"right": 1 - len(list(wrong())) / len(labels)}
