"""Figures of the results: their order, the sentence marked, the words that answer, the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from asking import SEEDS, Bench, Line
from scoring import exact_match, median_ratio, spread, token_f1

from qa.evaluate.corpora import corpus_index
from qa.evaluate.datasets import JudgedCorpus, read_dataset, read_spans
from qa.evaluate.measures import Figure, Measure, mean_of, undefined
from qa.evaluate.run import evaluate_spans
from qa.records import Question
from qa.search.answers import EFFORTS
from qa.settings import Settings

_WARM_UP = 10


def hits(bench: Bench) -> Iterator[Line]:
    """hit@1 and hit@5 of the sample archive, as much is read as each setting says."""
    answerable = tuple(q for q in bench.seeds_questions if q.gold)
    dataset = replace(read_spans(SEEDS), questions=answerable)
    for reading in EFFORTS:
        found = evaluate_spans(dataset, bench.other(bench.seeds_engine, reading))
        for measure in (Measure("Success", 1), Measure("Success", 5)):
            value = found.figure(measure) or undefined(0)
            yield Line(f"{measure.key}.{reading}", f"seeds, {measure}, reading={reading}", value)


def marked(bench: Bench) -> Iterator[Line]:
    """Whether the sentence marked in the first result holds an answer, where that result is right."""
    for name, known in (("xquad", bench.xquad), ("seeds", bench.seeds)):
        right = [asked.marked for asked in known if asked.right]
        yield Line(f"marked.{name}", f"{name}, marked sentence holds an answer", mean_of(right))


def words(bench: Bench) -> Iterator[Line]:
    """The words that answer, against XQuAD's: token F1 and exact match."""
    for key, text, known in (
        ("all", "all questions", bench.xquad),
        ("right", "right paragraph first", [asked for asked in bench.xquad if asked.right]),
    ):
        given = [a.first.answer.text if a.first and a.first.answer else None for a in known]
        pairs = list(zip(given, (asked.answers for asked in known), strict=True))
        f1 = mean_of([token_f1(answer, wanted) for answer, wanted in pairs])
        exact = mean_of([exact_match(answer, wanted) for answer, wanted in pairs])
        yield Line(f"f1.{key}", f"XQuAD, token F1, {text}", f1)
        yield Line(f"exact.{key}", f"XQuAD, exact match, {text}", exact)


def times(bench: Bench) -> Iterator[Line]:
    """The time of a question in process on SciFact, each setting beside ``off`` in turn."""
    dataset = read_dataset("scifact", str(bench.datasets))
    assert isinstance(dataset, JudgedCorpus)
    place = bench.work / "scifact"
    found = corpus_index(dataset, Settings(), index=place, progress=bench.progress)
    engines = {reading: bench.other(found.engine, reading) for reading in EFFORTS}
    texts = spread([dataset.queries[q] for q in dataset.qrels if q in dataset.queries], bench.few)
    bench.progress.say(f"asking {len(texts):,} questions three ways")
    took: dict[str, list[float]] = {reading: [] for reading in EFFORTS}
    for number, text in enumerate(texts[:_WARM_UP] + texts):
        # Who goes first changes: what the one before left in the caches is nobody's gain.
        for turn in range(len(EFFORTS)):
            reading = EFFORTS[(number + turn) % len(EFFORTS)]
            began = time.perf_counter()
            engines[reading].ask(Question(text))
            took[reading].append((time.perf_counter() - began) * 1000)
    took = {reading: values[len(texts[:_WARM_UP]) :] for reading, values in took.items()}
    for reading in EFFORTS[1:]:
        ratio = round(median_ratio(took[reading], took["off"]), 3)
        line = Figure(ratio, None, None, len(texts))
        yield Line(f"time.{reading}", f"SciFact, p50 of a question, {reading} / off", line)
    bench.details["times_ms"] = {name: sorted(values) for name, values in took.items()}
