"""Builds by many workers, without processes: who hands out the work, and what deaths, delays and order do to it."""

from __future__ import annotations

import json
import mailbox
import pickle
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from qa.build.builder import BuildReport, Silent, build_index
from qa.build.workers import crew, worker
from qa.build.workers.crew import GoneError
from qa.build.workers.worker import Hello, Orders, Worker
from qa.errors import UsageError, WorkersError
from qa.records import Document
from qa.settings import Settings
from tests.archive import write_archive
from tests.corpus.makers import zipped
from tests.fake import FakeEncoder

pytestmark = pytest.mark.usefixtures("shared_readers")


class OddHands:
    """Implements ``Hands`` in this process; whatever may happen to real workers happens here by chance.

    Of the calls that run some end, in any order; at each look a worker may die. What is sent is pickled.
    """

    def __init__(self, orders: Orders, seed: int = 0, deaths: float = 0.0) -> None:
        self._orders = pickle.dumps(orders)
        self._chance = random.Random(seed)
        self._deaths = deaths
        self._alive: set[Worker] = set()
        self.died = 0
        self.asked: list[str] = []
        self.most = 0
        """The most results that were made and not yet taken over."""

    def start(self) -> Worker:
        started = Worker(pickle.loads(self._orders))
        self._alive.add(started)
        return started

    def call(self, worker: Worker, method: str, *given: Any) -> tuple[Worker, str, bytes, int]:
        self.asked.append(method)
        return worker, method, pickle.dumps(given), len(self.asked)

    def done(self, calls: Sequence[Any], seconds: float) -> Sequence[Any]:
        for one in list(self._alive):
            if self._chance.random() < self._deaths:
                self.stop(one)
                self.died += 1
        ended = [call for call in calls if self._chance.random() < 0.3]
        return ended or (list(calls)[:1] if seconds else [])

    def result(self, call: Any) -> Any:
        worker, method, given, _ = call
        if worker not in self._alive:
            raise GoneError("killed")
        found = getattr(worker, method)(*pickle.loads(given))
        return pickle.loads(pickle.dumps(found))

    def stop(self, worker: Worker) -> None:
        if worker in self._alive:
            self._alive.remove(worker)
            worker.close()


def build(
    paths: Path | Sequence[Document], index: Path, monkeypatch: pytest.MonkeyPatch | None = None,
    *, workers: int = 3, seed: int = 0, deaths: float = 0.0, hands: type[OddHands] = OddHands,
    encoder: FakeEncoder | None = None, **settings: Any,
) -> tuple[BuildReport, OddHands | None]:  # fmt: skip
    """Build with workers if there is a ``monkeypatch``, else in the usual way."""
    made: list[OddHands] = []

    @contextmanager
    def odd_hands(orders: Orders, wanted: int, say: object) -> Iterator[tuple[OddHands, int]]:
        made.append(hands(orders, seed, deaths))
        yield made[0], workers

    who = "here"
    if monkeypatch:
        who = "ray"
        monkeypatch.setattr("qa.build.workers.start.ray_hands", odd_hands)
        monkeypatch.setattr("qa.build.builder.need_ray", lambda: None)
        monkeypatch.setattr(worker, "_CHUNK_PASSAGES", 20)  # so that a job has several
        monkeypatch.setattr(crew, "_JOB_FILES", 6)
    report = build_index(
        [paths] if isinstance(paths, Path) else [],
        Settings(index=str(index), workers=who, **settings),
        encoder=encoder or FakeEncoder(),
        documents=None if isinstance(paths, Path) else paths,
        calibrated=False,
    )
    return report, made[0] if made else None


def files_of(index: Path) -> dict[str, bytes]:
    """Return every file of an index but locks, by its path."""
    return {
        path.relative_to(index).as_posix(): path.read_bytes()
        for path in sorted(index.rglob("*"))
        if path.is_file()
    }


def large(folder: Path) -> Path:
    """Write an archive of many files: tables, mail, an archive file, doubles, and files that cannot be read."""
    write_archive(folder)
    made = random.Random(3)

    def text(sentences: int) -> str:
        words = (" ".join(f"w{made.randrange(900)}" for _ in range(12)) for _ in range(sentences))
        return " ".join(f"{sentence.capitalize()}." for sentence in words)

    for n in range(40):
        (folder / f"leaf {n:03}.txt").write_text(f"Leaf {n}\n\n{text(made.randrange(1, 40))}\n")
    rows = ({"id": n, "title": f"Row {n}", "text": text(8)} for n in range(120))
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    box = mailbox.mbox(folder / "mail.mbox")
    for n in range(8):
        mail = EmailMessage()
        mail["Subject"], mail["From"] = f"About {n}", "ann@example.org"
        mail.set_content(text(6))
        box.add(mail)
    box.close()
    (folder / "bundle.zip").write_bytes(
        zipped({"a.txt": text(5), "b.md": f"# B\n\n{text(5)}", "c.pdf": "no PDF"})
    )
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    (folder / "empty.txt").write_text("")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "long.txt").write_text(text(400))
    return folder


@pytest.fixture(scope="module")
def archives(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[str, bytes], BuildReport]:
    """A large archive, and the files of its index as one process builds it, with the report."""
    folder = tmp_path_factory.mktemp("large")
    texts = large(folder / "texts") if (folder / "texts").mkdir() is None else folder
    report, _ = build(texts, folder / "index")
    return texts, files_of(folder / "index"), report


def told(report: BuildReport) -> tuple[Any, ...]:
    """Return what a report says but for times."""
    return (
        report.documents,
        report.passages,
        report.embedded,
        report.tokens,
        report.skipped,
        report.told,
    )


@pytest.mark.parametrize(("seed", "workers"), [(1, 1), (3, 7)])
def test_many_workers_make_the_same_bytes(
    archives: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, workers: int
) -> None:
    texts, expected, alone = archives
    report, hands = build(texts, tmp_path / "index", monkeypatch, seed=seed, workers=workers)
    assert hands and {"read", "more", "embed"} < set(hands.asked)
    assert told(report) == told(alone)
    assert files_of(tmp_path / "index") == expected


@pytest.mark.parametrize("seed", range(2))
def test_workers_that_die_cost_no_byte(
    archives: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    texts, expected, alone = archives
    monkeypatch.setattr(crew, "_LOSSES", 1000)  # here chance kills, and not the work
    report, hands = build(texts, tmp_path / "index", monkeypatch, seed=seed, deaths=0.08)
    assert hands and hands.died > 5
    assert told(report) == told(alone)
    assert files_of(tmp_path / "index") == expected


def test_a_second_build_reuses_and_splits_again(
    archives: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = write_archive(tmp_path / "texts")
    for where, patch in (("one", None), ("other", monkeypatch)):
        build(texts, tmp_path / where, patch)
    (texts / "tariff.txt").write_text("The ferry is free.")
    (texts / "markup.txt").unlink()
    (texts / "new.txt").write_text("A new one.")
    for where, patch in (("one", None), ("other", monkeypatch)):
        report, _ = build(texts, tmp_path / where, patch)
        assert report.embedded == 2
        report, _ = build(texts, tmp_path / where, patch, passage_chars=200)
        assert report.changed
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")


def test_documents_that_are_given_are_split_by_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.store.contract import archive

    documents = archive()
    build(documents, tmp_path / "one")
    _, hands = build(documents, tmp_path / "other", monkeypatch)
    assert hands and "read" in hands.asked
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")


def test_nothing_to_read_starts_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = write_archive(tmp_path / "texts")
    build(texts, tmp_path / "index")
    (texts / "tariff.txt").unlink()
    report, hands = build(texts, tmp_path / "index", monkeypatch)
    assert (report.changed, report.documents, hands) == (True, 7, None)


def test_a_file_that_changes_meanwhile_is_read_as_it_is_then_and_again_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = write_archive(tmp_path / "texts")

    class Late(OddHands):
        def result(self, call: Any) -> Any:
            if call[1] == "read":
                (texts / "tariff.txt").write_text("The ferry is free.")
                (texts / "markup.txt").unlink(missing_ok=True)
            return super().result(call)

    report, _ = build(texts, tmp_path / "index", monkeypatch, hands=Late, workers=1)
    assert report.documents == 7
    assert [(one.source, one.reason) for one in report.skipped] == [
        ("markup.txt", "cannot be read: No such file or directory")
    ]
    report, _ = build(texts, tmp_path / "index", monkeypatch, workers=1)
    assert (report.changed, report.skipped) == (True, ())


class Elsewhere(OddHands):
    """Workers on a machine whose folder of that name holds something else, or is not there."""

    folder: Path | None = None

    def call(self, worker: Worker, method: str, *given: Any) -> Any:
        if method == "read":
            errands, skip = given
            given = (
                [
                    one._replace(path=self._moved(one.path), root=self._moved(one.root))
                    for one in errands
                ],
                skip,
            )
        return super().call(worker, method, *given)

    def _moved(self, path: Path) -> Path:
        return Path(str(path).replace("/texts", "/other"))


@pytest.mark.parametrize("there", ["nothing", "an older copy"])
def test_a_machine_without_the_folder_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    texts = write_archive(tmp_path / "texts")
    if there != "nothing":
        (write_archive(tmp_path / "other") / "bridge.txt").write_text("An older bridge.")
    with pytest.raises(WorkersError, match=r"does not see bridge.txt as it is here: every machine"):
        build(texts, tmp_path / "index", monkeypatch, hands=Elsewhere)
    assert not (tmp_path / "index" / "LIVE").exists()


def test_work_that_ends_workers_ends_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadly(OddHands):
        def result(self, call: Any) -> Any:
            if call[1] == "embed":
                self.stop(call[0])
            return super().result(call)

    texts = write_archive(tmp_path / "texts")
    with pytest.raises(WorkersError, match=r"^3 workers ended at \d+ passages.*: killed$"):
        build(texts, tmp_path / "index", monkeypatch, hands=Deadly)


def test_workers_that_never_start_end_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stillborn(OddHands):
        def result(self, call: Any) -> Any:
            self.stop(call[0])
            return super().result(call)

    texts = write_archive(tmp_path / "texts")
    with pytest.raises(WorkersError, match="workers end as soon as they start: killed"):
        build(texts, tmp_path / "index", monkeypatch, hands=Stillborn)

    class Absent(OddHands):
        def done(self, calls: Sequence[Any], seconds: float) -> Sequence[Any]:
            return ()

    monkeypatch.setattr(crew, "_START_SECONDS", 0.0)
    with pytest.raises(WorkersError, match="no worker has started for 0 s"):
        build(texts, tmp_path / "index", monkeypatch, hands=Absent)


def test_a_worker_of_other_versions_is_refused_and_one_that_rounds_otherwise_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other(OddHands):
        def result(self, call: Any) -> Any:
            found = super().result(call)
            if isinstance(found, Hello):
                return found._replace(host="there", versions={**found.versions, "numpy": "1.0"})
            return found

    texts = write_archive(tmp_path / "texts")
    with pytest.raises(WorkersError, match=r"the worker there has numpy 1.0, and this machine \d"):
        build(texts, tmp_path / "index", monkeypatch, hands=Other)

    class Rounding(OddHands):
        def result(self, call: Any) -> Any:
            found = super().result(call)
            return found._replace(host="there", probe="") if isinstance(found, Hello) else found

    said: list[str] = []
    monkeypatch.setattr(Silent, "say", lambda self, line: said.append(line))
    build(texts, tmp_path / "index", monkeypatch, hands=Rounding)
    assert [line for line in said if "round" in line] == [
        "the processors of there round vectors in another way than those of this machine: "
        "vectors that are made there have other last digits than vectors made here"
    ]


def test_what_a_worker_raises_is_raised_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(FakeEncoder):
        def _encode(self, prefix: str, text: str) -> Any:
            if "ferry" in text:
                raise ArithmeticError("no vector")
            return super()._encode(prefix, text)

    monkeypatch.setitem(globals(), "Failing", Failing)
    Failing.__qualname__ = "Failing"
    texts = write_archive(tmp_path / "texts")
    for patch in (None, monkeypatch):
        with pytest.raises(ArithmeticError, match="no vector"):
            build(texts, tmp_path / "index", patch, encoder=Failing())


def test_without_ray_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.build.workers.cluster.find_spec", lambda name: None)
    with pytest.raises(
        UsageError, match=r"^workers on Ray need Ray, which is not installed: pip install cited-qa"
    ):
        build_index(
            [write_archive(tmp_path / "texts")], Settings(index=str(tmp_path / "i"), workers="ray")
        )
    assert not (tmp_path / "i").exists()
