from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from qa.engine import Engine
from qa.errors import DatasetError, UsageError
from qa.evaluate.datasets import Gold, SpanQuestion, SpanSet, read_spans, without_history
from qa.evaluate.measures import (
    AUROC,
    COVERAGE,
    EXCERPT_CHARS,
    RISK,
    SPAN_MEASURES,
    WRONG,
    Figure,
    Measure,
)
from qa.evaluate.outcome import Outcome
from qa.evaluate.run import evaluate_spans, measures_of
from qa.evaluate.runs import Place
from qa.evaluate.serving import open_engine
from qa.evaluate.spans import Asking, ask_spans, gains_of, judge, locate
from qa.records import Answer, Citation, Question, Result, Verdict
from qa.settings import Settings
from tests.conftest import Build
from tests.evaluate.conftest import QUESTIONS, write_lines
from tests.fake import FakeEncoder

HIT1, HIT5, RR, NDCG = map(Measure.parse, ("hit@1", "hit@5", "RR@10", "nDCG@10"))


def result(rank: int, start: int, end: int, source: str = "a.txt") -> Result:
    citation = Citation(
        id="c",
        document_id="d",
        source=source,
        title=None,
        section=None,
        published=None,
        page=None,
        start=start,
        end=end,
        line_start=1,
        line_end=1,
        sha256="0",
    )
    return Result(
        rank=rank, score=1.0, excerpt="x" * (end - start), highlights=(), citation=citation
    )


def place(start: int, end: int, source: str = "a.txt") -> tuple[Place, ...]:
    return (Place(source, start, end),)


def at(start: int, end: int, source: str = "a.txt") -> Place:
    return Place(source, start, end)


def test_half_of_a_quote_is_enough_and_less_is_not() -> None:
    quote = [place(100, 200)]
    assert gains_of([at(0, 150)], quote) == [1]
    assert gains_of([at(0, 149)], quote) == [0]
    assert gains_of([at(150, 300)], quote) == [1]
    assert gains_of([at(120, 169)], quote) == [0]
    assert gains_of([at(0, 300, "b.txt")], quote) == [0]


def test_half_of_a_quote_of_odd_length_is_the_larger_half() -> None:
    assert gains_of([at(0, 1)], [place(0, 3)]) == [0]
    assert gains_of([at(0, 2)], [place(0, 3)]) == [1]


def test_a_quote_is_credited_once() -> None:
    # Both excerpts hold half of it.
    assert gains_of([at(0, 150), at(150, 300)], [place(100, 200)]) == [1, 0]


def test_every_place_of_a_quote_counts_but_once() -> None:
    quote = [(Place("a.txt", 0, 10), Place("a.txt", 500, 510))]
    excerpts = [at(20, 30), at(490, 600), at(0, 20)]
    assert gains_of(excerpts, quote) == [0, 1, 0]


def test_an_excerpt_that_covers_two_quotes_is_one_relevant_excerpt() -> None:
    quotes = [place(0, 10), place(20, 30), place(100, 110)]
    assert gains_of([at(0, 30), at(20, 40), at(100, 120)], quotes) == [1, 0, 1]


class _Fixed:
    """An engine whose answers are given; its documents are those of a real one."""

    def __init__(self, engine: Engine, answers: dict[str, tuple[Result, ...]]) -> None:
        self._engine, self._answers = engine, answers
        self.store, self.info, self.document = engine.store, engine.info, engine.document
        self.asked: list[Question] = []

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        return Answer(
            question=question.text,
            searched=question.text,
            verdict="unsure",
            confidence=None,
            results=self._answers.get(question.text, ()),
            filtered_out_undated=0,
            index=self.info,
            took_ms=1.0,
        )


def cited(engine: Engine, rank: int, source: str, quote: str) -> Result:
    """Return a result that shows a quote of a source."""
    entry = next(e for e in engine.documents() if e.source == source)
    start = engine.document(entry.id).text.index(quote)
    return result(rank, start, start + len(quote), source)


def test_outcomes_by_hand(spans: Path, engine: Engine) -> None:
    wrong = cited(engine, 1, "scraped.txt", "The furnace")
    several, fact = QUESTIONS[2], QUESTIONS[1]
    fixed = _Fixed(
        engine,
        {
            # The second alternative at rank 2, the first at rank 3.
            fact["question"]: (
                wrong,
                cited(engine, 2, "copy of bridge.txt", fact["gold"][1]["quote"]),
                cited(engine, 3, "bridge.txt", fact["gold"][0]["quote"]),
            ),
            # Both of two wanted, at ranks 1 and 3.
            several["question"]: (
                cited(engine, 1, "tariff.txt", several["gold"][1]["quote"]),
                wrong,
                cited(engine, 3, "markup.txt", several["gold"][0]["quote"]),
            ),
        },
    )
    outcomes = {o.id: o for o in ask_spans(read_spans(spans), fixed)}  # type: ignore[arg-type]  # it has what an evaluation asks for
    assert {question.k for question in fixed.asked} == {10}

    any_of_two = outcomes["fact-2"]
    assert any_of_two.rank == 2
    assert any_of_two.figures[HIT1] == 0 and any_of_two.figures[HIT5] == 1
    assert any_of_two.figures[RR] == 0.5
    # One relevant excerpt is the ideal, so that the second does not count.
    assert any_of_two.figures[NDCG] == pytest.approx(1 / math.log2(3))
    assert any_of_two.first is not None and not any_of_two.first.relevant

    all_of_two = outcomes["several-1"]
    assert all_of_two.figures[HIT1] == 1
    assert all_of_two.figures[NDCG] == pytest.approx(1.5 / (1 + 1 / math.log2(3)))

    missed = outcomes["fact-1"]
    assert missed.rank is None and set(missed.figures.values()) == {0.0}
    assert outcomes["spanish-1"].apart
    assert not outcomes["near-1"].answerable and not outcomes["near-1"].figures


def graded(need: str, *grades: int) -> SpanQuestion:
    gold = tuple(Gold("a.txt", f"quote {n}", grade) for n, grade in enumerate(grades))
    return SpanQuestion("q", "?", "fact", gold, "all" if need == "all" else "any")


def test_grades_of_alternatives_by_hand() -> None:
    places = [place(0, 10), place(100, 110)]
    shown = [at(0, 10), at(100, 110)]
    found = judge(graded("any", 1, 3), shown, places, [HIT1, RR, NDCG])
    assert found.gains == (1, 3) and found.rank == 1
    # One excerpt is all there is to find: the second one is worth more, even at rank 2.
    assert found.figures == {HIT1: 1, RR: 1, NDCG: pytest.approx(1 / math.log2(3))}
    only = judge(graded("any", 1, 3), shown[:1], places, [NDCG])
    assert only.figures == {NDCG: pytest.approx(1 / 3)}
    assert judge(graded("any", 1, 3), shown[1:], places, [NDCG]).figures == {NDCG: 1}


def test_grades_where_every_quote_is_wanted_by_hand() -> None:
    places = [place(0, 10), place(100, 110), place(12, 20)]
    question = graded("all", 1, 3, 2)
    best = 3 + 2 / math.log2(3) + 1 / math.log2(4)
    found = judge(question, [at(0, 10), at(100, 110)], places, [NDCG])
    assert found.figures[NDCG] == pytest.approx((1 + 3 / math.log2(3)) / best)
    # One excerpt with two quotes is one result, of the higher grade.
    found = judge(question, [at(0, 20), at(100, 110)], places, [NDCG])
    assert found.gains == (2, 3)
    assert found.figures[NDCG] == pytest.approx((2 + 3 / math.log2(3)) / best)


def test_what_ranks_below_the_excerpts_is_looked_at_when_it_is_asked_for(
    spans: Path, archive: Path, tmp_path: Path, build: Build, encoder: FakeEncoder
) -> None:
    for n in range(60):
        text = f"Ferry number {n} crosses the river. " + f"Boat {n} is of wood. " * (n % 7)
        (tmp_path / "ferries").mkdir(exist_ok=True)
        (tmp_path / "ferries" / f"{n:02}.txt").write_text(text, "utf-8")
    build(tmp_path / "ferries", tmp_path / "i")
    engine = open_engine(tmp_path / "i", Settings(), encoder)
    question = {"id": "q", "question": "Which ferry crosses the river?", "kind": "fact"}
    last = {"source": "36.txt", "quote": "Ferry number 36 crosses the river."}
    write_lines(spans / "questions.jsonl", [{**question, "gold": [last]}, {**question, "id": "r"}])
    (spans / "dataset.toml").unlink()
    dataset = read_spans(spans)
    measures = (*SPAN_MEASURES, Measure("Success", 100), Measure("wrong", 40))
    [shallow, _] = ask_spans(dataset, engine)
    [deep, _] = ask_spans(dataset, engine, asking=Asking(measures, deep=True, explained=True))
    assert len(shallow.ranked) == 10 and len(deep.ranked) > 40
    assert deep.ranked[:10] == shallow.ranked
    assert {m: deep.figures[m] for m in SPAN_MEASURES} == dict(shallow.figures)
    assert deep.figures[Measure("Success", 100)] == 1
    assert Measure("wrong", 40) not in deep.figures  # it is of the whole set
    found = [one.place for one in deep.ranked if one.place]
    for n, one in enumerate(found):  # no two of them overlap
        for other in found[:n]:
            assert one.source != other.source or one.end <= other.start or other.end <= one.start
    assert [shown.id for shown in deep.top] == [one.id for one in deep.ranked[:10]]
    assert {"dense", "lexical"} <= set(deep.top[0].stages)
    assert not shallow.top[0].stages


def test_measures_that_quotes_do_not_have_are_refused(spans: Path) -> None:
    dataset = read_spans(spans)
    assert measures_of(dataset, ["hit@1", "Success@7", "wrong@40"]) == (
        *SPAN_MEASURES,
        Measure("Success", 7),
        Measure("wrong", 40),
    )
    for name, words in (("R@10", "of judged documents"), ("hit@101", "looks too far")):
        with pytest.raises(UsageError, match=words):
            measures_of(dataset, [name])


def test_the_filters_of_a_question_are_applied(spans: Path, engine: Engine) -> None:
    entry = {**QUESTIONS[1], "filters": {"source": ["copy of *"]}}
    write_lines(spans / "questions.jsonl", [entry, QUESTIONS[3]])
    outcome = ask_spans(read_spans(spans), engine, asking=Asking(deep=True))[0]
    assert {one.place.source for one in outcome.ranked if one.place} == {"copy of bridge.txt"}


def test_a_question_is_asked_with_those_before_it(spans: Path, engine: Engine) -> None:
    follow_up = {
        "id": "slot-1",
        "history": ["What does a steamer pay in the harbour?"],
        "question": "And in August?",
        "kind": "slot",
        "gold": QUESTIONS[0]["gold"],
    }
    write_lines(spans / "questions.jsonl", [follow_up, QUESTIONS[3]])
    dataset = read_spans(spans)
    told, _ = ask_spans(dataset, engine)
    assert told.rank == 1
    assert told.changed and "steamer" in told.searched
    assert told.to_json()["searched"] == told.searched
    alone, spanish = ask_spans(without_history(dataset), engine)
    assert alone.searched == "And in August?" and not alone.changed
    assert "searched" not in spanish.to_json()


def test_the_engine_finds_the_quotes_of_the_small_archive(spans: Path, engine: Engine) -> None:
    evaluation = evaluate_spans(read_spans(spans), engine)
    found = evaluation.figure(Measure("Success", 5))
    assert found is not None and found.value == 1.0 and found.n == 3  # spanish is apart
    lengths = [n for o in evaluation.outcomes if o.answerable and not o.apart for n in o.lengths]
    shown = evaluation.figure(EXCERPT_CHARS)
    assert shown is not None
    assert shown.value == pytest.approx(sum(lengths) / len(lengths), abs=1e-6)
    assert list(evaluation.by_kind) == ["fact", "several", "spanish", "near", "off"]
    assert evaluation.apart == {"spanish"}
    assert evaluation.latency.p99 >= evaluation.latency.p50 > 0
    assert evaluation.index.bytes > 0 and evaluation.index.build_seconds is None


def test_a_quote_that_is_not_there_to_the_letter_is_refused(spans: Path, engine: Engine) -> None:
    entry = {**QUESTIONS[0], "gold": [{"source": "notes/harbour.md", "quote": "a steamer pays"}]}
    write_lines(spans / "questions.jsonl", [entry, QUESTIONS[3]])
    with pytest.raises(DatasetError) as error:
        locate(read_spans(spans), engine)
    assert "fact-1" in str(error.value) and "notes/harbour.md" in str(error.value)


def test_a_source_that_is_not_there_is_refused(spans: Path, engine: Engine) -> None:
    entry = {**QUESTIONS[0], "gold": [{"source": "harbour.md", "quote": "steamer"}]}
    write_lines(spans / "questions.jsonl", [entry, QUESTIONS[3]])
    with pytest.raises(DatasetError, match=r"fact-1: the index '.*' has no harbour\.md"):
        locate(read_spans(spans), engine)


def test_a_quote_that_stands_twice_has_two_places(spans: Path, engine: Engine) -> None:
    entry = {**QUESTIONS[0], "gold": [{"source": "notes/harbour.md", "quote": "pays"}]}
    write_lines(spans / "questions.jsonl", [entry, QUESTIONS[3]])
    places = locate(read_spans(spans), engine)["fact-1"][0]
    assert len(places) == 2


def test_a_question_that_cannot_be_asked_is_named(spans: Path, engine: Engine) -> None:
    write_lines(spans / "questions.jsonl", [QUESTIONS[3], {**QUESTIONS[4], "question": "x" * 2001}])
    with pytest.raises(DatasetError, match=r"near-1: .*2,001 characters"):
        ask_spans(read_spans(spans), engine)


def calibrated(engine: Engine, sure: dict[str, float]) -> Engine:
    """Return an engine that is as sure of each question as it is told."""

    class Sure(Engine):
        def ask(self, question: Question) -> Answer:
            confidence = sure[question.text]
            verdict: Verdict = "answered" if confidence >= 0.5 else "not_found"
            answer = super().ask(question)
            return dataclasses.replace(answer, confidence=confidence, verdict=verdict)

    return Sure(store=engine.store, encoder=engine.encoder)


def test_verdicts_are_measured_once_there_is_confidence(spans: Path, engine: Engine) -> None:
    dataset = read_spans(spans)
    sure = dict(
        zip([q.text for q in dataset.questions], [0.9, 0.4, 0.7, 0.1, 0.6, 0.2], strict=True)
    )
    evaluation = evaluate_spans(dataset, calibrated(engine, sure))
    # Answerable, without the Spanish one: .9 .4 .7; near .6; off .2.
    assert _value(evaluation.measures, AUROC) == 5 / 6
    assert _value(evaluation.by_kind["near"], AUROC) == 2 / 3
    assert _value(evaluation.by_kind["off"], AUROC) == 1.0
    # Answered: two answerable ones, and the near one, which is wrong.
    assert _value(evaluation.measures, COVERAGE) == 3 / 5
    right = sum(o.rank == 1 for o in _answered(evaluation.outcomes))
    assert _value(evaluation.measures, RISK) == 1 - right / 3
    assert evaluation.measures[RISK].n == 3
    # The surest four of five, for 70%: those but the one at .2; of them the near one is wrong.
    wrong = sum(o.rank != 1 for o in evaluation.outcomes if not o.apart and o.id != "off-1")
    assert _value(evaluation.measures, WRONG) == wrong / 4
    assert [point.coverage for point in evaluation.curve] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])


def _answered(outcomes: tuple[Outcome, ...]) -> list[Outcome]:
    return [o for o in outcomes if not o.apart and o.verdict == "answered"]


def _value(figures: Mapping[Measure, Figure], measure: Measure) -> object:
    return pytest.approx(figures[measure].value, abs=1e-6)


def test_verdicts_are_not_available_without_confidence(spans: Path, engine: Engine) -> None:
    dataset = read_spans(spans)
    plain = _Fixed(engine, {})
    outcomes = ask_spans(dataset, plain)  # type: ignore[arg-type]  # as above
    assert {o.verdict for o in outcomes} == {"unsure"}


def test_a_set_of_unanswerable_questions_has_no_measures_of_ranking(engine: Engine) -> None:
    dataset = read_spans_of([QUESTIONS[4]])
    evaluation = evaluate_spans(dataset, engine)
    assert evaluation.figure(Measure("Success", 1)) is None


def read_spans_of(entries: list[dict[str, object]]) -> SpanSet:
    folder = Path("unanswerable")
    folder.mkdir()
    write_lines(folder / "questions.jsonl", entries)
    return read_spans(folder)
