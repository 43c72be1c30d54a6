"""A request as the access log has it: a few fields, and nothing of the question unless a setting says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from starlette.types import Scope

from qa.service.hosts import parse_address
from qa.service.redact import redacted

_MOST_QUESTION = 500
_MOST_PEER = 64


class Told(NamedTuple):
    """What is known of a request when it has its answer. ``sent``: bytes of the answer's body."""

    at: datetime
    method: str
    route: str
    status: int
    sent: int
    seconds: float


def entry_of(told: Told, scope: Scope) -> Mapping[str, object]:
    """Return the entry of a request. Every value is bounded, whatever the client sent."""
    state = scope["state"]
    entry: dict[str, object] = {
        "time": told.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "method": told.method,
        "route": told.route,
        "status": told.status,
        "bytes": 0 if told.method == "HEAD" else told.sent,
        "ms": round(1000 * told.seconds, 1),
        "key": state.get("key_id"),
        "peer": _peer(scope),
        "request_id": state["request_id"],
    }
    question = state.get("question")
    if question is not None:
        entry["question"] = redacted(question)[:_MOST_QUESTION]
    return entry


def _peer(scope: Scope) -> str | None:
    """Return the client's address, which a trusted proxy may have named; None if there is none."""
    client = scope.get("client")
    if not client:
        return None
    address = parse_address(client[0])
    return str(client[0])[:_MOST_PEER] if address is None else str(address)
