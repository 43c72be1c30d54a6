"""API keys: made, listed and revoked; kept as hashes in one file.

A token is ``qa_<id>_<secret>``. The id is public and finds the record; of the secret only the
SHA-256 is kept. A secret has 256 random bits, so that a hash that is quick to compute is as
good as a slow one, which protects what people think up. Nothing in the file lets anybody in.
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
"""What a key may do, from the least; each holds those before it."""
MAX_NAME = 100
MAX_TOKEN = 200

_FORMAT = 1
_TOKEN = re.compile(r"qa_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept. Times are ISO 8601 in UTC."""

    id: str
    name: str
    scope: str
    sha256: str
    created: str
    revoked: str | None = None


def allows(held: str | None, wanted: str) -> bool:
    """Whether a scope that is held, if any, includes the one that is wanted."""
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
        """Whether a key is asked for: as soon as there is one, be it revoked, or if it is required.

        Raises KeysUnusableError when nobody can tell, or when the keys are gone that there were:
        a file that was moved away must not open the door.
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

        A token that is unknown costs the same comparison as one that is known.
        """
        self._refresh()
        match = _TOKEN.fullmatch(token[:MAX_TOKEN])
        id, secret = match.groups() if match else ("", "")
        key = self._keys.get(id)
        known = hmac.compare_digest(_hash(secret), key.sha256 if key else _NOBODY)
        return _valid(key if known else None)

    def by_id(self, id: str) -> Key:
        """Return the key of an id whose bearer is known. Raises UnauthorizedError, and KeysUnusableError."""
        self._refresh()
        return _valid(self._keys.get(id))

    def make(self, name: str, scope: str = SCOPES[0]) -> tuple[Key, str]:
        """Add a key; return it and its token, which is nowhere kept. Raises UsageError."""
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
        """Refuse a key from now on; one that was revoked before stays so. Raises UsageError."""
        with self._changing() as keys:
            for place, key in enumerate(keys):
                if key.id == id:
                    keys[place] = key if key.revoked else replace(key, revoked=_now())
                    return keys[place]
            raise UsageError(f"there is no key {id!r}: qa keys list names them")

    @contextmanager
    def _changing(self) -> Iterator[list[Key]]:
        """Give the keys to be changed, and write them; one process at a time."""
        with changing(self.path):
            keys = self.entries()
            yield keys
            _write(self.path, keys)

    def _refresh(self) -> None:
        """Read the file if it is another than the one that was read."""
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
            f"the key file {self.path} cannot be used ({what}): nobody is let in until it is put right"
        )


def _valid(key: Key | None) -> Key:
    """Return a key that lets somebody in. Raises UnauthorizedError for none, or a revoked one."""
    if key is None:
        raise UnauthorizedError("this key is not known: ask the operator", code="key_unknown")
    if key.revoked:
        raise UnauthorizedError(
            f"this key was revoked on {key.revoked[:10]}: ask the operator for another",
            code="key_revoked",
        )
    return key


def _checked(entry: dict[str, Any]) -> Key:
    """Return a record as a key. Raises ValueError or TypeError for one that is none."""
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
