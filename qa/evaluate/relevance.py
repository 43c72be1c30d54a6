"""What judgements of documents say of a ranking, whoever made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.errors import UsageError
from qa.evaluate.datasets import Gold, JudgedCorpus, Row
from qa.evaluate.measures import CORPUS_MEASURES, Measure
from qa.evaluate.outcome import First, Outcome, Shown
from qa.evaluate.runs import Scored


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question found: documents, best first, and what is told of the first ones."""

    ranked: tuple[Scored, ...] = ()
    first: First | None = None
    top: tuple[Shown, ...] = ()
    took_ms: float = 0.0


def figures_of(
    qrels: Mapping[str, Mapping[str, int]],
    runs: Mapping[str, Sequence[str]],
    measures: Sequence[Measure] = CORPUS_MEASURES,
) -> dict[str, dict[Measure, float]]:
    """Return each judged question's measures, by ir_measures; 0 for one that has no run.

    ``runs`` has ids of documents, best first. They are handed over with their ranks for scores:
    trec_eval, which computes some of the measures, breaks ties by the highest id.
    """
    import ir_measures

    names = {ir_measures.parse_measure(str(m)): m for m in measures if m.of_ranking}
    judged = [
        ir_measures.Qrel(query, document, grade)
        for query, grades in qrels.items()
        for document, grade in grades.items()
    ]
    run = [
        ir_measures.ScoredDoc(query, document, float(-rank))
        for query in qrels
        for rank, document in enumerate(runs.get(query, ()), start=1)
    ]
    figures = {query: dict.fromkeys(names.values(), 0.0) for query in qrels}
    for found in ir_measures.iter_calc(list(names), judged, run):
        figures[found.query_id][names[found.measure]] = float(found.value)
    return figures


def check_measures(measures: Sequence[Measure]) -> None:
    """Raise UsageError for a measure that judgements of documents do not have."""
    for measure in measures:
        if not measure.of_ranking:
            raise UsageError(f"{measure} is of answers as they are shown: a judged corpus has none")


def outcomes_of(
    dataset: JudgedCorpus, found: Mapping[str, Asked], measures: Sequence[Measure]
) -> list[Outcome]:
    """Judge what was found for each question; one that found nothing scores 0."""
    runs = {query: [one.id for one in asked.ranked] for query, asked in found.items()}
    figures = figures_of(dataset.qrels, runs, measures)
    rows = {row.id: row for row in dataset.rows}
    return [
        Outcome(
            id=query,
            question=dataset.queries.get(query, ""),
            kind="",
            answerable=True,
            apart=False,
            figures=figures[query],
            rank=next(
                (n for n, id in enumerate(runs[query], start=1) if grades.get(id, 0) > 0), None
            ),
            first=found[query].first,
            gold=tuple(_gold(document, rows) for document, grade in grades.items() if grade > 0),
            took_ms=found[query].took_ms,
            digest=dataset.digest_of(query),
            ranked=found[query].ranked,
            top=found[query].top,
        )
        for query, grades in dataset.qrels.items()
    ]


def _gold(document: str, rows: Mapping[str, Row]) -> Gold:
    """Return the beginning of a judged document, for people to read."""
    row = rows.get(document)
    return Gold(document, "(not in the corpus)" if row is None else text_of(row))


def text_of(row: Row, most: int = 400) -> str:
    """Return the beginning of a document, for people to read."""
    text = f"{row.title}\n{row.text}".strip()
    return text if len(text) <= most else text[: most - 1] + "…"
