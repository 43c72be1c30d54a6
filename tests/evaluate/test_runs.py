from __future__ import annotations

from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import DatasetError
from qa.evaluate.runs import DEPTH, Place, Scored, check_ids, place_of, read_run, run_lines


def test_a_span_is_named_so_that_it_can_be_read_again() -> None:
    assert Place("004_42.txt", 120, 640).id == "004_42.txt:120-640"
    for source in ("a b.txt", "Œuvres/é%20.md", "a:1-2", "archive.zip/#3.txt", "tab\there"):
        place = Place(source, 3, 17)
        assert not any(character.isspace() for character in place.id)
        assert place_of("x", place.id) == place


@pytest.mark.parametrize("id", ["a.txt", "a.txt:9-3", "a.txt:5-5", ":1-2", "a.txt:1-", "a:-1-2"])
def test_what_is_no_span_is_refused(id: str) -> None:
    with pytest.raises(DatasetError, match=r"run\.txt line 1: .* is no span"):
        place_of("run.txt line 1", id)


def test_a_run_has_six_columns_and_scores_that_fall() -> None:
    run = {"q1": [Scored("b", 0.5), Scored("a", 0.5), Scored("c", 0.9)], "q2": []}
    lines = [line.split() for line in run_lines(run)]
    assert [line[:4] for line in lines] == [
        ["q1", "Q0", "b", "1"],
        ["q1", "Q0", "a", "2"],
        ["q1", "Q0", "c", "3"],
    ]
    scores = [float(line[4]) for line in lines]
    assert scores[0] == 0.5 and scores == sorted(set(scores), reverse=True)
    assert len({np.float32(score) for score in scores}) == 3


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60))
def test_a_run_that_is_read_again_is_in_the_same_order(
    tmp_path_factory: pytest.TempPathFactory, scores: list[float]
) -> None:
    ranked = [Scored(f"d{n}", score) for n, score in enumerate(sorted(scores, reverse=True))]
    file = tmp_path_factory.mktemp("run") / "run.txt"
    file.write_text("".join(run_lines({"q": ranked})), "utf-8")
    assert [one.id for one in read_run(file)["q"]] == [one.id for one in ranked]


def test_ties_of_a_foreign_run_are_ordered_as_trec_eval_orders_them(tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    # Equal in single precision; the rank that is written counts for nothing.
    rows = [("a", 0.5), ("z", 0.5), ("m", 0.5 + 1e-12), ("first", 0.7)]
    file.write_text("".join(f"q Q0 {id} 1 {score!r} x\n" for id, score in rows), "utf-8")
    ours = [one.id for one in read_run(file)["q"]]
    assert ours == ["first", "z", "m", "a"]
    for rank, id in enumerate(ours, start=1):
        run = [ir_measures.ScoredDoc("q", *row) for row in rows]
        [found] = ir_measures.iter_calc([ir_measures.P @ rank], [ir_measures.Qrel("q", id, 1)], run)
        assert found.value == pytest.approx(1 / rank)
        if rank > 1:
            before = ir_measures.P @ (rank - 1)
            [found] = ir_measures.iter_calc([before], [ir_measures.Qrel("q", id, 1)], run)
            assert found.value == 0


def test_a_run_is_read_a_hundred_deep_and_blank_lines_are_none(tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    lines = [f"q Q0 d{n:03} {n} {-n} tag" for n in range(150)]
    file.write_text("\ufeff" + "\r\n\r\n".join(lines), "utf-8")
    assert [one.id for one in read_run(file)["q"]] == [f"d{n:03}" for n in range(DEPTH)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no result"),
        ("q Q0 d 1 0.5", "line 1: .* not 5 fields"),
        ("q Q0 d 1 0.5 t\nq Q0 d 2 high t", "line 2: the score is 'high'"),
        ("q Q0 d 1 nan t", "the score is 'nan'"),
        ("q Q0 d 1 0.5 t\nq Q0 d 2 0.4 t", "d is found twice for q"),
    ],
)
def test_what_is_wrong_in_a_run_is_told_with_its_line(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "run.txt"
    file.write_text(text, "utf-8")
    with pytest.raises(DatasetError, match=words):
        read_run(file)
    with pytest.raises(DatasetError, match="does not exist"):
        read_run(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"q Q0 d\xe9 1 1 t")
    with pytest.raises(DatasetError, match="not UTF-8"):
        read_run(tmp_path / "latin")


def test_an_id_with_a_space_has_no_form_as_a_run() -> None:
    check_ids(["a", "b:1-2"])
    for id in ("title only", "", "a\u00a0b"):
        with pytest.raises(DatasetError, match="has a space"):
            check_ids(["a", id])
