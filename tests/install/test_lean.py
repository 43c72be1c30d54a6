"""The wheel in a bare environment with the pins of ``deploy/lean.txt``: it builds, asks and serves.

Nothing of this checkout can be seen there, and no torch: the exported model comes from an index.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from importlib.util import cache_from_source
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from packaging.utils import canonicalize_name

from tests.conftest import ROOT, SEEDS
from tests.install.test_pins import LEFT_OUT, is_pinned, pins

pytestmark = [pytest.mark.install]

QUESTION = "Who declared herself acting president without a quorum?"
SOURCE = "004_4295f32904a35c45.txt"
PACKAGED = ("pyproject.toml", "README.md", "LICENSE")


def pip(python: Path | str, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built from a copy: a build writes beside its sources."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    shutil.copytree(ROOT / "qa", sources / "qa", ignore=shutil.ignore_patterns("__pycache__"))
    for name in PACKAGED:
        shutil.copy(ROOT / name, sources)
    pip(sys.executable, "wheel", "--no-deps", "-w", str(folder), str(sources))
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment that has the pins and the wheel alone.

    This environment has the same versions, as test_pins shows: their files are linked, which takes a second.
    Where it has others, pip installs the pins.
    """
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True)
    into = ("--python", str(folder / "bin" / "python"), "install", "--no-compile", "--no-deps")
    names = pins("deploy/lean.txt")
    if all(map(is_pinned, names)):
        site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        for name in names:
            link_distribution(name, site)
    else:
        pip(sys.executable, *into, "-r", str(ROOT / "deploy" / "lean.txt"))
    pip(sys.executable, *into, str(wheel))
    return folder / "bin"


def link_distribution(name: str, site: Path) -> None:
    """Put an installed distribution's files into the packages of another environment, compiled as they are here."""
    for file in distribution(name).files or ():
        if ".." in file.parts or file.suffix == ".pyc":  # programs; listed where pip compiled
            continue
        source, target = Path(str(file.locate())), site / file
        link(source, target)
        if file.suffix == ".py":
            compiled = Path(cache_from_source(str(source)))
            if compiled.exists():
                link(compiled, target.parent / "__pycache__" / compiled.name)


def link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:  # on another file system
        shutil.copy2(source, target)


@pytest.fixture
def place(model_index: Path, tmp_path: Path) -> Path:
    """A folder with an archive, and the model that an index elsewhere has exported."""
    (tmp_path / "seeds").mkdir()
    shutil.copy(ROOT / "seeds" / SOURCE, tmp_path / "seeds")
    [model] = (model_index / "models").iterdir()
    shutil.copytree(model, tmp_path / "model")
    return tmp_path


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("LANG", "TMPDIR")}
    return kept | {"PATH": os.defpath, "PYTHONUNBUFFERED": "1", "QA_MODEL": "model"}


def run(
    bare: Path, place: Path, *command: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(bare / command[0]), *command[1:]],
        cwd=place,
        env=environment(),
        input=given,
        capture_output=True,
        text=True,
        timeout=900,
    )


@contextmanager
def served(bare: Path, place: Path) -> Iterator[str]:
    command = [str(bare / "qa"), "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=place, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found
            yield found.group()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "qa"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    with zipfile.ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if ".dist-info/" not in name}
        notes = [name for name in packed.namelist() if name.endswith("entry_points.txt")]
        assert "qa = qa.cli:main" in packed.read(notes[0]).decode()
    assert held == {name for name in listed if (ROOT / name).exists()}


@pytest.mark.model
def test_it_builds_asks_and_serves_without_torch(bare: Path, place: Path) -> None:
    modules = ("torch", "transformers", "sentence_transformers", "onnx", "scipy", "huggingface_hub")
    script = f"import importlib.util as u, qa; print([m for m in {modules} if u.find_spec(m)], qa.__file__)"
    shown = run(bare, place, "python", "-c", script).stdout
    assert shown.startswith("[] ") and str(bare.parent) in shown

    built = run(bare, place, "qa", "build")
    assert built.returncode == 0, built.stderr
    assert "Indexed 1 document," in built.stdout

    asked = run(bare, place, "qa", "ask", QUESTION, "--json")
    assert asked.returncode == 0, asked.stderr
    first = json.loads(asked.stdout)["results"][0]
    assert first["citation"]["source"] == SOURCE
    assert "Jeanine Anez declared herself" in first["excerpt"]

    with served(bare, place) as address:
        with urlopen(f"{address}/v1/ask?question={quote(QUESTION)}", timeout=300) as answer:
            over_http = json.load(answer)
        with urlopen(f"{address}/static/app.js", timeout=300) as answer:
            assert b"import" in answer.read()
        request = Request(
            f"{address}/mcp",
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode(),
            {
                "content-type": "application/json",
                "accept": "application/json, text/event-stream",
            },
        )
        with urlopen(request, timeout=300) as answer:
            assert b'"search"' in answer.read()
    assert over_http["results"][0]["citation"] == {
        **first["citation"],
        "url": over_http["results"][0]["citation"]["url"],
    }
    assert over_http["verdict"] == json.loads(asked.stdout)["verdict"] == "answered"


@pytest.mark.model
def test_what_is_not_there_is_told_in_one_line(
    bare: Path, model_index: Path, tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("The mill by the weir grinds rye.\n")
    for model, words in (
        ("all-MiniLM-L6-v2", "the default model is not installed"),
        ("organisation/name", "needs sentence-transformers"),
    ):
        built = run(bare, tmp_path, "qa", "build", "texts", "--model", model)
        assert built.returncode == 2
        assert words in built.stderr.splitlines()[-1]
    (tmp_path / "set").mkdir()
    source = sorted(SEEDS.glob("*.txt"))[0]
    gold = [{"source": source.name, "quote": source.read_text("utf-8")[:200].strip()}]
    question = {
        "id": "1",
        "question": "Who died in Pando?",
        "kind": "fact",
        "gold": gold,
        "need": "any",
    }
    (tmp_path / "set" / "questions.jsonl").write_text(json.dumps(question) + "\n")
    evaluate = ("qa", "eval", "set", "--index", str(model_index))
    first = run(bare, tmp_path, *evaluate, "--json", "first.json")
    assert first.returncode == 0, first.stderr
    compared = run(bare, tmp_path, *evaluate, "--against", "first.json")
    assert compared.returncode == 2
    assert re.search(
        r"^qa: this installation lacks \w+: pip install cited-qa", compared.stderr, re.M
    )


def test_what_is_left_out_is_not_there(bare: Path, tmp_path: Path) -> None:
    script = "from importlib.metadata import distributions as d; print(*{one.name for one in d()}, sep='\\n')"
    shown = run(bare, tmp_path, "python", "-c", script).stdout
    installed = {*map(canonicalize_name, shown.split())}
    assert installed.isdisjoint(LEFT_OUT)
    assert "cited-qa" in installed
