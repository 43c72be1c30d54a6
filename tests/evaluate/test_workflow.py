"""The workflow that eval/evaluate.yml offers: what it runs is what there is, and it lets nobody in."""

from __future__ import annotations

import shlex
import subprocess
from typing import Any

import click
import pytest
import yaml

from qa.cli.commands import cli
from tests.conftest import ROOT

WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / "eval" / "evaluate.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["evaluate"]["steps"]
SCRIPTS = [step["run"] for step in STEPS if "run" in step]


def commands() -> list[list[str]]:
    lines = [line.strip() for script in SCRIPTS for line in script.splitlines()]
    called = [line.split(" || ")[0] for line in lines if line.startswith(".venv/bin/qa ")]
    return [shlex.split(line)[1:] for line in called]


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_command_and_option_is_there(arguments: list[str]) -> None:
    name, *rest = arguments
    command = cli.commands[name]
    command.make_context(name, rest, parent=click.Context(cli))


def test_it_builds_before_it_evaluates_and_writes_the_comment() -> None:
    assert [arguments[0] for arguments in commands()] == ["build", "eval", "build", "eval"]
    last = commands()[-1]
    assert {"--against", "--markdown", "--report", "--json"} <= set(last)
    assert last[last.index("--markdown") + 1] in SCRIPTS[-1]


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_of_the_shell_and_take_nothing_from_a_stranger(script: str) -> None:
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    assert "${{" not in script  # a title or a branch's name would be run


def test_it_may_write_comments_and_no_more() -> None:
    triggers = WORKFLOW[True]  # YAML's "on"
    assert set(triggers) == {"pull_request"}  # never pull_request_target, which holds secrets
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write"}
    folders = WORKFLOW["env"]
    assert (ROOT / folders["ARCHIVE"]).is_dir() and (ROOT / folders["QUESTIONS"]).is_dir()
