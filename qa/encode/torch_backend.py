"""The only place where torch and sentence-transformers are used: export, and a fallback.

Both are imported when they are needed and not before: they take seconds and hundreds of
megabytes, and a model that was exported never needs them again.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.encode.codec import TokenCodec
from qa.encode.model import Source, reference_texts
from qa.encode.protocol import (
    SPECIAL_TOKENS,
    Encoded,
    FloatArray,
    Piece,
    TextReader,
    split_tokens,
)
from qa.errors import UsageError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_MIN_COSINE = 0.9999
_OPSET = 17
# What an int8 build may lose against its float build on one text before it counts as broken;
# whether its rankings are good enough is for the bench to say.
_MIN_INT8_COSINE = 0.98


class ExportError(RuntimeError):
    """A model that cannot be exported, or whose export does not agree with it."""


def load(source: Source, *, allow_download: bool) -> SentenceTransformer:
    """Load a model as sentence-transformers does, without running code from its folder.

    Only safetensors weights are read, never pickles. Nothing is fetched unless
    ``allow_download``.
    """
    if not allow_download:
        os.environ["HF_HUB_OFFLINE"] = "1"
    if source.folder:
        _refuse_foreign_code(source.folder)
    with _Quiet():
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(
                str(source.folder or source.name),
                device="cpu",
                trust_remote_code=False,
                local_files_only=not allow_download,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError) as error:
            hint = "" if allow_download else "; fetch it with qa build --download"
            raise UsageError(
                f"the model {source.name} cannot be loaded: {str(error).splitlines()[0]}{hint}"
            ) from error
    return model.eval()


def _refuse_foreign_code(folder: Path) -> None:
    try:
        modules = json.loads((folder / "modules.json").read_text("utf-8"))
        types = [str(module["type"]) for module in modules]
    except (LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        raise UsageError(f"the model in {folder} has a modules.json that cannot be read") from error
    foreign = [name for name in types if not name.startswith("sentence_transformers.")]
    if foreign:
        raise UsageError(f"the model in {folder} brings code of its own ({foreign[0]}): not run")


class _Quiet:
    """Keeps the libraries' progress bars and deprecation notes out of our output."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self._disabled = logging.root.manager.disable
        logging.disable(logging.WARNING)

    def __exit__(self, *exc: object) -> None:
        logging.disable(self._disabled)
        self._warnings.__exit__(None, None, None)


class TorchEncoder:
    """A model run by sentence-transformers itself: for those that cannot be exported."""

    def __init__(
        self, model: SentenceTransformer, *, name: str, fingerprint: str, codec: TokenCodec | None
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = int(model.get_embedding_dimension() or 0)
        self.max_tokens = max_tokens(model)
        self._model = model
        tokenizer = fast_tokenizer(model)
        self._reader = TextReader(tokenizer, self.max_tokens + SPECIAL_TOKENS)
        self.vocabulary = int(tokenizer.get_vocab_size())
        self._question_prompt, self._passage_prompt = prompts(model)
        self.codec = codec or fit_codec(self)

    def token_starts(self, text: str) -> Sequence[int]:
        return self._reader.starts(text)

    def encode_question(self, text: str) -> Encoded:
        return self._run(self._question_prompt, text)

    def encode_passages(self, pieces: Sequence[Piece]) -> Iterator[Encoded]:
        for piece in pieces:
            context = f"{piece.context}. " if piece.context else ""
            yield self._run(self._passage_prompt + context, piece.text)

    def _run(self, prefix: str, text: str) -> Encoded:
        import torch

        encoding = self._reader.read(prefix + text)
        features = {
            "input_ids": torch.tensor([encoding.ids]),
            "attention_mask": torch.tensor([encoding.attention_mask]),
            "token_type_ids": torch.tensor([encoding.type_ids]),
        }
        with torch.inference_mode():
            out = self._model(features)
        vector = out["sentence_embedding"][0].numpy()
        tokens = out["token_embeddings"][0].numpy()
        return split_tokens(encoding, vector, tokens, len(prefix))


def fit_codec(encoder: TorchEncoder | Any) -> TokenCodec:
    """Fit the token codec of a model on the reference texts."""
    pieces = [Piece(text.title, text.text) for text in reference_texts()]
    vectors = [encoded.tokens for encoded in encoder.encode_passages(pieces)]
    return TokenCodec.fit(np.concatenate(vectors))


def max_tokens(model: SentenceTransformer) -> int:
    """Return how many tokens the model reads at once, special ones not counted."""
    return int(model.max_seq_length or 512) - SPECIAL_TOKENS


def prompts(model: SentenceTransformer) -> tuple[str, str]:
    """Return what the model wants before a question and before a passage."""
    known: Mapping[str, str] = model.prompts or {}
    question = known.get("query") or ""
    passage = known.get("document") or known.get("passage") or ""
    return question, passage


def fast_tokenizer(model: SentenceTransformer) -> Any:
    """Return the model's ``tokenizers.Tokenizer``, without truncation or padding."""
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise UsageError("the model has no fast tokenizer: choose a model that has one")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(backend.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def export(model: SentenceTransformer, path: Path) -> None:
    """Write the model's graph, two outputs: the text's vector and its token vectors.

    Raises ExportError when the model cannot be traced.
    """
    import torch

    module: Any = torch.nn.Module

    class Graph(module):  # type: ignore[misc]  # torch is imported late, so it has no types here
        def __init__(self) -> None:
            super().__init__()
            self.model = model.requires_grad_(False)

        def forward(self, *inputs: Any) -> Any:
            out = self.model(dict(zip(names, inputs, strict=True)))
            return out["sentence_embedding"], out["token_embeddings"]

    with _Quiet():
        sample = dict(
            model.tokenizer(
                ["One text.", "Another, longer text."], padding=True, return_tensors="pt"
            )
        )
        names = [
            name for name in ("input_ids", "attention_mask", "token_type_ids") if name in sample
        ]
        axes = {name: {0: "texts", 1: "tokens"} for name in (*names, "token_embeddings")}
        try:
            torch.onnx.export(
                # The exporter puts back the mode that it found; without eval() it would leave the
                # model with dropout switched on.
                Graph().eval(),
                tuple(sample[name] for name in names),
                str(path),
                input_names=names,
                output_names=["sentence_embedding", "token_embeddings"],
                dynamic_axes={**axes, "sentence_embedding": {0: "texts"}},
                opset_version=_OPSET,
                # The exporter through TorchScript traces what is run, whatever the model's code
                # looks like; the newer one asks for code that it can analyse.
                dynamo=False,
            )
        except Exception as error:  # any model, any failure: the caller falls back
            raise ExportError(f"{type(error).__name__}: {str(error).splitlines()[0]}") from error


def quantize(path: Path, target: Path) -> None:
    """Write a graph again with the weights of its matrix products rounded, one scale a column.

    They are kept to seven of the eight bits: a processor without VNNI adds pairs of products in
    16 bits, which full eight would overflow. The rest stays float.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _Quiet():
        quantize_dynamic(
            path,
            target,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["MatMul"],
        )


def check_agreement(
    reference: TorchEncoder, exported: Any, pieces: Sequence[Piece], *, int8: bool
) -> float:
    """Return the lowest cosine between both builds over ``pieces``; raises ExportError if it is too low.

    Each vector of a text counts and, in float, of each of its tokens.
    """
    floor = _MIN_INT8_COSINE if int8 else _MIN_COSINE
    cosines = [1.0]
    for ours, theirs in zip(
        exported.encode_passages(pieces), reference.encode_passages(pieces), strict=True
    ):
        cosines.append(_cosine(ours.vector, theirs.vector))
        if not int8:
            cosines += (ours.tokens * theirs.tokens).sum(axis=1).tolist()
    lowest = float(np.min(cosines))
    if not lowest >= floor:  # NaN, which min() would pass over, fails too
        raise ExportError(f"the exported model differs from the original: cosine {lowest:.6f}")
    return lowest


def _cosine(one: FloatArray, other: FloatArray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
