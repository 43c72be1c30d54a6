from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.engine import Engine
from qa.errors import UsageError
from qa.evaluate.corpora import (
    CorpusIndex,
    Ranked,
    ask_corpus,
    cache_folder,
    corpus_index,
    make_row_document,
    rank_documents,
)
from qa.evaluate.datasets import JudgedCorpus, Row, read_corpus
from qa.evaluate.measures import Measure
from qa.records import Hit, PassageId
from qa.settings import Settings
from tests.evaluate.conftest import write_corpus, write_lines
from tests.fake import FakeEncoder

NDCG, R100, RR, HIT1 = map(Measure.parse, ("nDCG@10", "R@100", "RR@10", "hit@1"))


def test_a_row_is_a_document_split_as_any_is() -> None:
    text = "A heading\n\nA paragraph that says something. And something else."
    document = make_row_document(Row("id 7", "The title", text))
    assert document is not None
    assert (document.source, document.title, document.text) == ("id 7", "The title", text)
    assert {block.kind for block in document.blocks} >= {"paragraph"}
    for block in document.blocks:
        assert text[block.start : block.end].strip()


def test_a_row_without_text_has_its_title_and_one_without_both_is_left_out() -> None:
    document = make_row_document(Row("a", "Only a title", " "))
    assert document is not None and document.text == "Only a title"
    assert make_row_document(Row("a", "", " \n")) is None


@pytest.mark.parametrize("text", ["Search", "Home\nNews\nContact", "Share this article"])
def test_a_row_that_looks_like_page_furniture_is_text_all_the_same(text: str) -> None:
    document = make_row_document(Row("a", "", text))
    assert document is not None
    assert any(block.kind != "furniture" for block in document.blocks)


def test_a_document_scores_as_its_best_passage_and_ties_break_by_id() -> None:
    scores = {("b", 0): 0.5, ("a", 0): 0.9, ("b", 1): 0.9, ("c", 0): 0.7, ("a", 1): 0.1}
    hits = [Hit(PassageId(*id), score) for id, score in scores.items()]
    assert rank_documents(hits) == [
        Ranked("a", 0.9, PassageId("a", 0)),
        Ranked("b", 0.9, PassageId("b", 1)),
        Ranked("c", 0.7, PassageId("c", 0)),
    ]


def test_a_ranking_ends_at_a_hundred_documents() -> None:
    hits = [Hit(PassageId(f"d{row:03}", 0), 1.0 - row / 1000) for row in range(150)]
    ranked = rank_documents(hits)
    assert [r.document for r in ranked] == [f"d{row:03}" for row in range(100)]


@pytest.fixture
def dataset(corpus: Path) -> JudgedCorpus:
    return read_corpus(corpus)


@pytest.fixture
def found(dataset: JudgedCorpus, tmp_path: Path, encoder: FakeEncoder) -> CorpusIndex:
    return corpus_index(
        dataset, Settings(index=str(tmp_path / "ours" / "default")), encoder=encoder
    )


def test_the_small_corpus_is_ranked(dataset: JudgedCorpus, found: CorpusIndex) -> None:
    outcomes = {outcome.id: outcome for outcome in ask_corpus(dataset, found.engine)}
    assert list(outcomes) == ["q1", "q2", "q4", "q9"]
    assert outcomes["q1"].figures[HIT1] == 1
    assert outcomes["q1"].first is not None and outcomes["q1"].first.source == "owls"
    # One of its two documents is not in the corpus.
    assert outcomes["q2"].figures[R100] == 0.5
    assert outcomes["q4"].rank == 1
    # It has no text: it cannot be asked, and counts.
    assert set(outcomes["q9"].figures.values()) == {0.0} and outcomes["q9"].first is None


def test_the_index_is_cached_by_content(
    dataset: JudgedCorpus, found: CorpusIndex, tmp_path: Path
) -> None:
    settings = Settings(index=str(tmp_path / "ours" / "default"))
    assert found.path == cache_folder(dataset, settings)
    assert found.path.parent == tmp_path / "ours" / "eval"
    assert found.path.name == f"small-corpus-{dataset.digest}"
    assert found.engine.info.documents == 4  # one has no text
    encoder = FakeEncoder()
    again = corpus_index(dataset, settings, encoder=encoder)
    assert encoder.encoded == 0
    assert again.engine.info == found.engine.info
    assert again.build_seconds == found.build_seconds is not None


def test_build_seconds_are_unknown_when_nobody_measured(
    dataset: JudgedCorpus, found: CorpusIndex, tmp_path: Path, encoder: FakeEncoder
) -> None:
    settings = Settings(index=str(tmp_path / "ours" / "default"))
    for mark in ("{}", "not json", '{"build_seconds": []}'):
        (found.path / ".eval.json").write_text(mark, "utf-8")
        assert corpus_index(dataset, settings, encoder=encoder).build_seconds is None


def test_other_settings_make_another_generation(
    dataset: JudgedCorpus, found: CorpusIndex, tmp_path: Path, encoder: FakeEncoder
) -> None:
    settings = Settings(index=str(tmp_path / "ours" / "default"), passage_chars=200)
    again = corpus_index(dataset, settings, encoder=encoder)
    assert again.engine.info.generation != found.engine.info.generation
    # It took every vector over: the time is that of the build that made them.
    assert again.build_seconds == found.build_seconds


def test_the_time_of_a_build_that_took_some_vectors_over_is_unknown(
    dataset: JudgedCorpus, found: CorpusIndex, corpus: Path, encoder: FakeEncoder
) -> None:
    with (corpus / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"_id": "new", "text": "A new document on badgers."}\n')
    again = corpus_index(read_corpus(corpus), Settings(), index=found.path, encoder=encoder)
    assert again.engine.info.documents == 5
    assert again.build_seconds is None


def test_an_index_of_something_else_is_never_replaced(
    dataset: JudgedCorpus, index: Path, encoder: FakeEncoder
) -> None:
    before = (index / "LIVE").read_bytes()
    with pytest.raises(UsageError, match="would replace"):
        corpus_index(dataset, Settings(), index=index, encoder=encoder)
    assert (index / "LIVE").read_bytes() == before


def test_a_named_folder_is_used_and_used_again(
    dataset: JudgedCorpus, tmp_path: Path, encoder: FakeEncoder
) -> None:
    place = tmp_path / "new" / "place"
    first = corpus_index(dataset, Settings(), index=place, encoder=encoder)
    again = corpus_index(dataset, Settings(), index=place, encoder=encoder)
    assert first.path == again.path == place
    assert json.loads((place / ".eval.json").read_text("utf-8"))["build_seconds"]


def test_a_place_that_cannot_be_written_is_said(
    dataset: JudgedCorpus, tmp_path: Path, encoder: FakeEncoder
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        corpus_index(dataset, Settings(), index=tmp_path / "file" / "x", encoder=encoder)


@pytest.mark.slow
def test_depth_grows_until_there_are_a_hundred_documents(
    tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One document with very many passages crowds out the others at the first depth."""
    folder = write_corpus(tmp_path / "crowded")
    long = " ".join(
        f"Sentence {n} tells of rivers and of what lies beside the water." for n in range(900)
    )
    rows = [{"_id": "long", "text": long}]
    rows += [{"_id": f"s{n:03}", "text": f"A river, number {n}."} for n in range(900)]
    write_lines(folder / "corpus.jsonl", rows)
    write_lines(folder / "queries.jsonl", [{"_id": "q", "text": "rivers beside the water"}])
    (folder / "qrels.tsv").write_text("h\th\th\nq\ts001\t1\nq\tlong\t1\n", "utf-8")
    dataset = read_corpus(folder)
    settings = Settings(index=str(tmp_path / "i" / "d"), passage_chars=200)
    engine = corpus_index(dataset, settings, encoder=encoder).engine
    depths: list[int] = []
    rank = Engine.rank

    def counted(self: Engine, text: str, *, depth: int, filters: None = None) -> list[Hit]:
        depths.append(depth)
        return rank(self, text, depth=depth, filters=filters)

    monkeypatch.setattr(Engine, "rank", counted)
    ask_corpus(dataset, engine)
    (long,) = [entry for entry in engine.store.listing() if entry.source == "long"]
    assert long.passages > 200
    assert max(depths) > depths[0]
    ranked = rank_documents(rank(engine, "rivers beside the water", depth=max(depths)))
    assert len(ranked) == 100
    assert len(rank_documents(rank(engine, "rivers beside the water", depth=depths[0]))) < 100
