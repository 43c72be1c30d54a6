"""The log of requests as a file: appended, rotated, full, and never in anybody's way."""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qa.errors import UsageError
from qa.service import access_log
from qa.service.access_log import STDERR, AccessLog
from qa.settings import Settings


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def until(true: Callable[[], bool]) -> None:
    """Wait until something holds, and fail if it never does."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_line_is_appended_to_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(str(path))
    for number in range(3):
        log.write({"n": number})
    log.close()
    assert lines_of(path) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = AccessLog(str(path))
    again.write({"n": 3})
    again.close()
    log.write({"n": 4})  # one that was closed goes on
    log.close()
    assert [line["n"] for line in lines_of(path)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "\x1b[2J", "\u2028", "é😀", '"}\n{"', "\ud800", "\0"]
)
def test_no_text_begins_another_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(str(path))
    log.write({"text": text})
    log.close()
    data = path.read_bytes()
    assert data.count(b"\n") == 1 and data.isascii() and data.strip().decode().isprintable()
    assert json.loads(data) == {"text": text}


@pytest.mark.parametrize("way", ["moved", "removed"])
def test_a_file_that_is_gone_is_made_again(tmp_path: Path, way: str) -> None:
    path, old = tmp_path / "access.log", tmp_path / "access.log.1"
    log = AccessLog(str(path))
    log.write({"n": 0})
    until(lambda: path.stat().st_size > 0)
    if way == "moved":
        path.rename(old)
    else:
        path.unlink()
    log.write({"n": 1})
    log.close()
    assert lines_of(path) == [{"n": 1}]
    assert not old.exists() or lines_of(old) == [{"n": 0}]


def test_a_file_that_is_cut_off_in_place_goes_on(tmp_path: Path) -> None:
    """As logrotate does it with copytruncate."""
    path = tmp_path / "access.log"
    log = AccessLog(str(path))
    log.write({"n": 0})
    until(lambda: path.stat().st_size > 0)
    os.truncate(path, 0)
    log.write({"n": 1})
    log.close()
    assert lines_of(path) == [{"n": 1}]


def test_several_processes_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    logs = [AccessLog(str(path)) for _ in range(4)]

    def fill(log: AccessLog) -> None:
        for number in range(200):
            log.write({"n": number, "rest": "x" * 200})
        log.close()

    threads = [threading.Thread(target=fill, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(line["n"] for line in lines_of(path)) == sorted([*range(200)] * 4)


def test_what_waits_is_bounded_and_what_is_lost_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    held = threading.Event()
    write = AccessLog._write
    monkeypatch.setattr(AccessLog, "_write", lambda *a: (held.wait(10), write(*a)))
    path = tmp_path / "access.log"
    log = AccessLog(str(path), waiting=10)
    began = time.monotonic()
    for number in range(1000):
        log.write({"n": number})
    assert time.monotonic() - began < 1  # a disk that does not answer holds nobody up
    assert log.lost >= 900
    held.set()
    log.close()
    assert len(lines_of(path)) == 1000 - log.lost
    [told] = caplog.messages
    assert "as fast as requests come" in told and f"{log.lost} lines are lost" in told


def test_a_disk_that_does_not_answer_does_not_keep_a_service_from_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_log, "_CLOSE_SECONDS", 0.05)
    began, held = threading.Event(), threading.Event()

    def wait(log: AccessLog, data: bytes) -> None:
        began.set()
        held.wait(60)

    monkeypatch.setattr(AccessLog, "_write", wait)
    log = AccessLog(str(tmp_path / "access.log"), waiting=1)
    log.write({"n": 0})
    assert began.wait(60)
    log.write({"n": 1})  # it waits, and there is no room behind it
    stopping = threading.Thread(target=log.close, daemon=True)
    stopping.start()
    stopping.join(30)
    assert not stopping.is_alive()
    assert log.lost == 1
    held.set()


@pytest.mark.parametrize("room", [3, 0])
def test_a_full_disk_is_told_once_and_then_that_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, room: int
) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(str(path))
    write, full, left = os.write, [True], [room]

    def limited(descriptor: int, data: bytes) -> int:
        if descriptor != log._descriptor or not full[0]:
            return write(descriptor, data)
        if not left[0]:
            left[0] = room
            raise OSError(28, "No space left on device")
        taken = write(descriptor, data[: left[0]])  # a disk takes what it still can
        left[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", limited)
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            log.write({"n": number})
            until(lambda n=number: log.lost == n + 1)  # type: ignore[misc]  # the default binds n
        full[0] = False
        log.write({"n": 3})
        log.close()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "No space left on device" in caplog.messages[0]
    assert "3 lines are lost" in caplog.messages[1]
    *cut, last = path.read_bytes().splitlines()
    assert json.loads(last) == {"n": 3}  # on a line of its own
    assert all(cut)  # and there is no empty line


def test_a_place_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (tmp_path / "none" / "access.log", tmp_path, pipe):
        with pytest.raises(
            UsageError, match="setting access_log is .*name another file, or stderr"
        ):
            AccessLog(str(place))


def test_it_lies_neither_in_the_index_nor_in_the_archive(
    archive: Path, index: Path, tmp_path: Path
) -> None:
    for place, words in (
        (index / "access.log", "lies in the index folder"),
        (archive / "access.log", "lies in the archive"),
    ):
        with pytest.raises(UsageError, match=f"setting access_log is .*{words}"):
            AccessLog.of(Settings(index=str(index), access_log=str(place)))
        assert not place.exists()
    assert AccessLog.of(Settings(index=str(index))) is None
    assert AccessLog.of(Settings(index=str(index), access_log=str(tmp_path / "a.log"))) is not None


def test_it_may_be_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    log = AccessLog(STDERR)
    log.write({"n": 1})
    log.close()
    assert json.loads(capfd.readouterr().err) == {"n": 1}
