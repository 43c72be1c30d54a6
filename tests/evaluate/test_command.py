from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa.cli.progress import progress as shown
from qa.errors import DatasetError, GateError, IndexMissingError, UsageError
from qa.evaluate.command import run_eval
from qa.evaluate.table import snippet
from qa.settings import Settings
from qa.text.printable import printable
from tests.evaluate.conftest import QUESTIONS, write_lines
from tests.fake import FakeEncoder

FIGURE = {"value", "low", "high", "n"}


@pytest.fixture
def evaluate(settings: Settings, encoder: FakeEncoder) -> Any:
    """``run_eval`` with the fake encoder, as the command line calls it."""

    def run(dataset: str, **options: Any) -> int:
        return run_eval(
            dataset=dataset, settings=settings, encoder=encoder, progress=shown(), **options
        )

    return run


@pytest.fixture
def ours(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with an index folder of the test's own, for the cache beside it."""
    return Settings(index=str(tmp_path / "indexes" / "default"), datasets=settings.datasets)


def test_a_set_of_questions_from_end_to_end(
    spans: Path, tmp_path: Path, evaluate: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"json_file": "out.json", "report": "out.html", "markdown": "out.md"}
    assert evaluate("small-questions", **files) == 0
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert set(written) >= {
        "dataset",
        "measures",
        "by_kind",
        "questions",
        "latency_ms",
        "index",
        "config",
    }
    assert written["dataset"] == "small-questions"
    assert list(written["measures"])[:5] == ["hit@1", "hit@5", "hit@10", "RR@10", "nDCG@10"]
    assert all(set(figure) == FIGURE for figure in written["measures"].values())
    assert set(written["by_kind"]["fact"]["hit@5"]) == FIGURE
    assert [q["id"] for q in written["questions"]] == [q["id"] for q in QUESTIONS]
    first = written["questions"][0]
    assert {"hit@1", "hit@5", "hit@10", "RR@10", "nDCG@10", "rank", "first"} <= set(first)
    assert set(first["first"]) == {"source", "title", "excerpt", "relevant"}
    assert [set(one) for one in first["ranked"]] == [
        {"id", "source", "start", "end", "score"} for _ in first["ranked"]
    ]
    assert len({q["digest"] for q in written["questions"]}) == len(QUESTIONS)
    # A line for each question.
    lines = (tmp_path / "out.json").read_text("utf-8").splitlines()
    assert [
        json.loads(line.strip(" ,")) for line in lines if line.startswith('  {"id"')
    ] == written["questions"]
    assert "| Success@5 | 1.000 |" in (tmp_path / "out.md").read_text("utf-8")
    assert "hit@1" not in written["questions"][4]
    assert set(written["latency_ms"]) == {"p50", "p99"}
    assert set(written["index"]) >= {"passages", "build_seconds", "bytes"}
    assert written["config"]["model"] == "fake"
    assert (tmp_path / "out.html").read_text("utf-8").startswith("<!doctype html>")
    printed = capsys.readouterr()
    assert "6 questions: 3 answerable, 2 not, 1 apart (spanish)" in printed.out
    assert "Success@5       1.000   1.000 to 1.000" in printed.out
    assert "asking (6)" in printed.err and "asking" not in printed.out


def test_a_corpus_from_end_to_end(
    corpus: Path, tmp_path: Path, ours: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.json"
    run_eval(
        dataset="small-corpus",
        json_file=file,
        settings=ours,
        encoder=FakeEncoder(),
        progress=shown(),
    )
    written = json.loads(file.read_text("utf-8"))
    assert list(written["measures"]) == ["nDCG@10", "R@100", "RR@10", "hit@1"]
    assert set(written["questions"][0]["ranked"][0]) == {"id", "score"}
    assert written["measures"]["nDCG@10"]["n"] == 4
    assert written["by_kind"] == {}
    assert written["index"]["build_seconds"] > 0
    assert written["config"]["queries"] == "queries.jsonl"
    assert "1 documents hold no text" in capsys.readouterr().err


def without_times(file: Path) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(file.read_text("utf-8"))
    written["latency_ms"] = written["index"]["build_seconds"] = None
    return written


@pytest.mark.slow
def test_two_runs_agree_but_for_times(
    spans: Path, corpus: Path, tmp_path: Path, evaluate: Any
) -> None:
    for dataset in ("small-questions", "small-corpus"):
        for place in ("a", "b"):  # the corpus is built twice, in two places
            settings = Settings(index=str(tmp_path / place / "default"), datasets=str(tmp_path))
            options: dict[str, Any] = {"json_file": tmp_path / f"{place}.json"}
            if dataset == "small-questions":
                evaluate(dataset, **options)
            else:
                run_eval(dataset=dataset, settings=settings, encoder=FakeEncoder(), **options)
        assert without_times(tmp_path / "a.json") == without_times(tmp_path / "b.json")


def test_a_run_against_an_earlier_one(
    spans: Path, tmp_path: Path, evaluate: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate("small-questions", json_file="a.json")
    earlier = json.loads((tmp_path / "a.json").read_text("utf-8"))
    earlier["questions"][0] |= {"nDCG@10": 0.0, "first": {"excerpt": "Another\x1b[31m answer"}}
    (tmp_path / "a.json").write_text(json.dumps(earlier), "utf-8")
    evaluate("small-questions", against=["a.json"], json_file="a.json")
    printed = capsys.readouterr().out
    assert "no difference that this set can show" in printed
    assert "fact-1  0.00 to 1.00" in printed
    assert "Another\ufffd[31m answer" in printed
    written = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert written["against"]["measures"]["nDCG@10"]["wins"] == 1


def test_the_exit_status_of_gates(
    spans: Path, tmp_path: Path, evaluate: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("small-questions", gates=["hit@5>=0.9", "hit@1[fact]>=0"]) == 0
    capsys.readouterr()
    with pytest.raises(GateError) as error:
        evaluate(
            "small-questions",
            gates=["hit@5>=0.9", "hit@5<=0.1"],
            json_file="a.json",
            report="a.html",
        )
    assert error.value.exit_status == 1
    assert (
        str(error.value) == "a gate did not hold: Success@5 of small-questions is 1, wanted <=0.1"
    )
    # Everything was printed and written all the same.
    printed = capsys.readouterr().out
    assert "gate Success@5 of small-questions is 1, wanted >=0.9: holds" in printed
    assert "gate Success@5 of small-questions is 1, wanted <=0.1: DOES NOT HOLD" in printed
    assert (tmp_path / "a.json").is_file() and (tmp_path / "a.html").is_file()


def test_the_gates_of_the_project_are_held(spans: Path, tmp_path: Path, evaluate: Any) -> None:
    (tmp_path / "eval").mkdir()
    gates = '[gate.a]\ndataset = "{}"\nmeasure = "hit@5"\nat_most = 0.1\n'
    (tmp_path / "eval" / "gates.toml").write_text(gates.format("small-questions"), "utf-8")
    with pytest.raises(GateError):
        evaluate(str(spans.resolve()))
    (tmp_path / "eval" / "gates.toml").write_text(gates.format("another"), "utf-8")
    assert evaluate("small-questions") == 0


def test_a_conversation_is_measured_with_and_without_what_was_said(
    spans: Path, tmp_path: Path, evaluate: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    follow_up = {**QUESTIONS[0], "id": "bare-1", "question": "How much?"}
    follow_up["history"] = [QUESTIONS[0]["question"]]
    write_lines(spans / "questions.jsonl", [follow_up, QUESTIONS[3]])
    # Gates are on the questions as they are.
    (tmp_path / "eval").mkdir()
    gate = '[gate.a]\ndataset = "small-questions"\nmeasure = "hit@1"\nat_least = 1.0\n'
    (tmp_path / "eval" / "gates.toml").write_text(gate, "utf-8")
    assert evaluate("small-questions", json_file="with.json", report="with.html") == 0
    assert evaluate("small-questions", json_file="without.json", history=False) == 0
    told, alone = (
        json.loads((tmp_path / name).read_text("utf-8")) for name in ("with.json", "without.json")
    )
    assert told["config"]["history"] is True and alone["config"]["history"] is False
    assert told["questions"][0]["searched"] == f"{QUESTIONS[0]['question']} How much?"
    assert "searched" not in alone["questions"][0]
    assert capsys.readouterr().out.count("gate Success@1") == 1


def test_wrong_calls_are_refused_before_any_work(spans: Path, evaluate: Any) -> None:
    for options in (
        {"gates": ["hit@5"]},
        {"json_file": "nowhere/out.json"},
        {"report": "."},
        {"markdown": "nowhere/out.md"},
        {"run": "."},
        {"measures": ["Success@1000"]},
        {"measures": ["MAP"]},
        {"against": ["nothing.json"]},
    ):
        with pytest.raises(UsageError):
            evaluate("small-questions", **options)
    with pytest.raises(DatasetError):
        evaluate("nothing")


def test_questions_need_an_index(spans: Path, evaluate: Any, tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        evaluate("small-questions", index=str(tmp_path / "none"))


def test_what_cannot_be_encoded_is_escaped(
    spans: Path, tmp_path: Path, corpus: Path, ours: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    line = '{"_id": "q1", "text": "owls \\ud83d at night"}\n'
    (corpus / "queries.jsonl").write_text(line, "utf-8")
    file = tmp_path / "out.json"
    run_eval(
        dataset="small-corpus",
        json_file=file,
        report=tmp_path / "out.html",
        settings=ours,
        encoder=FakeEncoder(),
    )
    assert json.loads(file.read_text("utf-8"))["questions"][0]["question"] == "owls \ud83d at night"


def test_lines_are_safe_to_print() -> None:
    assert printable("a\x1b[2Jb\ud800\u202e") == "a\ufffd[2Jb\ufffd\ufffd"
    assert snippet("a\n b\t" + "c" * 100) == "a b " + "c" * 65 + "…"


def test_a_title_with_markup_is_no_harm(spans: Path, tmp_path: Path, evaluate: Any) -> None:
    write_lines(spans / "questions.jsonl", [QUESTIONS[2], QUESTIONS[3]])
    evaluate("small-questions", report="a.html")
    assert "<script>alert" not in (tmp_path / "a.html").read_text("utf-8")


def test_the_gates_of_a_set_are_not_held_against_other_questions(
    corpus: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates = tmp_path / "gates.toml"
    gates.write_text(
        f'[gate.never]\ndataset = "{corpus}"\nmeasure = "hit@1"\nat_least = 1.01\n', "utf-8"
    )
    monkeypatch.setattr("qa.evaluate.command.GATES_FILE", gates)
    with pytest.raises(GateError):
        run_eval(dataset=str(corpus), settings=settings, encoder=FakeEncoder())
    others = corpus / "queries.jsonl"
    assert (
        run_eval(dataset=str(corpus), queries=others, settings=settings, encoder=FakeEncoder()) == 0
    )
