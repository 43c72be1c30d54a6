"""The pages of ``docs/`` do what they say: their commands and programs run as they stand there.

In a page, a ``python`` block goes on where the one before it ended, and a ``text`` block after it
is what it prints; a ``json`` block after a ``sh`` block is part of what its command answers, with
"…" where the rest of a text is left out. A line of ``sh`` that serves is started, seen to serve,
and stopped after the page.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT
from tests.serving import serving

pytestmark = pytest.mark.slow

DOCS = ROOT / "docs"
PAGES = ("deploy.md", "http.md", "page.md", "python.md", "security.md", "widget.md")
SHOWN = "http://127.0.0.1:8000"
SERVES = re.compile(r"\bqa serve\b|\bhttp\.server\b")
NEXT = "-- the next block --"

Block = tuple[str, str]


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page: language and text."""
    text = (DOCS / page).read_text("utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


class Place:
    """A folder like a checkout with a built index, and a service on that index."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "QA_PORT": "0",
            "QA_DRAIN_SECONDS": "0",
            "KEY": "qa_a-key",
        }

    def here(self, text: str) -> str:
        """Return a block with the service's real address, and ports that are free."""
        text = text.replace(SHOWN, self.address).replace("http.server 9000", "http.server 0")
        # A key's id is made up anew each time.
        return text.replace("0123abcd", "$(qa keys list | grep -oE '[0-9a-f]{8}' | head -1)")

    def run(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    def shell(self, script: str) -> str:
        """Run what serves nothing; return what it prints."""
        qa = f'qa() {{ "{sys.executable}" -m qa "$@"; }}\n'
        return self.run(["bash", "-euo", "pipefail", "-c", qa + script])

    @contextmanager
    def service(self, line: str) -> Iterator[None]:
        """Start a line that serves; see that it answers."""
        qa = f'qa() {{ exec "{sys.executable}" -m qa "$@"; }}\npython3() {{ exec "{sys.executable}" "$@"; }}\n'
        foreground = re.sub(r"\s&\s*$", "", line.split(" #")[0])
        with subprocess.Popen(
            ["bash", "-c", qa + foreground],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                said = process.stdout.readline()
                found = re.search(r"http://([\w.]+:\d+)", said)
                assert found, f"{line} said {said!r}"
                path = "/healthz" if "qa serve" in line else "/widget-sample.html"
                with urlopen(f"http://{found.group(1)}{path}", timeout=10) as answer:
                    assert answer.status == 200
                yield
            finally:
                process.terminate()
                process.wait(timeout=30)


@pytest.fixture
def place(model_index: Path, tmp_path: Path) -> Iterator[Place]:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    shutil.copytree(model_index, tmp_path / "index" / "default")
    (tmp_path / "docs").symlink_to(DOCS)
    with serving(tmp_path / "index" / "default") as address:
        yield Place(tmp_path, address)


def holds(shown: Any, real: Any) -> bool:
    """Whether what a page shows is part of what really came."""
    if isinstance(shown, Mapping):
        return isinstance(real, Mapping) and all(
            name in real and holds(value, real[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        return (
            isinstance(real, list)
            and len(shown) == len(real)
            and all(holds(one, other) for one, other in zip(shown, real, strict=True))
        )
    if isinstance(shown, str) and shown.endswith("…"):
        return isinstance(real, str) and real.startswith(shown.removesuffix("…"))
    return bool(shown == real)


@pytest.mark.parametrize(
    ("shown", "real", "expected"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ({"a": "On the …"}, {"a": "On the coup"}, True),
        ({"a": "On the …"}, {"a": "In the end"}, False),
        ({"a": [{"b": None}]}, {"a": [{"b": None, "c": 1}]}, True),
        ({"a": []}, {"a": [1]}, False),
    ],
)
def test_a_part_of_an_answer(shown: Any, real: Any, expected: bool) -> None:
    assert holds(shown, real) is expected


@pytest.mark.model
@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_works(page: str, place: Place) -> None:
    found = blocks(page)
    runs = 0
    with ExitStack() as services:
        for n, (language, text) in enumerate(found):
            if language != "sh":
                continue
            runs += 1
            after = found[n + 1] if n + 1 < len(found) else ("", "")
            script = place.here(text)
            if not SERVES.search(script):
                check(place.shell(script), place.here(after[1]) if after[0] == "json" else None)
                continue
            for line in script.splitlines():
                if SERVES.search(line):
                    services.enter_context(place.service(line))
                else:
                    place.shell(line)
    programs = [(n, text) for n, (language, text) in enumerate(found) if language == "python"]
    if programs:
        script = f"\nprint({NEXT!r})\n".join(place.here(text) for _, text in programs)
        printed = place.run([sys.executable, "-c", script]).split(f"{NEXT}\n")
        for (n, _), out in zip(programs, printed, strict=True):
            shown = found[n + 1][1] if found[n + 1 : n + 2] and found[n + 1][0] == "text" else ""
            assert out.replace("\xa0", " ") == shown
    assert runs or programs


def check(out: str, shown: str | None) -> None:
    """See that what a command printed is what the page shows, or at least no error."""
    assert out
    if shown is None:
        assert '{"error":' not in out, out
    else:
        assert holds(json.loads(shown), json.loads(out)), out


def test_every_page_is_linked_and_every_link_leads_somewhere() -> None:
    linked: set[Path] = set()
    for page in (ROOT / "README.md", *DOCS.glob("*.md")):
        links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        targets = {(page.parent / link).resolve() for link in links}
        assert all(target.exists() for target in targets), (page, targets)
        linked |= targets if page.name == "README.md" else set()
    assert {path.resolve() for path in DOCS.glob("*.md")} - {DOCS / "README.md"} <= linked
