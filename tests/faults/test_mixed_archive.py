"""A folder of every format, with damaged files and bombs, from the files to the page that shows a citation."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi.testclient import TestClient

from qa.api import create_app
from qa.build.builder import BuildReport
from qa.engine import Engine
from qa.records import Filters, Question
from qa.settings import Settings
from qa.store import Generation, IndexFolder
from tests.api.checks import read_page
from tests.conftest import ROOT, Build
from tests.disks import folder_in_memory
from tests.fake import FakeEncoder
from tests.faults.mixed import ADDRESS, SETTINGS, expected, write_mixed
from tests.store.reads import passages_of

pytestmark = pytest.mark.slow


class Built(NamedTuple):
    """The mixed folder with its index, and what a service answered while it was built."""

    folder: Path
    outside: Path
    index: Path
    report: BuildReport
    engine: Engine
    meanwhile: list[tuple[int, object]]

    @property
    def store(self) -> Generation:
        store = self.engine.store
        assert isinstance(store, Generation)
        return store


_BUILD = (
    "import pickle, sys; from pathlib import Path; from qa.build.builder import build_index; "
    "from qa.settings import Settings; from tests.fake import FakeEncoder; "
    "from tests.faults.mixed import SETTINGS; "
    "report = build_index([Path(sys.argv[1])], Settings(index=sys.argv[2], **SETTINGS), "
    "encoder=FakeEncoder(), calibrated=False); "
    "Path(sys.argv[3]).write_bytes(pickle.dumps(report))"
)
QUESTION = {"question": "What does a steamer pay in August?"}


@pytest.fixture(scope="module")
def built(
    engine: Engine, index: Path, encoder: FakeEncoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """Build the folder in another process, and ask a service all the time."""
    told = tmp_path_factory.mktemp("report") / "report"
    app = create_app(index=index, settings=Settings(requests_per_minute=0), engine=engine)
    answers: list[tuple[int, object]] = []
    with folder_in_memory() as place:
        folder, outside, made = place / "mixed", place / "outside", place / "index"
        write_mixed(folder, outside)
        command = [sys.executable, "-c", _BUILD, *map(str, (folder, made, told))]
        with TestClient(app) as client, subprocess.Popen(command, cwd=ROOT) as process:
            while process.poll() is None:
                response = client.post("/v1/ask", json=QUESTION)
                answers.append((response.status_code, response.json().get("results")))
                time.sleep(0.1)  # the processors are for the build
        assert process.returncode == 0
        report = pickle.loads(told.read_bytes())
        opened = Engine(store=IndexFolder(made).open().generation, encoder=encoder)
        yield Built(folder, outside, made, report, opened, answers)


def test_everything_is_read_or_accounted_for(built: Built) -> None:
    texts = {entry.source: built.engine.document(entry.id).text for entry in built.store.listing()}
    skipped = {one.source: f"<{one.reason}>" for one in built.report.skipped}
    wanted = expected(built.outside)
    assert {*texts, *skipped} == {*wanted}
    for source, words in wanted.items():
        if words.startswith("<"):
            assert skipped[source].startswith(words), source
        else:
            assert words in texts[source]
    # Nothing twice, and all of it counted.
    assert [
        n for n, times in Counter(s.source for s in built.report.skipped).items() if times > 1
    ] == []
    assert not {*texts} & {*skipped}
    assert built.report.documents == len(texts)
    # No file is missing: neither here nor in what is expected.
    files = [
        Path(folder, name).relative_to(built.folder).as_posix()
        for folder, folders, names in os.walk(built.folder)
        for name in [*names, *(f for f in folders if Path(folder, f).is_symlink())]
    ]
    told = [*texts, *skipped]
    for file in files:
        assert any(one == file or one.startswith((f"{file}/", f"{file}#")) for one in told), file


def test_the_offset_law_holds(built: Built) -> None:
    passages = passages_of(built.store)
    assert len(passages) == built.report.passages
    assert {passage.document_id for passage in passages} == {e.id for e in built.store.listing()}
    for passage in passages:
        document = built.engine.document(passage.document_id)
        assert document.text[passage.start : passage.end] == passage.text
        for start, end in passage.sentences:
            assert passage.start <= start < end <= passage.end
        for block in document.blocks:
            inside = document.text[block.start : block.end]
            assert inside == inside.strip() != ""


def test_nothing_outside_is_read_or_written(built: Built) -> None:
    assert [path.name for path in built.outside.iterdir()] == ["secret.txt"]
    beside = {path.name for path in built.folder.parent.iterdir()}
    assert beside == {"mixed", "outside", "index"}
    for entry in built.store.listing():
        assert "secret that lies outside" not in built.engine.document(entry.id).text


@pytest.mark.parametrize(
    ("question", "source", "page"),
    [
        ("What was stranded upon the breakwater in its third year?", "two pages.pdf", 2),
        ("Which breakwater was begun in granite?", "two pages.pdf", 1),
        ("What does the bound volume tell of smugglers?", "packed.zip/b.pdf", 2),
        ("Was the ferry free of charge on Sundays?", "word.docx", None),
    ],
)
def test_a_citation_opens_at_its_page(
    built: Built, question: str, source: str, page: int | None
) -> None:
    with TestClient(
        create_app(index=built.index, settings=Settings(), engine=built.engine)
    ) as client:
        body = {"question": question, "filters": {"source": [source]}}
        first = client.post("/v1/ask", json=body).json()["results"][0]
        assert first["citation"]["page"] == page
        view = client.get(first["citation"]["url"].removeprefix("http://localhost"))
        assert view.status_code == 200
        _, marked, _ = read_page(view.text)
        assert marked == first["excerpt"]
        cited = view.text.split('<p id="citation">')[1].split("</p>")[0]
        assert re.findall(r"page \d+", cited) == ([f"page {page}"] if page else [])
        # The last beginning of a page that stands before the first marked word.
        before, _, after = view.text.partition('<mark id="cited" class="cited" tabindex="-1">')
        leaf = re.match(r'<span class="leaf" data-page="\d+">', after)
        leaves = re.findall(r'data-page="(\d+)"', before + (leaf[0] if leaf else ""))
        assert leaves[-1:] == ([str(page)] if page else [])


def test_a_citation_names_its_slide(built: Built) -> None:
    asked = Question("Which oil did the lamp burn?", filters=Filters(source=("slides.pptx",)))
    assert built.engine.ask(asked).results[0].citation.place == "slide 2"


@pytest.mark.parametrize(
    ("question", "source", "place"),
    [
        ("When was the gong buoy laid?", "book.xlsx", "Buoys, row 3"),
        ("When was the whistle buoy laid?", "book.ods", "Buoys, row 2"),
        ("What did the pilot ask for?", "letter.eml", "message"),
        ("Was the foghorn sold?", "mail.mbox#message=3", "message 3"),
        ("When does the sluice jam?", "talk.srt", "00:12:31"),
        ("Is the slipway steep?", "talk.vtt", "00:00:01"),
        ("By how many was the capstan turned?", "other.json", None),
    ],
)
def test_a_citation_names_its_place(
    built: Built, question: str, source: str, place: str | None
) -> None:
    with TestClient(
        create_app(index=built.index, settings=Settings(), engine=built.engine)
    ) as client:
        body = {"question": question, "filters": {"source": [source]}}
        first = client.post("/v1/ask", json=body).json()["results"][0]
        assert first["citation"]["place"] == place
        view = client.get(first["citation"]["url"].removeprefix("http://localhost"))
        _, marked, _ = read_page(view.text)
        assert marked == first["excerpt"]
        cited = view.text.split('<p id="citation">')[1].split("</p>")[0]
        assert place is None or f", {place}, " in cited


@pytest.mark.parametrize(
    ("question", "source", "address"),
    [
        ("How often was the dredger Fafner raised?", "article.html", f"{ADDRESS}/dredger"),
        ("How long was the ropery?", "saved.mhtml", f"{ADDRESS}/ropery"),
        ("When did the customs house burn?", "front matter.md", f"{ADDRESS}/customs"),
        ("How was herring sold?", "table.csv#id=1", f"{ADDRESS}/herring"),
        ("What did the school of pilots teach?", "book.epub", f"{ADDRESS}/book"),
        ("What did the striking pilots win for the winter?", "listing.htm", f"{ADDRESS}/pilots"),
        ("How often was the tug Mime raised?", "packed.zip/c.html", f"{ADDRESS}/tug"),
        ("Upon what was cod dried?", "rows.jsonl#id=cod", None),
    ],
)
def test_an_excerpt_has_its_address_on_the_web(
    built: Built, question: str, source: str, address: str | None
) -> None:
    asked = Question(question, filters=Filters(source=(source,)))
    original = built.engine.ask(asked).results[0].citation.original_url
    # Behind the address stand the words at which a browser opens it.
    assert (original.split("#")[0] if original else None) == address


def test_a_second_build_says_the_same_of_every_file(built: Built, build: Build) -> None:
    report = build(built.folder, built.index, **SETTINGS)
    assert not report.changed
    assert Counter(report.skipped) == Counter(built.report.skipped)


def test_a_service_answers_while_bombs_go_off(built: Built, engine: Engine, index: Path) -> None:
    with TestClient(create_app(index=index, settings=Settings(), engine=engine)) as client:
        expected = client.post("/v1/ask", json=QUESTION).json()["results"]
    assert expected
    assert len(built.meanwhile) > 10
    assert all(answer == (200, expected) for answer in built.meanwhile)
