"""Postings sorted on the disk against a plain count, taken over in part or not at all."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.store.bm25 import Bm25
from qa.store.files import postings
from qa.store.files.lexical import LexicalIndex
from qa.store.files.postings import PostingsWriter
from tests.store.lexical import files_of, lexical_index, read_files

_WORDS = st.sampled_from(["a", "b", "ba", "c", "é", "\ud800x", "common"])
_PASSAGE = st.lists(_WORDS, max_size=8)
_CORPORA = st.lists(_PASSAGE, max_size=12)


@pytest.fixture(autouse=True, params=[1, 3, 1 << 18])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many runs and many blocks, or one of each."""
    monkeypatch.setattr(postings, "_AT_ONCE", request.param)


def check(index: LexicalIndex, corpus: Sequence[Sequence[str]]) -> None:
    """Compare an index with what its passages hold."""
    counts = [Counter(terms) for terms in corpus]
    assert list(index.terms) == sorted({term for terms in corpus for term in terms})
    assert index.lengths.tolist() == [len(terms) for terms in corpus]
    for number, term in enumerate(index.terms):
        part = slice(index.starts[number], index.starts[number + 1])
        expected = [(row, found[term]) for row, found in enumerate(counts) if term in found]
        assert list(zip(index.rows[part], index.counts[part], strict=True)) == expected
    assert len(index.rows) == len(index.counts) == len(index.impacts) == sum(map(len, counts))


@given(_CORPORA)
def test_every_term_has_its_passages(corpus: list[list[str]]) -> None:
    check(lexical_index(corpus, Bm25()), corpus)


@pytest.mark.slow
@given(_CORPORA.filter(bool), st.data())
def test_what_is_taken_over_is_as_if_it_had_been_added(
    corpus: list[list[str]], data: st.DataObject
) -> None:
    before = lexical_index(corpus, Bm25())
    rows = st.integers(0, len(corpus))
    # Each passage at most once, in any order, with new ones between.
    edges = sorted(data.draw(st.lists(rows, min_size=2, max_size=6)))
    parts = data.draw(st.permutations(list(zip(edges, edges[1:], strict=False))[::2]))
    whole: list[list[str]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(PostingsWriter(Path(folder), Bm25())) as writer,
    ):
        for first, last in parts:
            for terms in data.draw(st.lists(_PASSAGE, max_size=2)):
                writer.add(terms)
                whole.append(terms)
            writer.keep(before, first, last)
            whole += corpus[first:last]
        index = read_files(files_of(writer))
        assert list(Path(folder).iterdir()) == []  # what waits there has no name
    check(index, whole)
    fresh = lexical_index(whole, Bm25())
    np.testing.assert_array_equal(index.impacts, fresh.impacts)
