"""A build that is given judged questions calibrates with them, and again when they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.build.builder import build_index
from qa.errors import UsageError
from qa.evaluate.judged import judge_by
from qa.settings import Settings
from qa.store import IndexFolder
from tests.fake import FakeEncoder

pytestmark = pytest.mark.usefixtures("few_references")


@pytest.mark.slow
def test_judged_questions_join_the_samples(archive: Path, spans: Path, tmp_path: Path) -> None:
    settings = Settings(index=str(tmp_path / "index"))
    plain = build_index([archive], settings, encoder=FakeEncoder())
    judge = judge_by(str(spans), "")
    judged = build_index([archive], settings, encoder=FakeEncoder(), judge=judge)
    again = build_index([archive], settings, encoder=FakeEncoder(), judge=judge)
    assert (plain.changed, judged.changed, again.changed) == (True, True, False)
    assert judged.embedded == 0
    kept = IndexFolder(tmp_path / "index").open().generation.calibration
    assert kept is not None
    # Every question of the set but those of the kind that its dataset.toml sets apart.
    asked = [q for q in judge.dataset.questions if q.kind not in judge.dataset.apart]
    assert kept["samples"]["judged"] == len(asked) > 0


def test_a_judged_corpus_cannot_judge_a_build(corpus: Path) -> None:
    with pytest.raises(UsageError, match="only such a set can judge"):
        judge_by(str(corpus), "")
