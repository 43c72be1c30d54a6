"""What is not read is named by the live generation, also when no document has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qa.build.changes import Changes
from qa.build.upkeep import rollback, status
from qa.build.watch import watch
from qa.errors import CorpusError
from qa.settings import Settings
from qa.store import IndexFolder
from tests.conftest import Build
from tests.corpus.makers import pdf


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder of two documents."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "bees.txt").write_text("The bees have left, and seven hives are empty.\n")
    (tmp_path / "texts" / "owls.txt").write_text("Owls hunt voles at dusk.\n")
    return tmp_path / "texts"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def named(index: Path) -> list[str]:
    """Return the files that the live generation names as not read."""
    opened = IndexFolder(index).open()
    assert opened.fault is None
    return [source for source, _ in opened.generation.summary().skipped]


def reason(index: Path) -> str:
    """Return why the only file that is named is not read."""
    ((_, told),) = IndexFolder(index).open().generation.summary().skipped
    return told


def scan(texts: Path) -> None:
    (texts / "scan002.jpg").write_bytes(b"\xff\xd8\xff\xe0 a picture")


def locked(texts: Path) -> None:
    (texts / "locked.pdf").write_bytes(pdf(["Secret."], password="x"))


@pytest.mark.parametrize(("add", "name"), [(scan, "scan002.jpg"), (locked, "locked.pdf")])
def test_a_new_file_that_cannot_be_read_is_named(
    texts: Path, index: Path, build: Build, add: Callable[[Path], None], name: str
) -> None:
    first = build(texts, index)
    assert (named(index), first.skipped) == ([], ())
    add(texts)
    settings = Settings(index=str(index))
    assert status(settings).changes == Changes((name,), (), ())
    second = build(texts, index)
    assert (second.changed, second.documents, second.embedded) == (True, 2, 0)
    assert [one.source for one in second.skipped] == named(index) == [name]
    # Nothing is different now.
    assert status(settings).changes == Changes((), (), ())
    third = build(texts, index)
    assert (third.changed, third.generation) == (False, second.generation)
    assert third.skipped == second.skipped
    # It is gone, and no document has changed.
    (texts / name).unlink()
    assert status(settings).changes == Changes((), (), (name,))
    fourth = build(texts, index)
    assert (fourth.changed, fourth.documents, fourth.embedded) == (True, 2, 0)
    assert named(index) == []


def test_a_document_that_can_no_longer_be_read_is_named_and_not_served(
    texts: Path, index: Path, build: Build
) -> None:
    build(texts, index, max_file_bytes=4_000)
    (texts / "owls.txt").write_text("Owls hunt voles at dusk.\n" * 1_000)
    settings = Settings(index=str(index), max_file_bytes=4_000)
    assert status(settings).changes == Changes((), ("owls.txt",), ())
    report = build(texts, index, max_file_bytes=4_000)
    assert (report.changed, report.documents, named(index)) == (True, 1, ["owls.txt"])
    assert not build(texts, index, max_file_bytes=4_000).changed
    (texts / "owls.txt").write_text("Owls hunt voles at dusk.\n")
    report = build(texts, index, max_file_bytes=4_000)
    assert (report.documents, report.embedded, named(index)) == (2, 1, [])


def test_the_reason_is_that_of_the_newest_build(texts: Path, index: Path, build: Build) -> None:
    (texts / "bees.html").write_text("<p>The keeper bought three queens in the spring of 1871.</p>")
    pictures = texts / "bees_files"
    pictures.mkdir()
    (pictures / "1.png").touch()
    build(texts, index)
    before = reason(index)
    assert not build(texts, index).changed
    (pictures / "2.png").touch()  # the reason has the number of files
    report = build(texts, index)
    assert (report.changed, report.embedded) == (True, 0)
    assert reason(index) == (report.skipped + report.told)[0].reason != before


def test_a_rollback_names_what_its_build_did_not_read(
    texts: Path, index: Path, build: Build
) -> None:
    build(texts, index)
    scan(texts)
    build(texts, index)
    settings = Settings(index=str(index))
    rollback(settings)
    assert named(index) == []
    assert status(settings).changes == Changes(("scan002.jpg",), (), ())
    assert build(texts, index).changed
    assert named(index) == ["scan002.jpg"]


def test_strict_refuses_a_new_file_and_publishes_nothing(
    texts: Path, index: Path, build: Build
) -> None:
    first = build(texts, index)
    locked(texts)
    with pytest.raises(CorpusError, match=r"locked\.pdf: encrypted.*1 of 3 files"):
        build(texts, index, strict=True)
    assert IndexFolder(index).open().generation.info.generation == first.generation
    assert named(index) == []


class Over(BaseException):
    """Ends a watch."""


def test_a_followed_folder_names_it(texts: Path, index: Path, build: Build) -> None:
    """Each turn is a pause between two looks; the clock stands still."""
    seen: list[list[str]] = []
    changed: list[bool] = []
    turns = iter([None, lambda: scan(texts), None, None, (texts / "scan002.jpg").unlink, None])

    def pause(_: float) -> None:
        seen.append(named(index))
        turn = next(turns, Over)
        if turn is Over:
            raise Over
        if turn is not None:
            turn()

    complaints: list[str] = []
    with pytest.raises(Over):
        watch(
            [texts],
            lambda: changed.append(build(texts, index).changed),
            every=1,
            complain=complaints.append,
            sleep=pause,
            clock=lambda: 0.0,
        )
    assert (changed, complaints) == ([True, True, True], [])
    assert seen == [[], [], [], ["scan002.jpg"], ["scan002.jpg"], ["scan002.jpg"], []]
