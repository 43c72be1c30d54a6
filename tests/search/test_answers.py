"""Results that were read: the answer is a piece of its excerpt, the order follows the readings."""

from __future__ import annotations

import pytest

from qa.engine import Engine
from qa.records import Citation, Highlight, Question, Result
from qa.search.answers import BUDGETS, read_results
from qa.search.results import Excerpt
from tests.reader import FakeReader

CITATION = Citation("c", "d", "a.txt", None, None, None, None, 0, 9, 1, 1, "0" * 64)


def excerpt(rank: int, *sentences: str, score: float = 0.5, marked: int = 0) -> Excerpt:
    spans, at = [], 0
    for sentence in sentences:
        spans.append((at, at + len(sentence)))
        at += len(sentence) + 1
    result = Result(rank, score, " ".join(sentences), (Highlight(*spans[marked]),), CITATION)
    return Excerpt(result, tuple(spans), 0.4)


QUESTION = "Which keeper lived beside the lighthouse?"
WEATHER = excerpt(1, "The weather was fine that year.", "Nobody complained about it.")
KEEPER = excerpt(
    2, "The pier was built in 1901.", "Beside the lighthouse lived which keeper Ruth.", score=0.48
)


def test_the_answer_stands_in_the_sentence_that_is_marked() -> None:
    told = read_results(FakeReader(), QUESTION, [KEEPER], BUDGETS["fast"])
    (result,) = told.results
    assert result.answer is not None
    assert result.answer.text == result.excerpt[result.answer.start : result.answer.end] == "Ruth"
    assert [(h.start, h.end) for h in result.highlights] == [KEEPER.sentences[1]]
    assert 0 < result.answer.confidence <= 0.5


def test_a_reading_moves_a_result_up_a_little() -> None:
    told = read_results(FakeReader(), QUESTION, [WEATHER, KEEPER], BUDGETS["fast"])
    assert [r.excerpt for r in told.results] == [KEEPER.result.excerpt, WEATHER.result.excerpt]
    assert [r.rank for r in told.results] == [1, 2]
    assert told.results[0].score > told.results[1].score
    # The mean of its own reading and of that of what was put first: +4 and -4.
    assert told.found is not None and told.found.reading == pytest.approx(0.0)
    far = excerpt(2, "Beside the lighthouse lived which keeper Ruth.", score=0.3)
    told = read_results(FakeReader(), QUESTION, [WEATHER, far], BUDGETS["fast"])
    assert told.results[0].excerpt == WEATHER.result.excerpt


def test_what_reads_nothing_like_an_answer_gets_none() -> None:
    told = read_results(FakeReader(), QUESTION, [WEATHER], BUDGETS["fast"])
    assert told.results[0].answer is None
    assert told.results[0].highlights == WEATHER.result.highlights


def test_without_a_reader_results_stay_as_they_are() -> None:
    for reader, effort in ((None, "fast"), (FakeReader(), "off")):
        told = read_results(reader, QUESTION, [WEATHER, KEEPER], BUDGETS[effort])
        assert told.results == [WEATHER.result, KEEPER.result]
        assert told.found is not None and told.found.reading is None
    assert read_results(FakeReader(), QUESTION, [], BUDGETS["fast"]).found is None


def test_of_results_that_were_not_read_none_overtakes_one_that_was() -> None:
    many = [excerpt(n, f"Sentence {n} of nothing.", score=1 - n / 100) for n in range(1, 9)]
    told = read_results(FakeReader(), QUESTION, many, BUDGETS["fast"])
    assert [r.excerpt for r in told.results] == [e.result.excerpt for e in many]
    scores = [r.score for r in told.results]
    assert scores == sorted(scores, reverse=True)


def test_each_effort_reads_what_it_says() -> None:
    long = [
        excerpt(n, *(f"This is sentence {m} of {n}, with words enough." for m in range(20)))
        for n in range(1, 12)
    ]
    read = {}
    for effort in ("fast", "thorough"):
        reader = FakeReader()
        read_results(reader, QUESTION, long, BUDGETS[effort])
        read[effort] = [window for _, window in reader.seen]
    assert all(len(window) <= 420 for windows in read.values() for window in windows)
    # Of the first result two windows beside its best sentence are read, of two others one.
    assert sum(" of 1," in window for window in read["fast"]) == 2
    assert len(read["fast"]) == 2 + 2
    assert len(read["thorough"]) == 10 * 3


def test_what_can_no_longer_come_first_is_not_read() -> None:
    sure = "The lighthouse keeper of Vellmar is Ada Brandt."
    far = [excerpt(1, sure, score=0.9), excerpt(2, "Keepers are many.", score=0.6)]
    near = [excerpt(1, sure, score=0.9), excerpt(2, "Keepers are many.", score=0.899)]
    question = "Who is the lighthouse keeper of Vellmar?"
    for excerpts, expected in ((far, 1), (near, 2)):
        reader = FakeReader()
        told = read_results(reader, question, excerpts, BUDGETS["fast"])
        assert len(reader.seen) == expected
        assert [result.citation.source for result in told.results] == [
            one.result.citation.source for one in excerpts
        ]


def test_where_the_reader_doubts_the_best_sentence_of_the_ranking_is_marked_too() -> None:
    [only] = [excerpt(1, "The harbour is old.", "Boats pay there.", marked=1)]
    told = read_results(FakeReader(), "What about the harbour museum?", [only], BUDGETS["fast"])
    marked = [only.result.excerpt[m.start : m.end] for m in told.results[0].highlights]
    assert marked == ["The harbour is old.", "Boats pay there."]


def test_what_frames_a_question_is_not_searched(engine: Engine) -> None:
    reader = FakeReader(frames=["Hello! ", " Thank you."])
    asking = Engine(store=engine.store, encoder=engine.encoder, reader=reader, reading="fast")
    bare = asking.ask("Who keeps the lighthouse?")
    framed = asking.ask("Hello! Who keeps the lighthouse? Thank you.")
    assert framed.searched == bare.searched == "Who keeps the lighthouse?"
    assert framed.results == bare.results
    follow_up = asking.ask(Question("Hello! Since when?", history=("Who keeps the lighthouse?",)))
    assert "lighthouse" in follow_up.searched and "Hello" not in follow_up.searched


def test_a_greeting_gets_a_word_and_no_quotes(engine: Engine) -> None:
    reader = FakeReader(frames=["Hello!"])
    asking = Engine(store=engine.store, encoder=engine.encoder, reader=reader, reading="fast")
    answer = asking.ask("Hello!")
    assert (answer.verdict, list(answer.results)) == ("not_found", [])
    assert [note.code for note in answer.notes] == ["greeting"]


def test_neither_first_result_nor_verdict_depend_on_how_many_are_wanted(engine: Engine) -> None:
    asking = Engine(store=engine.store, encoder=engine.encoder, reader=FakeReader(), reading="fast")
    for text in ("Who keeps the lighthouse?", "Which year was the bridge moved?"):
        many = asking.ask(Question(text, k=10))
        for k in (1, 2, 5):
            few = asking.ask(Question(text, k=k))
            assert list(few.results) == list(many.results[:k])
            assert (few.verdict, few.confidence) == (many.verdict, many.confidence)
