"""Confidence: the fit against SciPy, thresholds by hand, and the rule that a filter never changes."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
import pytest
from scipy.optimize import minimize

from qa.build.builder import build_index
from qa.build.calibration import _held_out
from qa.engine import Engine
from qa.records import Filters, Question, document_id
from qa.search.confidence import Calibration, Curve, Sample, Signals
from qa.settings import Settings
from qa.store import IndexFolder
from tests.conftest import SEEDS, Build
from tests.fake import FakeEncoder

RANDOM = np.random.default_rng(7)
ANSWERED = RANDOM.normal(0.45, 0.06, 200).tolist()
OFF = RANDOM.normal(0.22, 0.05, 150).tolist()
NEAR = RANDOM.normal(0.38, 0.06, 80).tolist()
READ_YES = RANDOM.normal(1.5, 1.5, 200).tolist()
READ_NO = RANDOM.normal(-1.0, 1.5, 150).tolist()


def samples(*, read: bool = False, judged: Sequence[tuple[float, bool]] = ()) -> list[Sample]:
    def signals(supports: Sequence[float], readings: Sequence[float]) -> list[Signals]:
        pairs = zip(supports, readings, strict=False)
        return [Signals(s, r) if read else Signals(s) for s, r in pairs]

    return [
        Sample("answered", signals(ANSWERED, READ_YES), [True] * 200, 0.5),
        Sample("off", signals(OFF, READ_NO), [False] * 150, 0.2),
        Sample("near", signals(NEAR, READ_NO[70:]), [False] * 80, 0.3),
        Sample("judged", [Signals(s) for s, _ in judged], [r for _, r in judged], len(judged) / 50),
    ]


def fitted(*, read: bool = False) -> Curve:
    found = Curve.fit(samples(read=read), read=read)
    assert found is not None
    return found


@pytest.mark.parametrize("read", [False, True])
def test_the_curve_is_the_weighted_logistic_regression(read: bool) -> None:
    """Half the weight is on answered questions, a fifth on off-topic ones, the rest on near ones."""
    x = np.array([ANSWERED + OFF + NEAR, READ_YES + READ_NO + READ_NO[70:]]).T
    y = np.array([1.0] * 200 + [0.0] * 230)
    w = np.array([0.5 / 200] * 200 + [0.2 / 150] * 150 + [0.3 / 80] * 80)
    scale = x.std(axis=0)
    used = slice(0, 2 if read else 1)

    def loss(beta: np.ndarray) -> float:
        z = x[:, used] @ beta[:-1] + beta[-1]
        ridge = 0.5e-3 * float(((beta[:-1] * scale[used]) ** 2).sum())
        return float((w * (np.logaddexp(0, z) - y * z)).sum() + ridge)

    best = minimize(loss, np.zeros(3 if read else 2), method="BFGS", options={"gtol": 1e-10}).x
    found = fitted(read=read)
    assert found.support == pytest.approx(best[0], rel=2e-3)
    assert found.reading == pytest.approx(best[1] if read else 0.0, rel=2e-3)
    assert found.intercept == pytest.approx(best[-1], rel=2e-3)


def test_confidence_rises_with_both_signals_between_0_and_1() -> None:
    found = fitted(read=True)
    values = [found.confidence(Signals(support, 0.5)) for support in np.linspace(-2, 3, 50)]
    assert values == sorted(values)
    assert 0 <= values[0] < 0.01 and 0.99 < values[-1] <= 1
    values = [found.confidence(Signals(0.4, reading)) for reading in np.linspace(-9, 9, 50)]
    assert values == sorted(values) and values[0] < values[-1]
    assert found.confidence(Signals(0.4, 8.0)) == found.confidence(Signals(0.4, 80.0))


@pytest.mark.parametrize("wrong", [5, 10, 20, 30])
@pytest.mark.parametrize("read", [False, True])
def test_a_threshold_lets_through_as_many_wrong_answers_as_it_says(wrong: int, read: bool) -> None:
    found, parts = fitted(read=read), samples(read=read)[:3]
    shares = [
        np.mean([found.confidence(s) >= found.risks[wrong] for s in part.found]) for part in parts
    ]
    answered, off, near = (share * w for share, w in zip(shares, (0.5, 0.2, 0.3), strict=True))
    assert answered > 0
    assert (off + near) / (answered + off + near) <= wrong / 100 + 1e-9
    lost = np.mean([found.confidence(s) < found.misses[wrong] for s in parts[0].found])
    # The sample at the threshold itself is not below it.
    assert lost <= wrong / 400 + 0.005


@pytest.mark.parametrize("read", [False, True])
def test_there_is_room_for_doubt_whatever_may_be_wrong(read: bool) -> None:
    found = fitted(read=read)
    for wrong in range(5, 41):
        assert found.misses[wrong] < found.risks[wrong]


def test_allowing_more_wrong_answers_never_answers_less() -> None:
    found = fitted()
    assert list(found.risks) == sorted(found.risks, reverse=True)


def test_verdicts_lie_between_the_thresholds() -> None:
    found = Curve(1.0, 0.0, 0.0, tuple([0.8] * 101), tuple([0.3] * 101))
    assert [found.verdict(c, 20) for c in (0.1, 0.3, 0.5, 0.8, 0.9)] == [
        "not_found", "unsure", "unsure", "answered", "answered",
    ]  # fmt: skip


def test_nothing_to_tell_apart_gives_no_curve() -> None:
    upside_down = [
        Sample("answered", [Signals(s) for s in OFF], [True] * len(OFF), 0.5),
        Sample("off", [Signals(s) for s in ANSWERED], [False] * len(ANSWERED), 0.5),
    ]
    assert Curve.fit(upside_down, read=False) is None


def test_judged_questions_move_the_curve_toward_what_they_say() -> None:
    """All of fifty questions at one support were wrong: there it must be less sure than before."""
    after = Curve.fit(samples(judged=[(0.45, False)] * 50), read=False)
    assert after is not None
    assert after.confidence(Signals(0.45)) < fitted().confidence(Signals(0.45)) - 0.1


def test_it_is_written_and_read_as_it_is() -> None:
    found = Calibration(fitted(), fitted(read=True), "a reader", {"answered": 200})
    assert Calibration.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_calibration_of_an_older_version_is_none() -> None:
    assert Calibration.from_json({"slope": 1.0, "intercept": 0.0, "risks": []}) is None


def test_a_curve_belongs_to_its_reader() -> None:
    found = Calibration(fitted(), fitted(read=True), "a reader", {})
    assert found.curve("a reader") == fitted(read=True)
    assert found.curve("another") == found.curve(None) == fitted()


@pytest.fixture(scope="module")
def calibrated(archive: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    path = tmp_path_factory.mktemp("calibrated") / "index"
    build(archive, path, calibrated=True)
    return Engine(store=IndexFolder(path).open().generation, encoder=FakeEncoder())


def test_an_index_without_calibration_makes_nothing_up(engine: Engine) -> None:
    answer = engine.ask(Question("anything at all"))
    assert (answer.confidence, answer.verdict) == (None, "unsure")


@pytest.mark.slow
def test_a_filter_never_changes_the_rule(calibrated: Engine) -> None:
    assert calibrated.calibration is not None
    for text in ("owls", "Where is the harbour?", "a question about nothing in it"):
        plain = calibrated.ask(Question(text))
        first = plain.results[0].citation.source
        filtered = calibrated.ask(Question(text, filters=Filters(source=(first,))))
        assert filtered.results[0].citation == plain.results[0].citation
        assert (filtered.confidence, filtered.verdict) == (plain.confidence, plain.verdict)


def test_nothing_that_a_filter_leaves_is_not_found(calibrated: Engine) -> None:
    answer = calibrated.ask(Question("owls", filters=Filters(source=("no-such-file",))))
    assert (answer.confidence, answer.verdict, list(answer.results)) == (0.0, "not_found", [])


def test_the_real_model_tells_this_archive_from_other_things(model_engine: Engine) -> None:
    told = model_engine.ask(Question("Who declared herself acting president without a quorum?"))
    other = model_engine.ask(Question("How long does a sourdough loaf bake, and at what heat?"))
    assert told.verdict == "answered"
    assert other.verdict == "not_found" and other.results
    assert told.confidence is not None and other.confidence is not None
    assert told.confidence > 0.8 > 0.2 > other.confidence


@pytest.mark.slow
def test_copies_in_another_format_change_no_verdict(
    model_engine: Engine, model_index: Path, tmp_path: Path
) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    shutil.copytree(model_index, index)  # with its model and its vectors
    texts.mkdir()
    for path in SEEDS.glob("*_*.txt"):
        shutil.copy(path, texts)
        lines = path.read_text("utf-8").splitlines()
        wrapped = "\n".join(fill(line, 72) for line in lines)
        (texts / f"copy_{path.name}").write_text(wrapped, "utf-8")
    build_index([texts], Settings(index=str(index)))
    alone, doubled = model_engine.calibration, Engine.open(index).calibration
    assert alone is not None and doubled is not None
    for support in (0.2, 0.35, 0.5, 0.65):
        found = Signals(support, 8 * support - 4)
        one, two = alone.curve(alone.reader), doubled.curve(doubled.reader)
        expected = one.confidence(found)
        assert two.confidence(found) == pytest.approx(expected, abs=0.05)
        assert two.verdict(two.confidence(found), 20) == one.verdict(expected, 20)


def test_a_document_of_many_passages_is_one_of_its_archive(build: Build, tmp_path: Path) -> None:
    """Sentences are held out of documents alike, however long one of them is."""
    texts = tmp_path / "texts"
    texts.mkdir()
    for name, count in (("long", 400), ("short", 30), ("other", 30)):
        words = ("harbour", "ferry", "orchard", "bridge", "meadow", "lantern", "kettle")
        text = "".join(
            f"On day {n} of the {name} year the {words[n % 7]} beside the old "
            f"{words[n % 5]} was mended by {n * 3} people from the valley of {name}.\n\n"
            for n in range(count)
        )
        (texts / f"{name}.txt").write_text(text)
    build(texts, tmp_path / "index", passage_chars=200)
    store = IndexFolder(tmp_path / "index").open().generation
    held = Counter(passage.document_id for passage, _ in _held_out(store))
    assert held[document_id("short.txt")] == held[document_id("other.txt")] > 5
    assert held[document_id("long.txt")] <= 120 - 2 * held[document_id("short.txt")]
    assert held.total() <= 120
