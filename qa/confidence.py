"""Whether the archive answers a question: calibrated on the index itself, without judged questions.

*Evidence.* A passage that answers a question matches all of it: the late score says how well on
the whole, its weakest quarter how well where it matches worst. Their mean is the question's
support. A cosine or a rank says much less (``eval/confidence.md`` has the figures).

*Calibration.* How high support is depends on the model and on the archive, so each build
measures it anew, on three samples:

- answered: the questions about the reference texts, each against its own text, with the words
  weighted as in this archive;
- off topic: the same questions asked of this archive, which does not answer them;
- near: sentences of this archive, cut to the length of a question, asked while the passages
  around them and every copy of them are held out, so that what is found is about the same things
  and not the answer. Each document gives about as many, so that a long one counts as one.

Where somebody has judged questions about the archive, these join the samples, with a weight that
grows with their number: fifty count as much as the index's own samples.

A logistic curve through these gives the confidence: the probability that the first excerpt is
right, if a question is as likely to be answered as not. Two thresholds follow from how many of a
hundred answers may be wrong: above one the verdict is "answered", below the other "not_found".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain, repeat
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qa.encode import Encoder, Piece
from qa.encode.model import reference_texts
from qa.rank import Asked, Ranking, late_scores, prepare, rank
from qa.records import Verdict
from qa.store import Store, TokenCodes
from qa.threads import processors

FloatArray = NDArray[np.float64]
_T = TypeVar("_T")

_HELD_OUT, _LOOKED_AT = 120, 1200
"""Passages of which a sentence is held out, and those that they are chosen from."""
_ALIKE = 0.9
"""The cosine from which on a passage is as good as another one."""
_COPIED = 0.8
"""A passage with so much of a sentence's terms, by their weight, says the sentence again."""
_QUESTION_WORDS = 14
_ANSWERED, _OFF, _NEAR = 0.5, 0.25, 0.25
"""What each sample weighs: a question is as likely answered as not, and if not, near or off."""
_JUDGED = 50
"""So many judged questions weigh as much as the three samples together."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The logistic curve of one index, and the share of wrong answers above each threshold.

    ``risks[n]`` is the lowest confidence at which, on the calibration samples, at most ``n`` of a
    hundred answers given are wrong; ``misses[n]`` the highest below which at most ``n`` of a
    hundred questions are answered after all. ``samples`` counts what it was measured on.
    """

    slope: float
    intercept: float
    risks: tuple[float, ...]
    misses: tuple[float, ...]
    samples: Mapping[str, int]

    def confidence(self, support: float) -> float:
        """Return the probability that the first excerpt answers, 0 to 1."""
        return float(_logistic(self.slope * support + self.intercept))

    def verdict(self, confidence: float, max_wrong: int) -> Verdict:
        """Return the verdict when ``max_wrong`` of a hundred answers given may be wrong."""
        if confidence >= self.risks[max_wrong]:
            return "answered"
        return "not_found" if confidence < self.misses[max_wrong] else "unsure"

    def to_json(self) -> dict[str, Any]:
        """Return the calibration as it is kept with an index."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calibration:
        """Read what ``to_json`` returned."""
        return cls(
            slope=float(value["slope"]),
            intercept=float(value["intercept"]),
            risks=tuple(value["risks"]),
            misses=tuple(value["misses"]),
            samples=dict(value["samples"]),
        )

    @classmethod
    def fit(
        cls,
        answered: Sequence[float],
        off: Sequence[float],
        near: Sequence[float],
        judged: Sequence[tuple[float, bool]] = (),
    ) -> Calibration | None:
        """Fit to the supports of the samples; None where there is too little to fit to.

        ``judged`` has supports with whether the first excerpt was right.
        """
        if len(answered) < 10 or len(off) < 10:
            return None
        parts = [(answered, 1.0, _ANSWERED), (off, 0.0, _OFF if len(near) else _OFF + _NEAR)]
        parts += [(near, 0.0, _NEAR)] if len(near) else []
        supports = np.concatenate([np.asarray(part, np.float64) for part, _, _ in parts])
        truth = np.concatenate([np.full(len(part), label) for part, label, _ in parts])
        weights = np.concatenate([np.full(len(part), w / len(part)) for part, _, w in parts])
        if judged:
            supports = np.append(supports, [found for found, _ in judged])
            truth = np.append(truth, [float(right) for _, right in judged])
            weights = np.append(weights, np.full(len(judged), 1 / _JUDGED))
        slope, intercept = _fit_logistic(supports, truth, weights)
        if slope <= 0:  # what answers is no better supported than what does not
            return None
        confidences = _logistic(slope * supports + intercept)
        return cls(
            slope=slope,
            intercept=intercept,
            risks=tuple(_thresholds(confidences, 1 - truth, weights)),
            misses=tuple(1 - t for t in _thresholds(1 - confidences, truth, weights)),
            samples={
                "answered": len(answered),
                "off": len(off),
                "near": len(near),
                "judged": len(judged),
            },
        )


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def _fit_logistic(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Return slope and intercept of a weighted logistic regression, by Newton's method.

    A little ridge on the standardised slope keeps it finite where the samples do not overlap.
    """
    mean, scale = float(np.average(x, weights=weights)), float(x.std()) or 1.0
    design = np.stack([(x - mean) / scale, np.ones_like(x)], axis=1)
    ridge = np.diag([1e-3, 0.0])
    beta = np.zeros(2)
    for _ in range(50):
        p = _logistic(design @ beta)
        gradient = design.T @ (weights * (y - p)) - ridge @ beta
        curvature = (design * (weights * p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature + 1e-12 * np.eye(2), gradient)
        beta = beta + step
        if float(np.abs(step).max()) < 1e-10:
            break
    slope = float(beta[0]) / scale
    return slope, float(beta[1]) - slope * mean


def _thresholds(confidences: FloatArray, wrong: FloatArray, weights: FloatArray) -> list[float]:
    """Return, for 0 to 100, the lowest confidence above which so many of a hundred are wrong."""
    order = np.argsort(-confidences, kind="stable")
    share = np.cumsum((wrong * weights)[order]) / np.cumsum(weights[order])
    levels = confidences[order]
    found = []
    for percent in range(101):
        allowed = np.flatnonzero(share <= percent / 100)
        found.append(float(levels[allowed[-1]]) if len(allowed) else 1.0)
    return found


def calibrate(
    store: Store,
    encoder: Encoder,
    ranking: Ranking,
    judged: Sequence[tuple[str, bool]] = (),
) -> Calibration | None:
    """Calibrate an index; None for one that is too small to tell anything.

    ``judged`` has questions about this archive with whether the first excerpt was right.
    """
    texts = reference_texts()
    pieces = [Piece(text.title, text.text) for text in texts]
    answered: list[float] = []
    asking: list[Asked] = []
    with ThreadPoolExecutor(processors(), "calibrate") as pool:

        def ask(questions: Iterable[str]) -> Iterator[Asked]:
            return pool.map(lambda question: _ask(store, encoder, question, ranking), questions)

        def found(
            asked: Iterable[Asked], without: Iterable[int | None] = repeat(None)
        ) -> Iterator[list[float]]:
            look = partial(_found, store, encoder, ranking)
            return pool.map(look, asked, without)

        for text, encoded in zip(texts, encoder.encode_passages(pieces), strict=True):
            codes = encoder.codec.encode(encoded.tokens)
            for asked in ask(text.questions):
                asking.append(asked)
                answered.append(_support_of(encoder, asked, codes))
        off = list(chain.from_iterable(found(asking)))
        held_out = _held_out(store)
        sentences = ask(question for _, question in held_out)
        near = list(chain.from_iterable(found(sentences, (row for row, _ in held_out))))
        known = [
            (value, right)
            for supports, (_, right) in zip(
                found(ask(question for question, _ in judged)), judged, strict=True
            )
            for value in supports
        ]
    return Calibration.fit(answered, off, near, known)


def _ask(store: Store, encoder: Encoder, question: str, ranking: Ranking) -> Asked:
    terms = [term for _, term in store.terms(question)]
    return prepare(store, encoder.codec, encoder.encode_question(question), terms, ranking)


def _found(
    store: Store, encoder: Encoder, ranking: Ranking, asked: Asked, without: int | None = None
) -> list[float]:
    """Return the support of what is found, if anything is; ``without`` holds a passage out.

    With it go the passages beside it, which may say the same, and those that say it again: copies
    of it, and the like of it where a text is hundreds of lines of one form.
    """
    allowed = None
    if without is not None:
        allowed = np.ones(store.info.passages, bool)
        allowed[max(0, without - 1) : without + 2] = False
        allowed[store.alike(without) >= _ALIKE] = False
    hits = rank(store, encoder.codec, asked, ranking, allowed=allowed)
    if without is not None:
        hits = [hit for hit in hits if not _says_again(store, asked, hit.row)]
    return [hits[0].support or 0.0] if hits else []


def _says_again(store: Store, asked: Asked, row: int) -> bool:
    said = sum(store.term_weight(t) for t in asked.terms if store.term_share(t, row) > 0)
    return said >= _COPIED * asked.term_ceiling


def _support_of(encoder: Encoder, asked: Asked, codes: NDArray[np.uint8]) -> float:
    """Return the support of a text of its own, given its tokens' codes."""
    whole = TokenCodes(codes, np.zeros(1, np.int64), np.zeros(len(codes), np.uint8))
    return float(late_scores(encoder.codec, asked, whole).support[0])


def _held_out(store: Store) -> list[tuple[int, str]]:
    """Return rows spread over the index, each with a sentence of it cut to a question's length."""
    documents: dict[str, list[int]] = {}
    for row in _spread(range(store.info.passages), _LOOKED_AT):
        documents.setdefault(store.passage(row).document_id, []).append(row)
    chosen: list[int] = []
    groups = sorted(_spread(list(documents.values()), _HELD_OUT), key=len)
    for left, group in zip(range(len(groups), 0, -1), groups, strict=True):
        chosen += _spread(group, (_HELD_OUT - len(chosen)) // left)
    sentences = []
    for row in sorted(chosen):
        passage = store.passage(row)
        words = max(
            (
                passage.text[s - passage.start : e - passage.start].split()
                for s, e in passage.sentences
            ),
            key=lambda words: min(len(words), _QUESTION_WORDS),
            default=[],
        )
        if len(words) >= _QUESTION_WORDS // 2:
            sentences.append((row, " ".join(words[:_QUESTION_WORDS])))
    return sentences


def _spread(things: Sequence[_T], most: int) -> list[_T]:
    """Return at most so many things, as far apart as they come."""
    if len(things) <= most:
        return list(things)
    return [things[n] for n in np.linspace(0, len(things) - 1, most).astype(int).tolist()]
