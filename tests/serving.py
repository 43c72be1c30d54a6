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
    """Run ``qa serve`` on a free port; give its address, and stop it afterwards."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--index", str(index)]
    settings = {"drain_seconds": "0", "keys_file": str(index / "no-keys.json")} | settings
    environment = os.environ | {f"QA_{name.upper()}": value for name, value in settings.items()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            started = process.stdout.readline()
            match = re.search(r"http://\S+", started)
            assert match, f"qa serve said {started!r}"
            yield match.group()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
