"""Schemathesis over the committed description: no 5xx, and every answer as it is described.

What stands in the suite is short; ``make abuse`` sends at least 10,000 requests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from qa.api import create_app
from qa.engine import Engine
from qa.settings import Settings
from tests.api.servers import running
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
EXAMPLES = int(os.environ.get("ABUSE_EXAMPLES", "0"))
"""Of each route, for the long run; without it the run is short, and leaves the slow part out."""
PHASES = "examples,coverage,fuzzing,stateful" if EXAMPLES else "examples,fuzzing,stateful"
LEAST = 10_000 if EXAMPLES else 100


def test_nothing_that_is_sent_breaks_the_description(
    index: Path, engine: Engine, tmp_path: Path
) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, (host, port)):
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "run", str(ROOT / "docs" / "openapi.json"),
            "--url", f"http://{host}:{port}", "--checks", ",".join(CHECKS),
            "--max-examples", str(EXAMPLES or 8), "--mode", "all", "--no-color", "--warnings", "off",
            "--phases", PHASES, "--seed", "7",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    sent = re.search(r"^ +(\d+) generated, (\d+) passed$", done.stdout, re.MULTILINE)
    assert sent and sent.group(1) == sent.group(2), done.stdout
    assert int(sent.group(1)) >= LEAST
