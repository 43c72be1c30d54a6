"""Answers made by hand, for the tests of what people are shown."""

from __future__ import annotations

from typing import Any

from qa.records import Answer, Citation, Highlight, IndexInfo, Note, Result, ShortAnswer

INFO = IndexInfo(name="i", generation="g", model="m", passages=1, documents=1)
OWLS = "Owls sleep by day. In 2019 they counted 30 owls at dusk. Nobody knows why."
"""Its second sentence answers how many there are."""


def cited(rank: int, excerpt: str, *, title: str | None = "A title", **fields: Any) -> Result:
    """Return a result; fields other than ``highlights`` and ``short`` are its citation's."""
    highlights, short = fields.pop("highlights", ()), fields.pop("short", None)
    citation = Citation(
        **{
            "id": f"c{rank}", "document_id": f"d{rank}", "source": "a.txt", "title": title,
            "section": None, "published": None, "page": None, "start": 0, "end": len(excerpt),
            "line_start": 1, "line_end": 1, "sha256": "0" * 64, **fields,
        }
    )  # fmt: skip
    return Result(rank, 0.5, excerpt, highlights, citation, answer=short)


def span(excerpt: str, words: str) -> tuple[int, int]:
    """Return where ``words`` stand first."""
    start = excerpt.index(words)
    return start, start + len(words)


def marked(
    rank: int, excerpt: str = OWLS, sentence: str = "In 2019 they counted 30 owls at dusk.",
    words: str = "30", **fields: Any,
) -> Result:  # fmt: skip
    """Return a result whose ``sentence`` is highlighted, with the ``words`` in it that answer."""
    start, end = span(excerpt, sentence)
    at = start + sentence.index(words)
    short = ShortAnswer(at, at + len(words), words, 0.9)
    return cited(rank, excerpt, highlights=(Highlight(start, end),), short=short, **fields)


def answer(
    *results: Result, verdict: Any = "answered", searched: str = "q", notes: tuple[Note, ...] = ()
) -> Answer:
    """Return an answer to the question ``q``."""
    return Answer(
        question="q", searched=searched, verdict=verdict, confidence=None, results=results,
        filtered_out_undated=0, index=INFO, took_ms=1.0, notes=notes,
    )  # fmt: skip
