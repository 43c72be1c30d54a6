"""API keys: made, listed and revoked; stored as hashes in one file.

A token is ``qa_<id>_<secret>``. The id is public and finds the record; only the SHA-256 of the secret is
stored. A secret has 256 random bits, so a fast hash is as good as a slow one; slow hashes are for passwords
that people choose. Nobody can sign in with what is in the file.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.errors import KeysUnusableError, UnauthorizedError, UsageError
from qa.service.private_files import changing, write_private

SCOPES = ("ask", "admin")
"""The scopes of a key, the smallest first; each includes those before it."""
MAX_NAME = 100
MAX_TOKEN = 200

_FORMAT = 1
_TOKEN = re.compile(r"qa_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored. Times are ISO 8601 in UTC."""

    id: str
    name: str
    scope: str
    sha256: str
    created: str
    revoked: str | None = None


def allows(held: str | None, wanted: str) -> bool:
    """Whether the scope of a caller, if there is one, includes the scope that is needed."""
    return held is not None and SCOPES.index(wanted) <= SCOPES.index(held)


class Keyring:
    """The keys of one file; a change of it is noticed without a restart."""

    def __init__(self, path: Path | str, *, required: bool = False) -> None:
        self.path = Path(path)
        self._required = required
        self._keys: dict[str, Key] = {}
        self._read_as: tuple[int, int, int] | None = None
        self._seen = False

    @property
    def on(self) -> bool:
        """Whether a key is needed: as soon as there is one, even a revoked one, or if it is required.

        Raises KeysUnusableError if this is unknown, or if the key file existed and is missing now: a
        missing file must not let everybody in.
        """
        self._refresh()
        if not self._keys and self._seen:
            raise KeysUnusableError(
                f"the keys of {self.path} are gone: put the file back, or start the service again"
            )
        self._seen = bool(self._keys)
        return self._seen or self._required

    def entries(self) -> list[Key]:
        """Return every key in the order of making. Raises KeysUnusableError."""
        self._refresh()
        return list(self._keys.values())

    def find(self, token: str) -> Key:
        """Return the key of a token. Raises UnauthorizedError, and KeysUnusableError.

        An unknown token takes the same comparison as a known one.
        """
        self._refresh()
        match = _TOKEN.fullmatch(token[:MAX_TOKEN])
        id, secret = match.groups() if match else ("", "")
        key = self._keys.get(id)
        known = hmac.compare_digest(_hash(secret), key.sha256 if key else _NOBODY)
        return _valid(key if known else None)

    def by_id(self, id: str) -> Key:
        """Return the key of an id after its session was checked. Raises UnauthorizedError, KeysUnusableError."""
        self._refresh()
        return _valid(self._keys.get(id))

    def make(self, name: str, scope: str = SCOPES[0]) -> tuple[Key, str]:
        """Add a key; return it and its token, which is not stored. Raises UsageError."""
        name = name.strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise UsageError(f"the name of a key has 1 to {MAX_NAME} printable characters")
        with self._changing() as keys:
            id = secrets.token_hex(4)
            while id in self._keys:
                id = secrets.token_hex(4)
            secret = secrets.token_urlsafe(32)
            key = Key(id, name, scope, _hash(secret), _now())
            keys.append(key)
        return key, f"qa_{id}_{secret}"

    def revoke(self, id: str) -> Key:
        """Refuse a key from now on; a key that is revoked already stays so. Raises UsageError."""
        with self._changing() as keys:
            for place, key in enumerate(keys):
                if key.id == id:
                    keys[place] = key if key.revoked else replace(key, revoked=_now())
                    return keys[place]
            raise UsageError(f"there is no key {id!r}: qa keys list names them")

    @contextmanager
    def _changing(self) -> Iterator[list[Key]]:
        """Provide the keys for a change, and write them; only one process at a time."""
        with changing(self.path):
            keys = self.entries()
            yield keys
            _write(self.path, keys)

    def _refresh(self) -> None:
        """Read the file if it has changed since it was read."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._keys, self._read_as = {}, None
            return
        except OSError as error:
            raise self._damaged(error.strerror or "it cannot be read") from error
        now = (found.st_mtime_ns, found.st_size, found.st_ino)
        if now == self._read_as:
            return
        self._read_as = None
        self._keys = {key.id: key for key in self._read()}
        self._read_as = now

    def _read(self) -> list[Key]:
        try:
            kept = json.loads(self.path.read_text("utf-8"))
            if kept["format"] != _FORMAT:
                raise self._damaged(f"it has format {kept['format']!r}")
            keys = [_checked(entry) for entry in kept["keys"]]
        except OSError as error:
            raise self._damaged(error.strerror or "it cannot be read") from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._damaged("it does not hold what qa keys writes") from error
        if len({key.id for key in keys}) != len(keys):
            raise self._damaged("it names a key twice")
        return keys

    def _damaged(self, what: str) -> KeysUnusableError:
        return KeysUnusableError(
            f"the key file {self.path} cannot be used ({what}): nobody is let in until it is repaired"
        )


def _valid(key: Key | None) -> Key:
    """Return a valid key. Raises UnauthorizedError for None, or for a revoked key."""
    if key is None:
        raise UnauthorizedError("this key is not known: ask the operator", code="key_unknown")
    if key.revoked:
        raise UnauthorizedError(
            f"this key was revoked on {key.revoked[:10]}: ask the operator for another",
            code="key_revoked",
        )
    return key


def _checked(entry: dict[str, Any]) -> Key:
    """Return a record as a key. Raises ValueError or TypeError if it is none."""
    key = Key(**entry)
    texts = (key.name, key.created, key.revoked or "")
    whole = (
        re.fullmatch("[0-9a-f]{8}", key.id)
        and re.fullmatch("[0-9a-f]{64}", key.sha256)
        and key.scope in SCOPES
        and all(isinstance(text, str) for text in texts)
        and (key.revoked is None or key.revoked)
    )
    if not whole:
        raise ValueError
    return key


def _write(path: Path, keys: Sequence[Key]) -> None:
    """Replace the file at once, readable by its owner alone. Raises UsageError."""
    text = json.dumps({"format": _FORMAT, "keys": [asdict(key) for key in keys]}, indent=1)
    write_private(path, f"{text}\n".encode())


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
