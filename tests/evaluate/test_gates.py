from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from qa.build.builder import build_index
from qa.engine import Engine
from qa.errors import DatasetError, GateError, UsageError
from qa.evaluate.datasets import read_spans
from qa.evaluate.gates import (
    Gate,
    acceptance,
    check,
    fallen,
    gates_for,
    read_gates,
)
from qa.evaluate.measures import Measure
from qa.evaluate.run import evaluate_spans
from qa.settings import Settings
from qa.store import IndexFolder
from tests.archive import write_archive
from tests.fake import FakeEncoder

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("few_references")]

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("hit@5>=0.9", Gate(Measure("Success", 5), at_least=0.9)),
        (" hit@5 [typo] >= .9 ", Gate(Measure("Success", 5), kind="typo", at_least=0.9)),
        ("excerpt_chars<=900", Gate(Measure("excerpt_chars"), at_most=900)),
        ("AUROC[near]>=0.78", Gate(Measure("AUROC"), kind="near", at_least=0.78)),
    ],
)
def test_a_gate_is_written_as_a_bound(text: str, gate: Gate) -> None:
    assert Gate.parse(text) == gate
    assert Gate.parse(str(gate)) == gate


@pytest.mark.parametrize(
    "text", ["", "hit@5", "hit@5>0.9", "hit@5=0.9", "hit@5>=high", "hit@5>=nan", "hit5>=0.9", ">=1"]
)
def test_what_is_no_gate_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Gate.parse(text)


def test_both_bounds_belong_to_the_gate() -> None:
    gate = Gate(Measure("Success", 1), at_least=0.5, at_most=0.9)
    assert gate.holds(0.5) and gate.holds(0.9)
    assert not gate.holds(0.49) and not gate.holds(0.91)
    assert not gate.holds(None)


GATES = """
[gate.one]
dataset = "small-questions"
measure = "hit@5"
at_least = 0.5

[gate.two]
dataset = "elsewhere"
measure = "hit@1"
kind = "fact"
at_least = 1
at_most = 1
"""


def test_gates_are_read_and_belong_to_their_data_set(spans: Path, tmp_path: Path) -> None:
    (tmp_path / "gates.toml").write_text(GATES, "utf-8")
    gates = read_gates(tmp_path / "gates.toml")
    assert gates == [
        Gate(Measure("Success", 5), at_least=0.5, dataset="small-questions", name="one"),
        Gate(
            Measure("Success", 1),
            kind="fact",
            at_least=1,
            at_most=1,
            dataset="elsewhere",
            name="two",
        ),
    ]
    assert gates_for(gates, str(spans.resolve()), str(tmp_path)) == gates[:1]
    assert gates_for(gates, "elsewhere", str(tmp_path)) == gates[1:]
    assert gates_for(gates, "another", str(tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[gate", "cannot be read"),
        ("[gates.a]", "only tables"),
        ("gate = 1", "only tables"),
        ("gate.a = 1", "is no table"),
        ('[gate.a]\nmeasure = "hit@1"\nat_least = 1', "dataset is wanted"),
        ('[gate.a]\ndataset = "a"\nat_least = 1', "measure is wanted"),
        ('[gate.a]\ndataset = "a"\nmeasure = "hit@1"', "at_least or at_most"),
        ('[gate.a]\ndataset = "a"\nmeasure = "hit@1"\nat_least = true', "a number is wanted"),
        ('[gate.a]\ndataset = "a"\nmeasure = "hit@1"\nat_least = 1\nkind = 1', "kind is not"),
        ('[gate.a]\ndataset = "a"\nmeasure = "hits"\nat_least = 1', "no measure"),
        ('[gate.a]\ndataset = "a"\nmeasure = "hit@1"\nleast = 1', "'least' is not known"),
    ],
)
def test_what_is_wrong_with_gates_is_said(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "gates.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError) as error:
        read_gates(tmp_path / "gates.toml")
    assert says in str(error.value)


def test_the_committed_gates_can_be_read() -> None:
    assert all(gate.dataset for gate in read_gates(ROOT / "eval" / "gates.toml"))


def test_gates_are_held_against_an_evaluation(spans: Path, engine: Engine) -> None:
    evaluation = evaluate_spans(read_spans(spans), engine)
    gates = [Gate.parse("hit@5>=0.9"), Gate.parse("hit@5[fact]<=0.5"), Gate.parse("AUROC>=0.1")]
    checked = check(gates, evaluation)
    assert [one.held for one in checked] == [True, False, False]
    assert str(checked[0]) == "Success@5 of small-questions is 1, wanted >=0.9"
    # What is not defined does not hold.
    assert fallen(checked).endswith("AUROC of small-questions is n/a, wanted >=0.1")
    assert fallen(checked[:1]) == ""
    for unknown in ("hit@3>=0.9", "R@100>=0.9", "hit@5[nosuch]>=0.9", "hit@5[near]>=0.9"):
        with pytest.raises(UsageError, match="cannot be checked"):
            check([Gate.parse(unknown)], evaluation)


# --- a gated build ---------------------------------------------------------------------------


class _Said:
    """A Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def stage(self, name: str, total: int | None) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass


def gate(bound: str, dataset: str = "small-questions") -> Gate:
    parsed = Gate.parse(bound)
    return Gate(parsed.measure, parsed.kind, parsed.at_least, parsed.at_most, dataset)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An archive of one's own, with its index at ``ours``."""
    write_archive(tmp_path / "archive")
    build_index([tmp_path / "archive"], _settings(tmp_path), encoder=FakeEncoder())
    return tmp_path


def _settings(place: Path) -> Settings:
    return Settings(index=str(place / "ours"), datasets=str(place))


@pytest.mark.parametrize("max_wrong", [0, 20])
def test_a_gate_is_on_the_answers_that_the_setting_gives(
    place: Path, spans: Path, max_wrong: int
) -> None:
    (place / "archive" / "new.txt").write_text("A text about badgers and their setts.", "utf-8")
    settings = replace(_settings(place), max_wrong=max_wrong)
    accept = acceptance([gate("coverage<=0")], settings)
    with nullcontext() if max_wrong == 0 else pytest.raises(GateError, match="coverage"):
        build_index([place / "archive"], settings, encoder=FakeEncoder(), accept=accept)


def _generations(place: Path) -> list[str]:
    return sorted(path.name for path in (place / "ours" / "generations").iterdir())


def test_a_build_whose_gates_hold_goes_live(place: Path, spans: Path) -> None:
    (place / "archive" / "new.txt").write_text("A text about badgers and their setts.", "utf-8")
    said = _Said()
    accept = acceptance([gate("hit@5>=0.9")], Settings(datasets=str(place)), progress=said)
    report = build_index(
        [place / "archive"], _settings(place), encoder=FakeEncoder(), accept=accept
    )
    assert report.changed
    assert IndexFolder(place / "ours").open().generation.info.generation == report.generation
    assert said.lines == ["gate Success@5 of small-questions is 1, wanted >=0.9: holds"]


def test_a_build_with_a_gate_that_falls_is_refused_and_leaves_nothing(
    place: Path, spans: Path
) -> None:
    (place / "archive" / "new.txt").write_text("A text about badgers and their setts.", "utf-8")
    live, before = (place / "ours" / "LIVE").read_bytes(), _generations(place)
    accept = acceptance([gate("hit@5>=0.9"), gate("hit@5<=0.2")], Settings(datasets=str(place)))
    with pytest.raises(GateError) as error:
        build_index([place / "archive"], _settings(place), encoder=FakeEncoder(), accept=accept)
    assert "Success@5 of small-questions is 1, wanted <=0.2" in str(error.value)
    assert "what was live stays live" in str(error.value)
    assert error.value.exit_status == 1
    assert (place / "ours" / "LIVE").read_bytes() == live
    assert _generations(place) == before
    # The same build without the gate goes through.
    assert build_index([place / "archive"], _settings(place), encoder=FakeEncoder()).changed


def test_an_archive_that_lost_a_gold_quote_is_refused(place: Path, spans: Path) -> None:
    (place / "archive" / "markup.txt").unlink()
    before = _generations(place)
    accept = acceptance([gate("hit@5>=0.1")], Settings(datasets=str(place)))
    with pytest.raises(DatasetError, match=r"markup\.txt"):
        build_index([place / "archive"], _settings(place), encoder=FakeEncoder(), accept=accept)
    assert _generations(place) == before


def test_a_first_build_that_is_refused_leaves_no_index(place: Path, spans: Path) -> None:
    settings = Settings(index=str(place / "first"))
    accept = acceptance([gate("hit@5<=0.1")], Settings(datasets=str(place)))
    with pytest.raises(GateError):
        build_index([place / "archive"], settings, encoder=FakeEncoder(), accept=accept)
    assert not (place / "first" / "LIVE").exists()
    assert not list((place / "first" / "generations").iterdir())


def test_what_accepts_sees_the_new_generation_before_it_is_live(place: Path) -> None:
    (place / "archive" / "new.txt").write_text("A text about badgers and their setts.", "utf-8")
    live = (place / "ours" / "LIVE").read_bytes()
    seen: list[str] = []

    def accept(generation: object, encoder: object) -> None:
        assert (place / "ours" / "LIVE").read_bytes() == live
        seen.append(generation.info.generation)  # type: ignore[attr-defined]  # it is a store

    report = build_index(
        [place / "archive"], _settings(place), encoder=FakeEncoder(), accept=accept
    )
    assert seen == [report.generation]
    # Nothing has changed: there is nothing to accept.
    build_index([place / "archive"], _settings(place), encoder=FakeEncoder(), accept=accept)
    assert len(seen) == 1


def test_gates_on_other_things_do_not_guard_a_build(place: Path, spans: Path, corpus: Path) -> None:
    said = _Said()
    elsewhere = gate("hit@1>=0.9", "nowhere")
    acceptance([elsewhere, gate("hit@5>=0.9")], Settings(datasets=str(place)), progress=said)
    assert said.lines[0].startswith("gates of nowhere are left out: no data set")
    with pytest.raises(UsageError, match="nothing guards this build"):
        acceptance([elsewhere, gate("hit@1>=0.9", "small-corpus")], Settings(datasets=str(place)))
