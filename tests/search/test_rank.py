"""Ranking against the same thing computed one number at a time."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.engine import Engine
from qa.records import Filters, PassageId
from qa.search.rank import Asked, Ranking, late_scores, prepare, rank
from qa.store import CONTEXT, Bm25, Generation, IndexFolder, Statistics, TokenCodes
from tests.conftest import Build
from tests.fake import FakeEncoder
from tests.store.oracle import Oracle
from tests.store.reads import ids_of

WORDS = (
    "harbour bridge steamer crowns night river owls voles bees hives crane dockers valley ferry the a "
    "of in cow sheep zzz"
).split()


@pytest.fixture(scope="module")
def store(index: Path) -> Generation:
    return IndexFolder(index).open().generation


def asked_for(store: Generation, encoder: FakeEncoder, question: str, ranking: Ranking) -> Asked:
    terms = store.analyzer.terms(question)
    return prepare(store, encoder.codec, encoder.encode_question(question), terms, ranking)


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


@pytest.mark.slow
@given(_QUESTIONS, _RANKINGS, st.none() | st.integers(0, 2**11 - 1))
def test_ranking_is_what_it_says(
    store: Generation, encoder: FakeEncoder, question: str, ranking: Ranking, mask: int | None
) -> None:
    oracle = Oracle(store, encoder, question, ranking)
    kept = [id for n, id in enumerate(oracle.ids) if mask is None or mask >> n & 1]
    asked = asked_for(store, encoder, question, ranking)
    held_out = set(oracle.ids) - set(kept)
    hits = rank(store, encoder.codec, asked, ranking, held_out=held_out).hits
    expected = oracle.rank(kept)
    assert {hit.id for hit in hits} == set(expected)
    for hit in hits:
        assert hit.score == pytest.approx(expected[hit.id], abs=2e-5)
        assert hit.id not in held_out
    # Best first, ties by id.
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.id))


@pytest.mark.slow
@given(_QUESTIONS)
def test_late_scores(store: Generation, encoder: FakeEncoder, question: str) -> None:
    oracle = Oracle(store, encoder, question, Ranking())
    asked = asked_for(store, encoder, question, Ranking())
    ids = [oracle.ids[row] for row in (4, 0, 4, 2)]
    codes = store.fetch(ids, ()).tokens
    scores = late_scores(encoder.codec, asked, codes)
    for found, naive in (
        (scores.late, [oracle.scores[id].late for id in ids]),
        (scores.sentence, [oracle.scores[id].sentence for id in ids]),
        (scores.support, [oracle.scores[id].support for id in ids]),
    ):
        np.testing.assert_allclose(found, naive, atol=1e-5)
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
    codes = store.fetch(ids_of(store)[1:3], ()).tokens
    # A passage of no tokens between two, and at the end.
    first = int(codes.starts[1])
    gaps = codes._replace(starts=np.array([0, first, first, len(codes.codes)]))
    whole = late_scores(encoder.codec, asked, codes)
    for found, expected in zip(late_scores(encoder.codec, asked, gaps), whole, strict=True):
        assert set(found[[1, 3]].tolist()) in ({0}, {-1})
        np.testing.assert_allclose(found[[0, 2]], expected, atol=1e-6)
    nothing = store.fetch([], ()).tokens
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
    asked = Asked(
        vector=question.vector,
        tokens=encoder.codec.project(question.tokens),
        token_weights=weights,
        terms=(),
        term_weights=np.empty(0),
        term_ceiling=0.0,
        bm25=Bm25(),
        statistics=Statistics(2, 1.0, {}, np.ones(2, np.int64), frozenset()),
    )
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
    oracle = Oracle(store, encoder, text, Ranking())
    assert asked.term_ceiling == pytest.approx(oracle.ceiling)
    assert asked.token_weights.sum() == pytest.approx(1)
    ids = encoder.encode_question(text).ids
    told = store.statistics((), ids)
    plain = np.log(1 + (told.passages - told.tokens + 0.5) / (told.tokens + 0.5))
    np.testing.assert_allclose(asked.token_weights, plain / plain.sum(), rtol=1e-5)
    assert asked.token_weights[-1] == asked.token_weights.max()  # the rarest


def test_a_filter_leaves_scores_as_they_are(engine: Engine) -> None:
    everything = {hit.id: hit for hit in engine.rank("the bridge in the night", depth=50)}
    filters = Filters(source=("*bridge*",))
    hits = engine.rank("the bridge in the night", depth=50, filters=filters)
    assert [hit.id for hit in sorted(hits, key=lambda hit: hit.id)] == [
        id for id in ids_of(engine.store) if "bridge" in id.source
    ]
    for hit in hits:
        assert hit.score == pytest.approx(everything[hit.id].score, abs=2e-5)
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


def test_ties_are_broken_by_id_and_depth_is_kept(tmp_path: Path, build: Build) -> None:
    engine = copies(tmp_path, build)
    question = "Who dug the harbour, the dockers?"
    ranked = Ranking().candidates
    best = engine.rank(question, depth=ranked)
    dug = [PassageId(f"{n:03}.txt", 0) for n in range(120) if n % 2]
    assert [hit.id for hit in best] == dug[:ranked]
    assert len({hit.score for hit in best}) == 1
    for depth in (1, ranked - 1, ranked + 1, 100, 119, 121, 500):
        hits = engine.rank(question, depth=depth)
        assert len(hits) == min(depth, 121)
        assert len({hit.id for hit in hits}) == len(hits)
        assert [hit.id for hit in hits[:ranked]] == [hit.id for hit in best[:depth]]
        assert all(one.score >= other.score for one, other in zip(hits, hits[1:], strict=False))
        # Those below the candidates have places and no scores of the stages.
        assert {hit.late is None for hit in hits[ranked:]} <= {True}
        assert {hit.late is None for hit in hits[:ranked]} == {False}


def test_a_hit_says_what_placed_it(engine: Engine, store: Generation, encoder: FakeEncoder) -> None:
    question = "What does a steamer pay?"
    hit = engine.rank(question, depth=1)[0]
    scores = Oracle(store, encoder, question, Ranking()).scores[hit.id]
    assert hit.dense == pytest.approx(scores.dense, abs=1e-6)
    assert hit.lexical == pytest.approx(scores.lexical, rel=1e-5)
    assert hit.late == pytest.approx(scores.late, abs=1e-5)
    assert hit.sentence == pytest.approx(scores.sentence, abs=1e-5)
    assert hit.support == pytest.approx(scores.support, abs=1e-5)
