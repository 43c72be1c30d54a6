"""The contract of stores, on LanceDB in a folder and in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.buckets import Server, server
from tests.store.contract import CHECKS, Check
from tests.store.lance import Bucket, SharedFolder


@pytest.fixture(scope="module")
def s3() -> Iterator[Server]:
    """A server with an empty bucket."""
    with server() as running:
        yield running


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_in_a_folder(check: Check, tmp_path: Path) -> None:
    check(SharedFolder(tmp_path))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_in_a_bucket(check: Check, tmp_path: Path, s3: Server) -> None:
    check(Bucket(tmp_path, s3))
