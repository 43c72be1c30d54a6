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
from qa.evaluate.datasets import JudgedCorpus, Row
from qa.evaluate.measures import CORPUS_MEASURES, Measure
from qa.evaluate.outcome import First, Outcome, Shown, Stage
from qa.evaluate.relevance import Asked, outcomes_of
from qa.evaluate.runs import DEPTH, Scored
from qa.evaluate.serving import open_engine
from qa.records import Block, Document, Hit, PassageId
from qa.settings import Settings
from qa.store import open_index
from qa.store.address import remote_address

_MARK = ".eval.json"
_WARM_UP = 5
_TOP = 10
_STAGES = ("dense", "lexical", "late", "sentence")


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
    dataset: JudgedCorpus,
    engine: Engine,
    progress: Progress | None = None,
    *,
    measures: Sequence[Measure] = CORPUS_MEASURES,
    explained: bool = False,
) -> list[Outcome]:
    """Rank the corpus for every judged question; return the outcomes in the order of the qrels.

    A judged question without a text cannot be asked: it scores 0. ``explained``: the first ten are
    told with the scores of their stages.
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
    found: dict[str, Asked] = {}
    for query, text in asked.items():
        began = time.perf_counter()
        hits = engine.rank(text, depth=depth) if text else []
        took_ms = (time.perf_counter() - began) * 1000
        ranked = _deep_enough(hits, text, depth, engine)
        top = _top(ranked[:_TOP], hits, engine, dataset.qrels[query]) if explained else ()
        scored = tuple(Scored(one.document, one.score) for one in ranked)
        found[query] = Asked(scored, _first(ranked, engine, dataset.qrels[query]), top, took_ms)
        progress.advance()
    return outcomes_of(dataset, found, measures)


def _deep_enough(hits: list[Hit], text: str, depth: int, engine: Engine) -> list[Ranked]:
    """Rank deeper until there are DEPTH documents, or no more passages."""
    ranked = rank_documents(hits)
    while text and len(ranked) < DEPTH and depth < engine.info.passages:
        depth *= 2
        ranked = rank_documents(engine.rank(text, depth=depth))
    return ranked


def _first(ranked: Sequence[Ranked], engine: Engine, grades: Mapping[str, int]) -> First | None:
    if not ranked:
        return None
    passage = engine.store.fetch([ranked[0].passage], ()).passages[0]
    return First(
        source=ranked[0].document,
        title=engine.document(passage.document_id).title,
        excerpt=passage.text,
        relevant=grades.get(ranked[0].document, 0) > 0,
    )


def _top(
    ranked: Sequence[Ranked], hits: Sequence[Hit], engine: Engine, grades: Mapping[str, int]
) -> tuple[Shown, ...]:
    """Return documents with their best passages and the scores that placed those."""
    by_id = {hit.id: hit for hit in hits}
    passages = engine.store.fetch([one.passage for one in ranked], ()).passages
    return tuple(
        Shown(
            id=one.document,
            title=passage.about.title,
            excerpt=passage.text,
            score=one.score,
            gain=max(0, grades.get(one.document, 0)),
            stages=_stages(by_id[one.passage], hits) if one.passage in by_id else {},
        )
        for one, passage in zip(ranked, passages, strict=True)
    )


def _stages(hit: Hit, hits: Sequence[Hit]) -> dict[str, Stage]:
    stages = {}
    for name in _STAGES:
        value = getattr(hit, name)
        if value is not None:
            others = (getattr(other, name) for other in hits)
            rank = 1 + sum(other is not None and other > value for other in others)
            stages[name] = Stage(round(float(value), 4), rank)
    return stages
