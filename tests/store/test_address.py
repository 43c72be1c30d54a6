"""Which indexes lie in a folder, and which at an address."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from qa.errors import UsageError
from qa.store import FileIndex, open_index
from qa.store.address import remote_address


@pytest.mark.parametrize("place", ["index/default", "/srv/index", Path("s3"), "lance", "c:index"])
def test_a_folder_has_no_address(place: str | Path) -> None:
    assert remote_address(place) is None
    assert isinstance(open_index(place), FileIndex)


@pytest.mark.parametrize(
    ("place", "uri", "name"),
    [
        ("s3://bucket/name", "s3://bucket/name", "name"),
        ("s3://bucket/archives/north/", "s3://bucket/archives/north", "north"),
        ("gs://bucket/name", "gs://bucket/name", "name"),
        ("az://container/name", "az://container/name", "name"),
    ],
)
def test_buckets(place: str, uri: str, name: str) -> None:
    found = remote_address(place)
    assert found is not None
    assert (found.uri, found.name, found.remote) == (uri, name, True)


def test_a_folder_that_machines_share() -> None:
    found = remote_address("lance:/mnt/shared/archive")
    assert found is not None
    assert (found.uri, found.name, found.remote) == ("/mnt/shared/archive", "archive", False)
    beside = remote_address("lance:archive")
    assert beside is not None and beside.uri == str(Path.cwd() / "archive")


@pytest.mark.parametrize(
    "place",
    [
        "s3://bucket",
        "s3://bucket/",
        "ftp://host/index",
        "https://bucket.s3.amazonaws.com/name",
        "lance:",
        "s3://key:secret@bucket/name",
        "s3://bucket/name?token=secret",
    ],
)
def test_what_is_no_address_is_refused_without_its_secret(place: str) -> None:
    with pytest.raises(UsageError) as refused:
        open_index(place)
    assert "secret" not in str(refused.value)


def test_without_the_extra_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lancedb", None)
    monkeypatch.setattr("qa.store.address.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install cited-qa\[remote\]"):
        open_index("s3://bucket/name")
