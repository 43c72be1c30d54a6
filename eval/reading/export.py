"""Writes what was trained as the package's reader: ``python eval/reading/export.py CHECKPOINT``.

The graph has int8 weights: those of the matrix products with a scale a column, those of the words with a
scale a word. Beside it stand the tokenizer and ``reader.json`` with the graph's SHA-256.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from data import Paragraph, Span, load
from lean import Lean
from net import Net, tokenizer_file
from torch import Tensor

from qa.encode.model import reference_texts
from qa.encode.torch_backend import quantize
from qa.read import Reader, best_reading
from qa.read.onnx import OnnxReader
from qa.text.sentences import sentence_spans

_OPSET = 17


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="+", help="of several the mean is taken")
    parser.add_argument("--out", type=Path, default=Path("qa/read/model"))
    parser.add_argument("--data", type=Path, required=True, help="what it was trained on")
    parser.add_argument("--written", type=Path, nargs="*", default=[])
    parser.add_argument("--float", action="store_true", help="keep the matrix products in float")
    a = parser.parse_args()
    checkpoints = [torch.load(c, weights_only=True, map_location="cpu") for c in a.checkpoint]
    kept = checkpoints[-1]
    net = Net(int(kept["layers"]))
    net.load_state_dict(_mean([one["net"] for one in checkpoints]))
    lean = Lean(net).eval().requires_grad_(False)
    a.out.mkdir(parents=True, exist_ok=True)
    names, sizes = ["input_ids", "token_type_ids"], {0: "tokens"}
    sample = torch.tensor([101, 2054, 102, 2023, 102])
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            lean,
            (sample, torch.tensor([0, 0, 0, 1, 1])),
            str(whole),
            input_names=names,
            output_names=["answers", "start", "end", "own"],
            dynamic_axes=dict.fromkeys((*names, "start", "end", "own"), sizes),
            opset_version=_OPSET,
            dynamo=False,
        )
        target = a.out / "reader.onnx"
        if a.float:
            shutil.copy(whole, target)
        else:
            quantize(whole, target)
    shutil.copy(tokenizer_file(), a.out / "tokenizer.json")
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (a.out / "reader.onnx", a.out / "tokenizer.json")
    }
    about = {"steps": int(kept["step"]), "layers": int(kept["layers"]), "sha256": files}
    place = a.out / "reader.json"
    empty: dict[str, list[float]] = {"reference": [], "answered": [], "near": []}
    place.write_text(json.dumps({**about, "known": empty}), "utf-8")
    known = _known(OnnxReader.load(a.out), load(a.data, a.written))
    place.write_text(json.dumps({**about, "known": known}) + "\n", "utf-8")
    print(f"{(a.out / 'reader.onnx').stat().st_size:,} bytes at {a.out}")


def _mean(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of weights of one run (Izmailov and others, 2018)."""
    return {
        name: sum(state[name] for state in states) / len(states)
        if last.is_floating_point()
        else last
        for name, last in states[-1].items()
    }


def _known(reader: Reader, paragraphs: Sequence[Paragraph]) -> dict[str, object]:
    """Return readings whose truth is known: of the reference texts, and of what training kept back.

    Of reviews and posts none: what they are asked is not what archives are asked.
    """

    def read(question: str, text: str, sentences: Sequence[Span]) -> float:
        return round(best_reading(reader, question, text, sentences) or 0.0, 4)

    texts = [(text, sentence_spans(text.text)) for text in reference_texts()]
    kept: dict[bool, list[float]] = {True: [], False: []}
    for p in paragraphs:
        if p.dev and p.file not in ("reviews", "forum"):
            for asked in p.questions:
                kept[bool(asked.answers)].append(read(asked.text, p.text, p.sentences))
    dice = random.Random(1)
    dice.shuffle(kept[True])
    dice.shuffle(kept[False])
    return {
        "reference": [
            [read(question, text.text, spans) for question in (*text.questions, text.near)]
            for text, spans in texts
        ],
        "answered": kept[True],
        "near": kept[False],
    }


if __name__ == "__main__":
    main()
