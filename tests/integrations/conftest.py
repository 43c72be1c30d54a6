"""An engine that is sure of its verdict: the small archive's, with a calibration that says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qa.engine import Engine
from qa.records import Verdict
from qa.search.confidence import Calibration, Curve
from qa.store import IndexFolder
from tests.fake import FakeEncoder

Judging = Callable[[Verdict], Engine]


@pytest.fixture(scope="session")
def judging(index: Path, encoder: FakeEncoder) -> Judging:
    """``judging(verdict)``: an engine on the small archive whose every verdict is this one."""
    thresholds = {"answered": (0.0, 0.0), "unsure": (2.0, 0.0), "not_found": (2.0, 2.0)}

    def judge(verdict: Verdict) -> Engine:
        answered, missed = thresholds[verdict]
        engine = Engine(store=IndexFolder(index).open().generation, encoder=encoder)
        curve = Curve(1.0, 0.0, 0.0, (answered,) * 101, (missed,) * 101)
        engine.calibration = Calibration(curve, None, None, {})
        return engine

    return judge
