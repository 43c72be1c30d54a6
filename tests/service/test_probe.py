"""A probe: one call at a time, never waited for long, and it recovers by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable

import pytest

from qa.errors import IndexUnreachableError
from qa.service import probe
from qa.service.probe import Probe


class Held:
    """Gives a number of its own to each call; ``error`` is raised, ``gate`` waited for."""

    def __init__(self) -> None:
        self.calls = 0
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def __call__(self) -> Hashable:
        self.calls += 1
        number = self.calls
        self.gate.wait(30)
        if self.error is not None:
            raise self.error
        return number


@pytest.fixture
def held() -> Held:
    return Held()


def test_a_stamp_is_asked_for_anew_unless_an_old_one_will_do(held: Held) -> None:
    asked = Probe(held)
    assert not asked.failed  # nobody has asked
    assert [asked.stamp(), asked.stamp(), asked.stamp(max_age=60)] == [1, 2, 2]
    assert not asked.failed


def test_an_error_is_handed_on_and_forgotten(held: Held) -> None:
    asked = Probe(held)
    held.error = IndexUnreachableError("the bucket gives no answer: ask again")
    for _ in range(2):
        with pytest.raises(IndexUnreachableError, match="bucket"):
            asked.stamp()
        assert asked.failed
    held.error = None
    assert asked.stamp() == 3
    assert not asked.failed


def test_a_call_that_hangs_holds_nobody_and_is_the_only_one(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "PROBE_SECONDS", 0.05)
    asked = Probe(held)
    held.gate.clear()
    try:
        for _ in range(5):
            with pytest.raises(IndexUnreachableError, match="ask again") as caught:
                asked.stamp()
            assert caught.value.retry_after
            assert asked.failed
        assert held.calls == 1
    finally:
        held.gate.set()
    monkeypatch.setattr(probe, "PROBE_SECONDS", 30)
    deadline = time.monotonic() + 30
    while asked.failed and time.monotonic() < deadline:
        time.sleep(0.001)
    # The call that hung has ended; the next one is new.
    asked.stamp()
    assert asked.stamp() == held.calls > 1
