"""A service whose index is built again and again: no question is dropped, no answer mixes two generations.

Each generation says in every document which one it is, so that an answer can be told to be of one
alone. ``SWAPS=1000`` in the environment makes the run long.
"""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.api import app as application
from qa.api import create_app
from qa.build.upkeep import rollback
from qa.engine import Engine
from qa.records import Answer, Question
from qa.service.slot import EngineSlot
from qa.settings import Settings
from qa.store import IndexFolder
from tests.conftest import Build
from tests.fake import FakeEncoder

pytestmark = pytest.mark.slow

SWAPS = int(os.environ.get("SWAPS", "30"))
ASKERS = 2
MORE_MB = 32
"""What memory may grow by, however many swaps there are."""


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[FakeEncoder]:
    """Let a service load the fake encoder; return those that were loaded."""
    made: list[FakeEncoder] = []

    def load(folder: Path, **_: object) -> FakeEncoder:
        made.append(FakeEncoder(fingerprint=folder.name))
        return made[-1]

    monkeypatch.setattr("qa.engine.load_encoder", load)
    return made


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    write(tmp_path / "texts", 0)
    return tmp_path / "texts"


@pytest.fixture
def index(texts: Path, tmp_path: Path, build: Build) -> Path:
    build(texts, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def slot(index: Path) -> EngineSlot:
    """A slot with an engine that is open."""
    slot = EngineSlot(index, None, max_wrong=20)
    slot.get()
    return slot


def write(texts: Path, number: int) -> None:
    """Make every document one of generation ``number``."""
    for name in ("ferry", "harbour", "bridge"):
        (texts / f"{name}.txt").write_text(
            f"The {name} of the river, as told in edition {number}.\n"
        )


def editions(answer: Answer) -> set[str]:
    """Return which editions an answer's excerpts and documents are of."""
    return {result.excerpt.split("edition ")[1] for result in answer.results}


def resident_mb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) // 1024


# --- one swap ----------------------------------------------------------------------------------


def test_what_becomes_live_takes_over(
    slot: EngineSlot, texts: Path, index: Path, build: Build, loaded: list[FakeEncoder]
) -> None:
    first = slot.get()
    slot.look()
    assert slot.get() is first
    write(texts, 1)
    build(texts, index)
    assert slot.get() is first  # nobody has looked
    slot.look()
    second = slot.get()
    assert second.info.generation != first.info.generation
    assert editions(second.ask(Question("ferry"))) == {"1."}
    assert (slot.swaps, slot.fault) == (1, None)
    # The model is the same, and is not loaded again; another model is.
    assert second.encoder is first.encoder
    assert len(loaded) == 1
    build(texts, index, encoder=FakeEncoder(fingerprint="another"))
    slot.look()
    assert slot.get().encoder.fingerprint == "another"
    assert len(loaded) == 2


def test_a_question_under_way_ends_on_the_generation_that_it_began_with(
    slot: EngineSlot, texts: Path, index: Path, build: Build
) -> None:
    engine = slot.get()
    write(texts, 1)
    build(texts, index, generations_kept=1)
    slot.look()
    # Its files are gone, and what was not read before still can be.
    assert not engine.store.folder.exists()  # type: ignore[attr-defined]
    assert editions(engine.ask(Question("ferry harbour bridge"))) == {"0."}
    assert engine.document(engine.documents()[0].id).text.endswith("edition 0.\n")
    engine.store.verify_all()  # type: ignore[attr-defined]  # the store is of files


def test_what_nobody_uses_is_let_go_at_once(
    slot: EngineSlot, texts: Path, index: Path, build: Build
) -> None:
    slot.get().ask(Question("ferry"))
    old = weakref.ref(slot.get().store)  # type: ignore[type-var]  # a protocol, and an object of it
    write(texts, 1)
    build(texts, index, generations_kept=1)
    gc.disable()  # by its last reference, and not when a collection comes by
    try:
        slot.look()
        assert old() is None
    finally:
        gc.enable()
    maps = Path("/proc/self/maps").read_text()
    assert not [line for line in maps.splitlines() if str(index) in line and "deleted" in line]


def test_nothing_is_opened_while_nothing_changes(
    slot: EngineSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot.look()
    monkeypatch.setattr(Engine, "open", None)
    monkeypatch.setattr(IndexFolder, "live", None)
    for _ in range(10):
        slot.look()
    assert slot.fault is None


def test_a_rollback_takes_over(slot: EngineSlot, texts: Path, index: Path, build: Build) -> None:
    write(texts, 1)
    build(texts, index)
    slot.look()
    rollback(Settings(index=str(index)))
    slot.look()
    assert editions(slot.get().ask(Question("ferry"))) == {"0."}


def test_what_is_removed_from_the_generation_that_answers_is_hidden(
    slot: EngineSlot, texts: Path, index: Path, build: Build
) -> None:
    # Two generations of which the second is damaged: the first goes on, without what was deleted.
    (texts / "ferry.txt").unlink()
    build(texts, index)
    damage(index)
    slot.look()
    assert {entry.source for entry in slot.get().documents()} == {"bridge.txt", "harbour.txt"}
    assert slot.fault is not None


# --- what cannot be opened ---------------------------------------------------------------------


def damage(index: Path) -> None:
    live = IndexFolder(index).pointers()[0].generation
    (index / "generations" / live / "vectors.faiss").write_bytes(b"torn")


def remove(index: Path) -> None:
    (index / "LIVE").unlink()


def tear(index: Path) -> None:
    (index / "LIVE").write_text("torn")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(damage, "vectors.faiss is damaged"), (remove, "holds no index"), (tear, "not a pointer")],
)
def test_a_generation_that_cannot_be_opened_leaves_the_old_one(
    index: Path,
    texts: Path,
    build: Build,
    spoil: Callable[[Path], None],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The test looks itself: on a slow machine the service would look before the index is spoiled.
    monkeypatch.setattr(application, "LOOK_SECONDS", 3600)
    app = create_app(index=index, settings=Settings())
    with TestClient(app) as client:
        slot: EngineSlot = app.state.service.engines
        old = slot.get()
        write(texts, 1)
        build(texts, index)
        whole = shutil.copytree(index, index.parent / "whole")
        spoil(index)
        slot.look()
        assert slot.get() is old
        ready = client.get("/readyz")
        assert ready.status_code == 200
        assert words in ready.json()["fault"]
        assert "qa_index_fault 1.0\n" in client.get("/metrics").text
        assert client.get("/v1/ask?question=ferry").status_code == 200
        # Mended, it takes over.
        shutil.rmtree(index)
        whole.rename(index)
        slot.look()
        assert client.get("/readyz").json()["fault"] is None
        metrics = client.get("/metrics").text
        assert "qa_index_fault 0.0\n" in metrics
        assert "qa_index_swaps_total 1.0\n" in metrics
        assert "edition 1." in client.get("/v1/ask?question=ferry").text


def test_a_fault_of_ours_leaves_the_old_one_too(
    slot: EngineSlot, texts: Path, index: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = slot.get()
    write(texts, 1)
    build(texts, index)

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "open", fail)
        slot.look()
    assert slot.get() is old
    assert slot.fault == "the new generation cannot be opened (MemoryError)"
    monkeypatch.setattr("qa.service.slot.OPEN_AGAIN_SECONDS", 0)
    slot._open_again_at = 0
    slot.look()  # the pointer is the same, and it is tried again
    assert slot.fault is None
    assert slot.swaps == 1


def test_an_index_that_comes_later_is_opened_without_being_asked(
    index: Path, tmp_path: Path
) -> None:
    slot = EngineSlot(tmp_path / "later", None, max_wrong=20)
    slot.look()
    assert slot.current is None
    shutil.copytree(index, tmp_path / "later")
    slot._retry_at = 0
    slot.look()
    assert slot.current is not None


def test_looking_never_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Engine:
        raise RuntimeError("out of threads")

    monkeypatch.setattr("qa.service.slot.Engine.open", fail)
    slot = EngineSlot(tmp_path / "later", None, max_wrong=20)
    slot.look()
    assert slot.current is None


# --- many swaps under constant questions -------------------------------------------------------


def test_swaps_under_constant_questions(
    index: Path, texts: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "LOOK_SECONDS", 0.001)
    app = create_app(index=index, settings=Settings(requests_per_minute=0))
    over = threading.Event()
    wrong: list[str] = []
    asked = 0

    def ask(client: TestClient) -> None:
        nonlocal asked
        while not over.is_set():
            response = client.get("/v1/ask", params={"question": "ferry harbour bridge river"})
            if response.status_code != 200:
                wrong.append(response.text)
                return
            body = response.json()
            found = {result["excerpt"].split("edition ")[1] for result in body["results"]}
            # The generation's number is one more than the edition's.
            number = int(body["index"]["generation"].split("-")[0]) - 1
            if found != {f"{number}."} or len(body["results"]) != 3:
                wrong.append(response.text)
                return
            asked += 1

    with TestClient(app) as client:
        slot: EngineSlot = app.state.service.engines
        askers = [threading.Thread(target=ask, args=(client,)) for _ in range(ASKERS)]
        for asker in askers:
            asker.start()
        memory = [0]
        try:
            for number in range(1, SWAPS + 1):
                write(texts, number)
                generation = build(texts, index, generations_kept=1 + number % 2).generation
                deadline = time.monotonic() + 60
                while slot.get().info.generation != generation:
                    assert time.monotonic() < deadline, "it never took over"
                    assert not wrong
                    time.sleep(0.001)
                if number == max(SWAPS // 3, 10):
                    memory = [resident_mb()]
            memory.append(resident_mb())
        finally:
            over.set()
            for asker in askers:
                asker.join()
        assert wrong == []
        assert slot.swaps == SWAPS
        assert slot.fault is None
        assert asked > SWAPS
        print(f"{SWAPS} swaps, {asked} questions, memory {memory} MB")
        assert memory[1] - memory[0] < MORE_MB
