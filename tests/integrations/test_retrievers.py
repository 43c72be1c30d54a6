"""The retrievers under the real libraries: what each returns, and that offsets hold."""

from __future__ import annotations

import asyncio
import builtins
import importlib
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

from qa.engine import Engine
from qa.errors import QuestionError
from qa.integrations.langchain import ArchiveRetriever as LangChain
from qa.integrations.llama_index import ArchiveRetriever as LlamaIndex
from qa.present.citations import view_address
from qa.records import Answer, Filters, Question
from tests.integrations.conftest import Judging

QUESTION = "Who is the keeper of the lighthouse?"


@dataclass(frozen=True)
class Found:
    """What either library's item holds."""

    text: str
    id: str | None
    span: tuple[int, int]
    score: float
    metadata: dict[str, Any]


def of_langchain(documents: Sequence[Document]) -> list[Found]:
    return [
        Found(
            one.page_content,
            one.id,
            (one.metadata["start_index"], one.metadata["end_index"]),
            one.metadata["score"],
            one.metadata,
        )
        for one in documents
    ]


def of_llama_index(nodes: Sequence[NodeWithScore]) -> list[Found]:
    found = []
    for one in nodes:
        assert one.node.ref_doc_id == one.node.metadata["document_id"]
        node: Any = one.node
        span = (node.start_char_idx, node.end_char_idx)
        found.append(Found(node.text, node.node_id, span, one.get_score(), node.metadata))
    return found


class Library:
    """One library: how a retriever of it is made and asked."""

    def __init__(self, name: str) -> None:
        self.langchain = name == "langchain"

    def make(self, engine: Engine, **options: Any) -> Any:
        return (
            LangChain(engine=engine, **options) if self.langchain else LlamaIndex(engine, **options)
        )

    def ask(self, engine: Engine, query: str = QUESTION, **options: Any) -> list[Found]:
        made = self.make(engine, **options)
        if self.langchain:
            return of_langchain(made.invoke(query))
        return of_llama_index(made.retrieve(query))

    async def ask_later(self, made: Any, query: str = QUESTION) -> list[Found]:
        if self.langchain:
            return of_langchain(await made.ainvoke(query))
        return of_llama_index(await made.aretrieve(query))


@pytest.fixture(params=["langchain", "llama_index"])
def library(request: pytest.FixtureRequest) -> Library:
    return Library(request.param)


def test_every_excerpt_is_the_documents_own_text(library: Library, engine: Engine) -> None:
    expected = engine.ask(Question(QUESTION, k=8)).results
    found = library.ask(engine, k=8)
    assert len(found) == len(expected) > 3
    assert len({one.id for one in found}) == len(found)
    for one, result in zip(found, expected, strict=True):
        start, end = one.span
        assert engine.document(one.metadata["document_id"]).text[start:end] == one.text
        assert one.text == result.excerpt
        assert one.id == one.metadata["citation_id"] == result.citation.id
        assert one.score == one.metadata["score"] == result.score
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_what_is_known_is_flat_and_what_is_unknown_is_left_out(
    library: Library, engine: Engine
) -> None:
    found = library.ask(engine, k=8)
    best = found[0].metadata
    assert best["source"] == "notes/harbour.md"
    assert best["title"] == "The harbour of Vellmar"
    assert best["published"] == "2019-11-23"
    assert best["section"] == "The lighthouse"
    assert (best["rank"], best["verdict"]) == (1, "unsure")
    assert all(type(value) in (str, int, float) for one in found for value in one.metadata.values())
    # No document has pages, this index is not calibrated, and no service was named.
    assert not {"page", "confidence", "url", "original_url"} & {
        n for o in found for n in o.metadata
    }
    (undated, *_) = library.ask(engine, filters=Filters(source=("markup.txt",)))
    assert undated.metadata["source"] == "markup.txt"
    assert "published" not in undated.metadata


def test_links_open_the_citation_in_a_service_that_is_named(
    library: Library, engine: Engine
) -> None:
    citation = engine.ask(QUESTION).results[0].citation
    best = library.ask(engine, service="https://archive.example.org/")[0]
    assert best.metadata["url"] == view_address(citation, "https://archive.example.org")


def test_number_and_filters_are_the_retrievers(library: Library, engine: Engine) -> None:
    assert len(library.ask(engine, k=2)) == 2
    letters = library.ask(engine, filters=Filters(source=("letters/*",)))
    assert {one.metadata["source"].split("/")[0] for one in letters} == {"letters"}
    recent = library.ask(engine, filters=Filters(published_from="2010"))
    assert {one.metadata["source"] for one in recent} == {"notes/harbour.md"}
    dated = library.ask(engine, filters=Filters(where={"year>=": 2004, "year<": 2019}))
    assert {one.metadata["source"] for one in dated} == {"bridge.txt"}
    with pytest.raises(QuestionError, match="no facet 'colour'"):
        library.ask(engine, filters=Filters(where={"colour": ["red"]}))
    with pytest.raises(QuestionError):
        library.ask(engine, k=0)
    with pytest.raises(QuestionError):
        library.ask(engine, " ")


@pytest.mark.parametrize("verdict", ["answered", "unsure", "not_found"])
def test_not_found_returns_nothing_unless_the_nearest_are_wanted(
    library: Library, judging: Judging, verdict: Any
) -> None:
    engine = judging(verdict)
    everything = library.ask(engine, not_found="nearest")
    assert {one.metadata["verdict"] for one in everything} == {verdict}
    assert all(0 <= one.metadata["confidence"] <= 1 for one in everything)
    assert len(everything) == 5
    assert library.ask(engine) == ([] if verdict == "not_found" else everything)


def test_asking_later_keeps_the_loop_free(
    library: Library, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = library.make(engine)
    free = threading.Event()
    ask = engine.ask

    def held(question: Question | str) -> Answer:
        assert free.wait(10), "the loop was not free while the question was answered"
        return ask(question)

    monkeypatch.setattr(engine, "ask", held)

    async def both() -> list[Found]:
        task = asyncio.create_task(library.ask_later(made))
        await asyncio.sleep(0.05)
        free.set()
        return await task

    assert asyncio.run(both()) == library.ask(engine)


def test_a_chain_of_langchain_gets_the_quotes(engine: Engine) -> None:
    retriever = LangChain(
        engine=engine,
        k=1,
        filters={"source": ["notes/*"], "where": {"year>=": 2019, "published": ["2019-11-23"]}},
    )
    prompt = ChatPromptTemplate.from_template("{context}\n\n{question}")
    quotes = retriever | (lambda found: "\n".join(one.page_content for one in found))
    chain = {"context": quotes, "question": RunnablePassthrough()} | prompt
    said = chain.invoke(QUESTION).to_string()
    assert "Ingrid Solvang" in said and said.endswith(QUESTION)
    assert [len(found) for found in retriever.batch([QUESTION, "Who pays a fee?"])] == [1, 1]


def test_a_prompt_of_llama_index_has_the_source_and_no_hashes(engine: Engine) -> None:
    node = LlamaIndex(engine).retrieve(QueryBundle(QUESTION))[0].node
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        shown = node.get_content(mode)
        assert "source: notes/harbour.md" in shown and "published: 2019-11-23" in shown
        assert node.metadata["sha256"] not in shown and node.node_id not in shown


@pytest.mark.parametrize(
    ("module", "library_name", "extra"),
    [
        ("langchain", "langchain_core", "langchain"),
        ("llama_index", "llama_index", "llama-index"),
    ],
)
def test_a_library_that_is_not_there_is_named_with_its_extra(
    module: str, library_name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__
    lacking = library_name

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == library_name:
            raise ModuleNotFoundError(f"No module named {lacking!r}", name=lacking)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, f"qa.integrations.{module}")
    with pytest.raises(ModuleNotFoundError) as missing:
        importlib.import_module(f"qa.integrations.{module}")
    assert str(missing.value) == f"{library_name} is not installed: pip install 'cited-qa[{extra}]'"
    assert missing.value.name == library_name
    # A library that is there and lacks something of its own is not missing.
    lacking = "pydantic_core"
    with pytest.raises(ModuleNotFoundError, match="No module named 'pydantic_core'"):
        importlib.import_module(f"qa.integrations.{module}")
