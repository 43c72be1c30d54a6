"""What ``qa doctor`` says of a set-up: nothing bad of a good one, and of each fault what to mend."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
from collections import namedtuple
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from qa.api import create_app
from qa.cli import doctor
from qa.cli.commands import run
from qa.cli.doctor import CHECKS, Finding, examine
from qa.corpus import Confinement
from qa.engine import Engine
from qa.service.keys import Keyring
from qa.service.sessions import Sessions
from qa.settings import Settings
from tests.api.servers import running
from tests.conftest import Build
from tests.fake import FakeEncoder

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def here(monkeypatch: Patch, encoder: FakeEncoder) -> None:
    """Let the fake encoder be the model, and the kernel hold all."""
    monkeypatch.setattr("qa.engine.load_encoder", lambda folder, **_: encoder)
    monkeypatch.setattr(doctor, "confinement_here", lambda: Confinement(("files", "calls"), ()))
    for name in [name for name in os.environ if name.startswith("QA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def place(archive: Path, index: Path, tmp_path: Path) -> Path:
    shutil.copytree(index, tmp_path / "index")
    return tmp_path


def settings(place: Path, **others: Any) -> Settings:
    named = {"index": str(place / "index"), "keys_file": str(place / "keys.json"), "port": 0}
    return Settings(**named | {"reading": "off"} | others)


def found(place: Path, what: str, **others: Any) -> list[Finding]:
    return [one for one in examine(settings(place, **others)) if one.what == what]


def only(place: Path, what: str, **others: Any) -> Finding:
    [one] = found(place, what, **others)
    return one


def test_of_a_good_set_up_nothing_is_bad(place: Path, archive: Path) -> None:
    findings = examine(settings(place))
    assert [one.what for one in findings if one.state == "bad"] == []
    assert list(dict.fromkeys(one.what for one in findings)) == list(CHECKS)
    assert only(place, "archive").told == str(archive)
    told = next(one.told for one in findings if one.what == "index" and one.state == "ok")
    assert "opens: 8 documents, 10 passages, model fake" in told


def test_it_prints_a_line_each_and_exits_with_whether_all_is_well(
    place: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    for name in ("index", "keys_file", "port", "reading"):
        monkeypatch.setenv(f"QA_{name.upper()}", str(getattr(settings(place), name)))
    assert run(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(re.match(r"(ok  |note|bad )  \w+: \S", line) for line in out.splitlines())
    assert run(["doctor", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"] is True
    assert {"what", "state", "told", "mend"} == set(shown["findings"][0])
    shutil.rmtree(place / "index")
    assert run(["doctor"]) == 1
    assert re.search(r"^bad   index: .*qa build", capsys.readouterr().out, re.MULTILINE)
    assert run(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_libraries_that_are_missing_or_old_are_named(place: Path, monkeypatch: Patch) -> None:
    held = {"numpy": "1.26.4", "click": "8.5.1"}
    needed = [
        "numpy>=2.0",
        "click>=8.1",
        "faiss-cpu>=1.9",
        "scipy>=1.15",
        "sentence-transformers>=5.2",
    ]

    def version(name: str) -> str:
        if name not in held:
            raise PackageNotFoundError(name)
        return held[name]

    monkeypatch.setattr(doctor, "version", version)
    monkeypatch.setattr(doctor, "requires", lambda _: [*needed, "absent; extra == 'test'"])
    bad, missing, *notes = found(place, "libraries")
    assert (bad.state, bad.told, bad.mend) == (
        "bad", "numpy 1.26.4 is installed", "pip install 'numpy>=2.0'",
    )  # fmt: skip
    assert (missing.state, missing.told) == ("bad", "faiss-cpu is not installed")
    assert [one.state for one in notes] == ["note", "note"]
    assert "sentence-transformers" in notes[0].told and "scipy" in notes[1].told


def test_a_damaged_index_is_told_of(place: Path) -> None:
    [generation] = (place / "index" / "generations").iterdir()
    (generation / "manifest.json").write_bytes(b"{}")
    assert only(place, "index").state == "bad"


def test_an_archive_that_is_gone_is_told_of(build: Build, place: Path, archive: Path) -> None:
    shutil.copytree(archive, place / "texts")
    build(place / "texts", place / "mine")
    assert only(place, "archive", index=str(place / "mine")).state == "ok"
    (place / "texts").rename(place / "elsewhere")
    gone = only(place, "archive", index=str(place / "mine"))
    assert (gone.state, gone.told) == ("bad", f"{place}/texts is not there")


def test_what_this_user_may_not_read_or_write_is_told_of(
    place: Path, archive: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # as for a user who is not root
    assert only(place, "archive").told == f"{archive} cannot be read by this user"
    assert only(place, "writing").state == "note"


def test_a_full_disk_is_told_of(place: Path, monkeypatch: Patch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 1000))
    bad = only(place, "disk")
    assert bad.state == "bad" and bad.mend.startswith("make room")


@pytest.mark.parametrize(("demanded", "state"), [("kernel", "bad"), ("best", "note")])
def test_what_the_kernel_does_not_hold_is_told_of(
    demanded: str, state: str, place: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(
        doctor, "confinement_here", lambda: Confinement(("files",), ("system calls: refused",))
    )
    one = only(place, "readers", reader_confinement=demanded)
    assert (one.state, one.told) == (state, "not held by the kernel: system calls: refused")


@pytest.mark.slow
def test_a_port_that_another_program_has_is_told_of(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken.settimeout(0.1)
        bad = only(place, "port", port=taken.getsockname()[1])
    assert bad.state == "bad" and "choose another --port" in bad.told


def test_a_port_that_the_service_has_is_well(place: Path, index: Path, engine: Engine) -> None:
    app = create_app(index=index, settings=Settings(), engine=engine)
    with running(app) as (_, (_, port)):
        one = only(place, "port", port=port)
    assert (one.state, one.told.split(" at ")[0]) == ("ok", "a service answers")


def test_an_open_address_without_a_key_is_told_of(place: Path) -> None:
    assert "there is no key yet" in only(place, "port", host="0.0.0.0").told


def keyed(place: Path) -> Keyring:
    keyring = Keyring(place / "keys.json")
    keyring.make("somebody")
    Sessions(keyring.path, seconds=1).make_secret()
    return keyring


def test_keys_that_are_well_are_counted(place: Path) -> None:
    keyed(place)
    assert only(place, "keys") == Finding("keys", "ok", "1 that are valid")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda place: (place / "keys.json").write_text("{"), "cannot be used"),
        (lambda place: (place / "keys.json").chmod(0o644), "others may read"),
        (lambda place: (place / "keys.json.secret").chmod(0o640), "others may read"),
        (lambda place: (place / "keys.json.secret").unlink(), "is missing"),
        (lambda place: (place / "keys.json.secret").write_bytes(b"short"), "is damaged"),
    ],
)
def test_keys_that_are_not_are_told_of(
    spoil: Callable[[Path], object], words: str, place: Path
) -> None:
    keyed(place)
    spoil(place)
    assert any(one.state == "bad" and words in one.told for one in found(place, "keys"))


def test_keys_that_are_all_revoked_let_nobody_in(place: Path) -> None:
    keyring = keyed(place)
    keyring.revoke(keyring.entries()[0].id)
    assert only(place, "keys").state == "bad"


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("", "ok"),
        ("https://archive.example.org/archive", "ok"),
        ("http://localhost:9000", "ok"),
        ("http://127.0.0.1:9000", "ok"),
        ("http://archive.example.org", "note"),
        ("archive.example.org", "bad"),
        ("ftp://archive.example.org", "bad"),
        ("https://", "bad"),
        ("https://archive.example.org/?a=1", "bad"),
        ("https://somebody@archive.example.org", "bad"),
        ("https://[", "bad"),
    ],
)
def test_an_address_that_links_cannot_begin_with_is_told_of(
    address: str, state: str, place: Path
) -> None:
    assert only(place, "public_url", public_url=address).state == state


def test_a_clock_that_is_slow_is_told_of(place: Path) -> None:
    later = time.time() + 86400
    os.utime(place / "index" / "LIVE", (later, later))
    assert only(place, "clock").state == "bad"
