"""Judgements that are made up, without an index."""

from __future__ import annotations

from dataclasses import replace

from qa.judging.judgement import Judged, Judgement, Kind
from qa.records import citation_id, document_id

WORDS = "Owls sleep by day in the old mill."


def judgement(number: int = 0, **values: object) -> Judgement:
    """Return a judgement of the excerpt WORDS of "owls.txt"; ``number`` tells it from others."""
    source = str(values.pop("source", "owls.txt"))
    excerpt = str(values.pop("excerpt", WORDS))
    kind: Kind = values.pop("kind", "answers")  # type: ignore[assignment]  # who calls gives a kind
    id, sha256 = document_id(source), "a" * 64
    judged = Judged(
        citation_id(id, sha256, 5, 5 + len(excerpt)),
        id,
        source,
        sha256,
        5,
        5 + len(excerpt),
        excerpt,
    )
    whole = Judgement(
        id=f"j{number:016x}",
        time="2026-01-02T03:04:05+00:00",
        kind=kind,
        question=f"Where do owls sleep ({number})?",
        searched=f"Where do owls sleep ({number})?",
        generation="g1",
        judged=None if kind == "nothing" else judged,
    )
    return replace(whole, **values)  # type: ignore[arg-type]  # who calls gives fields of a judgement
