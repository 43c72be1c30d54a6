"""Files of this service itself that are no documents: keys, their secret, judgements, questions, access logs.

The settings give them any name, and a copy may lie anywhere below a folder. So they are recognised by
what they hold. Only the secret has nothing that shows what it is but its name and its size.
"""

from __future__ import annotations

import json
import re
from typing import IO, Any

from qa.corpus.sniff import HEAD

_SECRET, _SECRET_BYTES = ".secret", 32
_ID, _SHA256 = re.compile("[0-9a-f]{8}"), re.compile("[0-9a-f]{64}")
_KEY = frozenset({"id", "name", "scope", "sha256", "created"})
_KEPT = frozenset({"time", "question", "searched", "generation"})
"""Fields that a judgement and a question that was not answered have in common."""
_ONE_OF = frozenset({"kind", "verdict"})
_ACCESS = frozenset(
    {"time", "method", "route", "status", "bytes", "ms", "key", "peer", "request_id"}
)
_KEYS_MARK, _KEPT_MARK, _ACCESS_MARK = b'"sha256"', b'"generation"', b'"request_id"'
"""Without these words near its beginning a file is not looked at any further."""

KEYS = "holds keys of this service: not read"
SECRET = "holds the secret of this service's sessions: not read"  # noqa: S105 - a reason
JUDGEMENTS = "holds what people judged or asked: not read"
ACCESSES = "holds the access log of this service: not read"


def own_file(source: str, file: IO[bytes], size: int, most: int) -> str | None:
    """Return what an open file of the service holds, as the reason not to read it; None for all others.

    ``size`` and ``most`` are bytes: those of the file, and how many may be read. The file is rewound.
    """
    if size == _SECRET_BYTES and source.endswith(_SECRET):
        return SECRET
    head = file.read(HEAD)
    try:
        if not head.lstrip().startswith(b"{"):
            return None
        if _KEPT_MARK in head and _is_kept(head.lstrip().partition(b"\n")[0]):
            return JUDGEMENTS
        if _ACCESS_MARK in head and _is_access(head.lstrip().partition(b"\n")[0]):
            return ACCESSES
        if _KEYS_MARK in head and size <= most and _are_keys(head + file.read(most)):
            return KEYS
    finally:
        file.seek(0)
    return None


def _is_kept(line: bytes) -> bool:
    value = _parsed(line)
    return (
        isinstance(value, dict) and value.keys() >= _KEPT and not value.keys().isdisjoint(_ONE_OF)
    )


def _is_access(line: bytes) -> bool:
    value = _parsed(line)
    return isinstance(value, dict) and value.keys() >= _ACCESS


def _are_keys(data: bytes) -> bool:
    value = _parsed(data)
    keys = value.get("keys") if isinstance(value, dict) else None
    return isinstance(keys, list) and bool(keys) and all(map(_is_key, keys))


def _is_key(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() >= _KEY
        and _ID.fullmatch(str(value["id"])) is not None
        and _SHA256.fullmatch(str(value["sha256"])) is not None
    )


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
