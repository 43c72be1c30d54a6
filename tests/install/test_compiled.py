"""What ``make install`` compiles: libraries that only a reader's process imports, which writes no bytecode."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import ROOT
from tests.golden.extractions import samples

_TOLD = """
places = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
names = [place.split("site-packages/", 1)[1].split("/")[0] for place in places if "site-packages/" in place]
print(json.dumps(sorted({name for name in names if not name.endswith(".so")})))
"""
_READING = """
import json, sys
from qa.corpus import Options
from qa.corpus.contents import contents
from qa.corpus.sandbox import worker
for place in sys.argv[1:]:
    with open(place, "rb") as file:
        list(contents(place, file, Options()))
"""
_ELSE = """
import json, sys
import qa.api, qa.build.builder, qa.cli.commands, qa.engine
"""


def imported(script: str, arguments: Sequence[Path] = ()) -> set[str]:
    """Return the libraries that a process has imported once it has run a script."""
    command = [sys.executable, "-c", script + _TOLD, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_what_readers_alone_import_is_compiled() -> None:
    text = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    found = re.search(r"^READERS := (.*)$", text, re.MULTILINE)
    assert found
    compiled = set(found[1].split())
    place = Path(sysconfig.get_path("purelib"))
    assert [name for name in compiled if not (place / name).exists()] == []
    alone = imported(_READING, [*samples().values()]) - imported(_ELSE)
    assert len(alone) > 10
    assert alone - compiled == set()
