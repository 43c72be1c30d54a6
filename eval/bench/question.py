"""The time of one question, engine in process, against the model's forward pass alone.

The engine answers a question, and the fp32 ONNX graph of its model runs on the same question,
in turn, in one process and on the same session; who goes first alternates. A figure is a ratio
of medians within one run: machines are noisy, and a ratio is less so. Each setting of threads
is a process of its own. Prints one JSON line for each.

    QA_DATASETS=FOLDER python eval/bench/question.py [DATASET] [--threads 1:1 2:1 2:2]
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
from statistics import median
from typing import Any

WARM_UP = 20


def main() -> None:
    """Measure each setting in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", nargs="?", default="scifact")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("-k", type=int, default=5)
    parser.add_argument("--reading", choices=("off", "fast", "thorough"), default="off")
    parser.add_argument(
        "--threads",
        nargs="+",
        default=["default", "1:1", "2:1", "2:2"],
        metavar="MODEL:BLAS",
        help="threads of the model and of BLAS; 'default' leaves both as a user has them",
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options)), flush=True)
        return
    for setting in options.threads:
        environment = dict(os.environ)
        if setting != "default":
            blas = setting.split(":")[1]
            environment |= {"OPENBLAS_NUM_THREADS": blas, "OMP_NUM_THREADS": blas}
        command = [sys.executable, __file__, options.dataset, "--child", setting]
        command += ["--questions", str(options.questions), "-k", str(options.k)]
        command += ["--reading", options.reading]
        subprocess.run(command, env=environment, check=True)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one setting."""
    from qa.engine import Engine
    from qa.evaluate.corpora import corpus_index
    from qa.evaluate.datasets import JudgedCorpus, read_dataset
    from qa.records import Question
    from qa.settings import Settings

    settings = Settings.load()
    dataset = read_dataset(options.dataset, settings.datasets)
    assert isinstance(dataset, JudgedCorpus), "a corpus with judged documents is wanted"
    path = corpus_index(dataset, settings).path
    threads = None if options.child == "default" else int(options.child.split(":")[0])
    engine = Engine.open(path, threads=threads, reading=options.reading)
    forward = forward_pass(engine, threads)
    texts = [dataset.queries[query] for query in dataset.qrels if query in dataset.queries]
    ours: list[float] = []
    model: list[float] = []
    encoding: list[float] = []
    for n, text in enumerate(texts[:WARM_UP] + texts[: options.questions]):
        question = Question(text, k=options.k)
        steps: list[tuple[list[float], Callable[[], object]]] = [
            (ours, partial(engine.ask, question)),
            (model, forward(text)),
            (encoding, partial(engine.encoder.encode_question, text)),
        ]
        for times, step in steps if n % 2 else reversed(steps):
            began = time.perf_counter()
            step()
            times.append((time.perf_counter() - began) * 1000)
    ours, model, encoding = ours[WARM_UP:], model[WARM_UP:], encoding[WARM_UP:]
    return {
        "bench": "question",
        "dataset": dataset.name,
        "documents": engine.info.documents,
        "passages": engine.info.passages,
        "questions": len(ours),
        "model": engine.encoder.fingerprint,
        "threads": options.child,
        "reading": options.reading,
        "ask_p50_ms": round(median(ours), 2),
        "ask_p99_ms": round(sorted(ours)[int(0.99 * len(ours))], 2),
        "encode_p50_ms": round(median(encoding), 2),
        "forward_p50_ms": round(median(model), 2),
        "ratio": round(median(ours) / median(model), 2),
    }


def forward_pass(engine: Any, threads: int | None) -> Callable[[str], Callable[[], object]]:
    """Return what makes, of a question, a call that runs the fp32 graph on it and nothing else.

    The engine's own session is used where it is fp32.
    """
    import numpy as np

    from qa.encode.build import export_model
    from qa.encode.onnx import OnnxEncoder

    encoder = engine.encoder
    if not encoder.fingerprint.startswith("fp32"):
        with tempfile.TemporaryDirectory() as folder:
            export_model(
                engine.info.model,
                Path(folder),
                int8=False,
                allow_download=False,
                say=lambda line: None,
            )
            encoder = OnnxEncoder.load(Path(folder), threads=threads)
    session, reader, inputs = encoder._session, encoder._reader, encoder._inputs

    def prepared(text: str) -> Callable[[], object]:
        feeds = reader.read(text).features()
        arrays = {name: np.asarray([feeds[name]], np.int64) for name in inputs}
        return lambda: session.run(None, arrays)

    return prepared


if __name__ == "__main__":
    main()
