"""What eval/reading/measure.py computes of answers and confidences, against values worked out by hand."""

from __future__ import annotations

import fnmatch
import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from qa.records import Answer, Citation, Highlight, IndexInfo, Note, Result, Verdict
from qa.search.confidence import Calibration, Curve

READING = Path(__file__).parents[2] / "eval" / "reading"
MODULES = ("scoring", "asking", "messages", "measure", "results", "verdicts", "data", "frames")


@pytest.fixture(scope="module")
def reading() -> Iterator[None]:
    """The scripts' folder on the path, as when they are run; gone afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(READING))
        for name in MODULES:
            patch.delitem(sys.modules, name, raising=False)
        yield
        for name in MODULES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def scoring(reading: None) -> ModuleType:
    return importlib.import_module("scoring")


@pytest.fixture(scope="module")
def asking(reading: None) -> ModuleType:
    return importlib.import_module("asking")


# SQuAD's definition: lower case, marks out, articles out; F1 of the bags of words.


@pytest.mark.parametrize(
    ("given", "wanted", "f1", "exact"),
    [
        ("The 2 August.", ["2 august"], 1, 1),
        ("on 2 August", ["2 August"], 2 * (2 / 3) * 1 / (2 / 3 + 1), 0),
        ("Denver", ["Denver Broncos", "The Denver Broncos of 2015"], 2 * 1 * 0.5 / 1.5, 0),
        ("La Paz", ["Cochabamba"], 0, 0),
        ("very very old", ["very old very old"], 2 * 1 * 0.75 / 1.75, 0),
        ("New-York", ["newyork"], 1, 1),
        ("old La Paz", ["La Paz old"], 1, 0),
        (None, ["anything"], 0, 0),
        ("", ["anything"], 0, 0),
        ("the", ["a"], 1, 1),
    ],
)
def test_words_are_compared_as_squad_does(
    scoring: ModuleType, given: str | None, wanted: list[str], f1: float, exact: float
) -> None:
    assert scoring.token_f1(given, wanted) == pytest.approx(f1)
    assert scoring.exact_match(given, wanted) == exact


def test_an_article_is_a_whole_word_and_a_mark_leaves_no_space(scoring: ModuleType) -> None:
    assert scoring.words_of('An anthem, the theme: "A"!') == ["anthem", "theme"]
    assert scoring.words_of("U.S.-backed") == ["usbacked"]


def test_what_holds_an_answer_is_cut_out_whole(scoring: ModuleType) -> None:
    text = "It rained. On Monday it stopped, after a week. Then came the sun."
    spans = [(0, 10), (11, 46), (47, 65)]
    at = text.index("Monday")
    assert scoring.cut(text, spans, [(at, at + 6)]) == "It rained. Then came the sun."
    both = [(8, 13)]  # an answer over a boundary goes with both of its sentences
    assert scoring.cut(text, spans, both) == "Then came the sun."
    assert scoring.cut(text, spans, [(0, 65)]) == ""


@pytest.mark.parametrize("source", ["p00017", "a[1]*?.txt", "ab", "x", "!]-^"])
def test_a_filter_leaves_out_one_source_and_no_other(scoring: ModuleType, source: str) -> None:
    globs = scoring.without(source)
    others = {"p00018", "p00107", "q00017", "p0001", "p000170", "p", "a1*?.txt", "a[1]", "abc", "a"}
    others |= {"b", "xy", "!]-", "!]-^^", "a[1]xy.txt", "-]-^"} - {source}
    for other in others - {source}:
        assert any(fnmatch.fnmatchcase(other, glob) for glob in globs), other
    assert not any(fnmatch.fnmatchcase(source, glob) for glob in globs)


def test_the_filter_of_an_xquad_paragraph_is_one_that_may_be_asked_with(
    scoring: ModuleType,
) -> None:
    from qa.asking import MAX_GLOB, MAX_GLOBS

    globs = scoring.without("p00017")
    assert len(globs) <= MAX_GLOBS
    assert max(map(len, globs)) <= MAX_GLOB


def test_pairs_count_a_tie_half(scoring: ModuleType) -> None:
    assert scoring.within_pairs([(0.9, 0.1), (0.2, 0.2), (0.1, 0.3)]) == [1, 0.5, 0]
    assert scoring.partner_of("paired-when-004") == "when-004"


def test_a_control_never_reads_its_own_text(scoring: ModuleType) -> None:
    keys = [("same",)] * 4 + [(n,) for n in range(6)]
    drawn = scoring.strangers(keys, seed=3)
    assert all(keys[other] != key for key, other in zip(keys, drawn, strict=True))
    assert drawn == scoring.strangers(keys, seed=3)
    assert drawn != scoring.strangers(keys, seed=4)
    with pytest.raises(ValueError, match="two kinds"):
        scoring.strangers(["a", "a"], seed=3)


def test_each_text_is_another_ones_control_once_where_all_differ(scoring: ModuleType) -> None:
    assert sorted(scoring.strangers(range(50), seed=1)) == list(range(50))


def test_a_question_is_put_into_a_frame(scoring: ModuleType) -> None:
    frame = 'In {source}: {q} Reply as {"answer": ...}'
    assert (
        scoring.framed(frame, "who {x}?", "a.txt") == 'In a.txt: who {x}? Reply as {"answer": ...}'
    )
    assert scoring.framed("Hello. {q}", "What is {source}?", "a.txt") == "Hello. What is {source}?"


def test_few_are_spread_over_all(scoring: ModuleType) -> None:
    assert scoring.spread(range(101), 5) == [0, 25, 50, 75, 100]
    assert scoring.spread(range(3), 5) == [0, 1, 2]
    assert scoring.spread(range(3), None) == [0, 1, 2]


def test_statistics_are_joined(scoring: ModuleType) -> None:
    total = lambda weights: weights.sum(axis=1)  # noqa: E731 - one line says it
    first = lambda weights: weights[:, 0]  # noqa: E731 - as above
    weights = np.asarray([[1.0, 2], [3, 4]])
    assert scoring.less(total, first)(weights).tolist() == [2, 4]
    assert scoring.mean_statistic([total, first])(weights).tolist() == [2, 5]
    assert scoring.of_pairs(total)(weights).tolist() == [6, 14]
    assert scoring.median_ratio([3, 9, 4], [2, 1, 100]) == 2


def test_a_spelling_is_offered_whatever_its_accents(reading: None) -> None:
    messages = importlib.import_module("messages")
    note = Note("did_you_mean", "Did you mean …?", {"word": "sanhcez", "spelling": "sanchez"})
    assert messages.offers([note], "Sánchez")
    assert not messages.offers([note], "Lozada")
    assert not messages.offers([Note("words_not_found", "…", {"spelling": "sanchez"})], "Sánchez")


def test_a_figure_is_held_against_its_floor(reading: None) -> None:
    measure = importlib.import_module("measure")
    more, less = measure.Target(0.8, 0.9), measure.Target(0.2, 0.1)
    assert [more.missed(value) for value in (0.79, 0.8, None)] == [True, False, True]
    assert [less.missed(value) for value in (0.21, 0.2, None)] == [True, False, True]
    assert not measure.Target().missed(None)


def test_every_target_is_a_floor_with_a_goal_beyond_it(reading: None) -> None:
    measure = importlib.import_module("measure")
    targets = measure.read_targets(measure.TARGETS)
    assert targets
    for key, target in targets.items():
        assert target.floor is not None and target.goal not in (None, target.floor), key


# With answers made by hand: no index, no model.


def result(source: str, start: int, highlights: list[tuple[int, int]]) -> Result:
    cited = Citation("c", "d", source, None, None, None, None, start, start + 100, 1, 1, "0" * 64)
    return Result(1, 1.0, "x" * 100, tuple(Highlight(*span) for span in highlights), cited)


def asked(
    reading: ModuleType,
    name: str,
    *,
    confidence: float,
    verdict: Verdict,
    right: bool,
    first: Result | None = None,
    **more: Any,
) -> Any:
    results = (first or result("a.txt", 0, []),)
    info = IndexInfo("i", "g", "m", 1, 1)
    answer = Answer(name, name, verdict, confidence, results, 0, info, 1.0)
    return reading.Asked(name, more.pop("kind", ""), name, answer, True, right, **more)


def test_what_is_marked_is_counted_from_the_start_of_its_document(asking: ModuleType) -> None:
    places = (("a.txt", 520, 530), ("b.txt", 610, 612))
    for first, holds in (
        (result("a.txt", 500, [(0, 20)]), False),  # ends where the answer begins
        (result("a.txt", 500, [(0, 21)]), True),
        (result("a.txt", 500, [(0, 5), (29, 40)]), True),
        (result("a.txt", 0, [(20, 30)]), False),
        (result("b.txt", 500, [(20, 30)]), False),  # where the other document's answer is
        (result("b.txt", 600, [(11, 30)]), True),
        (result("a.txt", 500, []), False),
    ):
        known = asked(
            asking, "q", confidence=0.5, verdict="unsure", right=True, first=first, places=places
        )
        assert known.marked is holds


def test_frames_are_counted_over_frames_and_questions(reading: None) -> None:
    messages = importlib.import_module("messages")
    inside = messages._InFrame
    kept, moved, gone = (
        inside(True, True, True),
        inside(False, True, True),
        inside(True, True, False),
    )
    never = inside(True, False, False)  # not found bare: cannot be lost
    by_frame = {
        "calm": {"a": kept, "b": kept, "c": never},
        "loud": {"a": gone, "b": moved, "c": never},
        "long": {"a": kept},
    }
    lines = {line.key: line for line in messages._frame_lines(by_frame, "", "")}
    assert lines["frames.same"].figure.value == pytest.approx(6 / 7, abs=1e-6)
    assert lines["frames.lost"].figure.value == pytest.approx(1 / 5)
    assert lines["frames.same.worst"].figure.value == pytest.approx(2 / 3, abs=1e-6)
    assert lines["frames.lost.worst"].figure.value == pytest.approx(1 / 2)
    assert "loud" in lines["frames.same.worst"].text
    assert "loud" in lines["frames.lost.worst"].text


def test_wrong_is_counted_among_what_a_setting_answers(asking: ModuleType) -> None:
    verdicts = importlib.import_module("verdicts")
    # 10: answered from 0.8 on; 20: from 0.6; 30: from 0.4.
    steps = [1.0] * 10 + [0.8] * 10 + [0.6] * 10 + [0.4] * 71
    curve = Curve(1.0, 0.0, 0.0, tuple(steps), tuple([0.0] * 101))
    engine = SimpleNamespace(calibration=Calibration(curve, None, None, {}), reader=None)
    known = [
        asked(asking, "a", confidence=0.9, verdict="answered", right=True),
        asked(asking, "b", confidence=0.7, verdict="answered", right=False),
        asked(asking, "c", confidence=0.6, verdict="answered", right=True),
        asked(asking, "d", confidence=0.5, verdict="unsure", right=False),
        asked(asking, "e", confidence=0.4, verdict="unsure", right=True),
    ]
    values = {line.key: line.figure.value for line in verdicts._honest("s", engine, known)}
    assert values["wrong.s.10"] == 0
    assert values["wrong.s.20"] == pytest.approx(1 / 3, abs=1e-6)
    assert values["wrong.s.30"] == pytest.approx(2 / 5)
    assert values["share.s.unsure"] == pytest.approx(2 / 5)
    assert values["right.s.unsure"] == pytest.approx(1 / 2)
    assert values["right.s.answered"] == pytest.approx(2 / 3, abs=1e-6)
    assert values["share.s.not_found"] == 0
    assert values["right.s.not_found"] is None  # there is none


@pytest.mark.parametrize(("few", "answerable"), [(None, 210), (12, 12)])
def test_the_questions_asked_are_those_that_a_figure_counts(
    asking: ModuleType, few: int | None, answerable: int
) -> None:
    bench = asking.Bench(Path("nowhere"), Path("nowhere"), few)
    asked_for = bench.seeds_questions
    kept = {q.id for q in asked_for if q.gold}
    assert len(kept) == answerable
    kinds = Counter(q.kind for q in asked_for)
    assert not {"spanish", "oblique"} & set(kinds)
    partners = [q.id for q in asked_for if q.kind == "paired"]
    assert {name.removeprefix("paired-") for name in partners} <= kept
    if few is None:
        assert (kinds["near"], kinds["paired"], kinds["off"]) == (49, 167, 25)
