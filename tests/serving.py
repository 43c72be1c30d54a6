"""The real service in a process of its own, as people start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(index: Path, **settings: str) -> Iterator[str]:
    """Run ``qa serve`` on a free port; give its address, and stop it afterwards.

    A process that does not stop tells where it is, and ends: whether it stops by itself is for
    its own tests.
    """
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--index", str(index)]
    settings = {"drain_seconds": "0", "keys_file": str(index / "no-keys.json")} | settings
    faults = {"PYTHONFAULTHANDLER": "1"}
    environment = (
        os.environ | faults | {f"QA_{name.upper()}": value for name, value in settings.items()}
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            started = process.stdout.readline()
            match = re.search(r"http://\S+", started)
            assert match, f"qa serve said {started!r}"
            yield match.group()
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGABRT)  # faulthandler's, to stderr
                process.wait(timeout=30)
