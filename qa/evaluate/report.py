"""An evaluation as one page for people: no script, nothing fetched, light or dark as they have it.

Everything that comes from a data set or an archive is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template

from qa.evaluate import charts
from qa.evaluate.compare import Comparison, show_p
from qa.evaluate.datasets import Gold
from qa.evaluate.gates import Checked
from qa.evaluate.measures import COVERAGE, EXCERPT_CHARS, REGISTERED, RISK, Figure, Measure
from qa.evaluate.outcome import Evaluation, First, Outcome
from qa.evaluate.table import counts_of, index_of, interval_of, kind_columns, latency_of

_SHOWN_CHARS = 1200
_SHOWN_GOLD = 4


def page(evaluation: Evaluation, comparison: Comparison | None, checked: Sequence[Checked]) -> str:
    """Return the page as HTML."""
    sections = [
        *_heading(evaluation, comparison),
        *_gates(checked),
        *_measures(evaluation),
        *_kinds(evaluation),
        *_ranks(evaluation),
        *_risk(evaluation),
        *(_comparison(comparison) if comparison else ()),
        *_misses(evaluation),
        *_answered_wrongly(evaluation),
        *_config(evaluation),
    ]
    template = Template(files("qa.evaluate").joinpath("report.html").read_text("utf-8"))
    title = escape(f"Evaluation: {evaluation.dataset}")
    return template.substitute(title=title, body="\n".join(sections))


def _heading(evaluation: Evaluation, comparison: Comparison | None) -> Iterator[str]:
    yield f"<h1>{escape(evaluation.dataset)}</h1>"
    yield f"<p>{escape(counts_of(evaluation))}</p>"
    yield f'<p class="soft">{escape(index_of(evaluation))}<br>{escape(latency_of(evaluation))}</p>'
    links = [("measures", "Measures")]
    links += [("kinds", "By kind")] if evaluation.by_kind else []
    links += [("ranks", "First relevant result")]
    links += [("risk", "Risk and coverage")] if _has_verdicts(evaluation) else []
    links += [("against", "Comparison")] if comparison else []
    links += [("misses", "Misses")]
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


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield f'<h2 id="against">Against {escape(comparison.against)}</h2>'
    yield f'<p class="verdict">{escape(comparison.verdict)}</p>'
    yield (
        f'<p class="soft">A is {escape(comparison.against)}, B this run; paired randomisation test '
        f"over {comparison.questions:,} questions.</p>"
    )
    yield '<div class="scroll"><table><thead><tr><th>measure</th><th>A</th><th>B</th><th>B − A</th>'
    yield "<th>p</th><th>wins</th><th>ties</th><th>losses</th></tr></thead><tbody>"
    for one in comparison.differences:
        p = escape(show_p(one.p).removeprefix("p ").removeprefix("= "))
        yield (
            f"<tr><td>{one.measure}</td><td>{one.before:.3f}</td><td>{one.after:.3f}</td>"
            f"<td>{one.points:+.1f}</td><td>{p}</td><td>{one.wins:,}</td><td>{one.ties:,}</td><td>{one.losses:,}</td></tr>"
        )
    yield "</tbody></table></div>"
    for moved in comparison.moved:
        yield f"<article><h3>{escape(moved.question)}</h3>"
        yield (
            f'<p class="soft">{escape(moved.id)}: {comparison.moved_by} went from '
            f"{moved.before:.2f} to {moved.after:.2f}</p>"
        )
        firsts = [("A", moved.first_before), ("B", moved.first_after)]
        if moved.first_before == moved.first_after:
            firsts = [("both", moved.first_after)]
        yield '<div class="pair">'
        for name, first in firsts:
            yield f"<div><h4>first in {name}</h4>{_quote(first)}</div>"
        yield "</div></article>"


def _misses(evaluation: Evaluation) -> Iterator[str]:
    missed = [o for o in evaluation.outcomes if o.answerable and o.rank != 1]
    missed.sort(key=lambda o: (o.apart, o.rank is not None, -(o.rank or 0)))
    said = f"{len(missed):,} questions without a relevant first result"
    yield f'<h2 id="misses">Misses <small>{said}</small></h2>'
    if not missed:
        yield "<p>None.</p>"
    for outcome in missed:
        yield from _miss(outcome)


def _miss(outcome: Outcome) -> Iterator[str]:
    where = f"first relevant at rank {outcome.rank}" if outcome.rank else "nothing relevant found"
    kind = f"{outcome.kind}, " if outcome.kind else ""
    apart = ", apart" if outcome.apart else ""
    yield f"<article><h3>{escape(outcome.question) or '(no text)'}</h3>"
    yield f'<p class="soft">{escape(outcome.id)}: {escape(kind)}{where}{apart}</p>'
    if outcome.changed:
        yield f'<p class="soft">searched as: {escape(outcome.searched)}</p>'
    yield '<div class="pair"><div class="gold"><h4>what answers it</h4>'
    yield from (_gold(gold) for gold in outcome.gold[:_SHOWN_GOLD])
    if len(outcome.gold) > _SHOWN_GOLD:
        yield f'<p class="source">and {len(outcome.gold) - _SHOWN_GOLD} more</p>'
    yield f'</div><div class="instead"><h4>what came first</h4>{_first(outcome.first)}</div></div>'
    yield "</article>"


def _gold(gold: Gold) -> str:
    return f'<p class="source">{escape(gold.source)}</p>{_quote(gold.quote)}'


def _first(first: First | None) -> str:
    if first is None:
        return "<p>Nothing.</p>"
    title = f"{first.title}, " if first.title else ""
    return f'<p class="source">{escape(title + first.source)}</p>{_quote(first.excerpt)}'


def _quote(text: str) -> str:
    shown = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
    return f"<blockquote>{escape(shown)}</blockquote>"


def _answered_wrongly(evaluation: Evaluation) -> Iterator[str]:
    wrong = [o for o in evaluation.outcomes if not o.answerable and o.verdict == "answered"]
    if not wrong:
        return
    yield f"<h2>Answered, though the archive does not <small>{len(wrong):,} questions</small></h2>"
    for outcome in wrong:
        yield f"<article><h3>{escape(outcome.question)}</h3>"
        yield (
            f'<p class="soft">{escape(outcome.id)}: {escape(outcome.kind)}, '
            f"confidence {outcome.confidence}</p>"
        )
        yield f'<div class="instead">{_first(outcome.first)}</div></article>'


def _config(evaluation: Evaluation) -> Iterator[str]:
    config = json.dumps(dict(evaluation.config), indent=2, ensure_ascii=False)
    yield "<footer><details><summary>What was evaluated</summary>"
    yield f"<pre>{escape(config)}</pre></details></footer>"
