"""``qa cite``: a citation of an index that no service has open."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from qa.cli.commands import run
from qa.present.citing import STYLES
from tests.fake import FakeEncoder

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def fake_model(monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder) -> None:
    """Let commands in this process find the fake encoder where they look for a model."""
    monkeypatch.setattr("qa.engine.load_encoder", lambda folder, **_: encoder)
    for name in [name for name in os.environ if name.startswith("QA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def citation(index: Path, capsys: Capture) -> dict[str, Any]:
    call = ["ask", "Who moved the bridge?", "-k", "1", "--json", "--index", str(index)]
    assert run(call) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["results"][0]["citation"]
    return found


@pytest.mark.parametrize("by", ["id", "url"])
def test_a_citation_is_printed(
    index: Path, citation: dict[str, Any], by: str, capsys: Capture
) -> None:
    assert run(["cite", citation[by], "--index", str(index)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("“The Bridge That Moved,” March 2004, line")
    assert out.endswith("bridge.txt.\n") and out.count("\n") == 1
    assert err == ""


@pytest.mark.parametrize("style", STYLES)
def test_each_style_is_printed(
    index: Path, citation: dict[str, Any], style: str, capsys: Capture
) -> None:
    assert run(["cite", citation["id"], "--style", style, "--index", str(index)]) == 0
    out = capsys.readouterr().out
    assert "bridge that moved" in out.casefold()
    if style == "csl-json":
        assert json.loads(out)[0]["id"] == citation["id"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["c0000000000000000"], "no excerpt of this index has this id"),
        (["c0000000000000000", "--style", "mla"], "chicago, apa, exact, bibtex, ris, csl-json are known"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(
    index: Path, call: list[str], said: str, capsys: Capture
) -> None:
    assert run(["cite", *call, "--index", str(index)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err and err.count("\n") == 1


# --- checking a printed one ---------------------------------------------------------------------


def test_a_printed_footnote_is_checked(
    index: Path, citation: dict[str, Any], capsys: Capture
) -> None:
    assert run(["cite", citation["id"], "--index", str(index)]) == 0
    note = capsys.readouterr().out.strip()
    words = "eleven metres"
    assert run(["verify", words, note, "--index", str(index)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Holds") and "bridge.txt" in out and "http://" in out
    assert err == ""
    assert run(["verify", "twelve metres", note, "--index", str(index)]) == 3
    assert capsys.readouterr().out.startswith("Does not hold: ")


@pytest.mark.parametrize(
    "where", [["--source", "bridge.txt"], ["--title", "The Bridge That Moved"]]
)
def test_a_quotation_is_checked_by_its_documents_name(
    index: Path, where: list[str], capsys: Capture
) -> None:
    call = ["verify", "eleven metres", *where, "--json", "--index", str(index)]
    assert run(call) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["holds"], told["citation"]["source"]) == (True, "bridge.txt")
    assert run(["verify", "eleven", "--source", "nowhere.txt", "--index", str(index)]) == 3
    assert "Does not hold: the archive has no such source" in capsys.readouterr().out


@pytest.mark.parametrize(
    "where", [[], ["a note", "--source", "b"], ["--source", "a", "--title", "b"]]
)
def test_one_place_is_named(index: Path, where: list[str], capsys: Capture) -> None:
    assert run(["verify", "eleven metres", *where, "--index", str(index)]) == 2
    assert "a FOOTNOTE, or --source, or --title" in capsys.readouterr().err
