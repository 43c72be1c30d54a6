"""The samples for calibration: a build measures its own index, so that confidence fits this archive.

The signals of ``qa.search.confidence`` depend on the model and on the archive. So each build measures
them again, on questions with a known answer:

- answered: the questions about the reference texts, each asked of its own text. Words have the weights
  that they have in this archive; the reader's scores for these come with the reader;
- off topic: the same questions asked of this archive, which does not answer them;
- near: sentences of this archive, cut to the length of a question. The passages around each and every
  copy of them are held out while it is asked. So the passages that are found are about the same
  subject, but do not answer. Each document gives about the same number, so that a long one counts as
  one. For a reader there are also reference questions that sound as if their text answered them, but
  it does not.

Reference questions are harder for the reader than most questions of people. Questions about paragraphs
that were held out of the reader's training are easier. Each kind makes half of the reader's samples.

Judged questions about the archive, if there are any, are added to the samples. Their weight grows with
their number: fifty weigh as much as the index's own samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, cycle, repeat
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from qa.build.assembly import Progress, Silent
from qa.encode import Encoded, Encoder
from qa.encode.build import reference_codes, reference_questions
from qa.encode.model import reference_texts
from qa.read import Reader, best_reading
from qa.records import PassageId
from qa.runtime import processors
from qa.search.confidence import Calibration, Curve, Sample, Signals
from qa.search.rank import Asked, Ranking, late_scores, prepare, rank
from qa.store import Sampled, Store, TokenCodes
from qa.store.protocol import spread

_T = TypeVar("_T")

VERSION = 2
"""Raise it when the measuring or the weights change: every index is then calibrated again."""
_HELD_OUT, _LOOKED_AT = 120, 1200
"""How many passages have a sentence held out, and from how many they are chosen."""
_ALIKE = 0.9
"""From this cosine on, a passage counts as a copy of another."""
_COPIED = 0.8
"""A passage that has this share of a sentence's terms, by weight, says the same as the sentence."""
_QUESTION_WORDS = 14
_PLAIN, _WITH_READER = (0.5, 0.25, 0.25), (0.55, 0.2, 0.25)
"""The weights of the samples: answered, off topic, near.

Support alone does not tell near questions from answered ones, so it must be more careful: half of the
weight is on questions that are not answered. With a reader, slightly more than half is on answered ones.
"""
_JUDGED = 50
"""This number of judged questions weighs as much as all the samples."""
_LEAST = 10
_READ = 3
"""The reader reads one of this many off-topic questions: reading takes most of a calibration's time."""


class _Question(NamedTuple):
    text: str
    asked: Asked


def calibrate(
    store: Store,
    encoder: Encoder,
    ranking: Ranking,
    judged: Sequence[tuple[str, bool]] = (),
    reader: Reader | None = None,
    progress: Progress | None = None,
) -> Calibration | None:
    """Calibrate an index; return None if it is too small or too uniform.

    ``judged``: questions about this archive, with whether the first excerpt was right. ``progress`` is
    told of every search.
    """
    texts = reference_texts()
    held_out = _held_out(store)
    asked = sum(len(text.questions) for text in texts)
    read = len(range(0, asked, _READ)) if reader else 0
    progress = progress or Silent()
    progress.stage("calibrating verdicts", 2 * asked + read + len(held_out) + len(judged))

    def counted(searches: Iterable[_T]) -> Iterator[_T]:
        for search in searches:
            yield search
            progress.advance()

    answered: list[Signals] = []
    close: list[Signals] = []
    asking: list[_Question] = []
    with ThreadPoolExecutor(processors(), "calibrate") as pool:
        encodings = reference_questions(encoder)

        def ask(questions: Iterable[str]) -> Iterator[_Question]:
            return pool.map(partial(_ask, store, encoder, ranking, encodings), questions)

        found = partial(_found, store, encoder, ranking)

        known = reader.known if reader else None
        readings: Iterable[Sequence[float | None]] = (
            known.reference if known else repeat((None, None, None))
        )
        known_codes = reference_codes(encoder, texts)
        for (text, codes), own_readings in zip(
            zip(texts, known_codes, strict=True), readings, strict=False
        ):
            own = partial(_support, encoder, codes)
            questions = list(ask(text.asked))
            signals = [
                Signals(*pair) for pair in zip(pool.map(own, questions), own_readings, strict=True)
            ]
            progress.advance(len(text.questions))
            asking += questions[:-1]
            answered += signals[:-1]
            close.append(signals[-1])
        off = list(chain.from_iterable(counted(pool.map(partial(found, None), asking))))
        strangers = (
            list(chain.from_iterable(counted(pool.map(partial(found, reader), asking[::_READ]))))
            if reader
            else []
        )
        sentences = ask(question for _, question in held_out)
        passages = (passage for passage, _ in held_out)
        searches = pool.map(partial(found, None), sentences, passages)
        near = list(chain.from_iterable(counted(searches)))
        judging = counted(pool.map(partial(found, reader), ask(question for question, _ in judged)))
        told = [
            (value, right)
            for values, (_, right) in zip(judging, judged, strict=True)
            for value in values
        ]
    if len(off) < _LEAST:
        return None
    plain = Curve.fit(_samples(answered, off, near, told, _PLAIN), read=False)
    if plain is None:
        return None
    curve = None
    if known:
        answered += _paired(answered, known.answered)
        close += _paired(near, known.near)
        curve = Curve.fit(_samples(answered, strangers, close, told, _WITH_READER), read=True)
    return Calibration(
        plain=plain,
        read=curve,
        reader=reader.fingerprint if reader and curve else None,
        samples={
            "answered": len(asking),
            "off": len(off),
            "near": len(near),
            "judged": len(told),
        },
    )


def _paired(found: Sequence[Signals], readings: Sequence[float]) -> list[Signals]:
    """Return the same number of signals, with readings from other questions of the same truth.

    Among questions of the same truth, support here and the reader's score are assumed to be
    independent.
    """
    return [
        Signals(one.support, reading) for one, reading in zip(found, cycle(readings), strict=False)
    ]


def _samples(
    answered: Sequence[Signals],
    off: Sequence[Signals],
    near: Sequence[Signals],
    judged: Sequence[tuple[Signals, bool]],
    weights: tuple[float, float, float],
) -> list[Sample]:
    right, far, close = weights
    return [
        Sample("answered", answered, [True] * len(answered), right),
        Sample("off", off, [False] * len(off), far if len(near) else far + close),
        Sample("near", near, [False] * len(near), close),
        Sample(
            "judged",
            [value for value, _ in judged],
            [right for _, right in judged],
            len(judged) / _JUDGED,
        ),
    ]


def _ask(
    store: Store,
    encoder: Encoder,
    ranking: Ranking,
    encodings: Mapping[str, Encoded],
    question: str,
) -> _Question:
    encoded = encodings.get(question) or encoder.encode_question(question)
    asked = prepare(store, encoder.codec, encoded, store.analyzer.terms(question), ranking)
    return _Question(question, asked)


def _found(
    store: Store,
    encoder: Encoder,
    ranking: Ranking,
    reader: Reader | None,
    question: _Question,
    without: Sampled | None = None,
) -> list[Signals]:
    """Return the signals of the first result, if there is one; ``without`` is a passage to hold out.

    Three more groups are held out with it: the passages beside it, which may say the same; its copies;
    and passages with nearly the same terms, for texts of hundreds of lines in one form.
    """
    held_out: set[PassageId] = set()
    if without is not None:
        held_out = {without.id, *without.beside, *store.similar(without.id, _ALIKE)}
    ranked = rank(store, encoder.codec, question.asked, ranking, held_out=held_out)
    hits = ranked.hits
    if without is not None:
        hits = [hit for hit in hits if not _says_again(question.asked, ranked.counts(hit))]
    if not hits:
        return []
    support = hits[0].support or 0.0
    if reader is None:
        return [Signals(support)]
    passage = ranked.passage(hits[0])
    spans = [(start - passage.start, end - passage.start) for start, end in passage.sentences]
    return [Signals(support, best_reading(reader, question.text, passage.text, spans))]


def _says_again(asked: Asked, counts: NDArray[np.int32]) -> bool:
    held = zip(asked.terms, counts.tolist(), strict=True)
    said = sum(asked.ceiling(term) for term, count in held if count)
    return said >= _COPIED * asked.term_ceiling


def _support(encoder: Encoder, codes: NDArray[np.uint8], question: _Question) -> float:
    """Return the support of a text that is in no index, from the codes of its tokens."""
    whole = TokenCodes(codes, np.zeros(1, np.int64), np.zeros(len(codes), np.uint8))
    return float(late_scores(encoder.codec, question.asked, whole).support[0])


def _held_out(store: Store) -> list[tuple[Sampled, str]]:
    """Return passages spread over the index, each with one of its sentences cut to a question's length."""
    documents: dict[str, list[Sampled]] = {}
    for passage in store.sample(_LOOKED_AT):
        documents.setdefault(passage.document_id, []).append(passage)
    chosen: list[Sampled] = []
    groups = sorted(_spread(list(documents.values()), _HELD_OUT), key=len)
    for left, group in zip(range(len(groups), 0, -1), groups, strict=True):
        chosen += _spread(group, (_HELD_OUT - len(chosen)) // left)
    sentences = []
    for passage in sorted(chosen, key=lambda passage: passage.id):
        words = max(
            (passage.text[start:end].split() for start, end in passage.sentences),
            key=lambda words: min(len(words), _QUESTION_WORDS),
            default=[],
        )
        if len(words) >= _QUESTION_WORDS // 2:
            sentences.append((passage, " ".join(words[:_QUESTION_WORDS])))
    return sentences


def _spread(things: Sequence[_T], most: int) -> list[_T]:
    """Return at most ``most`` things, as far apart as possible."""
    return [things[place] for place in spread(len(things), most)]
