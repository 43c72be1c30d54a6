"""Indexes of these tests are in memory, and nobody waits for a disk."""

from tests.disks import no_waiting, tmp_path

__all__ = ["no_waiting", "tmp_path"]
