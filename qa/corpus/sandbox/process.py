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
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict
from types import TracebackType
from typing import IO, Any

from qa.corpus.contents import Mark
from qa.corpus.reading import Options, Skipped, UnreadableError
from qa.corpus.sandbox import drawn
from qa.corpus.sandbox.clock import wait
from qa.corpus.sandbox.confinement import Confinement
from qa.corpus.sandbox.frames import FrameError, TooLongError, item_of, receive, send
from qa.corpus.sheets import Marks, Sheet, Wanted
from qa.errors import ConfinementError
from qa.records import Document

_FILES_EACH = 500
"""A child is replaced after so many files, so that memory leaks of libraries end with it."""
_MAX_FAULTS = 20
_WALL = 3
"""The limit of clock time as a multiple of processor time: other processes need the processor too."""
_START_SECONDS = 60
"""A child that has not started after so many seconds counts as failed."""
_NO_SENSE = "its reader gave no sensible answer"

_START = "import sys; sys.path[:] = sys.argv[1:]; from qa.corpus.sandbox.worker import main; main()"
"""The child uses the module paths of this process, in whatever folder it is started."""


class _FaultError(Exception):
    """The child is gone, or broke the protocol; the message says why in a few words."""


class Sandbox:
    """Reads files in a child process, and draws their pages. Not for two threads at once.

    ``tell`` is called once, before the first file is read, if the kernel does not confine the child
    completely; with ``confinement="kernel"`` entering then raises ConfinementError. ``clock`` is the
    setting that sets the limit on time. A ``patient`` child lets other processes have the processor first.
    """

    def __init__(
        self,
        options: Options,
        tell: Callable[[str], None] = lambda _: None,
        *,
        clock: str = "reader_seconds",
        patient: bool = False,
    ) -> None:
        self.options = options
        """How files are read."""
        self._tell = tell
        self._clock = clock
        self._patient = patient
        self._confinement: Confinement | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._files = 0

    def __enter__(self) -> Sandbox:
        if self.options.confinement == "kernel":
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
            f"and has {self.options.limits.memory_bytes:,} bytes of memory"
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
        request = {"source": source, "after": after, "bad": bad, "side": side}
        answers = self._answers(request, file, self.options.limits.output_bytes)
        with closing(answers):
            for message in answers:
                try:
                    item = item_of(message, source)
                except FrameError:
                    raise _FaultError(_NO_SENSE) from None
                del message  # as large as the document, which may be used for a long time
                if item is not None:
                    yield item

    def draw(self, file: IO[bytes], wanted: Wanted) -> Iterator[Sheet | Marks]:
        """Yield the wanted pages of an open PDF, and then where its words stand on them.

        Raises UnreadableError, with the reason, if the file is not the wanted one, or if it cannot be drawn
        within the limits.
        """
        answers = self._answers(drawn.request_of(wanted), file, drawn.MAX_FRAME)
        try:
            with closing(answers):
                for message in answers:
                    if "refused" in message:
                        raise UnreadableError(str(message["refused"]))
                    if "end" not in message:
                        yield drawn.found_of(message, wanted)
        except FrameError:
            raise UnreadableError(_NO_SENSE) from None
        except _FaultError as fault:
            raise UnreadableError(str(fault)) from None

    def _answers(
        self, request: Mapping[str, Any], file: IO[bytes], longest: int
    ) -> Generator[Mapping[str, Any], None, None]:
        """Yield the child's messages about a request, the last one included. Raises _FaultError."""
        limits, alive = self.options.limits, self.options.ocr.pages
        whole = False
        try:
            channel = self._ready()
            send(channel, request, files=(file.fileno(),))
            while not whole:
                deadline = time.monotonic() + _WALL * limits.seconds
                self._wait(channel, deadline)
                message = receive(channel, limit=longest, deadline=deadline)
                if message is None:
                    raise _FaultError(self._why())
                if "memory" in message:
                    raise _FaultError(self._memory())
                if "alive" in message:  # OCR read a page; each page has the time of a document
                    alive -= 1
                    if alive < 0:
                        raise FrameError("more pages than are read")
                    continue
                alive = self.options.ocr.pages
                whole = "end" in message
                yield message
                del message
        except TimeoutError:
            raise _FaultError(self._time()) from None
        except TooLongError:
            size = f"its text takes more than {limits.output_bytes:,} bytes"
            raise _FaultError(size) from None
        except FrameError:
            raise _FaultError(_NO_SENSE) from None
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
            send(ours, {**asdict(self.options), "patient": self._patient})
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
            if self.options.confinement == "kernel":
                self._stop()
                raise ConfinementError(
                    f"{lacking}, as the setting reader_confinement demands: run where it can "
                    "(docs/security.md), or set reader_confinement to best"
                )
            if first:
                self._tell(f"{lacking}: docs/security.md says what that means")

    def _wait(self, channel: socket.socket, deadline: float) -> None:
        assert self._child is not None
        wait(channel, self._child.pid, seconds=self.options.limits.seconds, deadline=deadline)

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
        return f"took more than {self.options.limits.seconds} s (setting {self._clock})"

    def _memory(self) -> str:
        limit = self.options.limits.memory_bytes
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
