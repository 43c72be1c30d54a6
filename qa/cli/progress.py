"""Progress of a long task with stages, such as a build or an evaluation, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from qa.cli.terminal import counted
from qa.text.printable import printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from qa.build.builder import Progress

TELL_SECONDS = 10
"""Without a terminal, progress is shown at most once in so many seconds."""


@contextmanager
def progress() -> Iterator[Progress]:
    """Provide a Progress: bars if standard error is a terminal, else a line for each stage."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[passages]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Pace:
    """How far and how fast a stage is: its steps, and the passages that were embedded in it."""

    def __init__(self, total: int | None) -> None:
        self.total = total
        self.steps = self.passages = 0
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.began, 1e-9)

    def embedded(self) -> str:
        """Return how many passages were embedded, and how many in a second."""
        if not self.passages:
            return ""
        return f"{counted(self.passages, 'passage')}, {self.passages / self.seconds:,.0f} a second"

    def left(self) -> str:
        """Return about how long the rest takes."""
        if not self.total or not self.steps:
            return ""
        seconds = round(self.seconds * (self.total - self.steps) / self.steps)
        minutes, seconds = divmod(seconds, 60)
        return f"about {minutes} min {seconds} s left" if minutes else f"about {seconds} s left"


class Lines:
    """A line for each stage, and more lines during a long one."""

    def __init__(self) -> None:
        self._stage, self._pace, self._told = "", _Pace(None), 0.0

    def say(self, line: str) -> None:
        click.echo(printable(line), err=True)

    def stage(self, name: str, total: int | None) -> None:
        self._stage, self._pace, self._told = name, _Pace(total), time.monotonic()
        click.echo(name if total is None else f"{name} ({total:,})", err=True)

    def advance(self, steps: int = 1) -> None:
        self._pace.steps += steps
        self._tell()

    def passages(self, number: int) -> None:
        self._pace.passages += number
        self._tell()

    def _tell(self) -> None:
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told, pace = time.monotonic(), self._pace
        done = f"{pace.steps:,}" if pace.total is None else f"{pace.steps:,} of {pace.total:,}"
        parts = [f"{self._stage}: {done}", pace.embedded(), pace.left()]
        click.echo(", ".join(filter(None, parts)), err=True)


class _Bars:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._pace = _Pace(None)

    def say(self, line: str) -> None:
        self._bars.console.print(printable(line), markup=False, highlight=False)

    def stage(self, name: str, total: int | None) -> None:
        for task in self._bars.task_ids:
            self._bars.remove_task(task)
        self._pace = _Pace(total)
        self._bars.add_task(name, total=total, passages="")

    def advance(self, steps: int = 1) -> None:
        for task in self._bars.task_ids:
            self._bars.advance(task, steps)

    def passages(self, number: int) -> None:
        self._pace.passages += number
        for task in self._bars.task_ids:
            self._bars.update(task, passages=self._pace.embedded())
