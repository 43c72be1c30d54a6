"""An evaluation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qa.evaluate.comparison import Comparison
from qa.evaluate.gates import Checked
from qa.evaluate.measures import AUROC, COVERAGE, WRONG, Figure, Measure
from qa.evaluate.outcome import Evaluation
from qa.evaluate.significance import show_p

_SNIPPET = 70


def lines_of(
    evaluation: Evaluation, comparisons: Sequence[Comparison], checked: Sequence[Checked]
) -> Iterator[str]:
    """Yield the lines that ``qa eval`` prints."""
    yield from _heading(evaluation)
    yield ""
    yield from _measures(evaluation)
    if evaluation.by_kind:
        yield ""
        yield from _kinds(evaluation)
    if len(comparisons) > 1:
        yield ""
        yield from _side_by_side(comparisons)
    for comparison in comparisons:
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
    """Describe the index that answered, or say where the run is from."""
    index, config = evaluation.index, evaluation.config
    if index is None:
        return f"the run of {config.get('run', 'another program')}"
    built = f", built in {index.build_seconds:.1f} s" if index.build_seconds is not None else ""
    return (
        f"index {config['index']} {config['generation']}, {config['model']}: "
        f"{index.passages:,} passages of {index.documents:,} documents, "
        f"{index.bytes / 1e6:.1f} MB{built}"
    )


def latency_of(evaluation: Evaluation) -> str:
    """Say how long a question takes."""
    latency = evaluation.latency
    if latency is None:
        return "how long a question took is not known"
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
    wrong = evaluation.figure(WRONG)
    if wrong and wrong.value is not None:
        yield f"wrong among answered at {WRONG.cutoff}% coverage: {wrong.value:.1%}"


def kind_columns(evaluation: Evaluation) -> list[Measure]:
    """Return the measures that kinds are shown with."""
    ranking = [measure for measure in evaluation.measures if measure.of_ranking]
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


def names_of(comparisons: Sequence[Comparison]) -> list[str]:
    """Return how each A is called: A, or A1, A2 and so on where there are several."""
    return ["A"] if len(comparisons) == 1 else [f"A{n}" for n in range(1, len(comparisons) + 1)]


def _side_by_side(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Show this run beside several others: their values, and in brackets what this run has more."""
    names = names_of(comparisons)
    for name, comparison in zip(names, comparisons, strict=True):
        yield f"{name:4}{comparison.against}"
    measures = dict.fromkeys(d.measure for one in comparisons for d in one.differences)
    yield f"{'':14}{'B':>7}" + "".join(f"{name:>7}{'B - A':>9} " for name in names)
    for measure in measures:
        found = [
            next((d for d in one.differences if d.measure == measure), None) for one in comparisons
        ]
        ours = next((d.after for d in found if d), 0.0)
        cells = "".join(
            f"{d.before:>7.3f}{d.points:>+9.1f}{'*' if d.shown else ' '}" if d else f"{'':17}"
            for d in found
        )
        yield f"{measure!s:14}{ours:>7.3f}{cells}".rstrip()
    yield f"* a difference that the set can show; {correction_of(comparisons)}"


def correction_of(comparisons: Sequence[Comparison]) -> str:
    """Say what was done about testing many differences."""
    return f"p after Holm's correction for {comparisons[0].tests} tests"


def bare_p(p: float) -> str:
    """Return a p-value as it stands in a table: ``0.003`` or ``< 0.001``."""
    return show_p(p).removeprefix("p ").removeprefix("= ")


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield (f"A is {comparison.against}, B this run; {comparison.questions:,} questions in both")
    yield from comparison.notes
    yield (
        f"{'':14}{'A':>7}{'B':>7}{'B - A':>8}  {'95% interval':16}{'p':>8}{'Holm':>8}"
        f"{'wins':>7}{'ties':>6}{'losses':>7}"
    )
    for one in comparison.differences:
        interval = f"{100 * one.low:+.1f} to {100 * one.high:+.1f}"
        counts = f"{one.wins:>7}{one.ties:>6}{one.losses:>7}" if one.changes else ""
        yield (
            f"{one.measure!s:14}{one.before:>7.3f}{one.after:>7.3f}{one.points:>+8.1f}  "
            f"{interval:16}{bare_p(one.p):>8}{bare_p(one.adjusted):>8}{counts}"
        )
    yield f"{comparison.verdict} ({correction_of([comparison])})"
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
