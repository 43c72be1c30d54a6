"""What is in an index, going back, and removing for good: what was deleted stays out of every answer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qa.build.changes import Changes
from qa.build.upkeep import purge, rollback, status
from qa.engine import Engine
from qa.errors import CorpusError, IndexMissingError, NotFoundError, UsageError
from qa.records import Filters, PassageId, Question, document_id
from qa.settings import Settings
from qa.store import Generation, IndexFolder, Query
from tests.conftest import ROOT, Build
from tests.fake import FakeEncoder

OWLS = "Owls hunt voles at dusk, and sleep in the belfry.\n"
BEES = "The bees have left the orchard, and seven hives are empty.\n"
QUESTION = Question("Do owls hunt voles at dusk?", k=50)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder of two documents."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "owls.txt").write_text(OWLS)
    (tmp_path / "texts" / "bees.txt").write_text(BEES)
    return tmp_path / "texts"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(index=str(tmp_path / "index"))


@pytest.fixture
def deleted(texts: Path, settings: Settings, build: Build) -> list[str]:
    """An index of two generations, the owls deleted from the second; their names, newest first."""
    first = build(texts, Path(settings.index)).generation
    (texts / "owls.txt").unlink()
    return [build(texts, Path(settings.index)).generation, first]


def served(settings: Settings) -> Generation:
    return IndexFolder(Path(settings.index)).open().generation


def sources(generation: Generation) -> list[str]:
    return [entry.source for entry in generation.listing()]


def assert_without_owls(generation: Generation, encoder: FakeEncoder) -> None:
    """No way leads to the document: dense, lexical, token codes, a filter, the view, a listing."""
    engine = Engine(store=generation, encoder=encoder)
    assert sources(generation) == ["bees.txt"]
    assert (generation.info.documents, generation.info.passages) == (1, 1)
    assert generation.document(document_id("owls.txt")) is None
    hits = engine.rank(QUESTION.text, depth=100)
    fetched = generation.fetch([hit.id for hit in hits], ())
    assert [passage.text for passage in fetched.passages] == [BEES.strip()]
    for filters in (Filters(), Filters(source=("*",)), Filters(published_from="1900")):
        answer = engine.ask(Question(QUESTION.text, k=50, filters=filters))
        assert not any("vole" in result.excerpt for result in answer.results)
    vector = encoder.encode_question(OWLS).vector
    bees, owls = PassageId("bees.txt", 0), PassageId("owls.txt", 0)
    assert generation.candidates(Query(vector, ("vole", "dusk"), 10))[:2] == ([bees], [])
    assert not generation.statistics(("vole", "dusk"), ()).held
    with pytest.raises(LookupError):
        generation.fetch([bees, owls], ())
    assert [one.id for one in generation.sample(10)] == [bees]
    assert generation.similar(bees, -1.0) == [bees]
    assert not any("vole" in text for text in generation.extracts(10, 10, 100))
    assert engine.archive.documents == 1


# --- deleted -----------------------------------------------------------------------------------


def test_what_was_deleted_stays_out_after_a_rollback(
    deleted: list[str], settings: Settings, encoder: FakeEncoder
) -> None:
    assert_without_owls(served(settings), encoder)
    assert rollback(settings).generation == deleted[1]
    assert served(settings).info.generation == deleted[1]
    assert_without_owls(served(settings), encoder)


def test_what_was_deleted_stays_out_when_the_live_generation_is_damaged(
    deleted: list[str], settings: Settings, encoder: FakeEncoder
) -> None:
    (Path(settings.index) / "generations" / deleted[0] / "vectors.faiss").write_bytes(b"torn")
    opened = IndexFolder(Path(settings.index)).open()
    assert opened.fault is not None
    assert opened.generation.info.generation == deleted[1]
    assert_without_owls(opened.generation, encoder)


@pytest.mark.parametrize("back", [False, True], ids=["from the newest", "after a rollback"])
def test_what_comes_back_is_found_again(
    back: bool, deleted: list[str], texts: Path, settings: Settings, build: Build
) -> None:
    if back:
        rollback(settings)  # its corpus is the folder's again, and only hides a part of it
    (texts / "owls.txt").write_text(OWLS)
    report = build(texts, Path(settings.index))
    assert report.changed
    assert report.documents == 2
    assert sources(served(settings)) == ["bees.txt", "owls.txt"]
    assert not build(texts, Path(settings.index)).changed
    # Nothing is hidden in any generation any more.
    for name in deleted:
        if name != served(settings).info.generation:
            rollback(settings, name)
            assert len(sources(served(settings))) == (1 if name == deleted[0] else 2)


def test_the_list_of_what_was_removed_does_not_grow_for_ever(
    texts: Path, settings: Settings, build: Build
) -> None:
    for number in range(6):
        (texts / f"{number}.txt").write_text(f"Page {number} of the log.\n")
        build(texts, Path(settings.index), generations_kept=2)
        (texts / f"{number}.txt").unlink()
        build(texts, Path(settings.index), generations_kept=2)
    removed = IndexFolder(Path(settings.index)).live().removed
    assert removed == {document_id("5.txt")}  # what the one retained generation holds


# --- going back --------------------------------------------------------------------------------


def generations(settings: Settings) -> list[str]:
    return [p.generation[:6] for p in IndexFolder(Path(settings.index)).pointers()]


def test_back_and_forth(texts: Path, settings: Settings, build: Build) -> None:
    for number in range(3):
        (texts / "owls.txt").write_text(f"{OWLS}Night {number}.\n")
        build(texts, Path(settings.index))
    assert rollback(settings).generation[:6] == "000002"
    assert generations(settings) == ["000002", "000001", "000003"]
    assert rollback(settings).generation[:6] == "000001"
    assert generations(settings) == ["000001", "000003", "000002"]
    with pytest.raises(UsageError, match=r"no generation before 000001-\w+ is kept"):
        rollback(settings)
    with pytest.raises(UsageError, match="is live already"):
        rollback(settings, "000001")
    with pytest.raises(UsageError, match="no generation 000009 is kept"):
        rollback(settings, "000009")
    assert rollback(settings, "000003").generation[:6] == "000003"
    assert generations(settings) == ["000003", "000002", "000001"]
    # The next build is a later one than all of these, and keeps what was live.
    rollback(settings, "000001")
    (texts / "owls.txt").write_text(OWLS)
    build(texts, Path(settings.index), generations_kept=2)
    assert generations(settings) == ["000004", "000001"]


def test_a_damaged_generation_is_not_gone_back_to(deleted: list[str], settings: Settings) -> None:
    path = Path(settings.index) / "generations" / deleted[1] / "tokens.bin"
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(Exception, match=r"tokens\.bin is damaged"):
        rollback(settings)
    assert served(settings).info.generation == deleted[0]


def test_a_generation_of_which_all_was_removed_is_not_gone_back_to(
    texts: Path, settings: Settings, build: Build
) -> None:
    (texts / "bees.txt").unlink()
    build(texts, Path(settings.index))
    (texts / "owls.txt").rename(texts / "birds.txt")
    build(texts, Path(settings.index))
    with pytest.raises(UsageError, match="all documents of generation 000001-"):
        rollback(settings)
    assert sources(served(settings)) == ["birds.txt"]


# --- removed for good --------------------------------------------------------------------------


def bytes_of(index: str) -> bytes:
    return b"".join(path.read_bytes() for path in Path(index).rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["owls.txt", document_id("owls.txt")])
def test_a_purged_text_is_in_no_file(
    name: str, texts: Path, settings: Settings, build: Build, encoder: FakeEncoder
) -> None:
    index = Path(settings.index)
    (texts / "owls.txt").write_text("An older text: the marten hunts at noon.\n")
    build(texts, index)
    (texts / "owls.txt").write_text(OWLS)
    build(texts, index)
    (texts / "owls.txt").unlink()
    clean = build(texts, index).generation  # holds nothing of it, and is live
    before = encoder.encoded
    (texts / "hens.txt").write_text("Hens sleep on the roost.\n")
    build(texts, index)
    (index / ".encoded").write_bytes(b"a journal of a build that was stopped: voles")
    assert b"voles" in bytes_of(settings.index)
    report = purge(settings, [name])
    assert encoder.encoded == before + 1
    assert (report.purged, report.copies) == (("owls.txt",), ())
    assert [n[:6] for n in report.generations_removed] == ["000002"]
    for word in (b"voles", b"vole\n", b"belfry", b"marten", b"owls.txt"):
        assert word not in bytes_of(settings.index), word
    assert generations(settings) == ["000004", "000003"]
    assert sources(served(settings)) == ["bees.txt", "hens.txt"]
    assert rollback(settings).generation == clean


def test_a_purge_of_a_live_document(
    texts: Path, settings: Settings, build: Build, encoder: FakeEncoder
) -> None:
    (texts / "copy of owls.txt").write_text(OWLS)
    build(texts, Path(settings.index))
    report = purge(settings, ["owls.txt"])
    assert report.generation == served(settings).info.generation
    assert report.generations_removed == ("000001-" + report.generations_removed[0][7:],)
    assert report.copies == ("copy of owls.txt",)
    generation = served(settings)
    generation.verify_all()
    assert sources(generation) == ["bees.txt", "copy of owls.txt"]
    # It is what a build without the file makes of the folder.
    (texts / "owls.txt").unlink()
    fresh = Settings(index=f"{settings.index}-fresh")
    build(texts, Path(fresh.index))
    questions = [Question(text, k=9) for text in (QUESTION.text, "seven hives", "orchard belfry")]
    for question in questions:
        one, other = (
            Engine(store=served(of), encoder=encoder).ask(question) for of in (settings, fresh)
        )
        assert one.results == other.results
    assert not build(texts, Path(settings.index)).changed


def test_a_purged_file_that_is_still_there_comes_back(
    texts: Path, settings: Settings, build: Build
) -> None:
    build(texts, Path(settings.index))
    purge(settings, ["owls.txt"])
    assert build(texts, Path(settings.index)).documents == 2
    assert sources(served(settings)) == ["bees.txt", "owls.txt"]


def test_a_document_that_a_rollback_hides_can_be_purged(
    deleted: list[str], settings: Settings
) -> None:
    rollback(settings)
    purge(settings, ["owls.txt"])
    assert b"voles" not in bytes_of(settings.index)
    assert sources(served(settings)) == ["bees.txt"]


def test_a_retained_generation_that_cannot_be_read_is_purged_too(
    deleted: list[str], texts: Path, settings: Settings, build: Build
) -> None:
    folder = Path(settings.index) / "generations" / deleted[1]
    (folder / "vectors.faiss").write_bytes(b"torn")
    with pytest.raises(NotFoundError):
        purge(settings, ["owls.txt"])  # what cannot be read cannot be named
    # Something else is purged: it goes along, for it may hold that as well.
    (texts / "hens.txt").write_text("Hens sleep on the roost.\n")
    build(texts, Path(settings.index))
    report = purge(settings, ["hens.txt"])
    assert deleted[1] in report.generations_removed
    assert b"voles" not in bytes_of(settings.index)


def test_the_last_document_is_not_purged(deleted: list[str], settings: Settings) -> None:
    with pytest.raises(CorpusError, match="no document would be left"):
        purge(settings, ["bees.txt"])
    assert sources(served(settings)) == ["bees.txt"]


def test_what_no_generation_holds_cannot_be_purged(deleted: list[str], settings: Settings) -> None:
    before = (Path(settings.index) / "LIVE").read_bytes()
    with pytest.raises(NotFoundError, match="no generation has a document cats.txt") as refusal:
        purge(settings, ["owls.txt", "cats.txt"])
    assert refusal.value.exit_status == 2
    assert (Path(settings.index) / "LIVE").read_bytes() == before


# --- its state ---------------------------------------------------------------------------------


def test_the_state_of_an_index(
    deleted: list[str], texts: Path, settings: Settings, build: Build
) -> None:
    found = status(settings)
    assert [(one.name, one.live, one.documents, one.hidden) for one in found.generations] == [
        (deleted[0], True, 1, 0),
        (deleted[1], False, 1, 1),
    ]
    assert all(
        one.model == "fake" and one.passages == 1 and one.bytes > 1000 for one in found.generations
    )
    assert found.bytes > sum(one.bytes for one in found.generations)
    assert found.paths == (str(texts),)
    assert found.changes == Changes((), (), ())
    (texts / "owls.txt").write_text(OWLS)
    (texts / "bees.txt").write_text(BEES + BEES)
    (texts / "image.png").write_bytes(b"no text")
    assert status(settings).changes == Changes(("image.png", "owls.txt"), ("bees.txt",), ())
    (texts / "bees.txt").unlink()
    changes = status(settings).changes
    assert changes == Changes(("image.png", "owls.txt"), (), ("bees.txt",))
    # What it says is what a build does.
    build(texts, Path(settings.index))
    assert status(settings).changes == Changes((), (), ())
    assert sources(served(settings)) == ["owls.txt"]


def test_the_state_against_other_paths(
    deleted: list[str], texts: Path, tmp_path: Path, settings: Settings
) -> None:
    other = Path(shutil.copytree(texts, tmp_path / "other"))
    (other / "hens.txt").write_text("Hens sleep on the roost.\n")
    assert status(settings, [other]).changes == Changes(("hens.txt",), (), ())
    with pytest.raises(CorpusError, match="does not exist"):
        status(settings, [tmp_path / "nowhere"])
    shutil.rmtree(texts)
    assert status(settings).changes is None


def test_after_a_rollback_what_is_hidden_would_be_added(
    deleted: list[str], texts: Path, settings: Settings
) -> None:
    rollback(settings)
    assert status(settings).changes == Changes((), (), ())
    (texts / "owls.txt").write_text(OWLS)
    assert status(settings).changes == Changes(("owls.txt",), (), ())


def test_a_fault_is_told(deleted: list[str], settings: Settings) -> None:
    path = Path(settings.index) / "generations" / deleted[0] / "texts.bin"
    path.write_bytes(path.read_bytes().swapcase())
    live, retained = status(settings).generations
    assert live.fault is not None and "texts.bin is damaged" in live.fault
    assert (live.documents, retained.fault) == (None, None)


def test_an_index_of_which_nothing_can_be_served_has_a_state(
    deleted: list[str], settings: Settings
) -> None:
    for name in deleted:
        path = Path(settings.index) / "generations" / name / "vectors.faiss"
        path.write_bytes(path.read_bytes()[:-1])
    found = status(settings)
    assert [one.fault is not None for one in found.generations] == [True, True]
    assert found.changes is None


def test_no_index_has_no_state(settings: Settings) -> None:
    with pytest.raises(IndexMissingError):
        status(settings)
    with pytest.raises(IndexMissingError):
        rollback(settings)


# --- a folder is followed ----------------------------------------------------------------------

WATCH = """
import signal
import sys
import qa.build.builder
from qa.cli.commands import main
from tests.fake import FakeEncoder

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what runs in the background
encoder = FakeEncoder()
def ready(building, *_):
    building.add_model(encoder.fingerprint, lambda _: None)
    return encoder
qa.build.builder._ready_model = ready
main(["watch", sys.argv[1], "--index", sys.argv[2], "--every", "0.1"])
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_followed_folder_is_built_when_it_changes(
    texts: Path, settings: Settings, sign: signal.Signals
) -> None:
    index = Path(settings.index)

    def wait_for(*expected: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if sources(served(settings)) == list(expected):
                    return
            except Exception:
                time.sleep(0)
            time.sleep(0.05)
        raise AssertionError(f"{expected} was never served")

    with subprocess.Popen(
        [sys.executable, "-c", WATCH, str(texts), str(index)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("QA_")},
    ) as process:
        try:
            wait_for("bees.txt", "owls.txt")
            # A build that fails is told of, and the folder still followed.
            (texts / "owls.txt").rename(texts / ".owls")
            (texts / "bees.txt").rename(texts / ".bees")
            assert process.stderr is not None
            line = ""
            while "no document in" not in line:
                line = process.stderr.readline()
                assert line, "it ended"
            assert line.startswith("qa: ")
            (texts / ".bees").rename(texts / "bees.txt")
            wait_for("bees.txt")
            process.send_signal(sign)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert err.endswith("Stopped.\n")
    assert "Traceback" not in err
    # Between the two that go away there may be time for a build.
    assert out.count("Indexed") in (2, 3)
