"""Readers in a child process with limits, so that no file can take a build down.

One child reads many files; after a fault, or so many files, a new one takes its place. It is started
from nothing and not forked, for this process has threads. Where it falls over a file in an archive,
that file is named and reading goes on behind it. What it gives up before it reads, and what the kernel
then holds it to, is in ``qa.corpus.sandbox.worker`` and ``qa.corpus.sandbox.confinement``; its time is counted here.
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
"""Files after which a child is replaced, so that what its libraries leak is given back."""
_MAX_FAULTS = 20
_WALL = 3
"""A child may take so many times its processor time: other processes want theirs."""
_START_SECONDS = 60
_NO_SENSE = "its reader gave no sensible answer"
"""A child that has not begun by then does not."""

_START = "import sys; sys.path[:] = sys.argv[1:]; from qa.corpus.sandbox.worker import main; main()"
"""The child finds its modules where this process does, whatever the folder that it is started in."""


class _FaultError(Exception):
    """The child is gone or does what it should not; says why in a few words."""


class Sandbox:
    """Reads files in a child process, and draws their pages. Not for two threads at once.

    ``tell`` is called once, before the first file is read, where the kernel does not hold all that it
    could hold of a child; with ``confinement="kernel"`` entering raises ConfinementError then. ``clock``
    is the setting that the limit on time comes from. A child that is ``patient`` leaves the processor to
    whoever else wants it.
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
        """Start a child where there is none; return how far the kernel holds it.

        Raises ConfinementError where that is not as far as is demanded, or where none starts.
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
        """Yield the documents in an open file; what cannot be read is a Skipped.

        ``side`` is what the file says that describes this one, None without it.
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
        yield Skipped(source, f"took its reader down {_MAX_FAULTS} times: the rest is not read")

    def _once(
        self, source: str, file: IO[bytes], side: str | None, after: int, bad: list[int]
    ) -> Iterator[Document | Skipped | Mark]:
        """Yield what the child finds, from file number ``after`` of an archive on."""
        request = {"source": source, "after": after, "bad": bad, "side": side}
        answers = self._answers(request, file, self.options.limits.output_bytes)
        with closing(answers):
            for message in answers:
                try:
                    item = item_of(message, source)
                except FrameError:
                    raise _FaultError(_NO_SENSE) from None
                del message  # as large as the document, which may be worked on for long
                if item is not None:
                    yield item

    def draw(self, file: IO[bytes], wanted: Wanted) -> Iterator[Sheet | Marks]:
        """Yield the pages that are wanted of an open PDF, and then where its words stand on them.

        Raises UnreadableError, with the reason, where the file is another one than is wanted, or cannot
        be drawn within the limits.
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
        """Yield what the child says to a request, up to the message that is the last. Raises _FaultError."""
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
                if "alive" in message:  # a page that OCR read: each has the time of a document
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
        """Return the channel to the child, started where there is none."""
        if self._channel is None:
            ours, its = socket.socketpair()
            with its:
                self._child = subprocess.Popen(  # noqa: S603 - our own module, no shell
                    [sys.executable, "-P", "-B", "-c", _START, *filter(None, sys.path)],
                    stdin=its.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    # None of what this process was told, keys above all.
                    env={},
                    # Ctrl-C is for this process to answer.
                    process_group=0,
                )
            self._channel, self._files = ours, 0
            send(ours, {**asdict(self.options), "patient": self._patient})
            self._greet(ours)
        return self._channel

    def _greet(self, channel: socket.socket) -> None:
        """Hear from a new child how far the kernel holds it; it has seen no file yet."""
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
            lacking = f"the kernel does not hold all of the readers' process ({'; '.join(missing)})"
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
            return "its reader was killed, for want of memory perhaps"
        if status == -signal.SIGABRT:  # what a library does that cannot have the memory it wants
            return f"took its reader down, most likely because it {self._memory()}"
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
    """Return how far the kernel holds a reader's process on this machine, by starting one."""
    with Sandbox(Options()) as sandbox:
        try:
            return sandbox.start()
        except ConfinementError as error:
            return Confinement((), (error.message,))
