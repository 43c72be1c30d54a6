"""Builds that are stopped, disks that fail, bytes that change: never a half-built index, never a wrong answer."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.build.builder import build_index
from qa.build.upkeep import purge, rollback
from qa.engine import Engine
from qa.errors import IndexDamagedError, IndexForeignError, IndexUnusableError, QaError, UsageError
from qa.records import Answer, Filters, Question, document_id
from qa.settings import Settings
from qa.store import IndexFolder
from qa.store.files import disk
from tests.conftest import Build
from tests.fake import DIMENSION, FakeEncoder
from tests.store.forge import digest, live_folder
from tests.store.reads import passages_of

pytestmark = pytest.mark.slow

OLD = "The harbour was dug in 1872 by four hundred dockers.\n"
NEW = "The bridge was moved in a single night, and nobody heard it.\n"
QUESTION = Question("Who dug the harbour, and who moved the bridge in a night?")


class Killed(BaseException):
    """Stands for SIGKILL within a process: nothing that is meant to catch errors catches it."""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder with one document; a second one makes the new generation."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text(OLD)
    return folder


@pytest.fixture
def index(texts: Path, tmp_path: Path, build: Build) -> Path:
    """An index with an old generation; the texts have changed since."""
    build(texts, tmp_path / "index")
    (texts / "b.txt").write_text(NEW)
    return tmp_path / "index"


@pytest.fixture(scope="module")
def engine(
    archive: Path, build: Build, encoder: FakeEncoder, tmp_path_factory: pytest.TempPathFactory
) -> Engine:
    """An engine on an index of the small archive."""
    path = tmp_path_factory.mktemp("engine") / "index"
    build(archive, path)
    return Engine(store=IndexFolder(path).open().generation, encoder=encoder)


def sources(index: Path) -> list[str]:
    """Open an index as a fresh process does; return what it holds, every byte verified."""
    opened = IndexFolder(index).open()
    assert opened.fault is None
    opened.generation.verify_all()
    held = [entry.source for entry in opened.generation.listing()]
    for passage in passages_of(opened.generation):
        document = opened.generation.document(passage.document_id)
        assert document is not None
        assert document.text[passage.start : passage.end] == passage.text
    return held


def leftovers(index: Path) -> set[str]:
    """Return what an index folder holds beside its live generation and that one's model."""
    live = live_folder(index)
    fingerprint = json.loads((live / "manifest.json").read_text())["fingerprint"]
    kept = {index / "LIVE", index / "LOCK", live, index / "models" / fingerprint}
    parents = {index / "generations", index / "models"}
    found = {path for folder in (index, *parents) for path in folder.iterdir()}
    return {str(path.relative_to(index)) for path in found - kept - parents}


def steps_of(monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]) -> list[str]:
    """Return the steps on the disk that a call takes."""
    taken: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(disk, "on_step", taken.append)
        call()
    return taken


def stop_at(number: int, action: Callable[[str], object]) -> Callable[[str], None]:
    """Return an ``on_step`` that acts at the step of that number, from 0."""
    left = iter(range(number, -1, -1))

    def on_step(step: str) -> None:
        if next(left, None) == 0:
            action(step)

    return on_step


# --- 1: killed at every step -----------------------------------------------------------------


@pytest.mark.parametrize("fresh", [False, True], ids=["second build", "first build"])
def test_killed_at_every_step(
    fresh: bool, texts: Path, tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    if not fresh:
        build(texts, before, generations_kept=1)
    (texts / "b.txt").write_text(NEW)
    probe = tmp_path / "probe"
    shutil.copytree(before, probe)
    steps = steps_of(monkeypatch, lambda: build(texts, probe, generations_kept=1))
    assert len(steps) > 40
    assert steps.count("rename LIVE") == 1
    seen_old = seen_new = 0
    for number in range(len(steps)):
        index = tmp_path / "killed"
        shutil.copytree(before, index)

        def kill(_: str) -> None:
            # What a dead process does not do: clear up behind itself.
            monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
            monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(disk, "on_step", stop_at(number, kill))
            with pytest.raises(Killed):
                build(texts, index, generations_kept=1)
        monkeypatch.undo()
        monkeypatch.setattr(os, "fsync", lambda descriptor: None)
        where = f"step {number}, {steps[number]}"
        if number <= steps.index("rename LIVE"):
            seen_old += 1
            if fresh:
                with pytest.raises(IndexUnusableError, match="holds no index yet"):
                    IndexFolder(index).open()
            else:
                assert sources(index) == ["a.txt"], where
        else:
            seen_new += 1
            assert sources(index) == ["a.txt", "b.txt"], where
        build(texts, index, generations_kept=1)
        assert sources(index) == ["a.txt", "b.txt"], where
        assert leftovers(index) == set(), where
        shutil.rmtree(index)
    assert seen_old > 40
    assert seen_new == 1  # the pointer was swung, and the folder was to be waited for


_VICTIM = """
import os, signal, sys, time
from pathlib import Path
from qa.build.builder import build_index
from qa.settings import Settings
from qa.store.files import disk
from tests.fake import FakeEncoder

texts, index, victims = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
encoder = FakeEncoder()

def build(victim):
    build_index([texts], Settings(index=f"{index}/{victim}"), encoder=encoder, calibrated=False)

began = time.monotonic()
build("warm")
seconds = time.monotonic() - began
for victim in victims:
    # Each in a process of its own, which dies as the kernel lets processes die: at a step on the
    # disk, or at a moment that nothing in it chose.
    kind, number, _ = victim.split("-")
    child = os.fork()
    if child == 0:
        if kind == "step":
            left = iter(range(int(number), -1, -1))
            disk.on_step = lambda step: next(left, None) == 0 and os.kill(os.getpid(), signal.SIGKILL)
        build(victim)
        os._exit(0)
    if kind == "moment":
        time.sleep(seconds * int(number) / 1000)
        os.kill(child, signal.SIGKILL)
    print(victim, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

KILLS = int(os.environ.get("KILLS", "16"))
"""Half of them at a step on the disk, half at any moment; ``make faults`` sets it to 1000."""
_AT_ONCE = 50


def test_killed_by_the_kernel_at_random(
    texts: Path, index: Path, tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):  # something to be in the middle of
        (texts / f"c{number}.txt").write_text(f"{NEW}\n\n{OLD}\n\nPage {number}.\n")
    new = sorted(path.name for path in texts.iterdir())
    probe = shutil.copytree(index, tmp_path / "probe")
    count = len(steps_of(monkeypatch, lambda: build(texts, probe)))
    seen = {"old": 0, "new": 0, "dead": 0}
    for start in range(0, KILLS, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, KILLS))
        # The last part only keeps their names apart.
        victims = [
            f"step-{random.randrange(count)}-{n}"
            if n % 2
            else f"moment-{random.randrange(1100)}-{n}"
            for n in numbers
        ]
        copies = tmp_path / "copies"
        for name in ("warm", *victims):
            shutil.copytree(index, copies / name)
        run = subprocess.run(
            [sys.executable, "-c", _VICTIM, str(texts), str(copies), *victims],
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
            cwd=Path(__file__).parents[2],
        )
        for victim, status in (line.split() for line in run.stdout.splitlines()):
            assert int(status) in (0, -signal.SIGKILL)
            assert int(status) or victim.startswith("moment")
            seen["dead"] += int(status) != 0
            copy = copies / victim
            held = sources(copy)
            assert held in (["a.txt"], new), victim
            seen["old" if held == ["a.txt"] else "new"] += 1
            build(texts, copy, generations_kept=1)
            assert sources(copy) == new, victim
            assert leftovers(copy) <= {
                f"generations/{name.name}" for name in (index / "generations").iterdir()
            }
        shutil.rmtree(copies)
    print(f"{KILLS} kills: {seen}")
    assert seen["dead"] > seen["old"] // 2
    assert seen["old"]


@pytest.mark.parametrize("verb", ["purge", "rollback"])
def test_looking_after_is_killed_at_every_step(
    verb: str,
    texts: Path,
    index: Path,
    tmp_path: Path,
    build: Build,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build(texts, index)
    (texts / "b.txt").write_text(f"{NEW} And the next day.\n")
    build(texts, index)

    def act(at: Path) -> None:
        settings = Settings(index=str(at))
        if verb == "purge":
            purge(settings, ["b.txt"])
        else:
            rollback(settings, "000001")

    probe = shutil.copytree(index, tmp_path / "probe")
    steps = steps_of(monkeypatch, lambda: act(probe))
    assert "rename LIVE" in steps
    for number in range(len(steps)):
        copy = shutil.copytree(index, tmp_path / "killed")

        def kill(_: str) -> None:
            monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
            monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(disk, "on_step", stop_at(number, kill))
            with pytest.raises(Killed):
                act(copy)
        monkeypatch.undo()
        monkeypatch.setattr(os, "fsync", lambda descriptor: None)
        done = number > steps.index("rename LIVE")
        assert sources(copy) == (["a.txt"] if done else ["a.txt", "b.txt"]), steps[number]
        # Told again, it is done, or was done already; and nothing of the text is left.
        with suppress(UsageError):
            act(copy)
        assert sources(copy) == ["a.txt"]
        if verb == "purge":
            files = [path for path in copy.rglob("*") if path.is_file()]
            assert not [path for path in files if b"bridge" in path.read_bytes()], steps[number]
        shutil.rmtree(copy)


# --- 2: torn files ---------------------------------------------------------------------------


def torn(data: bytes) -> Iterator[bytes | None]:
    """Yield what may be left of a file that was not waited for: None for nothing."""
    yield None
    yield b""
    yield data[: len(data) // 2]
    yield data[:-1]
    yield data[:-1] + bytes([data[-1] ^ 1])
    yield data + b"\0"


def test_torn_files_give_the_generation_before(
    texts: Path, index: Path, build: Build, encoder: FakeEncoder
) -> None:
    old = IndexFolder(index).open().generation.info.generation
    build(texts, index)
    live = live_folder(index)
    for path in sorted(live.iterdir()):
        data = path.read_bytes()
        for left in torn(data):
            if left is None:
                path.unlink()
            else:
                path.write_bytes(left)
            opened = IndexFolder(index).open()
            if opened.fault is None:
                # A mapped file of the right size: its blocks are verified when they are used.
                assert path.name in ("blocks.bin", "texts.bin", "tokens.bin")
                assert left is not None and len(left) == len(data)
                with pytest.raises(IndexDamagedError, match=path.name):
                    Engine(store=opened.generation, encoder=encoder).ask(QUESTION)
            else:
                assert opened.generation.info.generation == old
                assert path.name in opened.fault and live.name in opened.fault
                answer = Engine(store=opened.generation, encoder=encoder).ask(QUESTION)
                assert answer.index.generation == old
            path.write_bytes(data)
    assert sources(index) == ["a.txt", "b.txt"]


def test_a_damaged_index_is_mended_by_the_next_build(
    texts: Path, index: Path, build: Build, tmp_path: Path
) -> None:
    build(texts, index, generations_kept=1)
    for path in sorted(live_folder(index).iterdir()):
        copy = tmp_path / "copy"
        shutil.copytree(index, copy)
        damaged = live_folder(copy) / path.name
        data = damaged.read_bytes()
        damaged.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if data else b"x")
        # Nothing changed but the damage: the build sees it, and does not call the index unchanged.
        assert build(texts, copy, generations_kept=1).changed, path.name
        assert sources(copy) == ["a.txt", "b.txt"]
        shutil.rmtree(copy)


def test_an_older_generation_that_serves_is_not_called_unchanged(
    texts: Path, index: Path, build: Build
) -> None:
    build(texts, index)
    (live_folder(index) / "documents.json").write_bytes(b"torn")
    # The texts are again those of the generation before, which serves in place of the live one.
    (texts / "b.txt").unlink()
    assert build(texts, index).changed
    assert IndexFolder(index).open().fault is None
    assert sources(index) == ["a.txt"]


# --- 3: the disk is full ---------------------------------------------------------------------


def full(_: str) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_no_space_at_any_step(
    texts: Path, index: Path, tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = shutil.copytree(index, tmp_path / "probe")
    steps = steps_of(monkeypatch, lambda: build(texts, probe))
    for number, step in enumerate(steps):
        if steps.index("rename LIVE") < number:
            break  # what comes is no write
        copy = shutil.copytree(index, tmp_path / "full")
        with monkeypatch.context() as patch:
            patch.setattr(disk, "on_step", stop_at(number, full))
            with pytest.raises(OSError, match="No space left on device"):
                build(texts, copy)
        assert sources(copy) == ["a.txt"], step
        assert leftovers(copy) == set(), step
        assert build(texts, copy).changed
        assert sources(copy) == ["a.txt", "b.txt"]
        shutil.rmtree(copy)


def mount(kind: str, folder: Path, size: int) -> bool:
    """Mount a small file system; False where that is not allowed."""
    folder.mkdir()
    run = subprocess.run(
        ["mount", "-t", kind, "-o", f"size={size}", kind, str(folder)],
        capture_output=True,
        check=False,
    )
    return run.returncode == 0


def test_a_disk_that_is_full(texts: Path, tmp_path: Path, build: Build) -> None:
    small = tmp_path / "small"
    if not mount("tmpfs", small, 4_000_000):
        return  # the same is simulated at every step above
    try:
        index = small / "index"
        build(texts, index, generations_kept=1)
        for number in range(40):
            (texts / f"{number}.txt").write_text(f"{NEW} {number} " * 40)
        (small / "ballast").write_bytes(bytes(3_500_000))
        with pytest.raises(OSError, match="No space left on device"):
            build(texts, index, generations_kept=1)
        assert sources(index) == ["a.txt"]
        assert leftovers(index) == set()
        (small / "ballast").unlink()
        assert build(texts, index, generations_kept=1).documents == 41
        assert len(sources(index)) == 41
    finally:
        # Generations that are not collected yet have its files mapped.
        subprocess.run(["umount", "--lazy", str(small)], check=True)


# --- 4: fsync fails --------------------------------------------------------------------------


def test_a_failing_fsync_fails_the_build(
    texts: Path, index: Path, tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = shutil.copytree(index, tmp_path / "probe")
    steps = steps_of(monkeypatch, lambda: build(texts, probe))
    waits = [step for step in steps if step.startswith("fsync")]
    for number in range(len(waits)):
        copy = shutil.copytree(index, tmp_path / "failing")
        calls = 0

        def fsync(_: int, number: int = number) -> None:
            nonlocal calls
            calls += 1
            if calls == number + 1:
                raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fsync)
            with pytest.raises(OSError, match="Input/output error"):
                build(texts, copy)
        assert calls == number + 1, "nothing is retried, nothing goes on"
        last = number == len(waits) - 1  # the pointer was swung already
        assert sources(copy) == (["a.txt", "b.txt"] if last else ["a.txt"]), waits[number]
        if not last:
            assert leftovers(copy) == set()
        build(texts, copy)
        assert sources(copy) == ["a.txt", "b.txt"]
        shutil.rmtree(copy)


# --- 5: a byte changes -----------------------------------------------------------------------


def places(size: int) -> list[int]:
    """Return some offsets of a file: its ends, its middle, and three anywhere."""
    anywhere = random.Random(size).sample(range(size), min(size, 3))
    return sorted({0, size // 3, size // 2, size - 1, *anywhere}) if size else []


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same; the time they took aside."""
    return (one.results, one.index, one.verdict) == (other.results, other.index, other.verdict)


def test_no_changed_byte_reaches_a_parser(
    archive: Path,
    tmp_path: Path,
    build: Build,
    encoder: FakeEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = tmp_path / "index"
    build(archive, index, generations_kept=1)
    expected = Engine(store=IndexFolder(index).open().generation, encoder=encoder).ask(QUESTION)
    parsed: list[bytes] = []

    def spying(parse: Callable[..., Any]) -> Callable[..., Any]:
        def spy(data: Any, *args: Any, **options: Any) -> Any:
            if hasattr(data, "getvalue"):
                parsed.append(data.getvalue())
            else:
                parsed.append(data.encode() if isinstance(data, str) else bytes(data))
            return parse(data, *args, **options)

        return spy

    import faiss

    monkeypatch.setattr(faiss, "deserialize_index", spying(faiss.deserialize_index))
    monkeypatch.setattr(np, "load", spying(np.load))
    monkeypatch.setattr(json, "loads", spying(json.loads))
    refused = 0
    for path in sorted(live_folder(index).iterdir()):
        data = path.read_bytes()
        for place in places(len(data)):
            changed = bytearray(data)
            changed[place] ^= (1, 0x20, 0x80, 0xFF)[place % 4]
            path.write_bytes(changed)
            parsed.clear()
            try:
                opened = IndexFolder(index).open()
                assert path.name in ("blocks.bin", "texts.bin", "tokens.bin"), (
                    f"{path.name} at {place}"
                )
                engine = Engine(store=opened.generation, encoder=encoder)
                assert same(engine.ask(QUESTION), expected)  # of other blocks alone
            except IndexDamagedError as error:
                assert path.name in str(error)
                refused += 1
            assert bytes(changed) not in parsed, f"{path.name} at {place}"
        path.write_bytes(data)
    assert refused > 100
    assert same(
        Engine(store=IndexFolder(index).open().generation, encoder=encoder).ask(QUESTION), expected
    )


def test_a_changed_byte_of_the_pointer_gives_no_other_answer(
    texts: Path, index: Path, build: Build, encoder: FakeEncoder
) -> None:
    # Of three generations the oldest holds nothing but what was removed since.
    build(texts, index)
    (texts / "a.txt").unlink()
    build(texts, index)
    folder = IndexFolder(index)
    removed, paths = folder.live().removed, folder.live().paths
    assert removed == {document_id("a.txt")}
    assert paths
    answers = {}
    for pointer in folder.pointers():
        generation = folder.generation(pointer, removed)
        answers[pointer.generation] = Engine(store=generation, encoder=encoder).ask(QUESTION)
        assert OLD not in {result.excerpt for result in answers[pointer.generation].results}
    live, _, empty = answers
    assert not answers.pop(empty).results
    data = (index / "LIVE").read_bytes()
    outcomes = set()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= (1, 0x20, 0x80)[place % 3]
        (index / "LIVE").write_bytes(changed)
        try:
            opened = IndexFolder(index).open()
        except QaError as error:
            assert isinstance(error, IndexDamagedError | IndexForeignError)
            outcomes.add("refused")
            continue
        name = opened.generation.info.generation
        # Another than the live one is served with the fault told, and never passes for it.
        assert (opened.fault is None) == (name == live)
        assert folder.live().paths == paths  # the next build without a folder reads these
        assert same(Engine(store=opened.generation, encoder=encoder).ask(QUESTION), answers[name])
        outcomes.add("live" if name == live else "retained")
    assert outcomes == {"refused", "live", "retained"}


def test_a_pointer_that_is_no_file_is_told_and_not_waited_for(index: Path) -> None:
    (index / "LIVE").unlink()
    os.mkfifo(index / "LIVE")
    with pytest.raises(IndexUnusableError, match="cannot be read: it is not a regular file"):
        IndexFolder(index).open()


def test_a_changed_byte_of_the_model_is_refused(
    index: Path, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = IndexFolder(index)

    def make(target: Path) -> None:
        for name in ("model.onnx", "tokenizer.json", "encoder.json", "codec.mean.npy"):
            (target / name).write_bytes(random.Random(name).randbytes(2000))

    encoder = FakeEncoder(fingerprint="with-files")
    with folder.lock():
        folder.add_model(encoder.fingerprint, make)
    build_index([texts], Settings(index=str(index)), encoder=encoder, calibrated=False)
    model = folder.model_folder(encoder.fingerprint)
    assert len(list(model.iterdir())) == 5
    pointers = json.loads((index / "LIVE").read_text())
    pointers["generations"] = pointers["generations"][:1]
    (index / "LIVE").write_text(json.dumps(pointers))
    sources(index)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a damaged model was loaded")

    monkeypatch.setattr("qa.engine.load_encoder", never)
    for path in sorted(model.iterdir()):
        data = path.read_bytes()
        for place in places(len(data)):
            changed = bytearray(data)
            changed[place] ^= 4
            path.write_bytes(changed)
            with pytest.raises(IndexDamagedError, match=path.name):
                Engine.open(index)
        path.unlink()
        with pytest.raises(IndexDamagedError, match=path.name):
            Engine.open(index)
        path.write_bytes(data)


# --- 6: missing, empty, foreign --------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (None, "holds no index yet"),
        ([], "holds no index yet"),
        (["a.txt"], "is not an index of cited-qa"),
        (["LIVE"], "is not a pointer"),
        (["generations/"], "holds no index yet"),
        (["config.json", "index.faiss"], "is not an index of cited-qa"),
    ],
)
def test_what_is_no_index_is_never_served(
    tmp_path: Path, contents: list[str] | None, reason: str
) -> None:
    index = tmp_path / "index"
    if contents is not None:
        index.mkdir()
    for name in contents or []:
        if name.endswith("/"):
            (index / name).mkdir()
        else:
            (index / name).touch()
    with pytest.raises(IndexUnusableError, match=reason) as refusal:
        Engine.open(index)
    assert "qa build" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.exit_status == 3


# --- 9: wrong vectors, another model ---------------------------------------------------------


class Spoilt(FakeEncoder):
    """An encoder whose every vector is what it is given."""

    def __init__(self, vector: list[float]) -> None:
        super().__init__(fingerprint="spoilt")
        self._vector = np.array(vector, np.float32)

    def _encode(self, prefix: str, text: str) -> Any:
        encoded = super()._encode(prefix, text)
        return type(encoded)(self._vector, encoded.tokens, encoded.starts, encoded.ids)


_ZEROS = [0.0] * (DIMENSION - 1)
_SPOILT = [[0.0, *_ZEROS], [float("nan"), *_ZEROS], [float("inf"), *_ZEROS], [3.0, *_ZEROS]]


@pytest.mark.parametrize("vector", _SPOILT)
def test_vectors_that_are_none_are_refused_at_the_build(
    texts: Path, index: Path, vector: list[float]
) -> None:
    with pytest.raises(QaError, match="not finite or not of unit length"):
        build_index([texts], Settings(index=str(index)), encoder=Spoilt(vector), calibrated=False)
    assert sources(index) == ["a.txt"]


@pytest.mark.parametrize("vector", _SPOILT)
def test_a_question_without_a_vector_is_refused(engine: Engine, vector: list[float]) -> None:
    with pytest.raises(QaError, match="not finite or not of unit length"):
        Engine(store=engine.store, encoder=Spoilt(vector)).ask(QUESTION)


@pytest.mark.parametrize("length", [1, DIMENSION - 1, DIMENSION + 1])
def test_another_dimension_is_refused(
    engine: Engine, texts: Path, index: Path, length: int
) -> None:
    spoilt = Spoilt([1.0] + [0.0] * (length - 1))
    for filters in (Filters(), Filters(source=("*",))):
        with pytest.raises(IndexForeignError, match="run qa build again"):
            Engine(store=engine.store, encoder=spoilt).ask(Question("Who?", filters=filters))
    # A model that does not keep to the dimension it states.
    with pytest.raises((QaError, ValueError)):
        build_index([texts], Settings(index=str(index)), encoder=spoilt, calibrated=False)
    assert sources(index) == ["a.txt"]


@pytest.mark.parametrize(
    "other", [{"fingerprint": "other"}, {"dimension": 33}, {"codec": FakeEncoder().codec}]
)
def test_another_model_is_refused_at_the_start(
    index: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    encoder = FakeEncoder()
    for name, value in other.items():
        setattr(encoder, name, value)
    if "codec" in other:
        from qa.encode import TokenCodec

        encoder.codec = TokenCodec.fit(np.eye(12, dtype=np.float32))
    monkeypatch.setattr("qa.engine.load_encoder", lambda *_, **__: encoder)
    with pytest.raises(IndexForeignError, match="run qa build again"):
        Engine.open(index)


def test_the_vectors_of_another_index_are_refused(texts: Path, index: Path, tmp_path: Path) -> None:
    # Its files in place of ours: each is whole, and none is the one that the manifest names.
    other = tmp_path / "other"
    build_index([texts], Settings(index=str(other)), encoder=FakeEncoder(), calibrated=False)
    for name in ("vectors.faiss", "tokens.bin", "passages.npy", "manifest.json"):
        copy = shutil.copytree(index, tmp_path / "copy")
        assert digest(live_folder(other) / name) != digest(live_folder(copy) / name)
        shutil.copy(live_folder(other) / name, live_folder(copy) / name)
        with pytest.raises(IndexDamagedError, match=name):
            IndexFolder(copy).open()
        shutil.rmtree(copy)
