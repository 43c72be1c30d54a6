"""The engine answers as it did when the golden files were written; see README.md."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from qa.build.builder import build_index
from qa.engine import Engine
from qa.evaluate import gates
from qa.evaluate.corpora import cache_folder, make_row_document
from qa.evaluate.datasets import JudgedCorpus, read_corpus, read_spans
from qa.evaluate.run import evaluate_spans
from qa.records import Question
from qa.settings import Settings
from qa.store import IndexFolder
from tests.conftest import ROOT, SEEDS, Build
from tests.fake import FakeEncoder
from tests.golden.answers import (
    EXACT,
    MODEL,
    RESULTS,
    Alike,
    Record,
    Slack,
    compare,
    processor,
    read,
    summary,
    take,
    write,
)  # fmt: skip

pytestmark = pytest.mark.slow

Asked = Iterator[tuple[str, Question]]


def check(name: str, engine: Engine, asked: Asked, slack: Slack, writing: bool) -> None:
    found = take(engine, asked)
    assert len(found) > 50
    if writing:
        try:
            head, golden = read(name)
            print(f"\n{name}: {summary(compare(head, golden, found, slack))}")
        except FileNotFoundError:
            print(f"\n{name}: new")
        write(name, engine, found)
    head, golden = read(name)
    lines = compare(head, golden, found, slack)
    assert not lines, f"{name}: {summary(lines)}"


def spans(name: str, step: int = 1) -> Asked:
    for one in read_spans(ROOT / "eval" / name).questions[::step]:
        yield one.id, Question(one.text, k=RESULTS, history=one.history)


def rows(corpus: JudgedCorpus, step: int = 1) -> Asked:
    for id in list(corpus.qrels)[::step]:
        yield id, Question(corpus.queries[id], k=RESULTS)


@pytest.fixture(scope="module")
def xquad() -> JudgedCorpus:
    folder = Path(os.environ.get("QA_DATASETS") or "nowhere") / "xquad"
    if not folder.is_dir():
        reason = "QA_DATASETS names no folder that holds the data set xquad"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return read_corpus(folder)


def index_of(corpus: JudgedCorpus, index: Path, encoder: FakeEncoder | None = None) -> Path:
    """Index a corpus's paragraphs as ``qa eval`` does, with a calibration for the verdicts."""
    documents = [one for one in map(make_row_document, corpus.rows) if one is not None]
    documents.sort(key=lambda document: document.source)
    settings = Settings(index=str(index), reading="off" if encoder else Settings().reading)
    build_index([], settings, documents=documents, encoder=encoder)
    return index


def opened(index: Path, encoder: FakeEncoder) -> Engine:
    return Engine(store=IndexFolder(index).open().generation, encoder=encoder, reading="off")


# --- the tests' own encoder: every digit -----------------------------------------------------


@pytest.fixture(scope="module")
def seeds(build: Build, encoder: FakeEncoder, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    index = tmp_path_factory.mktemp("golden") / "seeds"
    build(SEEDS, index, calibrated=True, reading="off")
    return opened(index, encoder)


@pytest.mark.parametrize("name", ["seeds", "conversations"])
def test_the_sample_archive(name: str, seeds: Engine, write_golden: bool) -> None:
    check(f"fake-{name}", seeds, spans(name), EXACT, write_golden)


def test_xquad(
    xquad: JudgedCorpus, encoder: FakeEncoder, tmp_path: Path, write_golden: bool
) -> None:
    engine = opened(index_of(xquad, tmp_path / "xquad", encoder), encoder)
    check("fake-xquad", engine, rows(xquad), EXACT, write_golden)


# --- the real model and its reader -----------------------------------------------------------


@pytest.fixture(scope="module")
def model_remembering(model_engine: Engine) -> Iterator[Engine]:
    """The engine on the index of ``seeds``. It answers once what several tests ask."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_engine, "ask", cache(model_engine.ask))
        yield model_engine


@pytest.mark.parametrize(("name", "step"), [("seeds", 3), ("conversations", 1)])
def test_the_sample_archive_with_the_model(
    name: str, step: int, model_remembering: Engine, write_golden: bool
) -> None:
    check(f"model-{name}", model_remembering, spans(name, step), MODEL, write_golden)


@pytest.mark.parametrize("dataset", ["eval/seeds", "eval/conversations"])
def test_the_project_holds_its_own_gates(
    dataset: str, model_remembering: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    wanted = gates.gates_for(gates.read_gates(gates.GATES_FILE), dataset, "")
    assert wanted
    evaluation = evaluate_spans(read_spans(Path(dataset)), model_remembering)
    assert gates.fallen(gates.check(wanted, evaluation)) == ""


@pytest.mark.model
def test_xquad_with_the_model(xquad: JudgedCorpus, model_index: Path, write_golden: bool) -> None:
    index = model_index.with_name("xquad")
    measured = ROOT / cache_folder(xquad, Settings())
    if (
        os.environ.get("CI") and measured.is_dir()
    ):  # made by this checkout: its vectors are taken over
        shutil.copytree(measured, index)
    engine = Engine.open(index_of(xquad, index))
    check("model-xquad", engine, rows(xquad, step=8), MODEL, write_golden)


# --- the comparison itself -------------------------------------------------------------------

SLACK = Slack(same=0.001, score=0.01, confidence=0.05, questions=0.0)
HERE, ELSEWHERE = processor(), "another kind"


def record(
    *scores: float, verdict: str = "unsure", confidence: float = 0.5, **of_first: Any
) -> Record:
    results: list[Record] = [
        {"id": f"c{n}", "source": "a.txt", "span": [n, n + 9], "score": score, "highlights": [], "answer": None,
         "also": []}
        for n, score in enumerate(scores)
    ]  # fmt: skip
    results.sort(key=lambda one: -one["score"])
    results[0] |= of_first
    return {"id": "q", "verdict": verdict, "confidence": confidence, "results": results}


GOLDEN = record(0.9, 0.8, 0.795, 0.5)


@pytest.mark.parametrize(
    ("found", "here", "elsewhere"),
    [
        (GOLDEN, 0, 0),
        (record(0.9009, 0.8, 0.795, 0.5), 0, 0),
        (record(0.902, 0.8, 0.795, 0.5), 1, 0),
        (record(0.92, 0.8, 0.795, 0.5), 1, 1),
        # Near ones change places: an id and a span for each.
        (record(0.9, 0.7955, 0.7995, 0.5), 4, 0),
        # The last comes first: all move, and so do the scores; it passes three.
        (record(0.9, 0.8, 0.795, 0.905), 12, 4),
        # The last is gone; the one before is.
        (record(0.9, 0.8, 0.795), 1, 0),
        (record(0.9, 0.8), 1, 1),
        (record(0.9, 0.8, 0.795, 0.5, id="c9"), 1, 2),
        (record(0.9, 0.8, 0.795, 0.5, highlights=[[0, 4]]), 1, 0),
        (record(0.9, 0.8, 0.795, 0.5, confidence=0.52), 1, 0),
        (record(0.9, 0.8, 0.795, 0.5, confidence=0.6), 1, 1),
        (record(0.9, 0.8, 0.795, 0.5, verdict="answered"), 1, 1),
        (record(0.9, 0.8, 0.795, 0.5) | {"searched": "p"}, 1, 1),
    ],
)
def test_what_may_differ_where(found: Record, here: int, elsewhere: int) -> None:
    for kind, count in ((HERE, here), (ELSEWHERE, elsewhere)):
        lines = compare({"processor": kind, "borders": [0.3, 0.7]}, [GOLDEN], [found], SLACK)
        assert len(lines) == count, lines


def named(*records: Record) -> list[Record]:
    return [{**one, "id": f"q{n}"} for n, one in enumerate(records)]


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (named(*[GOLDEN] * 4), []),
        # One in four is another: its first result, its verdict, all its scores.
        (named(*[GOLDEN] * 3, record(0.5, 0.91, 0.795, 0.5)), ["first"]),
        (named(*[GOLDEN] * 3, record(0.9, 0.8, 0.795, 0.5, verdict="answered")), ["verdict"]),
        (named(*[GOLDEN] * 3, record(0.8, 0.7, 0.695, 0.4)), ["score"]),
        (named(*[GOLDEN] * 3, {**GOLDEN, "results": []}), ["first"]),
        (named(*[GOLDEN] * 3, {**GOLDEN, "searched": "p"}), ["searched"]),
        (named(*[GOLDEN] * 3), ["questions"]),
    ],
)
def test_shares_of_all_answers_are_the_golden_ones_elsewhere(
    found: list[Record], wrong: list[str]
) -> None:
    slack = SLACK._replace(alike=Alike(first=0.8, verdict=0.8, score=0.8))
    head = {"processor": ELSEWHERE, "borders": []}
    lines = compare(head, named(*[GOLDEN] * 4), found, slack)
    assert [name for name in ("first", "verdict", "score", "searched", "questions")
            if any(name in line for line in lines)] == wrong  # fmt: skip
    half = slack._replace(alike=Alike(first=0.75, verdict=0.75, score=0.75))
    if wrong not in (["searched"], ["questions"]):
        assert compare(head, named(*[GOLDEN] * 4), found, half) == []


def test_a_verdict_at_a_border_may_be_the_other_one_elsewhere() -> None:
    head = {"processor": ELSEWHERE, "borders": [0.3, 0.52]}
    found = record(0.9, 0.8, 0.795, 0.5, verdict="answered")
    assert compare(head, [GOLDEN], [found], SLACK) == []
    assert compare(head | {"processor": HERE}, [GOLDEN], [found], SLACK)


def test_a_share_of_the_questions_may_differ_elsewhere() -> None:
    head = {"processor": ELSEWHERE, "borders": []}
    golden, slack = [GOLDEN] * 4, SLACK._replace(questions=0.25)
    other = record(0.6, 0.5)
    assert compare(head, golden, [GOLDEN, GOLDEN, GOLDEN, other | {"id": "q"}], slack) == []
    named = [{**one, "id": f"q{n}"} for n, one in enumerate([GOLDEN, GOLDEN, other, other])]
    golden = [{**GOLDEN, "id": f"q{n}"} for n in range(4)]
    assert compare(head, golden, named, slack)
    assert compare(head, golden, golden[:3], slack)
