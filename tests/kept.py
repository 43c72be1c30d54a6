"""Readers' processes that outlive a build, for tests of something else: one takes .2 s to start."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import pytest

from qa.corpus.reading import Options
from qa.corpus.sandbox.process import Sandbox

_OF_A_CHILD = ("_child", "_channel", "_files", "_confinement")


class KeptReaders:
    """The processes that builds left behind, by how they read; each is taken up by the next build.

    Of a build that is killed too, unless it had asked a process for something that is not all there yet.
    """

    def __init__(self) -> None:
        self._left: dict[Options, dict[str, Any]] = {}
        self._asking: set[int] = set()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let the sandboxes that are entered meanwhile take up a process, and leave theirs."""
        leave, ready, ask = Sandbox.__exit__, Sandbox._ready, Sandbox._answers

        def answers(sandbox: Sandbox, *request: Any) -> Generator[Mapping[str, Any], None, None]:
            self._asking.add(id(sandbox))
            yield from ask(sandbox, *request)
            self._asking.discard(id(sandbox))

        def keep(
            sandbox: Sandbox,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            asking = id(sandbox) in self._asking
            self._asking.discard(id(sandbox))
            if not asking and sandbox._child is not None and sandbox.options not in self._left:
                self._left[sandbox.options] = {name: getattr(sandbox, name) for name in _OF_A_CHILD}
                sandbox._child = sandbox._channel = None
            leave(sandbox, kind, error, trace)

        def take_up(sandbox: Sandbox) -> Any:
            if sandbox._channel is None and sandbox.options in self._left:
                for name, value in self._left.pop(sandbox.options).items():
                    setattr(sandbox, name, value)
            return ready(sandbox)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Sandbox, "__exit__", keep)
            patch.setattr(Sandbox, "_ready", take_up)
            patch.setattr(Sandbox, "_answers", answers)
            yield

    def stop(self) -> None:
        """End all that are left."""
        for options, child in self._left.items():
            sandbox = Sandbox(options)
            for name, value in child.items():
                setattr(sandbox, name, value)
            sandbox._stop()
        self._left.clear()
