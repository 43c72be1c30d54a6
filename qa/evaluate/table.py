"""An evaluation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qa.evaluate.compare import Comparison, show_p
from qa.evaluate.gates import Checked
from qa.evaluate.measures import AUROC, COVERAGE, Figure, Measure
from qa.evaluate.outcome import Evaluation

_SNIPPET = 70


def lines_of(
    evaluation: Evaluation, comparison: Comparison | None, checked: Sequence[Checked]
) -> Iterator[str]:
    """Yield the lines that ``qa eval`` prints."""
    yield from _heading(evaluation)
    yield ""
    yield from _measures(evaluation)
    if evaluation.by_kind:
        yield ""
        yield from _kinds(evaluation)
    if comparison:
        yield ""
        yield from _comparison(comparison)
    if checked:
        yield ""
        yield from (f"gate {one}: {'holds' if one.held else 'DOES NOT HOLD'}" for one in checked)


def counts_of(evaluation: Evaluation) -> str:
    """Say how many questions there are, of which sort."""
    outcomes = evaluation.outcomes
    apart = sum(outcome.apart for outcome in outcomes)
    missing = sum(not outcome.answerable and not outcome.apart for outcome in outcomes)
    parts = [f"{len(outcomes):,} questions"]
    if missing or apart:
        parts.append(f"{len(outcomes) - missing - apart:,} answerable")
    if missing:
        parts.append(f"{missing:,} not")
    if apart:
        parts.append(f"{apart:,} apart ({', '.join(sorted(evaluation.apart))})")
    return parts[0] + (f": {', '.join(parts[1:])}" if parts[1:] else "")


def index_of(evaluation: Evaluation) -> str:
    """Describe the index that answered."""
    index, config = evaluation.index, evaluation.config
    built = f", built in {index.build_seconds:.1f} s" if index.build_seconds is not None else ""
    return (
        f"index {config['index']} {config['generation']}, {config['model']}: "
        f"{index.passages:,} passages of {index.documents:,} documents, "
        f"{index.bytes / 1e6:.1f} MB{built}"
    )


def latency_of(evaluation: Evaluation) -> str:
    """Say how long a question takes."""
    latency = evaluation.latency
    return f"one question, in process: p50 {latency.p50:.1f} ms, p99 {latency.p99:.1f} ms"


def _heading(evaluation: Evaluation) -> Iterator[str]:
    yield f"{evaluation.dataset}: {counts_of(evaluation)}"
    yield index_of(evaluation)
    yield latency_of(evaluation)


def interval_of(measure: Measure, figure: Figure) -> str:
    """Return an interval as it is printed."""
    if figure.value is None:
        return ""
    return f"{measure.show(figure.low)} to {measure.show(figure.high)}"


def _measures(evaluation: Evaluation) -> Iterator[str]:
    yield f"{'':14}{'value':>7}   {'95% interval':18}{'n':>6}"
    for measure, figure in evaluation.measures.items():
        interval = interval_of(measure, figure)
        yield f"{measure!s:14}{measure.show(figure.value):>7}   {interval:18}{figure.n:>6,}"


def kind_columns(evaluation: Evaluation) -> list[Measure]:
    """Return the measures that kinds are shown with."""
    ranking = [measure for measure in evaluation.measures if measure.cutoff is not None]
    return [*ranking, AUROC, COVERAGE]


def _kinds(evaluation: Evaluation) -> Iterator[str]:
    columns = kind_columns(evaluation)
    width = max(14, *(len(kind) + 3 for kind in evaluation.by_kind))
    yield f"{'':{width}}{'n':>5}" + "".join(f"{column!s:>11}" for column in columns)
    for kind, figures in evaluation.by_kind.items():
        name = kind + (" *" if kind in evaluation.apart else "")
        n = sum(outcome.kind == kind for outcome in evaluation.outcomes)
        cells = "".join(f"{_cell(column, figures.get(column)):>11}" for column in columns)
        yield f"{name:{width}}{n:>5}{cells}"
    if evaluation.apart:
        yield "* not in the overall figures"


def _cell(measure: Measure, figure: Figure | None) -> str:
    return measure.show(figure.value) if figure else ""


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield (f"A is {comparison.against}, B this run; {comparison.questions:,} questions in both")
    yield f"{'':14}{'A':>7}{'B':>7}{'B - A':>8}   {'p':10}{'wins':>5}{'ties':>6}{'losses':>7}"
    for one in comparison.differences:
        yield (
            f"{one.measure!s:14}{one.before:>7.3f}{one.after:>7.3f}{one.points:>+8.1f}   "
            f"{show_p(one.p):10}{one.wins:>5}{one.ties:>6}{one.losses:>7}"
        )
    yield comparison.verdict
    if comparison.moved:
        yield ""
        yield f"moved most, by {comparison.moved_by}:"
    for moved in comparison.moved:
        yield f"  {moved.id}  {moved.before:.2f} to {moved.after:.2f}  {moved.question}"
        yield f"    A  {snippet(moved.first_before)}"
        yield f"    B  {snippet(moved.first_after)}"


def snippet(text: str) -> str:
    """Return the beginning of a text, on one line."""
    words = " ".join(text.split())
    return words if len(words) <= _SNIPPET else words[: _SNIPPET - 1] + "…"
