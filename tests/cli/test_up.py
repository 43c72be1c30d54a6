"""One command from a folder to a page: built, served, followed, and opened."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from qa.cli.commands import run
from qa.cli.up import open_browser, own_index
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "Letters & notes"
    folder.mkdir()
    (folder / "mill.txt").write_text("The mill by the weir grinds rye for the whole valley.\n")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this user's data lies."""
    for name in [name for name in os.environ if name.startswith("QA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "cited-qa" / "indexes"


# --- where the index lies -------------------------------------------------------------------------


def test_each_folder_has_a_place_of_its_own_that_stays(
    texts: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = own_index(texts)
    assert place.parent == home
    assert re.fullmatch(r"Letters-notes-[0-9a-f]{12}", place.name)
    monkeypatch.chdir(texts)
    assert own_index(Path()) == own_index(Path("../Letters & notes")) == place
    assert own_index(texts.parent / "elsewhere" / texts.name) != place
    assert own_index(Path("/")).name.startswith("archive-")


def test_without_a_named_place_it_is_the_users_own(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for unusable in ("", "not/absolute"):
        monkeypatch.setenv("XDG_DATA_HOME", unusable)
        expected = tmp_path / ".local" / "share" / "cited-qa" / "indexes"
        assert own_index(texts).parent == expected


# --- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere", "nowhere does not exist: name a folder of documents"),
        ("Letters & notes/mill.txt", "mill.txt is no folder: name a folder of documents"),
    ],
)
def test_what_is_no_folder_is_refused(
    name: str, words: str, texts: Path, home: Path, capsys: Capture
) -> None:
    assert run(["up", str(texts.parent / name), "--port", "0"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err
    assert not home.exists()


def test_an_empty_folder_is_told_of_by_its_build(
    tmp_path: Path, home: Path, capfd: Capture
) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["up", str(tmp_path / "empty"), "--port", "0"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err == f"qa: no document in {tmp_path}/empty: put text or Markdown files there\n"


def test_a_port_in_use_is_told_of_before_anything_is_built(
    texts: Path, home: Path, capfd: Capture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["up", str(texts), "--port", str(port)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err == (
        f"qa: port {port} of 127.0.0.1 cannot be used (Address already in use): choose another --port\n"
    )
    assert not home.exists()


def test_an_index_among_the_documents_is_refused(texts: Path, home: Path, capfd: Capture) -> None:
    assert run(["up", str(texts), "--index", str(texts / "index"), "--port", "0"]) == 2
    assert "would lie inside" in capfd.readouterr().err
    assert [path.name for path in texts.iterdir()] == ["mill.txt"]


# --- the browser ----------------------------------------------------------------------------------


class Browser:
    """What ``webbrowser`` finds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.opened: list[str] = []

    def open(self, address: str) -> bool:
        self.opened.append(address)
        return True


@pytest.mark.parametrize(("name", "used"), [("firefox", True), ("w3m", False), ("lynx", False)])
def test_a_browser_in_the_terminal_is_left_alone(
    name: str, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(name)
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    assert open_browser("http://127.0.0.1:8000") is used
    assert browser.opened == (["http://127.0.0.1:8000"] if used else [])


def test_a_machine_without_a_browser_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    assert open_browser("http://127.0.0.1:8000") is False


# --- the whole ------------------------------------------------------------------------------------


@contextmanager
def started(
    folder: Path, model_index: Path, home: Path, *options: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``qa up`` on a free port; give its process and address."""
    # Another folder's index: of it the model is shared, and need not be prepared again.
    shutil.copytree(model_index, home / "another")
    command = [sys.executable, "-m", "qa", "up", str(folder), "--port", "0", "--every", "0.1"]
    variables = os.environ | {"QA_DRAIN_SECONDS": "0", "PYTHONPATH": str(ROOT)} | environment
    with subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
        cwd=folder.parent,
    ) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            serving = next(line for line in lines if line.startswith("Serving "))
            found = re.search(r"http://(\S+)", serving)
            assert found
            yield process, found[1]
        finally:
            process.kill()


def sources(address: str, question: str) -> list[str]:
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("GET", f"/v1/ask?question={quote(question)}")
        body = json.load(connection.getresponse())
        return [result["citation"]["source"] for result in body["results"]]
    finally:
        connection.close()


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 90
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def followers(folder: Path) -> list[int]:
    """Return the processes that follow a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"watch" in words and str(folder).encode() in words:
            found.append(int(place.parent.name))
    return found


@pytest.mark.model
def test_a_folder_is_built_served_followed_and_opened(
    texts: Path, model_index: Path, home: Path, tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    environment = {"BROWSER": f"{browser} %s", "QA_READING": "off"}
    with started(texts, model_index, home, **environment) as (process, address):
        assert sources(address, "What does the mill grind?") == ["mill.txt"]
        wait_for((tmp_path / "opened").exists)
        assert (tmp_path / "opened").read_text().strip() in ("", f"http://{address}")
        (texts / "tram.txt").write_text("The tram to Cressing leaves every nine minutes.\n")
        wait_for(lambda: "tram.txt" in sources(address, "How often does the tram leave?"))
        assert len(followers(texts)) == 1
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, followers(texts)) == (0, [])
    assert "calibrating verdicts (" in err
    assert "Traceback" not in err
    assert sorted(path.name for path in texts.iterdir()) == ["mill.txt", "tram.txt"]
    assert (own_index(texts) / "LIVE").is_file()


@pytest.mark.model
def test_who_follows_ends_with_the_service_that_is_killed(
    texts: Path, model_index: Path, home: Path
) -> None:
    options = ("--no-browser", "--index", str(home / "mine"))
    with started(texts, model_index, home, *options, QA_READING="off") as (process, _):
        wait_for(lambda: len(followers(texts)) == 1)
        process.kill()
        process.wait()
        wait_for(lambda: not followers(texts))
    assert (home / "mine" / "LIVE").is_file()
