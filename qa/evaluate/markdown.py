"""An evaluation as a short summary in Markdown, to stand in a comment on a change.

Whatever comes from a data set or an archive stands in code: it is text there, never markup, and names
nobody, as ``@name`` would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qa.evaluate.comparison import Comparison
from qa.evaluate.gates import Checked
from qa.evaluate.measures import WRONG
from qa.evaluate.outcome import Evaluation
from qa.evaluate.table import (
    bare_p,
    correction_of,
    counts_of,
    index_of,
    interval_of,
    latency_of,
    names_of,
    snippet,
)
from qa.text.printable import in_line, printable

_TICKS = re.compile("`+")


def summary(
    evaluation: Evaluation, comparisons: Sequence[Comparison], checked: Sequence[Checked]
) -> str:
    """Return the summary: gates, measures, what differs from other runs, questions that moved."""
    lines = [
        *_heading(evaluation, checked),
        *_measures(evaluation),
        *_comparisons(comparisons),
        *_moved(comparisons),
    ]
    return "\n".join(lines) + "\n"


def code(text: str, *, in_table: bool = False) -> str:
    """Return a text as code within a line; in a table a bar would part two cells."""
    said = printable(in_line(text)).strip() or " "
    ticks = "`" * _more_than(said, 0)
    padded = f" {said} " if said.startswith("`") or said.endswith("`") else said
    return f"{ticks}{padded}{ticks}".replace("|", r"\|" if in_table else "|")


def _more_than(text: str, fewest: int) -> int:
    """Return a number of backticks that a text has nowhere in a row."""
    return max([fewest, *map(len, _TICKS.findall(text))]) + 1


def _heading(evaluation: Evaluation, checked: Sequence[Checked]) -> Iterator[str]:
    yield f"### Evaluation of {code(evaluation.dataset)}"
    yield ""
    said = [counts_of(evaluation), index_of(evaluation), latency_of(evaluation)]
    said += [f"gate {one}: {'holds' if one.held else 'DOES NOT HOLD'}" for one in checked]
    lines = [printable(in_line(line)) for line in said]
    fence = "`" * _more_than("\n".join(lines), 2)
    yield from (f"{fence}text", *lines, fence)


def _measures(evaluation: Evaluation) -> Iterator[str]:
    yield ""
    yield "| measure | value | 95% interval | questions |"
    yield "|---|---:|:---:|---:|"
    for measure, figure in evaluation.measures.items():
        interval = interval_of(measure, figure)
        yield f"| {measure} | {measure.show(figure.value)} | {interval} | {figure.n:,} |"
    wrong = evaluation.figure(WRONG)
    if wrong and wrong.value is not None:
        yield ""
        yield f"Wrong among answered at {WRONG.cutoff}% coverage: {wrong.value:.1%}."


def _comparisons(comparisons: Sequence[Comparison]) -> Iterator[str]:
    for name, comparison in zip(names_of(comparisons), comparisons, strict=True):
        yield ""
        yield f"**Against {name}**, {code(comparison.against)}: {comparison.verdict}."
        for note in comparison.notes:
            yield ""
            yield code(note)
        yield ""
        yield f"| measure | {name} | B | B − {name} | 95% interval | p | Holm |"
        yield "|---|---:|---:|---:|:---:|---:|---:|"
        for d in comparison.differences:
            bold = "**" if d.shown else ""
            p, adjusted = (bare_p(p).replace("<", "&lt;") for p in (d.p, d.adjusted))
            yield (
                f"| {d.measure} | {d.before:.3f} | {d.after:.3f} | {bold}{d.points:+.1f}{bold} | "
                f"{100 * d.low:+.1f} to {100 * d.high:+.1f} | {p} | {adjusted} |"
            )
    if comparisons:
        yield ""
        yield f"B is this run, differences are in hundredths, {correction_of(comparisons)}."


def _moved(comparisons: Sequence[Comparison]) -> Iterator[str]:
    for name, comparison in zip(names_of(comparisons), comparisons, strict=True):
        if not comparison.moved:
            continue
        yield ""
        yield f"<details><summary>Questions that moved most against {name}</summary>"
        yield ""
        yield f"| question | {comparison.moved_by} in {name} | in B |"
        yield "|---|---:|---:|"
        for moved in comparison.moved:
            yield (
                f"| {code(f'{moved.id}: {snippet(moved.question)}', in_table=True)} | {moved.before:.2f} | "
                f"{moved.after:.2f} |"
            )
        yield ""
        yield "</details>"
