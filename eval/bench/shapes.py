"""Dense marks through the reader's sandbox and the splitter: how do time and memory grow with the size?

For each shape of the tests, as text and as Markdown, a process of its own reads one file of each size as a
build does, and splits what it gives. Time is of the processor, of both processes together; memory is what
the two hold at their peaks above those of a file of a few bytes. Prints one JSON line for each file, with
how many times the time becomes for twice the size and how much memory each further megabyte takes, and one
line with the worst of all.

    python eval/bench/shapes.py [--sizes 0.5 1 2] [--endings txt md] [--shapes NAME ...]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from math import log2
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
READ = """
import json, resource, sys
from pathlib import Path
from qa.corpus import Skipped, read_folders
from qa.build.passages import Splitting, split
from tests.fake import FakeEncoder

def of(who):
    used = resource.getrusage(who)
    return [used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]

began, passages, told = of(resource.RUSAGE_SELF)[0], 0, []
for item in read_folders([Path(sys.argv[1])], max_bytes=32_000_000):
    if isinstance(item, Skipped):
        told.append(item.reason)
    else:
        passages += len(split(item, Splitting(), FakeEncoder().token_starts))
here, there = of(resource.RUSAGE_SELF), of(resource.RUSAGE_CHILDREN)
print(json.dumps([here[0] - began, there[0], here[1], there[1], passages, told]))
"""


def main() -> None:
    """Measure."""
    sys.path.insert(0, str(ROOT))
    from tests.corpus.shapes import PERIODS, shape

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=float, nargs="+", default=[0.5, 1.0, 2.0], help="megabytes")
    parser.add_argument("--endings", nargs="+", default=["txt", "md"])
    parser.add_argument("--shapes", nargs="+", default=[*PERIODS], metavar="NAME")
    options = parser.parse_args()
    worst = {"ratio": 0.0, "seconds_per_mb": 0.0, "memory_mb_per_mb": 0.0}
    for ending in options.endings:
        least = measure("Some words.\n", ending)
        for name in options.shapes:
            before: tuple[float, float, float] | None = None
            for size in sorted(options.sizes):
                found = measure(shape(name, int(size * 1_000_000)), ending)
                seconds = found["seconds"] - least["seconds"]
                row: dict[str, Any] = {
                    "bench": "shapes",
                    "shape": name,
                    "ending": ending,
                    "mb": size,
                }
                row["seconds"] = round(seconds, 2)
                if before:
                    # What doubling the size would do at this rate of growth.
                    grown = (seconds / before[1]) ** (1 / log2(size / before[0]))
                    row["ratio"] = round(grown, 2)
                    worst["ratio"] = max(worst["ratio"], row["ratio"])
                held = sum(max(0.0, found[p] - least[p]) for p in ("here", "there"))
                row["memory_mb"] = round(held, 1)
                if before:
                    row["memory_mb_per_mb"] = round((held - before[2]) / (size - before[0]), 1)
                    worst["memory_mb_per_mb"] = max(
                        worst["memory_mb_per_mb"], row["memory_mb_per_mb"]
                    )
                worst["seconds_per_mb"] = max(worst["seconds_per_mb"], round(seconds / size, 2))
                row |= {"passages": found["passages"], "told": found["told"]}
                print(json.dumps(row), flush=True)
                before = (size, seconds, held)
    print(json.dumps({"bench": "shapes", "worst": worst}))


def measure(text: str, ending: str) -> dict[str, Any]:
    """Return what a process of its own takes to read and to split a text."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"a.{ending}").write_text(text, encoding="utf-8", newline="")
        command = [sys.executable, "-c", READ, folder]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    here, there, held_here, held_there, passages, told = json.loads(done.stdout)
    return {
        "seconds": here + there,
        "here": held_here,
        "there": held_there,
        "passages": passages,
        "told": told,
    }


if __name__ == "__main__":
    main()
