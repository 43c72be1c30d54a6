"""A command leaves nothing in the user's home: no library's telemetry, no cache that nobody asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_asking_leaves_nothing_in_the_home(model_index: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "ORT_DISABLE_TELEMETRY" and not name.startswith("XDG_")
    }
    done = subprocess.run(
        [sys.executable, "-m", "qa", "ask", "Who resigned?", "--index", str(model_index)],
        env=environment | {"HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "1. " in done.stdout
    assert [path for path in home.rglob("*") if path.is_file()] == []
