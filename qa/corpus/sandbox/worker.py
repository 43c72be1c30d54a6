"""The child process that reads documents; ``qa.corpus.sandbox.process`` starts it.

It receives one open file at a time over the socket that is its standard input, and answers with what is in
the file. Before it reads anything it gives up what reading does not need: memory beyond a limit, writing
files of any size, starting programs, making connections, opening files other than its own libraries'. The
kernel enforces this as far as it can, and the first message says how far. Python enforces it everywhere, but
only for Python's own calls.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from qa.corpus import tesseract
from qa.corpus.contents import Item, Resumed, contents
from qa.corpus.reading import Options, UnreadableError
from qa.corpus.sandbox import drawn
from qa.corpus.sandbox.confinement import confine
from qa.corpus.sandbox.confinement.places import Place, places
from qa.corpus.sandbox.frames import message_of, options_of, receive, receive_with_file, send
from qa.corpus.side import with_side

_REQUEST = 1 << 23
_PATIENCE = 10
_ALIVE = {"alive": True}
_FORBIDDEN = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system",
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown",
    "os.truncate", "os.kill", "pty.", "shutil.", "tempfile.", "urllib.", "ftplib.", "http.client",
    "smtplib.",
)  # fmt: skip


def main() -> None:
    """Serve until the other side is gone."""
    channel = socket.socket(fileno=os.dup(0))
    begin = receive(channel, limit=_REQUEST)
    if begin is None:
        return
    options = options_of(begin)
    if begin["patient"]:
        os.nice(_PATIENCE)
    _bound(options.limits.memory_bytes)
    libraries = places()
    if options.ocr.on:
        libraries = (*libraries, *map(Place, tesseract.folders()))
    send(channel, asdict(confine(libraries)))
    sys.addaudithook(_guard(libraries))
    while request := receive_with_file(channel, limit=_REQUEST):
        message, descriptor = request
        _allow(options.limits.seconds)
        try:
            with os.fdopen(descriptor, "rb") as file:
                for answer in _answers(message, file, options, lambda: send(channel, _ALIVE)):
                    send(channel, answer)
                    _allow(options.limits.seconds)
            send(channel, {"end": True})
        except MemoryError:
            send(channel, {"memory": True})
            return


def _answers(
    request: Mapping[str, Any], file: IO[bytes], options: Options, alive: Callable[[], None]
) -> Iterator[Mapping[str, Any]]:
    """Yield what is said to a request: what a file holds, or its pages as pictures."""
    if "draw" in request:
        yield from _drawn(request, file, options)
        return
    resumed = Resumed(request["after"], frozenset(request["bad"]))
    items: Iterable[Item] = contents(request["source"], file, options, resumed, alive)
    if request["side"] is not None:
        items = with_side(items, request["source"], request["side"], options.columns)
    yield from map(message_of, items)


def _drawn(
    request: Mapping[str, Any], file: IO[bytes], options: Options
) -> Iterator[Mapping[str, Any]]:
    from qa.corpus.drawing import drawn as draw  # PDFium, which few files need

    # One byte more than it may have: then its checksum is another one.
    data = file.read(options.limits.file_bytes + 1)
    try:
        yield from map(drawn.message_of, draw(data, drawn.wanted_of(request), options.ocr))
    except MemoryError:
        raise
    except UnreadableError as error:
        yield {"refused": str(error)}
    except Exception as error:
        yield {"refused": f"its reader failed ({type(error).__name__})"}


def _bound(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow(seconds: int) -> None:
    """Allow the process so many more seconds of a processor.

    On Linux there is nothing to do: the build looks at this process's clock, and the kernel filter refuses
    to set limits.
    """
    if sys.platform == "linux":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    upto = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (upto, resource.RLIM_INFINITY))


def _guard(libraries: Sequence[Place]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that refuses everything that reading does not need."""
    whole = {str(place.path) for place in libraries if place.whole}
    folders = tuple(f"{path.rstrip(os.sep)}{os.sep}" for path in whole)

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, int):
                return
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
            place = Path(os.fsdecode(path)).absolute()
            if os.pardir in place.parts:
                # The real path, with links followed, as the kernel does.
                place = place.resolve()
            ours = str(place) in whole or str(place).startswith(folders)
            if writes or (mode and set(mode) & set("wax+")) or not ours:
                raise PermissionError(f"a reader may not open {place}")
        elif event.startswith(_FORBIDDEN):
            raise PermissionError(f"a reader may not {event}")

    return guard
