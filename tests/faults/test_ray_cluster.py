"""Builds by workers of a Ray cluster that runs already, as docs/scale.md starts one, and then of their own.

`make faults` runs them.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.build.workers.worker import Hello
from tests.build.test_ray import Meanwhile, build, files_of
from tests.build.test_ray import expected as expected
from tests.build.test_ray import hellos as hellos
from tests.build.test_ray import texts as texts
from tests.conftest import ROOT
from tests.fake import FakeEncoder

pytestmark = pytest.mark.skipif(
    not os.environ.get("RAY_CLUSTER"), reason="make faults starts a cluster"
)
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0", "PYTHONPATH": str(ROOT)}


class Failing(FakeEncoder):
    """An encoder that gives up at a word."""

    def _encode(self, prefix: str, text: str) -> Any:
        if "ferry" in text:
            raise ArithmeticError("no vector for a ferry")
        return super()._encode(prefix, text)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster with two processors, as docs/scale.md starts one."""
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        command = (
            f"-m ray.scripts.scripts start --head --block --node-ip-address=127.0.0.1 --port={address[10:]} "
            "--num-cpus=2 --include-dashboard=false --disable-usage-stats --object-store-memory=100000000 "
            f"--temp-dir={folder}"
        )
        head = subprocess.Popen(
            [sys.executable, *command.split()], stdout=subprocess.PIPE, text=True, cwd="/",
            env=os.environ | QUIET, process_group=0,
        )  # fmt: skip
        assert head.stdout
        try:
            for line in head.stdout:
                if "Ray runtime started" in line:
                    break
            else:
                pytest.fail("ray start ended")
            # Ray takes 127.0.0.1 for the machine's own address unless it is told not to.
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("ray._private.ray_constants.ENABLE_RAY_CLUSTER", False)
                patch.setenv("RAY_ADDRESS", address)
                yield address
        finally:
            head.terminate()
            head.wait(30)
            head.stdout.close()


def test_a_worker_that_is_killed_costs_no_byte(
    texts: Path, expected: dict[str, bytes], cluster: str, tmp_path: Path, hellos: list[Hello]
) -> None:
    # The one that said hello first has work, whatever the other has.
    progress = Meanwhile(lambda: os.kill(hellos[0].pid, signal.SIGKILL))
    report = build(texts, tmp_path / "index", progress=progress)
    assert report.embedded == report.passages > 2000
    assert files_of(tmp_path / "index") == expected
    assert progress.said[0] == "2 workers on Ray, the cluster at RAY_ADDRESS"
    assert [line for line in progress.said if line.startswith(f"process {hellos[0].pid} on ")]


def test_a_process_builds_again_and_hears_what_a_worker_raises(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``qa watch`` does: another cluster in the same process."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ArithmeticError, match="no vector for a ferry"):
        build(texts, tmp_path / "index", number=1, encoder=Failing())
    assert not (tmp_path / "index" / "LIVE").exists()
