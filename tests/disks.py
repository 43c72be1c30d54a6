"""Disks that tests need not wait for: hundreds of small indexes are written and removed.

The conftest of a folder of tests takes ``no_waiting`` and ``tmp_path`` from here.
"""

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


@pytest.fixture(autouse=True, scope="module")
def no_waiting() -> Iterator[None]:
    """Let fsync return at once."""
    with fsync_at_once():
        yield


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A new folder, in memory."""
    with folder_in_memory() as folder:
        yield folder
