"""Builds by workers on Ray itself, on a cluster of the build's own, which is on loopback and ends with it.

What may happen to workers is tried in ``test_crew``, which needs no processes; a cluster that runs already in
``tests/faults/test_ray_cluster.py``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qa.build.builder import BuildReport, Silent, build_index
from qa.build.workers import start
from qa.build.workers.worker import Hello
from qa.errors import WorkersError
from qa.settings import Settings
from tests.archive import write_archive
from tests.fake import FakeEncoder

pytest.importorskip("ray")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small archive and tables of 2,000 rows: more batches than are in hand at once."""
    folder = write_archive(tmp_path_factory.mktemp("texts"))
    for n in range(4):
        rows = ({"id": row, "text": f"The leaf {row} fell in year {n}."} for row in range(500))
        (folder / f"leaves {n}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    return folder


@pytest.fixture(scope="module")
def expected(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the index as one process builds it."""
    index = tmp_path_factory.mktemp("expected") / "index"
    build(texts, index, workers="here")
    return files_of(index)


def build(
    texts: Path, index: Path, *, workers: str = "ray", number: int = 2,
    progress: Silent | None = None, encoder: FakeEncoder | None = None,
) -> BuildReport:  # fmt: skip
    return build_index(
        [texts],
        Settings(index=str(index), workers=workers, ray_workers=number),
        encoder=encoder or FakeEncoder(),
        calibrated=False,
        progress=progress,
    )


def files_of(index: Path) -> dict[str, bytes]:
    """Return every file of an index, by its path."""
    found = (path for path in sorted(index.rglob("*")) if path.is_file())
    return {path.relative_to(index).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def hellos(monkeypatch: pytest.MonkeyPatch) -> list[Hello]:
    """What workers say of themselves, as they start."""
    said: list[Hello] = []
    check = start._Check.__call__

    def listen(self: Any, hello: Hello) -> None:
        said.append(hello)
        check(self, hello)

    monkeypatch.setattr(start._Check, "__call__", listen)
    return said


class Meanwhile(Silent):
    """Does something as soon as the first batch has been embedded; keeps what is said."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act: Callable[[], object] | None = act
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def passages(self, number: int) -> None:
        if self.act:
            self.act, act = None, self.act
            act()


def test_a_cluster_of_the_builds_own_is_on_loopback_and_a_worker_that_is_killed_costs_no_byte(
    texts: Path,
    expected: dict[str, bytes],
    tmp_path: Path,
    hellos: list[Hello],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    before = dict(os.environ), signal.getsignal(signal.SIGTERM)
    folders = set(Path("/tmp").glob("qa-ray-*")), Path("/tmp/ray").exists()
    started: dict[int, str] = {}
    heard: set[str] = set()

    def look() -> None:
        started.update({pid: name for pid, name in processes() if pid != os.getpid()})
        heard.update(listening([*started, os.getpid()]))
        # The one that said hello first has work, whatever the other has.
        os.kill(hellos[0].pid, signal.SIGKILL)

    progress = Meanwhile(look)
    report = build(texts, tmp_path / "index", progress=progress)
    assert report.embedded == report.passages > 2000
    assert files_of(tmp_path / "index") == expected
    assert progress.said[0] == "2 workers on Ray, a cluster of this machine"
    assert [line for line in progress.said if line.startswith(f"process {hellos[0].pid} on ")]
    assert capfd.readouterr().out == ""
    assert {"raylet", "gcs_server"} < set(started.values())
    assert len(heard) >= 4  # the head, the machine's part, the workers, the build
    assert {address.rsplit(":", 1)[0] for address in heard} == {"127.0.0.1"}
    until = time.monotonic() + 20  # what was told to end may take its time where a machine is busy
    while (left := still_running(started)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left
    assert (dict(os.environ), signal.getsignal(signal.SIGTERM)) == before
    assert (set(Path("/tmp").glob("qa-ray-*")), Path("/tmp/ray").exists()) == folders


def test_a_cluster_that_is_not_there_is_told(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "nowhere at all")
    with pytest.raises(WorkersError, match="^no Ray cluster at RAY_ADDRESS "):
        build(texts, tmp_path / "index")


def still_running(started: dict[int, str]) -> dict[int, str]:
    """Return those of some processes, each with its name, that have not ended."""
    states = {pid: state_of(pid) for pid in started}
    return {
        pid: name
        for pid, (name, _, state) in states.items()
        if state != "Z" and name == started[pid]
    }


def state_of(pid: int) -> tuple[str, int, str]:
    """Return the name of a process, its parent, and its state; Z if it has ended."""
    try:
        name, rest = Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
    except OSError:
        return "", 0, "Z"
    return name, int(rest.split()[1]), rest.split()[0]


def processes() -> list[tuple[int, str]]:
    """Return this process and all that it started, with their names; none that has ended."""
    states = {int(one.name): state_of(int(one.name)) for one in Path("/proc").glob("[0-9]*")}
    found = [os.getpid()]
    for pid in found:
        found += [child for child, (_, up, state) in states.items() if up == pid and state != "Z"]
    return [(pid, states[pid][0]) for pid in found]


def listening(pids: list[int]) -> set[str]:
    """Return the addresses that processes listen on."""
    held = set()
    for pid in pids:
        for file in Path(f"/proc/{pid}/fd").glob("*"):
            with suppress(OSError):
                held.add(os.readlink(file))
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in held:
                words, port = fields[1].split(":")
                data = b"".join(
                    bytes.fromhex(words[at : at + 8])[::-1] for at in range(0, len(words), 8)
                )
                host = socket.inet_ntop(family, data).removeprefix("::ffff:")
                found.add(f"{host}:{int(port, 16)}")
    return found
