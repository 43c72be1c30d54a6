"""The engine: what may be asked, and whether a citation holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import engine as engine_module
from qa.engine import Engine
from qa.errors import NotFoundError, QaError, QuestionError
from qa.records import Answer, Citation, Filters, Question, citation_id, document_id
from qa.store import IndexFolder
from tests.archive import ARCHIVE
from tests.conftest import Build
from tests.fake import FakeEncoder


@pytest.mark.parametrize(
    ("question", "field", "code"),
    [
        (Question(""), "question", "question_blank"),
        (Question(" \t\n\u2003"), "question", "question_blank"),
        (Question("x" * 2001), "question", "question_too_long"),
        (Question("harbour\0"), "question", "question_not_text"),
        (Question("harbour \ud83d"), "question", "question_not_text"),
        (Question("harbour \udfff"), "question", "question_not_text"),
        (Question("harbour", k=0), "k", "k_out_of_range"),
        (Question("harbour", k=51), "k", "k_out_of_range"),
        (Question("harbour", k=-1), "k", "k_out_of_range"),
        (Question("harbour", history=("fine", "")), "history", "question_blank"),
        (Question("harbour", history=("x" * 2001,)), "history", "question_too_long"),
        (Question("harbour", history=("\0",)), "history", "question_not_text"),
        (
            Question("harbour", filters=Filters(source=("*",) * 21)),
            "filters.source",
            "too_many_globs",
        ),
        (
            Question("harbour", filters=Filters(source=("x" * 301,))),
            "filters.source",
            "too_many_globs",
        ),
        (Question("harbour", filters=Filters(source=("a\0",))), "filters.source", "glob_not_text"),
        (
            Question("harbour", filters=Filters(source=("a\ud800",))),
            "filters.source",
            "glob_not_text",
        ),
        *(
            (
                Question("harbour", filters=Filters(published_from=bad)),
                "filters.published_from",
                "invalid_date",
            )
            for bad in (
                "",
                "soon",
                "19",
                "2019-13",
                "2019-1",
                "2019-11-32",
                "2019-02-29",
                "2019-11-31",
                "0000",
                "2019-11-23T00",
                "2019\n",
                "٢٠١٩",
                "23/11/2019",
            )
        ),
        (
            Question("harbour", filters=Filters(published_to="x")),
            "filters.published_to",
            "invalid_date",
        ),
    ],
)
def test_what_cannot_be_asked(engine: Engine, question: Question, field: str, code: str) -> None:
    with pytest.raises(QuestionError) as refusal:
        engine.ask(question)
    assert (refusal.value.field, refusal.value.name) == (field, code)
    assert (refusal.value.status, refusal.value.exit_status) == (422, 2)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "question",
    [
        Question("x"),
        Question("harbour " * 250),  # 2,000 characters
        Question("who is it that was there and why"),  # stop words
        Question("😀🚢"),
        Question("؟ — …"),
        Question("harbour", k=50),
        Question("harbour", k=1),
        Question("x" * 2000),
        Question("harbour\n\nbridge\u2028"),
        Question("harbour", history=("What is the harbour?", "And the bridge?")),
        Question(
            "harbour",
            filters=Filters(source=("*",) * 20, published_from="1872", published_to="2019-11-23"),
        ),
        Question("harbour", filters=Filters(published_from="2020", published_to="2019")),
        Question("harbour", filters=Filters(source=("[",))),
    ],
)
def test_what_can(engine: Engine, question: Question) -> None:
    answer = engine.ask(question)
    assert answer.question == question.text
    assert answer.searched == question.text.strip()
    assert len(answer.results) <= question.k
    assert answer.took_ms > 0
    assert answer.index == engine.info
    for result in answer.results:
        assert np.isfinite(result.score)
        assert engine.verify(result.citation, result.excerpt).holds


def test_history_changes_what_is_searched(engine: Engine) -> None:
    def ask(question: str, *history: str) -> Answer:
        return engine.ask(Question(question, history=history, explain=True))

    resolved = ask(" And the owls? ", "What do badgers hunt?")
    assert resolved.question == " And the owls? "
    assert resolved.searched == "What do badgers hunt? And the owls?"
    # Results, confidence and reasons are those of the question that is told.
    told = ask(resolved.searched)
    assert resolved.results == told.results
    assert (resolved.confidence, resolved.verdict) == (told.confidence, told.verdict)
    assert ask("What do owls hunt?", "Where is the bridge?").searched == "What do owls hunt?"


@given(st.text(min_size=1, max_size=60))
def test_anything_else_is_answered_or_refused(engine: Engine, text: str) -> None:
    try:
        answer = engine.ask(Question(text))
    except QaError as refusal:
        assert isinstance(refusal, QuestionError)
        assert not text.strip() or "\0" in text or any("\ud800" <= c <= "\udfff" for c in text)
    else:
        assert answer.results


def test_an_uncalibrated_index_has_no_confidence(engine: Engine) -> None:
    answer = engine.ask(Question("harbour"))
    assert (answer.confidence, answer.verdict) == (None, "unsure")


def test_undated_documents_that_a_filter_leaves_out_are_counted(engine: Engine) -> None:
    answer = engine.ask(Question("the bridge", filters=Filters(published_from="2000")))
    assert answer.filtered_out_undated == 6
    assert {result.citation.source for result in answer.results} == {
        "bridge.txt",
        "notes/harbour.md",
    }
    nothing = engine.ask(Question("the bridge", filters=Filters(published_from="2020")))
    assert (nothing.results, nothing.filtered_out_undated) == ([], 6)


def test_as_many_results_as_are_asked_for(build: Build, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for n in range(60):
        (texts / f"{n:02}.txt").write_text(
            f"The harbour of {' '.join(f'w{n}{c}' for c in 'abcdef')}.\n"
        )
    build(texts, tmp_path / "index")
    engine = Engine(store=IndexFolder(tmp_path / "index").open().generation, encoder=FakeEncoder())
    for k in (1, 20, 21, 40, 41, 50):
        assert len(engine.ask(Question("the harbour", k=k)).results) == k


def test_asking_again_gives_the_same(engine: Engine) -> None:
    question = Question("the harbour, the bridge and the bees", k=10)
    first, again = engine.ask(question), engine.ask(question)
    assert replace(first, took_ms=0) == replace(again, took_ms=0)


# --- verify ----------------------------------------------------------------------------------


@pytest.fixture
def cited(engine: Engine) -> tuple[Citation, str]:
    result = engine.ask(Question("What does a steamer pay?")).results[0]
    return result.citation, result.excerpt


def test_a_citation_that_holds(engine: Engine, cited: tuple[Citation, str]) -> None:
    verified = engine.verify(*cited)
    assert verified.holds and verified.reason is None and verified.citation == cited[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"document_id": "d0000000000000000"}, "the archive has no such document"),
        ({"document_id": document_id("tariff.txt")}, "the document has another source"),
        ({"source": "notes/harbor.md"}, "the document has another source"),
        ({"sha256": "0" * 64}, "the document has changed since it was cited"),
        ({"start": -1}, "the span lies outside the document"),
        ({"end": 10**9}, "the span lies outside the document"),
        ({"start": 10, "end": 10}, "the span lies outside the document"),
        ({"start": 20, "end": 10}, "the span lies outside the document"),
        ({"start": 0}, "the document says something else at this place"),
        ({"id": "c0000000000000000"}, "the citation's id does not belong to its span"),
    ],
)
def test_a_citation_that_does_not(
    engine: Engine, cited: tuple[Citation, str], change: dict[str, str | int], reason: str
) -> None:
    citation, excerpt = cited
    verified = engine.verify(replace(citation, **change), excerpt)  # type: ignore[arg-type]  # changes out of a table
    assert not verified.holds and verified.reason == reason and verified.citation is None


@pytest.mark.parametrize("excerpt", ["", "something else", None])
def test_an_excerpt_that_is_altered(
    engine: Engine, cited: tuple[Citation, str], excerpt: str | None
) -> None:
    citation, original = cited
    altered = original.replace("forty", "fifty") if excerpt is None else excerpt
    assert (
        engine.verify(citation, altered).reason == "the document says something else at this place"
    )


def test_a_span_that_was_chosen_by_hand_holds_with_its_id(
    engine: Engine, cited: tuple[Citation, str]
) -> None:
    citation, _ = cited
    document = engine.document(citation.document_id)
    length = len(document.text)
    forty = document.text.index("forty")
    for start, end in ((forty, forty + 5), (0, 1), (length - 1, length), (0, length)):
        span = citation_id(document.id, document.sha256, start, end)
        own = replace(citation, start=start, end=end, id=span)
        assert engine.verify(own, document.text[start:end]).holds
        assert not engine.verify(replace(own, end=end + 1), document.text[start : end + 1]).holds


# --- documents -------------------------------------------------------------------------------


def test_documents_are_listed_by_source(engine: Engine) -> None:
    everything = [entry.source for entry in engine.documents()]
    assert everything == sorted(ARCHIVE)
    assert [entry.source for entry in engine.documents(after="letters/", limit=2)] == [
        "letters/1931 postcard.txt",
        "letters/Œnone to Anselm.txt",
    ]
    assert engine.documents(after=everything[-1]) == []
    assert engine.documents(limit=0) == []


def test_a_document_is_found_by_its_id(engine: Engine) -> None:
    for source, (text, codec) in ARCHIVE.items():
        document = engine.document(document_id(source))
        assert (document.source, document.text) == (source, text)
        assert document.encoding == codec
    with pytest.raises(NotFoundError) as refusal:
        engine.document("d0000000000000000")
    assert (refusal.value.status, refusal.value.name) == (404, "document_not_found")


def test_rank_gives_rows_down_to_a_depth(engine: Engine) -> None:
    assert len(engine.rank("harbour", depth=3)) == 3
    assert len(engine.rank("harbour", depth=10**6)) == engine.info.passages
    assert engine.rank("harbour", depth=0) == []


def test_the_module_shows_the_engine_alone() -> None:
    assert engine_module.__all__ == ["Engine"]


def test_rows_of_a_table_are_of_its_folder(build: Build, tmp_path: Path) -> None:
    """A row's id may hold a slash, which makes no folder; the listing goes through all of them."""
    texts = tmp_path / "texts"
    (texts / "logs").mkdir(parents=True)
    rows = "".join(f"https://a.org/{n},Ship {n} lay at berth {n * 7}.\n" for n in range(1, 13))
    for name in ("talks.csv", "logs/ships.csv"):
        (texts / name).write_text(f"id,text\n{rows}")
    build(texts, tmp_path / "index")
    engine = Engine.open(tmp_path / "index", encoder=FakeEncoder())
    assert engine.archive.folders == {"logs": 12}
    listed: list[str] = []
    while page := engine.documents(after=listed[-1] if listed else "", limit=5):
        listed += [entry.source for entry in page]
    assert listed == sorted(listed)
    assert len(listed) == len(set(listed)) == 24
