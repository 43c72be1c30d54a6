"""Hands the work of a build out to other processes, and keeps its order. Only what waits is held.

Each worker has one thing to do at a time. Batches to embed go first; a worker that is left over reads. Files
go out in jobs of some neighbours. A job's results come in chunks, each when it is asked for: a worker whose
chunks nobody has taken yet stops reading, and embeds. So this process holds at most two chunks of each job,
of a number of jobs that grows with the workers.

A worker that ends is replaced, and what it did is done again: reading goes on after what had arrived. Work
that ended several workers ends the build.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

from qa.build.changes import Item
from qa.build.work import Embedded, Result, Team, Wanted
from qa.build.workers.worker import Chunk, Done, Errand, Hello, Looked
from qa.errors import WorkersError
from qa.records import Document
from qa.store import EncodedPassage

_JOB_FILES, _JOB_BYTES = 32, 500_000
_CHUNKS = 2
"""How many chunks of a job wait at most."""
_LOSSES = 3
"""Work that so many workers did not survive is given up."""
_LOOK_SECONDS = 10.0
_START_SECONDS = 180.0
"""If there is no worker, and none has started for so many seconds, the build ends."""
_PATIENCE_SECONDS = 60.0
"""After so many seconds without a result the build says what it waits for."""


class GoneError(Exception):
    """A worker has ended, or cannot be reached; the message says why in a few words."""


class Hands(Protocol):
    """Processes that can be asked to work. A worker and a call may be anything that can be compared."""

    def start(self) -> Any:
        """Start a worker; the work that it is asked waits for it."""

    def call(self, worker: Any, method: str, *given: Any) -> Any:
        """Ask a worker to do a method of ``Worker``; return the call."""

    def done(self, calls: Sequence[Any], seconds: float) -> Sequence[Any]:
        """Return the calls that have ended; wait for one, but no longer than so many seconds."""

    def result(self, call: Any) -> Any:
        """Return what a call returned, or raise what it raised; GoneError if its worker has ended."""

    def stop(self, worker: Any) -> None:
        """End a worker, whatever it does."""


@dataclass(slots=True, eq=False)
class _Job:
    """Some files to read, in order, and the results that came and were not taken."""

    number: int
    errands: Sequence[Errand]
    chunks: deque[Chunk] = field(default_factory=deque)
    came: int = 0
    """How many results have come so far."""
    whole: bool = False
    at_work: bool = False
    """Whether a worker has it open."""
    losses: int = 0

    @property
    def name(self) -> str:
        """What it is, for people."""
        more = f" and {len(self.errands) - 1} more" if len(self.errands) > 1 else ""
        return f"{self.errands[0].source}{more}"


@dataclass(slots=True, eq=False)
class _Batch:
    """Passages to embed, and the result once it is there."""

    wanted: Sequence[Wanted]
    found: Sequence[EncodedPassage] | None = None
    losses: int = 0

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"{len(self.wanted)} passages to embed"


@dataclass(slots=True, eq=False)
class _Member:
    """A worker: what it is asked just now, and the job that it has open."""

    worker: Any
    call: Any
    task: _Job | _Batch | None = None
    open: _Job | None = None
    hello: Hello | None = None

    @property
    def name(self) -> str:
        """Which process it is, for people."""
        return f"process {self.hello.pid} on {self.hello.host}" if self.hello else "a new process"


class Crew:
    """Implements ``Team`` with other processes. ``here`` reads what only this process can.

    ``accept`` looks at what each worker says of itself, and raises an error to refuse it. Entering waits
    for the first worker. Methods raise WorkersError when no worker is left, when one sees other files, or
    when workers end again and again; and what a worker's work raises.
    """

    def __init__(
        self,
        hands: Hands,
        number: int,
        here: Team,
        say: Callable[[str], None],
        accept: Callable[[Hello], None] = lambda _: None,
    ) -> None:
        self.batches = 2 * number + 1
        self._hands = hands
        self._number = number
        self._here = here
        self._say = say
        self._accept = accept
        self._members: list[_Member] = []
        self._jobs: deque[_Job] = deque()
        """Those whose results are not all taken, in order."""
        self._embed: deque[_Batch] = deque()
        """Those that no worker has."""
        self._told: set[str] = set()
        self._failed_starts = 0
        self._heard = time.monotonic()

    def __enter__(self) -> Crew:
        try:
            for _ in range(self._number):
                self._start()
            while not any(member.hello for member in self._members):
                self._pump(_LOOK_SECONDS)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *problem: object) -> None:
        self._stop()

    def _stop(self) -> None:
        for member in self._members:
            self._hands.stop(member.worker)
        self._members.clear()

    def _start(self) -> None:
        self._heard = time.monotonic()
        worker = self._hands.start()
        self._members.append(_Member(worker, self._hands.call(worker, "hello")))

    # --- what a build asks for ----------------------------------------------------------------

    def split(self, items: Iterable[Item]) -> Iterator[Iterator[Result]]:
        jobs = _jobs(items)
        waiting: deque[tuple[_Job | None, Sequence[Item]]] = deque()
        ahead = 2 * self._number + 2
        while True:
            while len(waiting) < ahead and (found := next(jobs, None)):
                waiting.append(found)
                if found[0]:
                    self._jobs.append(found[0])
            if not waiting:
                return
            job, here = waiting.popleft()
            if job is None:
                yield from self._here.split(here)
                continue
            found_in = self._results(job)
            for item in here:
                self._pump(0)
                yield self._of(item, found_in)
            self._jobs.remove(job)

    def _of(self, item: Item, found_in: Iterator[Looked | Result | Done]) -> Iterator[Result]:
        """Yield the results for an item. Raises WorkersError if the worker saw another file."""
        for one in found_in:
            if isinstance(one, Done):
                return
            if not isinstance(one, Looked):
                yield one
            elif one.sha256 != item.sha256 and not item.changed():
                raise WorkersError(
                    f"a worker does not see {item.source} as it is here: every machine that works needs "
                    "the same folder at the same path, with the right to read it (docs/scale.md)"
                )
            elif not one.sha256:
                # It went, or became unreadable, since its checksum was taken: this process says how.
                for results in self._here.split([item]):
                    yield from results

    def _results(self, job: _Job) -> Iterator[Looked | Result | Done]:
        while True:
            while not job.chunks:
                self._pump(_LOOK_SECONDS)
            chunk = job.chunks.popleft()
            yield from chunk.found
            if chunk.last:
                return

    def embed(self, batch: Sequence[Wanted]) -> Embedded:
        sent = _Batch(batch)
        self._embed.append(sent)
        self._pump(0)

        def wait() -> Sequence[EncodedPassage]:
            while sent.found is None:
                self._pump(_LOOK_SECONDS)
            return sent.found

        return wait

    # --- who does what ------------------------------------------------------------------------

    def _pump(self, seconds: float) -> None:
        """Give idle workers something to do, and take what has been done; wait for it that long."""
        self._assign()
        calls = {member.call: member for member in self._members if member.call is not None}
        ended = self._hands.done(list(calls), seconds)
        for call in ended:
            self._end(calls[call])
        if ended:
            self._heard = time.monotonic()
            self._assign()
        elif seconds:
            self._wait_on(time.monotonic() - self._heard)

    def _wait_on(self, quiet: float) -> None:
        """Say what is waited for, if nothing has ended for many seconds; raise WorkersError if in vain."""
        if quiet >= _START_SECONDS and not any(member.hello for member in self._members):
            raise WorkersError(
                f"no worker has started for {_START_SECONDS:.0f} s: see whether the cluster has a "
                "free processor, and cited-qa on each of its machines"
            )
        if quiet >= _PATIENCE_SECONDS:
            for member in self._members:
                if member.task:
                    self._tell(f"still waiting for {member.task.name}: {member.name}")

    def _assign(self) -> None:
        for member in self._members:
            if member.call is None and member.hello is not None:
                self._occupy(member)

    def _occupy(self, member: _Member) -> None:
        if self._embed:
            batch = member.task = self._embed.popleft()
            self._ask(member, "embed", batch.wanted)
            return
        job, own = self._unread(), member.open
        if own and not (job and job.number < own.number):
            if len(own.chunks) < _CHUNKS:
                member.task = own
                self._ask(member, "more")
        elif job:
            # Of a job that must wait for this one, what came is kept.
            if own:
                own.at_work = False
            member.task = member.open = job
            job.at_work = True
            self._ask(member, "read", job.errands, job.came)

    def _unread(self) -> _Job | None:
        """Return the first job that must be read, and that no worker has."""
        for job in self._jobs:
            if not job.whole and not job.at_work and len(job.chunks) < _CHUNKS:
                return job
        return None

    def _ask(self, member: _Member, method: str, *given: Any) -> None:
        member.call = self._hands.call(member.worker, method, *given)

    def _end(self, member: _Member) -> None:
        """Take what a worker has done."""
        call, task = member.call, member.task
        member.call = member.task = None
        try:
            found = self._hands.result(call)
        except GoneError as gone:
            self._lose(member, task, str(gone))
            return
        if task is None:
            member.hello = found
            self._failed_starts = 0
            self._accept(found)
        elif isinstance(task, _Batch):
            task.found = found
        else:
            task.chunks.append(found)
            task.came += len(found.found)
            for line in found.told:
                self._tell(line)
            if found.last:
                task.whole, task.at_work = True, False
                member.open = None

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._say(line)

    def _lose(self, member: _Member, task: _Job | _Batch | None, why: str) -> None:
        """Replace a worker that has ended, and put back what it had."""
        self._members.remove(member)
        with suppress(GoneError):
            self._hands.stop(member.worker)
        if member.open:
            member.open.at_work = False
        if task is None:
            self._failed_starts += 1
            if self._failed_starts >= _LOSSES * self._number:
                raise WorkersError(f"workers end as soon as they start: {why}")
        else:
            self._say(f"{member.name} ended ({why}): another one does its work")
            task.losses += 1
            if task.losses >= _LOSSES:
                raise WorkersError(
                    f"{task.losses} workers ended at {task.name}, the last one because: {why}"
                )
            if isinstance(task, _Batch):
                self._embed.appendleft(task)
        self._start()


def _jobs(items: Iterable[Item]) -> Iterator[tuple[_Job | None, Sequence[Item]]]:
    """Yield items in order, as jobs of neighbours; None with one that only this process reads."""
    group: list[Item] = []
    number = size = 0
    for item in chain(items, [None]):
        # A file without a checksum is only named with the reason why it is not read.
        here = item is not None and not item.sha256 and not isinstance(item.origin, Document)
        full = len(group) >= _JOB_FILES or size >= _JOB_BYTES
        if group and (item is None or here or full):
            yield _Job(number, tuple(map(Errand.of, group))), group
            group, size, number = [], 0, number + 1
        if item is not None and here:
            yield None, [item]
        elif item is not None:
            group.append(item)
            size += item.bytes
