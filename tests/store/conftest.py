"""Indexes of these tests are in memory, and nobody waits for a disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.buckets import Server, server
from tests.disks import no_waiting, tmp_path

__all__ = ["no_waiting", "tmp_path"]


@pytest.fixture(scope="module")
def s3() -> Iterator[Server]:
    """A server with an empty bucket."""
    with server() as running:
        yield running
