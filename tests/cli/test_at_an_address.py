"""Commands at the address of an index: they do what they do with a folder, and write no secret.

The service is seen in ``tests/faults/test_remote_faults.py``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.cli.commands import run
from qa.cli.up import _check
from qa.errors import UsageError
from qa.store import Building, folder_of
from tests.buckets import BUCKET, KEY, SECRET, Server, server
from tests.fake import FakeEncoder
from tests.kept import KeptReaders

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]
PLACE = f"s3://{BUCKET}/commands"
HARBOUR = "The harbour was dug in 1872 by four hundred dockers.\n"
OWLS = "Owls hunt voles in the reeds beside the weir.\n"


@pytest.fixture
def s3() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture(autouse=True)
def here(
    monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder, readers: KeptReaders, tmp_path: Path
) -> Iterator[None]:
    """Let commands find the fake encoder where they look for a model, and a home of their own."""

    def ready(building: Building, *_: Any) -> FakeEncoder:
        building.add_model(encoder.fingerprint, lambda _: None)
        return encoder

    monkeypatch.setattr("qa.engine.load_encoder", lambda folder, **_: encoder)
    monkeypatch.setattr("qa.build.builder._ready_model", ready)
    # What takes long and is no matter of the place.
    monkeypatch.setattr("qa.build.builder.calibrate", lambda *_: None)
    monkeypatch.setattr("qa.store.lance.upkeep.time.sleep", lambda _: None)
    for name in [name for name in os.environ if name.startswith("QA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QA_READING", "off")
    monkeypatch.setenv("QA_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("QA_PORT", "0")
    monkeypatch.chdir(tmp_path)
    with readers.in_use():
        yield


def test_every_command(
    s3: Server,
    tmp_path: Path,
    capfd: Capture,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("botocore", "boto3", "s3transfer", "urllib3", "werkzeug"):  # the test's own client
        logging.getLogger(name).setLevel(logging.WARNING)
    heard: list[str] = []

    def told(*command: str, status: int = 0) -> str:
        given = run([*command, "--index", PLACE])
        out, err = capfd.readouterr()
        heard.extend((out, err))
        assert given == status, f"{command}: {given} {out} {err}"
        return out

    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "harbour.txt").write_text(HARBOUR)
    assert "no index" in heard_of(capfd, run(["status", "--index", PLACE]), 3)
    assert json.loads(told("build", str(texts), "--json"))["documents"] == 1
    (texts / "owls.txt").write_text(OWLS)
    assert json.loads(told("build", str(texts), "--json"))["documents"] == 2
    answer = json.loads(told("ask", "Who dug the harbour?", "--json"))
    assert answer["results"][0]["excerpt"] == HARBOUR.strip()
    assert answer["index"]["name"] == "commands"
    told("cite", answer["results"][0]["citation"]["id"])
    status = json.loads(told("status", "--json"))
    assert [one["documents"] for one in status["generations"]] == [2, 1]
    findings = [
        (one["what"], one["state"], one["told"])
        for one in json.loads(told("doctor", "--json"))["findings"]
    ]
    assert not [one for one in findings if one[1] == "bad"]
    assert ("archive", "ok", str(texts)) in findings
    assert [one for one in findings if one[0] == "index" and "2 documents" in one[2]]
    assert [one for one in findings if one[0] == "writing" and "bucket" in one[2]]

    judged = tmp_path / "judged"
    judged.mkdir()
    gold = [{"source": "owls.txt", "quote": "Owls hunt voles"}]
    line = {"id": "1", "question": "What do owls hunt?", "kind": "fact", "gold": gold}
    (judged / "questions.jsonl").write_text(json.dumps(line))
    told("eval", str(judged), "--json", str(tmp_path / "measures.json"))
    measures = json.loads((tmp_path / "measures.json").read_text())["measures"]
    assert measures["hit@1"]["value"] == 1.0

    assert "is live: 1 document" in told("rollback")
    (texts / "owls.txt").write_text(OWLS + "They sleep by day.\n")
    reading, writing = os.pipe()
    os.close(writing)  # it ends with the first look after the first build
    with os.fdopen(reading) as ended:
        monkeypatch.setattr(sys, "stdin", ended)
        monkeypatch.setattr("signal.signal", lambda *_: None)  # this process is not its own
        told("watch", str(texts), "--every", "0.1", "--attached")
    purged = told("purge", "owls.txt")
    assert "Purged owls.txt" in purged and "bucket with versioning" in purged
    assert not [key for key, data in s3.objects("commands/").items() if b"hunt voles" in data]
    assert f"{PLACE} holds" in told("check")

    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    everything = ["\n".join(heard).encode(), caplog.text.encode()]
    everything += [path.read_bytes() for path in written]
    everything += [key.encode() + data for key, data in s3.objects("commands/").items()]
    assert not [data for data in everything if SECRET.encode() in data or KEY.encode() in data]


def heard_of(capture: Capture, given: int, status: int) -> str:
    """Return what a command that failed has said; its exit status is the wanted one."""
    assert given == status
    return capture.readouterr().err


def test_an_address_is_no_folder_among_the_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``qa up`` in the folder of the documents itself: an address counts from nowhere."""
    monkeypatch.chdir(tmp_path)
    _check(tmp_path, folder_of("s3://bucket/archive"))
    _check(tmp_path, folder_of(f"lance:{tmp_path.parent}/elsewhere"))
    with pytest.raises(UsageError, match="would lie inside"):
        _check(tmp_path, folder_of(f"lance:{tmp_path}/index"))


def test_doctor_without_a_store(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers at the address: one bad line for the index, and the rest is looked at."""
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr("qa.store.lance.connection._TRIES", 1)
    monkeypatch.setattr("qa.store.lance.connection.READ_SECONDS", 1.0)
    assert run(["doctor", "--json", "--index", PLACE]) == 1
    findings = {one["what"]: one for one in json.loads(capfd.readouterr().out)["findings"]}
    assert findings["index"]["state"] == "bad"
    assert "gives no answer" in findings["index"]["told"]
    assert findings["disk"]["state"] == "ok"
