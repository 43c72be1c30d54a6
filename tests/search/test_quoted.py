"""Words in quotation marks inside a question: they stand in each excerpt, or a note says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa import engine as engine_module
from qa.build.builder import build_index
from qa.corpus.readers import Reading, make_document
from qa.engine import Engine
from qa.records import Answer, Block, Document, Filters, Question
from qa.search import quoted
from qa.settings import Settings
from qa.store import IndexFolder, Query
from qa.text.phrases import Phrases
from tests.fake import FakeEncoder
from tests.store.reads import ids_of


def note(answer: Answer) -> list[str]:
    return [one.message for one in answer.notes if one.code == "quotation_not_found"]


@pytest.mark.parametrize(
    ("question", "sources"),
    [
        ('What of the "Iron  BRIDGE" that moved?', {"bridge.txt"}),
        ("What of “jacked the iron bridge”, and “eleven metres”?", {"bridge.txt"}),
        ("Who wrote «NAIVE beekeeper's» of the bridge?", {"letters/Œnone to Anselm.txt"}),
        ('What is a "cafe spoon" of the harbour?', {"bridge.txt"}),
        ("“jacked the iron bridge”", {"bridge.txt"}),
    ],
)
def test_results_without_the_words_are_left_out(
    engine: Engine, question: str, sources: set[str]
) -> None:
    plain = engine.ask(Question(question.translate(dict.fromkeys(map(ord, '"“”«»'))), k=50))
    answer = engine.ask(Question(question, k=50))
    assert {result.citation.source for result in answer.results} == sources
    assert len(plain.results) > len(answer.results)
    assert note(answer) == []
    for result in answer.results:
        document = engine.document(result.citation.document_id)
        assert document.text[result.citation.start : result.citation.end] == result.excerpt


def test_the_words_are_marked(engine: Engine) -> None:
    answer = engine.ask('Was there a "tram bell" in the flood of the valley, in a single night?')
    (result, *_) = answer.results
    at = result.excerpt.index("tram bell")
    assert any(mark.start <= at and at + 9 <= mark.end for mark in result.highlights)
    assert list(result.highlights) == sorted(result.highlights, key=lambda mark: mark.start)


@pytest.mark.parametrize("words", ["bridge iron", "bell tram", "zeppelin", "and of the to"])
def test_what_nothing_has(engine: Engine, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    question = f'Who jacked the iron bridge, "{words}"?'
    answer = engine.ask(question)
    monkeypatch.setattr(engine_module, "phrases", lambda *_, **__: Phrases(()))
    plain = engine.ask(question)
    assert [r.citation.id for r in answer.results] == [r.citation.id for r in plain.results]
    (message,) = note(answer)
    assert f"“{words}”" in message
    assert answer.notes[0].details == {"quotations": [words]}


@pytest.mark.parametrize(
    ("asked", "source"), [("1204", "notes/harbour.md"), ("1,204 ?", "notes/harbour.md")]
)
def test_a_figure_alone_stands_in_each_result(engine: Engine, asked: str, source: str) -> None:
    answer = engine.ask(asked)
    assert {result.citation.source for result in answer.results} == {source}
    assert all("1,204" in result.excerpt for result in answer.results)
    assert note(answer) == []


@pytest.mark.parametrize("asked", ["66%", "12,040", "204"])
def test_a_figure_that_nothing_has_is_not_answered_by_another(engine: Engine, asked: str) -> None:
    answer = engine.ask(asked)
    assert answer.results and answer.verdict != "answered"
    assert f"“{asked.replace(',', '')}”" in note(answer)[0]


def test_what_nothing_has_within_a_filter(engine: Engine) -> None:
    filters = Filters(source=("notes/*",))
    answer = engine.ask(Question('Where is the "tram bell"?', filters=filters))
    assert {result.citation.source for result in answer.results} == {"notes/harbour.md"}
    assert "that the filter allows" in note(answer)[0]
    nothing = engine.ask(Question('Where is the "tram bell"?', filters=Filters(source=("nix",))))
    assert (list(nothing.results), note(nothing)) == ([], [])


def test_an_answer_that_lacks_the_words_is_not_sure(model_index: Path) -> None:
    engine = Engine.open(model_index)
    plain = "Who declared herself acting President without a quorum?"
    assert engine.ask(plain).verdict == "answered"
    assert engine.ask(plain.replace("acting President", '"acting President"')).verdict == "answered"
    assert engine.ask(f'"{plain}"').verdict == "answered"
    lacking = engine.ask(plain.replace("quorum", '"quorum of parrots"'))
    assert lacking.verdict == "unsure"
    assert note(lacking) != []


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Four hundred short texts with the same two words, of which one has them in the other order."""

    def document(n: int) -> Document:
        words = "stone grey" if n == 377 else "grey stone"
        text = f"The {words} of quarry {n} was cut in spring."
        reading = Reading(text, "utf-8", (Block("paragraph", 0, len(text)),))
        return make_document(source=f"{n:03}.txt", sha256=f"{n:064}", reading=reading)

    index = tmp_path_factory.mktemp("rows") / "index"
    build_index(
        [], Settings(index=str(index)), encoder=FakeEncoder(), calibrated=False,
        documents=[document(n) for n in range(400)],
    )  # fmt: skip
    return Engine(store=IndexFolder(index).open().generation, encoder=FakeEncoder())


def test_words_far_below_the_first_candidates(
    rows: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, words = rows.store, Phrases(("stone grey",))
    (id,) = {id for id in ids_of(store) if id.source == "377.txt"}
    vector = -store.fetch([id], ()).vectors[0]  # nothing is further away than this passage
    query = Query(vector, store.analyzer.terms("grey stone"), 100)
    assert "377.txt" not in {id.source for id in store.candidates(query).dense}
    found = quoted.candidates(store, query, words, 40)
    assert [id.source for id in found.dense] == ["377.txt"]
    # There is an end to it.
    monkeypatch.setattr(quoted, "_DEEPEST", 100)
    assert list(quoted.candidates(store, query, words, 40).dense) == []


def test_enough_is_enough(rows: Engine) -> None:
    answer = rows.ask(Question('Where was the "grey stone" cut?', k=50))
    assert answer.results
    assert all("grey stone" in result.excerpt for result in answer.results)
