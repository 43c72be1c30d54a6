"""Indexes of these tests are in memory, and nobody waits for a disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disks import folder_in_memory, fsync_at_once


@pytest.fixture(autouse=True, scope="package")
def no_waiting() -> Iterator[None]:
    """Let fsync return at once."""
    with fsync_at_once():
        yield


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A new folder, in memory."""
    with folder_in_memory() as folder:
        yield folder
