"""The command line: what it prints where, and how it exits."""

from __future__ import annotations

import errno
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click
import pytest
from fastapi.testclient import TestClient

from qa import __version__
from qa.api import create_app
from qa.cli.commands import cli, run
from qa.cli.progress import progress as shown
from qa.cli.serve import listen
from qa.engine import Engine
from qa.read.onnx import load_reader
from qa.service.keys import Keyring
from qa.settings import Settings
from qa.store import Building, IndexFolder
from tests.api.test_service import make_newer
from tests.archive import ARCHIVE
from tests.conftest import ROOT
from tests.fake import FakeEncoder

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("few_references")]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def fake_model(
    monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder, request: pytest.FixtureRequest
) -> None:
    """Let commands in this process find the fake encoder where they look for a model."""

    def ready(building: Building, *_: Any) -> FakeEncoder:
        building.add_model(encoder.fingerprint, lambda _: None)
        return encoder

    monkeypatch.setattr("qa.engine.load_encoder", lambda folder, **_: encoder)
    monkeypatch.setattr("qa.build.builder._ready_model", ready)
    for name in [name for name in os.environ if name.startswith("QA_")]:
        monkeypatch.delenv(name)


def complaint(capture: Capture) -> str:
    """Return the one line on standard error; nothing else was printed."""
    out, err = capture.readouterr()
    assert out == ""
    assert err.startswith("qa: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


# --- calling ------------------------------------------------------------------------------------


def test_the_version_is_told(capsys: Capture) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"qa, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing command"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["ask"], "Missing argument 'QUESTION'"),
        (["ask", "a", "--colour"], "No such option"),
        (["ask", "a", "-k", "five"], "'five' is not a valid integer"),
        (["serve", "--port", "http"], "'http' is not a valid integer"),
        (["serve", "--port", "65536"], "setting port is 65536"),
    ],
)
def test_a_wrong_call_is_one_line_and_2(arguments: list[str], words: str, capsys: Capture) -> None:
    assert run(arguments) == 2
    assert words in complaint(capsys)


def test_an_unknown_model_is_one_line_and_2(
    archive: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the model is looked for in earnest
    arguments = ["build", str(archive), "--index", str(tmp_path / "i"), "--model", "nowhere"]
    assert run(arguments) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("qa: no model 'nowhere'")


def test_every_command_and_option_has_help() -> None:
    assert set(cli.commands) == {
        "ask", "build", "check", "cite", "doctor", "eval", "judged", "keys", "mcp", "purge", "rollback", "serve", "status",
        "up", "verify", "watch",
    }  # fmt: skip
    groups = [command for command in cli.commands.values() if isinstance(command, click.Group)]
    within = [command for group in groups for command in group.commands.values()]
    for command in (*cli.commands.values(), *within):
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (command.name, parameter.name)


@pytest.mark.parametrize("command", sorted(set(cli.commands) - {"keys"}))
def test_help_is_printed(command: str, capsys: Capture) -> None:
    assert run([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: qa {command}")


def test_an_unknown_fault_is_one_line_and_70(
    index: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(Engine, "ask", fail)
    assert run(["ask", "owls", "--index", str(index)]) == 70
    line = complaint(capsys)
    assert "RuntimeError: two lines" in line
    assert "QA_DEBUG=1" in line
    monkeypatch.setenv("QA_DEBUG", "1")
    assert run(["ask", "owls", "--index", str(index)]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_130(index: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "ask", interrupt)
    assert run(["ask", "owls", "--index", str(index)]) == 130
    assert "Traceback" not in capsys.readouterr().err


# --- build --------------------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with two good documents among files that cannot be read."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "good.txt").write_text("The mill by the weir grinds rye.\n")
    (folder / "better.md").write_text("# Mills\n\nThe mill on the hill grinds wheat.\n")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "binary.txt").write_bytes(bytes(4096))
    (folder / "image.png").write_bytes(b"\x89PNG\r\n")
    (folder / "dangling.txt").symlink_to(folder / "nowhere")
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(50_000_000)
    return folder


def test_a_build_tells_what_it_did(archive: Path, tmp_path: Path, capsys: Capture) -> None:
    index = tmp_path / "i"
    assert run(["build", str(archive), "--index", str(index)]) == 0
    out, err = capsys.readouterr()
    assert f"Indexed 8 documents, 10 passages in {index}" in out
    assert "newly embedded: 10 passages" in out
    assert re.search(r"boilerplate: [1-9]\d* lines", out)
    assert "skipped: 0 files" in out
    assert "not calibrated" not in out
    assert re.search(r"\d+\.\d s\n", out)
    assert "reading (8)" in err
    assert "\x1b" not in out + err
    assert run(["build", str(archive), "--index", str(index)]) == 0
    assert "Nothing has changed: 8 documents" in capsys.readouterr().out


def test_files_that_cannot_be_read_are_named_and_skipped(
    mixed: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert run(["build", str(mixed), "--index", str(tmp_path / "i")]) == 0
    out = capsys.readouterr().out
    assert "Indexed 2 documents" in out
    assert "skipped: 5 files" in out
    for name, reason in (
        ("binary.txt", "binary"),
        ("dangling.txt", "a link to nothing"),
        ("empty.txt", "empty"),
        ("huge.txt", "larger than 32"),
        ("image.png", "no reader for .png"),
    ):
        assert re.search(rf"^    {name}: .*{reason}", out, re.MULTILINE), name


def test_of_many_files_skipped_for_one_reason_ten_are_printed(
    tmp_path: Path, capsys: Capture
) -> None:
    folder, index = tmp_path / "texts", str(tmp_path / "i")
    folder.mkdir()
    (folder / "text.txt").write_text("The marmalade factory stood at Kelso.\n")
    (folder / "zz.txt").write_text("")
    for number in range(11, 35):
        (folder / f"{number}.png").write_bytes(b"x")
    assert run(["build", str(folder), "--index", index]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if ".png" in line] == [
        *(f"    {number}.png: no reader for .png" for number in range(11, 21)),
        "    14 more files: no reader for .png (qa build --json names each)",
    ]
    assert "  skipped: 25 files" in lines
    assert sum("ocr = tesseract" in line for line in lines) == 1
    assert any(line.startswith("    zz.txt: ") for line in lines)


def test_a_name_with_a_line_break_takes_one_line(tmp_path: Path, capsys: Capture) -> None:
    folder, index = tmp_path / "texts", str(tmp_path / "i")
    folder.mkdir()
    (folder / "line\nbreak.txt").write_text("The marmalade factory stood at Kelso.\n")
    (folder / "one\nmore.png").write_bytes(b"x")
    assert run(["build", str(folder), "--index", index]) == 0
    assert "    one more.png: no reader for .png\n" in capsys.readouterr().out
    assert run(["ask", "marmalade", "--index", index, "-k", "1"]) == 0
    assert "   line break.txt:1, characters 0-37\n" in capsys.readouterr().out


def test_strict_makes_one_an_error(mixed: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["build", str(mixed), "--index", str(tmp_path / "i"), "--strict"]) == 2
    err = capsys.readouterr().err
    assert "qa: binary.txt: " in err
    assert "5 of 7 files cannot be read, and --strict is on" in err
    assert not (tmp_path / "i" / "LIVE").exists()


def test_a_build_in_json_is_one_value(mixed: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["build", str(mixed), "--index", str(tmp_path / "i"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["documents"], report["passages"], report["embedded"]) == (2, 2, 2)
    assert {"source": "image.png", "reason": "no reader for .png"} in report["skipped"]


def test_several_paths_begin_with_their_names(
    archive: Path, mixed: Path, tmp_path: Path, capsys: Capture
) -> None:
    index = tmp_path / "i"
    assert run(["build", str(archive), str(mixed), "--index", str(index)]) == 0
    sources = {entry.source for entry in IndexFolder(index).open().generation.listing()}
    assert f"{archive.name}/notes/harbour.md" in sources
    assert "mixed/good.txt" in sources


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "does not exist"),
        (lambda folder: folder.mkdir(), "no document in"),
        (lambda folder: (folder.mkdir(), (folder / "a.png").touch()), "no readable document in"),
    ],
    ids=["missing", "empty", "unreadable"],
)
def test_a_folder_without_a_document_is_refused(
    make: Any, words: str, tmp_path: Path, capsys: Capture
) -> None:
    make(tmp_path / "f")
    assert run(["build", str(tmp_path / "f"), "--index", str(tmp_path / "i")]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("qa: ") == 1


def test_seeds_are_the_default(
    archive: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["build"]) == 2
    assert "seeds does not exist" in capsys.readouterr().err
    shutil.copytree(archive, tmp_path / "seeds")
    assert run(["build"]) == 0
    assert "in index/default" in capsys.readouterr().out
    assert (tmp_path / "index" / "default" / "LIVE").is_file()


@pytest.mark.parametrize("index", ["file/index", "/proc/no/index"])
def test_a_folder_that_cannot_be_written_is_one_line(
    index: str, archive: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "file").touch()
    assert run(["build", str(archive), "--index", str(tmp_path / index)]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(r"qa: .*index cannot be written: .+", line)


def test_a_full_disk_is_one_line(
    archive: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(step: str) -> None:
        if step.startswith("write vectors"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("qa.store.files.disk.on_step", full)
    assert run(["build", str(archive), "--index", str(tmp_path / "i")]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "qa: No space left on device"


def test_an_index_that_is_being_built_is_left_alone(
    archive: Path, tmp_path: Path, capsys: Capture
) -> None:
    with IndexFolder(tmp_path / "i").lock():
        assert run(["build", str(archive), "--index", str(tmp_path / "i")]) == 2
    assert f"process {os.getpid()} is building" in capsys.readouterr().err


def test_a_long_stage_is_told_of_now_and_then(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("qa.cli.progress.time.monotonic", lambda: now)
    with shown() as progress:
        progress.stage("reading", 500)
        for _ in range(100):
            now += 0.5
            progress.passages(3)
            progress.advance()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "reading (500)"
    assert lines[1] == "reading: 19 of 500, 60 passages, 6 a second, about 4 min 13 s left"
    assert len(lines) == 6


# --- looking after an index ---------------------------------------------------------------------


@pytest.fixture
def two(archive: Path, tmp_path: Path) -> tuple[Path, str]:
    """A folder and its index of two generations, a document deleted from the second."""
    texts = Path(shutil.copytree(archive, tmp_path / "texts"))
    index = str(tmp_path / "i")
    assert run(["build", str(texts), "--index", index]) == 0
    (texts / "markup.txt").unlink()
    assert run(["build", str(texts), "--index", index]) == 0
    return texts, index


def test_the_state_is_shown(two: tuple[Path, str], capsys: Capture) -> None:
    texts, index = two
    (texts / "new.txt").write_text("A new page of the log.\n")
    capsys.readouterr()
    assert run(["status", "--index", index]) == 0
    out = capsys.readouterr().out
    assert re.search(
        r"^\* 000002-\w{8}  0\.\d MB  7 documents, 9 passages  fake$", out, re.MULTILINE
    )
    assert re.search(
        r"^  000001-\w{8}  .*  7 documents, 9 passages, 1 removed since  fake$", out, re.MULTILINE
    )
    assert f"A build of {texts} would change:\n  added: 1\n    new.txt\n" in out
    assert run(["status", str(texts), "--index", index, "--json"]) == 0
    state = json.loads(capsys.readouterr().out)
    assert state["changes"] == {"added": ["new.txt"], "changed": [], "removed": []}
    assert [one["live"] for one in state["generations"]] == [True, False]
    (texts / "new.txt").unlink()
    assert run(["status", "--index", index]) == 0
    assert f"A build of {texts} would change nothing." in capsys.readouterr().out
    texts.rename(texts.with_name("moved"))
    assert run(["status", "--index", index]) == 0
    assert f"is unknown: name {texts}" in capsys.readouterr().out


def test_going_back(two: tuple[Path, str], capsys: Capture) -> None:
    index = two[1]
    capsys.readouterr()
    assert run(["rollback", "--index", index]) == 0
    assert re.fullmatch(
        r"Generation 000001-\w{8} is live: 7 documents\.\n", capsys.readouterr().out
    )
    assert run(["ask", "Do owls hunt voles?", "-k", "50", "--json", "--index", index]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert results and not any("voles" in result["excerpt"] for result in results)
    assert run(["rollback", "--index", index]) == 2
    assert "no generation before 000001" in complaint(capsys)
    assert run(["rollback", "000002", "--json", "--index", index]) == 0
    assert json.loads(capsys.readouterr().out)["generation"].startswith("000002")


def test_purging(two: tuple[Path, str], capsys: Capture) -> None:
    index = two[1]
    capsys.readouterr()
    assert run(["purge", "markup.txt", "--index", index]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Purged markup.txt\n  generation 000002-")
    assert "  deleted generation 000001-" in out
    assert "delete it" in out
    assert run(["purge", "markup.txt", "--index", index]) == 2
    assert "no generation has a document markup.txt" in complaint(capsys)
    assert run(["purge", "tariff.txt", "--json", "--index", index]) == 0
    assert json.loads(capsys.readouterr().out)["purged"] == ["tariff.txt"]


def test_checking(two: tuple[Path, str], capsys: Capture) -> None:
    index = Path(two[1])
    capsys.readouterr()
    assert run(["check", "--index", str(index)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{index} holds: 2 generations, ")
    assert err.startswith("checking generation 000002-")
    path = max(index.glob("generations/*/texts.bin"))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert run(["check", "--index", str(index)]) == 3
    name = path.relative_to(index).as_posix()
    assert capsys.readouterr().out.startswith(f"{name}: its checksum is wrong\n{index}: 1 fault (")
    assert run(["check", "--json", "--index", str(index)]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["faults"] == [{"where": name, "what": "its checksum is wrong"}]


@pytest.mark.parametrize("command", [["status"], ["rollback"], ["purge", "a.txt"], ["check"]])
def test_without_an_index_there_is_nothing_to_look_after(
    command: list[str], tmp_path: Path, capsys: Capture
) -> None:
    assert run([*command, "--index", str(tmp_path / "none")]) == 3
    assert "holds no index yet" in complaint(capsys)
    assert not (tmp_path / "none").exists()


# --- ask ----------------------------------------------------------------------------------------


def test_excerpts_are_printed_with_their_citation(index: Path, capsys: Capture) -> None:
    question = "Who keeps the lighthouse on the northern pier?"
    assert run(["ask", question, "-k", "2", "--index", str(index)]) == 0
    out, err = capsys.readouterr()
    text = ARCHIVE["notes/harbour.md"][0]
    start = text.index("## The lighthouse")
    assert f"\n\n1. {text[start:].strip()}\n" in out
    line = 1 + text[:start].count("\n")
    assert (
        "“The harbour of Vellmar”, section “The lighthouse”, "
        f"notes/harbour.md:{line}-{line + 3}, 2019-11-23, characters {start}-{len(text) - 1}\n"
    ) in out
    assert "\n\n2. " in out
    assert "\n\n3. " not in out
    assert "http://127.0.0.1:8000/v1/documents/d" in out
    assert (err, "\x1b" in out) == ("", False)


def test_a_facet_that_there_is_not_is_a_wrong_call(index: Path, capsys: Capture) -> None:
    arguments = ["ask", "How far was the bridge moved?", "--index", str(index), "--where"]
    assert run([*arguments, "colour=red"]) == 2
    told = "qa: there is no facet 'colour': these are: published, year\n"
    assert capsys.readouterr() == ("", told)
    assert run([*arguments, "colour"]) == 2
    assert "'colour' is no condition: NAME=VALUE or NAME>=N is wanted" in capsys.readouterr().err
    assert run(["status", "--index", str(index)]) == 0
    assert "    facets for --where: published, year\n" in capsys.readouterr().out


def test_json_is_the_body_of_the_interface(index: Path, engine: Engine, capsys: Capture) -> None:
    settings = Settings(public_url="https://example.org")
    arguments = ["ask", "How far was the bridge moved?", "--json", "-k", "3", "--index", str(index)]
    arguments += ["--source", "*.txt", "--source", "*.md", "--from", "1999", "--to", "2019-11"]
    arguments += ["--where", "year>=2000", "--where", "year=2019", "--where", "Year=2004"]
    request = {
        "question": "How far was the bridge moved?",
        "k": 3,
        "filters": {
            "source": ["*.txt", "*.md"],
            "published_from": "1999",
            "published_to": "2019-11",
            "where": {"year>=": 2000, "year": [2019, 2004]},
        },
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_PUBLIC_URL", settings.public_url)
        assert run(arguments) == 0
    printed = json.loads(capsys.readouterr().out)
    reading = Engine(store=engine.store, encoder=engine.encoder, reader=load_reader())
    with TestClient(create_app(index=index, settings=settings, engine=reading)) as client:
        answered = client.post("/v1/ask", json=request).json()
    assert list(printed) == list(answered)
    assert printed | {"took_ms": 0} == answered | {"took_ms": 0}
    sources = [result["citation"]["source"] for result in printed["results"]]
    assert sources == ["bridge.txt", "notes/harbour.md", "notes/harbour.md"]


def test_the_settings_name_the_address(index: Path, capsys: Capture) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_HOST", "::1")
        patch.setenv("QA_PORT", "9000")
        assert run(["ask", "owls", "--json", "--index", str(index)]) == 0
    url = json.loads(capsys.readouterr().out)["results"][0]["citation"]["url"]
    assert url.startswith("http://[::1]:9000/v1/documents/")


def test_a_dash_reads_the_question(
    index: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("What do owls\nhunt?\n"))
    assert run(["ask", "-", "--json", "--index", str(index)]) == 0
    assert json.loads(capsys.readouterr().out)["question"] == "What do owls\nhunt?"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), "utf-8"))
    assert run(["ask", "-", "--index", str(index)]) == 2
    assert "is not text" in complaint(capsys)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([""], "blank"),
        ([" \n "], "blank"),
        (["x" * 2001], "2,001 characters"),
        (["a\0b"], "NUL"),
        (["a\udcff"], "lone surrogate"),
        (["a", "-k", "0"], "k is 0"),
        (["a", "-k", "51"], "k is 51"),
        (["a", "--source", "\udcff"], "lone surrogate"),
        (["a", "--from", "yesterday"], "published_from is no date: write 2019"),
        (["a", "--to", "2019-13"], "published_to is no date"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_line_and_2(
    arguments: list[str], words: str, index: Path, capsys: Capture
) -> None:
    assert run(["ask", *arguments, "--index", str(index)]) == 2
    assert words in complaint(capsys)


@pytest.mark.parametrize("question", ["😀", "the of and", "?!"])
def test_an_odd_question_is_answered(question: str, index: Path, capsys: Capture) -> None:
    assert run(["ask", question, "--index", str(index)]) == 0
    # What has no letter asks nothing.
    expected = "\n1. " if any(map(str.isalpha, question)) else "Ask a question"
    assert expected in capsys.readouterr().out


def test_nothing_found_is_said(index: Path, capsys: Capture) -> None:
    assert run(["ask", "owls", "--from", "2030", "--index", str(index)]) == 0
    out = capsys.readouterr().out
    assert "Nothing found within these filters." in out
    assert "6 documents without a date" in out


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_an_index_that_cannot_be_used_is_one_line_and_3(
    index: Path, tmp_path: Path, capsys: Capture
) -> None:
    damaged, foreign, newer = (tmp_path / name for name in ("damaged", "foreign", "newer"))
    shutil.copytree(index, damaged)
    flip(next(damaged.glob("generations/*/vectors.faiss")))
    foreign.mkdir()
    (foreign / "holiday.jpg").touch()
    shutil.copytree(index, newer)
    make_newer(newer)
    for folder, words in (
        (tmp_path / "none", "holds no index yet"),
        (damaged, "vectors.faiss is damaged"),
        (foreign, "is not an index of cited-qa"),
        (newer, "format 99"),
    ):
        for command in (["ask", "owls"], ["serve", "--port", "0"], ["mcp"]):
            assert run([*command, "--index", str(folder)]) == 3
            line = complaint(capsys)
            assert words in line
            assert "qa build" in line


def test_an_index_of_another_encoder_is_refused(
    index: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the index holds nothing that could stand for the fake encoder
    assert run(["ask", "owls", "--index", str(index)]) == 3
    assert "holds no model" in complaint(capsys)


def test_an_older_generation_is_used_and_told(
    index: Path, archive: Path, tmp_path: Path, capsys: Capture
) -> None:
    folder, texts = tmp_path / "i", tmp_path / "texts"
    shutil.copytree(archive, texts)
    assert run(["build", str(texts), "--index", str(folder)]) == 0
    (texts / "markup.txt").write_text("Nothing about birds.\n")
    assert run(["build", str(texts), "--index", str(folder)]) == 0
    newest = max(folder.glob("generations/*"))
    flip(newest / "vectors.faiss")
    capsys.readouterr()
    assert run(["ask", "owls", "-k", "1", "--index", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert "Owls hunt voles at dusk" in out
    assert err.startswith("qa: an older generation is used: ")
    assert newest.name in err


# --- colour, and what documents must not do to a terminal ------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("no_colour", [None, "1"])
def test_colour_is_for_terminals_that_want_it(
    no_colour: str | None, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour:
        monkeypatch.setenv("NO_COLOR", no_colour)
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    assert run(["ask", "What do owls hunt at dusk?", "--index", str(index)]) == 0
    printed = out.getvalue()
    assert "Owls hunt voles at dusk." in printed
    bold = re.findall("\x1b\\[33m\x1b\\[1m(.*?)\x1b\\[0m", printed)
    assert bold[:1] == ([] if no_colour else ["Owls hunt voles at dusk."])
    assert ("\x1b" in printed) == (no_colour is None)


def test_a_document_cannot_move_the_cursor(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").mkdir()
    text = "The \x1b]0;owned\x07 owl\r\nsat\u202e in \x9b2J the elm.\n"
    (tmp_path / "f" / "a.txt").write_text(text * 3, newline="")
    index = str(tmp_path / "i")
    assert run(["build", str(tmp_path / "f"), "--index", index]) == 0
    assert run(["ask", "owl", "--index", index]) == 0
    out = capsys.readouterr().out
    assert "The \ufffd]0;owned\ufffd owl" in out
    assert "sat\ufffd in \ufffd2J the elm." in out
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e", "\r"}


def test_progress_has_bars_in_a_terminal(
    archive: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    assert run(["build", str(archive), "--index", str(tmp_path / "i")]) == 0
    assert "reading" in err.getvalue()
    assert "\x1b[" in err.getvalue()
    assert "Indexed 8 documents" in capsys.readouterr().out


# --- serve --------------------------------------------------------------------------------------


def test_a_taken_port_is_one_line(index: Path, capsys: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert run(["serve", "--port", str(port), "--index", str(index)]) == 2
    line = complaint(capsys)
    assert f"port {port} of 127.0.0.1 cannot be used (Address already in use)" in line


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "", "no.such.host.invalid", "a\0b"])
def test_a_bind_beyond_loopback_is_refused(host: str, index: Path, capsys: Capture) -> None:
    assert run(["serve", "--host", host, "--port", "0", "--index", str(index)]) == 2
    assert "host" in complaint(capsys)


def test_a_bind_beyond_loopback_says_how_to_make_a_key(
    index: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_KEYS_FILE", str(tmp_path / "keys.json"))
    command = ["serve", "--host", "0.0.0.0", "--port", "0", "--index", str(index)]
    assert run(command) == 2
    assert "make one with qa keys make NAME" in complaint(capsys)
    key, _ = Keyring(tmp_path / "keys.json").make("former")
    Keyring(tmp_path / "keys.json").revoke(key.id)
    assert run(command) == 2  # nobody could ask
    assert "make one with qa keys make NAME" in complaint(capsys)
    (tmp_path / "keys.json").write_text("{")
    assert run(command) == 3
    assert "nobody is let in" in complaint(capsys)


def test_with_a_key_the_service_listens_beyond_loopback(tmp_path: Path) -> None:
    with listen("0.0.0.0", 0, keyed=True) as listener:
        assert listener.getsockname()[0] == "0.0.0.0"


# --- keys ---------------------------------------------------------------------------------------


@pytest.fixture
def keys_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QA_KEYS_FILE", str(tmp_path / "keys.json"))
    return tmp_path / "keys.json"


def test_a_key_is_printed_once(keys_file: Path, capsys: Capture) -> None:
    assert run(["keys", "list"]) == 0
    assert "no key" in capsys.readouterr().out
    assert run(["keys", "make", "the museum", "--scope", "admin"]) == 0
    out, err = capsys.readouterr()
    token = out.strip()
    key = Keyring(keys_file).find(token)
    assert (key.name, key.scope) == ("the museum", "admin")
    assert "not shown again" in err
    secret = keys_file.with_name("keys.json.secret")
    assert f"{secret} signs the sessions of browsers" in err
    assert len(secret.read_bytes()) == 32
    assert run(["keys", "make", "another"]) == 0
    assert str(secret) not in capsys.readouterr().err
    assert run(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    [first, second] = listed.splitlines()
    assert re.fullmatch(rf"{key.id}  20\d\d-\d\d-\d\d  admin +the museum", first)
    assert second.endswith("another")
    assert token[-43:] not in listed + err


def test_sessions_end_with_a_new_secret(keys_file: Path, capsys: Capture) -> None:
    assert run(["keys", "make", "a"]) == 0
    secret = keys_file.with_name("keys.json.secret")
    before = secret.read_bytes()
    assert run(["keys", "end-sessions"]) == 0
    assert "Every session has ended" in capsys.readouterr().out
    assert len(secret.read_bytes()) == 32
    assert secret.read_bytes() != before
    assert run(["keys", "list"]) == 0
    assert capsys.readouterr().err == ""
    secret.write_bytes(b"short")
    assert run(["keys", "list", "--json"]) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)) == 1
    assert re.fullmatch(r"No browser can sign in: .* is damaged: run qa keys end-sessions.*\n", err)


def test_no_key_is_made_in_the_folder_of_an_index(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "generations").mkdir()
    (tmp_path / "LIVE").touch()
    monkeypatch.setenv("QA_KEYS_FILE", str(tmp_path / "keys.json"))
    assert run(["keys", "make", "a"]) == 2
    assert "lies in the index folder" in complaint(capsys)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["LIVE", "generations"]


def test_a_key_is_revoked_by_its_id(keys_file: Path, capsys: Capture) -> None:
    key, _ = Keyring(keys_file).make("aéb")
    assert run(["keys", "revoke", key.id]) == 0
    assert f"Key {key.id} of aéb is revoked" in capsys.readouterr().out
    assert run(["keys", "list", "--json"]) == 0
    [shown] = json.loads(capsys.readouterr().out)
    assert set(shown) == {"id", "name", "scope", "created", "revoked"}
    assert shown["revoked"]
    assert run(["keys", "list"]) == 0
    assert "revoked 20" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["keys"], "Missing command"),
        (["keys", "make"], "Missing argument 'NAME'"),
        (["keys", "make", ""], "1 to 100 printable characters"),
        (["keys", "make", "a", "--scope", "root"], "'root' is not one of 'ask', 'admin'"),
        (["keys", "revoke", "none"], "there is no key 'none'"),
    ],
)
def test_a_wrong_call_about_keys_is_one_line_and_2(
    arguments: list[str], words: str, keys_file: Path, capsys: Capture
) -> None:
    assert run(arguments) == 2
    assert words in complaint(capsys)
    assert not keys_file.exists()


# --- eval ---------------------------------------------------------------------------------------


def test_eval_hands_its_options_over(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def run_eval(**options: Any) -> int:
        given.update(options)
        return 1

    monkeypatch.setattr("qa.evaluate.command.run_eval", run_eval)
    assert run(["eval"]) == 1
    assert given.pop("settings") == Settings()
    assert isinstance(given.pop("progress"), AbstractContextManager)
    assert given == {
        "dataset": "eval/seeds", "index": None, "queries": None, "json_file": None,
        "against": (), "report": None, "markdown": None, "run": None, "run_from": None,
        "measures": [], "gates": (), "history": True,
    }  # fmt: skip
    assert run(["eval", "--no-history"]) == 1
    assert given["history"] is False
    arguments = ["eval", "set", "--index", "i", "--queries", "q", "--json", "j", "--against", "a"]
    arguments += ["--against", "b", "--markdown", "m", "--run", "t", "--run-from", "u"]
    arguments += ["--measures", "Success@20, R@50", "--measures", "nDCG@5"]
    arguments += ["--report", "r", "--gate", "hit@5 >= 0.9", "--gate", "hit@1 >= 0.8"]
    assert run(arguments) == 1
    assert given.pop("settings") == Settings(index="i")
    del given["progress"]
    assert given == {
        "dataset": "set", "index": "i", "queries": "q", "json_file": "j", "against": ("a", "b"),
        "report": "r", "markdown": "m", "run": "t", "run_from": "u",
        "measures": ["Success@20", "R@50", "nDCG@5"], "gates": ("hit@5 >= 0.9", "hit@1 >= 0.8"), "history": True,
    }  # fmt: skip


# --- in a process of its own --------------------------------------------------------------------

HEAVY = ("torch", "transformers", "sentence_transformers")


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from qa.cli.commands import run; status = run(['--help'])\n"
        "print('loaded', sorted(set(sys.argv[1:]) & set(sys.modules))); sys.exit(status)"
    )
    names = (*HEAVY, "faiss", "onnxruntime", "fastapi", "numpy", "pydantic", "uvicorn", "rich")
    done = python(code, *names)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("loaded []\n")


def test_asking_never_imports_torch(model_index: Path) -> None:
    code = (
        "import sys; from qa.cli.commands import run\n"
        "status = run(['ask', 'Who declared herself acting president?', '--index', sys.argv[1]])\n"
        "print('loaded', sorted(set(sys.argv[2:]) & set(sys.modules))); sys.exit(status)"
    )
    # Nor does it need what only a build or a service does.
    done = python(code, str(model_index), *HEAVY, "fastapi", "uvicorn", "yaml", "markdown_it")
    assert (done.returncode, done.stderr) == (0, "")
    assert "declared herself acting President" in done.stdout
    assert done.stdout.endswith("loaded []\n")


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who declared herself acting president without a quorum?", "The archive says:"),
        ("How do I descale an espresso machine?", "The archive does not seem to answer this."),
    ],
)
def test_what_an_answer_is_worth_comes_first(question: str, told: str, model_index: Path) -> None:
    code = "import sys; from qa.cli.commands import run; sys.exit(run(sys.argv[1:]))"
    done = python(code, "ask", question, "--index", str(model_index), "-k", "2")
    assert (done.returncode, done.stderr) == (0, "")
    first, *rest = done.stdout.splitlines()
    assert first.startswith(told)
    while rest.pop(0):  # notes, each a line
        pass
    if told == "The archive says:":  # the words that answer come before the quotes
        short = rest.pop(0)
        assert short.startswith("“") and short.endswith("” [1]")
        assert rest.pop(0) == ""
    assert any(line.startswith("1. ") for line in rest)


def test_serving_never_imports_torch(model_index: Path) -> None:
    code = """
import json, os, signal, sys, threading, urllib.request
from qa.cli.serve import serve
from qa.settings import Settings

def ask(address):
    with urllib.request.urlopen(address + "/v1/ask?question=Who+is+Evo+Morales") as answer:
        found = len(json.load(answer)["results"])
    print(found, "loaded", sorted(set(sys.argv[2:]) & set(sys.modules)), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

def announce(engine, address):
    threading.Thread(target=ask, args=[address]).start()

serve(Settings(index=sys.argv[1], port=0), announce=announce)
"""
    done = python(code, str(model_index), *HEAVY)
    assert (done.stdout, done.stderr) == ("5 loaded []\n", "")
    assert done.returncode == 0


def test_the_service_starts_answers_and_stops(model_index: Path) -> None:
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--index", str(model_index)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(
                rf"Serving \d+ passages of 5 documents from {re.escape(str(model_index))} "
                r"at http://(127\.0\.0\.1:\d+) \(Ctrl\+C stops\)\n",
                line,
            )
            assert found, line
            connection = http.client.HTTPConnection(found.group(1), timeout=30)
            connection.request("GET", "/v1/ask?question=Who+is+Evo+Morales")
            response = connection.getresponse()
            assert response.status == 200
            assert json.load(response)["results"]
            connection.close()
        finally:
            # Not SIGINT: a shell starts what runs in the background with that one ignored.
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.strip()) == (0, "", "")


def test_nothing_is_asked_of_the_environment_at_import() -> None:
    code = (
        "import os\n"
        "class Watched(dict):\n"
        "    def get(self, key, default=None):\n"
        "        assert not str(key).startswith('QA_'), key\n"
        "        return super().get(key, default)\n"
        "os.environ = Watched(os.environ)\n"
        "import qa.cli.commands, qa.api, qa.cli.serve"
    )
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
