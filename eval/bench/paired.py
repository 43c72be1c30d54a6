"""Two checkouts of this project against each other: a start, memory, a question, a build of the seeds.

Each measure runs in a process of its own, with the code of one checkout and its own ``.venv``, in the order
base, new, new, base, so that what else the machine does, and what drifts, hits both. That is a round. Both
have the same seeds and the same questions, and read nothing beside them (setting ``reading``), which
would hide the rest. The model is made ready once for each before anything is measured.

A ratio is new to base, the geometric mean over the rounds; its interval is the bootstrap's over rounds, 95 of
a hundred. Prints one JSON line for each measure:

- ``start_s``: process start to the first answer over HTTP;
- ``rss_mb``, ``rss_anon_mb``: memory of that process after 100 questions; the second leaves mapped files out;
- ``question_ms``: p50 of a question to the engine in its own process;
- ``build_cpu_s``: processor seconds of a build of the seeds from nothing, its children counted.

    python eval/bench/paired.py BASE NEW [--rounds 10] [--only build_cpu_s ...]
        [--prepared BASE_INDEX NEW_INDEX] [--texts FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import numpy as np
from start import QUESTIONS, ask, free_port, status_of

SEEDS = Path(__file__).parents[2] / "seeds"
MEASURES = ("start_s", "rss_mb", "rss_anon_mb", "question_ms", "build_cpu_s")
ASKED, TIMED, WARM_UP = 100, 300, 30
RESAMPLES = 10_000
WAIT_SECONDS = 120

CHILD = """
import inspect, json, sys, time
from statistics import median
from qa.engine import Engine
from qa.records import Question

index, questions, warm_up = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
known = inspect.signature(Engine.open).parameters
engine = Engine.open(index, **({"reading": "off"} if "reading" in known else {}))
times = []
for text in questions:
    began = time.perf_counter()
    engine.ask(Question(text))
    times.append((time.perf_counter() - began) * 1000)
print(median(times[warm_up:]))
"""
"""Asks with whatever version of the engine stands before it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One checkout, the folder in which its indexes are, and that of the texts."""

    checkout: Path
    folder: Path
    texts: Path

    @property
    def index(self) -> Path:
        """Its index of the texts."""
        return self.folder / "index"

    def command(self, *arguments: str) -> list[str]:
        """Return a command line of this side's own Python."""
        return [str(self.checkout / ".venv" / "bin" / "python"), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment in which only this side's code and settings count."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("QA_")}
        keys = str(self.folder / "no-keys.json")
        return kept | {
            "PYTHONPATH": str(self.checkout),
            "QA_READING": "off",
            "QA_KEYS_FILE": keys,
            "QA_REQUESTS_PER_MINUTE": "0",
        }


def main() -> None:
    """Measure some rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", type=Path, help="checkout that stands for 1")
    parser.add_argument("new", type=Path, help="checkout that is compared with it")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument(
        "--prepared",
        nargs=2,
        type=Path,
        metavar=("BASE_INDEX", "NEW_INDEX"),
        help="indexes that the two have built already, whose models need not be made ready again",
    )
    parser.add_argument("--texts", type=Path, default=SEEDS, help="folder; default: the seeds")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    with tempfile.TemporaryDirectory() as name:
        sides = []
        for number, checkout in enumerate((options.base, options.new)):
            side = Side(checkout.absolute(), Path(name) / str(number), options.texts.absolute())
            prepare(side, options.prepared[number] if options.prepared else None)
            sides.append(side)
        for line in compare(sides[0], sides[1], options.rounds, options.only):
            print(json.dumps(line), flush=True)


def compare(
    base: Side, new: Side, rounds: int, wanted: Sequence[str]
) -> list[Mapping[str, object]]:
    """Return the figures of each measure."""
    runs: list[Callable[[Side], Mapping[str, float]]] = []
    if {"start_s", "rss_mb", "rss_anon_mb"} & set(wanted):
        runs.append(serve)
    runs += [question] * ("question_ms" in wanted) + [build] * ("build_cpu_s" in wanted)
    # Of each measure the figures of a round: base, new, new, base.
    found: dict[str, list[list[float]]] = defaultdict(list)
    for _ in range(rounds):
        for run in runs:
            figures = [run(side) for side in (base, new, new, base)]
            for measure in figures[0]:
                found[measure].append([one[measure] for one in figures])
    return [
        summary(measure, np.asarray(found[measure])) for measure in MEASURES if measure in wanted
    ]


def summary(
    measure: str, figures: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> Mapping[str, object]:
    """Return the ratio of the figures, shape (rounds, 4), and its interval."""
    logs = np.log(figures)
    ratios = (logs[:, 1] + logs[:, 2] - logs[:, 0] - logs[:, 3]) / 2
    drawn = np.random.default_rng(0).integers(len(ratios), size=(RESAMPLES, len(ratios)))
    low, high = np.exp(np.quantile(ratios[drawn].mean(axis=1), (0.025, 0.975)))
    return {
        "bench": "paired",
        "measure": measure,
        "rounds": len(figures),
        "base": round(median(figures[:, [0, 3]].ravel().tolist()), 3),
        "new": round(median(figures[:, [1, 2]].ravel().tolist()), 3),
        "ratio": round(float(np.exp(ratios.mean())), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def prepare(side: Side, prepared: Path | None) -> None:
    """Build a side's index of the texts, from one that was built before where there is one."""
    side.folder.mkdir()
    if prepared is not None:
        shutil.copytree(prepared, side.index)
    built(side, side.index)


def with_model(index: Path, into: Path) -> None:
    """Begin an index that has the models of another one, and nothing else."""
    into.mkdir()
    (into / "LOCK").touch()  # by which a build knows an index folder
    shutil.copytree(index / "models", into / "models")


def built(side: Side, index: Path) -> float:
    """Build an index of the texts; return the processor seconds of the build and its children."""
    command = side.command("-m", "qa", "build", str(side.texts), "--index", str(index), "--json")
    process = subprocess.Popen(
        command, cwd=side.checkout, env=side.environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"qa build of {side.checkout} ended with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def build(side: Side) -> Mapping[str, float]:
    """Measure a build from nothing but the model."""
    index = side.folder / "fresh"
    with_model(side.index, index)
    try:
        return {"build_cpu_s": built(side, index)}
    finally:
        shutil.rmtree(index)


def questions(number: int) -> list[str]:
    """Return so many questions about the seeds, over and over."""
    with QUESTIONS.open(encoding="utf-8") as lines:
        return list(islice(cycle([json.loads(line)["question"] for line in lines]), number))


def question(side: Side) -> Mapping[str, float]:
    """Measure one question, in the engine's process."""
    asked = json.dumps(questions(WARM_UP + TIMED))
    done = subprocess.run(
        side.command("-c", CHILD, str(side.index), asked, str(WARM_UP)),
        cwd=side.checkout,
        env=side.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {"question_ms": float(done.stdout)}


def serve(side: Side) -> Mapping[str, float]:
    """Measure a start to the first answer, and memory after a hundred questions."""
    asked, port = questions(ASKED), free_port()
    command = side.command("-m", "qa", "serve", "--port", str(port), "--index", str(side.index))
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=side.checkout, env=side.environment, stdout=subprocess.DEVNULL
    )
    try:
        while not ask(port, asked[0]):
            if process.poll() is not None:
                raise SystemExit(f"qa serve of {side.checkout} ended: {process.returncode}")
            if time.perf_counter() - began > WAIT_SECONDS:
                raise SystemExit(f"qa serve of {side.checkout} has not answered for two minutes")
            time.sleep(0.005)
        seconds = time.perf_counter() - began
        for text in asked[1:]:
            ask(port, text)
        memory = status_of(process.pid)
        return {
            "start_s": seconds,
            "rss_mb": memory["VmRSS"],
            "rss_anon_mb": memory["RssAnon"],
        }
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
