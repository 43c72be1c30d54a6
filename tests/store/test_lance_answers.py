"""An index in LanceDB gives the answers of one in files: the same, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from qa.build.builder import build_index
from qa.engine import Engine
from qa.evaluate.datasets import read_spans
from qa.records import Answer, Filters, Question
from qa.settings import Settings
from qa.store import FileIndex, Index
from tests.buckets import BUCKET, server
from tests.conftest import ROOT, SEEDS
from tests.fake import FakeEncoder
from tests.store.lance import lance_index

# A calibration on few texts is enough: each digit must be the same in both stores.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("few_references")]

QUESTIONS = [
    Question("What does a steamer pay in August?"),
    Question("What does a steamer pay in August?", k=50, explain=True),
    Question("the harbour, the bridge and the bees", k=50, explain=True),
    Question("And in August?", history=("What does a steamer pay?",)),
    Question("Who is Ingrid Solvnag of the zeppelin?"),
    Question("¿Cuántas personas murieron en el puerto?"),
    Question("?"),
    Question("owls", filters=Filters(("markup.txt", "nix/*"))),
    Question("owls", filters=Filters(("nix/*",))),
    Question("the bridge", filters=Filters((), "2004", "2019-11")),
    Question("bees at the orchard", k=1),
    Question("Œnone's naïve friends 🥄"),
]


def built(index: Index, paths: Sequence[Path], *, calibrated: bool = True) -> Engine:
    """Build an index of some folders; return an engine on it."""
    settings = Settings(index="nowhere", reading="off")
    build_index(paths, settings, encoder=FakeEncoder(), index=index, calibrated=calibrated)
    return Engine(store=index.open().store, encoder=FakeEncoder(), reading="off")


def told(answer: Answer) -> Answer:
    """Return an answer without what names the index, and without its time."""
    names = replace(answer.index, name="", generation="")
    return replace(answer, index=names, took_ms=0.0)


@pytest.fixture(scope="module", params=["folder", "bucket"])
def pair(
    request: pytest.FixtureRequest, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, Engine]]:
    """The small archive in files, and in LanceDB."""
    place = tmp_path_factory.mktemp("pair")
    files = built(FileIndex(place / "files"), [archive])
    if request.param == "folder":
        yield files, built(lance_index(f"lance:{place}/shared", place / "local"), [archive])
        return
    with server():
        yield files, built(lance_index(f"s3://{BUCKET}/pair", place / "local"), [archive])


def test_the_same_answers(pair: tuple[Engine, Engine]) -> None:
    files, lance = pair
    assert lance.store.calibration == files.store.calibration is not None
    found = 0
    for question in QUESTIONS:
        expected = told(files.ask(question))
        assert told(lance.ask(question)) == expected
        found += len(expected.results)
    assert found > 20


def test_the_same_rankings_however_deep(pair: tuple[Engine, Engine]) -> None:
    files, lance = pair
    for question in QUESTIONS:
        for depth in (1, 7, 100):
            assert lance.rank(question.text, depth=depth) == files.rank(question.text, depth=depth)


def test_the_same_lists(pair: tuple[Engine, Engine]) -> None:
    files, lance = pair
    assert lance.archive == files.archive
    assert list(lance.documents()) == list(files.documents())
    assert lance.store.extracts(5, 2, 80) == files.store.extracts(5, 2, 80)
    assert list(lance.store.sample(9)) == list(files.store.sample(9))
    near = sorted(files.store.spellings.near("habrour", 2))
    assert sorted(lance.store.spellings.near("habrour", 2)) == near != []
    for entry in files.documents():
        assert lance.document(entry.id) == files.document(entry.id)


def test_the_sample_archive(tmp_path: Path) -> None:
    """Every third judged question about the sample archive, alone and in conversations."""
    shared = lance_index(f"lance:{tmp_path}/shared", tmp_path / "local")
    files = built(FileIndex(tmp_path / "files"), [SEEDS], calibrated=False)
    lance = built(shared, [SEEDS], calibrated=False)
    asked = 0
    for name in ("seeds", "conversations"):
        for one in read_spans(ROOT / "eval" / name).questions[::3]:
            question = Question(one.text, k=10, history=one.history)
            assert told(lance.ask(question)) == told(files.ask(question)), one.id
            asked += 1
    assert asked > 50
