"""A build calibrates on what people judged, and again when they judge more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qa.build.assembly import Silent
from qa.build.builder import build_index
from qa.cli.judged import judge_of
from qa.engine import Engine
from qa.errors import UsageError
from qa.evaluate.judged import SpanJudge, judge_by
from qa.judging.calibrate import Judges, KeptJudge
from qa.judging.judgement import Judgement, Kind, accept
from qa.judging.kept import Judgements
from qa.settings import Settings
from qa.store import IndexFolder
from tests.fake import FakeEncoder

pytestmark = pytest.mark.usefixtures("few_references")

QUESTION = "How many ships were counted in the winter?"


def said(engine: Engine, kind: Kind, rank: int = 1, question: str = QUESTION) -> Judgement:
    """Return a judgement of a result of a question."""
    answer = engine.ask(question)
    result = answer.results[rank - 1]
    given = {} if kind == "nothing" else {"citation": result.citation, "excerpt": result.excerpt}
    return accept(engine, kind=kind, question=question, searched=answer.searched, **given)  # type: ignore[arg-type]  # who calls gives fields of it


def told(engine: Engine, *judgements: Judgement) -> list[bool]:
    judge = KeptJudge.of(judgements)
    return [right for _, right in judge(engine.store, engine.encoder)]


def test_what_a_first_excerpt_is_worth(engine: Engine) -> None:
    first, second = said(engine, "answers"), said(engine, "answers", 2)
    wrong = said(engine, "does_not")
    assert told(engine, first) == [True]
    assert told(engine, second) == [False]  # what answers is not the first
    assert told(engine, second, first) == [True]
    assert told(engine, wrong) == [False]
    assert told(engine, said(engine, "does_not", 2)) == []  # of the first nobody has said anything
    assert told(engine, first, wrong) == [False]  # the latest counts
    assert told(engine, said(engine, "nothing")) == [False]
    assert told(engine, first, said(engine, "nothing", question="Which bees?")) == [True, False]


def test_what_the_archive_does_not_hold_any_more_tells_nothing(
    engine: Engine, archive: Path, tmp_path: Path
) -> None:
    judgement = said(engine, "answers")
    assert judgement.judged
    less = tmp_path / "archive"
    shutil.copytree(archive, less)
    (less / judgement.judged.source).unlink()
    settings = Settings(index=str(tmp_path / "index"))
    judge = KeptJudge.of([judgement, said(engine, "nothing", question="Which bees?")])
    build_index([less], settings, encoder=FakeEncoder(), judge=judge)
    kept = IndexFolder(tmp_path / "index").open().generation.calibration
    assert kept and kept["samples"]["judged"] == 1


@pytest.mark.slow
def test_a_build_calibrates_again_when_more_is_judged(
    engine: Engine, archive: Path, tmp_path: Path
) -> None:
    settings = Settings(index=str(tmp_path / "index"), judgements=str(tmp_path / "judged.jsonl"))
    kept = Judgements.of(settings)
    assert kept
    said_by_builds: list[str] = []

    class Heard(Silent):
        def say(self, line: str) -> None:
            said_by_builds.append(line)

    def build() -> tuple[bool, int, int]:
        judge = judge_of(settings, [archive])
        report = build_index(
            [archive], settings, encoder=FakeEncoder(), judge=judge, progress=Heard()
        )
        calibration = IndexFolder(tmp_path / "index").open().generation.calibration
        assert calibration
        return report.changed, report.embedded, calibration["samples"]["judged"]

    changed, embedded, judged = build()
    assert changed and embedded and judged == 0
    kept.add(said(engine, "answers"))
    assert build() == (True, 0, 1)
    kept.add(said(engine, "answers"))  # which says nothing new
    assert build() == (False, 0, 1)
    kept.add(said(engine, "nothing", question="Which bees?"))
    assert build() == (True, 0, 2)
    kept.remove([one.id for one in kept.entries()])
    assert build() == (True, 0, 0)
    assert [line for line in said_by_builds if "judged" in line] == [
        "judged questions: 1, the first excerpt is right for 1",
        "judged questions: 2, the first excerpt is right for 1",
    ]
    with pytest.raises(UsageError, match="which lies in the archive"):
        judge_of(settings, [tmp_path])


def test_a_judged_set_joins_what_is_kept(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(index=str(tmp_path / "index"), judgements=str(tmp_path / "judged.jsonl"))
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "questions.jsonl").write_text('{"id": "a", "question": "Which bees?", "kind": "x"}\n')
    assert judge_of(settings, []) is None
    assert isinstance(judge_of(settings, [], dataset=str(folder)), SpanJudge)
    kept = Judgements.of(settings)
    assert kept
    kept.add(said(engine, "answers"))
    alone, both = judge_of(settings, []), judge_of(settings, [], dataset=str(folder))
    assert isinstance(alone, KeptJudge) and isinstance(both, Judges)
    of_set = judge_by(str(folder), "")(engine.store, engine.encoder)
    of_people = alone(engine.store, engine.encoder)
    assert both(engine.store, engine.encoder) == of_set + of_people
    assert len(of_set) == len(of_people) == 1 and both.digest != alone.digest
