"""The encoder for serving. It needs only ONNX Runtime and ``tokenizers``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.encode.codec import ByteArray, TokenCodec
from qa.encode.protocol import Encoded, Piece, Read, TextReader
from qa.runtime import session_options

MODEL_FILE, TOKENIZER_FILE, CONFIG_FILE = "model.onnx", "tokenizer.json", "encoder.json"
CODEC_FILES = ("mean", "axes", "steps")
_REFERENCE_CODES, _REFERENCE_STARTS = "reference.codes.npy", "reference.starts.npy"
_REFERENCE_QUESTIONS = {
    name: f"reference.questions.{name}.npy"
    for name in ("vectors", "tokens", "ids", "starts", "ends")
}


def load_codec(folder: Path) -> TokenCodec:
    """Read a codec's three arrays."""
    arrays = [np.load(folder / f"codec.{name}.npy", allow_pickle=False) for name in CODEC_FILES]
    return TokenCodec(*arrays)


def save_reference(folder: Path, codes: Sequence[ByteArray]) -> None:
    """Write the codes of the reference texts' tokens, uint8 of shape (n, width) for each text."""
    starts = np.cumsum([0, *map(len, codes)], dtype=np.int64)
    np.save(folder / _REFERENCE_CODES, np.concatenate(codes), allow_pickle=False)
    np.save(folder / _REFERENCE_STARTS, starts, allow_pickle=False)


def save_questions(folder: Path, questions: Sequence[Encoded]) -> None:
    """Write the encodings of questions: vectors, shape (questions, dim), and their tokens' rows one after another."""
    arrays = {
        "vectors": np.stack([one.vector for one in questions]),
        "tokens": np.concatenate([one.tokens for one in questions]),
        "ids": np.concatenate([np.asarray(one.ids, np.int64) for one in questions]),
        "starts": np.concatenate([np.asarray(one.starts, np.int64) for one in questions]),
        "ends": np.cumsum([len(one.ids) for one in questions], dtype=np.int64),
    }
    for name, file in _REFERENCE_QUESTIONS.items():
        np.save(folder / file, arrays[name], allow_pickle=False)


class OnnxEncoder:
    """A model that ``export`` wrote.

    Texts are run one at a time: on a processor a batch is no faster, needs padding, and makes a vector
    depend on other texts. ``workers`` texts run at once, each on one thread; with one worker a text runs
    on ``threads`` threads.
    """

    def __init__(
        self,
        *,
        config: dict[str, object],
        tokenizer: Tokenizer,
        session: ort.InferenceSession,
        codec: TokenCodec,
        folder: Path,
        workers: int = 1,
    ) -> None:
        self.name = str(config["name"])
        self.fingerprint = str(config["fingerprint"])
        self.dimension = int(str(config["dimension"]))
        self.max_tokens = int(str(config["max_tokens"]))
        limit = int(str(config["limit"]))
        self._reference = str(config.get("reference", ""))
        self.codec = codec
        self._question_prompt = str(config.get("question_prompt", ""))
        self._passage_prompt = str(config.get("passage_prompt", ""))
        self._reader = TextReader(tokenizer, limit)
        self.vocabulary = self._reader.vocabulary
        self._session = session
        self._inputs = [node.name for node in session.get_inputs()]
        self._folder = folder
        self._workers = workers

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None, workers: int = 1) -> OnnxEncoder:
        """Load an exported model. ``threads`` is by default the number of processors of this process."""
        config = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
        session = ort.InferenceSession(
            str(folder / MODEL_FILE),
            session_options(1 if workers > 1 else threads),
            providers=["CPUExecutionProvider"],
        )
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(
            config=config,
            tokenizer=tokenizer,
            session=session,
            codec=load_codec(folder),
            folder=folder,
            workers=workers,
        )

    def token_starts(self, text: str) -> Sequence[int]:
        return self._reader.starts(text)

    def encode_question(self, text: str) -> Encoded:
        return self._run(self._reader.read(text, prompt=self._question_prompt))

    def encode_passages(self, pieces: Sequence[Piece]) -> Iterator[Encoded]:
        if self._workers == 1:
            yield from map(self._passage, pieces)
            return
        with ThreadPoolExecutor(self._workers, "encode") as pool:
            waiting = iter(pieces)
            pending = [pool.submit(self._passage, p) for p in islice(waiting, 4 * self._workers)]
            while pending:
                done = pending.pop(0)
                pending += [pool.submit(self._passage, p) for p in islice(waiting, 1)]
                yield done.result()

    def reference_codes(self, digest: str) -> list[ByteArray] | None:
        """Return what ``save_reference`` wrote beside the model, for the reference texts of that digest.

        None where the export was made with other texts, or by a version that wrote nothing.
        """
        kept = self._kept(digest, (_REFERENCE_CODES, _REFERENCE_STARTS))
        if kept is None or kept[1][-1] != len(kept[0]):
            return None
        codes, starts = kept
        return np.split(codes, starts[1:-1])

    def reference_questions(self, digest: str) -> list[Encoded]:
        """Return what ``save_questions`` wrote beside the model, for the reference texts of that digest.

        Nothing where the export was made with other texts, or by a version that wrote nothing.
        """
        kept = self._kept(digest, tuple(_REFERENCE_QUESTIONS.values()))
        if kept is None:
            return []
        vectors, tokens, ids, starts, ends = kept
        if len(vectors) != len(ends) or not len(tokens) == len(ids) == len(starts) == ends[-1]:
            return []
        bounds = pairwise([0, *ends.tolist()])
        return [
            Encoded(vector, tokens[begin:end], starts[begin:end].tolist(), ids[begin:end].tolist())
            for vector, (begin, end) in zip(vectors, bounds, strict=True)
        ]

    def _kept(self, digest: str, names: Sequence[str]) -> list[NDArray[Any]] | None:
        """Return arrays that were written beside the model, if they are of the reference texts of that digest."""
        if digest != self._reference:
            return None
        try:
            return [np.load(self._folder / name, allow_pickle=False) for name in names]
        except (OSError, EOFError, ValueError):  # a folder that no index verified
            return None

    def _passage(self, piece: Piece) -> Encoded:
        return self._run(
            self._reader.read(piece.text, prompt=self._passage_prompt, context=piece.context)
        )

    def _run(self, read: Read) -> Encoded:
        feeds = read.features()
        arrays = {name: np.asarray([feeds[name]], np.int64) for name in self._inputs}
        vector, tokens = self._session.run(None, arrays)
        return read.encoded(vector[0], tokens[0])
