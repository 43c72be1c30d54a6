"""Keys: what is kept of them, who is known, and a file that is not as it should be."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qa.errors import KeysUnusableError, UnauthorizedError, UsageError
from qa.service.keys import SCOPES, Keyring, allows


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "folder" / "keys.json")


def test_a_token_is_known_by_its_hash_alone(ring: Keyring) -> None:
    key, token = ring.make("the widget of the museum")
    prefix, id, secret = token.split("_", 2)
    assert (prefix, id) == ("qa", key.id)
    assert len(secret) == 43  # 32 bytes in base64
    kept = ring.path.read_text()
    assert secret not in kept
    assert hashlib.sha256(secret.encode()).hexdigest() in kept
    assert ring.find(token) == key == ring.entries()[0]
    assert (key.scope, key.revoked) == ("ask", None)


def test_the_file_is_its_owners_alone(ring: Keyring) -> None:
    ring.make("a")
    ring.path.chmod(0o644)
    ring.make("b")
    assert stat.S_IMODE(ring.path.stat().st_mode) == 0o600
    assert os.listdir(ring.path.parent) == ["keys.json"]  # nothing is left beside it


def test_keys_differ(ring: Keyring) -> None:
    made = [ring.make("same name") for _ in range(20)]
    assert len({key.id for key, _ in made}) == len({token for _, token in made}) == 20
    assert [key.id for key in ring.entries()] == [key.id for key, _ in made]


@pytest.mark.parametrize("change", ["secret", "id", "longer", "shorter", "prefix", "empty", "nul"])
def test_another_token_is_unknown(ring: Keyring, change: str) -> None:
    key, token = ring.make("a")
    other, _ = ring.make("b")
    last = "A" if token[-1] != "A" else "B"
    wrong = {
        "secret": token[:-1] + last,
        "id": token.replace(key.id, other.id),
        "longer": token + "A",
        "shorter": token[:-1],
        "prefix": token.removeprefix("qa_"),
        "empty": "",
        "nul": token + "\0",
    }[change]
    with pytest.raises(UnauthorizedError) as refusal:
        ring.find(wrong)
    assert refusal.value.name == "key_unknown"


def test_every_token_costs_one_comparison(ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(a: str, b: str) -> bool:
        compared.append((len(a), len(b)))
        return a == b

    _, token = ring.make("a")
    monkeypatch.setattr("qa.service.keys.hmac.compare_digest", compare)
    ring.find(token)
    for wrong in (f"qa_ffffffff_{token[-43:]}", "", "x" * 10_000):
        with pytest.raises(UnauthorizedError):
            ring.find(wrong)
    assert compared == [(64, 64)] * 4


def test_a_revoked_key_is_refused_and_named_as_such(ring: Keyring) -> None:
    key, token = ring.make("a")
    _, stays = ring.make("b")
    revoked = ring.revoke(key.id)
    assert revoked.revoked
    with pytest.raises(UnauthorizedError, match="was revoked on 20") as refusal:
        ring.find(token)
    assert refusal.value.name == "key_revoked"
    assert ring.find(stays).name == "b"
    assert ring.revoke(key.id) == revoked  # again: the first time stands
    with pytest.raises(UsageError, match="no key 'ffff'"):
        ring.revoke("ffff")


def test_scopes_hold_those_before_them() -> None:
    held = {(one, wanted) for one in (None, *SCOPES) for wanted in SCOPES if allows(one, wanted)}
    assert held == {("ask", "ask"), ("admin", "ask"), ("admin", "admin")}


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\0", "x" * 101])
def test_a_name_is_one_printable_line(ring: Keyring, name: str) -> None:
    with pytest.raises(UsageError, match="printable"):
        ring.make(name)
    assert not ring.path.exists()


# --- on, off, and changes -----------------------------------------------------------------------


def test_keys_are_on_as_soon_as_there_is_one_and_stay_so(ring: Keyring) -> None:
    assert not ring.on
    key, _ = Keyring(ring.path).make("a")  # as another process does
    assert ring.on
    Keyring(ring.path).revoke(key.id)
    assert ring.on


def test_keys_that_are_required_are_on_without_any(tmp_path: Path) -> None:
    assert Keyring(tmp_path / "none.json", required=True).on


def test_a_change_is_noticed_at_once(ring: Keyring) -> None:
    other = Keyring(ring.path)
    key, token = other.make("a")
    assert ring.find(token) == key
    other.revoke(key.id)
    with pytest.raises(UnauthorizedError):
        ring.find(token)


def test_a_file_that_is_gone_does_not_open_the_door(ring: Keyring) -> None:
    _, token = ring.make("a")
    assert ring.on
    kept = ring.path.read_bytes()
    for content in (None, b'{"format": 1, "keys": []}'):
        ring.path.unlink()
        if content:
            ring.path.write_bytes(content)
        with pytest.raises(KeysUnusableError, match="are gone: put the file back"):
            ring.on  # noqa: B018 - looking it up is what fails
        with pytest.raises(UnauthorizedError):
            ring.find(token)
        ring.path.write_bytes(kept)
        assert ring.on
        assert ring.find(token)


def entry(**change: Any) -> dict[str, Any]:
    whole = {
        "id": "0123abcd", "name": "n", "scope": "ask", "sha256": "0" * 64,
        "created": "2026-01-01T00:00:00+00:00", "revoked": None,
    }  # fmt: skip
    return whole | change


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"keys": []}',
        b'{"format": 2, "keys": []}',
        b'{"format": 1}',
        b'{"format": 1, "keys": {"a": 1}}',
        b'{"format": 1, "keys": [5]}',
        *(
            json.dumps({"format": 1, "keys": [wrong]}).encode()
            for wrong in (
                entry(id="../etc"),
                entry(id=5),
                entry(scope="root"),
                entry(scope=["ask"]),
                entry(sha256=""),
                entry(sha256=None),
                entry(revoked=""),
                entry(revoked=False),
                entry(name=None),
                entry(more=1),
                {"id": "0123abcd"},
            )
        ),
        json.dumps({"format": 1, "keys": [entry(), entry()]}).encode(),
    ],
    ids=lambda content: repr(content[:60]),
)
def test_a_damaged_file_lets_nobody_in_and_is_not_overwritten(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "keys.json"
    ring = Keyring(path)
    _, token = ring.make("a")
    assert ring.find(token)
    path.write_bytes(content)
    for attempt in (
        lambda: ring.on,
        ring.entries,
        lambda: ring.find(token),
        lambda: ring.make("b"),
    ):
        with pytest.raises(KeysUnusableError, match="nobody is let in") as refusal:
            attempt()
        assert "\n" not in str(refusal.value)
    assert path.read_bytes() == content


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"format": 1, "keys": [entry(), entry(id="0" * 8)]}))
    assert [key.id for key in Keyring(path).entries()] == ["0123abcd", "00000000"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        Keyring(tmp_path / "file" / "keys.json").make("a")


def test_a_failed_write_leaves_the_keys_as_they_were(
    ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = ring.make("a")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("qa.service.private_files.os.fsync", fail)
    with pytest.raises(UsageError, match="No space left"):
        ring.make("b")
    assert [key.name for key in ring.entries()] == ["a"]
    assert ring.find(token)
    assert os.listdir(ring.path.parent) == ["keys.json"]


def test_processes_that_make_keys_at_once_lose_none(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    program = (
        "import sys; from qa.service.keys import Keyring\n"
        "for n in range(10): Keyring(sys.argv[1]).make(f'{sys.argv[2]}-{n}')"
    )
    makers = [
        subprocess.Popen([sys.executable, "-c", program, str(path), str(maker)])
        for maker in range(3)
    ]
    assert [maker.wait(60) for maker in makers] == [0, 0, 0]
    names = {key.name for key in Keyring(path).entries()}
    assert names == {f"{maker}-{n}" for maker in range(3) for n in range(10)}
