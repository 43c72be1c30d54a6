"""The log of requests: a line of JSON each, in a file or on standard error.

Lines wait in memory and a thread writes them, so that a slow disk holds no request up. If too many wait,
further lines are lost and counted. Before each write the thread looks whether the file is still the one
at its path; if it was moved away or removed, a new one is made. So a rotation needs no signal.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import stat
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from qa.errors import UsageError
from qa.service.outside import refuse_inside
from qa.settings import Settings

STDERR = "stderr"
"""The value of the setting that names standard error."""
MOST_WAITING = 10_000
"""Lines that wait to be written; they take some 4 MB."""
_AT_ONCE = 500
_CLOSE_SECONDS = 2.0

log = logging.getLogger("qa.service")


class AccessLog:
    """Writes lines to ``place``, a path or STDERR. Raises UsageError if it cannot be opened.

    A failure later on stops no request: it is logged once, and again when lines are written again.
    Several processes may write to one file.
    """

    def __init__(self, place: str, *, waiting: int = MOST_WAITING) -> None:
        self._place = place
        self._lines: queue.Queue[bytes | None] = queue.Queue(waiting)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._descriptor = -1
        self._opened_as: tuple[int, int] | None = None
        self._failed = False
        self._torn = False
        self._behind = self._told_behind = False
        self.lost = 0
        """Lines that were not written."""
        try:
            self._open()
        except OSError as error:
            raise UsageError(
                f"setting access_log is {place}, which cannot be written "
                f"({error.strerror or error}): name another file, or {STDERR}"
            ) from error

    @classmethod
    def of(cls, settings: Settings) -> AccessLog | None:
        """Return the log that the settings name; None if they name none.

        Raises UsageError for a file in an index or in its archive, and for one that cannot be opened.
        """
        place = settings.access_log
        if not place:
            return None
        if place != STDERR:
            refuse_inside("access_log", Path(place), settings.index)
        return cls(place)

    def write(self, entry: Mapping[str, object]) -> None:
        """Have an entry written as one line; this never waits.

        A line has ASCII characters only: whatever a client has sent cannot begin another line.
        """
        line = json.dumps(entry, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        if self._thread is None:
            self._start()
        try:
            self._lines.put_nowait(line + b"\n")
        except queue.Full:
            self.lost += 1
            self._behind = True

    def close(self) -> None:
        """Write what waits, for a limited time. A later line opens the log again."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            self._lines.put(None, timeout=_CLOSE_SECONDS)
        except (
            queue.Full
        ):  # the disk does not answer: the service stops without the lines that wait
            self.lost += self._lines.qsize()
            return
        thread.join(_CLOSE_SECONDS)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        going = True
        while going:
            lines = [self._lines.get()]
            while len(lines) < _AT_ONCE and not self._lines.empty():
                lines.append(self._lines.get())
            going = None not in lines
            self._append([line for line in lines if line is not None])
            if self._behind:
                self._tell_lost()

    def _tell_lost(self) -> None:
        """Say that lines were lost because too many waited, once until the log keeps up again."""
        if not self._told_behind:
            log.warning(
                "the access log %s cannot be written as fast as requests come: %d lines are lost",
                self._place,
                self.lost,
            )
        self._told_behind = True
        if self._lines.empty():
            self._behind = self._told_behind = False

    def _append(self, lines: list[bytes]) -> None:
        written = 0
        try:
            self._open()
            for line in lines:
                # After a line that was cut off, this one begins on a line of its own.
                self._write(b"\n" + line if self._torn else line)
                written += 1
        except OSError as error:
            self.lost += len(lines) - written
            if not self._failed:
                log.error(
                    "the access log %s cannot be written (%s): requests are answered without it",
                    self._place,
                    error.strerror or error,
                )
            self._failed = True
            return
        if self._failed and lines:
            self._failed = False
            log.warning("the access log is written again: %d lines are lost", self.lost)

    def _open(self) -> None:
        """Open the file at the path unless it is the open one. Raises OSError."""
        if self._place == STDERR:
            self._descriptor = sys.__stderr__.fileno() if sys.__stderr__ else 2
            return
        try:
            found = Path(self._place).stat()
        except FileNotFoundError:
            found = None
        if found is not None and (found.st_dev, found.st_ino) == self._opened_as:
            return
        # Without O_NONBLOCK, opening a pipe would wait for its reader.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        opened = os.open(self._place, flags, 0o600)
        held = os.fstat(opened)
        if not stat.S_ISREG(held.st_mode):
            os.close(opened)
            raise OSError(f"it is no file, and not {STDERR}")
        before, self._descriptor = self._descriptor, opened
        self._opened_as, self._torn = (held.st_dev, held.st_ino), False
        if before >= 0:
            os.close(before)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]
            self._torn = bool(data)
