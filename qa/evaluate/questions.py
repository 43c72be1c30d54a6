"""The questions of an evaluation as a part of its page: each folded, to be filtered and sorted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from qa.evaluate.comparison import Comparison
from qa.evaluate.datasets import Gold
from qa.evaluate.measures import Measure
from qa.evaluate.outcome import Evaluation, First, Outcome, Shown
from qa.evaluate.table import names_of, snippet

_SHOWN_CHARS = 1200
_SHOWN_GOLD = 4
_NOTHING = 1000
"""What a question sorts by whose rank is none."""
_STAGES = {"dense": "dense", "lexical": "BM25", "late": "late", "sentence": "sentence"}
_STATES = {
    "first": "relevant first",
    "below": "relevant below the first",
    "missed": "nothing relevant found",
    "wrong": "answered wrongly",
    "other": "not answered by the archive",
}


def questions_section(evaluation: Evaluation, comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Yield the list of questions, with what filters and sorts it."""
    by = next((m for m in evaluation.measures if m == Measure("nDCG", 10)), None)
    by = by or next((m for m in evaluation.measures if m.of_ranking), None)
    yield '<h2 id="questions">Questions</h2>'
    yield from _controls(evaluation, comparisons, by)
    yield '<div id="list">'
    changes = [one.change_of for one in comparisons]
    for order, outcome in enumerate(evaluation.outcomes):
        yield from _question(order, outcome, by, changes)
    yield "</div>"


def _controls(
    evaluation: Evaluation, comparisons: Sequence[Comparison], by: Measure | None
) -> Iterator[str]:
    yield '<form id="choose" hidden>'
    yield '<label>words <input name="words" type="search" autocomplete="off"></label>'
    kinds = dict.fromkeys(outcome.kind for outcome in evaluation.outcomes if outcome.kind)
    if kinds:
        yield _select("kind", "kind", {"": "all kinds", **{kind: kind for kind in kinds}})
    present = {state for outcome in evaluation.outcomes for state in _states(outcome)}
    states = {state: said for state, said in _STATES.items() if state in present}
    yield _select("state", "what came of it", {"": "all", **states})
    sorts = {"order up": "as they are asked", "rank down": "first relevant rank, worst first"}
    if by:
        sorts["value up"] = f"{by}, lowest first"
    if any(outcome.confidence is not None for outcome in evaluation.outcomes):
        sorts |= {"confidence down": "confidence, highest first", "confidence up": "lowest first"}
    for n, name in enumerate(names_of(comparisons)):
        sorts |= {
            f"change{n} up": f"lost most against {name}",
            f"change{n} down": f"won most against {name}",
        }
    yield _select("sort", "sorted by", sorts)
    yield '<button type="button" id="unfold">open all</button>'
    yield '<button type="button" id="fold">close all</button>'
    yield '<output id="said" aria-live="polite"></output></form>'


def _select(name: str, label: str, options: Mapping[str, str]) -> str:
    made = "".join(
        f'<option value="{escape(value)}">{escape(said)}</option>'
        for value, said in options.items()
    )
    return f'<label>{label} <select name="{name}">{made}</select></label>'


def _states(outcome: Outcome) -> list[str]:
    if not outcome.answerable:
        states = ["other"]
    elif outcome.rank is None:
        states = ["missed"]
    else:
        states = ["first" if outcome.rank == 1 else "below"]
    return [*states, *(["wrong"] if outcome.verdict == "answered" and outcome.rank != 1 else [])]


def _question(
    order: int, outcome: Outcome, by: Measure | None, changes: Sequence[Mapping[str, float]]
) -> Iterator[str]:
    states = _states(outcome)
    value = outcome.figures.get(by) if by else None
    data = {
        "order": order,
        "kind": outcome.kind,
        "state": " ".join(states),
        "rank": (outcome.rank or _NOTHING) if outcome.answerable else 0,
        "value": 2 if value is None else f"{value:.6f}",
        "confidence": -1 if outcome.confidence is None else outcome.confidence,
        **{f"change{n}": f"{change.get(outcome.id, 0):.6f}" for n, change in enumerate(changes)},
    }
    attributes = " ".join(f'data-{name}="{escape(str(said))}"' for name, said in data.items())
    yield f'<details class="question" {attributes}>'
    facts = [outcome.kind] if outcome.kind else []
    facts += ["apart"] if outcome.apart else []
    if value is not None:
        facts.append(f"{by} {value:.2f}")
    if outcome.confidence is not None:
        facts.append(f"{(outcome.verdict or '').replace('_', ' ')}, {outcome.confidence:.2f}")
    facts += [f"{change[outcome.id]:+.2f}" for change in changes if change.get(outcome.id)]
    badges = "".join(
        f'<span class="badge {state}">{_said_of(state, outcome)}</span>' for state in states
    )
    yield (
        f"<summary>{badges}<b>{escape(outcome.question) or '(no text)'}</b> "
        f'<span class="soft">{escape(outcome.id)}: {escape("; ".join(facts))}</span></summary>'
    )
    yield from _inside(outcome)
    yield "</details>"


def _said_of(state: str, outcome: Outcome) -> str:
    return f"rank {outcome.rank}" if state in ("first", "below") else _STATES[state]


def _inside(outcome: Outcome) -> Iterator[str]:
    if outcome.changed:
        yield f'<p class="soft">searched as: {escape(outcome.searched)}</p>'
    yield '<div class="pair">'
    if outcome.answerable:
        yield '<div class="gold"><h4>what answers it</h4>'
        yield from (_gold(gold) for gold in outcome.gold[:_SHOWN_GOLD])
        if len(outcome.gold) > _SHOWN_GOLD:
            yield f'<p class="source">and {len(outcome.gold) - _SHOWN_GOLD} more</p>'
        yield "</div>"
    role = "gold" if outcome.rank == 1 else "instead"
    yield f'<div class="{role}"><h4>what came first</h4>{_first(outcome.first)}</div></div>'
    if outcome.top:
        yield from _top(outcome.top)


def _top(top: Sequence[Shown]) -> Iterator[str]:
    stages = [name for name in _STAGES if any(name in shown.stages for shown in top)]
    yield '<div class="scroll"><table class="top"><thead><tr><th>rank</th>'
    yield '<th class="left">result</th><th>grade</th><th>score</th>'
    yield "".join(f"<th>{_STAGES[name]}</th>" for name in stages)
    yield "</tr></thead><tbody>"
    for rank, shown in enumerate(top, start=1):
        title = f"{shown.title}: " if shown.title else ""
        cells = "".join(f"<td>{_stage(shown, name)}</td>" for name in stages)
        yield (
            f'<tr{_relevant(shown)}><td>{rank}</td><td class="left words">'
            f'{escape(title + snippet(shown.excerpt))}<span class="source">{escape(shown.id)}</span></td>'
            f"<td>{shown.gain or ''}</td><td>{shown.score:.4g}</td>{cells}</tr>"
        )
    yield "</tbody></table></div>"
    if stages:
        yield '<p class="soft">Of each stage: the score, and its rank among the candidates.</p>'


def _relevant(shown: Shown) -> str:
    return ' class="relevant"' if shown.gain else ""


def _stage(shown: Shown, name: str) -> str:
    stage = shown.stages.get(name)
    return f"{stage.score:.3g} <small>#{stage.rank}</small>" if stage else ""


def _gold(gold: Gold) -> str:
    grade = f", grade {gold.grade}" if gold.grade > 1 else ""
    return f'<p class="source">{escape(gold.source)}{grade}</p>{quote(gold.quote)}'


def _first(first: First | None) -> str:
    if first is None:
        return "<p>Nothing.</p>"
    title = f"{first.title}, " if first.title else ""
    return f'<p class="source">{escape(title + first.source)}</p>{quote(first.excerpt)}'


def quote(text: str) -> str:
    """Return a text as a quotation; a very long one loses its end."""
    shown = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
    return f"<blockquote>{escape(shown)}</blockquote>"
