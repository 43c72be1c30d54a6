"""Tokens embedded a second: our encoder against sentence-transformers on torch.

Both embed the same passages, title before text, as a build does. The passages are taken in
chunks, and the two take turns, so that what else the machine does hits both; who goes first
alternates. Both may use every processor. sentence-transformers sorts a chunk by length and runs
it in batches of 32, its default. Prints one JSON line for each precision.

    QA_DATASETS=FOLDER python eval/bench/build.py [DATASET] [--passages 1024] [--precision fp32 int8]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

CHUNK = 128


def main() -> None:
    """Measure each precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", nargs="?", default="xquad")
    parser.add_argument("--passages", type=int, default=1024)
    parser.add_argument("--precision", nargs="+", default=["fp32"], choices=("fp32", "int8"))
    options = parser.parse_args()
    from qa.encode import torch_backend
    from qa.encode.model import find_model
    from qa.settings import Settings

    settings = Settings.load()
    reference = torch_backend.load(find_model(settings.model), allow_download=False)
    for precision in options.precision:
        print(json.dumps(measure(options, settings, precision, reference)), flush=True)


def measure(
    options: argparse.Namespace, settings: Any, precision: str, reference: Any
) -> dict[str, Any]:
    """Return the figures of one precision."""
    from qa.encode.build import export_model, load_encoder

    workers = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        export_model(
            settings.model,
            Path(folder),
            int8=precision == "int8",
            allow_download=False,
            say=lambda line: None,
        )
        encoder = load_encoder(Path(folder), workers=workers)
    pieces = passages_of(options.dataset, settings, encoder)[: options.passages]
    texts = [f"{piece.context}. {piece.text}" if piece.context else piece.text for piece in pieces]
    # Special tokens counted, what the model does not read left out.
    counts = [min(len(encoder.token_starts(text)), encoder.max_tokens) + 2 for text in texts]
    embed_ours(encoder, pieces[:16])
    embed_theirs(reference, texts[:16])
    ours = theirs = 0.0
    for n, start in enumerate(range(0, len(pieces), CHUNK)):
        chunk = slice(start, start + CHUNK)
        if n % 2:
            theirs += embed_theirs(reference, texts[chunk])
        ours += embed_ours(encoder, pieces[chunk])
        if not n % 2:
            theirs += embed_theirs(reference, texts[chunk])
    tokens = sum(counts)
    return {
        "bench": "build",
        "dataset": options.dataset,
        "passages": len(pieces),
        "tokens": tokens,
        "precision": precision,
        "processors": workers,
        "ours_tokens_s": round(tokens / ours),
        "torch_tokens_s": round(tokens / theirs),
        "ratio": round(theirs / ours, 2),
        "versions": {p: version(p) for p in ("onnxruntime", "torch", "sentence-transformers")},
    }


def passages_of(name: str, settings: Any, encoder: Any) -> list[Any]:
    """Return the passages of a judged corpus as the model reads them."""
    from qa.build.passages import Splitting, split
    from qa.encode import Piece
    from qa.evaluate.corpora import make_row_document
    from qa.evaluate.datasets import JudgedCorpus, read_dataset

    dataset = read_dataset(name, settings.datasets)
    assert isinstance(dataset, JudgedCorpus), "a corpus with judged documents is wanted"
    splitting = Splitting(
        max_chars=settings.passage_chars,
        max_tokens=encoder.max_tokens,
        overlap=settings.overlap,
        language=settings.language,
    )
    documents = filter(None, map(make_row_document, dataset.rows))
    return [
        Piece(passage.context, passage.text)
        for document in documents
        for passage in split(document, splitting, encoder.token_starts)
    ]


def embed_ours(encoder: Any, pieces: Sequence[Any]) -> float:
    """Embed and code the tokens, as a build does; return the seconds it took."""
    began = time.perf_counter()
    for encoded in encoder.encode_passages(pieces):
        encoder.codec.encode(encoded.tokens)
    return time.perf_counter() - began


def embed_theirs(model: Any, texts: Sequence[str]) -> float:
    """Embed with sentence-transformers; return the seconds it took."""
    began = time.perf_counter()
    model.encode(list(texts), show_progress_bar=False)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
