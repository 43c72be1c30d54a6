"""From a folder to a page in the browser: built, served and followed, by one command.

Building is left to processes of their own. What prepares a model takes hundreds of megabytes, which a
service that runs for weeks must not keep, and a build must not hold up questions.
"""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from qa.cli.serve import answer, door
from qa.corpus.beside import is_passed_over
from qa.errors import CorpusError, UsageError
from qa.settings import Settings, data_folder
from qa.store.address import folder_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from qa.engine import Engine

STOP_SECONDS = 10
"""How long the process that follows the folder may take to stop; a build that is cut off loses nothing."""
_SHOWN_OF_NAME = 40
_IN_A_TERMINAL = frozenset({"elinks", "links", "lynx", "w3m", "www-browser"})
"""Browsers that would take the terminal over in which the service runs."""


def own_index(folder: Path) -> Path:
    """Return where the index of a folder lies unless a place is named: the same place each time.

    Beside those of other folders, with which it shares the model.
    """
    whole = folder.resolve()
    digest = hashlib.sha256(str(whole).encode("utf-8", "surrogateescape")).hexdigest()
    name = re.sub(r"[^\w-]+", "-", whole.name)[:_SHOWN_OF_NAME].strip("-") or "archive"
    return data_folder() / "indexes" / f"{name}-{digest[:12]}"


def up(
    folder: Path,
    settings: Settings,
    *,
    model: str | None,
    every: float,
    browser: bool,
    announce: Callable[[Engine, str], None],
) -> int:
    """Build the index of ``settings`` from a folder, serve it and follow the folder until stopped.

    Returns the exit status: that of the build where it fails, which has told why. Raises what
    ``qa.cli.serve.serve`` raises, and UsageError for a folder that cannot be followed.
    """
    _check(folder, folder_of(settings.index))
    arguments = [str(folder.resolve()), "--index", settings.index]
    if model is not None:
        arguments += ["--model", model]
    signal.signal(signal.SIGTERM, _interrupt)
    # The port first: a build may take minutes, and whoever comes meanwhile waits for its end.
    with door(settings) as listener:
        command = _qa("build", *arguments)
        status = subprocess.run(command, check=False).returncode  # noqa: S603 - our own, no shell
        if status:
            return status
        with _following([*arguments, "--every", str(every), "--attached"]):

            def served(engine: Engine, address: str) -> None:
                announce(engine, address)
                if browser:
                    threading.Thread(target=open_browser, args=[address], daemon=True).start()

            answer(listener, settings, announce=served)
    return 0


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _check(folder: Path, index: Path | None) -> None:
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise CorpusError(f"{folder} {what}: name a folder of documents")
    if index is None:  # it lies in a bucket
        return
    inner, outer = index.resolve(), folder.resolve()
    if not inner.is_relative_to(outer):
        return
    if not any(is_passed_over(part) for part in inner.relative_to(outer).parts):
        raise UsageError(
            f"the index {index} would lie inside {folder} and be read as documents: "
            "name a place outside with --index"
        )


def _qa(*arguments: str) -> list[str]:
    # -P: what lies in the working folder is no part of this program.
    return [sys.executable, "-P", "-m", "qa", *arguments]


@contextmanager
def _following(arguments: Sequence[str]) -> Iterator[None]:
    """Run ``qa watch`` meanwhile. It ends with this process, however this one ends."""
    # Of a session of its own: Ctrl+C reaches this process alone, which then stops that one.
    process = subprocess.Popen(  # noqa: S603 - our own program, no shell
        _qa("watch", *arguments), stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()


def open_browser(address: str) -> bool:
    """Open an address in the browser that this machine's user has; return whether there is one.

    One that shows pages in the terminal is not used: the service's own lines are shown there.
    """
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    if getattr(found, "name", None) in _IN_A_TERMINAL:
        return False
    return found.open(address)
