"""``qa judged``, and what a purge does with what people judged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from qa.cli.commands import run
from qa.engine import Engine
from qa.judging.judgement import Judgement, Kind, accept
from qa.judging.kept import Judgements
from tests.fake import FakeEncoder

QUESTION = "How many ships were counted in the winter?"


@pytest.fixture
def place(
    tmp_path: Path, index: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder to work in, whose qa.toml says where judgements are kept; it has an index of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qa.engine.load_encoder", lambda *_, **__: encoder)
    shutil.copytree(index, tmp_path / "index")
    (tmp_path / "qa.toml").write_text('index = "index"\njudgements = "kept/judged.jsonl"\n')
    return tmp_path


@pytest.fixture
def kept(place: Path) -> Judgements:
    return Judgements(place / "kept" / "judged.jsonl", most=1_000_000)


def judge(engine: Engine, kind: Kind, question: str = QUESTION) -> Judgement:
    first = engine.ask(question).results[0]
    if kind == "nothing":
        return accept(engine, kind=kind, question=question)
    return accept(
        engine, kind=kind, question=question, citation=first.citation, excerpt=first.excerpt
    )


def test_without_a_file_there_is_nothing_to_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for call in (["list"], ["export", "q.jsonl"], ["import", "q.jsonl"], ["delete", "j1"]):
        assert run(["judged", *call]) == 2
        out, err = capsys.readouterr()
        assert out == "" and "name a file in the setting judgements" in err
    assert list(tmp_path.iterdir()) == []


def test_they_are_listed(
    kept: Judgements, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["judged", "list"]) == 0
    assert "Nobody has judged" in capsys.readouterr().out
    one, two = judge(engine, "answers"), judge(engine, "nothing", "Which\n\x1b[31mbees?")
    kept.add(one)
    kept.add(two)
    assert run(["judged", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert one.judged
    assert first.startswith(
        f"{one.id}  {one.time[:10]}  answers   {QUESTION}  ({one.judged.source}"
    )
    assert second.startswith(two.id) and "\x1b" not in second
    assert run(["judged", "list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(entry["id"], entry["kind"]) for entry in told] == [
        (one.id, "answers"), (two.id, "nothing"),
    ]  # fmt: skip
    assert told[0]["judged"]["excerpt"] == one.judged.excerpt


def test_they_go_out_and_come_in(
    kept: Judgements, engine: Engine, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["judged", "export", "questions.jsonl"]) == 2
    assert not (place / "questions.jsonl").exists()
    for one in (judge(engine, "answers"), judge(engine, "does_not", "Which bees?"),
                judge(engine, "nothing", "Which spices?")):  # fmt: skip
        kept.add(one)
    capsys.readouterr()
    assert run(["judged", "export", "mine/questions.jsonl"]) == 0  # a folder that is not there yet
    assert capsys.readouterr().out == (
        "Wrote 2 questions to mine/questions.jsonl; left out: 1, of which nobody said what answers.\n"
    )
    lines = [
        json.loads(line) for line in (place / "mine" / "questions.jsonl").read_text().splitlines()
    ]
    answered = kept.entries()[0].judged
    assert answered
    assert lines[0]["gold"] == [{"source": answered.source, "quote": answered.excerpt}]
    assert lines[1]["gold"] == []
    assert run(["judged", "import", "mine/questions.jsonl"]) == 0
    assert capsys.readouterr().out == "Kept 0 judgements; 2 kept already.\n"
    kept.path.unlink()
    assert run(["judged", "import", "mine/questions.jsonl"]) == 0
    assert capsys.readouterr().out == "Kept 2 judgements.\n"
    assert [one.kind for one in kept.entries()] == ["marked", "nothing"]
    lines[1]["gold"] = [{"source": answered.source, "quote": "Nobody says this."}]
    lines[0]["question"] = "Another?"
    (place / "wrong.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert run(["judged", "import", "wrong.jsonl"]) == 2
    assert "to the letter" in capsys.readouterr().err
    assert len(kept.entries()) == 2


def test_they_are_deleted(
    kept: Judgements, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = judge(engine, "answers"), judge(engine, "nothing", "Which zyzzogetons?")
    kept.add(one)
    kept.add(two)
    assert run(["judged", "delete", two.id, "j0"]) == 2
    assert "there is no judgement 'j0'" in capsys.readouterr().err
    assert b"zyzzogeton" in kept.path.read_bytes()
    assert run(["judged", "delete", two.id]) == 0
    assert capsys.readouterr().out == "Removed 1 judgement.\n"
    assert kept.entries() == [one] and b"zyzzogeton" not in kept.path.read_bytes()


def test_a_purge_removes_what_was_judged_of_a_document(
    kept: Judgements, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    one = judge(engine, "answers")
    other = judge(engine, "nothing", "Which spices?")
    assert one.judged
    kept.add(one)
    kept.add(other)
    assert run(["purge", one.judged.source]) == 0
    assert "Removed with it: 1 judgement." in capsys.readouterr().out
    assert kept.entries() == [other]
    assert one.judged.excerpt.encode()[:40] not in kept.path.read_bytes()


def test_a_purge_that_was_interrupted_is_completed(
    kept: Judgements, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    one = judge(engine, "answers")
    assert one.judged
    assert run(["purge", one.judged.document_id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["judgements"] == 0
    kept.add(one)  # as it stands where the process died between the two
    assert run(["purge", one.judged.source]) == 2
    assert "1 judgement of it removed" in capsys.readouterr().err
    assert kept.entries() == []
    assert run(["purge", one.judged.source]) == 2
    assert "judgement" not in capsys.readouterr().err


def test_a_build_refuses_a_file_within_what_it_reads(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "kept").mkdir()
    (place / "kept" / "a.txt").write_text("Owls sleep by day.\n")
    assert run(["build", "kept"]) == 2
    assert "which lies in the archive kept" in capsys.readouterr().err
