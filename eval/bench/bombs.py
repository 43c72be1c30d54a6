"""Questions to a service while a folder of bombs is read in another process: how long do answers take?

Starts `qa serve` on an index and asks it one question after another for some seconds. Then it goes on
for as long while builds of the tests' bombs run, one after another, each in a process of its own; the
tests' encoder stands in for the model there, so that reading is what they do. Prints one JSON line.

    python eval/bench/bombs.py [--index DIR] [--seconds 30]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from start import QUESTIONS, ask, free_port

ROOT = Path(__file__).parents[2]
BUILD = """
import sys
from pathlib import Path
from qa.build.builder import build_index
from qa.settings import Settings
from tests.fake import FakeEncoder
from tests.faults.mixed import SETTINGS
settings = Settings(index=sys.argv[2], **SETTINGS)
build_index([Path(sys.argv[1])], settings, encoder=FakeEncoder(), calibrated=False)
"""


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", default="index/default")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    port = free_port()
    command = [sys.executable, "-m", "qa", "serve", "--port", str(port), "--index", options.index]
    with tempfile.TemporaryDirectory() as folder:
        bombs = write_bombs(Path(folder) / "bombs")
        service = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=unlimited())
        try:
            print(json.dumps(measure(port, bombs, options.seconds)), flush=True)
        finally:
            service.terminate()
            service.wait(30)


def write_bombs(folder: Path) -> Path:
    """Write the bombs of the tests; return their folder."""
    sys.path.insert(0, str(ROOT))
    from tests.corpus.bombs import BOMBS

    folder.mkdir()
    for name, make in BOMBS.items():
        (folder / name).write_bytes(make())
    return folder


def unlimited() -> dict[str, str]:
    """Return an environment in which one client may ask as often as it likes."""
    return {**os.environ, "QA_REQUESTS_PER_MINUTE": "0"}


def runs(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process still runs."""
    return process.poll() is None


def measure(port: int, bombs: Path, seconds: float) -> dict[str, Any]:
    """Return the figures."""
    with QUESTIONS.open(encoding="utf-8") as lines:
        questions = [json.loads(line)["question"] for line in lines][:20]
    deadline = time.monotonic() + 60
    while not ask(port, questions[0]):
        if time.monotonic() > deadline:
            raise SystemExit("qa serve has not answered for a minute")
        time.sleep(0.05)
    until = time.monotonic() + seconds
    quiet = asked(port, questions, lambda: time.monotonic() < until)
    builds = 0
    until = time.monotonic() + seconds
    meanwhile: list[float] = []
    failed = 0
    while time.monotonic() < until:
        index = bombs.parent / f"index{builds}"
        build = subprocess.Popen([sys.executable, "-c", BUILD, str(bombs), str(index)], cwd=ROOT)
        try:
            found, unanswered = asked(port, questions, partial(runs, build))
        finally:
            build.kill()
            build.wait()
        if build.returncode:
            raise SystemExit(f"a build ended with status {build.returncode}")
        meanwhile += found
        failed += unanswered
        builds += 1
    return {
        "bench": "bombs",
        "bombs": len(list(bombs.iterdir())),
        "builds": builds,
        "quiet": told(*quiet),
        "meanwhile": told(meanwhile, failed),
    }


def asked(port: int, questions: list[str], go_on: Callable[[], bool]) -> tuple[list[float], int]:
    """Ask until told to stop; return how long each answer took, and how many did not come."""
    took: list[float] = []
    failed = 0
    while go_on():
        began = time.perf_counter()
        if ask(port, questions[(len(took) + failed) % len(questions)]):
            took.append(time.perf_counter() - began)
        else:
            failed += 1
    return took, failed


def told(took: list[float], failed: int) -> dict[str, Any]:
    """Return how many answers came, and the middle, the slow and the slowest of them in milliseconds."""
    cuts = quantiles(took, n=100)
    return {
        "answers": len(took),
        "failed": failed,
        "p50_ms": round(1000 * cuts[49], 1),
        "p95_ms": round(1000 * cuts[94], 1),
        "p99_ms": round(1000 * cuts[98], 1),
        "max_ms": round(1000 * max(took), 1),
    }


if __name__ == "__main__":
    main()
