"""Sessions of browsers: the contents of their cookie, and the secret that signs it.

A browser cannot send a key as a header when a person follows a link. So it gets a token in a cookie
instead: the id of a key, when it was issued, when it ends, and an HMAC-SHA256 over these. The key is not
in it and cannot be computed from it. Nothing is stored about a session: every service with the key file
and the secret beside it can check one.

    qs1.0123abcd.1767225600.1769817600.<43 characters of base64>
"""

from __future__ import annotations

import base64
import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from qa.errors import SessionsUnusableError, UnauthorizedError, UsageError
from qa.service.private_files import changing, write_private

SECRET_BYTES = 32
SECRET_ENDING = ".secret"  # noqa: S105 - of a file's name
MAX_TOKEN = 100
TOKEN = re.compile(r"qs1\.([0-9a-f]{8})\.([0-9]{1,12})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})")

_PURPOSE = b"session of a browser\0"
"""What the secret signs; for another purpose the text would begin differently."""
_NO_SECRET = bytes(SECRET_BYTES)
"""The contents of a file whose bytes never reached the disk."""
_INDEX_FOLDER = ("LIVE", "generations")
_MEND = "run qa keys end-sessions, which makes a new one"

log = logging.getLogger(__name__)


class Sessions:
    """Issues and checks tokens with the secret beside a key file.

    A change of the secret is noticed without a restart. ``seconds``: how long a session lasts.
    """

    def __init__(
        self, keys_file: Path | str, *, seconds: int, clock: Callable[[], float] = time.time
    ) -> None:
        keys = Path(keys_file)
        self.path = keys.with_name(keys.name + SECRET_ENDING)
        self.seconds = seconds
        self._clock = clock
        self._secret = b""
        self._read_as: tuple[int, int, int] | None = None
        self._logged = ""

    def issue(self, key_id: str) -> str:
        """Return a token for the bearer of a key. Raises SessionsUnusableError."""
        now = int(self._clock())
        signed = f"qs1.{key_id}.{now}.{now + self.seconds}"
        return f"{signed}.{_mac(self._current(), signed)}"

    def key_of(self, token: str) -> str:
        """Return the id of the key that a token was issued for; the key file says if the key is still valid.

        The session ends at its own end, or earlier if ``seconds`` has become less. Raises
        UnauthorizedError, and SessionsUnusableError.
        """
        secret = self._current()
        match = TOKEN.fullmatch(token[: MAX_TOKEN + 1])
        signed, _, mac = token.rpartition(".") if match else ("", "", "")
        genuine = hmac.compare_digest(_mac(secret, signed), mac)
        if match is None or not genuine:
            raise UnauthorizedError("this session is not known: sign in", code="session_unknown")
        key_id, issued, ends = match[1], int(match[2]), int(match[3])
        if self._clock() >= min(ends, issued + self.seconds):
            raise UnauthorizedError("this session has ended: sign in again", code="session_ended")
        return key_id

    def make_secret(self) -> bool:
        """Make the secret if there is none; return whether it was made. Raises UsageError."""
        return self._write(replace=False)

    def end_all(self) -> None:
        """Make a new secret, which ends every session. Raises UsageError."""
        self._write(replace=True)

    def fault(self) -> str | None:
        """Return what is wrong with the secret, and what to do; None if it can be used."""
        try:
            found = self.path.stat()
            now = (found.st_mtime_ns, found.st_size, found.st_ino)
            if now == self._read_as:
                return None
            self._read_as = None
            # To open a pipe or a device with that name could block for ever.
            secret = self.path.read_bytes() if found.st_size == SECRET_BYTES else b""
        except FileNotFoundError:
            self._read_as = None
            return f"the secret of browsers' sessions, {self.path}, is missing: {_MEND}"
        except OSError as error:
            self._read_as = None
            return (
                f"the secret of browsers' sessions, {self.path}, cannot be read: {error.strerror}"
            )
        if len(secret) != SECRET_BYTES or secret == _NO_SECRET:
            return f"the secret of browsers' sessions, {self.path}, is damaged: {_MEND}"
        self._secret, self._read_as = secret, now
        return None

    def _current(self) -> bytes:
        """Return the secret. Raises SessionsUnusableError; the log says once what is wrong."""
        fault = self.fault()
        if fault is None:
            self._logged = ""
            return self._secret
        if fault != self._logged:
            self._logged = fault
            log.error("%s", fault)
        raise SessionsUnusableError(
            "nobody can sign in with a browser until the operator repairs the sessions' secret: "
            "the log says what is wrong; a key that is sent as Authorization: Bearer KEY still works"
        )

    def _write(self, *, replace: bool) -> bool:
        self._refuse_index()
        with changing(self.path):
            if not replace and self.path.exists():
                return False
            write_private(self.path, secrets.token_bytes(SECRET_BYTES))
        return True

    def _refuse_index(self) -> None:
        """Raise UsageError if the secret would be published together with an index."""
        for folder in self.path.absolute().parents:
            if all((folder / name).exists() for name in _INDEX_FOLDER):
                raise UsageError(
                    f"the key file lies in the index folder {folder}, and the secret of browsers' "
                    "sessions would be published with it: name a place outside with the setting "
                    "keys_file"
                )


def _mac(secret: bytes, signed: str) -> str:
    digest = hmac.digest(secret, _PURPOSE + signed.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
