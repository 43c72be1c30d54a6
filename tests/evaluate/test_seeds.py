from __future__ import annotations

from pathlib import Path

import pytest

from qa.engine import Engine
from qa.evaluate.datasets import read_spans
from qa.evaluate.gates import GATES_FILE, check, fallen, gates_for, read_gates
from qa.evaluate.run import evaluate_spans

ROOT = Path(__file__).parents[2]


def test_the_project_holds_its_own_gates(
    model_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    gates = gates_for(read_gates(GATES_FILE), "eval/seeds", "")
    assert gates
    evaluation = evaluate_spans(read_spans(Path("eval/seeds")), model_engine)
    assert fallen(check(gates, evaluation)) == ""
