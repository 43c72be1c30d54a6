"""Indexes in LanceDB for the contract: in a folder, and in a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qa.store import Index
from qa.store.address import Address, remote_address
from qa.store.lance import LanceIndex
from tests.buckets import BUCKET, BusyServer, Server

AT_ONCE = {"beat": 1.0, "grace": 0.0, "linger": 0.0}
"""Nobody waits in tests of one process."""


def lance_index(
    address: str, local: Path, *, exact_passages: int | None = None, **times: float
) -> LanceIndex:
    found = remote_address(address)
    assert isinstance(found, Address)
    return LanceIndex(found, local, exact_passages=exact_passages, **(AT_ONCE | times))


def flipped(data: bytes, words: bytes) -> bytes:
    """Return data with one bit of its last letter of some words another."""
    at = data.index(words) + len(words) - 1
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@dataclass
class SharedFolder:
    """Tables in folders on the disk. ``exact_passages``: see ``LanceIndex``."""

    folder: Path
    exact_passages: int | None = None
    made: int = 0

    def new(self) -> Index:
        self.made += 1
        place = f"lance:{self.folder}/index{self.made}"
        return lance_index(place, self.folder / "local", exact_passages=self.exact_passages)

    def damage(self, index: Index) -> None:
        live = index.state().generations[0].name
        for path in (self.folder / index.name / f"{live}-documents.lance").rglob("*.lance"):
            data = path.read_bytes()
            if b"harbour was" in data:
                path.write_bytes(flipped(data, b"harbour was"))
                return
        raise AssertionError("nothing to damage")

    def holds(self, index: Index, words: str) -> bool:
        paths = (path for path in (self.folder / index.name).rglob("*") if path.is_file())
        return any(words.encode() in path.read_bytes() for path in paths)


@dataclass
class Bucket:
    """Tables in a bucket of a server on loopback."""

    folder: Path
    server: Server | BusyServer
    made: int = 0

    def new(self) -> Index:
        self.made += 1
        name = f"{self.folder.name}-{self.made}"
        return lance_index(f"s3://{BUCKET}/tests/{name}", self.folder / "local")

    def damage(self, index: Index) -> None:
        live = index.state().generations[0].name
        prefix = f"tests/{index.name}/{live}-documents.lance/data/"
        for key, data in self.server.objects(prefix).items():
            if b"harbour was" in data:
                self.server.replace(key, flipped(data, b"harbour was"))
                return
        raise AssertionError("nothing to damage")

    def holds(self, index: Index, words: str) -> bool:
        objects = self.server.objects(f"tests/{index.name}/")
        return any(words.encode() in data for data in objects.values())
