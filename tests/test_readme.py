"""The README's commands run as they stand there, and its table of settings is the real one."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from qa.cli.commands import cli
from qa.settings import Settings
from tests.conftest import ROOT
from tests.serving import serving

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
    if line.strip()
]


def environment() -> dict[str, str]:
    binaries = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}


def test_the_readme_begins_with_the_two_commands_and_the_makefile_has_them() -> None:
    indented = [line.split()[:2] for line in README.splitlines() if line.startswith("    make ")]
    assert indented[:2] == [["make", "run"], ["make", "test"]]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert all(f"\n{target}:" in makefile for _, target in indented)


def test_every_command_stands_in_the_readme() -> None:
    assert [name for name in cli.commands if f"qa {name}" not in README] == []


def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^`|]*?)`? ?\|", README, re.MULTILINE))
    assert rows == {setting.name: str(setting.default) for setting in fields(Settings)}


@pytest.mark.model
def test_every_command_of_the_readme_runs(model_index: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    asked = (
        shutil.copytree(ROOT / "eval" / "seeds", tmp_path / "eval" / "seeds") / "questions.jsonl"
    )
    # Whether all of them hold the gates, tests/golden/test_answers.py tells.
    asked.write_text("".join(asked.read_text("utf-8").splitlines(keepends=True)[::20]), "utf-8")
    shutil.copytree(model_index, tmp_path / "index" / "default")
    shutil.copytree(model_index, tmp_path / "index" / "mine")
    with serving(tmp_path / "index" / "default") as address:
        for command in COMMANDS:
            line = command.replace("localhost:8000", address.removeprefix("http://"))
            done = subprocess.run(
                shlex.split(line, comments=True),
                cwd=tmp_path,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, (command, done.stderr)
            assert done.stdout, command
            if "/v1/ask" in command:
                first = json.loads(done.stdout)["results"][0]
                assert first["citation"]["source"] == "004_4295f32904a35c45.txt"
                assert "Jeanine Anez declared herself" in first["excerpt"]


@pytest.mark.model
def test_the_readme_shows_the_real_answer(model_engine: object, model_index: Path) -> None:
    shown = re.search(
        r"^```text\nThe archive says:\n\n(“.*?” \[1\])\n\n1\. (.*?)\n\n(.*?) …\n   (.*?)\n```",
        README,
        re.DOTALL | re.MULTILINE,
    )
    assert shown
    done = subprocess.run(
        [*shlex.split(COMMANDS[0]), "--index", str(model_index)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    printed = " ".join(done.stdout.split())
    for part in shown.groups():
        assert " ".join(part.split()) in printed
