"""What is loaded to ask: neither a reader of a format, nor a splitter, nor anything else of a build.

Each case is a fresh interpreter that asks in one of the ways there are and then tells its modules.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Build

pytestmark = pytest.mark.slow

OURS = ("qa.corpus", "qa.build", "qa.evaluate")
THEIRS = (
    # What the readers read with, what prepares a model, what evaluates.
    "lxml markdown_it yaml chardet trafilatura htmldate pypdfium2 python_calamine "
    "torch transformers sentence_transformers scipy sklearn ir_measures"
).split()

BEGIN = """
import json, sys
from pathlib import Path

import qa.engine
from tests.fake import FakeEncoder

INDEX = Path(sys.argv[1])
qa.engine.load_encoder = lambda folder, **_: FakeEncoder()
"""
END = """
print(json.dumps(sorted(sys.modules)))
"""
ENGINE = """
from qa import Engine, Filters, Question

engine = Engine.open(INDEX)
asked = Question("What does a steamer pay in August?", k=3, explain=True)
answer = engine.ask(asked)
first = answer.results[0]
"""
WAYS = {
    "a question": ENGINE + 'assert engine.ask("Hello!").notes and first.explain',
    "a follow-up": ENGINE
    + """
again = Question("And in winter?", history=("What does a steamer pay in August?",))
assert engine.ask(again).searched != again.text
""",
    "a filter": ENGINE
    + """
undated = Filters(source=("*.txt",), published_from="1900")
assert engine.ask(Question("owls", filters=undated)).filtered_out_undated
""",
    "another language, a mistyped word": ENGINE
    + """
assert engine.ask("¿Cuántas personas murieron en el puerto?").notes
engine.ask("the harbuor of the steamrs")
""",
    "verifying": ENGINE
    + """
assert engine.verify(first.citation, first.excerpt).holds
assert engine.verify_printed(first.excerpt, source=first.citation.source).holds
""",
    "listing and reading": ENGINE
    + """
entries = engine.documents()
assert engine.archive.documents == len(entries) > 1
assert all(engine.document(entry.id).text for entry in entries)
""",
    "the command": """
from qa.cli.commands import cli

cli(["ask", "What does a steamer pay?", "--json", "--index", str(INDEX)], standalone_mode=False)
""",
    "a service": """
import qa.api.server
from qa.cli.serve import serve
from qa.settings import Settings


class Asking:
    def __init__(self, app, settings):
        self.app = app

    def run(self, sockets):
        from starlette.testclient import TestClient

        here = ("127.0.0.1", 50000)
        with TestClient(self.app, base_url="http://localhost", client=here) as client:
            done = client.post("/v1/ask", json={
                "question": "And in winter?", "history": ["What does a steamer pay in August?"]
            })
            body = done.json()
            assert done.status_code == 200 and body["searched"] != body["question"], body
            result = body["results"][0]
            told = {"citation": result["citation"], "excerpt": result["excerpt"]}
            assert client.post("/v1/verify", json=told).json()["holds"]
            document = "/v1/documents/" + result["citation"]["document_id"]
            message = {"role": "user", "content": "What does a steamer pay?"}
            chat = {"model": "archive", "messages": [message]}
            for method, path, body in (
                ("GET", "/readyz", None),
                ("GET", "/metrics", None),
                ("GET", "/v1/documents", None),
                ("GET", document, None),
                ("GET", document + "/view?start=0&end=5", None),
                ("POST", "/v1/chat/completions", chat),
                ("GET", "/", None),
            ):
                answer = client.request(method, path, json=body)
                assert answer.status_code < 500, (path, answer.text)


qa.api.server.make_server = Asking
settings = Settings.load(flags={"index": str(INDEX), "port": 0}, environment={})
serve(settings, announce=lambda engine, address: None)
""",
    "tools": "import qa.mcp.http, qa.mcp.stdio",
}


def loaded(way: str, index: Path) -> list[str]:
    """Run a way of asking in a fresh interpreter; return the modules that it has then."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + way + END, str(index)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return modules


def of_a_build(modules: list[str]) -> list[str]:
    """Return those of some modules that asking has no use for."""
    heavy = (*OURS, *THEIRS)
    return [m for m in modules if m in heavy or m.startswith(tuple(f"{one}." for one in heavy))]


@pytest.fixture(scope="module")
def calibrated(archive: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that gives verdicts."""
    index = tmp_path_factory.mktemp("calibrated") / "index"
    build(archive, index, calibrated=True)
    return index


@pytest.mark.parametrize("way", WAYS)
def test_asking_loads_nothing_of_a_build(way: str, calibrated: Path) -> None:
    modules = loaded(WAYS[way], calibrated)
    assert "qa.engine" in modules
    assert of_a_build(modules) == []


def test_what_a_build_loads_is_seen(calibrated: Path) -> None:
    """The same look at a build finds its readers, its splitter and their libraries."""
    reading = """
from qa.corpus import read_document

read_document("a.md", b"# Owls\\n\\nThey hear well.\\n")
read_document("a.html", b"<title>Owls</title><p>They hear well, and fly by night.</p>")
"""
    found = of_a_build(loaded("import qa.build.builder\n" + reading, calibrated))
    wanted = {"qa.build.passages", "qa.corpus.readers", "qa.corpus.formats.plain"}
    assert wanted | {"qa.corpus.formats.html", "lxml", "markdown_it"} <= set(found)
