"""From files to a draft of a generation: read, split, embed in batches, write. Little is held in memory.

If the previous generation, or the journal of a stopped build, has a passage with the same key, its vectors
are reused. The other passages are embedded, and each batch is kept at once. Who reads, splits and embeds is
a team (``qa.build.work``). The order, the ids, and what a file may add to the others' documents are decided
here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from qa.build.changes import Item, Step, given
from qa.build.work import Embedded, Result, Split, Team, Wanted
from qa.corpus import Skipped
from qa.store import Draft, EncodedPassage, FileRecord, Previous

BATCH = 128
"""How many passages are embedded together; a build that is killed loses at most so many for each worker."""
_WAITING = 8 * BATCH
"""How many passages wait at most for each batch in hand, with those whose vectors are known."""


class Progress(Protocol):
    """Where a build reports its progress."""

    def say(self, line: str) -> None:
        """Show a line to the user."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin a stage of ``total`` steps; None if the number is unknown."""

    def advance(self, steps: int = 1) -> None:
        """Count steps of the stage that were done."""

    def passages(self, number: int) -> None:
        """Count passages that were embedded."""


class Silent:
    """A Progress that shows nothing."""

    def say(self, line: str) -> None:
        pass

    def stage(self, name: str, total: int | None) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass

    def passages(self, number: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Kept:
    """Documents of the previous generation that are copied unchanged."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _New:
    """A document that was split, and which of its passages must be embedded."""

    split: Split
    missing: Sequence[bool]


class Assembly:
    """Fills a draft. Documents are copied from the previous generation only if a plan says so.

    ``here`` is the team of this process. ``split_again``: only the documents are reused, and their passages
    are made again.
    """

    def __init__(
        self,
        draft: Draft,
        team: Team,
        here: Team,
        before: Previous | None,
        progress: Progress,
        *,
        split_again: bool = False,
    ) -> None:
        self._split_again = split_again
        self._draft = draft
        self._team = team
        self._here = here
        self._before = before
        self._progress = progress
        self._waiting: deque[_Kept | _New] = deque()
        self._wanted: deque[Wanted] = deque()
        self._sent: deque[Embedded] = deque()
        self._fresh: deque[EncodedPassage] = deque()
        self._passages = self._missing = 0
        self._ids: set[str] = set()
        self.embedded = 0
        """How many passages were embedded in this build."""
        self.files: list[FileRecord] = []
        """The result for each file."""

    def run(self, steps: Sequence[Step]) -> None:
        """Do every step. Raises OSError when writing fails."""
        results = self._team.split(self._items(steps))
        for step in steps:
            if step.record is None:
                self._read(step.item, next(results))
            elif self._keep(step.first, step.record.documents, results):
                self.files.append(step.record)
                continue
            else:
                self._read(step.item, next(self._here.split([step.item])))
            self._progress.advance()
        while self._waiting:
            self._write()

    def _items(self, steps: Sequence[Step]) -> Iterator[Item]:
        """Yield what the team splits, in the order in which the results are taken."""
        for step in steps:
            if step.record is None:
                yield step.item
            elif self._split_again:
                assert self._before is not None  # a plan copies only what a previous generation has
                for place in range(step.first, step.first + step.record.documents):
                    yield from given([self._before.document_at(place)])

    def _read(self, item: Item, results: Iterator[Result]) -> None:
        documents, skipped = 0, []
        mine, settled = set[str](), True
        for found in results:
            if isinstance(found, Skipped):
                skipped.append((found.source, found.reason))
                continue
            name = found.document.id
            if name in self._ids:
                source = found.document.source
                skipped.append((source, "another document has this name already"))
                settled = settled and name in mine
                continue
            mine.add(name)
            documents += 1
            self._add(found)
        # No checksum means: read it again in the next build. That holds for a file that was written
        # to meanwhile, and for one with a document that a file of another name has too.
        sha256 = item.sha256 if settled and not item.changed() else ""
        self.files.append(FileRecord(item.source, item.bytes, sha256, documents, skipped))

    def _keep(self, first: int, documents: int, results: Iterator[Iterator[Result]]) -> bool:
        """Copy documents of the previous generation; False if another file has given one of them."""
        if not documents:
            return True
        assert self._before is not None  # a plan copies only what a previous generation has
        last = first + documents
        ids = set(self._before.ids(first, last))
        known = not ids.isdisjoint(self._ids)
        if self._split_again:
            for _ in range(documents):
                for one in next(results):
                    if not known and isinstance(one, Split):
                        self._add(one)
            return not known
        if known:
            return False
        self._ids |= ids
        before = self._waiting[-1] if self._waiting else None
        if isinstance(before, _Kept) and before.last == first:
            self._waiting[-1] = replace(before, last=last)
        else:
            self._waiting.append(_Kept(first, last))
        return True

    def _add(self, found: Split) -> None:
        """Take a document that was split; it waits until there is enough to embed."""
        self._ids.add(found.document.id)
        missing = [self._draft.known(key) is None for key in found.keys]
        self._waiting.append(_New(found, missing))
        self._passages += len(found.passages)
        self._missing += sum(missing)
        pairs = zip(found.passages, found.keys, missing, strict=True)
        self._wanted.extend(Wanted(passage, key) for passage, key, lacks in pairs if lacks)
        self._send(BATCH)
        batches = self._team.batches
        while self._passages >= _WAITING * batches or self._missing >= BATCH * batches:
            self._write()

    def _send(self, least: int) -> None:
        """Give the team as many batches as it is to have; none of fewer than ``least`` passages."""
        while len(self._sent) < self._team.batches and len(self._wanted) >= least:
            size = min(BATCH, len(self._wanted))
            self._sent.append(self._team.embed([self._wanted.popleft() for _ in range(size)]))

    def _write(self) -> None:
        """Write what has waited longest."""
        one = self._waiting.popleft()
        if isinstance(one, _Kept):
            self._draft.keep(one.first, one.last)
            return
        self._draft.add(one.split.document, one.split.passages, self._encoded(one))
        self._passages -= len(one.missing)
        self._missing -= sum(one.missing)

    def _encoded(self, new: _New) -> Iterator[EncodedPassage]:
        for key, missing in zip(new.split.keys, new.missing, strict=True):
            found = self._next() if missing else self._draft.known(key)
            assert found is not None  # a known passage stays known during a build
            yield found

    def _next(self) -> EncodedPassage:
        """Return the next embedded passage; a batch is kept in the journal before it is used."""
        if not self._fresh:
            if not self._sent:
                self._send(1)
            encoded = self._sent.popleft()()
            self._send(BATCH)
            self._draft.remember(encoded)
            self.embedded += len(encoded)
            self._progress.passages(len(encoded))
            self._fresh.extend(encoded)
        return self._fresh.popleft()
