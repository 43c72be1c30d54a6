"""``import qa``: cheap, and enough for three lines."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import qa
from qa.engine import Engine
from qa.errors import QuestionError
from qa.records import Filters, Question
from tests.archive import ARCHIVE
from tests.conftest import ROOT


def run(code: str) -> str:
    """Run Python in a process of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_it_loads_nothing_else() -> None:
    loaded = json.loads(
        run(
            "import sys; before = set(sys.modules); import qa, json; qa.__version__;"
            "print(json.dumps(sorted(set(sys.modules) - before)))"
        )
    )
    assert [name for name in loaded if name.startswith("qa.")] == []
    assert not {"numpy", "faiss", "onnxruntime", "fastapi"} & set(loaded)


@pytest.mark.slow
def test_neither_asking_nor_serving_loads_the_libraries_of_the_extras() -> None:
    code = "import sys; from qa import Engine; import qa.api, qa.cli.commands, qa.integrations; print(*sys.modules)"
    assert not {"langchain_core", "llama_index"} & set(run(code).split())


def test_its_names_are_the_very_classes() -> None:
    assert (qa.Engine, qa.Filters, qa.Question) == (Engine, Filters, Question)
    assert re.fullmatch(r"\d+\.\d+\.\d+", qa.__version__)
    with pytest.raises(AttributeError, match="no attribute 'Engines'"):
        qa.Engines  # noqa: B018 - looking it up is what fails
    with pytest.raises(ImportError, match="cannot import name 'Engines'"):
        exec("from qa import Engines")


def test_the_version_can_be_read_without_running_the_package() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert wanted["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "qa.__version__"}
    assert f'\n__version__ = "{qa.__version__}"\n' in Path(qa.__file__).read_text("utf-8")


def test_a_plain_string_is_a_question(engine: Engine) -> None:
    asked = engine.ask("Who keeps the lighthouse?")
    same = engine.ask(Question("Who keeps the lighthouse?"))
    assert asked.results == same.results
    assert asked.question == "Who keeps the lighthouse?"
    citation = asked.results[0].citation
    text, codec = ARCHIVE[citation.source]
    decoded = text.encode(codec).decode(codec)
    assert asked.results[0].excerpt == decoded[citation.start : citation.end]
    with pytest.raises(QuestionError):
        engine.ask("  ")
