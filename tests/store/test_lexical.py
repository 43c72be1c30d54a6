"""BM25 against bm25s, an independent implementation of the same variant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.store.bm25 import Bm25, idf
from tests.store.lexical import lexical_index

_WORDS = st.sampled_from([f"w{n}" for n in range(12)])
_CORPORA = st.lists(st.lists(_WORDS, max_size=12), min_size=1, max_size=15).filter(any)


def oracle(corpus: Sequence[Sequence[str]], question: Sequence[str], *, k1: float, b: float) -> Any:
    """Return bm25s's scores.

    Its Lucene variant leaves out the factor (k1 + 1) of Robertson's formula, as Lucene does since
    version 8: the same for every term and passage, it changes no ranking. It is put back.
    """
    import bm25s

    model = bm25s.BM25(k1=k1, b=b, method="lucene")
    model.index([list(terms) for terms in corpus], show_progress=False)
    known = [term for term in question if any(term in terms for terms in corpus)]
    if not known:
        return np.zeros(len(corpus))
    return model.get_scores(known) * (k1 + 1)


@given(
    _CORPORA, st.lists(_WORDS, max_size=6), st.sampled_from([(1.2, 0.75), (0.9, 0.4), (2.0, 0.0)])
)
def test_scores_are_those_of_bm25s(
    corpus: list[list[str]], question: list[str], constants: tuple[float, float]
) -> None:
    k1, b = constants
    index = lexical_index(corpus, Bm25(k1, b))
    np.testing.assert_allclose(
        index.scores(question), oracle(corpus, question, k1=k1, b=b), rtol=1e-4, atol=1e-6
    )


def test_scores_of_a_corpus_computed_by_hand() -> None:
    corpus = [["a", "a", "b"], ["b"], ["c", "c", "c", "c"]]
    index = lexical_index(corpus, Bm25(k1=1.2, b=0.75))
    # 8 terms in 3 passages; "a" stands in one of them, twice among three terms.
    weight = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    norm = 1.2 * (1 - 0.75 + 0.75 * 3 / (8 / 3))
    expected = weight * 2 * 2.2 / (2 + norm)
    np.testing.assert_allclose(index.scores(["a"]), [expected, 0, 0], rtol=1e-6)
    # A term that is asked twice counts twice; one that is not there counts nothing.
    np.testing.assert_allclose(index.scores(["a", "x", "a"]), [2 * expected, 0, 0], rtol=1e-6)
    assert index.scores([]).tolist() == [0, 0, 0]


@given(_CORPORA)
def test_postings_add_up_to_the_scores(corpus: list[list[str]]) -> None:
    index = lexical_index(corpus, Bm25())
    assert list(index.terms) == sorted({term for terms in corpus for term in terms})
    for term in (*index.terms, "unknown"):
        rows, impacts = index.postings(term)
        assert rows.tolist() == [row for row, terms in enumerate(corpus) if term in terms]
        total = np.zeros(len(corpus), np.float32)
        total[rows] = impacts
        np.testing.assert_array_equal(total, index.scores([term]))
        # No passage gets more of a term than its ceiling.
        assert (impacts > 0).all()
        assert (impacts < Bm25().ceiling(len(rows), len(corpus))).all()


def test_a_rarer_term_has_a_higher_ceiling() -> None:
    ceilings = [Bm25().ceiling(held, 4) for held in (4, 2, 1, 0)]
    assert ceilings == sorted(ceilings) and ceilings[0] > 0


def test_idf_is_never_negative() -> None:
    values = idf(np.arange(101), 100)
    assert (values >= 0).all()
    assert (np.diff(values) < 0).all()
    assert values[1] == pytest.approx(math.log(1 + 99.5 / 1.5))


@pytest.mark.parametrize("corpus", [[], [[]], [[], ["a"]]])
def test_nothing_to_index(corpus: list[list[str]]) -> None:
    index = lexical_index(corpus, Bm25())
    assert index.scores(["a", "b"]).shape == (len(corpus),)
    assert np.isfinite(index.scores(["a", "b"])).all()
