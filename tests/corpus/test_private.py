"""Files of the service itself are no documents, whatever their names are and wherever they lie."""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.api.accesses import Told, entry_of
from qa.corpus import read_folders
from qa.corpus.private import _KEPT, _ONE_OF, ACCESSES, JUDGEMENTS, KEYS, SECRET, own_file
from qa.judging.judgement import Judged, Judgement
from qa.judging.unanswered import Asked
from qa.records import Document
from qa.service.access_log import AccessLog
from qa.service.keys import Key, Keyring
from qa.service.sessions import Sessions

pytestmark = pytest.mark.usefixtures("shared_readers")
BINARY = "a binary file: no reader for .secret"


def read(folder: Path) -> dict[str, str]:
    """Return for each source "read", or why not."""
    found = read_folders([folder], max_bytes=1_000_000)
    return {one.source: "read" if isinstance(one, Document) else one.reason for one in found}


def make_keys(path: Path) -> str:
    """Write a key file with three keys, and the secret beside it; return a key's hash."""
    ring = Keyring(path)
    for name in ('the "museum" {1}', "zweiter Schlüssel", "c"):
        key, _ = ring.make(name)
    ring.revoke(key.id)
    Sessions(path, seconds=60).make_secret()
    return key.sha256


def test_a_secret_whose_bytes_could_be_text_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "keys.json.secret").write_bytes(b"abcdefgh" * 4)
    assert read(tmp_path) == {"keys.json.secret": SECRET}


def judgement_line() -> bytes:
    judged = Judged("c1", "d1", "a.txt", "0" * 64, 0, 3, "Owl" * 400)
    return Judgement("j1", "2026-01-01T00:00:00", "answers", "q" * 2000, "q", "g", judged).line()


@pytest.mark.parametrize("name", ["index/keys.json", "a.txt", "keys", "old/keys.json.bak", "k.md"])
def test_a_key_file_is_known_by_what_it_holds(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    make_keys(path)
    found = read(tmp_path)
    assert found.pop(name) == KEYS
    # Thirty-two bytes by chance are hardly ever text; then their name tells what they are.
    assert found in ({f"{name}.secret": SECRET}, {f"{name}.secret": BINARY})


def test_a_key_file_that_was_written_anew_is_known(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys.json")
    kept = json.loads((tmp_path / "keys.json").read_text())
    kept["keys"] *= 500  # more than is looked at at first
    (tmp_path / "keys.json").write_text(json.dumps(kept, sort_keys=True, indent="\t"))
    assert (tmp_path / "keys.json").stat().st_size > 1 << 17
    assert read(tmp_path)["keys.json"] == KEYS


@pytest.mark.parametrize(
    "name", ["judgements.jsonl", "judged.json", "judged", "judged.txt", "j.csv"]
)
def test_what_people_judged_is_known_by_what_it_holds(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(judgement_line() * 3)
    assert read(tmp_path) == {name: JUDGEMENTS}


def test_questions_without_an_answer_are_known_too(tmp_path: Path) -> None:
    asked = Asked("2026-01-01T00:00:00", "unsure", "Who kept bees?", "Who kept bees?", "g", False)
    (tmp_path / "unanswered.jsonl").write_bytes(asked.line())
    assert read(tmp_path) == {"unanswered.jsonl": JUDGEMENTS}


@pytest.mark.parametrize("name", ["access.log", "access.log.1", "access.txt"])
def test_an_access_log_is_known(tmp_path: Path, name: str) -> None:
    told = Told(datetime(2026, 1, 1, tzinfo=UTC), "GET", "/v1/ask", 200, 5, 0.1)
    scope = {"type": "http", "client": ("127.0.0.1", 5), "state": {"request_id": "r"}}
    log = AccessLog(str(tmp_path / name))
    log.write(entry_of(told, scope))
    log.close()
    assert read(tmp_path) == {name: ACCESSES}


def test_they_are_known_inside_an_archive_file_too(tmp_path: Path) -> None:
    sha256 = make_keys(tmp_path / "keys.json")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for path in sorted(tmp_path.iterdir()):
            packed.write(path, f"index/{path.name}")
            path.unlink()
        packed.writestr("judgements.jsonl", judgement_line())
        packed.writestr("letter.txt", "The harbour was dug in 1872.\n")
    assert sha256.encode() in data.getvalue()
    (tmp_path / "backup.zip").write_bytes(data.getvalue())
    assert read(tmp_path) == {
        "backup.zip/index/keys.json": KEYS,
        "backup.zip/index/keys.json.secret": SECRET,
        "backup.zip/judgements.jsonl": JUDGEMENTS,
        "backup.zip/letter.txt": "read",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # What looks like it and is a person's own.
        (
            "keys.json",
            '{"title": "The keys of the harbour", "text": "Three keys were lost in 1872."}',
        ),
        ("a.json", '{"format": 1, "keys": ["A", "B flat"], "text": "Keys of the organ, sha256."}'),
        ("a.json", '{"keys": [{"id": "0123abcd", "name": "Ada", "sha256": "no hash at all"}]}'),
        ("a.jsonl", '{"text": "The third generation kept the farm.", "generation": "third"}\n'),
        ("my.secret.txt", "The secret of the cellar was a door.\n"),
        ("x.secret", "A letter that has far more than thirty-two bytes.\n"),
        ("a.txt", '{"generation" is how the letter begins, and "sha256" stands in it.\n'),
    ],
)
def test_a_document_stays_a_document(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert "read" in read(tmp_path).values()


def test_the_fields_looked_for_are_those_that_are_written() -> None:
    for kept in (Judgement, Asked):
        names = {field.name for field in fields(kept)}
        assert names >= _KEPT and len(names & _ONE_OF) == 1
    assert {"id", "name", "scope", "sha256", "created"} <= {field.name for field in fields(Key)}


def test_looking_leaves_a_file_as_it_was() -> None:
    for data in (
        b"",
        b"{",
        b"text",
        os.urandom(32),
        judgement_line(),
        b'{"sha256"' + b"[" * 90_000,
    ):
        file = io.BytesIO(data)
        own_file("a.json", file, len(data), 1_000_000)
        assert file.tell() == 0
