"""The second build of a folder, after ten of its files changed, against the first; and memory.

Writes a folder of documents whose text is made up from a fixed seed, builds its index, changes ten
files (four new texts, three removed, three added), and builds again. The rankings of some questions
must be those of a build from nothing, which is the third. ``--fake`` stands the tests' encoder in for
the model: without the model's time the rest weighs most. ``--one`` only builds once and tells how
memory grew while it read; ``--quick`` is an encoder for many passages, which remembers nothing: each
word has one of 4,096 directions. ``--picture`` makes saved pages of the documents, each with a
picture of so many KB in it. Prints one JSON line.

    python eval/bench/rebuild.py [--documents 10000] [--chars 1500] [--fake | --quick] [--one]
        [--picture KB]
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import re
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_SYLLABLES = "ba cor den fil gro hal ist jun kel lom mar nov ost pri qua rel sun tor ul ver".split()
_QUESTIONS = 40


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--chars", type=int, default=1500)
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--one", action="store_true")
    parser.add_argument("--picture", type=int, default=0, metavar="KB")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(options, Path(folder))), flush=True)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return the figures."""
    texts = folder / "texts"
    texts.mkdir()
    for number in range(options.documents):
        write(options, texts, number, 0)
    if stand_in(options) is None:
        # The model is made ready once for an index; that is no part of what is measured.
        write(options, folder, 0, 2)
        build(options, path_of(options, folder, 0), folder / "index")
    with watched() as memory:
        first = build(options, texts, folder / "index")
    figures = {
        "bench": "rebuild",
        "documents": first.documents,
        "passages": first.passages,
        "mb": round(sum(p.stat().st_size for p in texts.rglob("*") if p.is_file()) / 1e6, 1),
        "encoder": "quick" if options.quick else "fake" if options.fake else "model",
        "first_s": round(first.seconds, 2),
        "memory_mb": memory,
    }
    if options.one:
        return figures
    for number in range(4):
        write(options, texts, 7 + number * 11, 1)
    for number in range(3):
        path_of(options, texts, 200 + number).unlink()
        write(options, texts, options.documents + number, 0)
    with watched() as again:
        second = build(options, texts, folder / "index")
    unchanged = build(options, texts, folder / "index")
    fresh = build(options, texts, folder / "fresh")
    same = rankings(options, folder / "index") == rankings(options, folder / "fresh")
    return figures | {
        "second_s": round(second.seconds, 2),
        "second_memory_mb": again,
        "embedded_again": second.embedded,
        "unchanged_s": round(unchanged.seconds, 2),
        "from_nothing_s": round(fresh.seconds, 2),
        "ratio": round(second.seconds / first.seconds, 4),
        "same_rankings": same,
    }


def path_of(options: argparse.Namespace, texts: Path, number: int) -> Path:
    """Return where a document is: a hundred in a folder."""
    ending = "html" if options.picture else "txt"
    return texts / f"{number // 100:04d}" / f"{number:06d}.{ending}"


def write(options: argparse.Namespace, texts: Path, number: int, version: int) -> None:
    """Write a document whose text depends on its number and version alone."""
    made = random.Random(f"{number} {version}")
    words: list[str] = []
    length = 0
    while length < options.chars:
        sentence = " ".join(word(made) for _ in range(made.randrange(6, 20))).capitalize()
        words.append(f"{sentence}.{made.choice('    ' + chr(10))}")
        length += len(words[-1])
    title, text = f"Document {number}", "".join(words)
    path = path_of(options, texts, number)
    path.parent.mkdir(exist_ok=True)
    if options.picture:
        picture = base64.b64encode(made.randbytes(options.picture * 1000)).decode()
        paragraphs = text.replace("\n", "</p>\n<p>")
        text = (
            f"<!doctype html><title>{title}</title><article><h1>{title}</h1>\n<p>{paragraphs}</p>\n"
            f'<img src="data:image/png;base64,{picture}"></article>'
        )
    else:
        text = f"{title}\n\n{text}"
    path.write_text(text, "utf-8")


def word(made: random.Random) -> str:
    """Return a made-up word; short ones are common, long ones rare, as in a language."""
    return "".join(made.choices(_SYLLABLES, k=made.choice((1, 1, 2, 2, 2, 3, 4))))


def build(options: argparse.Namespace, texts: Path, index: Path) -> Any:
    """Build an index; return the report."""
    from qa.build.builder import build_index
    from qa.settings import Settings

    encoder = stand_in(options)
    return build_index([texts], Settings(index=str(index)), encoder=encoder)


def stand_in(options: argparse.Namespace) -> Any:
    """Return the tests' encoder, or a quick one, or None for the model."""
    if not options.fake and not options.quick:
        return None
    sys.path.insert(0, str(ROOT))
    import numpy as np

    from qa.encode import Encoded
    from tests.fake import FakeEncoder, direction

    if options.fake:
        return FakeEncoder()

    class Quick(FakeEncoder):
        directions = np.stack([direction(str(n)) for n in range(4096)])

        def _encode(self, prefix: str, text: str) -> Any:
            found = list(re.finditer(r"\w+|[^\w\s]", prefix + text))[: self.max_tokens]
            ids = [zlib.crc32(match.group().encode()) % 4096 for match in found]
            tokens = self.directions[ids]
            total = tokens.sum(axis=0)
            starts = [max(match.start() - len(prefix), -1) for match in found]
            return Encoded(total / np.linalg.norm(total), tokens, starts, ids)

    return Quick()


def rankings(options: argparse.Namespace, index: Path) -> list[Any]:
    """Return what some questions find: sources, spans and scores."""
    from qa.engine import Engine
    from qa.records import Question

    engine = Engine.open(index, encoder=stand_in(options))
    made = random.Random("questions")
    answers = [
        engine.ask(Question(" ".join(word(made) for _ in range(6)), k=20))
        for _ in range(_QUESTIONS)
    ]
    return [(answer.confidence, answer.results) for answer in answers]


@contextmanager
def watched() -> Iterator[dict[str, int]]:
    """Give a mapping that has, afterwards, the memory of this process in MB over quarters of the time."""
    seen: list[int] = []
    found: dict[str, int] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            seen.append(anonymous())

    thread = threading.Thread(target=watch)
    before = anonymous()
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()
        found["before"] = before
        for quarter in range(1, 5):
            at = len(seen) * quarter // 4 - 1
            found[f"at_{quarter * 25}%"] = seen[max(at, 0)] if seen else before
        found["peak"] = max(seen, default=before)


def anonymous() -> int:
    """Return this process's memory in MB, mapped files left out."""
    status = Path(f"/proc/{os.getpid()}/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) // 1024


if __name__ == "__main__":
    main()
