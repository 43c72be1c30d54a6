"""cited-qa beside txtai, Haystack and LlamaIndex: the same data, the same model, in one run.

Each peer has an environment of its own under ``--work``, made from ``requirements-PEER.txt`` when
it is not there. Each step of each peer is a process of its own, offline, one after the other;
cited-qa is measured in the same way, in the environment that runs this. What was measured lies
under ``--work`` too, so that a run can be done piece by piece; all that lies there goes into
``peers-DATASET.json``, and into the table ``peers.md``, in the folder ``--results``.

    QA_DATASETS=FOLDER python eval/bench/peers/run.py [--dataset xquad scifact] [--only PEER ...]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TORCH = "torch==2.13.0"
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A peer to measure: its name, which its files go by, and its configurations."""

    name: str
    configurations: tuple[str, ...]

    @property
    def script(self) -> Path:
        """The script that hands the peer to the harness."""
        return HERE / f"{self.name.replace('-', '_')}_peer.py"

    def python(self, work: Path) -> Path:
        """Return the interpreter of its environment."""
        if self.name == OURS:
            return Path(sys.executable)
        return work / "environments" / self.name / "bin" / "python"


OURS = "cited-qa"
PEERS = (
    Measured("txtai", ("dense", "hybrid")),
    Measured("haystack", ("dense", "hybrid RRF")),
    Measured("llama-index", ("dense", "hybrid RRF")),
    Measured(OURS, ("",)),
)


def main() -> None:
    """Measure what is asked for; write results of all that was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", nargs="+", default=["xquad", "scifact"])
    parser.add_argument("--only", nargs="*", choices=[peer.name for peer in PEERS], metavar="PEER")
    parser.add_argument("--work", type=Path, default=Path("build/peers"))
    parser.add_argument("--results", type=Path, default=HERE.parent / "results")
    parser.add_argument(
        "--keep-index", action="store_true", help="ask of the index that an earlier run built"
    )
    options = parser.parse_args()
    work = options.work.absolute()
    only = [peer.name for peer in PEERS] if options.only is None else options.only
    from report import write_results

    from qa.evaluate.datasets import find_dataset
    from qa.settings import Settings

    folder = Settings.load().datasets
    datasets = {name: find_dataset(name, folder).absolute() for name in options.dataset}
    peers = [peer for peer in PEERS if peer.name in only]
    for peer in peers:
        make_environment(peer, work)
    for name, data in datasets.items():
        for peer in peers:
            measure(peer, data, work / name / peer.name, work, keep_index=options.keep_index)
    found = {name: gather(work / name) for name in datasets}
    write_results({name: (datasets[name], found[name]) for name in datasets}, options.results)


def make_environment(peer: Measured, work: Path) -> None:
    """Install a peer's pinned versions, unless they are."""
    if peer.name == OURS:
        return
    wanted = HERE / f"requirements-{peer.name}.txt"
    folder = work / "environments" / peer.name
    stamp = folder / "installed.txt"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted.read_text("utf-8"):
        return
    say(f"{peer.name}: installing")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    # An old pip takes minutes to resolve. torch comes first: its own build, not the one that
    # another package's extra would choose.
    for what in (["--upgrade", "pip"], [TORCH], ["--requirement", str(wanted)]):
        command = [str(peer.python(work)), "-m", "pip", "install", "--quiet", *what]
        subprocess.run(command, check=True)
    stamp.write_text(wanted.read_text("utf-8"), "utf-8")


def measure(peer: Measured, data: Path, folder: Path, work: Path, *, keep_index: bool) -> None:
    """Build, then ask each configuration, each in a fresh process."""
    index, built = folder / "data", folder / "build.json"
    if not (keep_index and built.is_file()):
        say(f"{peer.name}: indexing {data.name}")
        shutil.rmtree(folder, ignore_errors=True)
        index.mkdir(parents=True)
        step(peer, work, "build", data, index, built)
    for configuration in peer.configurations:
        say(f"{peer.name} {configuration}: asking {data.name}")
        out = asked_file(folder, configuration)
        step(peer, work, "ask", data, index, out, "--configuration", configuration)


def step(
    peer: Measured, work: Path, name: str, data: Path, index: Path, out: Path, *more: str
) -> None:
    """Run one step in the peer's environment, offline."""
    command = [str(peer.python(work)), str(peer.script), name, str(data), str(index)]
    command += ["--out", str(out), "--began", repr(time.time()), *more]
    log = out.with_suffix(".log")
    with log.open("wb") as lines:
        ended = subprocess.run(command, env={**os.environ, **OFFLINE}, stderr=lines, stdout=lines)
    if ended.returncode:
        raise SystemExit(f"{peer.name}, {name}: status {ended.returncode}; see {log}")


def asked_file(folder: Path, configuration: str) -> Path:
    """Return where the answers of a configuration are kept."""
    return folder / ("-".join(["ask", *configuration.split()]) + ".json")


def gather(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what was measured of one data set, by peer and configuration."""
    found: dict[str, dict[str, Any]] = {}
    for peer in PEERS:
        for configuration in peer.configurations:
            built = folder / peer.name / "build.json"
            asked = asked_file(folder / peer.name, configuration)
            if built.is_file() and asked.is_file():
                found[f"{peer.name} {configuration}".strip()] = {
                    "build": json.loads(built.read_text("utf-8")),
                    "ask": json.loads(asked.read_text("utf-8")),
                }
    return found


def say(line: str) -> None:
    """Tell how far the run is."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
