"""What people see in a terminal: progress on standard error, answers on standard output.

Text from documents is data here too: control characters, which could move the cursor or
rename the window, are shown as U+FFFD.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from qa.wire import citation_line, view_address

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from qa.indexing import BuildReport, Progress
    from qa.records import Answer, Citation, Highlight, Result

# All control characters but tab and line feed, and those that turn the direction of writing.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_END = re.compile("\r\n|\r")


def printable(text: str) -> str:
    """Return ``text`` as it may be printed."""
    return _CONTROLS.sub("\ufffd", _LINE_END.sub("\n", text))


def counted(number: int, thing: str) -> str:
    """Return "1 file" or "1,204 files"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


# --- an answer ----------------------------------------------------------------------------------


def show_answer(answer: Answer, base: str, *, colour: bool) -> None:
    """Print the excerpts of an answer, each with its citation."""
    blocks = [_result(result, base) for result in answer.results]
    if not blocks:
        blocks = ["Nothing found within these filters."]
    left_out = answer.filtered_out_undated
    if left_out:
        undated = counted(left_out, "document")
        blocks.append(f"{undated} without a date left out by the date filter.")
    click.echo("\n\n".join(blocks), color=colour)


def _result(result: Result, base: str) -> str:
    lines = [
        click.style(f"{result.rank}.", fg="cyan", bold=True)
        + " "
        + _marked(result.excerpt, result.highlights),
        *(_cited("   ", citation, base) for citation in [result.citation]),
        *(_cited("   also: ", citation, base) for citation in result.also),
    ]
    return "\n".join(lines)


def _cited(indent: str, citation: Citation, base: str) -> str:
    line = f"{indent}{printable(citation_line(citation))}\n   {view_address(citation, base)}"
    return click.style(line, dim=True)


def _marked(excerpt: str, highlights: Sequence[Highlight]) -> str:
    """Return an excerpt with its highlights, which neither overlap nor leave it, in bold."""
    pieces, at = [], 0
    for highlight in sorted(highlights, key=lambda h: h.start):
        pieces.append(printable(excerpt[at : highlight.start]))
        marked = printable(excerpt[highlight.start : highlight.end])
        pieces.append(click.style(marked, fg="yellow", bold=True))
        at = highlight.end
    pieces.append(printable(excerpt[at:]))
    return "".join(pieces)


# --- a build ------------------------------------------------------------------------------------


def show_report(report: BuildReport, index: str) -> None:
    """Print what a build did."""
    done = "Indexed" if report.changed else "Nothing has changed:"
    lines = [
        f"{done} {counted(report.documents, 'document')}, {counted(report.passages, 'passage')} "
        f"in {index} (generation {report.generation}), {report.seconds:.1f} s",
        f"  newly embedded: {counted(report.embedded, 'passage')}",
        f"  left out as page furniture: {counted(report.furniture_lines, 'line')}",
        f"  skipped: {counted(len(report.skipped), 'file')}",
        *(f"    {skipped.source}: {skipped.reason}" for skipped in report.skipped),
    ]
    click.echo(printable("\n".join(lines)))


@contextmanager
def progress() -> Iterator[Progress]:
    """Give a Progress: bars where standard error is a terminal, else a line a stage."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Lines:
    def say(self, line: str) -> None:
        click.echo(printable(line), err=True)

    def stage(self, name: str, total: int | None) -> None:
        click.echo(name if total is None else f"{name} ({total:,})", err=True)

    def advance(self, steps: int = 1) -> None:
        pass


class _Bars:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    def say(self, line: str) -> None:
        self._bars.console.print(printable(line), markup=False, highlight=False)

    def stage(self, name: str, total: int | None) -> None:
        for task in self._bars.task_ids:
            self._bars.remove_task(task)
        self._bars.add_task(name, total=total)

    def advance(self, steps: int = 1) -> None:
        for task in self._bars.task_ids:
            self._bars.advance(task, steps)
