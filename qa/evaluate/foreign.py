"""A run that another program made, judged as our own is; see ``runs`` for its form."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from qa.build.builder import Progress, Silent
from qa.engine import Engine
from qa.errors import DatasetError
from qa.evaluate.datasets import JudgedCorpus, SpanQuestion, SpanSet
from qa.evaluate.measures import CORPUS_MEASURES, SPAN_MEASURES, Measure
from qa.evaluate.outcome import Evaluation, First, Outcome, Shown, summarise
from qa.evaluate.relevance import Asked, outcomes_of, text_of
from qa.evaluate.runs import Place, Run, Scored, place_of, read_run
from qa.evaluate.spans import RESULTS, Judged, Places, judge, locate
from qa.records import MAX_EXCERPT, Document


def evaluate_corpus_run(
    dataset: JudgedCorpus,
    file: Path,
    *,
    measures: Sequence[Measure] = CORPUS_MEASURES,
    progress: Progress | None = None,
) -> Evaluation:
    """Judge a run of a corpus. Raises DatasetError for a run of something else."""
    progress = progress or Silent()
    run = read_run(file)
    _tell_of(run, dataset.qrels, dataset.qrels, file, progress)
    rows = {row.id: row for row in dataset.rows}
    strange = {one.id for query in dataset.qrels for one in run.get(query, ())} - rows.keys()
    if strange:
        progress.say(
            f"{len(strange):,} documents of {file.name} are not in the corpus, such as {min(strange)}"
        )
    found = {}
    for query, grades in dataset.qrels.items():
        ranked = tuple(run.get(query, ()))
        top = tuple(
            Shown(
                id=one.id,
                title=(rows[one.id].title or None) if one.id in rows else None,
                excerpt=text_of(rows[one.id], MAX_EXCERPT) if one.id in rows else "",
                score=one.score,
                gain=max(0, grades.get(one.id, 0)),
            )
            for one in ranked[:RESULTS]
        )
        found[query] = Asked(ranked, _first(top[0].id, top[0]) if top else None, top)
    return summarise(
        dataset.name,
        outcomes_of(dataset, found, measures),
        measures=measures,
        index=None,
        config={"run": file.name, "queries": dataset.queries_from},
    )


def evaluate_span_run(
    dataset: SpanSet,
    engine: Engine,
    file: Path,
    *,
    measures: Sequence[Measure] = SPAN_MEASURES,
    progress: Progress | None = None,
) -> Evaluation:
    """Judge a run of questions with quotes by the engine's documents, whose spans it names.

    Raises DatasetError for a run of something else, and for what is no span of a document.
    """
    progress = progress or Silent()
    run = read_run(file)
    known = {question.id: question.gold for question in dataset.questions}
    _tell_of(run, known, [id for id, gold in known.items() if gold], file, progress)
    places = locate(dataset, engine)
    ids = {entry.source: entry.id for entry in engine.store.listing()}
    read: dict[str, Document] = {}
    strange: set[str] = set()
    outcomes = []
    long = 0
    for question in dataset.questions:
        ranked = []
        for one in run.get(question.id, ()):
            where = f"{file}, question {question.id}"
            place = place_of(where, one.id)
            ranked.append(Scored(one.id, one.score, place))
            if place.source not in ids:
                strange.add(place.source)
                continue
            if place.source not in read:
                read[place.source] = engine.document(ids[place.source])
            length = len(read[place.source].text)
            if place.end > length:
                raise DatasetError(
                    f"{where}: {one.id} ends after the document, which has {length:,} characters: "
                    "offsets are code points of its text"
                )
            long += place.end - place.start > MAX_EXCERPT
        outcomes.append(_outcome(dataset, question, ranked, places[question.id], read, measures))
    if strange:
        progress.say(
            f"sources of {file.name} that are not in the index: {len(strange):,}, such as {min(strange)}"
        )
    if long:
        progress.say(
            f"{long:,} spans of {file.name} are longer than {MAX_EXCERPT:,} characters, which no "
            "excerpt of ours is: the longer a span, the more quotes it covers"
        )
    return summarise(
        dataset.name, outcomes, measures=measures, index=None, config={"run": file.name}
    )


def _outcome(
    dataset: SpanSet,
    question: SpanQuestion,
    ranked: Sequence[Scored],
    places: Places,
    read: Mapping[str, Document],
    measures: Sequence[Measure],
) -> Outcome:
    spans = [one.place for one in ranked if one.place]
    judged: Judged = judge(question, spans, places, measures)
    top = tuple(
        Shown(one.id, _title(place, read), _text(place, read), one.score, gain)
        for one, place, gain in zip(ranked[:RESULTS], spans, judged.gains, strict=False)
    )
    return Outcome(
        id=question.id,
        question=question.text,
        kind=question.kind,
        answerable=bool(question.gold),
        apart=question.kind in dataset.apart,
        figures=judged.figures,
        rank=judged.rank,
        first=_first(spans[0].source, top[0]) if top else None,
        gold=question.gold,
        lengths=tuple(place.end - place.start for place in spans[:RESULTS]),
        digest=question.digest,
        ranked=tuple(ranked),
        top=top,
    )


def _first(source: str, shown: Shown) -> First:
    return First(source, shown.title, shown.excerpt, shown.gain > 0)


def _title(place: Place, read: Mapping[str, Document]) -> str | None:
    return read[place.source].title if place.source in read else None


def _text(place: Place, read: Mapping[str, Document]) -> str:
    if place.source not in read:
        return ""
    return read[place.source].text[place.start : min(place.end, place.start + MAX_EXCERPT)]


def _tell_of(
    run: Run, known: Collection[str], scored: Collection[str], file: Path, progress: Progress
) -> None:
    """Say what a run has that nobody asked, and lacks that scores. Raises DatasetError where nothing fits."""
    strange = len(run.keys() - set(known))
    if strange == len(run):
        raise DatasetError(f"{file} has none of the questions: it is a run of another data set")
    if strange:
        progress.say(
            f"{strange:,} questions of {file.name} are not in the data set and are left out"
        )
    lacking = len(set(scored) - run.keys())
    if lacking:
        progress.say(f"{file.name} has nothing for {lacking:,} of the questions: they score 0")
