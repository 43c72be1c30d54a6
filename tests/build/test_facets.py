"""An archive whose documents have facets: built from what had none, and asked by them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.build.upkeep import status
from qa.corpus.readers import VERSIONS
from qa.corpus.reading import Version
from qa.engine import Engine
from qa.errors import QuestionError
from qa.records import Answer, Filters, Question
from qa.settings import Settings
from qa.store import IndexFolder, open_index
from tests.conftest import Build
from tests.fake import FakeEncoder

LETTERS = {
    "a.md": ("Ann Lee", 1990, "The harbour was dug by four hundred dockers."),
    "b.md": ("Bo Chen", 1995, "The harbour was a swamp before the dockers came."),
    "c.md": ("Zo\u00eb", 2004, "Owls hunt voles at dusk, far from the harbour."),
}


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """A folder of letters with a front matter each."""
    folder = tmp_path / "letters"
    folder.mkdir()
    for name, (author, year, text) in LETTERS.items():
        front = f"---\nauthor: {author}\nyear: {year}\nkind: Letter\n---\n\n"
        (folder / name).write_text(front + text + "\n", "utf-8")
    return folder


def opened(index: Path) -> Engine:
    return Engine(store=IndexFolder(index).open().generation, encoder=FakeEncoder())


def asked(engine: Engine, text: str = "Who dug the harbour?", **where: object) -> Answer:
    return engine.ask(Question(text, k=10, filters=Filters(where=where)))  # type: ignore[arg-type]  # who calls gives conditions


def sources(answer: Answer) -> set[str]:
    return {result.citation.source for result in answer.results}


def test_an_index_without_facets_is_opened_and_gets_them_without_embedding(
    letters: Path, tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    with monkeypatch.context() as patch:  # as a program wrote it that knew of none
        patch.setitem(VERSIONS, ".md", Version(2, "markdown-it-py PyYAML chardet"))
        patch.setattr("qa.corpus.sandbox.frames.bounded", lambda rows: ())
        first = build(letters, index)
    assert "facets" not in json.dumps(IndexFolder(index).open().generation.written)
    engine = opened(index)
    assert sources(asked(engine)) == set(LETTERS)
    assert sources(asked(engine, author="ann lee")) == {"a.md"}  # known of every document
    with pytest.raises(QuestionError, match="no facet 'kind': these are: author"):
        asked(engine, kind="letter")
    assert open_index(index).check().faults == ()
    again = build(letters, index)
    assert (again.changed, again.embedded, again.passages) == (True, 0, first.passages)
    assert sources(asked(opened(index), kind="letter")) == set(LETTERS)
    assert open_index(index).check().faults == ()
    assert not build(letters, index).changed


def test_notes_tell_what_a_condition_hides(letters: Path, tmp_path: Path, build: Build) -> None:
    index = tmp_path / "index"
    build(letters, index)
    engine = opened(index)
    hidden = asked(engine, "dug by four hundred dockers", author=["zoe\u0308"])
    assert sources(hidden) == {"c.md"}
    (note,) = [note for note in hidden.notes if note.code == "filtered_out"]
    assert note.message.endswith("outside this filter.")
    nobody = asked(engine, author=["Ann Lee", "Ann Le"], **{"year<": 1995})
    assert sources(nobody) == {"a.md"}
    (note,) = [note for note in nobody.notes if note.code == "value_matches_nothing"]
    assert note.details == {"name": "author", "value": "Ann Le"}
    assert note.message == "No document has “Ann Le” as author."
    nothing = asked(engine, author=["Ann Lee"], **{"year>=": 1995})
    assert not nothing.results
    assert not [note for note in nothing.notes if note.code == "value_matches_nothing"]


def test_what_is_wrong_is_an_error_that_says_what_is_there(
    letters: Path, tmp_path: Path, build: Build
) -> None:
    index = tmp_path / "index"
    build(letters, index)
    engine = opened(index)
    with pytest.raises(QuestionError) as raised:
        asked(engine, colour="red", author="Ann Lee")
    assert raised.value.message == "there is no facet 'colour': these are: author, kind, year"
    assert (raised.value.name, raised.value.field) == ("unknown_facet", "filters.where")
    with pytest.raises(QuestionError) as raised:
        asked(engine, **{"year>=": "soon"})
    assert raised.value.name == "invalid_where"


def test_the_status_names_the_facets(letters: Path, tmp_path: Path, build: Build) -> None:
    index = tmp_path / "index"
    build(letters, index)
    (state,) = status(Settings(index=str(index)), [letters]).generations
    assert state.facets == ("author", "kind", "year")
    (letters / "d.txt").write_text("A tram bell rings.\n")
    build(letters, index)
    (letters / "a.md").write_text("No front matter: the harbour.\n")
    build(letters, index)
    assert sources(asked(opened(index), kind="letter")) == {"b.md", "c.md"}
