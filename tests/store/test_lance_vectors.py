"""The index of the vectors: made of many passages, measured, searched without reading a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.errors import IndexDamagedError
from qa.store import Query
from qa.store.lance import LanceIndex, vectors
from qa.store.lance.generation import LanceGeneration
from qa.store.lance.vectors import RowIds, VectorIndex, nearest, recall, steps
from tests.store.contract import archive, build, copies
from tests.store.lance import lance_index

pytestmark = pytest.mark.slow


def unit(count: int, seed: int = 1) -> Any:
    made = np.random.default_rng(seed).standard_normal((count, 32)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def opened(index: LanceIndex) -> LanceGeneration:
    store = index.open().store
    assert isinstance(store, LanceGeneration)
    return store


# --- parts ---------------------------------------------------------------------------------------


def test_ids_of_the_engine_are_numbers_of_rows_and_none_else() -> None:
    ids = RowIds([(1 << 32, 3, 2), (0, 0, 3), (5 << 32, 5, 4)])
    wanted = np.asarray([0, 2, 1 << 32, (1 << 32) + 1, (5 << 32) + 3], np.uint64)
    assert ids.rows(wanted).tolist() == [0, 2, 3, 4, 8]
    assert ids.rows(np.empty(0, np.uint64)).tolist() == []
    for other in (3, (1 << 32) + 2, 2 << 32, (5 << 32) + 4):
        with pytest.raises(IndexDamagedError, match="a row that is not there"):
            ids.rows(np.asarray([other], np.uint64))


def test_the_exact_nearest_of_parts_are_those_of_all() -> None:
    everything, asked = unit(700), unit(5, seed=2)
    rows, cosines = nearest(asked, [everything[:300], everything[300:310], everything[310:]])
    expected = np.argsort(-(asked @ everything.T), axis=1)[:, : 2 * vectors.DEPTH]
    assert rows.tolist() == expected.tolist()
    assert np.all(np.diff(cosines, axis=1) <= 0)


def test_recall_counts_what_is_found_of_the_nearest_and_takes_equals_for_each_other() -> None:
    rows = np.arange(200)[None, :]
    cosines = np.linspace(1, 0, 200, dtype=np.float32)[None, :]
    assert recall((rows, cosines), [np.arange(100)]) == 1.0
    assert recall((rows, cosines), [np.arange(50, 150)]) == 0.5
    assert recall((rows, np.ones((1, 200), np.float32)), [np.arange(100, 200)]) == 1.0
    assert recall((rows[:, :4], cosines[:, :4]), [np.asarray([0, 3])]) == 0.5


@pytest.mark.parametrize("partitions", [1, 2, 7, 49, 2441])
def test_numbers_of_partitions_are_tried_up_to_all(partitions: int) -> None:
    tried = list(steps(partitions))
    assert tried == sorted(set(tried)) and tried[0] == 1 and tried[-1] == partitions


def test_what_a_condition_leaves_is_looked_for_in_more_partitions() -> None:
    index = VectorIndex(partitions=40, probes=5, recall=1.0, runs=())
    assert [index.probed(left, 1000) for left in (1000, 500, 130, 1)] == [5, 10, 39, 40]


# --- an index ------------------------------------------------------------------------------------


def test_it_is_made_above_the_limit_named_and_read_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "PARTITION_ROWS", 100)
    place = f"lance:{tmp_path}/index"
    exact = lance_index(place, tmp_path / "local", exact_passages=1000)
    build(exact, copies(400))
    plain = opened(exact)
    assert plain.manifest["vectors"] is None
    # Another limit makes another generation of the same passages.
    index = lance_index(place, tmp_path / "local", exact_passages=300)
    report = build(index, copies(400))
    assert report.changed and report.embedded == 0
    store = opened(index)
    told = store.manifest["vectors"]
    assert (told["kind"], told["partitions"]) == ("IVF_SQ", 4)
    assert 1 <= told["probes"] <= 4 and told["recall"] >= vectors.WANTED
    assert not build(index, copies(400)).changed

    terms, vector = ("edit", "owl"), unit(1)[0]
    searches = [
        store.tables._matching(terms, 9, "document BETWEEN 0 AND 5", every=False).select(
            ["_score"]
        ),
        store.tables._passages.search(vector, vector_column_name="vector")
        .distance_type("l2")
        .where("document BETWEEN 0 AND 5", prefilter=True)
        .select(["_distance"]),
    ]
    for search in searches:
        plan = search.with_row_id(True).explain_plan()
        assert "MatchQuery" in plan or "ANNSubIndex" in plan
        assert "Scan" not in plan and "Take" not in plan and "Flat" not in plan
    query = Query(vector, terms, 50)
    assert set(store.candidates(query).dense) >= set(plain.candidates(query).dense[:10])


def test_a_purge_leaves_an_index_of_the_same_kind(tmp_path: Path) -> None:
    index = lance_index(f"lance:{tmp_path}/index", tmp_path / "local", exact_passages=0)
    build(index, archive())
    index.purge([archive()[0].source])
    usual = lance_index(f"lance:{tmp_path}/index", tmp_path / "local")
    assert opened(usual).manifest["vectors"]["kind"] == "IVF_SQ"
    assert usual.check().faults == ()


def test_an_index_that_finds_too_little_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = lance_index(f"lance:{tmp_path}/index", tmp_path / "local", exact_passages=0)
    monkeypatch.setattr("qa.store.lance.indexing.recall", lambda exact, found: 0.5)
    with pytest.raises(IndexDamagedError, match="finds 50% .* raise exact_passages"):
        build(index, archive())
    assert not list((tmp_path / "index").glob("0*.lance"))
