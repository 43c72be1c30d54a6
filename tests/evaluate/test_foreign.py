"""A run from elsewhere, through ``run_eval``: the figures of a run of ours that comes back are ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ir_measures
import pytest

from qa.build.builder import Silent
from qa.errors import DatasetError, UsageError
from qa.evaluate.command import run_eval
from qa.evaluate.datasets import SpanQuestion, read_corpus, read_spans
from qa.evaluate.foreign import evaluate_corpus_run
from qa.evaluate.runs import place_of, read_run
from qa.evaluate.serving import open_engine
from qa.evaluate.spans import gains_of, locate
from qa.settings import Settings
from tests.conftest import SEEDS, Build
from tests.evaluate.conftest import QUESTIONS, write_lines
from tests.fake import FakeEncoder

pytestmark = pytest.mark.slow


class Told(Silent):
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.fixture
def evaluate(settings: Settings, encoder: FakeEncoder, tmp_path: Path) -> Any:
    """``evaluate(dataset, **options)`` returns what ``--json`` wrote."""

    def run(dataset: str, settings: Settings = settings, **options: Any) -> dict[str, Any]:
        file = tmp_path / "out.json"
        run_eval(dataset=dataset, settings=settings, encoder=encoder, json_file=file, **options)
        return dict(json.loads(file.read_text("utf-8")))

    return run


@pytest.fixture
def corpus(corpus: Path) -> Path:
    """The judged corpus, with ids that a run can hold."""
    for file in (corpus / "corpus.jsonl", corpus / "qrels.tsv"):
        file.write_text(file.read_text("utf-8").replace("title only", "title-only"), "utf-8")
    return corpus


def values(written: dict[str, Any]) -> dict[str, float]:
    return {name: figure["value"] for name, figure in written["measures"].items()}


def test_a_run_of_a_corpus_has_its_figures_in_ir_measures_and_when_it_comes_back(
    corpus: Path, tmp_path: Path, evaluate: Any
) -> None:
    settings = Settings(index=str(tmp_path / "i" / "default"), datasets=str(tmp_path))
    extra = ["nDCG@3", "Success@100", "AP@100"]
    ours = evaluate("small-corpus", settings, run="ours.trec", measures=extra)
    qrels = read_corpus(corpus).qrels
    names = ["nDCG@10", "R@100", "RR@10", "Success@1", *extra]
    theirs = {ir_measures.parse_measure(name): name.replace("Success", "hit") for name in names}
    judged = [
        ir_measures.Qrel(query, document, grade)
        for query, grades in qrels.items()
        for document, grade in grades.items()
    ]
    run = ir_measures.read_trec_run("ours.trec")
    found = ir_measures.calc_aggregate(list(theirs), judged, list(run))
    # q9 is judged and has no text, so that the run cannot have it: ours counts it as 0, as they do.
    assert values(ours) == pytest.approx(
        {theirs[measure]: value for measure, value in found.items()}, abs=1e-6
    )
    again = evaluate("small-corpus", settings, run_from="ours.trec", measures=extra)
    assert values(again) == values(ours)
    assert again["index"] is None and again["latency_ms"] is None
    assert again["config"]["run"] == "ours.trec"
    assert all(d["wins"] == d["losses"] == 0 for d in again["against"]["measures"].values())
    assert [q["ranked"][0]["id"] for q in again["questions"] if q["ranked"]] == [
        q["ranked"][0]["id"] for q in ours["questions"] if q["ranked"]
    ]


def test_a_run_of_spans_comes_back_with_its_figures(
    spans: Path, tmp_path: Path, evaluate: Any
) -> None:
    ours = evaluate("small-questions", run="ours.trec", measures=["Success@100", "nDCG@50"])
    again = evaluate("small-questions", run_from="ours.trec", measures=["Success@100", "nDCG@50"])
    verdicts = {"AUROC", "AURC", "wrong@70", "risk", "coverage"}
    expected = {name: value for name, value in values(ours).items() if name not in verdicts}
    assert values(again) == pytest.approx(expected)
    assert again["against"]["file"] == "cited-qa"
    first = again["questions"][0]["ranked"][0]
    assert first["id"] == f"notes/harbour.md:{first['start']}-{first['end']}"
    assert again["questions"][0]["first"]["relevant"] is True


def test_a_run_is_compared_with_files_and_with_no_index(
    corpus: Path, tmp_path: Path, evaluate: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(index=str(tmp_path / "i" / "default"), datasets=str(tmp_path))
    (tmp_path / "bad.trec").write_text("q1 Q0 bees 1 3 x\nq2 Q0 owls 1 3 x\nq77 Q0 a 1 1 x\n")
    (tmp_path / "good.trec").write_text("q1 Q0 owls 1 3 x\nq2 Q0 bees 1 3 x\nq4 Q0 gone 1 2 x\n")
    nothing = Settings(index=str(tmp_path / "none" / "default"), datasets=str(tmp_path))
    bad = evaluate("small-corpus", settings, run_from="bad.trec")
    (tmp_path / "bad.json").write_text(json.dumps(bad), "utf-8")
    found = evaluate("small-corpus", nothing, run_from="good.trec", against=["bad.json"] * 2)
    assert not (tmp_path / "none").exists()
    # By hand, of q1, q2, q4 and q9, which nothing answers.
    assert values(found)["hit@1"] == 0.5 and values(bad)["hit@1"] == 0
    assert len(found["comparisons"]) == 2 and found["against"] == found["comparisons"][0]
    assert found["against"]["measures"]["hit@1"]["wins"] == 2
    printed = capsys.readouterr().out
    assert "A1  bad.json" in printed and "after Holm's correction for 8 tests" in printed


def test_what_a_run_has_that_nobody_knows_is_told(
    corpus: Path, tmp_path: Path, encoder: FakeEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "r.trec"
    file.write_text("q1 Q0 owls 1 3 x\nq1 Q0 sphinx 2 2 x\nq77 Q0 a 1 1 x\n")
    told = Told()
    evaluate_corpus_run(read_corpus(corpus), file, progress=told)
    assert told.said == [
        "1 questions of r.trec are not in the data set and are left out",
        "r.trec has nothing for 3 of the questions: they score 0",
        "1 documents of r.trec are not in the corpus, such as sphinx",
    ]
    file.write_text("other Q0 owls 1 3 x\n")
    with pytest.raises(DatasetError, match="a run of another data set"):
        evaluate_corpus_run(read_corpus(corpus), file)


def test_spans_that_are_none_are_refused(spans: Path, tmp_path: Path, evaluate: Any) -> None:
    for id, words in (
        ("bridge.txt", "fact-1: 'bridge.txt' is no span"),
        ("bridge.txt:0-999999", "fact-1: .* ends after the document, which has"),
    ):
        (tmp_path / "r.trec").write_text(f"fact-1 Q0 {id} 1 1.0 x\n")
        with pytest.raises(DatasetError, match=words):
            evaluate("small-questions", run_from="r.trec")
    (tmp_path / "r.trec").write_text("fact-1 Q0 elsewhere.txt:0-9 1 1.0 x\n")
    assert values(evaluate("small-questions", run_from="r.trec"))["hit@10"] == 0
    with pytest.raises(UsageError, match="leave it or --run-from out"):
        evaluate("small-questions", run_from="r.trec", run="o.trec")


def test_an_id_that_a_run_cannot_hold_is_told_before_the_work(spans: Path, evaluate: Any) -> None:
    write_lines(spans / "questions.jsonl", [{**QUESTIONS[0], "id": "a b"}, QUESTIONS[3]])
    with pytest.raises(DatasetError, match="'a b' has a space"):
        evaluate("small-questions", run="o.trec", index="no index is looked at")


def test_figures_of_graded_questions_about_the_seeds_are_those_of_ir_measures(
    tmp_path: Path, build: Build, encoder: FakeEncoder
) -> None:
    """Each excerpt of the run is a document for ir_measures, of the grade of a quote that it covers first."""
    (tmp_path / "graded").mkdir()
    write_lines(tmp_path / "graded" / "questions.jsonl", graded_seeds())
    build(SEEDS, tmp_path / "i")
    settings = Settings(index=str(tmp_path / "i"), datasets=str(tmp_path))
    names = ("nDCG@10", "nDCG@5", "nDCG@100", "RR@10", "Success@1", "Success@50")
    run_eval(
        dataset="graded",
        settings=settings,
        encoder=encoder,
        measures=names,
        run="o.trec",
        json_file="o.json",
    )
    ours = {q["id"]: q for q in json.loads(Path("o.json").read_text("utf-8"))["questions"]}
    dataset, run = read_spans(tmp_path / "graded"), read_run(Path("o.trec"))
    places = locate(dataset, open_engine(tmp_path / "i", settings, encoder))
    for question in dataset.questions:
        shown = [one.id for one in run[question.id]]
        grades = [gold.grade for gold in question.gold]
        gains = gains_of([place_of("", id) for id in shown], places[question.id], grades)
        theirs = theirs_of(question, dict(zip(shown, gains, strict=True)), names)
        for name, value in theirs.items():
            found = ours[question.id][name.replace("Success", "hit")]
            assert found == pytest.approx(value, abs=1e-6), (question.id, name)
    assert sum(0 < q["nDCG@10"] < 1 for q in ours.values()) > 10


def graded_seeds() -> list[dict[str, Any]]:
    """Return questions about the seeds, their quotes with grades: a fifth, and all that want every quote."""
    entries = []
    for n, question in enumerate(read_spans(SEEDS.parent / "eval" / "seeds").questions):
        if question.gold and (question.need == "all" or n % 5 == 0):
            gold = [
                {"source": one.source, "quote": one.quote, "grade": 1 + (n + place) % 3}
                for place, one in enumerate(question.gold)
            ]
            entry = {"id": question.id, "question": question.text, "kind": "seeds"}
            entries.append({**entry, "need": question.need, "gold": gold})
    return entries


def theirs_of(
    question: SpanQuestion, gains: Mapping[str, int], names: Sequence[str]
) -> dict[str, float]:
    """Return measures of one question as ir_measures computes them of the gain of each excerpt, best first."""
    measures = [ir_measures.parse_measure(name) for name in names]
    run = [ir_measures.ScoredDoc("q", id, -float(n)) for n, id in enumerate(gains)]
    rest = [gold.grade for gold in question.gold]
    for gain in filter(None, gains.values()):
        rest.remove(gain)
    relevant = {id: gain for id, gain in gains.items() if gain}
    missed = {f"missed {n}": grade for n, grade in enumerate(rest)}
    if question.need == "all":
        qrels = [ir_measures.Qrel("q", id, grade) for id, grade in (relevant | missed).items()]
        return {
            str(found.measure): found.value for found in ir_measures.iter_calc(measures, qrels, run)
        }
    # One relevant excerpt is all there could be: each is judged by itself, and the best counts.
    best = max(gold.grade for gold in question.gold)
    values = dict.fromkeys(names, 0.0)
    for id, grade in relevant.items():
        for found in ir_measures.iter_calc(measures, [ir_measures.Qrel("q", id, grade)], run):
            name = str(found.measure)
            share = grade / best if name.startswith("nDCG") else 1
            values[name] = max(values[name], share * found.value)
    return values
