"""Disks that tests need not wait for: hundreds of small indexes are written and removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_MEMORY = Path("/dev/shm")


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a new folder, in memory where the machine has a file system for that."""
    parent = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@contextmanager
def fsync_at_once() -> Iterator[None]:
    """Let fsync return at once; what waits for the disk has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
