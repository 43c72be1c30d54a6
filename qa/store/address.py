"""Where an index lies: a folder of ours, or the address of one that several machines share."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from qa.errors import UsageError

REMOTE = ("s3", "gs", "az")
"""Schemes of object stores."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.ASCII)
_SHARED = "lance:"


class Address(NamedTuple):
    """The place of an index in LanceDB: ``uri`` as LanceDB takes it, ``name`` as clients know it."""

    uri: str
    name: str
    remote: bool


def remote_address(place: str | Path) -> Address | None:
    """Return the address of an index in LanceDB; None for a folder of ours.

    Raises UsageError for an address of another kind, or one that names no index within its bucket.
    """
    text = str(place)
    if text.startswith(_SHARED):
        folder = Path(text.removeprefix(_SHARED)).absolute()
        if not text.removeprefix(_SHARED).strip("/"):
            raise UsageError(f"the index {text} names no folder: write lance:FOLDER")
        return Address(str(folder), folder.name, False)
    found = _SCHEME.match(text)
    if found is None:
        return None
    rest = text[found.end() :].strip("/")
    if found[1] not in REMOTE:
        known = ", ".join(f"{scheme}://" for scheme in REMOTE)
        raise UsageError(
            f"an index cannot lie at {found[0]}…: name a folder, lance:FOLDER, or {known}"
        )
    if "@" in rest or "?" in rest:
        # A secret in an address ends in lists of processes, logs and pages.
        raise UsageError(
            f"the index {found[0]}… is to be a bucket and a name alone: credentials come from the environment"
        )
    if "/" not in rest:
        raise UsageError(
            f"the index {text} names no place in its bucket: write {found[0]}BUCKET/NAME"
        )
    return Address(f"{found[0]}{rest}", rest.rsplit("/", 1)[1], True)


def folder_of(place: str | Path) -> Path | None:
    """Return the folder that an index lies in, as this machine sees it; None where it lies in a bucket.

    Raises UsageError as ``remote_address`` does.
    """
    address = remote_address(place)
    if address is None:
        return Path(place)
    return None if address.remote else Path(address.uri)


def kept_here() -> Path:
    """Return where this machine keeps models and builds under way of indexes at addresses.

    Raises UsageError where the user has no home.
    """
    try:
        return Path.home() / ".cache" / "cited-qa"
    except RuntimeError as error:
        raise UsageError(f"{error}: set HOME to a folder that can be written") from error


def need_lancedb() -> None:
    """Raise UsageError where the extra is not installed."""
    if find_spec("lancedb") is None:
        raise UsageError(
            "an index at an address needs LanceDB, which is not installed: pip install cited-qa[remote]"
        )
