"""An evaluation as one page for people: nothing fetched, light or dark as they have it.

Its one script filters and sorts the questions; the page's policy lets no other run. Everything that
comes from a data set or an archive is escaped.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template

from qa.evaluate import charts
from qa.evaluate.comparison import Comparison, Moved
from qa.evaluate.gates import Checked
from qa.evaluate.measures import COVERAGE, EXCERPT_CHARS, REGISTERED, RISK, Figure, Measure
from qa.evaluate.outcome import Evaluation, Outcome
from qa.evaluate.questions import questions_section, quote
from qa.evaluate.table import (
    bare_p,
    correction_of,
    counts_of,
    index_of,
    interval_of,
    kind_columns,
    latency_of,
    names_of,
)
from qa.evaluate.verdicts import calibration_error, reliability


def page(
    evaluation: Evaluation, comparisons: Sequence[Comparison], checked: Sequence[Checked]
) -> str:
    """Return the page as HTML."""
    sections = [
        *_heading(evaluation, comparisons),
        *_gates(checked),
        *_measures(evaluation),
        *_kinds(evaluation),
        *_ranks(evaluation),
        *_risk(evaluation),
        *_reliability(evaluation),
        *_comparisons(comparisons),
        *questions_section(evaluation, comparisons),
        *_config(evaluation),
    ]
    template = Template(files("qa.evaluate").joinpath("report.html").read_text("utf-8"))
    script = files("qa.evaluate").joinpath("report.js").read_text("utf-8")
    digest = b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return template.substitute(
        title=escape(f"Evaluation: {evaluation.dataset}"),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        body="\n".join(sections),
        script=script,
    )


def _heading(evaluation: Evaluation, comparisons: Sequence[Comparison]) -> Iterator[str]:
    yield f"<h1>{escape(evaluation.dataset)}</h1>"
    yield f"<p>{escape(counts_of(evaluation))}</p>"
    yield f'<p class="soft">{escape(index_of(evaluation))}<br>{escape(latency_of(evaluation))}</p>'
    links = [("measures", "Measures")]
    links += [("kinds", "By kind")] if evaluation.by_kind else []
    links += [("ranks", "First relevant result")]
    links += [("risk", "Risk and coverage")] if _has_verdicts(evaluation) else []
    links += [("reliability", "Reliability")] if evaluation.curve else []
    links += [("against", "Comparison")] if comparisons else []
    links += [("questions", "Questions")]
    yield "<nav>" + " ".join(f'<a href="#{to}">{name}</a>' for to, name in links) + "</nav>"


def _gates(checked: Sequence[Checked]) -> Iterator[str]:
    if not checked:
        return
    yield "<h2>Gates</h2>"
    for one in checked:
        word, kind = ("holds", "gate") if one.held else ("does not hold", "gate fell")
        yield f'<div class="{kind}"><b>{word}</b> {escape(str(one))}</div>'


def _measures(evaluation: Evaluation) -> Iterator[str]:
    yield '<h2 id="measures">Measures <small>with 95% bootstrap intervals</small></h2>'
    yield '<div class="scroll"><table><thead><tr><th>measure</th><th>value</th><th>interval</th>'
    yield '<th class="left">0 to 1</th><th>questions</th></tr></thead><tbody>'
    for measure, figure in evaluation.measures.items():
        drawn = "" if measure == EXCERPT_CHARS else charts.interval(figure)
        yield (
            f"<tr><td>{measure}</td><td><b>{measure.show(figure.value)}</b></td>"
            f"<td>{interval_of(measure, figure)}</td>"
            f'<td class="wide">{drawn}</td><td>{figure.n:,}</td></tr>'
        )
    yield "</tbody></table></div><dl>"
    measured = {measure.kind for measure in evaluation.measures}
    for kind in REGISTERED:
        if kind in measured:
            yield f"<div><dt>{kind.name}</dt><dd>{kind.says}</dd></div>"
    yield "</dl>"


def _kinds(evaluation: Evaluation) -> Iterator[str]:
    if not evaluation.by_kind:
        return
    columns = [
        measure
        for measure in kind_columns(evaluation)
        if any(_value(f.get(measure)) is not None for f in evaluation.by_kind.values())
    ]
    lead = columns[0] if columns else None
    yield '<h2 id="kinds">By kind of question</h2>'
    yield '<div class="scroll"><table><thead><tr><th>kind</th><th>questions</th>'
    yield "".join(f"<th>{column}</th>" for column in columns)
    yield f'<th class="left">{lead or ""}, 0 to 1</th></tr></thead><tbody>'
    for kind, figures in evaluation.by_kind.items():
        apart = " <small>apart</small>" if kind in evaluation.apart else ""
        n = sum(outcome.kind == kind for outcome in evaluation.outcomes)
        cells = "".join(f"<td>{_cell(column, figures.get(column))}</td>" for column in columns)
        drawn = charts.interval(figures[lead], width=140) if lead and lead in figures else ""
        yield f"<tr><td>{escape(kind)}{apart}</td><td>{n:,}</td>{cells}"
        yield f'<td class="wide">{drawn}</td></tr>'
    yield "</tbody></table></div>"
    if evaluation.apart:
        yield '<p class="soft">A kind that is apart is not in the overall figures.</p>'


def _value(figure: Figure | None) -> float | None:
    return figure.value if figure else None


def _cell(measure: Measure, figure: Figure | None) -> str:
    return measure.show(figure.value) if figure and figure.value is not None else ""


def _counted(evaluation: Evaluation) -> list[Outcome]:
    return [o for o in evaluation.outcomes if o.answerable and not o.apart]


def _ranks(evaluation: Evaluation) -> Iterator[str]:
    counted = _counted(evaluation)
    ranks = [outcome.rank if outcome.rank and outcome.rank <= 10 else 0 for outcome in counted]
    labels = [*(str(rank) for rank in range(1, 11)), "none"]
    counts = [*(ranks.count(rank) for rank in range(1, 11)), ranks.count(0)]
    said = ", ".join(f"{label}: {count}" for label, count in zip(labels, counts, strict=True))
    name = "Rank of the first relevant result"
    yield f'<h2 id="ranks">{name} <small>questions at each rank</small></h2>'
    yield charts.bars(labels, counts, title=f"{name}. {said}")


def _has_verdicts(evaluation: Evaluation) -> bool:
    return any(outcome.verdict is not None for outcome in evaluation.outcomes)


def _risk(evaluation: Evaluation) -> Iterator[str]:
    if not _has_verdicts(evaluation):
        return
    yield '<h2 id="risk">Risk against coverage</h2>'
    if not evaluation.curve:
        yield "<p>Not available: the confidence of this index is not calibrated.</p>"
        return
    yield (
        '<p class="soft">When only the questions with the highest confidence are answered: the '
        "share of them whose first excerpt is not relevant. A question that the archive does not "
        "answer is always wrong to answer.</p>"
    )
    coverage, risk = (_value(evaluation.figure(measure)) for measure in (COVERAGE, RISK))
    answered = (coverage, risk) if coverage is not None and risk is not None else None
    yield charts.curve(evaluation.curve, answered, title="Risk against coverage")


def _reliability(evaluation: Evaluation) -> Iterator[str]:
    if not evaluation.curve:
        return
    bins = reliability(o.verdicted for o in evaluation.outcomes if not o.apart)
    yield '<h2 id="reliability">Confidence against what came true</h2>'
    yield (
        '<p class="soft">Questions by their confidence, in tenths: the share whose first excerpt is '
        "relevant, with its 95% interval. Above the line they are right more often than confidence says, below "
        f"it less often. Expected calibration error: {calibration_error(bins):.3f}.</p>"
    )
    said = ", ".join(f"{one.confidence:.2f}: {one.right:.0%} of {one.n}" for one in bins)
    yield charts.reliability(bins, title=f"Share that is right by confidence. {said}")


def _comparisons(comparisons: Sequence[Comparison]) -> Iterator[str]:
    if not comparisons:
        return
    names = names_of(comparisons)
    yield '<h2 id="against">Comparison <small>this run is B</small></h2>'
    if len(comparisons) > 1:
        yield from _side_by_side(names, comparisons)
    for name, comparison in zip(names, comparisons, strict=True):
        yield from _comparison(name, comparison, is_open=len(comparisons) == 1)


def _side_by_side(names: Sequence[str], comparisons: Sequence[Comparison]) -> Iterator[str]:
    measures = dict.fromkeys(d.measure for one in comparisons for d in one.differences)
    yield '<div class="scroll"><table><thead><tr><th>measure</th><th>B</th>'
    yield "".join(f"<th>{name}</th><th>B − {name}</th>" for name in names)
    yield "</tr></thead><tbody>"
    for measure in measures:
        found = [
            next((d for d in c.differences if d.measure == measure), None) for c in comparisons
        ]
        ours = next((f"{d.after:.3f}" for d in found if d), "")
        yield f"<tr><td>{measure}</td><td><b>{ours}</b></td>"
        for d in found:
            points = f"{d.points:+.1f}" if d else ""
            points = f"<b>{points}</b>" if d and d.shown else points
            yield f"<td>{f'{d.before:.3f}' if d else ''}</td><td>{points}</td>"
        yield "</tr>"
    yield "</tbody></table></div>"
    yield f'<p class="soft">Bold: the set can show it; {correction_of(comparisons)}.</p>'


def _comparison(name: str, comparison: Comparison, *, is_open: bool) -> Iterator[str]:
    yield f"<details{' open' if is_open else ''}><summary>Against {name}: {escape(comparison.against)}</summary>"
    verdicts = comparison.verdict.split("; ")
    yield "".join(f'<p class="verdict">{escape(verdict)}</p>' for verdict in verdicts)
    yield from (f'<p class="told">{escape(note)}</p>' for note in comparison.notes)
    yield (
        f'<p class="soft">{comparison.questions:,} questions in both. Paired randomisation test; for '
        f"measures of verdicts a paired bootstrap; {correction_of([comparison])}.</p>"
    )
    rows = [
        (str(d.measure), d.points, 100 * d.low, 100 * d.high, d.shown)
        for d in comparison.differences
    ]
    said = ", ".join(f"{row[0]} {row[1]:+.1f} ({row[2]:+.1f} to {row[3]:+.1f})" for row in rows)
    yield f'<h3 class="chart-name">B − {name}, in hundredths, with 95% bootstrap intervals</h3>'
    yield charts.differences(rows, title=f"B less {name}. {said}")
    yield f'<div class="scroll"><table><thead><tr><th>measure</th><th>{name}</th><th>B</th>'
    yield f"<th>B − {name}</th><th>interval</th><th>p</th><th>Holm</th><th>wins</th><th>ties</th>"
    yield "<th>losses</th></tr></thead><tbody>"
    for one in comparison.differences:
        counts = (f"{n:,}" for n in (one.wins, one.ties, one.losses)) if one.changes else ("",) * 3
        yield (
            f"<tr><td>{one.measure}</td><td>{one.before:.3f}</td><td>{one.after:.3f}</td>"
            f"<td>{one.points:+.1f}</td><td>{100 * one.low:+.1f} to {100 * one.high:+.1f}</td>"
            f"<td>{bare_p(one.p)}</td><td>{bare_p(one.adjusted)}</td>"
        )
        yield "".join(f"<td>{count}</td>" for count in counts) + "</tr>"
    yield "</tbody></table></div>"
    moved = list(comparison.change_of.values())
    yield f'<h3 class="chart-name">{comparison.moved_by}: what each question lost or won</h3>'
    lost, won = sum(change < 0 for change in moved), sum(change > 0 for change in moved)
    yield charts.changes(moved, title=f"{lost} questions lost, {won} won, of {len(moved)}")
    for question in comparison.moved:
        yield from _moved(name, comparison.moved_by, question)
    yield "</details>"


def _moved(name: str, by: Measure, moved: Moved) -> Iterator[str]:
    yield f"<article><h3>{escape(moved.question)}</h3>"
    yield (
        f'<p class="soft">{escape(moved.id)}: {by} went from '
        f"{moved.before:.2f} to {moved.after:.2f}</p>"
    )
    firsts = [(name, moved.first_before), ("B", moved.first_after)]
    if moved.first_before == moved.first_after:
        firsts = [("both", moved.first_after)]
    yield '<div class="pair">'
    for whose, first in firsts:
        yield f"<div><h4>first in {whose}</h4>{quote(first)}</div>"
    yield "</div></article>"


def _config(evaluation: Evaluation) -> Iterator[str]:
    config = json.dumps(dict(evaluation.config), indent=2, ensure_ascii=False)
    yield "<footer><details><summary>What was evaluated</summary>"
    yield f"<pre>{escape(config)}</pre></details></footer>"
