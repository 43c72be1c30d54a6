"""Following a folder: what is built when, on a clock that the tests turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qa.build.watch import AGAIN_SECONDS, watch
from qa.errors import CorpusError


class Over(BaseException):
    """Ends a watch."""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("one")
    return tmp_path


def follow(
    texts: Path, *turns: Callable[[], object], build: Callable[[], object], seconds: float = 2
) -> list[str]:
    """Watch, taking a turn at each pause; return what was complained of."""
    complaints: list[str] = []
    waiting, now = list(turns), 0.0

    def sleep(_: float) -> None:
        nonlocal now
        now += seconds
        if not waiting:
            raise Over
        waiting.pop(0)()

    with pytest.raises(Over):
        watch(
            [texts],
            build,
            every=seconds,
            complain=complaints.append,
            sleep=sleep,
            clock=lambda: now,
        )
    return complaints


def nothing() -> None:
    pass


def test_it_builds_at_once_and_only_when_something_changed(texts: Path) -> None:
    held: list[list[str]] = []

    def build() -> None:
        held.append(sorted(path.name for path in texts.iterdir()))

    def add() -> None:
        (texts / "b.txt").write_text("two")

    follow(texts, nothing, nothing, add, nothing, nothing, nothing, build=build)
    assert held == [["a.txt"], ["a.txt", "b.txt"]]


def test_what_is_still_written_is_waited_for(texts: Path) -> None:
    held: list[str] = []
    lengths = iter(range(1, 5))

    def grow() -> None:
        (texts / "b.txt").write_text("x" * next(lengths))

    def build() -> None:
        held.append((texts / "b.txt").read_text() if (texts / "b.txt").exists() else "")

    follow(texts, grow, grow, grow, grow, nothing, nothing, build=build)
    assert held == ["", "xxxx"]


def test_a_file_that_changes_during_a_build_is_built_again(texts: Path) -> None:
    built = 0

    def build() -> None:
        nonlocal built
        built += 1
        if built == 1:
            (texts / "b.txt").write_text("came late")

    follow(texts, nothing, nothing, nothing, build=build)
    assert built == 2


@pytest.mark.parametrize("error", [CorpusError("no document"), OSError(28, "No space left")])
def test_a_build_that_fails_is_told_of_once_and_tried_again(texts: Path, error: Exception) -> None:
    tries = 0

    def build() -> None:
        nonlocal tries
        tries += 1
        raise error

    complaints = follow(texts, *[nothing] * 5, build=build)
    assert (tries, complaints) == (1, [str(error)])
    tries = 0
    complaints = follow(texts, *[nothing] * 5, build=build, seconds=AGAIN_SECONDS / 2)
    assert (tries, complaints) == (3, [str(error)])

    def change() -> None:
        (texts / "c.txt").write_text("more")

    tries = 0
    follow(texts, nothing, change, nothing, nothing, build=build)
    assert tries == 2


def test_a_folder_that_is_gone_is_told_of_and_waited_for(texts: Path, tmp_path: Path) -> None:
    built = 0

    def build() -> None:
        nonlocal built
        built += 1

    later = tmp_path / "later"
    complaints = follow(later, nothing, later.mkdir, nothing, nothing, build=build)
    assert complaints == [f"{later} does not exist: name a folder of documents, or a file"]
    assert built == 1


def test_a_fault_of_ours_ends_it(texts: Path) -> None:
    def build() -> None:
        raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        watch([texts], build, every=1, complain=print, sleep=lambda _: None)
