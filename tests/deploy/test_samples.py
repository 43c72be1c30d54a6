"""The other files of ``deploy/``: looked at by the programs that they are for, where these are here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from qa.cli.commands import cli
from qa.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = ("cited-qa.service", "cited-qa-watch.service")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def settings_in(text: str) -> set[str]:
    return {name.lower() for name in re.findall(r"\bQA_([A-Z_]+)\b", text)} - {"config"}


@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.iterdir()))
def test_every_setting_and_command_that_a_file_names_is_there(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    assert settings_in(text) <= set(Settings.__dataclass_fields__)
    assert set(re.findall(r"(?:bin/|RUN |&& )qa (\w+)", text)) <= set(cli.commands)


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_a_unit_and_finds_it_closed(name: str, tmp_path: Path) -> None:
    # Neither program nor user is on this machine.
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (DEPLOY / name).read_text(), flags=re.M)
    unit = tmp_path / name
    unit.write_text(text.replace("=cited-qa\n", "=daemon\n"))
    verified = run("systemd-analyze", "verify", str(unit))
    assert name not in verified.stderr, verified.stderr
    assert verified.returncode == 0, verified.stderr
    looked_at = run("systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", looked_at.stdout)
    assert found, looked_at.stderr
    assert float(found[1]) <= 2.0  # of 10; a unit that closes nothing has 9.6


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed")
def test_caddy_takes_its_sample() -> None:
    done = run("caddy", "validate", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile")
    assert done.returncode == 0, done.stderr


def test_a_stage_copies_what_is_there() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    stages = {line.split()[3] for line in lines if line.startswith("FROM") and " AS " in line}
    copied = [line.split()[1:] for line in lines if line.startswith("COPY")]
    assert copied
    for words in copied:
        option = re.fullmatch(r"--from=(\w+)", words[0])
        if option:
            assert option[1] in stages
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists()
            assert f"!{source}" in ignored
    last = "\n".join(lines).rpartition("\nFROM ")[2]
    assert "torch" not in last
    assert "\nUSER qa" in last


def test_what_is_composed_is_closed() -> None:
    composed = yaml.load((DEPLOY / "compose.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
    # As YAML 1.1 has it: what a "<<" names is what the mapping does not say itself.
    services = {
        name: service.get("<<", {}) | service for name, service in composed["services"].items()
    }
    assert set(services) == {"serve", "watch"}
    for service in services.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] == "true"
        assert service["volumes"][0] == "data:/data"
    assert (ROOT / "deploy" / services["serve"]["build"]["context"]).resolve() == ROOT
    assert all(port.startswith("127.0.0.1:") for port in services["serve"]["ports"])
    assert services["watch"]["command"][0] in cli.commands
    assert services["watch"]["network_mode"] == "none"
