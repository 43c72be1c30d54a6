"""Models made ready to serve: exported, compared, and run without what exported them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from qa.build.builder import build_index
from qa.encode import Encoded, Encoder, Piece, TokenCodec, torch_backend
from qa.encode.build import (
    STEPS,
    export_model,
    fingerprint_of,
    load_encoder,
    reference_codes,
    reference_questions,
)
from qa.encode.model import find_model, reference_texts
from qa.encode.onnx import OnnxEncoder
from qa.engine import Engine
from qa.errors import IndexForeignError, UsageError
from qa.records import Question
from qa.search.confidence import Curve, Sample
from qa.settings import Settings
from qa.store import IndexFolder
from tests.fake import FakeEncoder
from tests.text.test_folding import ALIKE

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore"),  # of the libraries'
    pytest.mark.usefixtures("few_references"),
]

INT8 = onnx.TensorProto.INT8
PIECES = [
    Piece("", "The harbour was dug in 1872 by four hundred dockers."),
    Piece("The harbour. Fees", "A steamer pays forty crowns\u2026 Añez’s boat 😀 pays nothing."),
    Piece("", "\ud800 half a character, NUL \0 and a no\xa0break space"),
    Piece("A title", "word " * 600),
    Piece("", "x"),
]


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sentence-transformers model of one layer, with prompts and no meaning."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("model")
    default = find_model("all-MiniLM-L6-v2").folder
    torch.manual_seed(7)
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        vocab_size=30522,
    )
    BertModel(config).save_pretrained(folder / "bert")
    AutoTokenizer.from_pretrained(str(default)).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=64)
    model = SentenceTransformer(
        modules=[transformer, Pooling(32, "mean"), Normalize()],
        prompts={"query": "question: ", "document": "passage: "},
        device="cpu",
    )
    model.save(str(folder / "small"))
    return folder / "small"


def export(
    name: str | Path, folder: Path, *, int8: bool = False
) -> tuple[Encoder, dict[str, Any], list[str]]:
    """Export a model; return the encoder, its configuration, and what the user was told."""
    said: list[str] = []
    steps: list[str] = []
    folder.mkdir()
    export_model(
        str(name), folder, int8=int8, allow_download=False, say=said.append, step=steps.append
    )
    assert steps == [step for step in STEPS if step in steps]  # in this order
    assert steps[0] == STEPS[0]
    return load_encoder(folder), json.loads((folder / "encoder.json").read_text()), said


def original(name: str | Path) -> Encoder:
    """Return a model as sentence-transformers runs it."""
    source = find_model(str(name))
    model = torch_backend.load(source, allow_download=False)
    codec = TokenCodec.fit(np.eye(4, dtype=np.float32))  # not asked
    return torch_backend.TorchEncoder(model, name=source.name, fingerprint="", codec=codec)


def assert_alike(one: Encoded, other: Encoded, *, cosine: float = 0.9999) -> None:
    assert list(one.ids) == list(other.ids)
    assert list(one.starts) == list(other.starts)
    assert one.vector.shape == other.vector.shape and one.vector.dtype == np.float32
    assert float(one.vector @ other.vector) >= cosine
    assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
    if len(one.ids):
        assert (one.tokens * other.tokens).sum(axis=1).min() >= cosine


@pytest.fixture(scope="module")
def float_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the default model, exported without rounding."""
    folder = tmp_path_factory.mktemp("float") / "export"
    export("all-MiniLM-L6-v2", folder)
    return folder


@pytest.fixture(scope="module")
def float_encoder(float_model: Path) -> Encoder:
    """The default model without rounding."""
    return load_encoder(float_model)


def test_the_default_model_agrees_with_its_original(float_model: Path) -> None:
    exported, reference = load_encoder(float_model), original("all-MiniLM-L6-v2")
    assert isinstance(exported, OnnxEncoder)
    assert exported.fingerprint == fingerprint_of(find_model("all-MiniLM-L6-v2"), int8=False)
    assert exported.dimension == 384
    assert exported.vocabulary == 30522
    assert exported.max_tokens == reference.max_tokens
    texts = [Piece(text.title, text.text) for text in reference_texts()[100:110]]
    for piece in (*PIECES, *texts):
        (ours,), (theirs,) = exported.encode_passages([piece]), reference.encode_passages([piece])
        assert_alike(ours, theirs)
        assert_alike(exported.encode_question(piece.text), reference.encode_question(piece.text))
        assert list(exported.token_starts(piece.text)) == list(reference.token_starts(piece.text))
    assert json.loads((float_model / "encoder.json").read_text())["lowest_cosine"] >= 0.9999


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_rival_spellings_are_one_to_the_model(float_encoder: Encoder, one: str, other: str) -> None:
    asked, known = float_encoder.encode_question(one), float_encoder.encode_question(other)
    assert list(asked.ids) == list(known.ids)
    np.testing.assert_array_equal(asked.vector, known.vector)
    for text, encoded in ((one, asked), (other, known)):
        assert list(encoded.starts) == sorted(encoded.starts)
        assert min(encoded.starts) >= 0 and max(encoded.starts) < len(text)


def test_a_tokens_sentence_is_where_it_stands_in_the_text(float_encoder: Encoder) -> None:
    text = "The \ufb01rm co\u00adop paid 1,250,000. In the U.S.S.R. F16s \ufb02y. Harbour."
    (encoded,) = float_encoder.encode_passages([Piece("The \ufb01rm", text)])
    assert encoded.starts[-2] == text.index("Harbour")
    assert text.index("paid") in encoded.starts and text.index("\ufb02y") in encoded.starts
    assert encoded.starts.count(-1) == len("the firm .".split())  # type: ignore[attr-defined]  # it is a list


def test_an_index_runs_on_the_rounded_model(model_index: Path) -> None:
    (folder,) = (model_index / "models").iterdir()
    assert folder.name == fingerprint_of(find_model("all-MiniLM-L6-v2"), int8=True)
    assert json.loads((folder / "encoder.json").read_text())["precision"] == "int8"
    assert load_encoder(folder).fingerprint == folder.name


def test_the_model_knows_what_sentence_transformers_knows(
    float_model: Path, model_index: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["Who dug the harbour?", "An octopus has three hearts.", "word " * 600]
    theirs = SentenceTransformer(str(find_model("all-MiniLM-L6-v2").folder)).encode(texts)
    (rounded,) = (model_index / "models").iterdir()
    for folder, cosine in ((float_model, 0.9999), (rounded, 0.98)):
        exported = load_encoder(folder)
        for text, vector in zip(texts, theirs, strict=True):
            assert float(exported.encode_question(text).vector @ vector) >= cosine


def test_a_vector_does_not_depend_on_its_neighbours_or_workers(model_index: Path) -> None:
    (folder,) = (model_index / "models").iterdir()
    one, many = load_encoder(folder), load_encoder(folder, workers=3)
    pieces = [*PIECES, *PIECES[::-1]] * 2
    together = list(many.encode_passages(pieces))
    assert len(together) == len(pieces)
    for piece, encoded in zip(pieces, together, strict=True):
        (alone,) = one.encode_passages([piece])
        np.testing.assert_allclose(encoded.vector, alone.vector, atol=1e-6)
        assert list(encoded.ids) == list(alone.ids)


def test_no_passage_of_the_seeds_is_cut_by_the_model(model_index: Path) -> None:
    generation = IndexFolder(model_index).open().generation
    encoder = load_encoder(model_index / "models" / generation.manifest["fingerprint"])
    for row in range(generation.info.passages):
        text = generation.passage(row).text
        kept = generation.encoded_passage(row)
        assert (kept.sentences != 255).sum() == len(encoder.token_starts(text))


def test_serving_never_imports_what_exports(model_index: Path) -> None:
    code = (
        "import sys\n"
        "from qa.engine import Engine\n"
        "from qa.records import Question\n"
        "engine = Engine.open(sys.argv[1])\n"
        "answer = engine.ask(Question('Who declared herself acting president?'))\n"
        "assert answer.results\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(model_index)], capture_output=True, text=True, check=False
    )
    assert run.stdout == "[]\n", run.stderr


def test_prompts_and_limits_of_another_model(small_model: Path, tmp_path: Path) -> None:
    exported, config, said = export(small_model, tmp_path / "export")
    assert isinstance(exported, OnnxEncoder)
    # Two special tokens, and two of the passage's prompt: "passage" and ":".
    assert (exported.dimension, exported.max_tokens, exported.name) == (32, 60, "small")
    assert (config["question_prompt"], config["passage_prompt"]) == ("question: ", "passage: ")
    assert len(said) == 1 and "once" in said[0]
    reference = original(small_model)
    for piece in PIECES:
        (ours,), (theirs,) = exported.encode_passages([piece]), reference.encode_passages([piece])
        assert_alike(ours, theirs)
        assert_alike(exported.encode_question(piece.text), reference.encode_question(piece.text))
        # A prompt is read with the text and is not of it.
        assert max(ours.starts) < len(piece.text) and len(ours.ids) <= 62
    prompted = exported.encode_question("x")
    assert list(prompted.starts) == [0]
    np.testing.assert_array_equal(
        exported.codec.encode(prompted.tokens),
        load_encoder(tmp_path / "export").codec.encode(prompted.tokens),
    )


def test_int8_is_a_build_of_its_own(small_model: Path, tmp_path: Path) -> None:
    exported, config, _ = export(small_model, tmp_path / "export", int8=True)
    assert isinstance(exported, OnnxEncoder)
    assert config["precision"] == "int8"
    assert config["lowest_cosine"] >= 0.98
    assert b"MatMulInteger" in (tmp_path / "export" / "model.onnx").read_bytes()
    assert exported.fingerprint == fingerprint_of(find_model(str(small_model)), int8=True)
    assert exported.fingerprint != fingerprint_of(find_model(str(small_model)), int8=False)
    assert {path.name for path in (tmp_path / "export").iterdir()} == {
        *("model.onnx", "tokenizer.json", "encoder.json"),
        *("codec.mean.npy", "codec.axes.npy", "codec.steps.npy"),
        *("reference.codes.npy", "reference.starts.npy"),
        *(
            f"reference.questions.{name}.npy"
            for name in ("vectors", "tokens", "ids", "starts", "ends")
        ),
    }


@pytest.mark.parametrize("int8", [False, True])
def test_the_codes_of_the_reference_texts_are_kept(
    small_model: Path, tmp_path: Path, int8: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_backend, "reference_texts", reference_texts)  # all of them
    exported, _, _ = export(small_model, tmp_path / "export", int8=int8)
    texts, encode = reference_texts(), exported.encode_passages
    encoded: list[Piece] = []

    def noted(pieces: Sequence[Piece]) -> Iterator[Encoded]:
        encoded.extend(pieces)
        return encode(pieces)

    monkeypatch.setattr(exported, "encode_passages", noted)
    kept = reference_codes(exported, texts)
    assert len(reference_codes(exported, texts[:7])) == 7
    assert encoded == []
    pieces = [Piece(text.title, text.text) for text in texts]
    assert len(kept) == len(texts) > 100
    for one, made in zip(kept, encode(pieces), strict=True):
        np.testing.assert_array_equal(one, exported.codec.encode(made.tokens))
    # Others than were kept, a folder of another time, and one that is damaged.
    reference_codes(exported, texts[1:3])
    assert encoded == pieces[1:3]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.encode.build.folding.VERSION", 0)
        reference_codes(exported, texts[:2])
    assert encoded[2:] == pieces[:2]
    (tmp_path / "export" / "reference.codes.npy").write_bytes(b"")
    reference_codes(exported, texts[:2])
    (tmp_path / "export" / "reference.codes.npy").unlink()
    reference_codes(exported, texts[:2])
    assert encoded[4:] == pieces[:2] * 2


def test_the_encodings_of_the_reference_questions_are_kept(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_backend, "reference_texts", reference_texts)  # all of them
    exported, _, _ = export(small_model, tmp_path / "export", int8=True)
    texts = reference_texts()
    asked = [question for text in texts for question in (*text.questions, text.near)]
    kept = reference_questions(exported)
    assert list(kept) == asked and len(asked) > 500
    for question in asked:
        made = exported.encode_question(question)
        assert list(made.ids) == kept[question].ids and list(made.starts) == kept[question].starts
        np.testing.assert_array_equal(made.vector, kept[question].vector)
        np.testing.assert_array_equal(made.tokens, kept[question].tokens)
    # Another encoder, texts of another time, and a folder that is damaged.
    assert reference_questions(FakeEncoder()) == {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.encode.build.folding.VERSION", 0)
        assert reference_questions(exported) == {}
    ends = tmp_path / "export" / "reference.questions.ends.npy"
    np.save(ends, np.load(ends)[:-1])
    assert reference_questions(exported) == {}
    np.save(ends, np.load(ends) + 1)
    assert reference_questions(exported) == {}
    ends.unlink()
    assert reference_questions(exported) == {}


def test_a_calibration_is_the_same_with_what_is_kept_and_without(
    small_model: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(index=str(tmp_path / "index"), model=str(small_model), reading="off")
    questions: list[str] = []
    encode = OnnxEncoder.encode_question

    def noted(self: OnnxEncoder, text: str) -> Encoded:
        questions.append(text)
        return encode(self, text)

    monkeypatch.setattr(OnnxEncoder, "encode_question", noted)
    asked = {question for text in reference_texts() for question in (*text.questions, text.near)}
    build_index([archive], settings)  # it makes the model ready, and so encodes them
    samples: list[list[Sample]] = []
    fit = Curve.fit
    monkeypatch.setattr(
        Curve, "fit", lambda them, *, read: samples.append(them) or fit(them, read=read)
    )
    for kept in (True, False):
        questions.clear()
        if not kept:
            monkeypatch.setattr("qa.build.calibration.reference_questions", lambda _: {})
        monkeypatch.setattr("qa.build.builder.VERSION", f"of a test {kept}")
        assert build_index([archive], settings).changed
        assert asked.isdisjoint(questions) is kept
    assert samples[0] == samples[1]
    assert {one.name: len(one.found) > 10 for one in samples[0]}["off"]


def test_the_rounded_weights_leave_room_for_sums_in_16_bits(
    small_model: Path, tmp_path: Path
) -> None:
    export(small_model, tmp_path / "export", int8=True)
    graph = onnx.load(str(tmp_path / "export" / "model.onnx")).graph
    rounded = [numpy_helper.to_array(w) for w in graph.initializer if w.data_type == INT8]
    weights = [w for w in rounded if w.ndim == 2]
    assert len(weights) == 6  # query, key, value and output; the layer's two matrices
    # Two products of 255 and 64 stay below 2^15.
    assert {int(np.abs(w.astype(int)).max()) for w in weights} <= {63, 64}


def test_int8_that_loses_too_much_runs_in_fp32(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_backend, "_MIN_INT8_COSINE", 1.1)
    exported, config, said = export(small_model, tmp_path / "export", int8=True)
    assert isinstance(exported, OnnxEncoder)
    assert "int8 loses too much here" in said[-1] and "runs in fp32" in said[-1]
    assert config["precision"] == "fp32" and config["lowest_cosine"] >= 0.9999
    assert exported.fingerprint == fingerprint_of(find_model(str(small_model)), int8=True)
    assert not list((tmp_path / "export").glob("float*"))
    (ours,), (theirs,) = (
        one.encode_passages(PIECES[:1]) for one in (exported, original(small_model))
    )
    assert_alike(ours, theirs)


def flip_some_words(model: Any) -> None:
    import torch

    with torch.no_grad():
        model[0].auto_model.embeddings.word_embeddings.weight[1000:3000] *= -1


def fail(model: Any) -> None:
    raise RuntimeError("Unsupported: an operator\nand a long explanation")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [(flip_some_words, "differs from the original: cosine"), (fail, "Unsupported")],
)
def test_a_broken_export_is_refused_and_the_model_runs_as_it_is(
    small_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Any], None],
    reason: str,
) -> None:
    good = torch_backend.export

    def broken(model: Any, path: Path) -> None:
        copy = torch_backend.load(find_model(str(small_model)), allow_download=False)
        try:
            spoil(copy)
        except RuntimeError as error:
            raise torch_backend.ExportError(str(error).splitlines()[0]) from error
        good(copy, path)

    monkeypatch.setattr(torch_backend, "export", broken)
    encoder, config, said = export(small_model, tmp_path / "export")
    assert isinstance(encoder, torch_backend.TorchEncoder)
    assert config["backend"] == "sentence-transformers"
    assert not (tmp_path / "export" / "model.onnx").exists()
    assert reason in said[1] and "it runs on sentence-transformers instead" in said[1]
    reference = original(small_model)
    for piece in PIECES:
        (ours,), (theirs,) = encoder.encode_passages([piece]), reference.encode_passages([piece])
        assert_alike(ours, theirs)


def test_an_index_runs_on_a_model_that_cannot_be_exported(
    small_model: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object, **__: object) -> None:
        raise torch_backend.ExportError("no")

    monkeypatch.setattr(torch_backend, "export", cannot)
    model = tmp_path / "model"
    model.symlink_to(small_model)
    index = tmp_path / "index"
    build_index([archive], Settings(index=str(index), model=str(model)))
    engine = Engine.open(index)
    assert isinstance(engine.encoder, torch_backend.TorchEncoder)
    assert len(engine.ask(Question("What does a steamer pay?")).results) == 5
    # The model is where it was and not in the index: another one in its place is told.
    model.unlink()
    model.symlink_to(find_model("all-MiniLM-L6-v2").folder or "")
    with pytest.raises(IndexForeignError, match="not the one that the index was built with"):
        Engine.open(index)


def test_a_model_that_is_not_here_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    with pytest.raises(UsageError, match="cannot be loaded: .*fetch it with qa build --download"):
        export("no-such-organisation/no-such-model", tmp_path / "elsewhere")
