"""Reading a mixed folder with the kernel's confinement of the readers' process, against without it.

Writes a folder of each format that others made (saved pages of ../extraction, PDF, Word, EPUB, tables and
a ZIP, made up from a fixed seed), and reads it in turn with confinement and without, each time by a new
child process. Wall time holds the child's start; processor time is that of this process and the child.
What is read must be the same. Prints one JSON line; ratios are medians of each round's. ``--copies 1`` is
a small folder, of which the start is the most.

    python eval/bench/confine.py [--copies 20] [--rounds 15]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from rebuild import word

ROOT = Path(__file__).parents[2]
OPEN = "from qa.corpus import worker, confinement; worker.confine = lambda _: confinement.Confinement((), ()); "


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), options.copies)
        print(json.dumps(measure(Path(folder), options.rounds)), flush=True)


def write(folder: Path, copies: int) -> None:
    """Write so many files of each format."""
    from tests.corpus import makers

    made = random.Random("confine")
    pages = sorted((ROOT / "eval/extraction/pages").glob("*.html"))

    def prose(words: int) -> str:
        return " ".join(word(made) for _ in range(words))

    for number in range(copies):
        html = makers.page("".join(f"<h1>{prose(3)}</h1><p>{prose(400)}</p>" for _ in range(5)))
        rows = "".join(json.dumps({"text": prose(60)}) + "\n" for _ in range(100))
        files = {
            "html": pages[number % len(pages)].read_bytes(),
            "pdf": makers.pdf([prose(400) for _ in range(5)]),
            "docx": makers.docx("".join(makers.word(prose(60)) for _ in range(40))),
            "epub": makers.epub({"a.xhtml": html}),
            "jsonl": rows.encode(),
            "csv": ("text\n" + "".join(f"{prose(60)}\n" for _ in range(100))).encode(),
            "zip": makers.zipped({f"{n}.md": prose(300) for n in range(10)}),
        }
        for ending, data in files.items():
            (folder / f"{number:04d}.{ending}").write_bytes(data)


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """Return the figures."""
    from qa.corpus import confinement_here
    from qa.corpus.sandbox import process

    confined = confinement_here()
    start = {False: process._START.replace("from qa", f"{OPEN}from qa", 1), True: process._START}
    took: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    found: dict[bool, list[Any]] = {}
    for number in range(rounds + 1):
        for held in (True, False) if number % 2 else (False, True):
            process._START = start[held]
            figures, found[held] = read(folder)
            if number:  # the first round fills the machine's caches
                took[held].append(figures)
    if found[True] != found[False]:
        raise SystemExit("with confinement something else is read than without")
    return {
        "bench": "confine",
        "held": confined.held,
        "files": len(list(folder.iterdir())),
        "documents": len(found[True]),
        "rounds": rounds,
        **{
            f"{kind}_{'held' if held else 'open'}_s": round(median(t[at] for t in took[held]), 3)
            for at, kind in enumerate(("wall", "processor"))
            for held in took
        },
        **{
            f"{kind}_ratio": round(
                median(a[at] / b[at] for a, b in zip(took[True], took[False], strict=True)), 3
            )
            for at, kind in enumerate(("wall", "processor"))
        },
    }


def read(folder: Path) -> tuple[tuple[float, float], list[Any]]:
    """Read the folder; return wall and processor time in seconds, and what came of it."""
    from qa.corpus import read_folders

    began, before = time.perf_counter(), processor()
    found = list(read_folders([folder], max_bytes=100_000_000))
    return (time.perf_counter() - began, processor() - before), found


def processor() -> float:
    """Return the processor time of this process and its children so far, in seconds."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
