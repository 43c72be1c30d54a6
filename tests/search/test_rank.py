"""Ranking against the same thing computed one number at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.encode import Encoded
from qa.engine import Engine
from qa.records import Filters
from qa.search.rank import Asked, Ranking, late_scores, prepare, rank
from qa.store import CONTEXT, Generation, IndexFolder, TokenCodes
from tests.conftest import Build
from tests.fake import FakeEncoder

WORDS = (
    "harbour bridge steamer crowns night river owls voles bees hives crane dockers valley ferry the a "
    "of in cow sheep zzz"
).split()


@pytest.fixture(scope="module")
def store(index: Path) -> Generation:
    return IndexFolder(index).open().generation


def asked_for(store: Generation, encoder: FakeEncoder, question: str, ranking: Ranking) -> Asked:
    terms = [term for _, term in store.terms(question)]
    return prepare(store, encoder.codec, encoder.encode_question(question), terms, ranking)


def naive_sentence(
    store: Generation, encoder: FakeEncoder, question: Encoded, row: int, power: float
) -> float:
    """Return the best late score of one sentence, by loops."""
    encoded = store.encoded_passage(row)
    tokens = encoder.codec.decode(encoded.codes)
    numbers = encoded.sentences.tolist()
    return max(
        (
            naive_late(store, encoder, question, tokens[[n == number for n in numbers]], power)
            for number in set(numbers) - {CONTEXT}
        ),
        default=0.0,
    )


def naive_late(
    store: Generation,
    encoder: FakeEncoder,
    question: Encoded,
    row: int | NDArray[np.float32],
    power: float,
) -> float:
    """Return the weighted mean of the best cosine of each question token, by loops."""
    tokens = encoder.codec.decode(store.encoded_passage(row).codes) if isinstance(row, int) else row
    weights = [float(w) ** power for w in store.token_weights(question.ids)]
    if not len(tokens) or not sum(weights):
        return 0.0
    total = 0.0
    for weight, token in zip(weights, question.tokens, strict=True):
        total += weight * max(float(token @ other) for other in tokens)
    return total / sum(weights)


def naive_rank(
    store: Generation, encoder: FakeEncoder, text: str, ranking: Ranking, allowed: Sequence[bool]
) -> list[tuple[int, float]]:
    """Return (row, score) of the candidates, best first, by loops."""
    question = encoder.encode_question(text)
    terms = list(dict.fromkeys(term for _, term in store.terms(text)))
    rows = [row for row in range(store.info.passages) if allowed[row]]
    cosine = {row: float(store.dense.vectors[row] @ question.vector) for row in rows}
    lexical = {row: math.fsum(store.term_share(term, row) for term in terms) for row in rows}
    dense = sorted(rows, key=lambda row: (-round(cosine[row], 6), row))[: ranking.depth]
    matching = sorted(
        (row for row in rows if lexical[row] > 0), key=lambda row: (-round(lexical[row], 5), row)
    )[: ranking.depth]
    fused: dict[int, float] = {}
    for ranked in (dense, matching):
        for place, row in enumerate(ranked, start=1):
            fused[row] = fused.get(row, 0.0) + 1 / (ranking.rrf + place)
    candidates = sorted(fused, key=lambda row: (-fused[row], row))[: ranking.candidates]
    ceiling = sum(store.term_weight(term) for term in terms)
    scored = []
    for row in candidates:
        share = lexical[row] / ceiling if ceiling else 0.0
        late = naive_late(store, encoder, question, row, ranking.idf_power)
        sentence = naive_sentence(store, encoder, question, row, ranking.idf_power)
        parts = ranking.dense * cosine[row] + ranking.lexical * share
        parts += ranking.late * late + ranking.sentence * sentence
        weights = ranking.dense + ranking.lexical + ranking.late + ranking.sentence
        scored.append((row, parts / weights))
    return sorted(scored, key=lambda pair: -pair[1])


_QUESTIONS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
_RANKINGS = st.sampled_from(
    [
        Ranking(),
        Ranking(depth=3, candidates=4),
        Ranking(depth=2, candidates=10, rrf=60, dense=1.0, lexical=0.0, late=0.0, sentence=0),
        Ranking(dense=0.0, lexical=1.0, late=0.0, sentence=0.0),
        Ranking(dense=0.0, lexical=0.0, late=2.0, sentence=0.0, idf_power=1.0),
        Ranking(dense=0.0, lexical=0.0, late=0.0, sentence=1.0),
        Ranking(idf_power=0.0),
    ]
)


@given(_QUESTIONS, _RANKINGS, st.none() | st.integers(0, 2**11 - 1))
def test_ranking_is_what_it_says(
    store: Generation, encoder: FakeEncoder, question: str, ranking: Ranking, mask: int | None
) -> None:
    count = store.info.passages
    kept = [mask is None or bool(mask >> row & 1) for row in range(count)]
    allowed = None if mask is None else np.array(kept)
    asked = asked_for(store, encoder, question, ranking)
    hits = rank(store, encoder.codec, asked, ranking, allowed=allowed)
    expected = naive_rank(store, encoder, question, ranking, kept)
    assert {hit.row for hit in hits} == {row for row, _ in expected}
    scores = dict(expected)
    for hit in hits:
        assert hit.score == pytest.approx(scores[hit.row], abs=2e-5)
        assert kept[hit.row]
    # Best first, ties by row.
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.row))


def naive_support(
    store: Generation, encoder: FakeEncoder, question: Encoded, row: int, power: float
) -> float:
    """Return the mean of the late score and the match that a quarter of the weight reaches."""
    tokens = encoder.codec.decode(store.encoded_passage(row).codes)
    weights = [float(w) ** power for w in store.token_weights(question.ids)]
    if not len(tokens) or not sum(weights):
        return 0.0
    matches = [max(float(token @ other) for other in tokens) for token in question.tokens]
    ordered = sorted(zip(matches, weights, strict=True))
    reached = accumulate(weight / sum(weights) for _, weight in ordered)
    place = next(n for n, share in enumerate(reached) if share >= 0.25 - 1e-6)
    return (naive_late(store, encoder, question, row, power) + ordered[place][0]) / 2


@given(_QUESTIONS)
def test_late_scores(store: Generation, encoder: FakeEncoder, question: str) -> None:
    ranking = Ranking()
    asked = asked_for(store, encoder, question, ranking)
    rows = np.array([4, 0, 4, 2])
    codes = store.token_codes(rows)
    scores = late_scores(encoder.codec, asked, codes)
    encoded = encoder.encode_question(question)
    for found, naive in (
        (scores.late, naive_late),
        (scores.sentence, naive_sentence),
        (scores.support, naive_support),
    ):
        expected = [naive(store, encoder, encoded, int(row), ranking.idf_power) for row in rows]
        np.testing.assert_allclose(found, expected, atol=1e-5)
    # The best sentence alone, taken for a passage, has that score.
    ends = [*codes.starts[1:], len(codes.codes)]
    for n, (start, end) in enumerate(zip(codes.starts, ends, strict=True)):
        if scores.best[n] < 0:
            continue
        kept = np.flatnonzero(codes.sentences[start:end] == scores.best[n]) + start
        alone = TokenCodes(codes.codes[kept], np.array([0]), codes.sentences[kept])
        again = late_scores(encoder.codec, asked, alone)
        assert again.late[0] == pytest.approx(scores.sentence[n], abs=1e-6)


def test_passages_without_tokens_and_questions_without_any(
    store: Generation, encoder: FakeEncoder
) -> None:
    asked = asked_for(store, encoder, "the harbour", Ranking())
    codes = store.token_codes(np.array([1, 2]))
    # A passage of no tokens between two, and at the end.
    first = int(codes.starts[1])
    gaps = codes._replace(starts=np.array([0, first, first, len(codes.codes)]))
    whole = late_scores(encoder.codec, asked, codes)
    for found, expected in zip(late_scores(encoder.codec, asked, gaps), whole, strict=True):
        assert set(found[[1, 3]].tolist()) in ({0}, {-1})
        np.testing.assert_allclose(found[[0, 2]], expected, atol=1e-6)
    nothing = store.token_codes(np.empty(0, np.int64))
    assert [len(found) for found in late_scores(encoder.codec, asked, nothing)] == [0, 0, 0, 0]
    silent = asked_for(store, encoder, " ", Ranking())
    assert np.stack(late_scores(encoder.codec, silent, codes)).tolist() == [
        [0, 0],
        [0, 0],
        [-1, -1],
        [0, 0],
    ]


def test_neighbouring_passages_have_sentences_of_their_own(encoder: FakeEncoder) -> None:
    # The last sentence of the first and the first one of the second have the same number.
    question = encoder.encode_question("harbour bridge")
    tokens = np.stack([encoder.encode_question(w).tokens[0] for w in ("harbour", "bridge")])
    codes = TokenCodes(encoder.codec.encode(tokens), np.array([0, 1]), np.array([0, 0], np.uint8))
    weights = np.array([0.5, 0.5], np.float32)
    asked = Asked(question.vector, encoder.codec.project(question.tokens), (), 0.0, weights)
    late, sentence, best, _ = late_scores(encoder.codec, asked, codes)
    np.testing.assert_allclose(late, sentence)
    assert best.tolist() == [0, 0]
    context = codes._replace(sentences=np.array([CONTEXT, 0], np.uint8))
    scores = late_scores(encoder.codec, asked, context)
    np.testing.assert_allclose(scores.sentence, [0, sentence[1]])
    assert scores.best.tolist() == [-1, 0]


def test_a_question_of_tokens_that_every_passage_has(tmp_path: Path, build: Build) -> None:
    # Their weights are nearly nothing, and nothing is divided by zero.
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("It is.")
    build(texts, tmp_path / "index")
    encoder = FakeEncoder()
    engine = Engine(store=IndexFolder(tmp_path / "index").open().generation, encoder=encoder)
    for question in ("it is", "?", "unheard of"):
        (hit,) = engine.rank(question, depth=5)
        assert math.isfinite(hit.score)


def test_prepare(store: Generation, encoder: FakeEncoder) -> None:
    text = "harbour harbour of the steamer zzz"
    asked = asked_for(store, encoder, text, Ranking())
    assert asked.terms == ("harbour", "steamer", "zzz")
    assert asked.term_ceiling == pytest.approx(sum(map(store.term_weight, asked.terms)))
    assert asked.token_weights.sum() == pytest.approx(1)
    ids = encoder.encode_question(text).ids
    plain = np.asarray([float(w) for w in store.token_weights(ids)])
    np.testing.assert_allclose(asked.token_weights, plain / plain.sum(), rtol=1e-5)
    assert asked.token_weights[-1] == asked.token_weights.max()  # the rarest


def test_a_filter_leaves_scores_as_they_are(engine: Engine) -> None:
    everything = {hit.row: hit for hit in engine.rank("the bridge in the night", depth=50)}
    filters = Filters(source=("*bridge*",))
    allowed = engine.store.allowed(filters).rows
    assert allowed is not None
    hits = engine.rank("the bridge in the night", depth=50, filters=filters)
    assert {hit.row for hit in hits} == set(np.flatnonzero(allowed).tolist())
    for hit in hits:
        assert hit.score == pytest.approx(everything[hit.row].score, abs=2e-5)
    assert engine.rank("bridge", depth=50, filters=Filters(source=("nowhere",))) == []


def copies(tmp_path: Path, build: Build) -> Engine:
    """An engine on many documents of two texts, in turns, and one of another."""
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in range(120):
        words = (
            "The harbour was dug by dockers." if number % 2 else "The harbour was a swamp before."
        )
        (texts / f"{number:03}.txt").write_text(f"{words}\n")
    (texts / "zz.txt").write_text("Owls hunt voles.\n")
    build(texts, tmp_path / "index")
    return Engine(store=IndexFolder(tmp_path / "index").open().generation, encoder=FakeEncoder())


def test_ties_are_broken_by_row_and_depth_is_kept(tmp_path: Path, build: Build) -> None:
    engine = copies(tmp_path, build)
    question = "Who dug the harbour, the dockers?"
    ranked = Ranking().candidates
    best = engine.rank(question, depth=ranked)
    assert [hit.row for hit in best] == [n for n in range(120) if n % 2][:ranked]
    assert len({hit.score for hit in best}) == 1
    for depth in (1, ranked - 1, ranked + 1, 100, 119, 121, 500):
        hits = engine.rank(question, depth=depth)
        assert len(hits) == min(depth, 121)
        assert len({hit.row for hit in hits}) == len(hits)
        assert [hit.row for hit in hits[:ranked]] == [hit.row for hit in best[:depth]]
        assert all(one.score >= other.score for one, other in zip(hits, hits[1:], strict=False))
        # Those below the candidates have places and no scores of the stages.
        assert {hit.late is None for hit in hits[ranked:]} <= {True}
        assert {hit.late is None for hit in hits[:ranked]} == {False}


def test_a_hit_says_what_placed_it(engine: Engine, store: Generation, encoder: FakeEncoder) -> None:
    question = "What does a steamer pay?"
    hit = engine.rank(question, depth=1)[0]
    encoded = encoder.encode_question(question)
    assert hit.dense == pytest.approx(
        float(store.dense.vectors[hit.row] @ encoded.vector), abs=1e-6
    )
    terms = {term for _, term in store.terms(question)}
    assert hit.lexical == pytest.approx(
        sum(store.term_share(term, hit.row) for term in terms), rel=1e-5
    )
    late = naive_late(store, encoder, encoded, hit.row, Ranking().idf_power)
    assert hit.late == pytest.approx(late, abs=1e-5)
    sentence = naive_sentence(store, encoder, encoded, hit.row, Ranking().idf_power)
    assert hit.sentence == pytest.approx(sentence, abs=1e-5)
