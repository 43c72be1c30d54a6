"""One evaluation, from a data set and an engine."""

from __future__ import annotations

from pathlib import Path

from qa.build.builder import Progress
from qa.encode import Encoder
from qa.engine import Engine
from qa.evaluate.corpora import DEPTH, ask_corpus, corpus_index
from qa.evaluate.datasets import JudgedCorpus, SpanSet
from qa.evaluate.measures import CORPUS_MEASURES, SPAN_MEASURES
from qa.evaluate.outcome import Evaluation, summarise
from qa.evaluate.serving import config_of, facts_of
from qa.evaluate.spans import RESULTS, ask_spans
from qa.settings import Settings


def evaluate_spans(
    dataset: SpanSet, engine: Engine, *, progress: Progress | None = None
) -> Evaluation:
    """Ask a set of questions with quotes of an engine."""
    return summarise(
        dataset.name,
        ask_spans(dataset, engine, progress),
        measures=SPAN_MEASURES,
        index=facts_of(engine),
        config={
            **config_of(engine),
            "k": RESULTS,
            "history": any(question.history for question in dataset.questions),
        },
    )


def evaluate_corpus(
    dataset: JudgedCorpus,
    settings: Settings,
    *,
    index: Path | str | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Rank a judged corpus, with an index of its own; see ``corpora.corpus_index``."""
    found = corpus_index(dataset, settings, index=index, encoder=encoder, progress=progress)
    return summarise(
        dataset.name,
        ask_corpus(dataset, found.engine, progress),
        measures=CORPUS_MEASURES,
        index=facts_of(found.engine, found.build_seconds),
        config={**config_of(found.engine), "depth": DEPTH, "queries": dataset.queries_from},
    )
