"""The reader of the package. It needs only ONNX Runtime and ``tokenizers``.

``eval/reading`` says how it was trained and on what. It reads text, so it works with every encoder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from unicodedata import category

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from qa.arrays import DoubleArray
from qa.errors import UsageError
from qa.read.protocol import Known, Reading, Span
from qa.runtime import session_options
from qa.text.folding import plain_characters
from qa.text.printable import encodable

_UNKNOWN, _CLS, _SEP = 100, 101, 102
_TOKENS, _QUESTION_TOKENS = 192, 64
"""The most tokens of an input, and of a question in it; a longer question keeps its beginning and end."""
_MESSAGE_TOKENS, _STEP = 94, 48
"""A longer message is read in pieces that overlap."""
_ANSWER_TOKENS = 40
_NOTHING = 1e-9
"""The lowest probability of a span, for example in a window without a token."""
_KEPT = 256
"""How many messages are cached: a conversation's earlier turns come again with each later one."""
_SWITCH = 3.0
"""The cost in logits of a change between frame and question, so that single words do not change alone."""


class OnnxReader:
    """A reader that ``eval/reading/export.py`` wrote. Several threads may use it."""

    def __init__(
        self,
        *,
        session: ort.InferenceSession,
        tokenizer: Tokenizer,
        fingerprint: str,
        known: Known,
    ) -> None:
        self.fingerprint = fingerprint
        self.known = known
        self._session = session
        self._tokenizer = tokenizer
        self._asked = lru_cache(maxsize=_KEPT)(
            lambda question: _shortened(self._tokens(plain_characters(question).text).ids)
        )
        self._kept = lru_cache(maxsize=_KEPT)(self._own_logits)

    @classmethod
    def load(cls, folder: Path | None = None, *, threads: int | None = None) -> OnnxReader:
        """Load the reader of the package, or one from a folder.

        ``threads`` is by default the number of processors of this process. Raises UsageError if a file
        is missing or is not the one that ``reader.json`` names.
        """
        place = folder or Path(str(files("qa.read"))) / "model"
        try:
            about = json.loads((place / "reader.json").read_text("utf-8"))
            data = {name: (place / name).read_bytes() for name in about["sha256"]}
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(
                f"the reader in {place} cannot be read ({error}): install cited-qa again, or set reading = off"
            ) from error
        for name, digest in about["sha256"].items():
            if hashlib.sha256(data[name]).hexdigest() != digest:
                raise UsageError(
                    f"the reader's {name} is damaged: install cited-qa again, or set reading = off"
                )
        session = ort.InferenceSession(
            data["reader.onnx"], session_options(threads), providers=["CPUExecutionProvider"]
        )
        tokenizer = Tokenizer.from_str(data["tokenizer.json"].decode())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(
            session=session,
            tokenizer=tokenizer,
            fingerprint=about["sha256"]["reader.onnx"][:16],
            known=Known(**about["known"]),
        )

    def read(self, question: str, windows: Sequence[str]) -> list[Reading]:
        asked = self._asked(question)
        return [self._read_one(asked, window) for window in windows]

    def _read_one(self, asked: Sequence[int], window: str) -> Reading:
        """Read one window. In an int8 batch its reading would depend on the other windows."""
        plain = plain_characters(window)  # a ligature is no word to the model
        told = self._tokens(plain.text)
        ids = told.ids[: _TOKENS - 3 - len(asked)]
        first = len(asked) + 2
        answers, starts, ends, _ = self._run([_CLS, *asked, _SEP, *ids, _SEP], first)
        until = first + len(ids)
        span, sure = _best_span(starts[first:until], ends[first:until])
        place = (0, len(window))
        if span:
            first_token, last_token = told.offsets[span[0]], told.offsets[span[1]]
            place = _words(window, (plain.origin(first_token[0]), plain.origin(last_token[1])))
        return Reading(float(answers), place, sure)

    def own_words(self, message: str, *, leaning: float = 0.0) -> list[Span]:
        encoding, logits = self._kept(message)
        if not len(logits):
            return []
        return _runs(message, encoding, _smoothed(logits + leaning))

    def _own_logits(self, message: str) -> tuple[Encoding, DoubleArray]:
        """Return a message's tokens, and for each the logit that it belongs to the question itself."""
        encoding = self._tokens(message)
        logits = np.zeros(len(encoding.ids))
        if len(logits) and _is_foreign(message, encoding):
            return encoding, logits + np.inf
        for start, ids in _pieces(encoding.ids) if len(logits) else ():
            *_, own = self._run([_CLS, *ids, _SEP], len(ids) + 2)
            # Where two pieces overlap, use the one in which a token is nearer the middle.
            skip = _STEP // 2 if start else 0
            logits[start + skip : start + len(ids)] = own[1 + skip : -1]
        return encoding, logits

    def _tokens(self, text: str) -> Encoding:
        return self._tokenizer.encode(encodable(text), add_special_tokens=False)

    def _run(self, row: Sequence[int], first: int) -> list[Any]:
        """Return the four outputs for a row of ids in which the window begins at token ``first``."""
        ids = np.asarray(row, np.int64)
        types = np.zeros_like(ids)
        types[first:] = 1
        return list(self._session.run(None, {"input_ids": ids, "token_type_ids": types}))


def reader_for(reading: str) -> OnnxReader | None:
    """Return the reader for a value of the setting ``reading``; None for "off"."""
    return None if reading == "off" else load_reader()


@lru_cache(maxsize=1)
def load_reader() -> OnnxReader:
    """Return the reader of the package, loaded once in a process."""
    return OnnxReader.load()


def _shortened(ids: Sequence[int]) -> list[int]:
    if len(ids) <= _QUESTION_TOKENS:
        return list(ids)
    half = _QUESTION_TOKENS // 2
    return [*ids[:half], *ids[-half:]]


def _pieces(ids: Sequence[int]) -> list[tuple[int, Sequence[int]]]:
    """Return pieces of a message, each with its beginning."""
    last = max(0, len(ids) - _MESSAGE_TOKENS)
    starts = [*range(0, last, _STEP), last]
    return [(start, ids[start : start + _MESSAGE_TOKENS]) for start in starts]


def _best_span(starts: DoubleArray, ends: DoubleArray) -> tuple[Span | None, float]:
    """Return the first and last token of the likeliest span, and its probability."""
    if not len(starts):
        return None, _NOTHING
    pairs = starts[:, None].astype(np.float64) + ends[None, :]
    rows, columns = np.indices(pairs.shape)
    pairs[(columns < rows) | (columns >= rows + _ANSWER_TOKENS)] = -np.inf
    best = int(np.argmax(pairs))
    first, last = divmod(best, len(ends))
    total = float(np.exp(pairs - pairs.flat[best]).sum())
    return (first, last), max(_NOTHING, 1 / total)


def _words(window: str, place: Span) -> Span:
    """Return the span of the whole words that contain a place."""
    start, end = place
    while 0 < start < len(window) and _in_word(window[start - 1]) and _in_word(window[start]):
        start -= 1
    while 0 < end < len(window) and _in_word(window[end]) and _in_word(window[end - 1]):
        end += 1
    return start, end


def _in_word(char: str) -> bool:
    """Whether a character is part of a word: a letter, a digit, or a mark that belongs to one."""
    return char.isalnum() or category(char)[0] == "M"


def _is_foreign(message: str, encoding: Encoding) -> bool:
    """Whether most letters of a message are unknown to the model, such as those of some scripts."""
    unknown = sum(
        any(map(str.isalpha, message[start:end]))
        for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
        if token == _UNKNOWN
    )
    return 2 * unknown >= len(encoding.ids)


def _smoothed(logits: DoubleArray) -> NDArray[np.bool_]:
    """Return which tokens belong to the question: the likeliest sequence (Viterbi) of two states."""
    clipped = np.clip(logits, -6, 6)
    gain = np.stack([-clipped / 2, clipped / 2], axis=1)
    best = gain.copy()
    back = np.zeros(gain.shape, np.int64)
    for n in range(1, len(gain)):
        for state in (0, 1):
            stay, change = best[n - 1, state], best[n - 1, 1 - state] - _SWITCH
            back[n, state] = state if stay >= change else 1 - state
            best[n, state] += max(stay, change)
    state = int(best[-1, 1] > best[-1, 0])
    own = np.zeros(len(gain), bool)
    for n in range(len(gain) - 1, -1, -1):
        own[n] = state == 1
        state = int(back[n, state])
    return own


def _runs(message: str, encoding: Encoding, own: NDArray[np.bool_]) -> list[Span]:
    """Return the spans of the message that the question's tokens cover: whole words, near ones joined."""
    spans: list[Span] = []
    for number in np.flatnonzero(own).tolist():
        start, end = _words(message, encoding.offsets[number])
        if spans and not message[spans[-1][1] : start].strip():
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
