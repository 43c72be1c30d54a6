"""What a build by workers on Ray costs beside a build by one process, with the tests' encoder.

    python eval/bench/workers.py [--files 40] [--workers 2] [--rounds 3]

Each file is a table of 500 rows, and each row a document. The encoder costs next to nothing, so what is told is the
overhead: starting the cluster and its workers, and sending documents and vectors between processes. Builds of both
kinds take turns; told are their seconds, the median ratio, and whether every file of both indexes is the same.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from qa.build.builder import build_index
from qa.settings import Settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
ROWS = 500


def tables(folder: Path, files: int) -> None:
    """Write tables of made-up sentences."""
    for file in range(files):
        rows = (
            {"id": row, "text": f"The leaf {row} of the tree {file} fell in the year {row % 90}."}
            for row in range(ROWS)
        )
        (folder / f"leaves-{file:04}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")


def built(folder: Path, index: Path, workers: str, number: int) -> float:
    """Build an index from nothing; return the seconds."""
    from tests.fake import FakeEncoder

    settings = Settings(index=str(index), workers=workers, ray_workers=number)
    began = time.perf_counter()
    build_index([folder], settings, encoder=FakeEncoder(), calibrated=False)
    return time.perf_counter() - began


def files_of(index: Path) -> dict[str, bytes]:
    """Return every file of an index, by its path."""
    return {
        str(path.relative_to(index)): path.read_bytes()
        for path in index.rglob("*")
        if path.is_file()
    }


def main() -> None:
    """Build in turns; print a line for each round, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as place:
        texts = Path(place) / "texts"
        texts.mkdir()
        tables(texts, given.files)
        for number in range(given.rounds):
            here, ray = Path(place) / f"here-{number}", Path(place) / f"ray-{number}"
            alone = built(texts, here, "here", 0)
            together = built(texts, ray, "ray", given.workers)
            ratios.append(together / alone)
            same = files_of(here) == files_of(ray)
            print(
                f"{given.files * ROWS:,} documents: one process {alone:.1f} s, {given.workers} workers "
                f"{together:.1f} s, {ratios[-1]:.2f} times; the same files: {same}",
                flush=True,
            )
    print(f"median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
