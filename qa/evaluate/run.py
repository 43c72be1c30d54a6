"""One evaluation, from a data set and an engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa.build.builder import Progress
from qa.encode import Encoder
from qa.engine import Engine
from qa.errors import UsageError
from qa.evaluate import relevance, spans
from qa.evaluate.corpora import ask_corpus, corpus_index
from qa.evaluate.datasets import JudgedCorpus, SpanSet
from qa.evaluate.measures import CORPUS_MEASURES, SPAN_MEASURES, Measure
from qa.evaluate.outcome import Evaluation, summarise
from qa.evaluate.runs import DEPTH
from qa.evaluate.serving import config_of, facts_of
from qa.evaluate.spans import RESULTS, Asking, ask_spans
from qa.settings import Settings


def measures_of(dataset: SpanSet | JudgedCorpus, wanted: Sequence[str]) -> tuple[Measure, ...]:
    """Return the measures of a data set, and those that are wanted besides.

    Raises UsageError for one that cannot be measured there, or that looks further than a ranking goes.
    """
    more = [Measure.parse(name) for name in wanted]
    for measure in more:
        if (measure.cutoff or 0) > DEPTH:
            raise UsageError(f"{measure} looks too far: a ranking has {DEPTH} results")
    if isinstance(dataset, SpanSet):
        spans.check_measures(more)
        return tuple(dict.fromkeys([*SPAN_MEASURES, *more]))
    relevance.check_measures(more)
    return tuple(dict.fromkeys([*CORPUS_MEASURES, *more]))


def evaluate_spans(
    dataset: SpanSet,
    engine: Engine,
    *,
    asking: Asking | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Ask a set of questions with quotes of an engine."""
    asking = asking or Asking()
    return summarise(
        dataset.name,
        ask_spans(dataset, engine, progress, asking),
        measures=asking.measures,
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
    measures: Sequence[Measure] = CORPUS_MEASURES,
    explained: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Rank a judged corpus, with an index of its own; see ``corpora.corpus_index``."""
    found = corpus_index(dataset, settings, index=index, encoder=encoder, progress=progress)
    return summarise(
        dataset.name,
        ask_corpus(dataset, found.engine, progress, measures=measures, explained=explained),
        measures=measures,
        index=facts_of(found.engine, found.build_seconds),
        config={**config_of(found.engine), "depth": DEPTH, "queries": dataset.queries_from},
    )
