"""Readers in a child process with limits, so that no file can crash a build.

One child reads many files; after a fault, or after a number of files, a new one replaces it. It is started
as a new program and not forked, because this process has threads. If it crashes at a file in an archive
file, that file is named and reading continues after it. ``qa.corpus.sandbox.worker`` and
``qa.corpus.sandbox.confinement`` describe what the child gives up before it reads, and what the kernel then
enforces. Its time is counted here.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from typing import IO

from qa.corpus.contents import Mark
from qa.corpus.reading import Options, Skipped
from qa.corpus.sandbox.clock import wait
from qa.corpus.sandbox.confinement import Confinement
from qa.corpus.sandbox.frames import FrameError, TooLongError, item_of, receive, send
from qa.errors import ConfinementError
from qa.records import Document

_FILES_EACH = 500
"""A child is replaced after so many files, so that memory leaks of libraries end with it."""
_MAX_FAULTS = 20
_WALL = 3
"""The limit of clock time as a multiple of processor time: other processes need the processor too."""
_START_SECONDS = 60
"""A child that has not started after so many seconds counts as failed."""

_START = "import sys; sys.path[:] = sys.argv[1:]; from qa.corpus.sandbox.worker import main; main()"
"""The child uses the module paths of this process, in whatever folder it is started."""


class _FaultError(Exception):
    """The child is gone, or broke the protocol; the message says why in a few words."""


class Sandbox:
    """Reads files in a child process. Not for two threads at once.

    ``tell`` is called once, before the first file is read, if the kernel does not confine the child
    completely; with ``confinement="kernel"`` entering then raises ConfinementError.
    """

    def __init__(self, options: Options, tell: Callable[[str], None] = lambda _: None) -> None:
        self._options = options
        self._tell = tell
        self._confinement: Confinement | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._files = 0

    def __enter__(self) -> Sandbox:
        if self._options.confinement == "kernel":
            self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def start(self) -> Confinement:
        """Start a child if there is none; return how far the kernel confines it.

        Raises ConfinementError if that is less than demanded, or if no child starts.
        """
        try:
            self._ready()
        except (BrokenPipeError, ConnectionResetError):
            fault = self._why()
        except (_FaultError, FrameError, OSError) as error:
            fault = str(error)
        else:
            assert self._confinement is not None
            return self._confinement
        self._stop()
        raise ConfinementError(
            f"the readers' process does not start ({fault}): see whether {sys.executable} runs, "
            f"and has {self._options.limits.memory_bytes:,} bytes of memory"
        )

    def read(
        self, source: str, file: IO[bytes], side: str | None = None
    ) -> Iterator[Document | Skipped]:
        """Yield the documents in an open file; a part that cannot be read is a Skipped.

        ``side`` is the text of its side file; None without one.
        """
        bad: list[int] = []
        told: set[str] = set()
        after = 0
        for _ in range(_MAX_FAULTS):
            at = Mark(0, source)
            try:
                for item in self._once(source, file, side, after, bad):
                    if isinstance(item, Mark):
                        at = item
                    elif isinstance(item, Document) or item.source not in told:
                        if isinstance(item, Skipped):
                            told.add(item.source)
                        yield item
                return
            except _FaultError as fault:
                yield Skipped(at.source, str(fault))
                if not at.number:
                    return
                told.add(at.source)
                after = at.number
                bad.append(at.number)
        yield Skipped(source, f"crashed its reader {_MAX_FAULTS} times: the rest is not read")

    def _once(
        self, source: str, file: IO[bytes], side: str | None, after: int, bad: list[int]
    ) -> Iterator[Document | Skipped | Mark]:
        """Yield what the child finds, from file number ``after`` of an archive file on."""
        limits = self._options.limits
        whole = False
        try:
            channel = self._ready()
            request = {"source": source, "after": after, "bad": bad, "side": side}
            send(channel, request, files=(file.fileno(),))
            while True:
                deadline = time.monotonic() + _WALL * limits.seconds
                self._wait(channel, deadline)
                message = receive(channel, limit=limits.output_bytes, deadline=deadline)
                if message is None:
                    raise _FaultError(self._why())
                if "memory" in message:
                    raise _FaultError(self._memory())
                item = item_of(message, source)
                del message  # as large as the document, which may be used for a long time
                if item is None:
                    whole = True
                    return
                yield item
        except TimeoutError:
            raise _FaultError(self._time()) from None
        except TooLongError:
            size = f"its text takes more than {limits.output_bytes:,} bytes"
            raise _FaultError(size) from None
        except FrameError:
            raise _FaultError("its reader gave no sensible answer") from None
        except (BrokenPipeError, ConnectionResetError):
            raise _FaultError(self._why()) from None
        finally:
            self._files += 1
            if not whole or self._files >= _FILES_EACH:
                self._stop()

    def _ready(self) -> socket.socket:
        """Return the channel to the child; start one if there is none."""
        if self._channel is None:
            ours, its = socket.socketpair()
            with its:
                self._child = subprocess.Popen(  # noqa: S603 - our own module, no shell
                    [sys.executable, "-P", "-B", "-c", _START, *filter(None, sys.path)],
                    stdin=its.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    # Nothing of this process's environment, above all no keys.
                    env={},
                    # Only this process reacts to Ctrl-C.
                    process_group=0,
                )
            self._channel, self._files = ours, 0
            send(ours, asdict(self._options))
            self._greet(ours)
        return self._channel

    def _greet(self, channel: socket.socket) -> None:
        """Receive from a new child how far the kernel confines it; it has seen no file yet."""
        try:
            said = receive(channel, limit=1 << 16, deadline=time.monotonic() + _START_SECONDS)
        except TimeoutError:
            raise _FaultError(f"its reader has not started for {_START_SECONDS} s") from None
        if said is None:
            raise _FaultError(self._why())
        try:
            held, missing = (tuple(map(str, said[name])) for name in ("held", "missing"))
        except (KeyError, TypeError) as error:
            raise FrameError("not what was agreed") from error
        first = self._confinement is None
        self._confinement = Confinement(held, missing)
        if missing:
            lacking = f"the kernel does not confine the readers' process completely ({'; '.join(missing)})"
            if self._options.confinement == "kernel":
                self._stop()
                raise ConfinementError(
                    f"{lacking}, as the setting reader_confinement demands: run where it can "
                    "(docs/security.md), or set reader_confinement to best"
                )
            if first:
                self._tell(f"{lacking}: docs/security.md says what that means")

    def _wait(self, channel: socket.socket, deadline: float) -> None:
        assert self._child is not None
        wait(channel, self._child.pid, seconds=self._options.limits.seconds, deadline=deadline)

    def _why(self) -> str:
        """Return why the child is gone."""
        assert self._child is not None
        try:
            status = self._child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            status = 0
        if status == -signal.SIGXCPU:
            return self._time()
        if status == -signal.SIGKILL:
            return "its reader was killed, perhaps because memory ran out"
        if status == -signal.SIGABRT:  # libraries abort when they cannot get memory
            return f"crashed its reader, most likely because it {self._memory()}"
        if status < 0:
            return f"crashed its reader ({signal.Signals(-status).name})"
        return "crashed its reader"

    def _time(self) -> str:
        return f"took more than {self._options.limits.seconds} s (setting reader_seconds)"

    def _memory(self) -> str:
        limit = self._options.limits.memory_bytes
        return f"needed more than {limit:,} bytes of memory (setting reader_memory_bytes)"

    def _stop(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.kill()
            self._child.wait()
        self._child = self._channel = None


def confinement_here() -> Confinement:
    """Start a reader's process; return how far the kernel confines it on this machine."""
    with Sandbox(Options()) as sandbox:
        try:
            return sandbox.start()
        except ConfinementError as error:
            return Confinement((), (error.message,))
