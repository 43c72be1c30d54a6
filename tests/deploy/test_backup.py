"""``deploy/backup``: what cannot be built again comes back as it was, and nothing is replaced."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from qa.service.keys import Keyring
from qa.service.sessions import Sessions
from tests.conftest import ROOT


def backup(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "deploy" / "backup"), *arguments],
        cwd=place,
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "service"
    (folder / "index" / "default").mkdir(parents=True)
    (folder / "index" / "default" / "LIVE").write_text("{}")
    Keyring(folder / "index" / "keys.json").make("the museum's website")
    Sessions(folder / "index" / "keys.json", seconds=60).make_secret()
    (folder / "qa.toml").write_text('public_url = "https://archive.example.org"\n')
    (folder / "judged.jsonl").write_text('{"id": "1"}\n')
    return folder


def test_it_comes_back_elsewhere_as_it_was(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.tar"
    kept = backup(place, str(file), "judged.jsonl")
    assert (kept.returncode, kept.stderr) == (0, "")
    names = {"index/keys.json", "index/keys.json.secret", "qa.toml", "judged.jsonl"}
    assert {line.removeprefix("Kept ") for line in kept.stdout.splitlines()} == names
    assert file.stat().st_mode & 0o077 == 0
    new = tmp_path / "new"
    new.mkdir()
    restored = backup(new, "--restore", str(file))
    assert (restored.returncode, restored.stderr) == (0, "")
    files = {path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file()}
    assert files == names
    for name in names:
        assert (new / name).read_bytes() == (place / name).read_bytes()
        assert (new / name).stat().st_mode == (place / name).stat().st_mode
    [key] = Keyring(new / "index" / "keys.json").entries()
    token = Sessions(place / "index" / "keys.json", seconds=60).issue(key.id)
    assert Sessions(new / "index" / "keys.json", seconds=60).key_of(token) == key.id


def test_what_is_there_is_not_replaced(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.tar"
    assert backup(place, str(file)).returncode == 0
    again = backup(place, str(file))
    assert again.returncode == 2 and "is there: name another" in again.stderr
    before = (place / "index" / "keys.json").read_bytes()
    Keyring(place / "index" / "keys.json").make("another")
    refused = backup(place, "--restore", str(file))
    assert refused.returncode == 2 and "index/keys.json is there" in refused.stderr
    assert (place / "index" / "keys.json").read_bytes() != before


@pytest.mark.parametrize("name", ["../outside", "/outside", "index/../../outside"])
def test_a_backup_that_names_a_place_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    refused = backup(tmp_path / "in", "--restore", str(tmp_path / "evil.tar"))
    assert refused.returncode == 2 and "lies elsewhere" in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.tar", "in"]


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        ([], {}, "name the FILE"),
        (["kept.tar"], {"QA_KEYS_FILE": "none.json", "QA_CONFIG": "none.toml"}, "nothing to keep"),
        (["kept.tar", "/etc/passwd"], {}, "name it from the folder"),
        (["--restore", "none.tar"], {}, "there is no none.tar"),
        (["--restore", "qa.toml"], {}, "is no backup"),
    ],
)
def test_a_wrong_call_is_told(
    arguments: list[str], environment: dict[str, str], words: str, place: Path
) -> None:
    done = backup(place, *arguments, **environment)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (place / "kept.tar").exists()
