"""Makes a model ready to serve, once: it is exported, checked, and stored beside the index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.encode import exported
from qa.encode.codec import ByteArray, TokenCodec
from qa.encode.model import (
    OWN_PROMPTS,
    Prompts,
    ReferenceText,
    Source,
    find_model,
    identity_of,
    reference_texts,
)
from qa.encode.onnx import (
    CODEC_FILES,
    CONFIG_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    OnnxEncoder,
    save_questions,
    save_reference,
)
from qa.encode.protocol import Encoded, Encoder, Piece
from qa.encode.trial import try_out
from qa.errors import IndexForeignError
from qa.text import folding

if TYPE_CHECKING:
    from qa.encode.torch_backend import TorchEncoder

# Raise it when the same weights would give other vectors or codes.
_BUILD_VERSION = 3
_CHECKED_PASSAGES = 16
Say = Callable[[str], None]
STEPS = (
    "loading it",
    "trying it",
    "exporting it",
    "comparing the export",
    "rounding it",
    "fitting codes",
)
"""What preparing a model consists of; one step takes from a second to a minute."""


def fingerprint_of(source: Source, *, int8: bool, prompts: Prompts = OWN_PROMPTS) -> str:
    """Return a name for a build of a model: its files, prompts, precision, and way of export.

    Raises UsageError for a model that was exported otherwise.
    """
    if source.fingerprint is not None:
        return exported.fingerprint_of(source, int8=int8, prompts=prompts)
    identity = identity_of(source)
    reference = hashlib.sha256(repr(reference_texts()).encode()).hexdigest()
    precision = "int8" if int8 else "fp32"
    parts = (identity, reference, precision, tuple(prompts), _BUILD_VERSION, folding.VERSION)
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return f"{precision}-{digest[:16]}"


def export_model(
    name: str,
    folder: Path,
    *,
    int8: bool,
    allow_download: bool,
    say: Say,
    step: Say = lambda _: None,
    prompts: Prompts = OWN_PROMPTS,
) -> None:
    """Write into ``folder``, which must be empty, all that serving the model needs.

    The model is tried on ten reference texts, and its export is compared with it on more of them. If a
    model cannot be exported, or if the export differs, sentence-transformers will run it, and ``say``
    reports what that costs. ``step`` is told each of ``STEPS`` as it begins. Raises UsageError if the model
    cannot be found, loaded or used.
    """
    from importlib.metadata import version

    from qa.encode import torch_backend

    source = find_model(name)
    if source.fingerprint is not None:
        exported.copy(source, folder)
        return
    fingerprint = fingerprint_of(source, int8=int8, prompts=prompts)
    loading, trying, exporting, comparing, rounding, fitting = STEPS
    say(f"preparing the model {source.name} (once)")
    step(loading)
    model = torch_backend.load(source, allow_download=allow_download)
    torch_backend.fast_tokenizer(model).save(str(folder / TOKENIZER_FILE))
    original = torch_backend.TorchEncoder(
        model, name=source.name, fingerprint=fingerprint, codec=_NO_CODEC, prompts=prompts
    )
    step(trying)
    dimension = try_out(original, original.as_its_library_reads)
    config: dict[str, Any] = {
        "name": source.name,
        "fingerprint": fingerprint,
        "backend": "onnx",
        "precision": "int8" if int8 else "fp32",
        "dimension": dimension,
        "max_tokens": original.max_tokens,
        "limit": original.limit,
        "question_prompt": original.prompts[0],
        "passage_prompt": original.prompts[1],
        "prompts_set": prompts,
        "reference": _reference_digest(),
        "exported_with": {p: version(p) for p in ("sentence-transformers", "torch", "onnxruntime")},
    }
    try:
        if not original.pools_prompt and any(original.prompts):
            raise torch_backend.ExportError("it leaves the prompt's tokens out of a text's vector")
        step(exporting)
        torch_backend.export(model, folder / MODEL_FILE)
        save_codec(folder, _NO_CODEC)
        (folder / CONFIG_FILE).write_text(json.dumps(config), "utf-8")
        checked = [*_ODD, *map(_piece, reference_texts()[:_CHECKED_PASSAGES])]
        ours = OnnxEncoder.load(folder, workers=2)
        step(comparing)
        # First the float graph, even for int8: rounding would hide a graph that is slightly wrong.
        config["lowest_cosine"] = torch_backend.check_agreement(original, ours, checked, int8=False)
        if int8:
            step(rounding)
            ours = _rounded(folder, config, original, checked, say) or ours
        step(fitting)
        vectors = torch_backend.reference_vectors(ours)
        codec = TokenCodec.fit(np.concatenate(vectors))
        save_reference(folder, [codec.encode(tokens) for tokens in vectors])
        save_questions(folder, torch_backend.reference_questions(ours))
    except torch_backend.ExportError as error:
        (folder / MODEL_FILE).unlink(missing_ok=True)
        say(
            f"{source.name} cannot be exported ({error}); it runs on sentence-transformers instead: "
            "a start takes about ten seconds and 500 MB more, a question several times as long"
        )
        config["backend"] = "sentence-transformers"
        config["location"] = str(source.folder or source.name)
        codec = torch_backend.fit_codec(original)
    save_codec(folder, codec)
    (folder / CONFIG_FILE).write_text(json.dumps(config, indent=1), "utf-8")


def _rounded(
    folder: Path,
    config: dict[str, Any],
    original: TorchEncoder,
    checked: Sequence[Piece],
    say: Say,
) -> OnnxEncoder | None:
    """Replace the float build by the int8 build, if they are close enough."""
    from qa.encode import torch_backend

    model, floats = folder / MODEL_FILE, folder / f"float.{MODEL_FILE}"
    model.rename(floats)
    torch_backend.quantize(floats, model)
    rounded = OnnxEncoder.load(folder, workers=2)
    try:
        config["lowest_cosine"] = torch_backend.check_agreement(
            original, rounded, checked, int8=True
        )
    except torch_backend.ExportError as error:
        say(f"int8 loses too much here ({error}): {config['name']} runs in fp32")
        floats.replace(model)
        config["precision"] = "fp32"
        return None
    floats.unlink()
    return rounded


def load_encoder(folder: Path, *, threads: int | None = None, workers: int = 1) -> Encoder:
    """Load what ``export_model`` wrote. Raises IndexForeignError if there is none."""
    try:
        config = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
    except FileNotFoundError:
        raise IndexForeignError(
            f"{folder} holds no model: the index was built with an encoder of another program's; "
            "open it with that one, or run qa build again"
        ) from None
    if config["backend"] == "onnx":
        return OnnxEncoder.load(folder, threads=threads, workers=workers)
    from qa.encode import torch_backend
    from qa.encode.onnx import load_codec

    location = Path(config["location"])
    source = Source(config["name"], location if location.is_dir() else None)
    prompts = Prompts(*config["prompts_set"])
    int8 = config["precision"] == "int8"
    if fingerprint_of(source, int8=int8, prompts=prompts) != config["fingerprint"]:
        raise IndexForeignError(
            f"the model in {location} is not the one that the index was built with: run qa build again"
        )
    return torch_backend.TorchEncoder(
        torch_backend.load(source, allow_download=False),
        name=config["name"],
        fingerprint=config["fingerprint"],
        codec=load_codec(folder),
        prompts=prompts,
    )


_ODD = (
    Piece("", "x"),
    Piece("A title", "word " * 600),
    Piece("", "Añez 😀 Иван Петров 東京大学 Ελένη \u0000 \ufffd"),
)
"""Texts that a corpus may have and the reference texts lack: one letter, a very long text, other scripts."""


def _piece(text: ReferenceText) -> Piece:
    return Piece(text.title, text.text)


def _reference_digest() -> str:
    """Return what tells whether codes were made of the reference texts as they are read now."""
    return hashlib.sha256(repr((reference_texts(), folding.VERSION)).encode()).hexdigest()


def reference_codes(encoder: Encoder, texts: Sequence[ReferenceText]) -> list[ByteArray]:
    """Return the codes of the tokens of reference texts, uint8 of shape (n, width) for each.

    An exported model has those of all reference texts beside it. They are made here for another encoder, for a
    model that was exported with other texts, and if ``texts`` are not the first of the reference texts.
    """
    if isinstance(encoder, OnnxEncoder) and texts == reference_texts()[: len(texts)]:
        kept = encoder.reference_codes(_reference_digest())
        if kept is not None and len(kept) >= len(texts):
            return kept[: len(texts)]
    made = encoder.encode_passages([*map(_piece, texts)])
    return [encoder.codec.encode(encoded.tokens) for encoded in made]


def reference_questions(encoder: Encoder) -> dict[str, Encoded]:
    """Return the encodings of questions of the reference texts that lie beside an exported model, by question.

    Nothing for another encoder, and for a model that was exported with other texts.
    """
    if not isinstance(encoder, OnnxEncoder):
        return {}
    asked = chain.from_iterable(text.asked for text in reference_texts())
    return dict(zip(asked, encoder.reference_questions(_reference_digest()), strict=False))


_NO_CODEC = TokenCodec(
    np.zeros(1, np.float32), np.zeros((4, 1), np.float32), np.ones(4, np.float32)
)


def save_codec(folder: Path, codec: TokenCodec) -> None:
    """Write a codec's three arrays."""
    for name in CODEC_FILES:
        np.save(folder / f"codec.{name}.npy", getattr(codec, name), allow_pickle=False)
