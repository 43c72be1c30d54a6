"""A corpus with judged documents: its index, cached by content, and its ranking."""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa.build.builder import BuildReport, Progress, Silent, build_index
from qa.corpus.formats.plain import find_blocks
from qa.corpus.readers import Reading, UnreadableError, make_document
from qa.encode import Encoder
from qa.engine import Engine
from qa.errors import IndexMissingError, UsageError
from qa.evaluate.datasets import Gold, JudgedCorpus, Row
from qa.evaluate.measures import CORPUS_MEASURES, Measure
from qa.evaluate.outcome import First, Outcome
from qa.evaluate.serving import open_engine
from qa.records import Block, Document, Hit, PassageId
from qa.settings import Settings
from qa.store import open_index
from qa.store.address import remote_address

DEPTH = 100
"""Documents that a question's ranking has."""
_MARK = ".eval.json"
_WARM_UP = 5


# --- the index -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CorpusIndex:
    """A corpus's index, and how long its build took, in seconds.

    None when nobody measured it: it was stopped, or took some vectors over from an earlier one.
    """

    engine: Engine
    path: Path | str
    build_seconds: float | None


def corpus_index(
    dataset: JudgedCorpus,
    settings: Settings,
    *,
    index: Path | str | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> CorpusIndex:
    """Return the index of a corpus, built unless it is there.

    It lies at ``index``, else beside the index of the settings, in a folder that the data set's
    name and content give a name: ``eval/NAME-DIGEST``. Raises UsageError when ``index`` holds an
    index of something else, which would be lost.
    """
    progress = progress or Silent()
    path = index or cache_folder(dataset, settings)
    marks = _marks(path, settings)
    _claim(path, marks)
    documents = [d for d in map(make_row_document, dataset.rows) if d is not None]
    blank = len(dataset.rows) - len(documents)
    if blank:
        progress.say(f"{blank:,} documents hold no text and cannot be found")
    documents.sort(key=lambda document: document.source)
    report = build_index(
        [dataset.path or Path(dataset.name)],
        replace(settings, index=str(path)),
        documents=documents,
        encoder=encoder,
        progress=progress,
        calibrated=False,  # a ranking is measured, no verdict
    )
    if report.changed:
        seconds = _seconds(marks, report)
        _write_mark(marks, {report.generation: seconds} if seconds is not None else {})
    return CorpusIndex(
        open_engine(path, settings, encoder), path, _read_mark(marks).get(report.generation)
    )


def cache_folder(dataset: JudgedCorpus, settings: Settings) -> Path:
    """Return where the index of a corpus is kept."""
    name = re.sub(r"[^\w.-]", "-", dataset.name)
    return _beside(settings) / f"{name}-{dataset.digest}"


def _beside(settings: Settings) -> Path:
    remote = remote_address(settings.index) is not None
    return (Path("index") if remote else Path(settings.index).parent) / "eval"


def _marks(index: Path | str, settings: Settings) -> Path:
    """Return the folder on this machine that tells what an index is for: its own, where it has one."""
    address = remote_address(index)
    if address is None:
        return Path(index)
    return _beside(settings) / f"at-{hashlib.sha256(address.uri.encode()).hexdigest()[:16]}"


def _claim(path: Path | str, marks: Path) -> None:
    """Mark a place as one that a corpus's index may be built in."""
    if (marks / _MARK).is_file():
        return
    try:
        open_index(path).version()
    except IndexMissingError:
        try:
            marks.mkdir(parents=True, exist_ok=True)
            _write_mark(marks, {})
        except OSError as error:
            raise UsageError(f"{marks} cannot be written: {error.strerror}") from error
        return
    raise UsageError(
        f"{path} holds an index of other documents, which this would replace: "
        "name another --index, or none"
    )


def _seconds(path: Path, report: BuildReport) -> float | None:
    """Return how long a build from nothing takes: this one, or the one whose vectors it took."""
    if report.embedded == report.passages:
        return round(report.seconds, 3)
    return max(_read_mark(path).values(), default=None) if not report.embedded else None


def _write_mark(path: Path, seconds: Mapping[str, float]) -> None:
    (path / _MARK).write_text(json.dumps({"build_seconds": seconds}) + "\n", "utf-8")


def _read_mark(path: Path) -> dict[str, float]:
    try:
        seconds = json.loads((path / _MARK).read_text("utf-8"))["build_seconds"]
        return {str(name): float(value) for name, value in seconds.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # a build that was stopped: nobody measured it


def make_row_document(row: Row) -> Document | None:
    """Return a row of a corpus as a document, split as any plain text is; None when it is blank.

    A row without a text has its title for one.
    """
    text = row.text if row.text.strip() else row.title
    if not text.strip():
        return None
    reading = Reading(text, "utf-8", find_blocks(text), title=row.title or None)
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        return make_document(source=row.id, sha256=sha256, reading=reading)
    except UnreadableError:  # a page of a site may be all furniture; a row of a corpus is text
        whole = (Block("paragraph", 0, len(text)),)
        return make_document(source=row.id, sha256=sha256, reading=replace(reading, blocks=whole))


# --- the ranking -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranked:
    """A document with the score of its best passage, and that passage."""

    document: str
    score: float
    passage: PassageId


def rank_documents(hits: Iterable[Hit]) -> list[Ranked]:
    """Return documents by their best passage, ties by id, at most DEPTH.

    Each document of a corpus is a source of its own.
    """
    best: dict[str, Ranked] = {}
    for hit in hits:
        document = hit.id.source
        if document not in best or hit.score > best[document].score:
            best[document] = Ranked(document, hit.score, hit.id)
    return sorted(best.values(), key=lambda r: (-r.score, r.document))[:DEPTH]


def ask_corpus(
    dataset: JudgedCorpus, engine: Engine, progress: Progress | None = None
) -> list[Outcome]:
    """Rank the corpus for every judged question; return the outcomes in the order of the qrels.

    A judged question without a text cannot be asked: it scores 0.
    """
    progress = progress or Silent()
    asked = {query: dataset.queries.get(query, "") for query in dataset.qrels}
    texts = [text for text in asked.values() if text]
    if len(texts) < len(asked):
        progress.say(f"{len(asked) - len(texts):,} judged questions have no text and score 0")
    if dataset.missing:
        progress.say(
            f"{dataset.missing:,} documents that are judged to answer are not in the corpus: "
            "no ranking can find them, so that figures are lower than they could be"
        )
    # Passages enough for the documents wanted, when each has as many as the mean and a half.
    per_document = engine.info.passages / max(1, engine.info.documents)
    depth = math.ceil(1.5 * DEPTH * max(1.0, per_document))
    for text in texts[:_WARM_UP]:
        engine.rank(text, depth=depth)
    progress.stage("asking", len(asked))
    runs: dict[str, list[Ranked]] = {}
    times: dict[str, float] = {}
    for query, text in asked.items():
        began = time.perf_counter()
        hits = engine.rank(text, depth=depth) if text else []
        times[query] = (time.perf_counter() - began) * 1000
        runs[query] = _deep_enough(hits, text, depth, engine)
        progress.advance()
    figures = figures_of(dataset.qrels, runs)
    rows = {row.id: row for row in dataset.rows}
    return [
        _outcome(dataset, query, text, runs[query], figures[query], times[query], engine, rows)
        for query, text in asked.items()
    ]


def _deep_enough(hits: list[Hit], text: str, depth: int, engine: Engine) -> list[Ranked]:
    """Rank deeper until there are DEPTH documents, or no more passages."""
    ranked = rank_documents(hits)
    while text and len(ranked) < DEPTH and depth < engine.info.passages:
        depth *= 2
        ranked = rank_documents(engine.rank(text, depth=depth))
    return ranked


def figures_of(
    qrels: Mapping[str, Mapping[str, int]], runs: Mapping[str, Sequence[Ranked]]
) -> dict[str, dict[Measure, float]]:
    """Return each judged question's measures, by ir_measures; 0 for one that has no run.

    The run is handed over with its ranks for scores: trec_eval, which computes some of the
    measures, breaks ties by the highest id.
    """
    import ir_measures

    names = {ir_measures.parse_measure(str(m)): m for m in CORPUS_MEASURES}
    judged = [
        ir_measures.Qrel(query, document, grade)
        for query, grades in qrels.items()
        for document, grade in grades.items()
    ]
    run = [
        ir_measures.ScoredDoc(query, ranked.document, float(-rank))
        for query in qrels
        for rank, ranked in enumerate(runs.get(query, ()), start=1)
    ]
    figures = {query: dict.fromkeys(CORPUS_MEASURES, 0.0) for query in qrels}
    for found in ir_measures.iter_calc(list(names), judged, run):
        figures[found.query_id][names[found.measure]] = float(found.value)
    return figures


def _outcome(
    dataset: JudgedCorpus,
    query: str,
    text: str,
    run: Sequence[Ranked],
    figures: Mapping[Measure, float],
    took_ms: float,
    engine: Engine,
    rows: Mapping[str, Row],
) -> Outcome:
    grades = dataset.qrels[query]
    first = None
    if run:
        passage = engine.store.fetch([run[0].passage], ()).passages[0]
        first = First(
            source=run[0].document,
            title=engine.document(passage.document_id).title,
            excerpt=passage.text,
            relevant=grades.get(run[0].document, 0) > 0,
        )
    return Outcome(
        id=query,
        question=text,
        kind="",
        answerable=True,
        apart=False,
        figures=figures,
        rank=next((n for n, r in enumerate(run, start=1) if grades.get(r.document, 0) > 0), None),
        first=first,
        gold=tuple(_gold(document, rows) for document, grade in grades.items() if grade > 0),
        took_ms=took_ms,
    )


def _gold(document: str, rows: Mapping[str, Row]) -> Gold:
    """Return the beginning of a judged document, for people to read."""
    row = rows.get(document)
    text = "(not in the corpus)" if row is None else f"{row.title}\n{row.text}".strip()
    return Gold(document, text if len(text) <= 400 else text[:399] + "…")
