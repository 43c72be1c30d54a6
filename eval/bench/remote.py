"""What an index at an address costs and finds, against the same index in files.

    python eval/bench/remote.py [--passages 20000] [--questions 50]
    python eval/bench/remote.py --folder SENTENCES --work DIR --asked FILE.jsonl ... [--questions 200]

Each paragraph is a passage. Without FOLDER they are made of random words, with vectors of 32 dimensions of the
tests' encoder, so that no model is needed. With one (of ``sentences.py``), vectors are of the real model. They
are made once, in DIR: a run that is stopped goes on there. FILE has a question a line, as ``text`` or ``question``.

The storage is ``bucket.py`` on loopback, a process of its own that counts requests. ``--delay`` lets each
request wait, as over a network. Told are: recall@100 of dense and of lexical candidates against the exact
ones of the files, requests and bytes of a question, and its time as a ratio to the files, one run of each.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qa.build import work
from qa.build.builder import build_index
from qa.corpus.readers import Reading, make_document
from qa.encode import Encoder
from qa.encode.build import load_encoder
from qa.engine import Engine
from qa.records import Block, Document, Passage, Question
from qa.settings import Settings
from qa.store import FileIndex, Index, Query, open_index
from qa.store.lance.index import LanceDraft

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
WORDS = 20_000
TOGETHER, LENGTH = 200, 12
"""Passages in a made-up document, words in a passage."""
DEPTH = 100


@dataclass(frozen=True)
class Storage:
    """A bucket that runs."""

    port: int

    def asked(self) -> dict[str, int]:
        """Return the requests since the last call, by method, and the bytes that were sent."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/asked") as answer:
            found: dict[str, int] = json.load(answer)
        return found

    def count(self) -> tuple[int, int]:
        """Return requests and bytes since the last call."""
        found = self.asked()
        sent = found.pop("bytes", 0)
        return sum(found.values()), sent


@contextmanager
def storage(folder: Path, delay: float) -> Iterator[Storage]:
    """Run a bucket in a folder."""
    (folder / "bench").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(Path(__file__).with_name("bucket.py")), str(folder)]
    command += ["--delay", str(delay)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout and running.stdin
        port = int(running.stdout.readline())
        os.environ |= {
            "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "us-east-1",
        }
        try:
            yield Storage(port)
        finally:
            running.stdin.close()


def documents(passages: int, seed: int = 0) -> list[Document]:
    """Return documents of many passages each, of words that are as unequal as those of a language."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(max(passages // TOGETHER, 1)):
        words = np.minimum(rng.zipf(1.2, size=(TOGETHER, LENGTH)), WORDS)
        lines = [" ".join(f"w{word}x" for word in line) + "." for line in words]
        text = "\n\n".join(lines)
        starts = np.cumsum([0, *(len(line) + 2 for line in lines)])
        blocks = tuple(
            Block("paragraph", int(start), int(start) + len(line))
            for start, line in zip(starts, lines, strict=False)
        )
        made.append(
            make_document(
                source=f"{number % 100:02}/{number:07}.txt",
                sha256=f"{number:064x}",
                reading=Reading(text, "utf-8", blocks),
            )
        )
    return made


def paragraphs(folder: Path, passages: int) -> list[Document]:
    """Return the first documents of a folder, so many that they have that many paragraphs."""
    made, count = [], 0
    for path in sorted(folder.glob("*.txt")):
        if count >= passages:
            break
        text = path.read_text("utf-8").rstrip()
        blocks, at = [], 0
        for part in text.split("\n\n"):
            blocks.append(Block("paragraph", at, at + len(part)))
            at += len(part) + 2
        count += len(blocks)
        digest = hashlib.sha256(text.encode()).hexdigest()
        reading = Reading(text, "utf-8", tuple(blocks))
        made.append(make_document(source=path.name, sha256=digest, reading=reading))
    return made


def by_paragraph(document: Document, *_: object) -> list[Passage]:
    """Return a passage for each paragraph, instead of the splitter's."""
    return [
        Passage(
            document.id,
            b.start,
            b.end,
            document.text[b.start : b.end],
            None,
            "",
            ((b.start, b.end),),
        )
        for b in document.blocks
    ]


def random_questions(count: int) -> list[str]:
    """Return questions of such words."""
    rng = np.random.default_rng(1)
    return [
        " ".join(f"w{word}x" for word in np.minimum(rng.zipf(1.2, size=7), WORDS))
        for _ in range(count)
    ]


def asked_questions(files: Sequence[Path], count: int) -> list[str]:
    """Return questions of files, as many of each, spread over it."""
    found: list[str] = []
    for path in files:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        texts = [row.get("question") or row["text"] for row in rows]
        wanted = count // len(files)
        found += [
            texts[n] for n in np.linspace(0, len(texts) - 1, min(wanted, len(texts))).astype(int)
        ]
    return found


def recalled(exact: Engine, other: Engine, questions: Sequence[str]) -> dict[str, float]:
    """Return which share of the exact candidates another index has, of both kinds."""
    shares: dict[str, list[float]] = {"dense": [], "lexical": []}
    for text in questions:
        vector = exact.encoder.encode_question(text).vector
        terms = tuple(dict.fromkeys(exact.store.analyzer.terms(text)))
        query = Query(vector, terms, DEPTH)
        wanted, found = exact.store.candidates(query), other.store.candidates(query)
        for kind, share in shares.items():
            ours = set(getattr(wanted, kind))
            if ours:
                share.append(len(ours & set(getattr(found, kind))) / len(ours))
    return {kind: round(statistics.mean(values), 5) for kind, values in shares.items()}


def times(engine: Engine, questions: Sequence[str]) -> list[float]:
    """Return the milliseconds of each question."""
    found = []
    for text in questions:
        began = time.perf_counter()
        engine.ask(Question(text))
        found.append(1000 * (time.perf_counter() - began))
    return found


def middle(values: Sequence[float]) -> float:
    """Return the median, to a tenth."""
    return round(statistics.median(values), 1)


def main() -> None:
    """Build, compare, print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--passages", type=int, default=20_000)
    options.add_argument("--questions", type=int, default=50)
    options.add_argument("--folder", type=Path)
    options.add_argument("--work", type=Path, default=Path("/tmp/qa-bench-remote"))
    options.add_argument("--asked", type=Path, nargs="*", default=[])
    options.add_argument("--delay", type=float, default=0.0)
    options.add_argument("--exact-passages", type=int, default=None)
    options.add_argument("--reading", default="fast")
    options.add_argument("--places", nargs="+", default=["folder", "bucket"])
    options.add_argument("--recall", type=int, default=200, help="questions for recall")
    given = options.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    kept = given.work / "files"
    encoder: Any = None
    made: list[Document]
    vars(work)["split"] = by_paragraph
    if given.folder is None:
        from tests.fake import FakeEncoder

        encoder, made = FakeEncoder(), documents(given.passages)
        questions = random_questions(given.questions)
    else:
        made = paragraphs(given.folder, given.passages)
        questions = asked_questions(given.asked, given.questions) if given.asked else []
    settings = Settings.load(flags={"index": str(kept), "reading": given.reading})

    def build(index: Index, encoder: Encoder | None) -> None:
        began = time.perf_counter()
        report = build_index(
            [], settings, documents=made, encoder=encoder, index=index, calibrated=False
        )
        seconds = time.perf_counter() - began
        print(f"{index.name}: {report.passages:,} passages in {seconds:.0f} s", flush=True)

    build(FileIndex(kept), encoder)
    if not questions:
        return
    opened = FileIndex(kept).open()
    encoder = encoder or load_encoder(opened.model)
    before: Any = opened.store
    # What the files hold is not embedded again: this benchmark replaces the method.
    LanceDraft.known = lambda self, key: (  # type: ignore[method-assign]
        None if (row := before.row_of(key)) is None else before.encoded_passage(row)
    )
    base = Engine.open(FileIndex(kept), reading=given.reading, encoder=encoder)
    os.environ["HOME"] = str(given.work)
    with storage(given.work / "storage", given.delay) as bucket:
        near = given.exact_passages
        places = {
            "folder": f"lance:{given.work}/shared",
            "bucket": "s3://bench/index",
        }
        half = len(questions) // 2
        times(base, questions[:half])
        usual = middle(times(base, questions[half:]))
        print(f"files: warm {usual} ms", flush=True)
        for name, place in ((name, places[name]) for name in given.places):
            bucket.count()
            build(open_index(place, exact_passages=near), encoder)
            print(f"{name}: built with {bucket.count()[0]} requests")
            index = open_index(place)
            began = time.perf_counter()
            engine = Engine.open(index, reading=given.reading, encoder=encoder)
            seconds, (requests, sent) = time.perf_counter() - began, bucket.count()
            print(f"{name}: opened in {seconds:.2f} s, {requests} requests, {sent:,} bytes")
            print(f"{name}: {json.dumps(_vectors(engine))}")
            (first,) = times(engine, questions[:1])
            requests, sent = bucket.count()
            print(f"{name}: first question {first:.0f} ms, {requests} requests, {sent:,} bytes")
            times(engine, questions[1:half])
            requests, sent = bucket.count()
            print(
                f"{name}: then {requests / max(half - 1, 1):.1f} requests a question, {sent:,} bytes"
            )
            warm = middle(times(engine, questions[half:]))
            requests, sent = bucket.count()
            each = len(questions) - half
            print(
                f"{name}: warm {warm} ms, {warm / usual:.2f} x files, {requests / each:.1f} requests "
                f"and {sent // each:,} bytes a question"
            )
            print(
                f"{name}: recall@{DEPTH} {recalled(base, engine, questions[: given.recall])}",
                flush=True,
            )
            bucket.count()
            index.stamp()
            print(f"{name}: a look at the pointer takes {bucket.count()[0]} requests")


def _vectors(engine: Engine) -> Any:
    # The manifest is no part of the store's protocol; the store of addresses has it.
    told = dict(engine.store.manifest["vectors"] or {})  # type: ignore[attr-defined]
    told["runs"] = len(told.get("runs", ()))
    return told


if __name__ == "__main__":
    main()
