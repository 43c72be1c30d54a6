"""Titles of web pages: is the title one that its author would call the page by, or rightly none?

A label is a page's file and the titles that are right; null among them where none is right too.
"""

from __future__ import annotations

import json
from pathlib import Path

from qa.corpus import read_document

HERE = Path(__file__).parent / "titles_html"
FLOORS = {"right or rightly none": 0.95}


def measure() -> dict[str, float]:
    """Return the share of pages whose title is right."""
    labels = [*map(json.loads, (HERE / "labels.jsonl").read_text("utf-8").splitlines())]
    right = sum(_title(label["file"]) in label["titles"] for label in labels)
    return {"right or rightly none": right / len(labels)}


def _title(name: str) -> str | None:
    return read_document(name, (HERE / name).read_bytes()).title
