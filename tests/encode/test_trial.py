"""Any sentence-transformers model works, and one that is of no use is refused before anything is read."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.build.builder import build_index
from qa.encode import Encoded, Piece, torch_backend
from qa.encode.build import export_model, fingerprint_of, load_encoder
from qa.encode.model import OWN_PROMPTS, Prompts, find_model, reference_texts
from qa.encode.onnx import OnnxEncoder
from qa.encode.protocol import Encoder, FloatArray
from qa.encode.trial import try_out
from qa.engine import Engine
from qa.errors import UsageError
from qa.records import Question
from qa.settings import Settings, own_if_auto
from qa.store import IndexFolder
from tests.encode.models import WIDTH, make_model, tokenizer
from tests.fake import FakeEncoder

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore"),  # of the libraries'
    pytest.mark.usefixtures("few_references"),
]

PROMPTS = {"query": "question: ", "document": "passage: "}
PIECES = [Piece("", "A boat of the harbour"), Piece("Fees. Year 2", "the 40 crowns (of 1872)")]


def export(model: Path, folder: Path, prompts: Prompts = OWN_PROMPTS) -> Encoder:
    """Export a model and load what was written."""
    folder.mkdir()
    export_model(
        str(model), folder, int8=False, allow_download=False, say=lambda _: None, prompts=prompts
    )
    return load_encoder(folder)


def by_its_library(model: Path, texts: Sequence[str]) -> FloatArray:
    """Return unit vectors of texts as a user of the library gets them."""
    from sentence_transformers import SentenceTransformer

    found = SentenceTransformer(str(model), device="cpu").encode(
        list(texts), prompt="", normalize_embeddings=True
    )
    return np.asarray(found, np.float32)


def dense() -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import Dense

    return [Dense(WIDTH, 12)]


def layer_norm() -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import LayerNorm

    return [LayerNorm(WIDTH)]


@pytest.mark.parametrize(
    ("shape", "dimension"),
    [
        ({"pooling": "mean"}, WIDTH),
        ({"pooling": "mean", "normalize": False}, WIDTH),
        ({"pooling": "cls", "normalize": False}, WIDTH),
        ({"pooling": "max"}, WIDTH),
        ({"pooling": "lasttoken", "normalize": False}, WIDTH),
        ({"pooling": ("mean", "max"), "normalize": False}, 2 * WIDTH),
        ({"modules": dense, "normalize": False}, 12),
        ({"modules": layer_norm}, WIDTH),
        ({"lower": False}, WIDTH),
        # The library lowers the case where the tokenizer does not.
        ({"lower": False, "do_lower_case": True}, WIDTH),
    ],
    ids=lambda value: re.sub(r"<function (\w+) .*?>", r"\1", str(value)),
)
def test_models_of_every_shape_are_exported(
    tmp_path: Path, shape: dict[str, Any], dimension: int
) -> None:
    modules = shape.pop("modules", list)
    model = make_model(tmp_path, modules=modules(), **shape)
    encoder = export(model, tmp_path / "export")
    assert isinstance(encoder, OnnxEncoder)
    assert encoder.dimension == dimension
    theirs = by_its_library(model, [f"{p.context}. {p.text}".removeprefix(". ") for p in PIECES])
    for ours, wanted in zip(encoder.encode_passages(PIECES), theirs, strict=True):
        assert np.linalg.norm(ours.vector) == pytest.approx(1, abs=1e-6)
        assert float(ours.vector @ wanted) >= 0.9999
        assert ours.tokens.shape == (len(ours.ids), WIDTH)


def test_an_index_of_a_model_that_does_not_normalise(archive: Path, tmp_path: Path) -> None:
    model = make_model(tmp_path, normalize=False)
    settings = Settings(index=str(tmp_path / "index"), model=str(model))
    assert build_index([archive], settings).passages > 5
    assert len(Engine.open(tmp_path / "index").ask(Question("What does a boat pay?")).results) == 5


# --- prompts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configured", "default", "wanted", "found"),
    [
        (PROMPTS, None, Prompts(), ("question: ", "passage: ")),
        ({"question": "q: ", "passage": "p: "}, None, Prompts(), ("q: ", "p: ")),
        (
            {"search_query": "q: ", "search_document": "d: ", "clustering": "c: "},
            None,
            Prompts(),
            ("q: ", "d: "),
        ),
        ({"retrieval.query": "q: ", "retrieval.passage": "p: "}, None, Prompts(), ("q: ", "p: ")),
        ({"Query": "q: "}, None, Prompts(), ("q: ", "")),
        ({"other": "o: "}, "other", Prompts(), ("o: ", "o: ")),
        ({"other": "o: ", "query": "q: "}, "other", Prompts(), ("q: ", "o: ")),
        ({"other": "o: "}, None, Prompts(), ("", "")),
        ({}, None, Prompts(), ("", "")),
        (PROMPTS, None, Prompts("", None), ("", "passage: ")),
        (PROMPTS, None, Prompts("title: ", "search: "), ("title: ", "search: ")),
        ({}, None, Prompts(None, "title: "), ("", "title: ")),
    ],
)
def test_prompts_come_from_the_settings_else_from_the_models_configuration(
    configured: dict[str, str], default: str | None, wanted: Prompts, found: tuple[str, str]
) -> None:
    class Configured:
        prompts = configured
        default_prompt_name = default

    assert torch_backend.prompts_of(Configured(), wanted) == found  # type: ignore[arg-type]  # it has what is read of a model


@pytest.mark.parametrize("include_prompt", [True, False])
def test_a_prompt_is_read_and_leaves_no_code(tmp_path: Path, include_prompt: bool) -> None:
    model = make_model(tmp_path, prompts=PROMPTS, include_prompt=include_prompt)
    prompted = export(model, tmp_path / "prompted")
    bare = export(model, tmp_path / "bare", Prompts("", ""))
    assert prompted.fingerprint != bare.fingerprint
    assert bare.max_tokens - prompted.max_tokens == 2  # "passage" and ":"
    pairs = [
        (prompted.encode_question("the boat"), bare.encode_question("the boat")),
        *zip(prompted.encode_passages(PIECES), bare.encode_passages(PIECES), strict=True),
    ]
    for read, plain in pairs:
        assert list(read.ids) == list(plain.ids)
        assert list(read.starts) == list(plain.starts)
        assert read.tokens.shape == plain.tokens.shape
        # The model has read the prompt: the words beside it are other ones than without it.
        assert float(read.vector @ plain.vector) < 0.9999
    from sentence_transformers import SentenceTransformer

    library = SentenceTransformer(str(model), device="cpu")
    theirs = library.encode_query("the boat"), library.encode_document(PIECES[0].text)
    for ours, wanted in zip((pairs[0][0], pairs[1][0]), theirs, strict=True):
        assert float(ours.vector @ wanted) >= 0.9999
    # A pooling that leaves the prompt out is not in the graph.
    assert isinstance(prompted, OnnxEncoder) == include_prompt
    assert isinstance(bare, OnnxEncoder)


def test_an_index_with_prompts_that_were_set(archive: Path, tmp_path: Path) -> None:
    model = make_model(tmp_path, include_prompt=False, prompts=PROMPTS)
    settings = Settings(
        index=str(tmp_path / "index"),
        model=str(model),
        question_prompt="",
        passage_prompt="title: ",
    )
    build_index([archive], settings)
    engine = Engine.open(tmp_path / "index")
    wanted = fingerprint_of(find_model(str(model)), int8=True, prompts=Prompts("", "title: "))
    assert engine.encoder.fingerprint == wanted
    assert len(engine.ask(Question("What does a boat pay?")).results) == 5
    again = build_index([archive], settings)
    assert not again.changed
    other = Settings(index=settings.index, model=settings.model, passage_prompt="title: ")
    assert build_index([archive], other).embedded == again.passages


@pytest.mark.parametrize(("value", "own"), [("auto", None), ("", ""), ("query: ", "query: ")])
def test_a_prompt_that_is_not_set_is_the_models_own(value: str, own: str | None) -> None:
    assert (
        own_if_auto(Settings.load(environment={"QA_QUESTION_PROMPT": value}).question_prompt) == own
    )


# --- what is refused -----------------------------------------------------------------------------


def lstm(folder: Path) -> Path:
    from sentence_transformers.sentence_transformer.modules import LSTM

    return make_model(folder, modules=[LSTM(WIDTH, 16)])


def static(folder: Path) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    model = StaticEmbedding(tokenizer(), embedding_dim=WIDTH)
    SentenceTransformer(modules=[model], device="cpu").save(str(folder / "small"))
    return folder / "small"


def slow_only(folder: Path) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import CanineConfig, CanineModel, CanineTokenizer

    config = CanineConfig(
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        num_hash_buckets=64,
    )
    CanineModel(config).save_pretrained(folder / "canine")
    CanineTokenizer().save_pretrained(folder / "canine")
    modules = [Transformer(str(folder / "canine")), Pooling(WIDTH)]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "small"))
    return folder / "small"


def routed(folder: Path) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Router, Transformer

    bert = make_model(folder).parent / "bert"
    one, other = ([Transformer(str(bert)), Pooling(WIDTH)] for _ in range(2))
    model = SentenceTransformer(modules=[Router.for_query_document(one, other)], device="cpu")
    model.save(str(folder / "routed"))
    return folder / "routed"


def cut_short(folder: Path) -> Path:
    model = make_model(folder)
    weights = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(weights[:500])
    return model


def without_tokenizer(folder: Path) -> Path:
    model = make_model(folder)
    (model / "tokenizer.json").unlink()
    return model


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: make_model(folder, spoil=math.nan), "hold NaN or infinity"),
        (lambda folder: make_model(folder, spoil=0.0), "a vector of zeros"),
        (lambda folder: make_model(folder, spoil=0.1), "every text the same vector"),
        (lambda folder: make_model(folder, max_tokens=32), "reads 30 tokens at once"),
        (
            lambda folder: make_model(folder, max_tokens=64, prompts={"document": "the " * 20}),
            "reads 42 tokens at once .* shorter passage_prompt",
        ),
        (lstm, "cannot be run on a text .*KeyError.*sentence_lengths"),
        (static, "no fast tokenizer"),
        (slow_only, "no fast tokenizer"),
        (routed, "questions and passages with different parts"),
        (cut_short, "cannot be loaded: SafetensorError"),
        (without_tokenizer, "cannot be loaded"),
    ],
)
def test_a_model_of_no_use_is_refused_before_anything_is_read(
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], Path],
    reason: str,
) -> None:
    def read(*_: object, **__: object) -> None:
        raise AssertionError("the archive was read")

    model = make(tmp_path / "made")
    monkeypatch.setattr("qa.build.builder.found", read)
    monkeypatch.setattr("qa.corpus.FolderReader.read", read)
    settings = Settings(index=str(tmp_path / "index"), model=str(model))
    with pytest.raises(UsageError, match=reason) as refused:
        build_index([archive], settings)
    told = str(refused.value)
    assert "choose" in told and "\n" not in told
    assert not (tmp_path / "index" / "LIVE").exists()
    assert not list((tmp_path / "index").glob("models/*/encoder.json"))


def test_a_model_is_made_ready_once(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(tmp_path)
    settings = Settings(index=str(tmp_path / "index"), model=str(model))
    build_index([archive], settings)
    monkeypatch.setattr("qa.build.builder.export_model", None)
    assert not build_index([archive], settings).changed


def test_nothing_to_read_is_told_before_a_model_is_made_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr("qa.build.builder.export_model", None)
    settings = Settings(index=str(tmp_path / "index"))
    with pytest.raises(Exception, match="no document in"):
        build_index([tmp_path / "empty"], settings)
    assert not IndexFolder(tmp_path / "index").path.exists()


class Spoilt(FakeEncoder):
    """An encoder of which the last of the tried texts is spoilt."""

    def __init__(self, spoil: Callable[[Encoded], Encoded]) -> None:
        super().__init__()
        self._spoil = spoil

    def encode_passages(self, pieces: Sequence[Piece]) -> Any:
        *before, last = super().encode_passages(pieces)
        yield from before
        yield self._spoil(last)


def changed(encoded: Encoded, **fields: Any) -> Encoded:
    values = {name: getattr(encoded, name) for name in ("vector", "tokens", "starts", "ids")}
    return Encoded(**{**values, **fields})


def library(pieces: Sequence[Piece]) -> FloatArray:
    """Return what the encoder that is not spoilt says."""
    return np.stack([encoded.vector for encoded in FakeEncoder().encode_passages(pieces)])


def test_an_encoder_that_is_of_use_passes() -> None:
    assert try_out(FakeEncoder(), library) == FakeEncoder().dimension


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda e: changed(e, vector=e.vector * np.float32(math.inf)), "NaN or infinity"),
        (lambda e: changed(e, tokens=e.tokens * np.float32(math.nan)), "NaN or infinity"),
        (lambda e: changed(e, vector=e.vector * 0), "zeros"),
        (lambda e: changed(e, vector=e.vector[:-1]), "different lengths"),
        (lambda e: changed(e, tokens=e.tokens[:-1]), "one vector a token"),
        (lambda e: changed(e, tokens=e.tokens[:0], ids=()), "one vector a token"),
        (lambda e: changed(e, vector=-e.vector), "in another way"),
    ],
)
def test_one_text_of_ten_that_is_wrong_is_enough(
    spoil: Callable[[Encoded], Encoded], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        try_out(Spoilt(spoil), library)


def test_what_a_library_raises_is_told_in_one_line() -> None:
    def fails(pieces: Sequence[Piece]) -> FloatArray:
        raise RuntimeError("no such layer\nat line 7")

    with pytest.raises(UsageError, match=r"\(RuntimeError: no such layer\); choose another model$"):
        try_out(FakeEncoder(), fails)


def test_the_reference_texts_are_ten_at_least_and_short() -> None:
    assert len(reference_texts()) >= 10


def test_a_tokenizer_with_numbers_left_out_counts_to_the_highest(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    path = model / "tokenizer.json"
    read = json.loads(path.read_text())
    # The letter "a" gets the last number of the embedding, one in between is left out.
    highest = max(read["model"]["vocab"].values())
    last = next(piece for piece, n in read["model"]["vocab"].items() if n == highest)
    del read["model"]["vocab"][last]
    read["model"]["vocab"]["a"] = highest
    path.write_text(json.dumps(read))
    shutil.rmtree(tmp_path / "bert")
    encoder = export(model, tmp_path / "export")
    assert encoder.vocabulary == highest + 1
    assert max(encoder.encode_question("a").ids) == highest
