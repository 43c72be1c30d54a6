"""What a question costs at an address: requests to storage and time, against the same index in files.

    python eval/bench/remote.py [--passages 20000] [--questions 50]

Passages are made of random words, with random unit vectors, so that no model is needed: what is measured is
the store. An S3 server (moto) runs on loopback in a process of its own; a proxy before it counts requests.
Times are of one run, as ratios to the files; requests are exact. Needs the extra ``test``.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from qa.build.builder import build_index
from qa.corpus.readers import Reading, make_document
from qa.encode import Encoder
from qa.engine import Engine
from qa.records import Block, Document
from qa.settings import Settings
from qa.store import FileIndex, Index, open_index

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
WORDS = 20_000


def documents(passages: int, seed: int = 0) -> list[Document]:
    """Return documents of ten passages each, of words that are as unequal as those of a language."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(max(passages // 10, 1)):
        lines = []
        for _ in range(10):
            words = np.minimum(rng.zipf(1.2, size=40), WORDS)
            lines.append(" ".join(f"w{word}x" for word in words) + ".")
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


@contextmanager
def s3() -> Iterator[int]:
    """Run an S3 server with a bucket; give its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            import boto3

            client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
            for _ in range(100):
                try:
                    client.create_bucket(Bucket="bench")
                    break
                except Exception:
                    time.sleep(0.2)
            yield port
        finally:
            running.kill()


def asked(
    engine: Engine, questions: list[str], count: Callable[[], int]
) -> tuple[list[float], list[int]]:
    """Return milliseconds and requests of each question."""
    times, requests = [], []
    for question in questions:
        before, began = count(), time.perf_counter()
        engine.ask(question)
        times.append(1000 * (time.perf_counter() - began))
        requests.append(count() - before)
    return times, requests


def opened(index: Index, encoder: Encoder) -> Engine:
    """Open an index with an encoder of the tests."""
    return Engine(store=index.open().store, encoder=encoder, reading="off")


def main() -> None:
    """Build both, ask both, print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--passages", type=int, default=20_000)
    options.add_argument("--questions", type=int, default=50)
    given = options.parse_args()
    from tests.fake import FakeEncoder
    from tests.proxies import proxied

    encoder: Any = FakeEncoder()
    made = documents(given.passages)
    rng = np.random.default_rng(1)
    questions = [
        " ".join(f"w{word}x" for word in np.minimum(rng.zipf(1.2, size=7), WORDS))
        for _ in range(given.questions)
    ]
    with tempfile.TemporaryDirectory() as folder, s3() as port, proxied(port) as proxy:
        os.environ |= {
            "AWS_ENDPOINT": f"http://127.0.0.1:{proxy.port}",
            "AWS_ALLOW_HTTP": "true",
            "HOME": folder,
        }
        places: dict[str, Index] = {
            "files": FileIndex(Path(folder) / "files"),
            "folder": open_index(f"lance:{folder}/shared"),
            "bucket": open_index("s3://bench/index"),
        }
        base = 0.0
        for name, index in places.items():
            proxy.asked.clear()
            began = time.perf_counter()
            build_index(
                [], Settings(index=name), documents=made, encoder=encoder,
                index=index, calibrated=False,
            )  # fmt: skip
            seconds, requests = time.perf_counter() - began, sum(proxy.asked.values())
            print(f"{name}: built in {seconds:.1f} s, {requests} requests")
            proxy.asked.clear()
            engine = opened(index, encoder)
            print(f"{name}: opened with {sum(proxy.asked.values())} requests")
            cold, first = asked(engine, questions[:1], lambda: sum(proxy.asked.values()))
            times, often = asked(engine, questions[1:], lambda: sum(proxy.asked.values()))
            warm = statistics.median(times)
            base = base or warm
            print(
                f"{name}: cold {cold[0]:.0f} ms and {first[0]} requests; warm {warm:.1f} ms "
                f"({warm / base:.1f} x files) and {statistics.median(often):.0f} requests"
            )
            proxy.asked.clear()
            index.stamp()
            print(f"{name}: a look at the pointer takes {sum(proxy.asked.values())} requests")


if __name__ == "__main__":
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    main()
