"""Figures of confidence and verdicts: told apart, wrong among answered, said to be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from asking import Asked, Bench, Line, curve_of, spans_of, verdict_at
from scoring import (
    cut,
    less,
    mean_statistic,
    of_pairs,
    partner_of,
    strangers,
    within_pairs,
)

from qa.build.passages import Splitting, split
from qa.encode import Piece
from qa.engine import Engine
from qa.errors import QaError
from qa.evaluate.corpora import make_row_document
from qa.evaluate.datasets import Row
from qa.evaluate.measures import auroc_statistic, figure, mean_of, ratio_of
from qa.evaluate.spans import RESULTS
from qa.evaluate.verdicts import wrong_at
from qa.read import best_reading, windows
from qa.search.confidence import Signals
from qa.search.rank import Asked as Prepared
from qa.search.rank import late_scores, prepare, rank
from qa.search.results import Excerpt, make_results
from qa.settings import Settings
from qa.store import TokenCodes
from qa.text.sentences import sentence_spans

DRAWS, SEED = 3, 20
"""How often a control draws other windows, and the seed of the first draw."""
COVERAGES = (25, 50, 70, 80)
MAX_WRONG = (10, 20, 30)
_DRIFT = 0.005


# --- the sample archive, and the control ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """What a question found first: its support, and the windows that a reader reads for its verdict.

    Those of what stands first, and those of what ranking had put first, where it is another excerpt.
    """

    asked: Asked
    support: float
    windows: tuple[tuple[str, ...], ...]


def auroc(bench: Bench) -> Iterator[Line]:
    """How well confidence tells what the sample archive answers, and what the form alone gives."""
    controls = _controls(bench)
    own = {asked.id: asked.confidence for asked in bench.seeds}
    answerable = [asked.id for asked in bench.seeds if asked.answerable]
    for kind in ("near", "paired", "off"):
        others = [asked.id for asked in bench.seeds if asked.kind == kind]
        n = len(answerable) + len(others)

        def area(
            confidence: dict[str, float], others: Sequence[str] = tuple(others)
        ) -> Callable[..., np.ndarray]:
            return auroc_statistic(
                [confidence[a] for a in answerable], [confidence[o] for o in others]
            )

        if not answerable or not others:
            continue
        ours, theirs = area(own), mean_statistic([area(control) for control in controls])
        yield Line(f"auroc.{kind}", f"AUROC, {kind} ({len(others)})", figure(ours, n))
        yield Line(f"auroc.{kind}.control", "  windows of another question", figure(theirs, n))
        yield Line(f"auroc.{kind}.gain", "  difference", figure(less(ours, theirs), n))
    pairs = [
        (partner_of(asked.id), asked.id)
        for asked in bench.seeds
        if asked.kind == "paired" and partner_of(asked.id) in own
    ]
    ours_each = _pairs(own, pairs)
    theirs_each = np.mean([_pairs(control, pairs) for control in controls], axis=0)
    yield Line("pairs", f"answerable one of a pair higher ({len(pairs)})", mean_of(ours_each))
    yield Line("pairs.control", "  windows of another question", mean_of(theirs_each.tolist()))
    yield Line(
        "pairs.gain", "  difference", mean_of((np.asarray(ours_each) - theirs_each).tolist())
    )


def _pairs(confidence: dict[str, float], pairs: Sequence[tuple[str, str]]) -> list[float]:
    return within_pairs([(confidence[first], confidence[second]) for first, second in pairs])


def _controls(bench: Bench) -> list[dict[str, float]]:
    """Return each question's confidence where the reader reads another question's windows, by draw.

    Support stays its own. Raises QaError where what is computed here is not what the engine does.
    """
    engine = bench.seeds_engine
    assert engine.reader is not None
    curve = curve_of(engine)
    bench.progress.say("reading windows of other questions")
    found = [one for asked in bench.seeds if (one := _first(engine, asked)) is not None]

    def confidence(one: _Found, groups: Sequence[Sequence[str]]) -> float:
        assert engine.reader is not None
        question = one.asked.answer.searched
        best = [
            max(reading.score for reading in engine.reader.read(question, texts))
            for texts in groups
            if texts
        ]
        return curve.confidence(Signals(one.support, sum(best) / len(best) if best else None))

    drift = [abs(confidence(one, one.windows) - one.asked.confidence) for one in found[::10]]
    if np.median(drift) > _DRIFT:
        raise QaError(
            f"the engine's confidence is another one by {np.median(drift):.3f}: mend _first"
        )
    draws = []
    for draw in range(DRAWS):
        others = strangers([one.windows for one in found], SEED + draw)
        drawn = {asked.id: asked.confidence for asked in bench.seeds}
        for one, other in zip(found, others, strict=True):
            drawn[one.asked.id] = confidence(one, found[other].windows)
        draws.append(drawn)
    return draws


def _first(engine: Engine, asked: Asked) -> _Found | None:
    """Return what a question found first, as ``Engine.ask`` comes to it."""
    if asked.first is None:
        return None
    prepared = _prepared(engine, asked.answer.searched)
    ranked = rank(engine.store, engine.encoder.codec, prepared, engine.ranking)
    excerpts = make_results(engine.encoder.codec, prepared, ranked, RESULTS)
    for excerpt in excerpts:
        if excerpt.result.citation.id == asked.first.citation.id:
            read = dict.fromkeys((_windows(excerpt), _windows(excerpts[0])))
            return _Found(asked, excerpt.support, tuple(read))
    raise QaError(f"the engine's first result for {asked.id} is not found: mend _first")


def _windows(excerpt: Excerpt) -> tuple[str, ...]:
    text = excerpt.result.excerpt
    return tuple(text[w.start : w.end] for w in windows(excerpt.sentences))


def _prepared(engine: Engine, text: str) -> Prepared:
    terms = engine.store.analyzer.terms(text)
    encoded = engine.encoder.encode_question(text)
    return prepare(engine.store, engine.encoder.codec, encoded, terms, engine.ranking)


# --- XQuAD: a paragraph whole and cut --------------------------------------------------------


def whole_and_cut(bench: Bench) -> Iterator[Line]:
    """The same question, its paragraph whole against what is left without the answering sentences."""
    engine = bench.xquad_engine
    curve, texts = curve_of(engine), {row.id: row for row in bench.xquad_set.rows}
    bench.progress.say(f"reading {len(bench.xquad_answers):,} paragraphs whole and cut")
    whole: list[Signals] = []
    without: list[Signals] = []
    for name, judged in bench.xquad_answers.items():
        row = texts[str(judged["doc"])]
        left = cut(row.text, sentence_spans(row.text), spans_of(judged))
        if not left.strip():  # nothing is left of it
            continue
        question = bench.xquad_set.queries[name]
        whole.append(signals_of(engine, question, row))
        without.append(signals_of(engine, question, Row(row.id, row.title, left)))
    n = len(whole)
    for key, text, of in (
        ("cut", f"XQuAD, whole against cut, confidence, AUROC ({n:,} pairs)", curve.confidence),
        ("cut.reading", "  reading alone", lambda found: found.reading or 0.0),
        ("cut.support", "  support alone", lambda found: found.support),
    ):
        first, second = [of(found) for found in whole], [of(found) for found in without]
        yield Line(key, text, figure(of_pairs(auroc_statistic(first, second)), n))
        pairs = within_pairs(list(zip(first, second, strict=True)))
        yield Line(f"{key}.within", "    share of pairs, whole higher", mean_of(pairs))


def signals_of(engine: Engine, question: str, row: Row) -> Signals:
    """Return how a text is matched and read: the best support of its passages, the best reading."""
    document = make_row_document(row)
    assert document is not None and engine.reader is not None
    encoder, settings = engine.encoder, Settings()
    splitting = Splitting(
        max_chars=settings.passage_chars, max_tokens=encoder.max_tokens, overlap=settings.overlap
    )
    passages = split(document, splitting, encoder.token_starts)
    codes = [
        encoder.codec.encode(encoded.tokens)
        for encoded in encoder.encode_passages([Piece(p.context, p.text) for p in passages])
    ]
    starts = np.cumsum([0, *map(len, codes)])[:-1].astype(np.int64)
    joined = np.concatenate(codes)
    tokens = TokenCodes(joined, starts, np.zeros(len(joined), np.uint8))
    support = late_scores(encoder.codec, _prepared(engine, question), tokens).support
    read = best_reading(engine.reader, question, row.text, sentence_spans(row.text))
    return Signals(float(support.max()), read)


# --- wrong among the answers -----------------------------------------------------------------


def coverage(bench: Bench) -> Iterator[Line]:
    """Of a hundred answers wrong, the surest so many of a hundred questions answered."""
    known = _counted(bench)
    confidences, wrong = [a.confidence for a in known], [not a.right for a in known]
    for percent in COVERAGES:
        share = figure(wrong_at(confidences, wrong, percent / 100), len(known))
        yield Line(f"wrong_at.{percent}", f"seeds, wrong at {percent}% coverage", share)


def _counted(bench: Bench) -> list[Asked]:
    """Return what ``qa eval`` counts of the sample archive: answerable, near, off topic."""
    return [asked for asked in bench.seeds if asked.kind != "paired"]


def honest(bench: Bench) -> Iterator[Line]:
    """Wrong among answered against the setting, unsure, and right first in each band, by archive."""
    yield from _honest("seeds", bench.seeds_engine, _counted(bench))
    yield from _honest("xquad", bench.xquad_engine, bench.xquad_half)
    yield from _honest("reading", *bench.kept_back)


def _honest(name: str, engine: Engine, known: Sequence[Asked]) -> Iterator[Line]:
    for setting in MAX_WRONG:
        answered = [verdict_at(engine, asked, setting) == "answered" for asked in known]
        wrong = [a and not asked.right for a, asked in zip(answered, known, strict=True)]
        share = ratio_of(wrong, answered)
        yield Line(
            f"wrong.{name}.{setting}", f"{name}, wrong of answered, max_wrong {setting}", share
        )
    for band in ("answered", "unsure", "not_found"):
        within = [asked.answer.verdict == band for asked in known]
        yield Line(f"share.{name}.{band}", f"{name}, {band}", mean_of(within))
        right = [w and asked.right for w, asked in zip(within, known, strict=True)]
        yield Line(f"right.{name}.{band}", "  of these right first", ratio_of(right, within))


def lost(bench: Bench) -> Iterator[Line]:
    """Right first, and called not found all the same."""
    right = bench.right_bare
    missed = mean_of([asked.answer.verdict == "not_found" for asked in right])
    yield Line("not_found.bare", "seeds, right first and called not_found", missed)
