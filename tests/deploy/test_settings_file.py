"""``deploy/qa.toml``: every setting, with its default, ready to be changed."""

from __future__ import annotations

import re
import textwrap
from dataclasses import fields
from pathlib import Path

import pytest

from qa.settings import Settings
from tests.conftest import ROOT

FILE = ROOT / "deploy" / "qa.toml"
HEAD = """\
# The settings of cited-qa: each stands here with its default. Take the # away before one to change it.
# The service reads qa.toml in its working folder, or the file that QA_CONFIG names. What the command line
# or the environment says (QA_ and the name in capitals) goes before it. Paths count from the working folder.
"""


def expected() -> str:
    """Return the file as the table of settings has it."""
    parts = [HEAD]
    for setting in fields(Settings):
        lines = textwrap.wrap(setting.metadata["help"], 106)
        if setting.metadata["choices"] and len(setting.metadata["choices"]) < 10:
            lines.append(f"One of: {', '.join(setting.metadata['choices'])}.")
        value = setting.default if isinstance(setting.default, int) else f'"{setting.default}"'
        parts.append("\n".join([*(f"# {line}" for line in lines), f"#{setting.name} = {value}\n"]))
    return "\n".join(parts)


def test_it_has_every_setting_as_the_table_has_it(tmp_path: Path) -> None:
    wanted = tmp_path / "qa.toml"
    wanted.write_text(expected(), "utf-8")
    assert FILE.read_text("utf-8") == expected(), f"copy {wanted} to {FILE}"


def test_with_every_setting_switched_on_it_is_the_defaults(tmp_path: Path) -> None:
    text, count = re.subn(r"^#(\w+ = )", r"\1", FILE.read_text("utf-8"), flags=re.MULTILINE)
    assert count == len(fields(Settings))
    (tmp_path / "qa.toml").write_text(text, "utf-8")
    assert Settings.load(environment={"QA_CONFIG": str(tmp_path / "qa.toml")}) == Settings()


def test_as_it_stands_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load(environment={"QA_CONFIG": str(FILE)}) == Settings()
