"""Sessions of browsers: who is known by a token, and a secret that is not as it should be."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.errors import SessionsUnusableError, UnauthorizedError, UsageError
from qa.service.sessions import Sessions

KEY, OTHER = "0123abcd", "89ef4567"
BEGUN = 1_900_000_000
HOUR = 3600


class Clock:
    def __init__(self) -> None:
        self.now = float(BEGUN)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(tmp_path: Path, clock: Clock) -> Sessions:
    made = Sessions(tmp_path / "keys.json", seconds=HOUR, clock=clock)
    assert made.make_secret()
    return made


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104, written out, so that the standard library's own function is not its own witness."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + message).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).digest()


def signed(secret: bytes, text: str) -> str:
    mac = hmac_sha256(secret, b"session of a browser\0" + text.encode())
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def refused(sessions: Sessions, token: str) -> str:
    with pytest.raises(UnauthorizedError) as refusal:
        sessions.key_of(token)
    assert token not in str(refusal.value) or not token
    return refusal.value.name


def test_a_token_holds_the_key_s_id_and_times_under_a_mac(sessions: Sessions) -> None:
    secret = sessions.path.read_bytes()
    token = sessions.issue(KEY)
    assert token == signed(secret, f"qs1.{KEY}.{BEGUN}.{BEGUN + HOUR}")
    assert sessions.key_of(token) == KEY


def test_a_session_ends_with_its_time(sessions: Sessions, clock: Clock) -> None:
    token = sessions.issue(KEY)
    clock.now = BEGUN + HOUR - 0.5
    assert sessions.key_of(token) == KEY
    clock.now = BEGUN + HOUR
    assert refused(sessions, token) == "session_ended"


def test_a_shorter_time_holds_for_sessions_under_way(sessions: Sessions, clock: Clock) -> None:
    token = sessions.issue(KEY)
    shorter = Sessions(sessions.path.with_name("keys.json"), seconds=60, clock=clock)
    longer = Sessions(sessions.path.with_name("keys.json"), seconds=9 * HOUR, clock=clock)
    clock.now = BEGUN + 61
    assert refused(shorter, token) == "session_ended"
    clock.now = BEGUN + HOUR
    assert refused(longer, token) == "session_ended"


TAMPERED: dict[str, Callable[[str], str]] = {
    "another key": lambda t: t.replace(KEY, OTHER),
    "later end": lambda t: t.replace(str(BEGUN + HOUR), str(BEGUN + 9 * HOUR)),
    "later issue": lambda t: t.replace(f".{BEGUN}.", f".{BEGUN + 1}."),
    "leading zero": lambda t: t.replace(f".{BEGUN}.", f".0{BEGUN}."),
    "another mac": lambda t: t[:-43] + "A" * 43,
    "last character": lambda t: t[:-2] + ("A" if t[-2] != "A" else "B") + t[-1],
    "no mac": lambda t: t[:-43],
    "no dot": lambda t: t[:-44],
    "longer": lambda t: t + "A",
    "padded": lambda t: t + "=",
    "line": lambda t: t + "\n",
    "nul": lambda t: t + "\0",
    "prefix": lambda t: "qs2" + t[3:],
    "other digits": lambda t: t.replace(str(BEGUN), "١٩٠٠٠٠٠٠٠٠"),
    "empty": lambda t: "",
    "endless": lambda t: t * 10_000,
    "key": lambda t: f"qa_{KEY}_" + "x" * 43,
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_forged_token_is_not_known(sessions: Sessions, how: str) -> None:
    token = TAMPERED[how](sessions.issue(KEY))
    assert token != sessions.issue(KEY)
    assert refused(sessions, token) == "session_unknown"


def test_a_token_of_another_secret_is_not_known(tmp_path: Path, sessions: Sessions) -> None:
    other = Sessions(tmp_path / "other.json", seconds=HOUR)
    other.make_secret()
    assert other.path.read_bytes() != sessions.path.read_bytes()
    assert refused(sessions, other.issue(KEY)) == "session_unknown"
    for secret in (bytes(32), b""):
        forged = signed(secret, f"qs1.{KEY}.{BEGUN}.{BEGUN + HOUR}")
        assert refused(sessions, forged) == "session_unknown"


def test_every_token_costs_one_comparison(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, compared = sessions.issue(KEY), list[int]()

    def compare(a: str, b: str) -> bool:
        compared.append(len(a))
        return a == b

    monkeypatch.setattr("qa.service.sessions.hmac.compare_digest", compare)
    sessions.key_of(token)
    for wrong in (TAMPERED["another key"](token), "", "x"):
        refused(sessions, wrong)
    assert compared == [43] * 4


def test_services_that_share_the_file_know_each_other_s_sessions(
    sessions: Sessions, clock: Clock
) -> None:
    second = Sessions(sessions.path.with_name("keys.json"), seconds=HOUR, clock=clock)
    assert second.key_of(sessions.issue(KEY)) == KEY
    assert sessions.key_of(second.issue(OTHER)) == OTHER


# --- the secret ---------------------------------------------------------------------------------


def test_the_secret_is_its_owners_alone_and_stays(sessions: Sessions, tmp_path: Path) -> None:
    assert sessions.path == tmp_path / "keys.json.secret"
    assert stat.S_IMODE(sessions.path.stat().st_mode) == 0o600
    kept = sessions.path.read_bytes()
    assert len(kept) == 32
    assert os.listdir(tmp_path) == ["keys.json.secret"]  # nothing is left beside it
    assert not sessions.make_secret()
    assert sessions.path.read_bytes() == kept


def test_a_new_secret_ends_every_session_in_services_that_run(
    sessions: Sessions, clock: Clock
) -> None:
    service = Sessions(sessions.path.with_name("keys.json"), seconds=HOUR, clock=clock)
    token = service.issue(KEY)
    sessions.end_all()
    assert stat.S_IMODE(sessions.path.stat().st_mode) == 0o600
    assert refused(service, token) == "session_unknown"
    assert service.key_of(service.issue(KEY)) == KEY


@pytest.mark.parametrize(
    "content", [None, b"", b"x" * 31, b"x" * 33, bytes(32), b"x" * 1_000_000, "folder"]
)
def test_a_secret_that_is_no_good_lets_nobody_in(
    sessions: Sessions, content: bytes | str | None, caplog: pytest.LogCaptureFixture
) -> None:
    kept, token = sessions.path.read_bytes(), sessions.issue(KEY)
    sessions.path.unlink()
    if content == "folder":
        sessions.path.mkdir()
    elif isinstance(content, bytes):
        sessions.path.write_bytes(content)
    with caplog.at_level(logging.DEBUG):
        for attempt in (lambda: sessions.key_of(token), lambda: sessions.issue(KEY)):
            with pytest.raises(SessionsUnusableError, match="Bearer KEY still works") as refusal:
                attempt()
            assert str(sessions.path.parent) not in str(refusal.value)
    [told] = caplog.messages
    assert told == sessions.fault()
    assert str(sessions.path) in told and "qa keys end-sessions" in told
    if content == "folder":
        sessions.path.rmdir()
    sessions.path.write_bytes(kept)
    assert sessions.fault() is None
    assert sessions.key_of(token) == KEY


def test_a_pipe_in_its_place_holds_nobody_up(sessions: Sessions) -> None:
    sessions.path.unlink()
    os.mkfifo(sessions.path)
    with pytest.raises(SessionsUnusableError):
        sessions.issue(KEY)


def test_the_secret_is_never_made_in_an_index_folder(tmp_path: Path) -> None:
    index = tmp_path / "index"
    (index / "generations" / "one").mkdir(parents=True)
    (index / "LIVE").touch()
    for keys_file in (index / "keys.json", index / "generations" / "one" / "keys.json"):
        unsafe = Sessions(keys_file, seconds=HOUR)
        for attempt in (unsafe.make_secret, unsafe.end_all):
            with pytest.raises(UsageError, match="keys_file"):
                attempt()
        assert not unsafe.path.exists()
    assert Sessions(tmp_path / "keys.json", seconds=HOUR).make_secret()


def test_processes_that_make_the_secret_at_once_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from qa.service.sessions import Sessions\n"
        "s = Sessions(sys.argv[1], seconds=60); print(s.make_secret(), s.issue('0123abcd'))"
    )
    path = str(tmp_path / "keys.json")
    makers = [
        subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [maker.communicate(timeout=60)[0].split() for maker in makers]
    assert sorted(made for made, _ in said) == ["False", "False", "False", "True"]
    for _, token in said:
        assert Sessions(path, seconds=60).key_of(token) == KEY


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        Sessions(tmp_path / "file" / "keys.json", seconds=60).make_secret()
